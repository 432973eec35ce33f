"""Paths between two dates of different documents: what arithmetic can be asked about.

Such a path runs ``date - A - … - B - date``. Both ends are asked for, so the question starts from a thing
between them, the *anchor*, whose steps to either side lead to that end and nothing else.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from longweave.kg.columns import Int32s
from longweave.kg.constraints import Limits, Overlaps, Rejected
from longweave.kg.follow import Chain, is_unique
from longweave.kg.graph import Graph
from longweave.kg.path_settings import PathSettings
from longweave.kg.paths import make_path, read_chains
from longweave.kg.records import TYPES, Path, Triple
from longweave.kg.walks import Lane, Subgraph, open_subgraph, select_lane, walk_randomly

_BATCH = 256

M = TypeVar("M")


@dataclass(frozen=True, slots=True)
class Pair:
    """A path whose first and last nodes are values, and the node id that the question starts from."""

    path: Path
    anchor: str


def sample_date_pairs(
    graph: Graph,
    triples_of_edge: Mapping[str, Sequence[Triple]],
    settings: PathSettings,
    rng: np.random.Generator,
) -> Iterator[Pair | Rejected]:
    """Up to ``settings.paths`` pairs of dates, with what was rejected on the way.

    All constraints of ``sample_paths`` hold, and the first and the last hop rest on different documents.
    ``triples_of_edge`` holds the triples of every edge by its id.
    """

    def make(chain: Chain, _: Lane, limits: Limits) -> Pair | Rejected:
        return _make_pair(graph, chain, triples_of_edge, limits)

    return sample_between_dates(graph, settings, rng, make)


def sample_between_dates(
    graph: Graph,
    settings: PathSettings,
    rng: np.random.Generator,
    make: Callable[[Chain, Lane, Limits], M | Rejected],
) -> Iterator[M | Rejected]:
    """Up to ``settings.paths`` of what ``make`` makes of chains between two dates, with what it rejects; it
    is also given the halves that lead to dates."""
    limits, subgraph = Limits.of(graph, settings), open_subgraph(graph, settings)
    values = open_dates(graph, subgraph)
    first = np.flatnonzero((np.diff(values.starts) > 0) & subgraph.passable).astype(np.int32)
    seen, overlaps = set[tuple[int, ...]](), Overlaps(settings.max_overlap)
    kept = 0
    for _ in range(-(-settings.paths * settings.attempts_per_path // _BATCH) if len(first) else 0):
        for chain in draw_pairs(graph, subgraph, values, first, settings, rng):
            if kept >= settings.paths:
                return
            if chain.edges in seen:
                continue
            seen |= {chain.edges, chain.edges[::-1]}
            made = overlaps.check(chain) or make(chain, values, limits)
            yield made
            if not isinstance(made, Rejected):
                kept += 1
                overlaps.add(chain)


def open_dates(graph: Graph, subgraph: Subgraph) -> Lane:
    """The halves that lead from a thing to a date."""
    is_date = graph.types == TYPES.index("date")
    chosen = np.zeros(len(graph.step), dtype=bool)
    chosen[subgraph.outer.half] = True
    source = np.repeat(np.arange(graph.n_nodes), graph.degrees())
    return select_lane(graph, chosen & is_date[graph.neighbour] & ~is_date[source], None)


def draw_pairs(
    graph: Graph,
    subgraph: Subgraph,
    values: Lane,
    first: Int32s,
    settings: PathSettings,
    rng: np.random.Generator,
) -> Iterator[Chain]:
    """Walks between things that have a value, each with a value of its first and last node at either end.

    A walk is cut back to its last node that has a value.
    """
    starts = rng.choice(first, _BATCH)
    hops = rng.integers(settings.min_hops - 2, settings.max_hops - 1, size=_BATCH)
    inside = Subgraph(subgraph.inner, subgraph.inner, subgraph.passable, subgraph.hub_degree)
    walks = walk_randomly(inside, starts, hops, rng)
    has_value = np.diff(values.starts) > 0
    columns = np.arange(walks.nodes.shape[1])
    able = has_value[walks.nodes] & (columns <= walks.lengths[:, None])
    last = walks.nodes.shape[1] - 1 - np.argmax(able[:, ::-1], axis=1)
    for inner in read_chains(graph, replace(walks, lengths=last)):
        if len(inner.edges) + 2 < settings.min_hops:
            continue
        left = _draw_value(values, inner.nodes[0], rng)
        right = _draw_value(values, inner.nodes[-1], rng)
        nodes = (int(graph.neighbour[left]), *inner.nodes, int(graph.neighbour[right]))
        edges = (int(graph.edge[left]), *inner.edges, int(graph.edge[right]))
        yield Chain(nodes, edges, (int(graph.step[left]) ^ 1, *inner.steps, int(graph.step[right])))


def _draw_value(values: Lane, node: int, rng: np.random.Generator) -> int:
    low, high = values.starts[node], values.starts[node + 1]
    return int(values.half[rng.integers(low, high)])


def _make_pair(
    graph: Graph, chain: Chain, triples_of_edge: Mapping[str, Sequence[Triple]], limits: Limits
) -> Pair | Rejected:
    anchored = find_anchor(graph, chain)
    if anchored is None:
        return Rejected("not_unique", f"{graph.name(chain.nodes[0])}, {graph.name(chain.nodes[-1])}")
    path = make_path(graph, anchored, triples_of_edge, limits)
    if isinstance(path, Rejected):
        return path
    if path.hops[0].doc_id == path.hops[-1].doc_id:
        return Rejected("too_few_documents", "both values in one")
    return Pair(path, path.nodes[anchored.anchor])


def find_anchor(graph: Graph, chain: Chain) -> Chain | None:
    """``chain`` anchored at the inner node nearest to its middle from which both ends are unique."""
    middle = len(chain.edges) / 2
    for place in sorted(range(1, len(chain.edges)), key=lambda place: (abs(place - middle), place)):
        anchored = replace(chain, anchor=place)
        if is_unique(graph, anchored):
            return anchored
    return None
