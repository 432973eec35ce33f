"""Where the hops of a chain lead in the whole graph, and which documents they cannot do without."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from longweave.kg.columns import Int32s, Int64s
from longweave.kg.graph import Graph

MOST_FOLLOWED = 1_000


@dataclass(frozen=True, slots=True)
class Chain:
    """A path by number: ``nodes`` joined by ``edges``, each taken by its step (see ``Graph``).

    The last node is what is asked for, and the question starts from the node at place ``anchor``: the first
    one, or, where both ends are asked for, one between them.
    """

    nodes: tuple[int, ...]
    edges: tuple[int, ...]
    steps: tuple[int, ...]
    anchor: int = 0

    def legs(self) -> Iterator[tuple[int, tuple[int, ...], int]]:
        """From the anchor to each end that is asked for: first node, steps, last node."""
        at = self.anchor
        if at:
            yield self.nodes[at], tuple(step ^ 1 for step in reversed(self.steps[:at])), self.nodes[0]
        yield self.nodes[at], self.steps[at:], self.nodes[-1]


def follow(graph: Graph, start: int, steps: Sequence[int], without: int = -1) -> Int32s | None:
    """All nodes that ``steps`` lead to from ``start``, ascending; None if there are more than
    ``MOST_FOLLOWED`` on the way.

    A step of a symmetric relation is taken either way: to what borders X, and to what X borders. Edges that
    only the document of number ``without`` states do not count.
    """
    here = np.array([start], dtype=np.int32)
    for step in steps:
        halves = _find_halves(graph, here, step)
        if without >= 0:
            halves = halves[~_is_lost(graph, graph.edge[halves], without)]
        here = np.unique(graph.neighbour[halves])
        if len(here) > MOST_FOLLOWED:
            return None
    return here


def _find_halves(graph: Graph, nodes: Int32s, step: int) -> Int64s:
    first_step, past_step = either_way(graph, step)
    parts = [np.empty(0, dtype=np.int64)]
    for node in nodes.tolist():
        low, high = int(graph.starts[node]), int(graph.starts[node + 1])
        first, last = np.searchsorted(graph.step[low:high], (first_step, past_step))
        parts.append(np.arange(low + first, low + last))
    return np.concatenate(parts)


def either_way(graph: Graph, step: int) -> tuple[int, int]:
    """The steps ``first … past - 1`` that say what ``step`` says: both of a symmetric relation."""
    return (step & ~1, (step | 1) + 1) if graph.symmetric[step >> 1] else (step, step + 1)


def _is_lost(graph: Graph, edges: Int32s, without: int) -> NDArray[np.bool_]:
    """Whether only document ``without`` states each of ``edges``."""
    first = graph.doc_starts[edges]
    alone = graph.doc_starts[edges.astype(np.int64) + 1] - first == 1
    lost = np.zeros(len(edges), dtype=bool)
    lost[alone] = graph.docs[first[alone]] == without
    return lost


def is_unique(graph: Graph, chain: Chain) -> bool:
    """Whether the steps from the anchor lead to the ends asked for and to nothing else."""
    return all(_leads_only_to(follow(graph, start, steps), end) for start, steps, end in chain.legs())


def _leads_only_to(reached: Int32s | None, end: int) -> bool:
    return reached is not None and reached.tolist() == [end]


def needed_documents(graph: Graph, chain: Chain) -> tuple[int, ...]:
    """The documents, ascending, without any one of which ``chain`` cannot be completed.

    With the edges gone that only this document states, two things hold: between some two neighbours of the
    path nothing is left, of any relation, and no other edge between its nodes leads around the gap; and the
    steps of the question no longer lead to the ends asked for, by other nodes either.
    """
    first, second, edges = _edges_among(graph, chain.nodes)
    stated = {int(doc) for edge in chain.edges for doc in graph.edge_docs(edge)}
    needed = []
    for doc in sorted(stated):
        left = ~_is_lost(graph, edges, doc)
        if not _are_joined(first[left], second[left], len(chain.nodes)) and not _leads_to_all(
            graph, chain, doc
        ):
            needed.append(doc)
    return tuple(needed)


def _edges_among(graph: Graph, nodes: Sequence[int]) -> tuple[Int64s, Int64s, Int32s]:
    """All edges between two of ``nodes``, with the places of their ends in it."""
    wanted = np.array(nodes, dtype=np.int32)
    order = np.argsort(wanted)
    degrees = [int(graph.starts[node + 1] - graph.starts[node]) for node in nodes]
    widest = int(np.argmax(degrees))  # its edges are all seen from their other ends
    places, others, edges = [], [], []
    for place, node in enumerate(nodes):
        if place == widest:
            continue
        low, high = int(graph.starts[node]), int(graph.starts[node + 1])
        neighbour = graph.neighbour[low:high]
        at = np.minimum(np.searchsorted(wanted, neighbour, sorter=order), len(nodes) - 1)
        inside = wanted[order[at]] == neighbour
        others.append(order[at[inside]])
        edges.append(graph.edge[low:high][inside])
        places.append(np.full(len(edges[-1]), place, dtype=np.int64))
    return np.concatenate(places), np.concatenate(others), np.concatenate(edges)


def _are_joined(first: Int64s, second: Int64s, n_nodes: int) -> bool:
    """Whether edges from ``first`` to ``second`` join node 0 with the last of ``n_nodes``."""
    reached = {0}
    pairs = {*zip(first.tolist(), second.tolist(), strict=True)}
    pairs |= {(b, a) for a, b in pairs}
    grown = True
    while grown and n_nodes - 1 not in reached:
        new = {b for a, b in pairs if a in reached} - reached
        reached |= new
        grown = bool(new)
    return n_nodes - 1 in reached


def _leads_to_all(graph: Graph, chain: Chain, without: int) -> bool:
    for start, steps, end in chain.legs():
        reached = follow(graph, start, steps, without)
        if reached is not None and end not in reached:
            return False
    return True
