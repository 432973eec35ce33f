"""Statements of a syntax tree into the facts of a ``Module``.

``Collector`` takes statements in the order of the file, from a whole file at once or from one shown part
after the other: then a statement belongs to the last class above it that stands further to the left, as a
reader would take it, and a definition whose end is not shown is not ``complete``.
"""

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from longweave.kg.code.expressions import (
    SourceText,
    dotted_name,
    make_reference,
    make_type_reference,
    make_value,
)
from longweave.kg.code.functions import function_facts, read_parameters
from longweave.kg.code.model import (
    Assignment,
    Binding,
    Definition,
    ImportedName,
    Module,
    Place,
    Reference,
    Span,
)

_NO_BINDING = frozenset({"overload", "setter", "deleter"})
FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


class Collector:
    """Gathers the facts of one text."""

    def __init__(self) -> None:
        self._definitions: list[Definition] = []
        self._imports: list[str] = []
        self._imported: list[ImportedName] = []
        self._assignments: list[Assignment] = []
        self._globals: set[str] = set()
        self._open: list[tuple[int, int]] = []  # (column, index of the definition) of what may go on

    def add(self, body: Sequence[ast.stmt], source: SourceText) -> None:
        """The statements of one stretch of text."""
        for node in body:
            column = node.col_offset
            while self._open and self._open[-1][0] >= column:
                self._open.pop()
            scope = self._definitions[self._open[-1][1]].qualname if self._open else ""
            inside_function = bool(self._open) and self._definitions[self._open[-1][1]].kind != "class"
            if not inside_function:
                self._visit(node, scope, source)
        if body:
            self._imports += [line for node in body for line in _import_lines(node)]

    def finish(self, doc_id: str, place: Place, text: str) -> Module:
        """The module of all that was added."""
        bindings: dict[str, dict[str, list[Binding]]] = defaultdict(lambda: defaultdict(list))
        for definition in self._definitions:
            if not definition.hidden:
                bindings[definition.scope][definition.name].append(definition)
        for imported in self._imported:
            bindings[imported.scope][imported.bound].append(imported)
        for assignment in self._assignments:
            bindings[assignment.scope][assignment.name].append(assignment)
        return Module(
            doc_id=doc_id,
            place=place,
            text=text,
            definitions=tuple(self._definitions),
            imports=tuple(self._imports),
            imported=tuple(self._imported),
            assignments=tuple(self._assignments),
            globals_written=frozenset(self._globals),
            bindings={scope: {n: tuple(found) for n, found in by.items()} for scope, by in bindings.items()},
        )

    def _visit(self, node: ast.AST, scope: str, source: SourceText) -> None:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            self._define(node, scope, source)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            self._import(node, scope, source)
        elif isinstance(node, ast.Global):
            self._globals.update(node.names)
        elif isinstance(node, ast.Assign | ast.AnnAssign) and _single_name(node):
            if node.value is not None:
                value = make_value(node.value, source)
                self._assignments.append(Assignment(scope, _single_name(node), value, source.span(node)))
        else:
            for name in _stored_names(node):
                value = replace(make_value(name, source), kind="other")
                self._assignments.append(Assignment(scope, name.id, value, source.span(name)))
            for child in _inner_statements(node):
                self._visit(child, scope, source)

    def _define(self, node: ast.ClassDef | FunctionNode, scope: str, source: SourceText) -> None:
        index = len(self._definitions)
        definition = _read_definition(node, scope, self._kind_of(scope), source)
        self._definitions.append(definition)
        self._open = [(column, place) for column, place in self._open if column < node.col_offset]
        self._open.append((node.col_offset, index))
        if isinstance(node, ast.ClassDef):
            for child in node.body:
                self._visit(child, definition.qualname, source)
                if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                    continue
                self._open = [(column, place) for column, place in self._open if column < child.col_offset]
        else:
            self._visit_function(node, definition.qualname, source)

    def _visit_function(self, node: FunctionNode, qualname: str, source: SourceText) -> None:
        """What a function defines and imports; names it assigns are its own affair."""
        for inner in _walk_own(node.body):
            if isinstance(inner, ast.Import | ast.ImportFrom):
                self._import(inner, qualname, source)
            elif isinstance(inner, ast.Global):
                self._globals.update(inner.names)
            elif isinstance(inner, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                self._define(inner, qualname, source)

    def _kind_of(self, scope: str) -> str:
        outer = next((d for d in reversed(self._definitions) if d.qualname == scope), None)
        return outer.kind if outer is not None else ""

    def _import(self, node: ast.Import | ast.ImportFrom, scope: str, source: SourceText) -> None:
        statement = source.span(node)
        for alias in node.names:
            if isinstance(node, ast.ImportFrom):
                module = "." * node.level + (node.module or "")
                self._imported.append(
                    ImportedName(scope, module, alias.name, alias.asname or alias.name, statement)
                )
            else:
                bound = alias.asname or alias.name.partition(".")[0]
                module = alias.name if alias.asname else bound
                self._imported.append(ImportedName(scope, module, "", bound, statement))


def _read_definition(
    node: ast.ClassDef | FunctionNode, scope: str, outer: str, source: SourceText
) -> Definition:
    first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
    body = Span(source.line_start(first), source.at(node.end_lineno, node.end_col_offset))
    start = source.at(node.lineno, node.col_offset)
    header = Span(start, source.header_end(node))
    decorators = tuple(make_reference(decorator, source) for decorator in node.decorator_list)
    is_class = isinstance(node, ast.ClassDef)
    closing = source.closing_line(node, body.end)
    facts = {} if isinstance(node, ast.ClassDef) else function_facts(node, source)
    docstring, docstring_span = _docstring(node, source)
    return Definition(
        kind="class" if is_class else "method" if outer == "class" else "function",
        qualname=f"{scope}.{node.name}" if scope else node.name,
        scope=scope,
        line=node.lineno - source.lines_before,
        end_line=node.end_lineno - source.lines_before if node.end_lineno else node.lineno,
        header=header,
        body=body,
        close=closing.end if closing is not None else body.end,
        complete=closing is not None,
        is_async=isinstance(node, ast.AsyncFunctionDef),
        docstring=docstring,
        docstring_span=docstring_span,
        decorators=decorators,
        bases=_read_bases(node, source),
        parameters=() if isinstance(node, ast.ClassDef) else read_parameters(node.args, source),
        hidden=any(_last_part(decorator) in _NO_BINDING for decorator in node.decorator_list),
        **facts,
    )


def _read_bases(node: ast.ClassDef | FunctionNode, source: SourceText) -> tuple[Reference, ...]:
    if not isinstance(node, ast.ClassDef):
        return ()
    return tuple(make_type_reference(base, source) for base in node.bases)


def _docstring(node: ast.ClassDef | FunctionNode, source: SourceText) -> tuple[str, Span]:
    """The first paragraph of the docstring on one line, and where it stands."""
    found = ast.get_docstring(node)
    if not found:
        return "", Span(0, 0)
    lines = found.strip().partition("\n\n")[0].splitlines()
    whole = source.span(node.body[0])
    start = source.text.find(lines[0].strip(), whole.start - source.offset)
    end = start
    for line in lines:
        end = source.text.find(line.strip(), end)
        if start < 0 or end < 0:
            return "", Span(0, 0)
        end += len(line.strip())
    if end > whole.end - source.offset:
        return "", Span(0, 0)
    return " ".join(" ".join(lines).split()), Span(start + source.offset, end + source.offset)


def _last_part(node: ast.expr) -> str:
    return dotted_name(node).rpartition(".")[2]


def _single_name(node: ast.Assign | ast.AnnAssign) -> str:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return targets[0].id if len(targets) == 1 and isinstance(targets[0], ast.Name) else ""


def _inner_statements(node: ast.AST) -> Iterator[ast.stmt]:
    """Statements inside an if, try, with, loop or match, in order."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt):
            yield child
        elif isinstance(child, ast.ExceptHandler | ast.match_case):
            yield from child.body


def _stored_names(node: ast.AST) -> Iterator[ast.Name]:
    """Names that a statement binds in its own expressions (loop variables, unpacking, walrus)."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Name) and isinstance(child.ctx, ast.Store | ast.Del):
            yield child
        elif not isinstance(child, ast.stmt | ast.ExceptHandler | ast.match_case | ast.Lambda):
            yield from _stored_names(child)


def _walk_own(body: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """All nodes of a function body but those inside the definitions it holds."""
    for node in body:
        yield node
        if not isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _walk_own(ast.iter_child_nodes(node))


def _import_lines(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names = ",".join(sorted(alias.name for alias in node.names))
            yield f"{'.' * node.level}{node.module or ''}:{names}"
