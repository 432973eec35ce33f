"""The period of a number: what its column, row, table and document say about time in, one ``Period`` out.

The nearest clue wins: a section that is a time, the column header, the row label, the table's own corner, its
title, the lines before it, the document's calendar. A number whose period stays open or has two readings gets
none.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from longweave.tables.dates import Clues, day_of, month_end, read_clues, strip_time
from longweave.tables.dims import column_words
from longweave.tables.fiscal import Calendar, Found
from longweave.tables.model import Period, Span
from longweave.tables.nature import tell_nature

_FLOWS = frozenset({"income", "cash_flow", "comprehensive", "supplement"})
_OPENS = re.compile(
    r"\b(?:beginning|opening|start)\b(?: (?:of|balances?|net)\b|$|[\s–—-]+january)"
    r"|balances?,? (?:at )?(?:the )?(?:beginning|start)\b",
    re.I,
)
_CLOSES = re.compile(
    r"\b(?:end|ending|closing)\b(?: (?:of|balances?)\b|$)|balances?,? (?:at )?(?:the )?end\b", re.I
)
_BALANCE = re.compile(r"\bbalances?\b", re.I)
_DATED_LABEL = re.compile(
    r"(?:\b(?:at|as of|on)|[–—-]|,|\bbalances?|\boutstanding|\bunvested)\s*(?:jan|feb|mar|apr|may|jun|jul"
    r"|aug|sep|oct|nov|dec)[a-z]*\.?\s+\d{1,2}(?:,?\s+\d{4})?\W*$",
    re.I,
)
_NOT_A_DATE_OF = re.compile(
    r"\b(?:due|matur\w+|expir\w+|issued|effective|dated|through|acquired|until|prior to|after|before)\b", re.I
)


@dataclass(frozen=True, slots=True)
class Context:
    """A text near a table that may tell its period; ``span`` is None for text inside the table."""

    text: str
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Dated:
    """A resolved period and the spans outside the table that it was read from."""

    period: Period
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class TableTime:
    """What a table tells about time besides its headers: ``statement`` as ``classify_table`` names it,
    ``contexts`` nearest first, ``movements`` the period of each row that stands between two dated
    balances."""

    statement: str
    contexts: tuple[Context, ...]
    calendar: Calendar
    title: str = ""
    movements: Mapping[int, Period] = field(default_factory=dict)


def resolve_period(
    header: tuple[str, ...],
    path: tuple[str, ...],
    time: TableTime,
    instant_item: bool | None = None,
    row: int = -1,
) -> Dated | None:
    """The period of a cell under ``header`` in the row ``path``; ``instant_item`` says what is known of its
    item.

    None when the texts leave the end or the length open.
    """
    column = read_clues(" ".join(header))
    label = path[-1] if path else ""
    own = _label_clues(label)
    section = _section_clues(path)
    if own is not None and own.instant:
        near = section if section is not None and section.years else column
        return _at_label(own, near, time)
    if not column.dates and not column.years and section is None and own is None and row in time.movements:
        return Dated(time.movements[row])
    clues = own or section
    found = _find_end(column, clues, section is not None, time)
    if found is None:
        return None
    if instant_item is None and time.statement == "equity":
        instant_item = False
    if instant_item is None:
        instant_item = tell_nature((label, *reversed(path[:-1]), column_words(header), time.title))
    if _OPENS.search(label) or _CLOSES.search(label):
        return _at_edge(label, found, column, clues, time)
    months, spans = _find_months(column, clues, time, instant_item)
    if months is None:
        return None
    return Dated(Period(found.day, months), tuple(dict.fromkeys(found.spans + spans)))


def find_movements(rows: Iterable[tuple[int, tuple[str, ...]]], calendar: Calendar) -> dict[int, Period]:
    """The period of each row between two rows of dated balances; ``rows`` are (row, path) in order."""
    movements: dict[int, Period] = {}
    since: date | None = None
    waiting: list[int] = []
    for row, path in rows:
        own = _label_clues(path[-1]) if path else None
        if own is None or not own.instant or len(own.dates) != 1:
            waiting.append(row)
            continue
        day = calendar.opening_day(own.dates[0])
        if since is not None and day > since:
            months = round((day - since).days / 30.44)
            if months in (3, 6, 9, 12):
                movements.update((w, Period(day, months)) for w in waiting)
        since, waiting = day, []
    return movements


def _label_clues(label: str) -> Clues | None:
    """What a row label says of its own period: a time by itself ("2023"), or the date of a balance
    (``instant``)."""
    balance = _BALANCE.search(label) is not None
    dated = _DATED_LABEL.search(label) is not None and not _NOT_A_DATE_OF.search(label)
    if not balance and not dated and strip_time(label):
        return None
    clues = read_clues(label)
    if clues.empty:
        return None
    on_a_day = (balance or dated) and bool(clues.dates or clues.month_day) and not clues.months
    return Clues(clues.dates, clues.month_day, clues.years, clues.months, clues.quarter, on_a_day)


def _section_clues(path: tuple[str, ...]) -> Clues | None:
    """The clues of the innermost section that is only a time."""
    for section in reversed(path[:-1]):
        clues = read_clues(section)
        if not clues.empty and not strip_time(section):
            return clues
    return None


def _at_label(own: Clues, near: Clues, time: TableTime) -> Dated | None:
    """The date of a row that is a balance at a day; a day without a year takes the year of its section or
    column."""
    if len(own.dates) == 1:
        return Dated(Period(time.calendar.opening_day(own.dates[0]), 0))
    years = {*own.years, *near.years, *(day.year for day in near.dates)}
    if own.month_day is None or len(years) != 1:
        return None
    return Dated(Period(time.calendar.opening_day(day_of(years.pop(), *own.month_day)), 0))


def _find_end(column: Clues, row: Clues | None, row_first: bool, time: TableTime) -> Found | None:
    near = [column] if row is None else [row, column] if row_first else [column, row]
    for clues, other in zip(near, [*near[1:], near[0]], strict=True):
        if len(clues.dates) > 1 or len(clues.years) > 1 or (clues.dates and clues.years):
            return None
        if clues.dates:
            return Found(clues.dates[0])
        if clues.years:
            return _end_in_year(clues.years[0], clues, None if other is clues else other, time)
    for context in time.contexts:
        clues = read_clues(context.text)
        if len(clues.dates) == 1 and not clues.years:
            return Found(clues.dates[0], _spans(context))
        if len(clues.years) == 1 and not clues.dates:
            end = _end_in_year(clues.years[0], clues, None, time)
            return end and Found(end.day, end.spans + _spans(context))
        if clues.dates or clues.years:
            return None
    return None


def _end_in_year(year: int, clues: Clues, other: Clues | None, time: TableTime) -> Found | None:
    """The end of the period that a bare ``year`` names, with the month and day from the nearest text that has
    them."""
    for near in (clues, other):
        if near is not None and near.month_day is not None:
            return Found(day_of(year, *near.month_day))
    if clues.quarter is not None:
        return _quarter_end(year, clues.quarter, time.calendar)
    for context in time.contexts:
        around = read_clues(context.text)
        fitting = [day for day in around.dates if (time.calendar.year_name(day) or day.year) == year]
        if len(fitting) == 1 and len(around.dates) > 1:
            return Found(fitting[0], _spans(context))
        if around.month_day is not None:
            return Found(day_of(year, *around.month_day), _spans(context))
        if len(around.dates) == 1 and not around.years and around.dates[0].year >= year:
            break
    return time.calendar.end_of(year)


def _quarter_end(year: int, quarter: int, calendar: Calendar) -> Found | None:
    end = calendar.reporter.period_end
    if end is None or not calendar.annual or calendar.weekly[0]:
        return None
    last = calendar.end_of(year)
    if last is None:
        return None
    ordinal = last.day.year * 12 + last.day.month - 1 - 3 * (4 - quarter)
    return Found(month_end(ordinal // 12, ordinal % 12 + 1), last.spans)


def _find_months(
    column: Clues, row: Clues | None, time: TableTime, instant_item: bool | None
) -> tuple[int | None, tuple[Span, ...]]:
    if time.statement == "balance":
        return 0, ()
    for clues in (column, row):
        if clues is not None and clues.months:
            return (clues.months[0], ()) if len(clues.months) == 1 else (None, ())
    flows = time.statement in _FLOWS
    if not flows:
        if instant_item is True:
            return 0, ()
        if instant_item is None and (column.instant or (row is not None and row.instant)):
            return 0, ()
    for context in time.contexts:
        clues = read_clues(context.text)
        if len(clues.months) == 1:
            return clues.months[0], _spans(context)
        if clues.months:
            break
        if clues.instant and not clues.empty and not flows and instant_item is None:
            return 0, _spans(context)
    if time.calendar.annual and (flows or instant_item is False):
        return 12, ()
    if flows or instant_item is False:
        return None, ()
    if column.dates or column.month_day or (row is not None and row.dates):
        return 0, ()
    return (12, ()) if time.calendar.annual else (None, ())


def _at_edge(label: str, found: Found, column: Clues, row: Clues | None, time: TableTime) -> Dated | None:
    """The date of an opening or closing balance in a column that names a duration."""
    if not _OPENS.search(label):
        return Dated(Period(found.day, 0), found.spans)
    months, spans = _find_months(column, row, time, False)
    if months is None or months == 0:
        return None
    before = time.calendar.before(found.day, months)
    if before is None:
        return None
    return Dated(Period(before.day, 0), found.spans + spans + before.spans)


def _spans(context: Context) -> tuple[Span, ...]:
    return () if context.span is None else (context.span,)
