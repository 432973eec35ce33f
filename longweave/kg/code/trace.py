"""A plan followed through a graph: the answer with the whole chain that proves it, or nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

from longweave.kg.code.asks import answer
from longweave.kg.code.found import Found, Mark
from longweave.kg.code.graph import CodeGraph
from longweave.kg.code.nodes import Hop, Node, enclosing, header, noun_of
from longweave.kg.code.plan import Plan, Start
from longweave.kg.code.steps import take
from longweave.synth.records import AnswerKind


@dataclass(frozen=True, slots=True)
class Trace:
    """``chain`` holds the start and then every node with the relation that leads to it. ``evidence`` and
    ``support`` are in the order of the chain, each once; ``names`` must not stand in the question;
    ``nodes`` are the places that the steps arrive at, the start first; ``passing`` are documents that give
    nothing but an import, by which a name is passed on."""

    answer: str
    kind: AnswerKind
    start: str
    chain: tuple[Hop, ...]
    evidence: tuple[Mark, ...]
    support: tuple[Mark, ...]
    names: tuple[str, ...]
    nodes: tuple[str, ...]
    passing: frozenset[str]

    @property
    def doc_ids(self) -> list[str]:
        """The documents of its evidence, in the order of the chain."""
        return list(dict.fromkeys(mark.doc_id for mark in self.evidence))

    @property
    def text(self) -> str:
        """``(A)-[relation]-(B)-…``."""
        return f"({self.start})" + "".join(f"-[{hop.relation}]-({hop.node})" for hop in self.chain)


def trace(plan: Plan, graph: CodeGraph) -> Trace | None:
    """What ``plan`` asks for, as ``graph`` has it; None where a step leads nowhere."""
    found = find_start(plan.start, graph)
    if found is None:
        return None
    node = Node(found, find_receiver(found, graph))
    hops: list[Hop] = []
    evidence = [*enclosing(found), header(found)]
    if plan.start.described and found.definition is not None:
        evidence.append(Mark(found.module.doc_id, found.definition.docstring_span))
    support: list[Mark] = []
    names: list[str] = [] if not plan.start.described else [*plan.start.qualname.split(".")]
    visited = [found.label]
    for step in plan.steps:
        taken = take(step, node, graph)
        if taken is None or taken.node.found.label in visited:
            return None
        visited.append(taken.node.found.label)
        node = taken.node
        hops += taken.hops
        evidence += taken.evidence
        support += taken.support
        names += taken.names
    last = answer(plan.ask, plan.argument, node, graph)
    if last is None:
        return None
    return Trace(
        answer=last.text,
        kind=last.kind,
        start=found.label,
        chain=(*hops, *last.hops),
        evidence=tuple(dict.fromkeys((*evidence, *last.evidence))),
        support=tuple(dict.fromkeys((*support, *last.support))),
        names=tuple(dict.fromkeys((*names, *last.names))),
        nodes=tuple(visited),
        passing=_find_passing([*evidence, *last.evidence], graph),
    )


def _find_passing(evidence: Sequence[Mark], graph: CodeGraph) -> frozenset[str]:
    telling = {mark.doc_id for mark in evidence if mark not in graph.import_marks}
    return frozenset(mark.doc_id for mark in evidence) - telling


def find_start(start: Start, graph: CodeGraph) -> Found | None:
    """The definition that the question starts from: the named one, or the only one of the package whose
    docstring begins as described."""
    if not start.described:
        found = graph.define(start.module, start.qualname)
        return found if found is not None and found.module.place.path == start.path else None
    described = find_described(start.package, start.described, graph)
    if len(described) != 1 or described[0].definition is None:
        return None
    return described[0] if noun_of(described[0].definition) == start.noun else None


def find_described(package: str, sentence: str, graph: CodeGraph) -> list[Found]:
    """All definitions of ``package`` whose docstring begins with ``sentence``."""
    return [
        Found(module, definition)
        for module in graph.modules.values()
        if module.place.package == package
        for definition in module.definitions
        if definition.docstring.casefold().startswith(sentence.casefold())
    ]


def find_receiver(found: Found, graph: CodeGraph) -> Found | None:
    """The class that a method is started from."""
    definition = found.definition
    if definition is None or definition.kind != "method":
        return None
    return graph.define(found.module.name, definition.scope)
