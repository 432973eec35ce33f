"""What a prompt shows of a Python file, read into the facts of a ``Module``.

An excerpt is whole blocks with a mark wherever something is left out, so a part may begin inside a method and
end inside a docstring. Each part is given what it lacks to be parsed (the blocks it stands in, the quotes it
opens or closes, the end of a ``try``); where that does not do, it is cut at its definitions, and of what
still cannot be parsed lines are passed over. A definition belongs to the class above it that stands further
left, as a reader takes it.
"""

import ast
import re
from collections.abc import Iterator

from longweave.kg.code.collect import Collector
from longweave.kg.code.expressions import SourceText
from longweave.kg.code.model import Module, Unreadable
from longweave.kg.code.place import find_place
from longweave.kg.code.read import parse_source
from longweave.synth.prompt import ELLIPSIS, ShownDocument

_CODE_LINE = re.compile(r"^([ \t]*)[^\s#]", re.MULTILINE)
_HEAD = re.compile(r"^[ \t]*(?:(?:async[ \t]+)?def\b|class\b|@)", re.MULTILINE)
_TRY = re.compile(r"^([ \t]*)try:", re.MULTILINE)
_QUOTES = ('"""', "'''")
_NEWLINE = re.compile(r"\r\n|\r|\n")
_LINES_PASSED_OVER = 60


def read_shown(shown: ShownDocument, doc_id: str) -> Module | Unreadable:
    """The facts of a shown document. Offsets count from the start of ``shown.text``."""
    place = find_place(shown.title)
    if place is None:
        return Unreadable("no_module_path")
    collector = Collector()
    ends_text = not shown.text.endswith(ELLIPSIS)
    ranges = [(start - shown.start, end - shown.start) for start, end in shown.excerpts]
    for number, (start, end) in enumerate(ranges):
        part = shown.text[start:end]
        last = number == len(ranges) - 1 and ends_text
        try:
            for body, source in recover_statements(part, start, last):
                collector.add(body, source)
        except (RecursionError, MemoryError):
            return Unreadable("too_deep")
    return collector.finish(doc_id, place, shown.text)


def recover_statements(
    text: str, offset: int = 0, ends_text: bool = False
) -> Iterator[tuple[list[ast.stmt], SourceText]]:
    """The statements of a stretch of source that may begin and end anywhere, with where they stand."""
    whole = _parse_part(text)
    pieces = [(0, whole)] if whole is not None else _parse_pieces(text)
    for start, (body, ahead) in pieces:
        lines_above = len(_NEWLINE.findall(text[:start]))
        yield body, SourceText(text, offset, ahead - lines_above, ends_text)


def _parse_pieces(text: str) -> Iterator[tuple[int, tuple[list[ast.stmt], int]]]:
    """The statements of ``text`` cut at its definitions, with where each piece starts."""
    cuts = [0]
    for match in _HEAD.finditer(text):
        above = text[cuts[-1] : match.start()]
        under_decorator = above.lstrip().startswith("@") and not re.search(r"\n\s*\n", above)
        if match.start() and not under_decorator:
            cuts.append(match.start())
    for start, end in zip(cuts, [*cuts[1:], len(text)], strict=True):
        piece = text[start:end]
        parsed = _parse_part(piece)
        if parsed is not None:
            yield start, parsed
            continue
        breaks = [match.end() for match in _NEWLINE.finditer(piece)]
        if start:
            shorter = ((0, at) for at in reversed(breaks[-_LINES_PASSED_OVER:-1]))
        else:
            shorter = ((at, len(piece)) for at in breaks[:_LINES_PASSED_OVER])
        for first, last in shorter:
            parsed = _parse_part(piece[first:last])
            if parsed is not None:
                yield start + first, parsed
                break


def _parse_part(text: str) -> tuple[list[ast.stmt], int] | None:
    """The statements of ``text``, and how many lines the parser was given ahead of it."""
    n_lines = len(_NEWLINE.findall(text)) + (not text.endswith(("\n", "\r")))
    for ahead in _openings(text):
        for behind in _closings(text):
            try:
                tree = parse_source("".join(ahead) + text + behind)
            except (SyntaxError, ValueError):
                continue
            return list(_own_statements(tree.body, len(ahead), len(ahead) + n_lines)), len(ahead)
    return None


def _openings(text: str) -> Iterator[list[str]]:
    """Lines to put ahead of a part: the blocks that it stands in, and quotes if it starts inside some."""
    yield _frame(_open_levels(text))
    for quote in _QUOTES:
        closed = text.find(quote)
        if closed >= 0:
            levels = _open_levels(text[closed + len(quote) :].partition("\n")[2])
            frame = _frame(levels)
            column = levels[-1] if levels else 0
            yield [*frame, f"{' ' * column}{quote}\n"]


def _closings(text: str) -> Iterator[str]:
    """Text to put behind a part: a body for its last header, quotes, or the end of its last ``try``s."""
    columns = [len(match[1].expandtabs()) for match in _CODE_LINE.finditer(text)]
    body = f"\n{' ' * (max(columns[-1:], default=0) + 4)}pass\n"
    yield ""
    yield body
    quoted = [f"\n{quote}\n" for quote in _QUOTES if quote in text]
    yield from quoted
    tries = [match[1] for match in _TRY.finditer(text)][::-1]
    for most in range(1, min(3, len(tries)) + 1):
        ends = "".join(f"\n{column}finally:\n{column}    pass\n" for column in tries[:most])
        for closing in ("", body, *quoted):
            yield closing + ends


def _open_levels(text: str) -> list[int]:
    """The columns of the blocks that a part stands in: 0 and every column that it falls back to, its own
    first column last."""
    lowest: list[int] = []
    for match in _CODE_LINE.finditer(text):
        column = len(match[1].expandtabs())
        if not lowest or column < lowest[-1]:
            lowest.append(column)
    if not lowest or lowest[0] == 0:
        return []
    return sorted({0, *lowest})


def _frame(levels: list[int]) -> list[str]:
    return [f"{' ' * level}if 1:\n" for level in levels[:-1]]


def _own_statements(body: list[ast.stmt], ahead: int, last: int) -> Iterator[ast.stmt]:
    """The statements of the part itself: out of the blocks put around it, without what was put behind it."""
    for node in body:
        if node.lineno > last:
            continue
        if node.lineno <= ahead:
            if isinstance(node, ast.If):
                yield from _own_statements([*node.body, *node.orelse], ahead, last)
        else:
            yield node
