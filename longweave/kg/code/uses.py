"""Steps from a function to what its own text names: what it calls, raises, catches or is annotated with."""

from longweave.kg.code.found import Found, Mark, absolute_name
from longweave.kg.code.graph import CodeGraph
from longweave.kg.code.model import Definition, ImportedName, Reference
from longweave.kg.code.nodes import Node, Taken, bare, enclosing, header, link, names_of, whole
from longweave.kg.code.plan import Step


def take_calls(step: Step, node: Node, graph: CodeGraph) -> Taken | None:
    """The one function that is imported from the package ``step.argument`` and called."""
    return _to_imported(step.argument, node, graph, wants_class=False)


def take_instantiates(step: Step, node: Node, graph: CodeGraph) -> Taken | None:
    """The one class that is imported from the package ``step.argument`` and called."""
    return _to_imported(step.argument, node, graph, wants_class=True)


def _to_imported(root: str, node: Node, graph: CodeGraph, wants_class: bool) -> Taken | None:
    """The one name of its kind (classes begin with a capital letter) imported from ``root`` and called."""
    definition = node.definition
    if definition.nested or not definition.complete:
        return None
    calls = [
        (call, imported)
        for found_root, call, imported in imported_calls(node)
        if found_root == root and _looks_like_class(call.name) == wants_class
    ]
    if len(calls) != 1:
        return None
    call, _ = calls[0]
    target = graph.resolve(call.name, node.found.module, definition.qualname)
    if target is None or target.definition is None or not target.marks:
        return None
    if target.definition.kind != ("class" if wants_class else "function") or target.definition.hidden:
        return None
    if target.module is node.found.module:
        return None
    relation = "instantiates" if wants_class else "calls"
    return _use(node, call, target, relation)


def take_calls_here(step: Step, node: Node, graph: CodeGraph) -> Taken | None:
    """The one function of its own module that a function calls."""
    definition, module = node.definition, node.found.module
    if definition.nested or not definition.complete:
        return None
    own = module.bindings.get("", {})
    calls = [
        call
        for call in definition.calls
        if call.name in own
        and call.name not in definition.local_names
        and all(isinstance(bound, Definition) and bound.kind == "function" for bound in own[call.name])
    ]
    if len(calls) != 1:
        return None
    target = graph.resolve(calls[0].name, module)
    if target is None or target.definition is None or target.definition.decorators:
        return None
    return _use(node, calls[0], target, "calls")


def take_raises(step: Step, node: Node, graph: CodeGraph) -> Taken | None:
    """The one exception class that is raised."""
    return _to_exception(node.definition.raises, node, graph, "raises")


def take_catches(step: Step, node: Node, graph: CodeGraph) -> Taken | None:
    """The one exception class that is caught."""
    return _to_exception(node.definition.catches, node, graph, "catches")


def _to_exception(named: tuple[Reference, ...], node: Node, graph: CodeGraph, relation: str) -> Taken | None:
    definition = node.definition
    if definition.nested or not definition.complete or len(named) != 1 or not named[0].name:
        return None
    if named[0].name.partition(".")[0] in definition.local_names:
        return None
    target = graph.resolve(named[0].name, node.found.module, definition.qualname)
    if target is None or target.definition is None or target.definition.kind != "class":
        return None
    return _use(node, named[0], target, relation)


def take_annotated(step: Step, node: Node, graph: CodeGraph) -> Taken | None:
    """The class that the parameter ``step.argument`` is annotated with."""
    parameter = next((p for p in node.definition.parameters if p.name == step.argument), None)
    if parameter is None or parameter.annotation is None:
        return None
    return _to_type(parameter.annotation, node, graph, f"has {parameter.name} of type")


def take_returns(step: Step, node: Node, graph: CodeGraph) -> Taken | None:
    """The class that the function is annotated to return."""
    return (
        None if node.definition.returns is None else _to_type(node.definition.returns, node, graph, "returns")
    )


def _to_type(annotation: Reference, node: Node, graph: CodeGraph, relation: str) -> Taken | None:
    if not annotation.name:
        return None
    target = graph.resolve(annotation.name, node.found.module, node.definition.scope)
    if target is None or target.definition is None or target.definition.kind != "class":
        return None
    taken = _use(node, annotation, target, relation)
    return Taken(taken.node, taken.hops, taken.evidence, (), taken.names)


def _use(node: Node, use: Reference, target: Found, relation: str) -> Taken:
    """The step from a function to something that its text names."""
    evidence = (
        *enclosing(node.found),
        header(node.found),
        Mark(node.found.module.doc_id, use.span),
        *target.marks,
        header(target),
    )
    return Taken(Node(bare(target)), link(relation, target), evidence, (whole(node.found),), names_of(target))


def imported_calls(node: Node) -> list[tuple[str, Reference, ImportedName]]:
    """What a function calls of what it or its module imports: the package it comes from, the call, the
    import. Names that the function binds itself are left out."""
    definition, module = node.definition, node.found.module
    outer = module.bindings.get("", {})
    inner = module.bindings.get(definition.qualname, {})
    found: list[tuple[str, Reference, ImportedName]] = []
    for call in definition.calls:
        head = call.name.partition(".")[0]
        bound = inner.get(head) or (outer.get(head, ()) if head not in definition.local_names else ())
        for imported in bound[:1]:
            if isinstance(imported, ImportedName):
                source = absolute_name(module, imported.module)
                if source is not None:
                    found.append((source.partition(".")[0], call, imported))
    return found


def _looks_like_class(name: str) -> bool:
    last = name.rpartition(".")[2].lstrip("_")
    return last[:1].isupper() and not (last.isupper() and len(last) > 1)
