"""Types the text of one cell: number, percent, nil, date, period, or words.

``type_cell(text)`` reads a number as printed: "(1,234)" and "−5" are negative, "$ 1,452.4" carries a
currency, "1,234(1)" and "5.2*" a footnote mark, "$1.5 billion" a scale of its own, "—" stands for nil. Some
sources print a negative twice ("-4 ( 4 )") or a percent twice ("27% ( 27 % )"); both count once. Ranges
("12–15") and sentences are text; ``find_numbers`` finds the numbers inside those.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from longweave.tables.model import CellKind, CellValue, Span
from longweave.tables.times import type_time

CURRENCIES = {
    "$": "USD", "us$": "USD", "u.s.$": "USD", "usd": "USD", "€": "EUR", "eur": "EUR", "£": "GBP",
    "gbp": "GBP", "¥": "JPY", "jpy": "JPY", "cny": "CNY", "rmb": "CNY", "chf": "CHF", "a$": "AUD",
    "aud": "AUD", "c$": "CAD", "ca$": "CAD", "cad": "CAD", "hk$": "HKD", "s$": "SGD", "nz$": "NZD",
    "r$": "BRL", "₹": "INR", "inr": "INR", "rs.": "INR", "rs": "INR", "₩": "KRW", "sek": "SEK", "nok": "NOK",
    "dkk": "DKK", "₪": "ILS",
}  # fmt: skip
SCALE_WORDS = {
    "hundred": 2, "thousand": 3, "million": 6, "billion": 9, "trillion": 12, "lakh": 5, "crore": 7, "k": 3,
    "m": 6, "mm": 6, "mn": 6, "mln": 6, "bn": 9, "b": 9, "tn": 12, "mil": 6, "bil": 9,
}  # fmt: skip
DASHES = "-‐‑‒–—―−"
_MINUS = "[-‐‑‒–—―−]"
_CURRENCY = (
    r"(?:(?:u\.?s\.?|ca|hk|nz|[acsr])?\$|[€£¥₹₩₪]"
    r"|(?:usd|eur|gbp|jpy|cny|rmb|chf|aud|cad|inr|sek|nok|dkk|rs\.?)\b)"
)
_DIGITS = r"(?:\d{1,3}(?:,\d{2,3})+(?:\.\d+)?|\d{1,3}(?: \d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)"
_PLAIN = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_FOOTNOTE = r"(?:\s?(?:\(\s*(?:[a-z]|\d|[ivx]{1,3})\s*\)|\[\s*\w{1,3}\s*\]|[*†‡§¶#^¹²³⁴⁵⁶⁷⁸⁹]+))"
_UNIT = (
    r"(?:km|cm|mm|m|ft|in|mi|kg|g|lb|lbs|psi|hp|kw|mw|kwh|mwh|km/h|mph|sq mi|acres?|ha|years?|yrs?|months?"
    r"|weeks?|days?|hours?|hrs?|minutes?|min|seconds?|sec|s|times|x|bps|bp|basis points|pts|points|shares"
    r"|units)"
)
# A bare "m" is a metre unless a currency stands before it; "MM" is a million in capitals alone.
_SCALE = (
    r"(?:\s?(?:trillion|billion|million|thousand|crore|lakh|mln|mn|bn|tn|mm(?<=MM))\b"
    r"|(?(currency)\s?(?:mm|m|b|k)\b|(?!)))"
)
_NUMBER = re.compile(
    rf"(?P<open>\(\s*)?(?P<minus>{_MINUS}\s?|\+\s?)?(?P<currency>{_CURRENCY}\s*)?"
    rf"(?P<open2>\(\s*)?(?P<minus2>{_MINUS}\s?)?(?P<currency2>{_CURRENCY}\s*)?(?P<digits>{_DIGITS})"
    rf"(?P<scale>{_SCALE})?(?P<percent>\s*(?:%|percent\b|per cent\b))?(?P<close>\s*\))?"
    rf"(?P<percent2>\s*%)?(?P<close2>\s*\))?(?P<code>\s*{_CURRENCY})?(?P<unit>\s?{_UNIT}\b)?"
    rf"(?P<notes>{_FOOTNOTE}*)\.?",
    re.IGNORECASE,
)
_DOUBLED = re.compile(r"(?P<first>[^()]*[^()\s])\s*\(\s*(?P<second>[^()]*[^()\s])\s*\)\s*%?")
_ORDINAL = re.compile(r"(\d{1,4})\s?(?:st|nd|rd|th)\b", re.IGNORECASE)
_CONVERTED = re.compile(r"(?P<first>[^()]*\d[^()]*?)\s*\((?P<second>[^()]*\d[^()]*)\)")
_NIL = re.compile(
    rf"(?:{_CURRENCY}\s*)?(?:{_MINUS}+|nil|none)(?:\s*%)?(?P<notes>{_FOOTNOTE}*)", re.IGNORECASE
)
_MISSING = re.compile(
    rf"(?:n\.?/?\s?a\.?|n/?m|nmf|not meaningful|not applicable|\*{{1,3}}|\.\.\.|…)(?:{_FOOTNOTE}*)",
    re.IGNORECASE,
)
_EMBEDDED = re.compile(
    rf"(?:(?<![\w.,/&-]){_CURRENCY}\s*\(\s*{_PLAIN}\s*\)|(?<![\w.,/&-])(?:{_CURRENCY}\s*)?{_PLAIN})"
    r"(?:\s?%|\s?(?:million|billion|thousand|trillion|mm|bn)\b|(?![\w/]))",
    re.IGNORECASE,
)

_EMPTY = CellValue("empty")
_TEXT = CellValue("text")
_NULL = CellValue("nil", 0.0)
_LONGEST_NUMBER = 80


@lru_cache(maxsize=65_536)
def type_cell(text: str) -> CellValue:
    """What the clean text of a cell says; ``kind`` is "text" for words, sentences and ranges."""
    text = text.strip()
    if not text:
        return _EMPTY
    if len(text) > _LONGEST_NUMBER:
        return _TEXT
    if text[0] in DASHES and (nil := _NIL.fullmatch(text)):
        return CellValue("nil", 0.0, footnotes=_footnotes(nil["notes"]))
    if not any(character.isdigit() for character in text):
        return _type_without_digits(text)
    return _type_doubled(text) or _type_number(text) or type_time(text) or _type_converted(text) or _TEXT


def find_numbers(text: str) -> Iterator[tuple[Span, CellValue]]:
    """The numbers inside the words of ``text`` with their spans in it, in order."""
    for found in _EMBEDDED.finditer(text):
        typed = type_cell(found[0])
        if typed.value is not None:
            yield Span(found.start(), found.end()), typed


def currency_of(mark: str) -> str | None:
    """ISO code of a currency symbol or code as printed; None when it is none."""
    return CURRENCIES.get("".join(mark.lower().split()))


def _type_without_digits(text: str) -> CellValue:
    nil = _NIL.fullmatch(text)
    if nil is not None:
        notes = _footnotes(nil["notes"])
        return CellValue("nil", 0.0, footnotes=notes) if notes else _NULL
    if _MISSING.fullmatch(text):
        return CellValue("nil")
    return type_time(text) or _TEXT


def _type_number(text: str) -> CellValue | None:
    found = _NUMBER.fullmatch(text)
    if found is None:
        ordinal = _ORDINAL.fullmatch(text)
        return CellValue("number", float(ordinal[1])) if ordinal else None
    if found["code"] and found["unit"]:
        return None
    opened = bool(found["open"]) + bool(found["open2"])
    closed = bool(found["close"]) + bool(found["close2"])
    if closed > opened or (opened > closed and found["digits"].count(".") > 1):
        return None
    digits = found["digits"].replace(",", "").replace(" ", "")
    value = float(digits)
    minus = (found["minus"] or "").strip() + (found["minus2"] or "").strip()
    if opened or (minus and minus != "+"):
        value = -value
    currency = next(
        (currency_of(mark) for mark in (found["currency"], found["currency2"], found["code"]) if mark), None
    )
    scale = SCALE_WORDS[found["scale"].strip().lower()] if found["scale"] else 0
    decimals = len(digits.partition(".")[2])
    percent = found["percent"] or found["percent2"]
    kind: CellKind = "percent" if percent else "number"
    return CellValue(kind, value, decimals, scale, currency, footnotes=_footnotes(found["notes"]))


def _type_doubled(text: str) -> CellValue | None:
    found = _DOUBLED.fullmatch(text)
    if found is None:
        return None
    first, second = _type_number(found["first"]), _type_number(found["second"])
    if first is None or second is None or first.value is None or second.value is None:
        return None
    return first if abs(first.value) == abs(second.value) else None


def _type_converted(text: str) -> CellValue | None:
    """A number with its conversion or a remark in parentheses: "163 km (101 mi)"."""
    found = _CONVERTED.fullmatch(text)
    return _type_number(found["first"].strip()) if found else None


def _footnotes(marks: str | None) -> tuple[str, ...]:
    if not marks or not marks.strip():
        return ()
    return tuple(re.findall(r"\w+|[^\w\s()\[\]]", marks))
