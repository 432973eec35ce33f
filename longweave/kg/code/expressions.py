"""Expressions of a syntax tree with their places: dotted names, literals, references."""

import ast
import re

from longweave.kg.code.model import Reference, Span, Value

_LINE = re.compile(r"\r\n|\r|\n")
_NEXT_CODE = re.compile(
    r"[^\r\n]*(?:\r\n|\r|\n)(?:[ \t\f]*(?:#[^\r\n]*)?(?:\r\n|\r|\n))*(?P<indent>[ \t]*)[^\s#][^\r\n]*"
)
_DOTTED = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")


class SourceText:
    """A stretch of text as it was parsed, and where it lies in the whole.

    ``offset`` is where ``text`` starts in the whole text; ``lines_before`` are the lines that the parser was
    given ahead of it, less those of ``text`` that it was not given; ``ends_text`` says that nothing is left
    out behind it.
    """

    def __init__(self, text: str, offset: int = 0, lines_before: int = 0, ends_text: bool = True) -> None:
        self.ends_text = ends_text
        self.text = text
        self.offset = offset
        self.lines_before = lines_before
        self._starts = [0, *(match.end() for match in _LINE.finditer(text))]

    def at(self, line: int | None, column: int | None) -> int:
        """Offset in the whole text of a tree's line (from 1) and column (UTF-8 bytes)."""
        start = self.line_start(line) - self.offset
        head = self.text[start : start + (column or 0)].encode()[: column or 0]
        return self.offset + start + len(head.decode(errors="ignore"))

    def line_start(self, line: int | None) -> int:
        """Where a tree's line starts; a line that was put ahead of the text counts as its start."""
        index = (line or 1) - 1 - self.lines_before
        return self.offset + self._starts[max(0, min(index, len(self._starts) - 1))]

    def span(self, node: ast.stmt | ast.expr | ast.arg | ast.alias | ast.ExceptHandler) -> Span:
        """The characters of a node."""
        return Span(
            self.at(node.lineno, node.col_offset),
            self.at(node.end_lineno or node.lineno, node.end_col_offset or node.col_offset),
        )

    def header_end(self, node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> int:
        """One past the colon that ends the header of a definition."""
        first = node.body[0]
        line = min([first.lineno, *(d.lineno for d in getattr(first, "decorator_list", []))])
        inline = first.lineno == line and line == node.lineno
        stop = (self.at(first.lineno, first.col_offset) if inline else self.line_start(line)) - self.offset
        start = self.at(node.lineno, node.col_offset) - self.offset
        stop = len(self.text) if stop <= start else stop
        lines = self.text[start:stop]
        for match in re.finditer(r":[ \t]*(?:#[^\r\n]*)?(?=[\r\n]|$)", lines):
            if _is_balanced(lines[: match.start()]):
                return self.offset + start + match.start() + 1
        return self.offset + start + len(lines.rstrip())

    def closing_line(self, node: ast.stmt, end: int) -> Span | None:
        """The next line with code behind ``end``, if it stands no further right than ``node``: it shows that
        ``node`` has ended. At the end of the whole text an empty span; None where text is left out."""
        rest = self.text[end - self.offset :]
        match = _NEXT_CODE.match(rest)
        if match is None:
            return Span(end + len(rest), end + len(rest)) if self.ends_text else None
        indent = len(match["indent"].expandtabs().encode())
        if indent > node.col_offset:
            return None
        return Span(end + match.start("indent"), end + match.end())


def _is_balanced(text: str) -> bool:
    text = re.sub(r"#[^\r\n]*|'[^'\r\n]*'|\"[^\"\r\n]*\"", "", text)
    return all(text.count(a) == text.count(b) for a, b in ("()", "[]", "{}"))


def dotted_name(node: ast.expr) -> str:
    """``a.b.c`` of a chain of attributes over a name or over ``super()``; empty for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if isinstance(node, ast.Name):
        return ".".join([node.id, *reversed(parts)])
    if parts and isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super":
        return ".".join(["super()", *reversed(parts)]) if not node.args else ""
    return ""


def make_reference(node: ast.expr, source: SourceText) -> Reference:
    """A use of a name."""
    return Reference(ast.unparse(node), dotted_name(node), source.span(node))


def make_type_reference(node: ast.expr, source: SourceText) -> Reference:
    """The use of a class as a base or an annotation: ``name`` is without the parameters of a generic
    (``Base[T]``); a name in quotes is a name."""
    bare = node.value if isinstance(node, ast.Subscript) else node
    name = dotted_name(bare)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        name = node.value if _DOTTED.fullmatch(node.value) else ""
    return Reference(ast.unparse(node), name, source.span(node))


def make_value(node: ast.expr, source: SourceText) -> Value:
    """An expression as a value."""
    span = source.span(node)
    text = ast.unparse(node)
    sign = ""
    inner = node
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        sign, inner = "-", node.operand
    if isinstance(inner, ast.Constant):
        value = inner.value
        if value is None or isinstance(value, bool):
            return Value(text, "constant" if not sign else "other", text if not sign else "", span)
        if isinstance(value, int | float):
            return Value(text, "number", f"{sign}{value}", span)
        if isinstance(value, str) and not sign:
            return Value(text, "string", value, span)
    if dotted_name(node):
        return Value(text, "name", "", span)
    return Value(text, "other", "", span)
