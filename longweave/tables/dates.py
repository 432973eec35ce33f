"""Dates, years and durations as English documents write them: text in, what it says out.

``read_clues`` is the whole reading of one text; ``find_dates`` gives every full date with its span. Nothing
here knows a document or a table; ``periods.py`` puts clues from several places together.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

LONGEST = 500
_MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_FULL_DATE = re.compile(
    rf"\b{MONTH}\s{{0,5}}(?P<day>[0-3]?\d)(?:st|nd|rd|th)?\s{{0,5}},?\s{{0,5}}(?P<year>(?:19|20)\d\d)(?!\d)",
    re.I,
)
_DAY_FIRST = re.compile(rf"\b(?P<day>[0-3]?\d)\s{{1,5}}{MONTH},?\s{{1,5}}(?P<year>(?:19|20)\d\d)\b", re.I)
_SLASHED = re.compile(r"(?<![\d/])(?P<month>[01]?\d)/(?P<day>[0-3]?\d)/(?P<year>(?:19|20)?\d\d)(?![\d/])")
_MONTH_DAY = re.compile(rf"\b{MONTH}\s+(?P<day>[0-3]?\d)(?:st|nd|rd|th)?(?!\d)", re.I)
_YEAR = re.compile(r"(?<![\d,.$€£/-])(?P<year>(?:19|20)\d\d)(?![\d%/]|[,.]\d|-\d)")
_SHORT_YEAR = re.compile(r"\b(?:fy|fiscal)\s?['’]?(?P<year>\d\d)\b|[’'](?P<short>\d\d)\b", re.I)
_QUARTER = re.compile(
    r"\b(?:q(?P<n>[1-4])\b|(?P<n2>[1-4])q|(?P<word>first|second|third|fourth|1st|2nd|3rd"
    r"|4th)(?:\s+fiscal)?\s+quarter)",
    re.I,
)
_QUARTER_WORDS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "1st": 1, "2nd": 2, "3rd": 3, "4th": 4}
_DURATIONS = (
    (
        3,
        re.compile(
            r"\b(?:three|3)[\s-]+months?\b|\b(?:thirteen|fourteen|1[2346])[\s-]+weeks?\b|\bquarters?\b"
            r"|\bquarterly\b",
            re.I,
        ),
    ),
    (
        6,
        re.compile(r"\b(?:six|6)[\s-]+months?\b|\b(?:twenty[\s-]+six|26)[\s-]+weeks?\b|\bfirst half\b", re.I),
    ),
    (9, re.compile(r"\b(?:nine|9)[\s-]+months?\b|\b(?:thirty[\s-]+nine|39)[\s-]+weeks?\b", re.I)),
    (
        12,
        re.compile(
            r"\b(?:twelve|12)[\s-]+months?\b|\b(?:fifty[\s-]+(?:two|three)|5[23])[\s-]+weeks?\b"
            r"|\b(?:fiscal|calendar|full)?[\s-]*years?[\s-]+(?:then[\s-]+)?end(?:ed|ing)\b"
            r"|\bfor (?:the )?(?:fiscal )?years?\b"
            r"|\bannual\b|\bfull[\s-]year\b",
            re.I,
        ),
    ),
)
_INSTANT = re.compile(r"\b(?:as of|as at|at|balances?)\b(?! least| cost| fair)", re.I)


@dataclass(frozen=True, slots=True)
class Clues:
    """What a text says about time; every part may be missing. ``dates`` are its full dates in order,
    ``months`` the lengths it names, ``quarter`` 1–4, ``instant`` whether it says "as of" or "at"."""

    dates: tuple[date, ...] = ()
    month_day: tuple[int, int] | None = None
    years: tuple[int, ...] = ()
    months: tuple[int, ...] = ()
    quarter: int | None = None
    instant: bool = False

    @property
    def empty(self) -> bool:
        """Whether the text says nothing about time."""
        return not (self.dates or self.month_day or self.years or self.months or self.quarter)


@lru_cache(maxsize=16384)
def read_clues(text: str) -> Clues:
    """The clues of ``text``; only its first ``LONGEST`` characters count."""
    text = text[:LONGEST]
    if not _MAY_TELL.search(text):
        return Clues()
    dates = tuple(day for day, _, _ in find_dates(text))
    rest = _FULL_DATE.sub(" ", _DAY_FIRST.sub(" ", _SLASHED.sub(" ", text)))
    month_days = [
        (_month(m["month"]), int(m["day"])) for m in _MONTH_DAY.finditer(rest) if 1 <= int(m["day"]) <= 31
    ]
    rest = _MONTH_DAY.sub(" ", rest)
    years = [int(m["year"]) for m in _YEAR.finditer(rest)]
    if not years and not dates:
        years = [2000 + int(m["year"] or m["short"]) for m in _SHORT_YEAR.finditer(rest)]
    quarter = _QUARTER.search(rest)
    number = None
    if quarter is not None:
        number = int(quarter["n"] or quarter["n2"] or _QUARTER_WORDS[quarter["word"].lower()])
    months = tuple(length for length, pattern in _DURATIONS if pattern.search(rest))
    if number is not None and not months:
        months = (3,)
    return Clues(
        dates=dates,
        month_day=month_days[-1] if month_days else None,
        years=tuple(dict.fromkeys(years)),
        months=months,
        quarter=number,
        instant=_INSTANT.search(rest) is not None,
    )


_MAY_TELL = re.compile(
    r"\d\d|month|week|quarter|\byear|annual|first half|\bq[1-4]|\b[1-4]q|january|february|march|april|june"
    r"|july|august|december"
    r"|september|october|november",
    re.I,
)


def find_dates(text: str) -> Iterator[tuple[date, int, int]]:
    """Every full date of ``text`` with its character span, in text order."""
    found: list[tuple[int, int, date]] = []
    for pattern in (_FULL_DATE, _DAY_FIRST, _SLASHED):
        for match in pattern.finditer(text):
            day = _date_of(match)
            if day is not None and not any(s < match.end() and match.start() < e for s, e, _ in found):
                found.append((match.start(), match.end(), day))
    for start, end, day in sorted(found):
        yield day, start, end


@lru_cache(maxsize=16384)
def strip_time(text: str) -> str:
    """``text`` without what it says about time: the rest of a column header tells one column from its
    neighbours."""
    text = text[:LONGEST]
    for pattern in (_FULL_DATE, _DAY_FIRST, _SLASHED, _MONTH_DAY, _QUARTER):
        text = pattern.sub(" ", text)
    for _, pattern in _DURATIONS:
        text = pattern.sub(" ", text)
    text = _SHORT_YEAR.sub(" ", _YEAR.sub(" ", text))
    text = _TIME_WORDS.sub(" ", text)
    return " ".join(text.split()).strip(" ,:;–—-")


_TIME_WORDS = re.compile(
    r"\b(?:(?:fiscal|calendar|for|the|as|of|at|on|and|years?|months?|weeks?|periods?|end(?:ed|ing)?|then"
    r"|fy|quarters?|quarterly|annual)\b[\s,:]*)+$"
    r"|^\s*(?:(?:fiscal|calendar|for|the|as|of|at|on|years?|months?|weeks?|periods?|end(?:ed|ing)?|fy"
    r"|quarters?)\b[\s,:]*)+",
    re.I,
)


def month_end(year: int, month: int) -> date:
    """The last day of a month."""
    following = date(year + month // 12, month % 12 + 1, 1)
    return date.fromordinal(following.toordinal() - 1)


def is_month_end(day: date) -> bool:
    """Whether ``day`` is the last of its month."""
    return day == month_end(day.year, day.month)


def day_of(year: int, month: int, day: int) -> date:
    """The date, or the last day of the month when it has no such day (February 29)."""
    return (
        min(date(year, month, 1).replace(day=min(day, 28)), month_end(year, month))
        if day <= 28
        else date(year, month, min(day, month_end(year, month).day))
    )


def _month(name: str) -> int:
    return _MONTH_NAMES.index(name[:3].lower()) + 1


def _date_of(match: re.Match[str]) -> date | None:
    name, day, year = match["month"], int(match["day"]), int(match["year"])
    month = int(name) if name.isdigit() else _month(name)
    year += 2000 if year < 100 else 0
    try:
        return date(year, month, day)
    except ValueError:
        return None
