"""The steps of a chain: from one class or function to the one other that the source leads to.

A step is taken only where exactly one thing can be meant, by what is written in the function or class itself:
``the only function that it imports from elsewhere and calls`` counts the names that are imported and called,
whether or not they can be resolved. Each step brings the hops it makes and the places that prove it:
``evidence`` states the fact, ``support`` is what must be seen whole to know that there is no other.
"""

from collections.abc import Callable, Iterator, Mapping

from longweave.kg.code.found import Found, Lookup, Mark
from longweave.kg.code.graph import CodeGraph
from longweave.kg.code.nodes import Hop, Node, Taken, bare, climb, header, link, names_of, whole
from longweave.kg.code.plan import Noun, Step, StepName
from longweave.kg.code.uses import (
    imported_calls,
    take_annotated,
    take_calls,
    take_calls_here,
    take_catches,
    take_instantiates,
    take_raises,
    take_returns,
)


def take(step: Step, node: Node, graph: CodeGraph) -> Taken | None:
    """Where ``step`` leads from ``node``; None where that is nowhere, or could be more than one thing."""
    is_class = node.definition.kind == "class"
    if is_class != (step.name in _FROM_CLASS):
        return None
    taken = _STEPS[step.name](step, node, graph)
    if taken is None or taken.node.found.label == node.found.label:
        return None
    return taken


def possible_steps(node: Node, graph: CodeGraph) -> Iterator[tuple[Step, Taken]]:
    """Every step that can be taken from ``node``, with where it leads."""
    if node.definition.kind == "class":
        drafts = [Step(name="base", noun="class"), Step(name="constructor", noun="constructor")]
        order = graph.order(node.found) or ()
        members = {
            name: None
            for owner in order
            if owner.definition is not None
            for name in owner.module.bindings.get(owner.definition.qualname, {})
        }
        drafts += [
            Step(name="method", argument=name, noun="method")
            for name in sorted(members)
            if not name.startswith("__")
        ]
    else:
        roots = sorted({root for root, _, _ in imported_calls(node)})
        drafts = [Step(name=name, noun=noun) for name, noun in _FROM_FUNCTION]
        drafts += [Step(name="calls", argument=root, noun="function") for root in roots]
        drafts += [Step(name="instantiates", argument=root, noun="class") for root in roots]
        drafts += [
            Step(name="annotated", argument=parameter.name, noun="class")
            for parameter in node.definition.parameters
            if parameter.annotation is not None
        ]
    for draft in drafts:
        taken = take(draft, node, graph)
        if taken is not None:
            yield draft, taken


def _base(step: Step, node: Node, graph: CodeGraph) -> Taken | None:
    if len(node.definition.bases) != 1:
        return None
    (base,) = graph.bases(node.found) or (None,)
    if base is None:
        return None
    evidence = (header(node.found), *base.marks, header(base))
    return Taken(Node(bare(base)), link("inherits from", base), evidence, (), names_of(base))


def _overridden(step: Step, node: Node, graph: CodeGraph) -> Taken | None:
    definition = node.definition
    owner = graph.define(node.found.module.name, definition.scope)
    if definition.kind != "method" or owner is None or owner.definition is None:
        return None
    lookup = graph.member(owner, definition.name, after=owner)
    return _to_method(lookup, "overrides", owner)


def _method(step: Step, node: Node, graph: CodeGraph) -> Taken | None:
    return _to_method(graph.member(node.found, step.argument), f"has method {step.argument}", node.found)


def _constructor(step: Step, node: Node, graph: CodeGraph) -> Taken | None:
    order = graph.order(node.found) or ()
    if any(
        owner.module.bindings.get(owner.definition.qualname, {}).get("__new__")
        for owner in order
        if owner.definition is not None
    ):
        return None
    return _to_method(graph.member(node.found, "__init__"), "is constructed by", node.found)


def _to_method(lookup: Lookup | None, relation: str, receiver: Found) -> Taken | None:
    if lookup is None or lookup.found.definition is None or lookup.found.definition.kind != "method":
        return None
    if any(d.name not in ("staticmethod", "classmethod") for d in lookup.found.definition.decorators):
        return None
    hops = climb(lookup)
    return Taken(
        Node(bare(lookup.found), bare(receiver)),
        (*hops, Hop(relation, lookup.found.label)),
        (*lookup.links, header(lookup.found)),
        tuple(whole(cls) for cls in lookup.skipped),
        tuple(name for cls in (*lookup.skipped[1:], lookup.owner) for name in names_of(cls))
        + names_of(lookup.found),
    )


def _calls_self(step: Step, node: Node, graph: CodeGraph) -> Taken | None:
    definition = node.definition
    if definition.nested or node.receiver is None or not definition.complete:
        return None
    if not definition.parameters or definition.parameters[0].name != "self":
        return None
    calls = [call for call in definition.calls if call.name.startswith("self.") and call.name.count(".") == 1]
    if len(calls) != 1:
        return None
    taken = _to_method(
        graph.member(node.receiver, calls[0].name.removeprefix("self.")), "calls", node.receiver
    )
    if taken is None:
        return None
    evidence = (header(node.found), Mark(node.found.module.doc_id, calls[0].span), *taken.evidence)
    return Taken(taken.node, taken.hops, evidence, (whole(node.found), *taken.support), taken.names)


_FROM_FUNCTION: tuple[tuple[StepName, Noun], ...] = (
    ("overridden", "method"),
    ("calls_here", "function"),
    ("calls_self", "method"),
    ("raises", "exception class"),
    ("catches", "exception class"),
    ("returns", "class"),
)
_FROM_CLASS = frozenset({"base", "constructor", "method"})
_STEPS: Mapping[str, Callable[[Step, Node, CodeGraph], Taken | None]] = {
    "base": _base,
    "overridden": _overridden,
    "method": _method,
    "constructor": _constructor,
    "calls": take_calls,
    "calls_here": take_calls_here,
    "calls_self": _calls_self,
    "instantiates": take_instantiates,
    "raises": take_raises,
    "catches": take_catches,
    "annotated": take_annotated,
    "returns": take_returns,
}
