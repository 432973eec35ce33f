"""What every path must satisfy, a function and a reason each.

The sampler already walks so that most of them hold; here they are checked one by one on a finished chain, the
cheap ones first. No path repeats an edge or goes straight back, since none repeats a node.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from longweave.kg.follow import Chain, is_unique
from longweave.kg.graph import Graph
from longweave.kg.path_settings import PathSettings
from longweave.kg.walks import find_barred, find_hub_degree

Reason = Literal[
    "dead_end",
    "overlaps",
    "repeated_node",
    "value_inside",
    "hub",
    "barred_relation",
    "relation_repeated",
    "too_few_documents",
    "not_unique",
    "not_necessary",
    "no_quote",
]


@dataclass(frozen=True, slots=True)
class Rejected:
    """A walk that became no path, and why."""

    reason: Reason
    detail: str


@dataclass(frozen=True, eq=False)
class Limits:
    """The settings as the constraints need them, worked out once per graph."""

    settings: PathSettings
    hub_degree: int
    barred: NDArray[np.bool_]
    is_value: NDArray[np.bool_]

    @classmethod
    def of(cls, graph: Graph, settings: PathSettings) -> "Limits":
        """The limits for ``graph``."""
        return cls(settings, find_hub_degree(graph, settings), find_barred(graph, settings), graph.is_value())


def find_flaw(graph: Graph, chain: Chain, limits: Limits) -> Rejected | None:
    """The first of ``CONSTRAINTS`` that ``chain`` breaks. Necessity is checked where evidence is chosen."""
    for check in CONSTRAINTS:
        if flaw := check(graph, chain, limits):
            return flaw
    return None


def check_nodes(graph: Graph, chain: Chain, limits: Limits) -> Rejected | None:
    """No node comes twice."""
    for node, times in Counter(chain.nodes).items():
        if times > 1:
            return Rejected("repeated_node", graph.name(node))
    return None


def check_values(graph: Graph, chain: Chain, limits: Limits) -> Rejected | None:
    """Dates and numbers stand at the ends only: two things of one year have nothing to do with each other."""
    for node in chain.nodes[1:-1]:
        if limits.is_value[node]:
            return Rejected("value_inside", graph.name(node))
    return None


def check_hubs(graph: Graph, chain: Chain, limits: Limits) -> Rejected | None:
    """No path passes through a node that nearly everything is joined to."""
    for node in chain.nodes[1:-1]:
        if (degree := int(graph.starts[node + 1] - graph.starts[node])) > limits.hub_degree:
            return Rejected("hub", f"{graph.name(node)}: {degree}")
    return None


def check_barred(graph: Graph, chain: Chain, limits: Limits) -> Rejected | None:
    """Every relation says enough to be asked by."""
    for step in chain.steps:
        if limits.barred[step >> 1]:
            return Rejected("barred_relation", graph.relations[step >> 1])
    return None


def check_relations(graph: Graph, chain: Chain, limits: Limits) -> Rejected | None:
    """Few hops share a relation, and few go to a sibling: ``A -r-> X <-r- B``, or any two hops of a symmetric
    relation."""
    relation, times = Counter(step >> 1 for step in chain.steps).most_common(1)[0]
    if times > limits.settings.max_same_relation:
        return Rejected("relation_repeated", f"{graph.relations[relation]}: {times} times")
    siblings = [
        a >> 1
        for a, b in zip(chain.steps, chain.steps[1:], strict=False)
        if a == b ^ 1 or (a == b and graph.symmetric[a >> 1])
    ]
    if len(siblings) > limits.settings.max_sibling_share * len(chain.steps):
        return Rejected("relation_repeated", f"{graph.relations[siblings[0]]}: there and back")
    return None


def check_documents(graph: Graph, chain: Chain, limits: Limits) -> Rejected | None:
    """Its edges are stated by enough documents; that the chosen evidence is, is checked with it."""
    n_documents = len({int(doc) for edge in chain.edges for doc in graph.edge_docs(edge)})
    needed = limits.settings.min_documents(len(chain.edges))
    if n_documents < needed:
        return Rejected("too_few_documents", f"{n_documents} of {needed}")
    return None


def check_answer(graph: Graph, chain: Chain, limits: Limits) -> Rejected | None:
    """From where the question starts, its steps lead to the answer and nothing else."""
    return None if is_unique(graph, chain) else Rejected("not_unique", graph.name(chain.nodes[-1]))


CONSTRAINTS: tuple[Callable[[Graph, Chain, Limits], Rejected | None], ...] = (
    check_nodes,
    check_values,
    check_hubs,
    check_barred,
    check_relations,
    check_documents,
    check_answer,
)


class Overlaps:
    """The hops of the paths sampled so far, so that the next one asks for something else."""

    def __init__(self, max_share: float) -> None:
        self._max_share = max_share
        self._paths_of: dict[int, list[int]] = {}
        self._n_paths = 0

    def check(self, chain: Chain) -> Rejected | None:
        """Whether too many hops of ``chain`` are those of one path before it."""
        shared = Counter(path for edge in chain.edges for path in self._paths_of.get(edge, ()))
        most = max(shared.values(), default=0)
        if most > self._max_share * len(chain.edges):
            return Rejected("overlaps", f"{most} of {len(chain.edges)} hops")
        return None

    def add(self, chain: Chain) -> None:
        """Remember the hops of a path that was sampled."""
        for edge in chain.edges:
            self._paths_of.setdefault(edge, []).append(self._n_paths)
        self._n_paths += 1
