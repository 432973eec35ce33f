"""Dates and numbers as values: equal only when they are the same value.

In: how a document writes one. Out: a key that is equal for equal values. What cannot be read is its own key,
so that only the same writing is equal to it.
"""

import re
import unicodedata

_MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
_MONTH = {name[:length]: number for number, name in enumerate(_MONTHS, start=1) for length in (3, len(name))}
_MONTH["sept"] = 9
_WORDS = re.compile(r"\d+(?:st|nd|rd|th)?|[a-z]+", re.ASCII)
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
SCALES = {"thousand": 3, "million": 6, "billion": 9, "trillion": 12, "m": 6, "bn": 9, "k": 3}
_NO_YEAR = "----"
_ERA = re.compile(
    r"(?<![\d,.])\d{4}(?![\d,])|\b\d+ ?(?:bce?|ce|ad)\b"
    r"|(?:\d(?:st|nd|rd|th)|[a-z]+th|first|second|third)[ -]century"
)
_NUMBER = re.compile(r"([-−+]?)\s*([$€£]?)\s*(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?(?![\d,.])\s*(.*)")


def value_key(type_: str, text: str) -> str:
    """The value that ``text`` writes, for ``type_`` "date" or "number"."""
    plain = " ".join(unicodedata.normalize("NFKC", text).casefold().split()).strip(" .,;")
    read = _read_date(plain) if type_ == "date" else _read_number(plain)
    return read or f"text:{plain}"


def stands_alone(type_: str, text: str) -> bool:
    """Whether ``text`` writes the same value in whatever document it stands: a date with its year or century
    does; "May 4", "last year" and "Tuesday" mean what their document makes of them."""
    if type_ != "date":
        return True
    value = value_key(type_, text)
    return bool(_ERA.search(value)) if value.startswith("text:") else not value.startswith(_NO_YEAR)


def _read_date(text: str) -> str | None:
    """The date as "1976-07-04", "1976-07" or "1976"; None for what is no single date."""
    if iso := _ISO.fullmatch(text):
        return _join(int(iso[1]), int(iso[2]), int(iso[3]))
    if re.search(r"\d\s*[-–—/]\s*\d", text):
        return None
    words = [
        word for word in _WORDS.findall(text) if word not in ("the", "of", "on", "in", "year", "ad", "ce")
    ]
    month, day, year = 0, 0, 0
    for word in words:
        digits = re.match(r"\d+", word)
        if not digits:
            if month or word not in _MONTH:
                return None
            month = _MONTH[word]
        elif len(digits[0]) >= 3:
            if year or len(digits[0]) > 4:
                return None
            year = int(digits[0])
        elif day:
            return None
        else:
            day = int(digits[0])
    if not year and not (month and day):
        return None
    return _join(year, month, day) if month or not day else None


def _join(year: int, month: int, day: int) -> str | None:
    if not 0 <= month <= 12 or not 0 <= day <= 31:
        return None
    parts = [f"{year:04d}" if year else _NO_YEAR]
    parts += [f"{month:02d}"] if month else []
    parts += [f"{day:02d}"] if day else []
    return "-".join(parts)


def _read_number(text: str) -> str | None:
    """Digits in plain form with what they count: "1,000 people" is "1000 people"."""
    found = _NUMBER.fullmatch(text)
    if not found:
        return None
    sign, currency, whole, fraction, rest = found.groups()
    scale = 0
    words = rest.split()
    if words and words[0] in SCALES and (len(words[0]) > 2 or currency):
        scale = SCALES[words.pop(0)]
    digits = whole.replace(",", "") + (fraction or ".")[1:].ljust(scale, "0")[:scale]
    rest_fraction = (fraction or ".")[1:][scale:].rstrip("0")
    number = (digits.lstrip("0") or "0") + (f".{rest_fraction}" if rest_fraction else "")
    return " ".join(filter(None, ("-" if sign in ("-", "−") else "", currency, number, *words)))
