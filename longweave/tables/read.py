"""Reads tables: from cells as written to numbers with their labels, headers and units.

``read_tables(text)`` finds and reads all tables of a document. A reading depends on the table, on what
stands right before it (a table that it continues on a new page is part of that), and on the document's
opening and unit statements (``surroundings``); the spans outside the table that were used are its
``notes``.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from longweave.tables.cells import find_numbers, type_cell
from longweave.tables.clean import clean_text
from longweave.tables.find import find_tables
from longweave.tables.frame import Frame, Sections
from longweave.tables.headers import Line, read_lines
from longweave.tables.measures import Place, UnitReader
from longweave.tables.model import Cell, CellKind, Span, Table, TableReading, ValueCell
from longweave.tables.surroundings import DocumentContext, Surroundings
from longweave.tables.units import UnitNote, parse_unit_note

_LONGEST_LABEL = 5_000
"""A longer cell is a page laid out in a table; its numbers are no table's."""
_DIGIT = re.compile(r"\d")


def read_tables(text: str) -> list[TableReading]:
    """The readings of all tables of ``text``, in text order."""
    tables = find_tables(text)
    context = DocumentContext(text, tables)
    readings: list[TableReading] = []
    reader: _Reader | None = None
    for table in tables:
        reader = _Reader(table, text, context.around(table), reader)
        readings.append(reader.reading())
    return readings


class _Reader:
    """Walks the lines of one table from the top, with the headers and sections in force."""

    def __init__(self, table: Table, text: str, around: Surroundings, previous: "_Reader | None") -> None:
        self._table, self._text = table, text
        self._lines = read_lines(table)
        caption = table.caption
        heading = clean_text(text[caption.start : caption.end]) if caption else ""
        self.title = heading or around.title
        self.title_span: Span | None = around.title_span if not heading else None
        self.note = _inner_note(heading, self._lines) or around.note
        if around.continues and previous is not None:
            self.note = self.note or previous.note
            if not self.title:
                self.title, self.title_span = previous.title, previous.title_span
        self._units = UnitReader(self._lines, self.note, around.currency)
        self._values: list[ValueCell] = []
        self._embedded: list[ValueCell] = []
        self._walk()

    def reading(self) -> TableReading:
        """What the table means."""
        used = (self.title_span, self.note.span if self.note else None)
        spans = {
            span
            for span in used
            if span is not None and not self._table.start <= span.start < self._table.end
        }
        n_header_rows = _count_header_rows(self._lines)
        columns = _columns(self._table, n_header_rows)
        return TableReading(
            table=self._table,
            title=self.title,
            n_header_rows=n_header_rows,
            values=tuple(self._values),
            columns=columns,
            column_kinds=_column_kinds(self._table, columns, n_header_rows),
            notes=tuple(sorted(spans, key=lambda span: (span.start, span.end))),
            embedded=tuple(self._embedded),
        )

    def _walk(self) -> None:
        frame, sections = Frame(spanless=self._table.markup != "html"), Sections()
        for line in self._lines:
            if line.kind == "header":
                frame.add(line)
            elif line.kind == "section":
                frame.leave()
                sections.open(line.label)
            elif line.kind == "data":
                frame.leave()
                path = (*sections.names(), line.label) if line.label else sections.names()
                for entry in line.entries:
                    self._take(Place(entry, line, path, frame.over(entry.col, entry.end_col)))
                sections.close_after(line.label)
            self._embed(line, sections.names())

    def _take(self, place: Place) -> None:
        typed, unit = place.entry.typed, self._units.unit(place)
        if unit.name == "percent" and typed.kind == "number":
            typed = replace(typed, kind="percent")
        header = tuple(words for words in place.header if not _only_unit(words))
        self._values.append(ValueCell(place.entry.cell, typed, unit, place.path, header))

    def _embed(self, line: Line, sections: tuple[str, ...]) -> None:
        """Takes the numbers inside the words of a line's label and text cells."""
        cells = [*line.texts]
        if line.label_cell is not None and line.label_cell not in cells:
            cells.insert(0, line.label_cell)
        for cell, following in pairwise((*cells, None)):
            if cell is not None and len(cell.text) <= _LONGEST_LABEL and _DIGIT.search(cell.text):
                percent = following is not None and following.text == "%"
                self._find_embedded(cell, line, sections, percent=percent)

    def _find_embedded(self, cell: Cell, line: Line, sections: tuple[str, ...], *, percent: bool) -> None:
        position = cell.start
        for span, found in find_numbers(cell.text):
            typed = replace(found, kind="percent") if percent else found
            shown = cell.text[span.start : span.end]
            start = self._text.find(shown, position, cell.end)
            if start < 0:
                part = cell._replace(text=shown)
            else:
                position = start + len(shown)
                part = cell._replace(text=shown, start=start, end=position)
            unit = self._units.embedded_unit(typed, cell.text[span.end : span.end + 60])
            self._embedded.append(ValueCell(part, typed, unit, (*sections, line.label), ()))


def _inner_note(caption: str, lines: Sequence[Line]) -> UnitNote | None:
    """The unit note that the table itself gives for all its numbers: in its caption, stub or head."""
    note = parse_unit_note(caption)
    for line in lines:
        if note is not None or line.kind == "data":
            break
        cells = [line.label_cell] if line.label_cell is not None else []
        cells += [cell for cell in line.texts if len(line.texts) == 1 or cell.text.startswith("(")][:1]
        for cell in cells:
            note = note or parse_unit_note(cell.text)
            if note is not None and note.span is None:
                note = replace(note, span=Span(cell.start, cell.end))
    return note


def _only_unit(words: str) -> bool:
    return words.startswith("(") and words.endswith(")") and parse_unit_note(words) is not None


def _count_header_rows(lines: Sequence[Line]) -> int:
    """Source rows before the first row of data or first section."""
    for number, line in enumerate(lines):
        if line.kind in ("data", "section"):
            return number
    return min(1, len(lines))


def _columns(table: Table, n_header_rows: int) -> tuple[int, ...]:
    """Grid columns with text of their own below the head; one that only wider cells reach is a spacer."""
    cells = [cell for row in table.rows[n_header_rows:] for cell in row if cell.text]
    kept = {cell.col for cell in cells if cell.colspan == 1}
    for cell in cells:
        if cell.colspan > 1 and kept.isdisjoint(range(cell.col, cell.col + cell.colspan)):
            kept.add(cell.col)
    return tuple(sorted(kept))


def _column_kinds(table: Table, columns: Sequence[int], n_header_rows: int) -> tuple[CellKind, ...]:
    """The prevailing kind of each of ``columns`` below the head."""
    counts: dict[int, Counter[CellKind]] = {column: Counter() for column in columns}
    for row in table.rows[n_header_rows:]:
        for cell in row:
            if cell.text and cell.col in counts:
                counts[cell.col][type_cell(cell.text).kind] += 1
    return tuple(_prevailing(kinds) for kinds in counts.values())


def _prevailing(kinds: Counter[CellKind]) -> CellKind:
    """The kind of at least half of the cells that are no nil, else text."""
    solid = Counter({kind: count for kind, count in kinds.items() if kind != "nil"})
    if not solid:
        return "nil" if kinds else "text"
    kind, count = max(solid.items(), key=lambda item: (item[1], item[0]))
    return kind if 2 * count >= solid.total() else "text"
