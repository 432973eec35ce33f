"""Tells the cells that name a time: a day, a month, a fiscal period, a year that heads a column."""

import re
from datetime import date

from longweave.tables.dates import MONTH
from longweave.tables.model import CellValue

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_YEAR = r"(?P<year>1[5-9]\d\d|20\d\d)"
_DAY = r"(?P<day>[0-3]?\d)(?:st|nd|rd|th)?"
_NUMBER = r"(?P<number>[01]?\d)"
_DATES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{MONTH}\s*{_DAY}\s*,?\s*{_YEAR}",
        rf"{_DAY}\s*{MONTH}\s*,?\s*{_YEAR}",
        rf"{MONTH}\s*,?\s*{_YEAR}",
        rf"{_YEAR}[-/.]{_NUMBER}[-/.]{_DAY}",
        rf"{_NUMBER}[-/.]{_DAY}[-/.]{_YEAR}",
        rf"{_DAY}[-/.]{_NUMBER}[-/.]{_YEAR}",
        rf"{_YEAR}\s*,\s*{MONTH}\s*{_DAY}",
        rf"{MONTH}\s*{_DAY}",
        rf"{_DAY}\s*{MONTH}",
        rf"{_NUMBER}/{_DAY}/\d\d",
        r"[01]\d/\d\d",
        MONTH,
    )
)
_LENGTHS = r"(?:three|six|nine|twelve|[369]|1[23]|26|39|5[23])"
_PERIOD = re.compile(
    rf"""(?:(?:fiscal|fy|cy|calendar)\s?(?:year\s)?(?:['’]?\d\d|{_YEAR})
      | [1-4]?q[1-4]?[\s'’-]*(?:fy)?\s?(?:\d\d|(?:19|20)\d\d)
      | (?:first|second|third|fourth|1st|2nd|3rd|4th)\ quarter(?:\s(?:of\s)?(?:fiscal\s)?(?:19|20)\d\d)?
      | h[12]\s?(?:19|20)?\d\d
      | (?:for\s)?(?:the\s)?(?:fiscal\s)?(?:{_LENGTHS}[\s-]?(?:months?|weeks?)|years?|quarters?)
        (?:\s(?:period|periods))?\sended\b.{{0,60}}
      | (?:19|20)\d\d[/–-](?:19|20)?\d\d)[ae]?""",
    re.IGNORECASE | re.VERBOSE,
)
_HEADING_YEAR = re.compile(r"(?:19|20)\d\d\s?(?:\(\w\)|[*†‡§]+)?")
_LENGTH = re.compile(r"\d+ (?:weeks|months|days)", re.IGNORECASE)
_WORDS = re.compile(
    rf"\b(?:months?|weeks?|quarters?|years?|fiscal|period|as (?:of|at)|at|ended|ending|{MONTH}"
    r"|(?:19|20)\d\d)\b",
    re.IGNORECASE,
)
_SECTION = re.compile(
    rf"""(?:for\ the\ |as\ of\ |at\ |balances?\ (?:as\ of|at)\ )?(?:\w+\ )?
        (?:{_LENGTHS}[-\ ](?:months?|weeks?)|(?:fiscal\ )?(?:years?|quarter)s?)\b.*
      | (?:fiscal\ )?(?:19|20)\d\d:? | (?:as\ of\ |at\ )?\w+\ \d{{1,2}},\ (?:19|20)\d\d:?""",
    re.IGNORECASE | re.VERBOSE,
)


def type_time(text: str) -> CellValue | None:
    """The cell as a date or fiscal period; None when it names neither. A bare year is a number."""
    text = text.rstrip(" ,:")
    if any(pattern.fullmatch(text) for pattern in _DATES):
        return CellValue("date", when=parse_date(text))
    return CellValue("period") if _PERIOD.fullmatch(text) else None


def parse_date(text: str) -> date | None:
    """The day that ``text`` names; None when it names none, or no year."""
    for pattern in _DATES:
        found = pattern.fullmatch(text)
        if found is None:
            continue
        parts = found.groupdict()
        if not parts.get("year") or not parts.get("day"):
            return None
        number = parts.get("number")
        month = int(number) if number else _MONTHS.index(parts["month"][:3].lower()) + 1
        try:
            return date(int(parts["year"]), month, int(parts["day"]))
        except ValueError:
            continue
    return None


def is_year(text: str) -> bool:
    """Whether a cell is a bare year, which heads a column rather than filling it; a mark may follow."""
    return bool(_HEADING_YEAR.fullmatch(text))


def is_length(text: str) -> bool:
    """Whether a cell is a bare length of time ("52 weeks")."""
    return bool(_LENGTH.fullmatch(text))


def speaks_of_time(text: str) -> bool:
    """Whether a date, a year or a word for a period is among the words of ``text``."""
    return bool(_WORDS.search(text))


def opens_period(label: str) -> bool:
    """Whether a label without numbers says that the rows under it are of one period."""
    return bool(_SECTION.fullmatch(label))
