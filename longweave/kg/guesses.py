"""What a reader could guess who lacks one of the documents that a question needs.

In: a chain in the graph and the document of each of its facts. A reader who lacks one of these loses the
thread there, and may try to take it up again behind the gap: he looks for things of the kinds that the
question speaks of, joined as it says. ``count_guesses`` follows him through all that the other needed
documents state, and says how many ends he arrives at: with one he has guessed the answer. ``describe_joints``
says what a wording can do about it: how each thing must be told apart from others joined to the one before,
and which other facts should fit the same words.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from longweave.kg.columns import Int32s
from longweave.kg.follow import Chain
from longweave.kg.graph import Graph
from longweave.synth.embedding import Encode, Vectors
from longweave.synth.records import Record

MANY = 99
"""More guesses than anybody makes; also said where the other documents do not speak of the end at all."""
_ALIKE = 0.2
_MOST_SAID = 3


class Joint(Record):
    """How a question may speak of the thing at ``place`` of the path, by the thing before it: not so that it
    could be one of ``apart``, which are joined to that as well, and, as far as possible, so that the facts
    ``alike`` would fit the words too."""

    place: int
    apart: list[str]
    alike: list[str]


@dataclass(slots=True)
class Guesses:
    """Counts guesses in one graph; ``encode`` embeds its relations, to see which can be worded alike."""

    graph: Graph
    encode: Encode
    _vectors: dict[int, Vectors] = field(default_factory=dict)
    _order: Int32s = field(init=False)
    _starts: Int32s = field(init=False)
    _numbers: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        graph = self.graph
        edges = np.repeat(np.arange(graph.n_edges, dtype=np.int32), np.diff(graph.doc_starts))
        by_document = np.argsort(graph.docs, kind="stable")
        self._order = edges[by_document]
        self._starts = np.searchsorted(
            graph.docs[by_document], np.arange(len(graph.documents) + 1, dtype=np.int32)
        ).astype(np.int32)
        self._numbers = {doc_id: number for number, doc_id in enumerate(graph.documents)}

    def count_guesses(self, chain: Chain, doc_ids: Sequence[str], start_doc_ids: Collection[str]) -> int:
        """The fewest ends, over the needed documents left out one at a time; at most ``MANY``.

        Args:
            chain: The path.
            doc_ids: The document of each hop.
            start_doc_ids: The documents without which the start cannot be told.
        """
        needed = {*doc_ids, *start_doc_ids}
        return min(
            self._count_without(chain, doc_ids, lost, needed - {lost}, lost in start_doc_ids)
            for lost in needed
        )

    def describe_joints(self, chain: Chain, needed: Collection[str]) -> list[Joint]:
        """A joint for each node of the path but the anchor, by place."""
        stated = self._edges_of(needed)
        joints = []
        for place, before, edge in _walk(chain):
            node = chain.nodes[place]
            apart = self._say_others(chain.nodes[before], node, edge)
            alike = self._say_alike(chain.nodes[before], node, edge, stated)
            joints.append(Joint(place=place, apart=apart, alike=alike))
        return sorted(joints, key=lambda joint: joint.place)

    def _count_without(
        self, chain: Chain, doc_ids: Sequence[str], lost: str, others: Collection[str], start_lost: bool
    ) -> int:
        stated = self._edges_of(others)
        present = {int(node) for ends in (self.graph.head, self.graph.tail) for node in ends[stated]}
        count = 1
        for places in _legs(chain):
            here = {chain.nodes[places[0]]}
            if start_lost:
                here = self._of_kind(present, chain.nodes[places[0]])
            for before, place in pairwise(places):
                hop = min(before, place)
                node = chain.nodes[place]
                if doc_ids[hop] == lost:
                    here = self._of_kind(present, node)
                    if place == places[-1] and node not in here:
                        return MANY
                elif here == {chain.nodes[before]}:
                    here = {node}
                else:
                    here = self._follow_alike(here, chain.edges[hop], node, stated)
            count *= len(here)
        return min(count, MANY)

    def _of_kind(self, nodes: Collection[int], like: int) -> set[int]:
        kind = self.graph.types[like]
        return {node for node in nodes if self.graph.types[node] == kind}

    def _follow_alike(self, here: Collection[int], edge: int, node: int, stated: Int32s) -> set[int]:
        found = set()
        for other in stated[self._likeness(edge, stated) >= _ALIKE].tolist():
            head, tail = int(self.graph.head[other]), int(self.graph.tail[other])
            found |= {end for start, end in ((head, tail), (tail, head)) if start in here}
        return self._of_kind(found, node)

    def _say_others(self, before: int, node: int, edge: int) -> list[str]:
        """What ``before`` is joined to besides ``node``, of the same kind."""
        low, high = int(self.graph.starts[before]), int(self.graph.starts[before + 1])
        others = [
            int(other)
            for other, neighbour in zip(
                self.graph.edge[low:high], self.graph.neighbour[low:high], strict=True
            )
            if neighbour != node and self.graph.types[neighbour] == self.graph.types[node]
        ]
        return self._say(edge, others)

    def _say_alike(self, before: int, node: int, edge: int, stated: Int32s) -> list[str]:
        """Facts of the same kinds of things, about neither of the two."""
        kinds = {int(self.graph.types[before]), int(self.graph.types[node])}
        others = []
        for other in stated.tolist():
            ends = (int(self.graph.head[other]), int(self.graph.tail[other]))
            if not {before, node} & set(ends) and {int(self.graph.types[end]) for end in ends} == kinds:
                others.append(other)
        return self._say(edge, others)

    def _say(self, edge: int, others: Sequence[int]) -> list[str]:
        """The facts most like that of ``edge``, in words."""
        if not others:
            return []
        numbers = np.array(others, dtype=np.int32)
        likeness = self._likeness(edge, numbers)
        order = sorted(range(len(others)), key=lambda i: (-round(float(likeness[i]), 4), others[i]))
        graph = self.graph
        said = (
            f"{graph.name(int(graph.head[e]))} -[{graph.relations[int(graph.relation[e])]}]-> "
            f"{graph.name(int(graph.tail[e]))}"
            for e in (others[i] for i in order)
        )
        return list(dict.fromkeys(said))[:_MOST_SAID]

    def _edges_of(self, doc_ids: Collection[str]) -> Int32s:
        parts = [
            self._order[self._starts[number] : self._starts[number + 1]]
            for number in sorted(self._numbers[doc_id] for doc_id in doc_ids)
        ]
        return np.unique(np.concatenate([np.empty(0, dtype=np.int32), *parts]))

    def _likeness(self, edge: int, others: Int32s) -> Vectors:
        """Cosines of the relation of ``edge`` with those of ``others``."""
        own = int(self.graph.relation[edge])
        relations = self.graph.relation[others].tolist()
        self._embed([own, *relations])
        if not relations:
            return np.empty(0, dtype=np.float32)
        return np.stack([self._vectors[relation] for relation in relations]) @ self._vectors[own]

    def _embed(self, relations: Sequence[int]) -> None:
        missing = sorted(set(relations) - self._vectors.keys())
        if missing:
            vectors = self.encode([self.graph.relations[relation] for relation in missing])
            self._vectors |= dict(zip(missing, vectors, strict=True))


def _legs(chain: Chain) -> Iterator[list[int]]:
    """The places from the anchor to each end that is asked for."""
    if chain.anchor:
        yield list(range(chain.anchor, -1, -1))
    yield list(range(chain.anchor, len(chain.nodes)))


def _walk(chain: Chain) -> Iterator[tuple[int, int, int]]:
    """Each place but the anchor's, the place before it, and the edge between them."""
    for places in _legs(chain):
        for before, place in pairwise(places):
            yield place, before, chain.edges[min(before, place)]
