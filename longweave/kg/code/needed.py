"""Which of a chain's documents are needed: those that a reader cannot guess."""

from collections.abc import Iterable
from dataclasses import replace

from longweave.kg.code.asks import answer
from longweave.kg.code.found import Found
from longweave.kg.code.graph import CodeGraph
from longweave.kg.code.guess import guess_files
from longweave.kg.code.model import Module
from longweave.kg.code.nodes import Node
from longweave.kg.code.plan import Plan
from longweave.kg.code.trace import Trace, trace
from longweave.kg.code.words import says


def leave_out_passing(plan: Plan, found: Trace, graph: CodeGraph) -> Trace:
    """``found`` without the documents that only pass a name on and that a reader guesses: without them, the
    name leads on because one thing alone is called so in the package's other documents of the chain. One
    that renames, or decides between two things of that name, stays."""
    kept = found.doc_ids
    for doc_id in sorted(found.passing):
        rest = [other for other in kept if other != doc_id]
        if leads_on(plan, found, rest, graph):
            kept = rest
    return replace(found, evidence=tuple(mark for mark in found.evidence if mark.doc_id in kept))


def leads_on(plan: Plan, found: Trace, doc_ids: Iterable[str], graph: CodeGraph) -> bool:
    """Whether a reader who has these documents alone comes to the same answer, guessing what others pass
    on."""
    again = trace(plan, CodeGraph(guess_files(_choose(doc_ids, graph))))
    return again is not None and again.answer == found.answer


def can_be_told(plan: Plan, found: Trace, graph: CodeGraph) -> bool:
    """Whether a reader tells the answer without one of its documents, not following the chain."""
    needed = set(found.doc_ids)
    return tells_twice(found, graph) or any(
        is_found_by_name(plan, found, needed - {doc_id}, graph) for doc_id in sorted(needed)
    )


def tells_twice(found: Trace, graph: CodeGraph) -> bool:
    """Whether the answer, where it is no number, stands in the evidence of more than one document: who has
    read the call need not see the function called, if its name is asked for."""
    if found.kind == "number":
        return False
    texts = {module.doc_id: module.text for module in graph.modules.values()}
    telling = {
        mark.doc_id
        for mark in found.evidence
        if says(texts[mark.doc_id][mark.span.start : mark.span.end], found.answer)
    }
    return len(telling) > 1


def is_found_by_name(plan: Plan, found: Trace, doc_ids: Iterable[str], graph: CodeGraph) -> bool:
    """Whether these documents alone have one answer only for any method of the name that the question gives
    to its last step, and the right one: who looks for the name need not follow the chain."""
    if not plan.steps or plan.steps[-1].name != "method":
        return False
    alone = CodeGraph(guess_files(_choose(doc_ids, graph)))
    answers = {
        told.text
        for module in alone.modules.values()
        for definition in module.definitions
        if definition.kind == "method" and definition.name == plan.steps[-1].argument
        for told in [answer(plan.ask, plan.argument, Node(Found(module, definition)), alone)]
        if told is not None
    }
    return answers == {found.answer}


def _choose(doc_ids: Iterable[str], graph: CodeGraph) -> list[Module]:
    chosen = set(doc_ids) - {""}
    return [module for module in graph.modules.values() if module.doc_id in chosen]
