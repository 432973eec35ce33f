"""Tables in plain text whose columns are set apart by blanks, as ``pdftotext -layout`` writes them.

A table is a run of lines with wide gaps, with the short lines between them (sections, wrapped labels).
Where the lines are truly aligned, a number belongs to the column at whose right edge it ends. Where blanks
were shortened, a line with as many numbers as the fullest lines is read in order; a number of a shorter
line cannot be placed and stands in a column of its own beyond the others, under no header.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from longweave.tables.cells import type_cell
from longweave.tables.clean import clean_text
from longweave.tables.model import Cell, Span, Table
from longweave.tables.times import is_year
from longweave.tables.units import parse_unit_note

_GAP = re.compile(r"\S(?: {3,}| *\t)[ \t]*\S")
_SEGMENT = re.compile(r"(?:[$€£¥]\s*)?\(?\S+(?: {1,2}(?![$€£¥])\S+)*")
_LONE_MARK = re.compile(r"\d{1,3}")
_LONGEST_LINE = 1_000
_LONGEST_LABEL = 110
_MOST_PENDING = 3
_SPREAD = 2
_MIN_VALUED = 2
_MIN_KEYED = 3


@dataclass(frozen=True, slots=True)
class _Segment:
    """A piece of a line between gaps, offsets in the text; ``edge`` is where it ends in its line."""

    text: str
    start: int
    end: int
    edge: int
    valued: bool


@dataclass(frozen=True, slots=True)
class _Row:
    """A line of a table: the label (None when it starts with a number) and what follows it."""

    label: _Segment | None
    rest: tuple[_Segment, ...]

    @property
    def valued(self) -> bool:
        """Whether a number stands in it that is not a year."""
        return any(segment.valued and not _is_head(segment.text) for segment in self.rest)

    @property
    def heads(self) -> bool:
        """Whether it holds periods alone, so that a table starts with it."""
        return self.label is None and all(_is_head(segment.text) for segment in self.rest)


def parse_layout_tables(text: str, span: Span) -> Iterator[Table]:
    """The spaced-column tables that lie in ``span`` of ``text``, in order; ``index`` counts them from 0."""
    position, index = span.start, 0
    if text.find("   ", span.start, span.end) < 0 and text.find("\t", span.start, span.end) < 0:
        return
    while gap := _GAP.search(text, position, span.end):
        start = text.rfind("\n", position, gap.start()) + 1 or position
        rows, position = _read_block(text, span.start, start, span.end)
        valued = sum(row.valued for row in rows)
        keyed = sum(row.label is not None and row.label.text.endswith(":") and bool(row.rest) for row in rows)
        if valued >= _MIN_VALUED or keyed >= _MIN_KEYED:
            yield _table(index, rows)
            index += 1


def _read_block(text: str, floor: int, start: int, end: int) -> tuple[list[_Row], int]:
    """The lines from ``start`` on that make up one table, and where the search goes on."""
    rows: list[_Row] = []
    pending: list[_Row] = []
    blanks = 0
    position = resume = start
    above = _head_above(text, floor, start)
    if above is not None:
        rows.append(_Row(None, (above,)))
    while position < end:
        line_end = text.find("\n", position, end)
        line_end = end if line_end < 0 else line_end
        segments = _split_line(text, position, line_end)
        position = line_end + 1
        if segments is None:
            break
        if not segments:
            blanks += 1
            if blanks > _SPREAD:
                break
            continue
        if len(segments) == 1 and _LONE_MARK.fullmatch(segments[0].text):
            continue
        row = _row(segments)
        if row.rest and row.heads and (pending or blanks) and any(above.valued for above in rows):
            break
        if row.rest:
            rows += _join_wrapped(pending, row)
            pending, blanks, resume = [], 0, position
            continue
        pending.append(row)
        if len(pending) > _MOST_PENDING or not _may_be_label(row):
            break
    return rows, max(resume, min(text.find("\n", start, end) + 1 or end, end))


def _head_above(text: str, floor: int, start: int) -> _Segment | None:
    """A period that stands alone on the line above ``start``: it heads all columns."""
    if start - 1 <= floor:
        return None
    above = max(text.rfind("\n", floor, start - 1) + 1, floor)
    segments = _split_line(text, above, start - 1) or []
    return segments[0] if len(segments) == 1 and _is_head(segments[0].text) else None


def _split_line(text: str, start: int, end: int) -> list[_Segment] | None:
    """The segments of a line; None for one that is too long to be a table's."""
    if end - start > _LONGEST_LINE:
        return None
    line = text[start:end]
    segments: list[_Segment] = []
    for found in _SEGMENT.finditer(line):
        left, right = found.span()
        previous = segments[-1] if segments else None
        if previous is not None and (
            previous.text in ("$", "€", "£", "¥", "(") or _closes(found[0], previous)
        ):
            segments.pop()
            left = previous.start - start
        clean = clean_text(line[left:right])
        valued = type_cell(clean).kind in ("number", "percent", "nil")
        segments.append(_Segment(clean, start + left, start + right, right, valued))
    return segments


def _closes(text: str, previous: _Segment) -> bool:
    return text in (")", "%", ")%") and previous.valued


def _row(segments: Sequence[_Segment]) -> _Row:
    first = segments[0]
    if first.valued or (len(segments) > 1 and _is_head(first.text)):
        return _Row(None, tuple(segments))
    return _Row(first, tuple(segments[1:]))


def _is_head(text: str) -> bool:
    """Whether a segment is what heads a column: a year, date or period."""
    return is_year(text) or type_cell(text).kind in ("date", "period")


def _may_be_label(row: _Row) -> bool:
    words = row.label.text if row.label is not None else ""
    return 0 < len(words) <= _LONGEST_LABEL and not (
        words.startswith("(") and parse_unit_note(words) is not None
    )


def _join_wrapped(pending: list[_Row], row: _Row) -> list[_Row]:
    """``pending`` label lines and ``row``; a label that goes on in lower case is one label."""
    if pending and row.label is not None and row.valued and row.label.text[:1].islower():
        above = pending[-1].label
        if above is not None and not above.text.endswith(":"):
            text = f"{above.text} {row.label.text}"
            joined = _Segment(text, above.start, row.label.end, row.label.edge, False)
            return [*pending[:-1], _Row(joined, row.rest)]
    return [*pending, row]


def _table(index: int, rows: list[_Row]) -> Table:
    counts = Counter(len(row.rest) for row in rows if row.valued) or Counter(len(row.rest) for row in rows)
    width = max(counts, key=lambda count: (counts[count], count))
    rows = _shift_heads(rows, width)
    edges = _edges(rows, width)
    placed = tuple(tuple(_place(number, row, width, edges)) for number, row in enumerate(rows))
    cells = [cell for row in placed for cell in row]
    n_cols = max(cell.col + cell.colspan for cell in cells)
    return Table(index, "layout", min(c.start for c in cells), max(c.end for c in cells), placed, n_cols)


def _shift_heads(rows: list[_Row], width: int) -> list[_Row]:
    """Lines above the numbers with just as many pieces as there are columns head those columns, all of
    them."""
    first = next((number for number, row in enumerate(rows) if row.valued), 0)
    return [
        _Row(None, (row.label, *row.rest))
        if number < first and row.label is not None and 1 < len(row.rest) + 1 == width
        else row
        for number, row in enumerate(rows)
    ]


def _edges(rows: Sequence[_Row], width: int) -> list[float] | None:
    """Right edges of the columns, or None when the full lines do not agree on them."""
    full = [[segment.edge for segment in row.rest] for row in rows if row.valued and len(row.rest) == width]
    if len(full) < _MIN_VALUED:
        return None
    edges = [median(column) for column in zip(*full, strict=True)]
    astray = sum(abs(edge - edges[column]) > _SPREAD for line in full for column, edge in enumerate(line))
    return edges if astray <= 0.1 * len(full) * width else None


def _place(number: int, row: _Row, width: int, edges: list[float] | None) -> Iterator[Cell]:
    if row.label is not None:
        yield Cell(number, 0, 0, row.label.text, row.label.start, row.label.end)
    first = 1 if row.label is not None else 0
    n = len(row.rest)
    for index, segment in enumerate(row.rest):
        col, colspan = width + 1 + index, 1
        if n == width:
            col = index + 1
        elif edges is not None and row.valued:
            col = min(range(width), key=lambda column: abs(edges[column] - segment.edge)) + 1
        elif row.heads and n and width % n == 0:
            col, colspan = index * (width // n) + 1, width // n
        yield Cell(number, first + index, col, segment.text, segment.start, segment.end, colspan=colspan)
