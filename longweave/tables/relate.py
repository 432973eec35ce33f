"""Tables to facts: a document's title and text in, its relation out.

A fact depends on nothing but the title, the document's opening, its own table with at most ``REACH``
characters before it, and the spans it lists in ``depends``; so an excerpt that shows these gives the same
fact. Numbers without a period, from columns that compare periods, or after the document's own period give
none.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from longweave.synth.records import content_id
from longweave.tables.dims import compares
from longweave.tables.entities import read_reporter
from longweave.tables.fiscal import Calendar
from longweave.tables.items import STATEMENTS, is_balance_line, load_items
from longweave.tables.model import Fact, Span, TableReading, Unit, ValueCell
from longweave.tables.periods import Context, Dated, TableTime, find_movements, resolve_period
from longweave.tables.read import read_tables
from longweave.tables.rows import Named, name_rows, table_title
from longweave.tables.signs import SignedRow, natural_factors
from longweave.tables.statements import FURNITURE, classify_table, continues, is_furniture, lines_before

_CONTEXT_LINES = 4
_CONTEXT_CHARACTERS = 400
_SLACK = timedelta(days=7)


def relate_document(title: str, text: str, doc_id: str | None = None) -> list[Fact]:
    """The facts of one document in text order; none for a document without a reporting entity.

    ``doc_id`` names the document in the facts; the title stands in where there is none (a document read from
    a prompt).
    """
    reporter = read_reporter(title, text)
    if reporter is None or reporter.period_end is None:
        return []
    calendar = Calendar(reporter, text)
    name = title if doc_id is None else doc_id
    facts: list[Fact] = []
    before: tuple[TableReading, str, tuple[Span, ...]] | None = None
    for reading in read_tables(text):
        if not reading.values or is_furniture(reading):
            continue
        statement, heading = classify_table(reading, text)
        if statement == "note" and before is not None and continues(reading, before[0], text):
            statement, heading = before[1], (*before[2], Span(before[0].table.end, reading.table.start))
        before = None
        if statement in STATEMENTS:
            before = reading, statement, (*heading, *_header_span(reading))
        facts.extend(_relate_table(reading, statement, heading, text, name, calendar))
    return facts


@dataclass(frozen=True, slots=True)
class _Source:
    """What every fact of one table shares."""

    doc_id: str
    entity: str
    statement: str
    table: int
    depends: tuple[Span, ...]


def _relate_table(
    reading: TableReading,
    statement: str,
    heading: tuple[Span, ...],
    text: str,
    doc_id: str,
    calendar: Calendar,
) -> Iterator[Fact]:
    reporter = calendar.reporter
    title, titled = table_title(reading, text)
    source = _Source(
        doc_id=doc_id,
        entity=reporter.name,
        statement=statement,
        table=reading.table.index,
        depends=(*heading, *titled, *reading.notes, *_header_span(reading)),
    )
    shared = _shared_headers(reading)
    values = [
        value
        for value in reading.values
        if value.typed.value is not None and value.header not in shared and not compares(value.header)
    ]
    movements = find_movements({v.cell.row: v.path for v in values}.items(), calendar)
    time = TableTime(statement, _contexts(reading, text), calendar, title, movements)
    named = name_rows(values, statement, title)
    factors = _factors(values, named)
    last = (reporter.period_end or date.max - _SLACK) + _SLACK
    for value in values:
        name = named.get((value.cell.row, value.header, value.path))
        if name is None:
            continue
        instant = _instant(name, statement)
        dated = resolve_period(value.header, value.path, time, instant, value.cell.row)
        if dated is None or dated.period.end > last:
            continue
        fact = _fact(value, name, dated, factors.get((value.cell.row, name.item), 1), source, calendar)
        if fact is not None:
            yield fact


def _instant(name: Named, statement: str) -> bool | None:
    """Whether a number is a balance at a date; None where its name does not say."""
    if name.canonical:
        return load_items()[name.item].instant
    return True if statement not in STATEMENTS and is_balance_line(name.label) else None


def _fact(
    value: ValueCell, name: Named, dated: Dated, factor: int, source: _Source, calendar: Calendar
) -> Fact | None:
    unit = _unit_of(value, name)
    printed = value.typed.value
    if unit is None or printed is None:
        return None
    full = float(Decimal(repr(printed)).scaleb(unit.scale))
    cell = value.cell
    year = calendar.year_name(dated.period.end)
    return Fact(
        fact_id=content_id(source.doc_id, source.table, cell.row, cell.index, name.item),
        doc_id=source.doc_id,
        entity=source.entity,
        item=name.item,
        label=name.label,
        canonical=name.canonical,
        period=dated.period,
        dims=name.dims,
        value=abs(full) if factor == 0 else full * factor + 0.0,
        unit=unit.name,
        scale=unit.scale,
        decimals=value.typed.decimals,
        statement=source.statement,
        table=source.table,
        row=cell.row,
        cell=cell.index,
        start=cell.start,
        end=cell.end,
        shown=cell.text,
        depends=tuple(
            dict.fromkeys(source.depends + dated.spans + (calendar.name_offset[1] if year else ()))
        ),
        fiscal_year=year or 0,
    )


def _factors(
    values: Sequence[ValueCell], named: Mapping[tuple[int, tuple[str, ...], tuple[str, ...]], Named]
) -> dict[tuple[int, str], int]:
    """The sign factor of every row of a canonical item."""
    printed: dict[tuple[int, str], dict[tuple[str, ...], float]] = defaultdict(dict)
    labels: dict[tuple[int, str], str] = {}
    for value in values:
        name = named.get((value.cell.row, value.header, value.path))
        if name is not None and name.canonical and value.typed.value is not None:
            key = (value.cell.row, name.item)
            printed[key].setdefault(value.header, value.typed.value)
            labels[key] = name.label
    rows = [SignedRow(item, labels[row, item], printed[row, item]) for row, item in printed]
    return dict(zip(printed, natural_factors(rows), strict=True))


def _unit_of(value: ValueCell, name: Named) -> Unit | None:
    """The unit of a number, made to fit its item; None when it cannot be one (a percent of an item, say)."""
    unit = value.unit
    if not name.canonical:
        return unit
    wanted = load_items()[name.item].unit
    if unit.name == "percent" or value.typed.kind == "percent":
        return None
    currency = unit.name.split("/")[0]
    money = len(currency) == 3 and currency.isupper()
    if wanted == "USD":
        if unit.name.endswith("/share") or unit.name == "shares":
            return None
        return Unit(currency if money else "USD", unit.scale)
    if wanted == "USD/share":
        if unit.name == "shares" or abs(value.typed.value or 0) > 100_000:
            return None
        return Unit(f"{currency if money else 'USD'}/share", 0)
    if value.typed.currency is not None or unit.name.endswith("/share"):
        return None
    return Unit("shares", unit.scale)


def _contexts(reading: TableReading, text: str) -> tuple[Context, ...]:
    """Texts that may tell the table's period, nearest first: its corner, its title, the lines before it."""
    corner = [
        row[0].text
        for row in reading.table.rows[: reading.n_header_rows]
        if row and row[0].col == 0 and row[0].text.strip()
    ]
    before = [
        (line, span)
        for line, span in lines_before(text, reading.table.start)[:_CONTEXT_LINES]
        if not FURNITURE.search(line)
    ]
    titled = (
        [Context(reading.title)]
        if reading.title and not any(reading.title in line for line, _ in before)
        else []
    )
    lines = [Context(line[-_CONTEXT_CHARACTERS:], span) for line, span in before]
    return tuple([Context(line) for line in reversed(corner)] + titled + lines)


def _shared_headers(reading: TableReading) -> set[tuple[str, ...]]:
    """Headers that two numbers of one row stand under: nothing tells these columns apart."""
    seen: set[tuple[int, tuple[str, ...]]] = set()
    shared: set[tuple[str, ...]] = set()
    for value in reading.values:
        key = value.cell.row, value.header
        if key in seen:
            shared.add(value.header)
        seen.add(key)
    return shared


def _header_span(reading: TableReading) -> tuple[Span, ...]:
    rows = [row for row in reading.table.rows[: reading.n_header_rows] if row]
    return (Span(rows[0][0].start, rows[-1][-1].end),) if rows else ()
