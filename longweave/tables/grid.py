"""Row and column spans: gives each cell of a table, in source order, its place in the grid.

Spans are untrusted. A column span counts up to ``MAX_SPAN``, no cell lies beyond column ``MAX_COLUMNS``,
and the row spans of one table may together reach ``SPANNED_ROWS`` rows; what goes beyond counts as 1. So
the work is linear in the number of cells, whatever the spans claim.
"""

MAX_SPAN = 1_000
MAX_COLUMNS = 20_000
SPANNED_ROWS = 200_000


class RowPlacer:
    """Places the cells of one table. Call ``next_row`` before each row, ``place`` for each cell of it."""

    __slots__ = ("_arriving", "_blocked", "_budget", "_next", "col", "n_cols")

    def __init__(self) -> None:
        self.col = 0
        self.n_cols = 0
        self._arriving: list[tuple[int, int, int]] = []
        self._blocked: list[tuple[int, int, int]] = []
        self._next = 0
        self._budget = SPANNED_ROWS

    def next_row(self) -> None:
        """Start a row: cells that span from above keep their columns."""
        if self._blocked or self._arriving:
            live = [(start, end, left - 1) for start, end, left in self._blocked if left > 1]
            self._blocked = sorted(live + self._arriving)
            self._arriving = []
        self.col = self._next = 0

    def place(self, rowspan: int, colspan: int) -> int:
        """First grid column of the row's next cell; both spans at least 1."""
        start = self.col
        if self._blocked:
            start = self._skip_blocked(start)
        if start >= MAX_COLUMNS:
            start = MAX_COLUMNS - 1
        end = start + (colspan if colspan < MAX_SPAN else MAX_SPAN)
        if end > MAX_COLUMNS:
            end = MAX_COLUMNS
        if rowspan > 1 and self._budget:
            reach = min(rowspan - 1, self._budget)
            self._budget -= reach
            self._arriving.append((start, end, reach))
        self.col = end
        if end > self.n_cols:
            self.n_cols = end
        return start

    def _skip_blocked(self, col: int) -> int:
        """The first column from ``col`` on that no cell of an earlier row reaches into."""
        blocked = self._blocked
        while self._next < len(blocked) and blocked[self._next][0] <= col:
            col = max(col, blocked[self._next][1])
            self._next += 1
        return col
