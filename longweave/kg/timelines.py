"""Paths with three dates of three documents: what needs each of its documents by arithmetic.

A timeline is a path ``date - A - … - B - date`` with a third dated fact on the way, the *milestone*. The
question computes with all three dates, and nothing but their documents states its hops: who lacks one of them
lacks a term. So necessity does not hang on how the question is worded.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from longweave.kg.constraints import CONSTRAINTS, Limits, Rejected, check_documents
from longweave.kg.date_pairs import find_anchor, sample_between_dates
from longweave.kg.follow import Chain, follow
from longweave.kg.graph import Graph
from longweave.kg.path_settings import PathSettings
from longweave.kg.records import Hop, Path, Triple
from longweave.kg.values import year_of
from longweave.kg.walks import Lane
from longweave.synth.records import Record

_MOST_DOCUMENTS = 8


class Milestone(Record):
    """The dated fact on the way: ``hop`` leads from the node at ``place`` of the path to the date ``node``
    (an id)."""

    place: int
    node: str
    hop: Hop


@dataclass(frozen=True, slots=True)
class Timeline:
    """A path whose first and last nodes are dates, the node id that the question starts from, and the third
    date."""

    path: Path
    anchor: str
    milestone: Milestone


@dataclass(frozen=True, slots=True)
class _Dated:
    """A half edge from a thing to a date."""

    edge: int
    step: int
    date: int


def sample_timelines(
    graph: Graph,
    triples_of_edge: Mapping[str, Sequence[Triple]],
    settings: PathSettings,
    rng: np.random.Generator,
) -> Iterator[Timeline | Rejected]:
    """Up to ``settings.paths`` timelines, with what was rejected on the way.

    All constraints of ``sample_paths`` hold, but necessity and spread are what is said above.
    ``triples_of_edge`` holds the triples of every edge by its id.
    """

    def make(chain: Chain, values: Lane, limits: Limits) -> Timeline | Rejected:
        return _make_timeline(graph, chain, values, triples_of_edge, limits)

    return sample_between_dates(graph, settings, rng, make)


def _make_timeline(
    graph: Graph,
    chain: Chain,
    values: Lane,
    triples_of_edge: Mapping[str, Sequence[Triple]],
    limits: Limits,
) -> Timeline | Rejected:
    anchored = find_anchor(graph, chain)
    if anchored is None:
        return Rejected("not_unique", f"{graph.name(chain.nodes[0])}, {graph.name(chain.nodes[-1])}")
    for check in CONSTRAINTS:  # its documents are counted with the third date
        if check is not check_documents and (flaw := check(graph, anchored, limits)):
            return flaw
    for place, dated in _find_dated(graph, anchored, values):
        doc_ids = _choose_documents(graph, anchored, dated)
        if doc_ids is None:
            continue
        edges = [*anchored.edges, dated.edge]
        proofs = [_choose_triple(triples_of_edge.get(graph.edge_id(edge), ()), doc_ids) for edge in edges]
        if not all(proofs):
            continue
        hops = [
            _make_hop(graph, edge, step, triple)
            for edge, step, triple in zip(edges, (*anchored.steps, dated.step), proofs, strict=True)
            if triple is not None
        ]
        path = Path.of([graph.node_id(node) for node in anchored.nodes], hops[:-1])
        milestone = Milestone(place=place, node=graph.node_id(dated.date), hop=hops[-1])
        return Timeline(path, path.nodes[anchored.anchor], milestone)
    return Rejected("not_necessary", "no third date of a document of its own")


def _find_dated(graph: Graph, chain: Chain, values: Lane) -> Iterator[tuple[int, _Dated]]:
    """Dated facts of the things on the way, of other years than the ends, each the only one that its relation
    and the steps from the anchor lead to; those of things further from the ends first."""
    years = {year_of(graph.name(node)) for node in (chain.nodes[0], chain.nodes[-1])}
    inner, at = range(1, len(chain.nodes) - 1), chain.anchor
    if None in years or len(years) < 2:
        return
    for place in sorted(inner, key=lambda place: (-min(place, len(chain.nodes) - 1 - place), place)):
        node = chain.nodes[place]
        for half in values.half[values.starts[node] : values.starts[node + 1]].tolist():
            dated = _Dated(int(graph.edge[half]), int(graph.step[half]), int(graph.neighbour[half]))
            year = year_of(graph.name(dated.date))
            if dated.edge in chain.edges or year is None or year in years:
                continue
            way = chain.steps[at:place] or [step ^ 1 for step in chain.steps[place:at][::-1]]
            reached = follow(graph, chain.nodes[at], [*way, dated.step])
            if reached is not None and reached.tolist() == [dated.date]:
                yield place, dated


def _choose_documents(graph: Graph, chain: Chain, dated: _Dated) -> frozenset[str] | None:
    """A document for each of the three dates that is the only one of them to state it, and which together
    state all hops between; of many that state a date the first are looked at."""
    stated = [_stating(graph, edge) for edge in (chain.edges[0], dated.edge, chain.edges[-1])]
    between = [_stating(graph, edge) for edge in chain.edges[1:-1]]
    for chosen in product(*(sorted(docs)[:_MOST_DOCUMENTS] for docs in stated)):
        own = frozenset(chosen)
        if (
            len(own) == len(stated)
            and all(docs & own == {doc} for docs, doc in zip(stated, chosen, strict=True))
            and all(docs & own for docs in between)
        ):
            return own
    return None


def _stating(graph: Graph, edge: int) -> frozenset[str]:
    return frozenset(graph.documents[int(doc)] for doc in graph.edge_docs(edge))


def _choose_triple(triples: Sequence[Triple], doc_ids: frozenset[str]) -> Triple | None:
    able = [triple for triple in triples if triple.doc_id in doc_ids]
    return min(able, key=lambda one: (len(one.evidence.quote), one.doc_id, one.triple_id), default=None)


def _make_hop(graph: Graph, edge: int, step: int, triple: Triple) -> Hop:
    return Hop(
        edge_id=graph.edge_id(edge),
        relation=graph.relations[step >> 1],
        forward=bool(step & 1),
        triple_id=triple.triple_id,
        doc_id=triple.doc_id,
    )
