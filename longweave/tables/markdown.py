r"""Pipe tables of Markdown, with the character span of every cell.

A table is a line with pipes, a separator line (``| --- | :-: |``) and the lines with pipes that follow. Outer
pipes may be missing, ``\|`` is a pipe inside a cell, and rows may be shorter or longer than the header.
Row 0 is the header line; the separator is no row.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

from longweave.tables.clean import clean_text, trim
from longweave.tables.model import Cell, Span, Table

_SEPARATOR = re.compile(
    r"^[ \t]*(?=[^\n]*\|)\|?[ \t]*:?-++:?[ \t]*(?:\|[ \t]*:?-++:?[ \t]*)*+\|?[ \t]*$", re.M
)
_DELIMITER = re.compile(r"\\[\\|]|\|")


def parse_markdown_tables(text: str, span: Span) -> Iterator[Table]:
    """The pipe tables that lie in ``span`` of ``text``, in order; ``index`` counts them from 0."""
    position, index = span.start, 0
    while separator := _SEPARATOR.search(text, position, span.end):
        position = separator.end()
        head_end = separator.start() - 1
        head_start = max(text.rfind("\n", span.start, max(head_end, span.start)) + 1, span.start)
        if head_end <= head_start or "|" not in text[head_start:head_end]:
            continue
        lines = [(head_start, head_end), *_body_lines(text, separator.end(), span.end)]
        position = lines[-1][1] if len(lines) > 1 else separator.end()
        rows = tuple(tuple(_split_row(text, row, *line)) for row, line in enumerate(lines))
        yield Table(index, "markdown", head_start, position, rows, max(map(len, rows)))
        index += 1


def _body_lines(text: str, position: int, end: int) -> Iterator[tuple[int, int]]:
    """The lines with pipes that follow ``position`` without a gap."""
    while position < end and text[position] == "\n":
        start = position + 1
        found = text.find("\n", start, end)
        position = end if found < 0 else found
        if "|" not in text[start:position]:
            return
        yield start, position


def _split_row(text: str, row: int, start: int, end: int) -> Iterator[Cell]:
    start, end = trim(text, start, end)
    if text[start] == "|":
        start += 1
    bounds = [start]
    bounds += [mark.end() for mark in _DELIMITER.finditer(text, start, end) if mark[0] == "|"]
    if bounds[-1] < end or len(bounds) == 1:
        bounds.append(end + 1)
    for index, (left, right) in enumerate(pairwise(bounds)):
        cell_start, cell_end = trim(text, left, right - 1)
        clean = clean_text(text[cell_start:cell_end])
        if "\\" in clean:
            clean = clean.replace("\\|", "|").replace("\\\\", "\\")
        yield Cell(row, index, index, clean, cell_start, cell_end)
