"""What stands inside one function: its parameters, what it calls, raises, catches and returns."""

import ast
from collections.abc import Iterator
from typing import Any

from longweave.kg.code.expressions import SourceText, make_reference, make_type_reference, make_value
from longweave.kg.code.model import Parameter, ParameterKind, Reference, Span

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
_NESTING = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


def function_facts(node: FunctionNode, source: SourceText) -> dict[str, Any]:
    """The fields of a ``Definition`` that only a function has, but its parameters.

    Calls are those of the whole body, nested functions included, each name once, sorted; so are exceptions.
    """
    inside = [child for statement in node.body for child in ast.walk(statement)]
    calls = [child for child in inside if isinstance(child, ast.Call)]
    returned = [child.value for child in inside if isinstance(child, ast.Return) and child.value is not None]
    return {
        "returns": make_type_reference(node.returns, source) if node.returns is not None else None,
        "calls": _unique(make_reference(call.func, source) for call in calls),
        "raises": _unique(
            make_reference(raised, source)
            for child in inside
            if isinstance(child, ast.Raise) and child.exc is not None
            for raised in [child.exc.func if isinstance(child.exc, ast.Call) else child.exc]
        ),
        "catches": _unique(
            make_reference(caught, source)
            for child in inside
            if isinstance(child, ast.ExceptHandler) and child.type is not None
            for caught in (child.type.elts if isinstance(child.type, ast.Tuple) else [child.type])
        ),
        "returned": tuple(make_value(value, source) for value in returned),
        "is_generator": any(isinstance(child, ast.Yield | ast.YieldFrom) for child in inside),
        "nested": any(isinstance(child, _NESTING) for child in inside),
        "local_names": _local_names(node, inside),
    }


def read_parameters(arguments: ast.arguments, source: SourceText) -> tuple[Parameter, ...]:
    """The parameters in the order of the signature, ``self`` included."""
    return tuple(_parameters(arguments, source))


def _parameters(arguments: ast.arguments, source: SourceText) -> Iterator[Parameter]:
    positional = [*arguments.posonlyargs, *arguments.args]
    missing = len(positional) - len(arguments.defaults)
    defaults: list[ast.expr | None] = [*([None] * missing), *arguments.defaults]
    for argument, default in zip(positional, defaults, strict=True):
        yield _parameter(argument, "positional", default, source)
    if arguments.vararg is not None:
        yield _parameter(arguments.vararg, "vararg", None, source)
    for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        yield _parameter(argument, "keyword", default, source)
    if arguments.kwarg is not None:
        yield _parameter(arguments.kwarg, "kwarg", None, source)


def _parameter(
    argument: ast.arg, kind: ParameterKind, default: ast.expr | None, source: SourceText
) -> Parameter:
    value = make_value(default, source) if default is not None else None
    start, end = source.span(argument)
    annotation = make_type_reference(argument.annotation, source) if argument.annotation is not None else None
    return Parameter(argument.arg, kind, annotation, value, Span(start, value.span.end if value else end))


def _unique(references: Iterator[Reference]) -> tuple[Reference, ...]:
    found: dict[str, Reference] = {}
    for reference in references:
        first = found.setdefault(reference.text, reference)
        if reference.span < first.span:
            found[reference.text] = reference
    return tuple(found[text] for text in sorted(found))


def _local_names(node: FunctionNode, inside: list[ast.AST]) -> frozenset[str]:
    names = {argument.arg for argument in ast.walk(node.args) if isinstance(argument, ast.arg)}
    for child in inside:
        if isinstance(child, ast.Name) and isinstance(child.ctx, ast.Store | ast.Del):
            names.add(child.id)
        elif isinstance(child, ast.ExceptHandler | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.update([child.name] if child.name else [])
        elif isinstance(child, ast.arg):
            names.add(child.arg)
    return frozenset(names)
