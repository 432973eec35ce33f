"""The facts of a module as triples of type "code", each with the span that states it."""

from collections.abc import Iterator

from longweave.kg.code.model import Definition, Module, Span
from longweave.kg.records import EntityType, Triple
from longweave.synth.records import Evidence

EXTRACTOR = "ast"


def triples_of(module: Module) -> list[Triple]:
    """All triples of ``module`` in the order of its text, each once.

    Relations: "defines", "imports", "inherits from", "calls", "raises", "has parameter", "has default",
    "returns", "is decorated with", "is assigned". Things of the module go by their full dotted name; what it
    uses by the name it writes. A literal number is a "number", everything else "code".
    """
    made = {triple.triple_id: triple for triple in _triples(module)}
    return sorted(made.values(), key=lambda t: (t.evidence.start, t.evidence.end, t.triple_id))


def _triples(module: Module) -> Iterator[Triple]:
    for imported in module.imported:
        target = ".".join(part for part in (imported.module.rstrip("."), imported.name) if part)
        if imported.module.strip(".") == "" and imported.name:
            target = f"{imported.module}{imported.name}"
        yield _state(module, module.name, "imports", target, imported.span)
    for assignment in module.assignments:
        value = assignment.value
        owner = f"{module.name}.{assignment.scope}" if assignment.scope else module.name
        if value.kind != "other":
            kind: EntityType = "number" if value.kind == "number" else "code"
            yield _state(
                module, f"{owner}.{assignment.name}", "is assigned", value.text, assignment.span, kind
            )
    for definition in module.definitions:
        yield from _triples_of_definition(module, definition)


def _triples_of_definition(module: Module, definition: Definition) -> Iterator[Triple]:
    name = f"{module.name}.{definition.qualname}"
    owner = f"{module.name}.{definition.scope}" if definition.scope else module.name
    yield _state(module, owner, "defines", name, definition.header)
    for base in definition.bases:
        yield _state(module, name, "inherits from", base.name or base.text, definition.header)
    for decorator in definition.decorators:
        yield _state(module, name, "is decorated with", decorator.name or decorator.text, decorator.span)
    for call in definition.calls:
        if call.name:
            yield _state(module, name, "calls", call.name, call.span)
    for raised in definition.raises:
        if raised.name:
            yield _state(module, name, "raises", raised.name, raised.span)
    for parameter in definition.parameters:
        yield _state(module, name, "has parameter", f"{name}({parameter.name})", parameter.span)
        if parameter.default is not None:
            kind: EntityType = "number" if parameter.default.kind == "number" else "code"
            yield _state(
                module,
                f"{name}({parameter.name})",
                "has default",
                parameter.default.text,
                parameter.span,
                kind,
            )
    for value in definition.returned:
        if value.kind != "other":
            kind = "number" if value.kind == "number" else "code"
            yield _state(module, name, "returns", value.text, value.span, kind)


def _state(
    module: Module, subject: str, relation: str, object_: str, span: Span, kind: EntityType = "code"
) -> Triple:
    quote = module.text[span.start : span.end]
    evidence = Evidence(doc_id=module.doc_id, start=span.start, end=span.end, quote=quote)
    return Triple.of((subject, "code"), relation, (object_, kind), evidence, EXTRACTOR)
