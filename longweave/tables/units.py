"""Reads unit notes: what a table says of the power of ten and the currency of its numbers.

``parse_unit_note`` reads "(in millions, except number of shares, which are reflected in thousands, and
per-share amounts)", "£m", "$ in thousands", "Dollars in Millions Except Per Share Data", "Shares (thous.)".
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from longweave.tables.cells import CURRENCIES, SCALE_WORDS
from longweave.tables.model import Span

Measure = Literal["money", "shares", "per_share", "percent", "rate", "count", "time", "ratio", "unknown"]

_SCALE = r"(?:hundred|thousand|million|billion|trillion|crore|lakh)s?"
_MONEY = (
    r"(?:(?:u\.?s\.?\s?|ca|hk|nz|[acsr])?\$|[€£¥₹₩₪]|us dollars?|u\.s\. dollars?|dollars?|euros?"
    r"|pounds?(?: sterling)?|usd|eur|gbp|rmb|yen|francs?)"
)
_IN_SCALE = re.compile(
    r"(?P<subject>[^;:()]{0,60}?)\b(?:(?:expressed|stated|presented|reported|reflected|shown) )?in\s+"
    rf"(?:(?P<money>{_MONEY})\s+)?(?P<scale>{_SCALE})\b(?:\s+of\s+(?P<of>[a-z.\s]{{1,40}}))?",
    re.IGNORECASE,
)
_SHORT = re.compile(
    rf"(?<![\w$])(?P<money>{_MONEY})\s?['’]?"
    r"(?P<mark>(?:mm|mn|mln|m|bn|b|k|thousands?|millions?|billions?)\b|['’]?\s?000['’]?s?\b)"
    r"|\((?:in )?(?P<abbreviated>thous|mill?|bill?)\.?\)"
    r"|(?<![\w.,])(?P<bare>000['’]?s|['’]000s?|millions|thousands|billions)(?!\w)",
    re.IGNORECASE,
)
_SHORT_SCALES = SCALE_WORDS | {"000": 3, "thou": 3, "mill": 6, "bill": 9}
EXCEPT = re.compile(r"\b(?:except|excluding|other than|unless)\b", re.IGNORECASE)
PER_SHARE = re.compile(
    r"\bper[\s-](?:\w+[\s-]){0,3}?(?:share|unit|ads|warrant)s?\b|\b(?:eps|dps)\b",
    re.IGNORECASE,
)
_SHARES = re.compile(r"\b(?:shares?|units?|stock units|awards|options|warrants|rsus?|psus?)\b", re.IGNORECASE)
PERCENT = re.compile(r"(?<!\d)(?<!\d )%|\bper ?cent\b|\bpercent(?:age)?s?\b", re.IGNORECASE)
_MONEY_WORD = re.compile(_MONEY.replace("us dollars?|", ""), re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class UnitNote:
    """A unit statement. ``scale`` is the power of ten of money and of whatever has no exception;
    ``exceptions`` gives measures with another one. ``money_only`` marks "dollars in millions", which says
    nothing of shares. ``span`` is where it stands, None inside the table."""

    scale: int
    currency: str | None = None
    exceptions: tuple[tuple[Measure, int], ...] = ()
    money_only: bool = False
    span: Span | None = None

    def scale_of(self, measure: Measure) -> int:
        """Power of ten for numbers of ``measure``."""
        for exception, scale in self.exceptions:
            if exception == measure:
                return scale
        if measure in ("per_share", "percent", "ratio", "time"):
            return 0
        return self.scale


@lru_cache(maxsize=16_384)
def parse_unit_note(text: str) -> UnitNote | None:
    """The unit statement in ``text``; None when it makes none."""
    if len(text) > 2_000:
        return None
    cut = EXCEPT.search(text)
    main, rest = (text[: cut.start()], text[cut.start() :]) if cut else (text, "")
    stated = list(_scales(main))
    if not stated:
        return None
    exceptions: dict[Measure, int] = {}
    default: tuple[int, str | None, bool] | None = None
    for measure, scale, currency in stated:
        if measure == "shares":
            exceptions.setdefault("shares", scale)
        elif default is None:
            default = (scale, currency, measure == "money")
    if default is None:
        default = (0, None, True)
    scale, currency, money_only = default
    for measure, exception in _exceptions(rest):
        exceptions.setdefault(measure, exception)
    return UnitNote(scale, currency, tuple(exceptions.items()), money_only)


def _scales(text: str) -> list[tuple[Measure, int, str | None]]:
    found: list[tuple[Measure, int, str | None]] = []
    for match in _IN_SCALE.finditer(text):
        subject = match["subject"].rstrip(", ").rpartition(",")[2]
        words = f"{subject} {match['money'] or ''} {match['of'] or ''}"
        scale = SCALE_WORDS[match["scale"].lower().rstrip("s")]
        currency = currency_in(words)
        if PER_SHARE.search(subject):
            continue
        counts_shares = bool(_SHARES.search(f"{subject} {match['of'] or ''}"))
        if counts_shares:
            found.append(("shares", scale, None))
        if currency or not counts_shares:
            found.append(("money" if currency else "unknown", scale, currency))
    if not found:
        for match in _SHORT.finditer(text):
            scale = _SHORT_SCALES[
                (match["mark"] or match["bare"] or match["abbreviated"]).lower().strip("s'’ ")
            ]
            currency = currency_in(match["money"]) if match["money"] else None
            found.append(("money" if currency else "unknown", scale, currency))
    return found


def _exceptions(text: str) -> list[tuple[Measure, int]]:
    """Measures named after "except", each with its own scale if one is given ("shares in thousands")."""
    if not text:
        return []
    found: list[tuple[Measure, int]] = []
    if PER_SHARE.search(text) or "par value" in text.lower():
        found.append(("per_share", 0))
    without = PER_SHARE.sub(" ", text)
    shares = _SHARES.search(without)
    if shares:
        scale = re.search(rf"\bin\s+({_SCALE})\b", without[shares.start() :], re.IGNORECASE)
        found.append(("shares", SCALE_WORDS[scale[1].lower().rstrip("s")] if scale else 0))
    if PERCENT.search(text):
        found.append(("percent", 0))
    if re.search(r"\b(?:count|number|headcount|employee|unit|store)s?\b", without, re.IGNORECASE):
        found.append(("count", 0))
    return found


def currency_in(text: str) -> str | None:
    """ISO code of the first currency sign or word in ``text``."""
    match = _MONEY_WORD.search(text)
    if match is None:
        return None
    mark = match[0].lower().replace(" ", "")
    if "dollar" in mark:
        return "USD"
    if mark.startswith("euro"):
        return "EUR"
    if mark.startswith("pound"):
        return "GBP"
    return CURRENCIES.get(mark.replace("u.s.", "us"), "USD" if "$" in mark else None)
