"""Gives every number of a table its unit: what it counts and its power of ten.

Evidence counts in this order: marks on the number ("$", "%", "billion"), the words of its headers, of its
label, of its sections; marks on its neighbours (filings mark only the first and last number of a column);
then the notes: in the label, in the headers, of the table, before it, of the document.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from longweave.tables.headers import Entry, Line
from longweave.tables.labels import measure_after, measure_of
from longweave.tables.model import CellValue, Unit
from longweave.tables.units import Measure, UnitNote, parse_unit_note

_LARGEST_PERCENT = 1_000
_MOST_SHARES = 1e12
_MOST_MONEY = 1e15
_FULL_SHARES = 100_000
_CENTS = 2
_SMALLEST_WHOLE = 1_000


@dataclass(frozen=True, slots=True)
class Place:
    """A number's row and column reading: see ``ValueCell``. ``header`` still holds unit notes."""

    entry: Entry
    line: Line
    path: tuple[str, ...]
    header: tuple[str, ...]


class UnitReader:
    """Knows the marks in a table's columns and the notes that hold for all of it."""

    def __init__(
        self, lines: Sequence[Line], note: UnitNote | None, currency: Callable[[], str | None]
    ) -> None:
        self._note = note
        marks = Counter(e.typed.currency for line in lines for e in line.entries if e.typed.currency)
        stated = note.currency if note is not None else None
        self._currency = marks.most_common(1)[0][0] if marks else stated or (currency() if note else None)
        self._marked: dict[int, list[tuple[int, str, int]]] = defaultdict(list)
        self._largest: dict[int, float] = defaultdict(float)
        for line in lines:
            for entry in line.entries:
                mark, column = _mark(entry), _column(entry)
                self._largest[column] = max(self._largest[column], abs(entry.typed.value or 0.0))
                if mark:
                    self._marked[column].append((line.row, mark, entry.typed.decimals))

    def unit(self, place: Place) -> Unit:
        """The unit of one number."""
        typed = place.entry.typed
        measure = self.measure(place)
        if measure == "percent":
            return Unit("percent", -2)
        currency = typed.currency or _stated_currency(place) or self._currency
        if measure == "per_share":
            return Unit(f"{currency or 'money'}/share", 0)
        scale = typed.scale or self._scale(measure, place)
        if measure in ("unknown", "money"):
            return Unit(currency or "pure", scale)
        return Unit({"shares": "shares", "time": "years"}.get(measure, "pure"), scale)

    def embedded_unit(self, typed: CellValue, after: str) -> Unit:
        """The unit of a number inside a cell's words; ``after`` is what follows it there."""
        if typed.kind == "percent":
            return Unit("percent", -2)
        measure = measure_after(after)
        if measure == "per_share" or (typed.currency and typed.decimals >= _CENTS and not typed.scale):
            return Unit(f"{typed.currency or self._currency or 'money'}/share", 0)
        scale = typed.scale
        if self._note is not None and not scale:
            if typed.currency:
                scale = self._note.scale
            elif measure == "shares":
                value = abs(typed.value or 0.0)
                scale = _scale_of_shares(self._note, value, value)
        return Unit(typed.currency or ("shares" if measure == "shares" else "pure"), scale)

    def measure(self, place: Place) -> Measure:
        """What one number measures."""
        entry = place.entry
        if _mark(entry) == "%":
            return "percent"
        money = entry.currency_mark
        for measure in _named_measures(place):
            if measure == "rate":
                if not money and _may_be_percent(entry.typed) and self._percent_nearby(place):
                    return "percent"
            elif measure == "percent":
                if not money and _may_be_percent(entry.typed):
                    return "percent"
            elif measure == "per_share":
                if entry.typed.decimals > 0 or abs(entry.typed.value or 0.0) < _SMALLEST_WHOLE:
                    return measure
            elif not money:
                return measure
        if not money and not _stated_currency(place) and self._percent_column(place):
            return "percent"
        return "money" if money else "unknown"

    def _percent_nearby(self, place: Place) -> bool:
        """Whether a rate's number is a percent: decimals, or a percent mark in its row or column."""
        in_row = any(_mark(entry) == "%" for entry in place.line.entries)
        column = self._marked.get(_column(place.entry), [])
        return (
            in_row or place.entry.typed.decimals > 0 or (bool(column) and all(m == "%" for _, m, _ in column))
        )

    def _percent_column(self, place: Place) -> bool:
        """Whether an unmarked number continues the percents of its column or row."""
        typed, row = place.entry.typed, place.line.row
        if not _may_be_percent(typed):
            return False
        marks = self._marked.get(_column(place.entry), [])
        above = [mark for mark in marks if mark[0] < row]
        below = [mark for mark in marks if mark[0] > row]
        nearest = above[-1] if above else below[0] if below else None
        if nearest is not None:
            _, mark, decimals = nearest
            alike = typed.kind == "nil" or typed.decimals == decimals
            return mark == "%" and alike and (bool(above) or decimals > 0)
        first = place.line.entries[0].typed
        return _mark(place.line.entries[0]) == "%" and typed.decimals == first.decimals > 0

    def _scale(self, measure: Measure, place: Place) -> int:
        value = abs(place.entry.typed.value or 0.0)
        note = next(self._notes(place), None)
        if note is None or (measure == "count" and note is self._note):
            return 0
        if measure == "shares":
            return _scale_of_shares(note, value, self._largest[_column(place.entry)])
        scale = note.scale_of(measure)
        return 0 if value * 10.0**scale > _MOST_MONEY else scale

    def _notes(self, place: Place) -> Iterator[UnitNote]:
        for text in (*reversed(place.path), *reversed(place.header)):
            note = parse_unit_note(text)
            if note is not None:
                yield note
        if self._note is not None:
            yield self._note


def _scale_of_shares(note: UnitNote, value: float, largest: float) -> int:
    """A note on dollars alone says nothing of shares: a column of small numbers follows it, large ones are
    in full."""
    stated = dict(note.exceptions).get("shares")
    if stated is None and note.money_only and largest >= _FULL_SHARES:
        return 0
    scale = note.scale if stated is None else stated
    return 0 if value * 10.0**scale > _MOST_SHARES else scale


def _named_measures(place: Place) -> Iterator[Measure]:
    """Measures named by the headers (nearest first), the label and the sections."""
    label = place.line.label
    sections = place.path[:-1] if label else place.path
    for text in (*reversed(place.header), label, *reversed(sections)):
        measure = measure_of(text)
        if measure != "unknown":
            yield measure


def _stated_currency(place: Place) -> str | None:
    for text in (*reversed(place.header), *reversed(place.path)):
        note = parse_unit_note(text)
        if note is not None and note.currency:
            return note.currency
    return None


def _mark(entry: Entry) -> str:
    if entry.percent_mark or entry.typed.kind == "percent":
        return "%"
    return "$" if entry.currency_mark else ""


def _column(entry: Entry) -> int:
    """The grid column at which the number's own cell ends: the same with and without a "$" before it."""
    return entry.cell.col + entry.cell.colspan


def _may_be_percent(typed: CellValue) -> bool:
    return abs(typed.value or 0.0) < _LARGEST_PERCENT and typed.scale == 0
