"""Chains through a graph: every way of a few steps from definitions drawn by the seed, with all that can be
asked at its end."""

from collections.abc import Iterator

import numpy as np

from longweave.kg.code.answers import Answer
from longweave.kg.code.asks import possible_asks
from longweave.kg.code.found import Found
from longweave.kg.code.graph import CodeGraph
from longweave.kg.code.nodes import Node, Taken, noun_of
from longweave.kg.code.plan import AskName, Plan, Start, Step
from longweave.kg.code.settings import CodeSettings
from longweave.kg.code.steps import possible_steps
from longweave.kg.code.trace import find_receiver


def follow_chains(
    graph: CodeGraph, settings: CodeSettings, rng: np.random.Generator
) -> Iterator[tuple[Plan, int]]:
    """Plans whose chains have the length wanted, with how many documents they run through."""
    starts = [
        Found(module, definition)
        for module in graph.modules.values()
        for definition in module.definitions
        if not definition.hidden and graph.define(module.name, definition.qualname) is not None
    ]
    roads = _Roads(graph)
    for index in rng.permutation(len(starts))[: settings.starts_tried]:
        start = _start_of(starts[index])
        for steps, node, length, doc_ids in roads.walk(starts[index], settings.max_steps):
            for ask, argument, found in roads.asks(node):
                n_documents = len(doc_ids | {mark.doc_id for mark in found.evidence})
                n_hops = length + len(found.hops)
                if n_documents < settings.min_documents:
                    continue
                if not settings.min_hops <= n_hops <= settings.max_hops:
                    continue
                yield Plan(start=start, steps=steps, ask=ask, argument=argument), n_documents


class _Roads:
    """Steps and asks by node, worked out once."""

    def __init__(self, graph: CodeGraph) -> None:
        self._graph = graph
        self._steps: dict[str, list[tuple[Step, Taken]]] = {}
        self._asks: dict[str, list[tuple[AskName, str, Answer]]] = {}

    def walk(self, start: Found, max_steps: int) -> Iterator[tuple[list[Step], Node, int, frozenset[str]]]:
        """Every way of up to ``max_steps`` steps that meets nothing twice: the steps, where they end, how
        many hops they are and the documents that they need."""
        first = Node(start, find_receiver(start, self._graph))
        waiting: list[tuple[list[Step], Node, int, frozenset[str], frozenset[str]]] = [
            ([], first, 0, frozenset({start.module.doc_id}), frozenset({start.label}))
        ]
        while waiting:
            steps, node, length, doc_ids, visited = waiting.pop()
            yield steps, node, length, doc_ids
            for step, taken in self._next(node) if len(steps) < max_steps else ():
                label = taken.node.found.label
                if label not in visited:
                    documents = doc_ids | {mark.doc_id for mark in taken.evidence}
                    hops = length + len(taken.hops)
                    waiting.append(([*steps, step], taken.node, hops, documents, visited | {label}))

    def asks(self, node: Node) -> list[tuple[AskName, str, Answer]]:
        """What can be asked at ``node``."""
        if node.key not in self._asks:
            self._asks[node.key] = list(possible_asks(node, self._graph))
        return self._asks[node.key]

    def _next(self, node: Node) -> list[tuple[Step, Taken]]:
        if node.key not in self._steps:
            self._steps[node.key] = list(possible_steps(node, self._graph))
        return self._steps[node.key]


def _start_of(found: Found) -> Start:
    definition = found.definition
    if definition is None:
        raise TypeError(f"{found.label} is no definition")
    place = found.module.place
    return Start(
        package=place.package,
        version=place.version,
        path=place.path,
        module=found.module.name,
        qualname=definition.qualname,
        noun=noun_of(definition),
    )
