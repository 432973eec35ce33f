"""A document cut into blocks, each with its token count: what context assembly adds up.

Blocks tile the text: the first starts at 0, each next one where the one before ended, the last ends with
the text. Every cut lies right after the last newline of a run of white space, where Qwen's
pre-tokenizer (and those of the GPT-4 and Llama-3 family) always splits, so the counts add up to the
count of the whole text.

A table (HTML, markdown pipes, or a run of lines with spaced columns) is one block, a heading is one
block, and running text is cut at blank lines; a paragraph of more than ``PARAGRAPH_CHARS`` is also cut at
line ends. A line is never cut, so a document of one huge line is one block.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

import pyarrow as pa

from longweave.synth.headings import heading_level, is_named_heading
from longweave.synth.tokens import Tokenizer

BlockKind = Literal["text", "table", "heading"]

PARAGRAPH_CHARS = 1_200
_LAYOUT_CHARS = 6_000
_LABEL_CHARS = 160
_LONG_HEADING = 150
_LONG_LINE = 4_000
_BATCH_CHARS = 4_000_000

BLOCKS_TYPE = pa.list_(
    pa.struct(
        [
            ("start", pa.int64()),
            ("end", pa.int64()),
            ("n_tokens", pa.int64()),
            ("kind", pa.string()),
            ("level", pa.int8()),
        ]
    )
)


class Block(NamedTuple):
    """Characters ``[start, end)`` of a document and their tokens; ``level`` is 1…4 for a heading, else 0.

    A row of ``BLOCKS_TYPE`` is ``block._asdict()``; back with ``Block(**row)``.
    """

    start: int
    end: int
    n_tokens: int
    kind: BlockKind
    level: int


def cut_blocks(text: str, tokenizer: Tokenizer) -> list[Block]:
    """The blocks of ``text`` in order; none for an empty text."""
    blocks: list[Block] = []
    waiting: list[_Stretch] = []
    size = 0
    for stretch in find_stretches(text):
        waiting.append(stretch)
        size += stretch.end - stretch.start
        if size >= _BATCH_CHARS:
            blocks += _count(text, waiting, tokenizer)
            waiting, size = [], 0
    return blocks + _count(text, waiting, tokenizer)


def close_blocks(text: str, blocks: Sequence[Block], tokenizer: Tokenizer) -> list[Block]:
    """The blocks of ``text`` as a prompt shows them: no blank lines before, and a newline at the end.

    Only the first and the last block can change: leading blank lines leave the first one (so the result
    may start after 0), and the last one counts a newline that the text does not end with.
    """
    closed = list(blocks)
    lead = len(text) - len(text.lstrip())
    lead = max(text.rfind("\n", 0, lead), text.rfind("\r", 0, lead)) + 1
    while closed and closed[0].end <= lead:
        closed.pop(0)
    if not closed or text.isspace():
        return []
    if closed[0].start < lead:
        first = closed[0]._replace(start=lead)
        closed[0] = first._replace(n_tokens=tokenizer.count(text[first.start : first.end]))
    if not text.endswith("\n"):
        last = closed[-1]
        closed[-1] = last._replace(n_tokens=tokenizer.count(text[last.start : last.end] + "\n"))
    return closed


class _Stretch(NamedTuple):
    start: int
    end: int
    kind: BlockKind
    level: int


def _count(text: str, stretches: list[_Stretch], tokenizer: Tokenizer) -> list[Block]:
    counts = tokenizer.count_many([text[s.start : s.end] for s in stretches])
    return [Block(s.start, s.end, n, s.kind, s.level) for s, n in zip(stretches, counts, strict=True)]


_HTML_TABLE = re.compile(r"<(/?)table\b[^<>]{0,4000}>", re.IGNORECASE)
_LAST_ROW = re.compile(r"</tr\s*>", re.IGNORECASE)
_LINE_END = re.compile(r"[\r\n]\s*+")


def find_stretches(text: str) -> Iterator[_Stretch]:
    """Where the blocks of ``text`` lie and what they are, before any counting."""
    at = 0
    for start, end in _html_tables(text):
        if end <= at:
            continue
        start = max(at, text.rfind("\n", at, start) + 1, text.rfind("\r", at, start) + 1)
        end = _line_stop(text, end)
        if start > at:
            yield from _Grouping().group(text, at, start)
        yield _Stretch(start, end, "table", 0)
        at = end
    if at < len(text):
        yield from _Grouping().group(text, at, len(text))


def _html_tables(text: str) -> Iterator[tuple[int, int]]:
    """Outermost ``<table>…</table>``; one that is never closed ends with its last row."""
    opened, depth = 0, 0
    for tag in _HTML_TABLE.finditer(text):
        if not tag.group(1):
            opened = tag.start() if depth == 0 else opened
            depth += 1
        elif depth:
            depth -= 1
            if depth == 0:
                yield opened, tag.end()
    if depth:
        last = -1
        for row in _LAST_ROW.finditer(text, opened):
            last = row.end()
        if last >= 0:
            yield opened, last


def _line_stop(text: str, at: int) -> int:
    ends = _LINE_END.search(text, at)
    return len(text) if ends is None else _cut_in(text, ends)


def _cut_in(text: str, run: re.Match[str]) -> int:
    """The position after the last newline of a run of white space that starts with one."""
    end = run.end()
    if text[end - 1] in "\r\n":
        return end
    return max(text.rfind("\n", run.start(), end), text.rfind("\r", run.start(), end)) + 1


class _Line(NamedTuple):
    start: int
    stop: int
    end: int
    blank_after: bool
    content: str


def _lines(text: str, start: int, end: int) -> Iterator[_Line]:
    """Lines with content; ``[stop, end)`` is the line's white space with all its newlines."""
    at = start
    for run in _LINE_END.finditer(text, start, end):
        cut = _cut_in(text, run)
        newlines = text.count("\n", run.start(), cut) or text.count("\r", run.start(), cut)
        yield _line(text, at, run.start(), cut, newlines > 1)
        at = cut
    if at < end:
        yield _line(text, at, end, end, True)


def _line(text: str, start: int, stop: int, end: int, blank_after: bool) -> _Line:
    content = text[start:stop].strip() if stop - start < _LONG_LINE else ""
    return _Line(start, stop, end, blank_after, content)


_COLUMNS = re.compile(r"\S(?: {3,}|\t+ *)\S")
_Run = Literal["", "text", "pipes", "layout"]


def _run_of(content: str) -> _Run:
    if content[:1] == "|":
        return "pipes"
    if ("   " in content or "\t" in content) and _COLUMNS.search(content):
        return "layout"
    return "text"


class _Grouping:
    """Joins the lines of a stretch without HTML tables into paragraphs, tables and headings."""

    def __init__(self) -> None:
        self.kind: _Run = ""
        self.start = 0
        self.end = 0
        self.column_lines = 0

    def group(self, text: str, start: int, end: int) -> Iterator[_Stretch]:
        """Stretches that tile ``[start, end)``."""
        blank_before = True
        lines = _lines(text, start, end)
        line = next(lines, None)
        while line is not None:
            following = next(lines, None)
            kind = _run_of(line.content)
            if kind == "text":
                level = 0
                if len(line.content) < _LONG_HEADING and not self._is_label(line, following, blank_before):
                    level = heading_level(
                        line.content, blank_before=blank_before, blank_after=line.blank_after
                    )
                if level:
                    yield from self._close()
                    yield _Stretch(line.start, line.end, "heading", level)
                    line, blank_before = following, True
                    continue
            if not self._takes(kind, line, following, blank_before):
                yield from self._close()
                self.kind, self.start, self.column_lines = kind, line.start, 0
            self.end = line.end
            self.column_lines += kind == "layout"
            blank_before, line = line.blank_after, following
        yield from self._close()

    def _takes(self, kind: _Run, line: _Line, following: _Line | None, blank_before: bool) -> bool:
        if self.kind == "layout":
            if kind == "layout":
                return not blank_before or self.end - self.start < _LAYOUT_CHARS
            return kind == "text" and self._is_label(line, following, blank_before)
        if blank_before or kind != self.kind:
            return False
        return kind == "pipes" or line.end - self.start <= PARAGRAPH_CHARS

    def _is_label(self, line: _Line, following: _Line | None, blank_before: bool) -> bool:
        """A row or section label without numbers, inside a table of spaced columns."""
        return (
            self.kind == "layout"
            and 0 < len(line.content) <= _LABEL_CHARS
            and line.content[-1] not in ".;"
            and (not blank_before or self.end - self.start < _LAYOUT_CHARS)
            and (not line.blank_after or not blank_before)
            and following is not None
            and _run_of(following.content) == "layout"
            and not is_named_heading(line.content)
        )

    def _close(self) -> Iterator[_Stretch]:
        if self.kind:
            is_table = self.kind == "pipes" or self.column_lines >= 2
            yield _Stretch(self.start, self.end, "table" if is_table else "text", 0)
        self.kind = ""
