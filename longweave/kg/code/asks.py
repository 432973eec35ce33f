"""What is asked at the end of a chain, and its answer with what proves it.

Every answer is one identifier, literal or number, and follows from the source alone; None where it does not,
or where something that is not shown could change it.
"""

from collections.abc import Callable, Iterator, Mapping

from longweave.kg.code.answers import Answer, count_parameters, is_telling_builtin, print_value
from longweave.kg.code.class_asks import (
    ask_ancestors,
    ask_attribute,
    ask_base_name,
    ask_builtin_root,
    ask_defining_class,
    ask_deleted_method,
    ask_deleted_parameters,
    ask_reparented,
    ask_root_class,
)
from longweave.kg.code.found import Mark
from longweave.kg.code.graph import CodeGraph
from longweave.kg.code.model import Assignment, Parameter, ValueKind
from longweave.kg.code.nodes import Hop, Node, enclosing, header, link, whole
from longweave.kg.code.plan import AskName, Step
from longweave.kg.code.steps import possible_steps, take

_FEWEST_DOUBLED = 3
HYPOTHETICAL: frozenset[AskName] = frozenset(
    {"doubled_default", "deleted_method", "deleted_parameters", "reparented"}
)


def answer(ask: AskName, argument: str, node: Node, graph: CodeGraph) -> Answer | None:
    """The answer to ``ask`` at ``node``."""
    is_class = node.definition.kind == "class"
    if is_class != (ask in _OF_CLASS):
        return None
    return _ASKS[ask](argument, node, graph)


def possible_asks(node: Node, graph: CodeGraph) -> Iterator[tuple[AskName, str, Answer]]:
    """Everything that can be asked at ``node``: the ask, its argument and the answer."""
    definition = node.definition
    drafts: list[tuple[AskName, str]] = []
    if definition.kind == "class":
        drafts += [(ask, "") for ask in ("root_class", "ancestors", "builtin_root", "base_name")]
        for name, is_attribute in _members(node, graph).items():
            drafts += [(ask, name) for ask in (("attribute",) if is_attribute else _OF_MEMBER)]
    else:
        drafts += [(ask, "") for ask in _OF_SIGNATURE]
        drafts += [("default", p.name) for p in definition.parameters if p.default is not None]
    for ask, argument in drafts:
        found = answer(ask, argument, node, graph)
        if found is not None:
            yield ask, argument, found


def _members(node: Node, graph: CodeGraph) -> dict[str, bool]:
    """The names in the body of a class and of those it inherits from, and whether they are attributes."""
    return {
        name: isinstance(bound[0], Assignment)
        for owner in graph.order(node.found) or ()
        if owner.definition is not None
        for name, bound in owner.module.bindings.get(owner.definition.qualname, {}).items()
    }


def _default(argument: str, node: Node, graph: CodeGraph) -> Answer | None:
    parameter = next((p for p in node.definition.parameters if p.name == argument), None)
    return None if parameter is None else _literal_default(parameter, node)


def _number_default(argument: str, node: Node, graph: CodeGraph) -> Answer | None:
    parameter = _only_default("number", node)
    return None if parameter is None else _literal_default(parameter, node)


def _string_default(argument: str, node: Node, graph: CodeGraph) -> Answer | None:
    parameter = _only_default("string", node)
    return None if parameter is None else _literal_default(parameter, node)


def _constant_default(argument: str, node: Node, graph: CodeGraph) -> Answer | None:
    """The literal behind the one default that is the name of a module-level constant."""
    parameter = _only_default("name", node)
    if parameter is None or parameter.default is None:
        return None
    target = graph.resolve(parameter.default.text, node.found.module, node.definition.scope)
    if target is None or not isinstance(target.thing, Assignment) or target.thing.scope:
        return None
    plain = print_value(target.thing.value)
    if plain is None:
        return None
    text, kind = plain
    hops = (*link(f"has default for {parameter.name}", target), Hop("is assigned", text))
    place = Mark(target.module.doc_id, target.thing.span)
    evidence = (*_signature(node, parameter), *target.marks, place)
    return Answer(text, kind, hops, evidence, (), (target.thing.name,))


def _doubled_default(argument: str, node: Node, graph: CodeGraph) -> Answer | None:
    found = _number_default("", node, graph)
    if found is None or not found.text.isdigit() or int(found.text) < _FEWEST_DOUBLED:
        return None
    doubled = str(2 * int(found.text))
    return Answer(doubled, "number", (*found.hops, Hop("doubled is", doubled)), found.evidence)


def _parameters(argument: str, node: Node, graph: CodeGraph) -> Answer | None:
    count = count_parameters(node.definition)
    if count is None:
        return None
    return Answer(count, "number", (Hop("has number of parameters", count),), _signature(node))


def _returned(argument: str, node: Node, graph: CodeGraph) -> Answer | None:
    definition = node.definition
    if len(definition.returned) != 1 or definition.nested or definition.is_generator:
        return None
    if not definition.complete or definition.is_async:
        return None
    plain = print_value(definition.returned[0])
    if plain is None:
        return None
    text, kind = plain
    evidence = (*_signature(node), Mark(node.found.module.doc_id, definition.returned[0].span))
    return Answer(text, kind, (Hop("returns", text),), evidence, (whole(node.found),))


def _raised_name(argument: str, node: Node, graph: CodeGraph) -> Answer | None:
    """The one exception class that is raised, in the graph or built in."""
    named = node.definition.raises
    taken = take(Step(name="raises", noun="exception class"), node, graph)
    if taken is not None:
        hops, marks = taken.hops, taken.evidence
        return Answer(taken.node.definition.name, "text", hops, marks, taken.support, taken.names)
    if len(named) != 1 or node.definition.nested or not node.definition.complete:
        return None
    name = named[0].name
    if not is_telling_builtin(name, node.found, graph):
        return None
    evidence = (*_signature(node), Mark(node.found.module.doc_id, named[0].span))
    return Answer(name, "text", (Hop("raises", name),), evidence, (whole(node.found),))


def _callee_name(argument: str, node: Node, graph: CodeGraph) -> Answer | None:
    """The one function or method that is called: the step that leads on, whichever it is."""
    steps = [
        taken
        for step, taken in possible_steps(node, graph)
        if step.name == "calls" and step.argument == node.found.module.place.root
    ]
    if len(steps) != 1:
        return None
    taken = steps[0]
    return Answer(taken.node.definition.name, "text", taken.hops, taken.evidence, taken.support, taken.names)


def _literal_default(parameter: Parameter, node: Node) -> Answer | None:
    plain = None if parameter.default is None else print_value(parameter.default)
    if plain is None:
        return None
    text, kind = plain
    return Answer(text, kind, (Hop(f"has default for {parameter.name}", text),), _signature(node, parameter))


def _only_default(kind: ValueKind, node: Node) -> Parameter | None:
    """The one parameter whose default is of that kind."""
    found = [p for p in node.definition.parameters if p.default is not None and p.default.kind == kind]
    return found[0] if len(found) == 1 else None


def _signature(node: Node, parameter: Parameter | None = None) -> tuple[Mark, ...]:
    own = () if parameter is None else (Mark(node.found.module.doc_id, parameter.span),)
    return (*enclosing(node.found), header(node.found), *own)


_OF_MEMBER: tuple[AskName, ...] = ("defining_class", "deleted_method", "deleted_parameters", "reparented")
_OF_SIGNATURE: tuple[AskName, ...] = (
    "number_default",
    "string_default",
    "constant_default",
    "doubled_default",
    "parameters",
    "returned",
    "raised_name",
    "callee_name",
)
_OF_CLASS: frozenset[AskName] = frozenset(
    {*_OF_MEMBER, "attribute", "root_class", "ancestors", "builtin_root", "base_name"}
)
_ASKS: Mapping[AskName, Callable[[str, Node, CodeGraph], Answer | None]] = {
    "default": _default,
    "number_default": _number_default,
    "string_default": _string_default,
    "constant_default": _constant_default,
    "doubled_default": _doubled_default,
    "parameters": _parameters,
    "defining_class": ask_defining_class,
    "deleted_method": ask_deleted_method,
    "deleted_parameters": ask_deleted_parameters,
    "reparented": ask_reparented,
    "root_class": ask_root_class,
    "ancestors": ask_ancestors,
    "builtin_root": ask_builtin_root,
    "attribute": ask_attribute,
    "returned": _returned,
    "raised_name": _raised_name,
    "callee_name": _callee_name,
    "base_name": ask_base_name,
}
