"""What the tables room passes between its steps: source tables, their readings, and facts.

``Table`` is what stands in the document (cells with their character spans), ``TableReading`` what it
means (headers, labels, units), ``Fact`` one number of it in full units with everything needed to ask
for it and to find it again.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Literal, NamedTuple

Markup = Literal["html", "markdown", "layout"]
CellKind = Literal["empty", "text", "number", "percent", "nil", "date", "period"]


class Cell(NamedTuple):
    """One cell as written. ``row``/``index`` count source rows and the cells of that row from 0;
    ``col`` is its first grid column after spans. ``text`` is clean text, ``start``/``end`` the
    character span of its source (between the tags or delimiters, outer blanks excluded). A tuple, because a
    filing has tens of thousands of them and a frozen dataclass takes ten times as long to make."""

    row: int
    index: int  # type: ignore[assignment]  # hides tuple.index, which nothing here needs
    col: int
    text: str
    start: int
    end: int
    rowspan: int = 1
    colspan: int = 1
    header: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a document. ``index`` counts its ``<table>`` blocks from 0 in text order, nested and
    empty ones too; tables in other markup are numbered after them. ``start``/``end`` is its character
    span; ``caption`` that of its ``<caption>``. ``rows`` has one tuple per source row, empty rows too."""

    index: int
    markup: Markup
    start: int
    end: int
    rows: tuple[tuple[Cell, ...], ...]
    n_cols: int
    caption: "Span | None" = None


@dataclass(frozen=True, slots=True)
class CellValue:
    """The typed content of a cell. ``value`` is the printed number, sign applied (parentheses or
    minus), not scaled; a percent keeps its printed number (24.1 for "24.1%"). ``scale`` is the power of
    ten written in the cell itself (9 for "$1.5 billion")."""

    kind: CellKind
    value: float | None = None
    decimals: int = 0
    scale: int = 0
    currency: str | None = None
    when: date | None = None
    footnotes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unit:
    """What a printed number counts: ``USD``, ``shares``, ``USD/share``, ``percent``, ``pure``, … and the
    power of ten that brings it to full units (6 for "in millions")."""

    name: str
    scale: int = 0


@dataclass(frozen=True, slots=True)
class Span:
    """A character range ``[start, end)`` of a document's text."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Period:
    """``months`` is 0 for a date (an instant), else the length of a duration that ends at ``end``."""

    end: date
    months: int


@dataclass(frozen=True, slots=True)
class ValueCell:
    """A number of a table with its row and column reading: ``path`` the row's sections and label,
    outermost first; ``header`` the column's header texts, top first."""

    cell: Cell
    typed: CellValue
    unit: Unit
    path: tuple[str, ...]
    header: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TableReading:
    """What a table means. ``title`` is its caption or the heading or sentence that introduces it, ``notes``
    are spans outside the table that its numbers depend on (title, unit note). ``values`` are cells that
    hold one number; ``embedded`` are numbers inside a cell's words ("76,124 shares issued"), each with the
    span of the number alone where the source prints it unbroken. ``columns`` are the grid columns that hold
    text of their own below the head (spacers dropped), ``column_kinds`` the prevailing kind of each."""

    table: Table
    title: str
    n_header_rows: int
    values: tuple[ValueCell, ...]
    columns: tuple[int, ...]
    column_kinds: tuple[CellKind, ...]
    notes: tuple[Span, ...] = ()
    embedded: tuple[ValueCell, ...] = ()


@dataclass(frozen=True, slots=True)
class Fact:
    """One number of one document in full units.

    ``item`` is the canonical item (an id of ``items.yaml``) or the normalised label; ``dims`` what else
    tells it from its neighbours (segment, product, class of stock, …), sorted; ``entity`` the reporting
    company or body. ``value`` carries the item's natural sign (a payment is positive). ``depends`` are the
    spans outside the cell without which it would be read differently. ``fiscal_year`` is the filer's name
    of the fiscal year that ends with the period, 0 where it ends inside one or none is known.
    """

    fact_id: str
    doc_id: str
    entity: str
    item: str
    label: str
    canonical: bool
    period: Period
    dims: tuple[tuple[str, str], ...]
    value: float
    unit: str
    scale: int
    decimals: int
    statement: str
    table: int
    row: int
    cell: int
    start: int
    end: int
    shown: str
    depends: tuple[Span, ...] = field(default=())
    fiscal_year: int = 0
