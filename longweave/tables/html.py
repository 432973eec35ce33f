"""HTML tables out of untrusted text, with the character span of every cell.

``parse_html_tables(text)`` gives every ``<table>`` block in text order, nested and empty ones too. One
regular expression walks the tags; there is no tree, so the work is linear in the text, whatever it holds:
tags that never close, spans of a million columns, cells of a megabyte, a thousand levels of nesting. Hidden
cells (``hidden``, ``display:none``) are left out but counted; entities are decoded in ``Cell.text`` while
spans point into the text as it is. A nested table's text belongs to the nested table alone.
"""

import re

from longweave.tables.clean import clean_text, trim
from longweave.tables.grid import RowPlacer
from longweave.tables.model import Cell, Span, Table

# Quoted values may hold ">" but no "<", so that a tag that never closes stops at the next one.
_ATTRIBUTES = r"""(?:[^<>"']|"[^"<]*"|'[^'<]*'|["'])*+"""
_TOKEN = re.compile(
    rf"<(?:t([dh])((?:\s{_ATTRIBUTES})?)>([^<]*)</t[dh]\s*>"
    rf"|(/?)([a-z][a-z0-9:]*)({_ATTRIBUTES})>)",
    re.IGNORECASE,
)
_TABLE = re.compile(r"<table(?=[\s>/])", re.IGNORECASE)
_SPAN = re.compile(r"""\b(col|row)span\s*=\s*["']?\s*(\d{1,9})""", re.IGNORECASE)
_HIDDEN = re.compile(
    r"""display\s*:\s*none|visibility\s*:\s*hidden|(?<![\w:="'-])hidden(?![\w:-])""", re.IGNORECASE
)
_BLOCK_TAGS = frozenset(
    ("br", "p", "div", "li", "ul", "ol", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "tr", "table", "caption")
)
_MARK = re.compile(r"\w{1,2}|[*†‡§¶]+")


def parse_html_tables(text: str) -> list[Table]:
    """All ``<table>`` blocks of ``text`` in text order; ``index`` counts them from 0."""
    return _Scanner(_blank_comments(text)).tables()


class _Open:
    """A table that is being read: its rows so far and the cell that is open in it."""

    __slots__ = (
        "caption",
        "cell",
        "cells",
        "end",
        "hidden_row",
        "index",
        "n_cells",
        "placer",
        "rows",
        "start",
    )

    def __init__(self, index: int, start: int, end: int) -> None:
        self.index, self.start, self.end = index, start, end
        self.rows: list[tuple[Cell, ...]] = []
        self.cells: list[Cell] | None = None
        self.n_cells = 0
        self.cell: _OpenCell | None = None
        self.caption: Span | None = None
        self.hidden_row = False
        self.placer = RowPlacer()

    def open_row(self, *, hidden: bool = False) -> list[Cell]:
        self.close_row()
        self.cells = []
        self.n_cells = 0
        self.hidden_row = hidden
        self.placer.next_row()
        return self.cells

    def close_row(self) -> None:
        if self.cells is not None:
            self.rows.append(tuple(self.cells))
            self.cells = None

    def close(self) -> Table:
        self.close_row()
        return Table(
            self.index, "html", self.start, self.end, tuple(self.rows), self.placer.n_cols, self.caption
        )


class _OpenCell:
    """A cell or caption whose end tag has not come yet; ``pieces`` are its text so far."""

    __slots__ = ("attributes", "kind", "last", "pieces", "start", "sup")

    def __init__(self, kind: str, attributes: str, start: int) -> None:
        self.kind, self.attributes, self.start, self.last = kind, attributes, start, start
        self.pieces: list[str] = []
        self.sup = -1


class _Scanner:
    """Walks the tags of one text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._attributes: dict[str, tuple[int, int, bool]] = {"": (1, 1, False)}
        self._cleaned: dict[str, str] = {"": ""}
        self._closed: dict[int, Table] = {}
        self._stack: list[_Open] = []
        self._count = 0
        self._last = 0

    def tables(self) -> list[Table]:
        position = 0
        while found := _TABLE.search(self._text, position):
            position = max(self._read_block(found.start()), found.end())
        return [self._closed[index] for index in range(self._count)]

    def _read_block(self, start: int) -> int:
        """Reads the table at ``start`` with all that is nested in it; where its text ends."""
        text, cleaned, known = self._text, self._cleaned, self._attributes
        make = tuple.__new__
        position = start
        top: _Open | None = None
        for match in _TOKEN.finditer(text, start):
            kind, attributes, raw = match.group(1, 2, 3)
            if attributes is not None and top is not None:
                if top.cell is not None:
                    self._close_cell(top, match.start())
                cells = top.cells if top.cells is not None else top.open_row()
                rowspan, colspan, hidden = known.get(attributes) or self._read_attributes(attributes)
                index = top.n_cells
                top.n_cells = index + 1
                if hidden or top.hidden_row:
                    continue
                col = top.placer.place(rowspan, colspan)
                clean = raw and cleaned.get(raw)
                if clean is None:
                    clean = self._clean(raw)
                left, right = match.span(3)
                if len(clean) != right - left:
                    left, right = trim(text, left, right)
                width = top.placer.col - col
                header = kind == "h" or kind == "H"
                cells.append(
                    make(Cell, (len(top.rows), index, col, clean, left, right, rowspan, width, header))
                )
                continue
            if attributes is not None:
                continue
            top = self._take_tag(match[5].lower(), match, top)
            position = self._last = match.end()
            if top is None:
                return position
        while self._stack:
            unclosed = self._stack[-1]
            position = self._end_of(unclosed) if unclosed.cell is None else len(text)
            self._close_cell(unclosed, position)
            self._close_table(position)
        return position

    def _take_tag(self, name: str, match: re.Match[str], top: _Open | None) -> _Open | None:
        """Applies one tag; the innermost open table after it, None when the block is closed."""
        closing = match[4] == "/"
        if name == "table":
            if closing:
                if top is not None:
                    if top.cell is not None:
                        self._close_cell(top, match.start())
                    self._close_table(match.end())
            else:
                if top is not None and top.cell is None:
                    self._close_table(self._end_of(top))
                elif top is not None and top.cell is not None:
                    self._add_text(top.cell, match.start(), match.end(), " ")
                self._stack.append(_Open(self._count, match.start(), match.end()))
                self._count += 1
            return self._stack[-1] if self._stack else None
        if top is None:
            return None
        if name in ("td", "th", "caption"):
            if top.cell is not None:
                self._close_cell(top, match.start())
            if not closing:
                if name != "caption" and top.cells is None:
                    top.open_row()
                top.cell = _OpenCell(name, match[6], match.end())
        elif name == "tr":
            if top.cell is not None:
                self._close_cell(top, match.start())
            if closing:
                top.close_row()
            else:
                top.open_row(hidden=self._read_attributes(match[6])[2])
        elif top.cell is not None:
            self._take_inline(name, closing, match, top.cell)
        return top

    def _take_inline(self, name: str, closing: bool, match: re.Match[str], cell: _OpenCell) -> None:
        """A tag inside a cell: block tags part words, a raised footnote mark is set in parentheses."""
        if name == "sup" and not closing:
            self._add_text(cell, match.start(), match.end(), "")
            cell.sup = len(cell.pieces)
        elif name == "sup" and cell.sup >= 0:
            self._add_text(cell, match.start(), match.end(), "")
            raised = clean_text("".join(cell.pieces[cell.sup :]))
            before = cell.pieces[cell.sup - 1].rstrip() if cell.sup else ""
            if _MARK.fullmatch(raised) and before[-1:].isdigit():
                cell.pieces[cell.sup :] = [f" ({raised})"]
            cell.sup = -1
        else:
            self._add_text(cell, match.start(), match.end(), " " if name in _BLOCK_TAGS else "")

    def _add_text(self, cell: _OpenCell, end: int, resume: int, glue: str) -> None:
        cell.pieces.append(self._text[cell.last : end])
        if glue:
            cell.pieces.append(glue)
        cell.last = resume

    def _close_cell(self, top: _Open, end: int) -> None:
        cell = top.cell
        if cell is None:
            return
        top.cell = None
        cell.pieces.append(self._text[cell.last : end])
        start, end = trim(self._text, cell.start, end)
        if cell.kind == "caption":
            top.caption = top.caption or Span(start, end)
            return
        rowspan, colspan, hidden = self._read_attributes(cell.attributes)
        if not (hidden or top.hidden_row) and top.cells is not None:
            col = top.placer.place(rowspan, colspan)
            clean = clean_text("".join(cell.pieces))
            width = top.placer.col - col
            top.cells.append(
                Cell(len(top.rows), top.n_cells, col, clean, start, end, rowspan, width, cell.kind == "th")
            )
        top.n_cells += 1

    def _end_of(self, table: _Open) -> int:
        """Where a table without an end tag ends: after its last tag; the text behind it stays text."""
        cells = table.cells or (table.rows[-1] if table.rows else ())
        cell_end = self._text.find(">", cells[-1].end) + 1 if cells else 0
        return max(self._last, cell_end, table.end)

    def _close_table(self, end: int) -> None:
        table = self._stack.pop()
        table.end = end
        self._closed[table.index] = table.close()
        if self._stack and self._stack[-1].cell is not None:
            self._stack[-1].cell.last = end

    def _clean(self, raw: str) -> str:
        clean = clean_text(raw)
        if len(raw) <= 64:
            self._cleaned[raw] = clean
        return clean

    def _read_attributes(self, attributes: str) -> tuple[int, int, bool]:
        """Row span, column span and whether the element is hidden."""
        known = self._attributes.get(attributes)
        if known is None:
            spans = {name.lower(): max(1, int(number)) for name, number in _SPAN.findall(attributes)}
            known = spans.get("row", 1), spans.get("col", 1), bool(_HIDDEN.search(attributes))
            self._attributes[attributes] = known
        return known


def _blank_comments(text: str) -> str:
    """``text`` with comments replaced by as many blanks, so that offsets stay."""
    pieces: list[str] = []
    position = 0
    while (start := text.find("<!--", position)) >= 0 and (end := text.find("-->", start + 4)) >= 0:
        pieces += text[position:start], " " * (end + 3 - start)
        position = end + 3
    return "".join([*pieces, text[position:]]) if pieces else text
