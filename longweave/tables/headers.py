"""Reads the rows of a table: joins the cells of one number, tells header rows, sections and data apart.

Filings split one number over several cells ("$", "1,234", ")", "%"); here such cells become one ``Entry``,
and every source row becomes a ``Line`` with its kind, its label and its entries.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Literal

from longweave.tables.cells import currency_of, type_cell
from longweave.tables.model import Cell, CellValue, Table
from longweave.tables.times import is_length, is_year, speaks_of_time
from longweave.tables.units import parse_unit_note

LineKind = Literal["blank", "header", "section", "data"]

_DEEPEST_HEAD = 4
_WIDEST_GAP = 3
_MARKER = re.compile(r"\(\s?[1-9]\d?\s?\)")
_CLOSING = re.compile(r"\)?\s*%?\s*\)?")


@dataclass(frozen=True, slots=True)
class Entry:
    """A number (or nil) with the marks joined to it. ``col``/``end_col`` are the grid columns from the first
    to past the last joined cell; ``currency_mark``/``percent_mark`` say what stood beside the number."""

    cell: Cell
    typed: CellValue
    col: int
    end_col: int
    currency_mark: bool = False
    percent_mark: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One source row read: its kind, its label, its numbers and the other text cells."""

    row: int
    kind: LineKind
    label: str
    entries: tuple[Entry, ...]
    texts: tuple[Cell, ...]
    label_cell: Cell | None = None


def find_markers(rows: Sequence[Sequence[Cell]]) -> frozenset[tuple[int, int]]:
    """(row, index) of the cells that hold only the footnote mark, "(1)", of the number before them.

    Printed so, a mark looks like a small negative number. It stands right behind a number and before no "%",
    and its columns have nothing of their own: no number, no words, no header, only other marks and what also
    stands over that number. The number has a header.
    """
    lone = {(c.row, c.index) for row in rows for c in row if _MARKER.fullmatch(c.text)}
    if not lone:
        return frozenset()
    filled = [[cell for cell in row if cell.text] for row in rows]
    columns = _Columns([cell for row in filled for cell in row if (cell.row, cell.index) not in lone])
    return frozenset(
        (cell.row, cell.index)
        for row in filled
        for position, cell in enumerate(row)
        if (cell.row, cell.index) in lone and _marks_number(row, position, columns)
    )


def _marks_number(row: Sequence[Cell], position: int, columns: "_Columns") -> bool:
    cell = row[position]
    if position + 1 < len(row) and _is_closing(row[position + 1].text):
        return False
    before = position - 1
    while before >= 0 and _is_closing(row[before].text):
        before -= 1
    if before < 0 or not _is_number(row[before]):
        return False
    number, last = row[before], row[position - 1]
    near = cell.col - (last.col + last.colspan) <= _WIDEST_GAP
    return near and columns.headed(number) and not columns.taken(cell, number.col + number.colspan)


class _Columns:
    """Where the cells of a table stand, footnote marks left out."""

    def __init__(self, cells: Sequence[Cell]) -> None:
        self._heads: dict[int, int] = {}
        self._ends: dict[int, int] = {}
        self._number_ends: dict[int, int] = {}
        spans: set[tuple[int, int]] = set()
        for cell in cells:
            end = cell.col + cell.colspan
            self._ends[cell.col] = max(end, self._ends.get(cell.col, 0))
            if _is_number(cell):
                self._number_ends[cell.col] = max(end, self._number_ends.get(cell.col, 0))
            elif (cell.col, end) not in spans:
                spans.add((cell.col, end))
                for col in range(cell.col, end):
                    self._heads.setdefault(col, cell.row)
        self._starts = sorted(self._ends)
        self._number_starts = sorted(self._number_ends)
        self._number_reach = list(accumulate((self._number_ends[col] for col in self._number_starts), max))

    def headed(self, number: Cell) -> bool:
        """Whether words stand over ``number``."""
        return any(
            self._heads.get(col, number.row) < number.row
            for col in range(number.col, number.col + number.colspan)
        )

    def taken(self, cell: Cell, since: int) -> bool:
        """Whether a cell that starts at column ``since`` or later, or a number that starts before it, reaches
        into the columns of ``cell``."""
        first, last = bisect_left(self._starts, since), bisect_left(self._starts, cell.col + cell.colspan)
        if any(self._ends[start] > cell.col for start in self._starts[first:last]):
            return True
        numbers = bisect_left(self._number_starts, since)
        return numbers > 0 and self._number_reach[numbers - 1] > cell.col


def _is_number(cell: Cell) -> bool:
    return type_cell(cell.text).kind in ("number", "percent", "nil") and not is_year(cell.text)


def join_cells(
    row: Sequence[Cell], markers: frozenset[tuple[int, int]] = frozenset()
) -> tuple[list[Entry], list[Cell]]:
    """The numbers of a row with their split-off marks joined, and its remaining non-empty cells; ``markers``
    as ``find_markers`` gives them."""
    entries: list[Entry] = []
    texts: list[Cell] = []
    filled = [cell for cell in row if cell.text and (cell.row, cell.index) not in markers]
    position = 0
    pending: Cell | None = None
    while position < len(filled):
        cell = filled[position]
        text = cell.text
        position += 1
        if _is_opening(text) and position < len(filled):
            following = type_cell(filled[position].text)
            if following.kind in ("number", "nil", "percent"):
                pending = cell
                continue
        typed = type_cell(text)
        if typed.kind in ("number", "percent", "nil"):
            entry = _entry(cell, typed, pending)
            pending = None
            while position < len(filled) and _is_closing(filled[position].text):
                entry = _close(entry, filled[position])
                position += 1
            entries.append(entry)
        else:
            texts.append(cell)
    return entries, texts


def _entry(cell: Cell, typed: CellValue, opening: Cell | None) -> Entry:
    col = cell.col
    if opening is not None:
        col = opening.col
        value = typed.value
        if opening.text.endswith("(") and value is not None:
            value = -abs(value)
        typed = replace(typed, currency=currency_of(opening.text.rstrip("( ")) or typed.currency, value=value)
    mark = typed.currency is not None
    return Entry(cell, typed, col, cell.col + cell.colspan, mark, typed.kind == "percent" or "%" in cell.text)


def _is_opening(text: str) -> bool:
    return text == "(" or (len(text) <= 6 and currency_of(text.rstrip("( ")) is not None)


def _is_closing(text: str) -> bool:
    return len(text) <= 4 and bool(_CLOSING.fullmatch(text))


def _close(entry: Entry, closing: Cell) -> Entry:
    typed = entry.typed
    percent = entry.percent_mark or "%" in closing.text
    if percent and typed.kind == "number":
        typed = replace(typed, kind="percent")
    return replace(entry, typed=typed, end_col=closing.col + closing.colspan, percent_mark=percent)


def read_lines(table: Table) -> list[Line]:
    """Every source row of ``table`` as a ``Line``; its kind is decided with the rows above it in view."""
    return list(_Lines(table).read())


class _Lines:
    """Decides the kind of each row from the top: ``_in_head`` holds until data or a section has come."""

    def __init__(self, table: Table) -> None:
        filled = [cell for row in table.rows for cell in row if cell.text]
        heads = [bool(row) and all(cell.header for cell in row) for row in table.rows]
        self._rows = table.rows
        self._n_cols = table.n_cols
        self._stub = min((cell.col for cell in filled), default=0)
        self._marked_head = any(heads[:3]) and not all(heads)
        self._in_head = True
        self._headed = False
        self._n_worded = _count_worded(table)
        self._markers = find_markers(table.rows)

    def read(self) -> Iterator[Line]:
        for number, row in enumerate(self._rows):
            line = self._line(number, row)
            if line.kind != "blank":
                self._in_head = line.kind == "header"
                self._headed = self._headed or (line.kind == "header" and bool(line.texts))
            yield line

    def _line(self, number: int, row: Sequence[Cell]) -> Line:
        entries, texts = join_cells(row, self._markers)
        if entries and entries[0].typed.kind == "nil" and entries[0].col == self._stub and len(row) > 1:
            del entries[0]
        if not entries and not texts:
            return Line(number, "blank", "", (), ())
        label_cell = _label_cell(entries, texts, self._stub)
        label = label_cell.text if label_cell is not None else ""
        rest = tuple(cell for cell in texts if cell is not label_cell)
        values = tuple(entry for entry in entries if entry.cell is not label_cell)
        data = Line(number, "data", label, values, rest, label_cell)
        heading = sorted((*rest, *(entry.cell for entry in values)), key=lambda cell: cell.col)
        head = Line(number, "header", label, (), tuple(heading), label_cell)
        if self._marked_head and self._in_head and all(cell.header for cell in row):
            return head
        if values:
            return head if self._heads_years(label, values, rest) else data
        if rest:
            return head if self._heads_words(label, rest) else data
        whole = label_cell is not None and _spans_all(label_cell, self._n_cols)
        if (self._in_head and number < 6 and whole) or _is_unit_note(label):
            return head
        if self._in_head and not self._headed and self._next_heads(number + 1):
            return head
        return Line(number, "section", label, (), (), label_cell)

    def _next_heads(self, number: int) -> bool:
        """Whether the next filled row heads columns, so that a label above it is a title and no section."""
        for row in self._rows[number : number + 3]:
            others = [cell.text for cell in row if cell.text and cell.col > self._stub]
            if others:
                return all(_heads(text) for text in others)
            if any(cell.text for cell in row):
                return False
        return False

    def _heads_years(self, label: str, values: Sequence[Entry], rest: Sequence[Cell]) -> bool:
        """Whether the row's numbers are years that head columns."""
        if not all(_heads(entry.cell.text) for entry in values if entry.typed.kind != "nil"):
            return False
        if all(entry.typed.kind == "nil" for entry in values):
            return False
        if self._marked_head or (len(values) == 1 and rest and not self._in_head):
            return False
        return self._in_head or not label or speaks_of_time(label) or _is_unit_note(label)

    def _heads_words(self, label: str, rest: Sequence[Cell]) -> bool:
        """Whether a row of words heads columns rather than being a row of them."""
        if self._marked_head:
            return False
        if all(type_cell(cell.text).kind in ("date", "period") for cell in rest):
            return self._in_head or not label or speaks_of_time(label)
        if not label:
            return True
        if not self._in_head:
            return False
        return not self._headed or self._n_worded <= _DEEPEST_HEAD or _is_unit_note(label)


def _heads(text: str) -> bool:
    """Whether a cell is what heads a column: words, a year, a date, a length of time."""
    return is_year(text) or is_length(text) or type_cell(text).kind in ("text", "date", "period")


def _count_worded(table: Table) -> int:
    """How many filled rows stand before the first number that is no year; beyond count when there is none."""
    worded = 0
    for row in table.rows:
        texts = [cell.text for cell in row if cell.text]
        if any(type_cell(text).kind in ("number", "percent") and not is_year(text) for text in texts):
            return worded
        worded += bool(texts)
    return len(table.rows) + _DEEPEST_HEAD


def _label_cell(entries: list[Entry], texts: list[Cell], stub: int) -> Cell | None:
    """The cell that names the row: words, or a year, in the column where labels stand, else words before
    numbers."""
    if texts and texts[0].col == stub:
        return texts[0]
    if entries and entries[0].col == stub and is_year(entries[0].cell.text):
        return entries[0].cell
    if entries and texts and texts[0].col < entries[0].col:
        return texts[0]
    return None


def _spans_all(cell: Cell, n_cols: int) -> bool:
    return cell.colspan > 1 and cell.colspan >= 0.6 * n_cols


def _is_unit_note(label: str) -> bool:
    return (
        len(label) < 160
        and parse_unit_note(label) is not None
        and (label.startswith("(") or len(label.split()) < 6)
    )
