"""Says from the words of a row or column label what its numbers measure: money, shares, percents, time,
counts.

The words are those of financial reports in English; a label that names none of them is "unknown", and its
numbers then follow the table's unit note.
"""

import re
from functools import lru_cache

from longweave.tables.units import EXCEPT, PER_SHARE, PERCENT, Measure, parse_unit_note

_FLAGS = re.IGNORECASE | re.VERBOSE
_TIME = re.compile(
    r"""\b(?:in\ years|years?\)|term\ \(|life\ \(|months\)|in\ months|in\ days)
      | \((?:in\ )?(?:years|months|days)\)
      | \b(?:remaining|expected|average|contractual|useful)\ (?:\w+\ ){0,2}(?:life|lives|term|period)\b""",
    _FLAGS,
)
_NOT_A_RATE = r"""(?!\ (?:swap|contract|lock|deriv|risk|change|cap|hedg|collar|forward|product|instrument
      |sensitiv|movement|differen|fluct|adjust))"""
_RATE = re.compile(
    rf"""^(?!effect\ |impact\ |change)(?:.*\b)?
      (?:rates?|volatility|yield|risk-free|allocation)\b{_NOT_A_RATE}""",
    _FLAGS,
)
_RATIO = re.compile(rf"\b(?:conversion\ rates?|ratios?|multiples?)\b{_NOT_A_RATE}", _FLAGS)
_COUNT = re.compile(
    r"""\bnumber\ of\b | \b(?:headcount|store\ count|unit\ counts?)\b
      | ^(?:total\ )?(?:employees|stores|restaurants|warehouses|subscribers|memberships|members|customers
        |aircraft|units|facilities|locations|plaintiffs|claimants)$""",
    _FLAGS,
)
_SHARE_COUNT = re.compile(
    r"""\bshares\b(?!['’])
      | \b(?:stock|share)\ (?:options|units|awards)\b
      | \bnumber\ of\ (?:\w+[ -]){0,4}(?:options|awards|units|rsus|psus|stock|warrants)\b
      | \b(?:restricted|performance|unvested|nonvested)\ (?:\w+\ ){0,2}(?:units|awards)\b
      | ^(?:options|awards|units|rsus|psus|warrants|shares|denominator)\b""",
    _FLAGS,
)
_SHARES_FIRST = re.compile(
    r"^(?:\W|number|of|the|weighted|average|total|diluted|basic|common)*\bshares\b", re.IGNORECASE
)
_SHARE_PRICE = re.compile(
    r"""(?<!aggregate\ )(?<!total\ )
      \b(?:exercise|strike|grant[- ]date|market|share|stock|conversion)\ (?:price|(?:date\ )?fair\ value)s?\b
      | \baverage\ price\b | \bprice\ paid\b""",
    _FLAGS,
)
_MONEY_WORDS = re.compile(
    r"""\bpar\ value\b | \bauthorized\b | \bstated\ value\b
      | ^(?:dollar\ )?(?:amounts?|(?:fair|book|carrying|notional|face)\ (?:values?|amounts?)|costs?
        |principal(?:\ amounts?)?)$""",
    _FLAGS,
)
_COUNTED_SHARES = re.compile(
    r"^\)?\s*(?:and \S+ )?(?:\w+ ){0,3}(?:shares|issued|authorized|outstanding)\b", re.IGNORECASE
)
_CLAUSE = re.compile(r"[,;.](?= )")
_ASIDE = re.compile(r"\([^()]*\)")


@lru_cache(maxsize=65_536)
def measure_after(words: str) -> Measure:
    """What the words that follow a number inside a sentence say it measures: "5 shares authorized", "$1 par
    value"."""
    clause = _CLAUSE.split(words)[0]
    if PER_SHARE.search(clause) or "par value" in clause.lower():
        return "per_share"
    return "shares" if _COUNTED_SHARES.search(clause) else "unknown"


@lru_cache(maxsize=65_536)
def measure_of(label: str) -> Measure:
    """What the words of a row or column label say its numbers measure; "unknown" when they do not say.

    Asides in parentheses with digits or a unit note in them ("($4.45 per share)") are no part of the name.
    """
    label = _ASIDE.sub(_keep_aside, label)
    if parse_unit_note(label) is not None and EXCEPT.search(label):
        return "unknown"
    if _MONEY_WORDS.search(label):
        return "money"
    if _SHARES_FIRST.search(label):
        return "shares"
    if PER_SHARE.search(label) or _SHARE_PRICE.search(label):
        return "per_share"
    if PERCENT.search(label):
        return "percent"
    if _TIME.search(label):
        return "time"
    if _RATIO.search(label):
        return "ratio"
    if _RATE.search(label):
        return "rate"
    if _SHARE_COUNT.search(label):
        return "shares"
    return "count" if _COUNT.search(label) else "unknown"


def _keep_aside(aside: re.Match[str]) -> str:
    words = aside[0]
    return " " if any(c.isdigit() for c in words) or parse_unit_note(words) is not None else words
