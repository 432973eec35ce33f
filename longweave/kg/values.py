"""Dates and amounts as the text writes them, for arithmetic done by code."""

import re
from dataclasses import dataclass

from longweave.kg.records import EntityType
from longweave.kg.resolve.values import value_key

AMOUNT = re.compile(r"\d[\d,]*(?:\.\d+)?(?: (?:thousand|million|billion|trillion))?", re.IGNORECASE)
"""Where a text writes an amount, its unit aside."""
_DATE_KEY = re.compile(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?")
_NUMBER_KEY = re.compile(r"(?P<sign>- )?(?P<currency>[$€£] )?(?P<digits>\d+(?:\.\d+)?)(?: (?P<unit>\D*))?")


@dataclass(frozen=True, slots=True)
class Number:
    """An amount of ``unit`` (currency and what is counted); for a date days or years."""

    value: float
    unit: str


def read_date(text: str) -> tuple[int, int, int] | None:
    """Year, month and day that ``text`` writes; month and day are 0 where it does not say. None if it is no
    single date with a year."""
    match = _DATE_KEY.fullmatch(value_key("date", text))
    if match is None:
        return None
    year, month, day = (int(part or 0) for part in match.groups())
    return year, month, day


def year_of(text: str) -> int | None:
    """The year of the date that ``text`` writes."""
    read = read_date(text)
    return read[0] if read else None


def read_number(text: str) -> Number | None:
    """The amount that ``text`` writes; None if it is none."""
    match = _NUMBER_KEY.fullmatch(value_key("number", text))
    if match is None:
        return None
    unit = f"{(match['currency'] or '').strip()} {(match['unit'] or '').strip()}".strip()
    return Number(float(match["digits"]) * (-1 if match["sign"] else 1), unit)


def order_of(type_: EntityType, text: str) -> Number | None:
    """What values of one type are compared by."""
    if type_ == "number":
        return read_number(text)
    read = read_date(text)
    if read is None:
        return None
    precision = "day" if read[2] else "month" if read[1] else "year"
    return Number(read[0] * 10_000 + read[1] * 100 + read[2], precision)
