"""A document's fiscal calendar: the cover's period end and the text in, exact ends of its other periods out.

A year that ends with a month needs nothing but the cover. A 52/53-week year ends on another day each year, so
the day is looked up: the first full date of the text that fits, and its span is handed back, because whoever
rereads an excerpt needs that date. First in text order, so an excerpt that keeps the span finds the same one.
"""

import re
from bisect import bisect_left
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from longweave.tables.dates import day_of, find_dates, is_month_end, month_end
from longweave.tables.entities import Reporter
from longweave.tables.model import Span

_WINDOW = 8
_NEAR = 60
_MENTIONS = 50
_FISCAL_NAME = re.compile(r"\bfiscal\s+(?:years?\s+)?(?P<year>20\d\d)\b", re.I)
_WEEKS = re.compile(
    r"\b(?:52|fifty-two)[\s-]{0,3}(?:weeks?\s{0,3})?(?:/|or|to|and)?[\s-]{0,3}(?:a\s{1,3})?(?:53"
    r"|fifty-three)[\s-]{0,3}week",
    re.I,
)


@dataclass(frozen=True)
class Found:
    """A day and the spans it was read from beyond the table."""

    day: date
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True)
class Calendar:
    """The calendar of one document; lookups are cached, so one is made per document."""

    reporter: Reporter
    text: str

    @property
    def annual(self) -> bool:
        """Whether the document reports on a fiscal year."""
        return self.reporter.form != "10-Q"

    @cached_property
    def weekly(self) -> tuple[bool, tuple[Span, ...]]:
        """Whether years (or quarters) end on a weekday instead of a month's last day, and where that is
        said."""
        end = self.reporter.period_end
        if end is None:
            return False, ()
        if not is_month_end(end):
            return True, ()
        said = _WEEKS.search(self.text)
        return (True, (Span(*said.span()),)) if said else (False, ())

    @cached_property
    def name_offset(self) -> tuple[int, tuple[Span, ...]]:
        """What to add to a fiscal year's name to get the calendar year it ends in, and where that is said."""
        end = self.reporter.period_end
        if end is None or end.month > 2:
            return 0, ()
        if end.month == 1 and end.day <= 7:
            return 1, ()
        named = [m for m in _FISCAL_NAME.finditer(self.text) if end.year - int(m["year"]) in (0, 1)]
        told = [(start, stop) for day, start, stop in self._dates if day == end]
        for start, stop in told[:_MENTIONS]:
            for match in named:
                if start - _NEAR <= match.start() and match.end() <= stop + _NEAR:
                    span = Span(min(start, match.start()), max(stop, match.end()))
                    return end.year - int(match["year"]), (span,)
        if named:
            return end.year - int(named[0]["year"]), (Span(*named[0].span()),)
        return 0, ()

    def end_of(self, year: int) -> Found | None:
        """The end of the period called ``year`` that is like the cover's: the fiscal year, or the same
        quarter."""
        end = self.reporter.period_end
        if end is None:
            return None
        offset, said = self.name_offset if self.annual else (0, ())
        ideal = day_of(year + offset, end.month, end.day)
        if year + offset == end.year:
            return Found(end, said)
        found = self.near(ideal)
        return found and Found(found.day, said + found.spans)

    def before(self, end: date, months: int) -> Found | None:
        """The end of the period before the one of ``months`` that ends at ``end`` (its opening balance)."""
        ordinal = end.year * 12 + end.month - 1 - months
        if end.month == 1 and end.day <= 7 and not is_month_end(end):
            ordinal -= 1
            return self.near(month_end(ordinal // 12, ordinal % 12 + 1))
        ideal = day_of(ordinal // 12, ordinal % 12 + 1, end.day)
        return self.near(month_end(ideal.year, ideal.month) if is_month_end(end) else ideal)

    def near(self, ideal: date) -> Found | None:
        """The period end closest to ``ideal``: its month's last day, or for 52/53 weeks the first fitting
        date of the text."""
        weekly, said = self.weekly
        end = self.reporter.period_end
        if end is None:
            return None
        if not weekly:
            return Found(month_end(ideal.year, ideal.month), said)
        for weekday in (end.weekday(), None):
            for day, start, stop in self._dates_between(
                ideal - timedelta(_WINDOW), ideal + timedelta(_WINDOW)
            ):
                if day.weekday() == weekday if weekday is not None else is_month_end(day):
                    return Found(day, (*said, Span(start, stop)))
        return None

    def opening_day(self, day: date) -> date:
        """``day``, or the day before when ``day`` opens a period ("Balance at January 1")."""
        eve = day - timedelta(1)
        weekly, _ = self.weekly
        end = self.reporter.period_end
        if weekly and end is not None:
            return eve if eve.weekday() == end.weekday() and day.weekday() != end.weekday() else day
        return eve if day.day == 1 else day

    def year_name(self, end: date) -> int | None:
        """The name of the fiscal year that ends at ``end``; None when no year of this annual report does."""
        anchor = self.reporter.period_end
        if anchor is None or not self.annual:
            return None
        offset, _ = self.name_offset
        for year in (end.year - offset - 1, end.year - offset, end.year - offset + 1):
            if abs((day_of(year + offset, anchor.month, anchor.day) - end).days) <= _WINDOW:
                return year
        return None

    @cached_property
    def _dates(self) -> list[tuple[date, int, int]]:
        return list(find_dates(self.text))

    @cached_property
    def _sorted(self) -> list[tuple[date, int, int]]:
        first: dict[date, tuple[date, int, int]] = {}
        for found in self._dates:
            first.setdefault(found[0], found)
        return sorted(first.values())

    def _dates_between(self, first: date, last: date) -> list[tuple[date, int, int]]:
        """The first mention of each day of the range, in text order."""
        left = bisect_left(self._sorted, (first, -1, -1))
        right = bisect_left(self._sorted, (last + timedelta(1), -1, -1))
        return sorted(self._sorted[left:right], key=lambda found: found[1])
