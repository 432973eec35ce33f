"""What stands over a number and around it: the headers of its columns and the sections of its row."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from longweave.tables.headers import Line
from longweave.tables.model import Cell
from longweave.tables.times import opens_period, speaks_of_time

_MOST_PERIODS = 50
_DEEPEST = 8
"""Header rows, and open sections, that stay in force beside the newest: more are no table but noise."""


class Frame:
    """The header texts in force, by grid column, while a table's lines are read from the top.

    ``spanless`` tables (Markdown, spaced columns) cannot say how far a header reaches: there, a period in
    an upper header row also stands over the empty columns beside it.
    """

    def __init__(self, *, spanless: bool) -> None:
        self._rows: list[list[Cell]] = []
        self._over: dict[tuple[int, int], tuple[str, ...]] = {}
        self._after_data = False
        self._spanless = spanless

    def add(self, line: Line) -> None:
        """Takes a header line; one that follows data starts a new head."""
        if self._after_data:
            self._rows, self._after_data = [], False
        if line.texts:
            self._rows = [*self._rows[-_DEEPEST:], list(line.texts)]
        self._over = {}

    def leave(self) -> None:
        """Data begins."""
        self._after_data = True

    def over(self, col: int, end_col: int) -> tuple[str, ...]:
        """Header texts over grid columns ``[col, end_col)``, top first, repeats left out."""
        known = self._over.get((col, end_col))
        if known is None:
            known = self._over[col, end_col] = tuple(self._find_over(col, end_col))
        return known

    def _find_over(self, col: int, end_col: int) -> Iterator[str]:
        last = ""
        for number, row in enumerate(self._rows):
            text = " ".join(cell.text for cell in _overlapping(row, col, end_col))
            if not text and self._spanless:
                below = self._rows[number + 1 :]
                if any(cell.col == col for other in below for cell in _overlapping(other, col, end_col)):
                    text = _reaching(row, col)
            if text and text != last:
                yield text
                last = text


def _overlapping(row: Sequence[Cell], col: int, end_col: int) -> Iterator[Cell]:
    """The cells of ``row``, which is in column order, that reach into ``[col, end_col)``."""
    first = bisect_right(row, col, key=lambda cell: cell.col) - 1
    for cell in row[max(first, 0) :]:
        if cell.col >= end_col:
            return
        if cell.col + cell.colspan > col:
            yield cell


def _reaching(row: Sequence[Cell], col: int) -> str:
    """The period of ``row`` that stands over the empty column ``col``: to its left, or nearest if centred."""
    if len(row) > _MOST_PERIODS or not all(speaks_of_time(cell.text) for cell in row):
        return ""
    left = [cell for cell in row if cell.col < col]
    if row[0].col == 1:
        return left[-1].text if left else ""
    return min(row, key=lambda cell: (abs(cell.col - col), cell.col)).text


class Sections:
    """The open sections of a table, outermost first."""

    def __init__(self) -> None:
        self._open: list[tuple[int, str]] = []
        self._data_since = False

    def open(self, label: str) -> None:
        """A label without numbers opens a section; directly after another one it is nested in it."""
        rank = _section_rank(label)
        if self._data_since or (self._open and rank < self._open[-1][0]):
            self._open = [(other, name) for other, name in self._open if other < rank]
        self._open = [*self._open[-_DEEPEST:], (rank, label)]
        self._data_since = False

    def names(self) -> tuple[str, ...]:
        """The open sections' labels."""
        return tuple(name for _, name in self._open)

    def close_after(self, label: str) -> None:
        """A data row was read; "Total X" closes section X."""
        self._data_since = True
        words = _bare(label)
        if words.startswith("total "):
            for depth, (_, name) in enumerate(self._open):
                if _bare(name) == words.removeprefix("total "):
                    del self._open[depth:]
                    return


def _section_rank(label: str) -> int:
    if opens_period(label):
        return 0
    if label.upper() == label:
        return 1
    return 3 if label.endswith(":") else 2


def _bare(label: str) -> str:
    return " ".join(re.findall(r"[^\W\d_]+", label.lower()))
