"""Numbers in an answer: each mention with its sign, scale, percent and currency, and which one is meant.

Thousands separators are commas (or narrow spaces) and the decimal mark is a point; European notation
(``1.234,56``) is not supported and reads as several numbers. Parentheses and words of decrease make a
number negative; ``loss`` leaves its sign open.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isclose

from longweave.synth.answers.units import CURRENCIES, SCALES, GoldUnit

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\.?"
)
_NOT_VALUES = re.compile(
    rf"\b{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?(?:\s*,?\s*(?:19|20)\d\d)?\b"
    rf"|\b\d{{1,2}}(?:st|nd|rd|th)?\s+{_MONTH}(?:\s*,?\s*(?:19|20)\d\d)?\b"
    rf"|\b{_MONTH}\s+(?:19|20)\d\d\b"
    r"|\b(?:19|20)\d\d-\d\d-\d\d\b|\b\d{1,2}/\d{1,2}/(?:\d\d){1,2}\b"
    r"|\b(?:19|20)\d\d\s*[-–/]\s*(?:19|20)?\d\d\b"
    r"|\b(?:fy|fiscal(?:\s+years?)?|years?|q[1-4]|[1-4]q)\s*['’]?(?:19|20)?\d\d\b"
    r"|\b[qh][1-4]\b|\b10-[kq](?:/a)?\b"
    r"|\b(?:note|item|table|page|document|step|exhibit|section|footnote)s?\s+\d+\w?\b"
    r"|\[\d+\]|\b\d+(?:st|nd|rd|th)\b",
    re.IGNORECASE,
)
_CURRENCY = "|".join(sorted((re.escape(name) for name in CURRENCIES if len(name) < 4), key=len, reverse=True))
_SCALE = r"thousands?|millions?|billions?|trillions?|mn|mln|mm|bn|bln|tn"
_NUMBER = re.compile(
    rf"(?P<paren>\(\s*)?(?P<minus>(?<![\w)%])[-−–]\s*|\b(?:minus|negative)\s+)?"
    rf"(?:(?<![a-z])(?P<currency>{_CURRENCY})\s*)?(?P<inner>\(\s*|[-−–]\s*)?"
    r"(?<![\w.,])(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)"
    r"(?P<exponent>e[+-]?\d{1,2}\b|\s*[x×*]\s*10\s*\^?\s*\{?[-−]?\d{1,2}\}?)?"
    r"(?P<short>(?:k|m|b|t)\b)?(?P<close>\s*\))?"
    r"(?P<percent>\s*(?:%|percentage[\s-]points?|percent\b|per\s?cent\b|pp\b|p\.p\.))?"
    r"(?P<basis>\s*(?:bps\b|basis[\s-]points?))?"
    rf"(?P<scale>[\s-]*(?:{_SCALE})\b)?(?P<late_close>\s*\))?"
    r"(?:\s*(?:of\s+)?(?P<after>u\.?s\.?\s+dollars?|dollars?|euros?|pounds?(?:\s+sterling)?|yen|yuan|rupees?"
    r"|francs?|won|usd|eur|gbp|jpy|cny|rmb|chf|cad|aud|inr)\b)?"
    rf"(?P<scale_late>\s*(?:{_SCALE})\b)?"
    r"(?P<over>\s*[/:]\s*\d+(?:\.\d+)?(?![\d,/]))?"
    r"(?P<percent_late>\s*%)?",
    re.IGNORECASE,
)
_SCALE_NOTE = re.compile(
    rf"\bin\s+(?:u\.?s\.?\s+dollars?,?\s+|usd\s+|\$\s*)?(?P<scale>{_SCALE})\b", re.IGNORECASE
)
_NEGATED = re.compile(
    r"\b(?:not|rather than|instead of|isn't|never)\s+(?:exactly\s+|about\s+)?$", re.IGNORECASE
)
_DECREASE = re.compile(
    r"\b(?:decreas\w*|declin\w*|drop(?:ped|s)?|fell|fall(?:s|en)?|down|lower|reduc\w*|shr[aiu]nk\w*)\b[^.;\d]{0,40}$",
    re.IGNORECASE,
)
_DECREASE_AFTER = re.compile(r"^\s*(?:decrease|decline|drop|reduction|lower)\b", re.IGNORECASE)
_LOSS = re.compile(r"\b(?:loss|losses|deficit|outflow)\b[^.;\d]{0,30}$", re.IGNORECASE)
_COMPARED = re.compile(
    r"\s*[,(]?\s*\b(?:compared\s+(?:to|with)|versus|vs\.?|up\s+from|down\s+from|out\s+of|from"
    r"|of(?=\s+(?:the\s+)?\d))\b",
    re.IGNORECASE,
)
_COPULA = re.compile(r"\b(?:is|was|were|are|equals|totals|totaled|amounts to|comes to)\b", re.IGNORECASE)
_EQUALS = re.compile(r"[=≈]")
_UP_TO_TWENTY = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen twenty"
)
_WORDS = _UP_TO_TWENTY.split()
_WORD_NUMBER = re.compile(rf"\b(?:{'|'.join(_WORDS)}|none)\b", re.IGNORECASE)
_UP_TO_TENTH = "zeroth first second third fourth fifth sixth seventh eighth ninth tenth"
_ORDINALS = _UP_TO_TENTH.split()
_ORDINAL = re.compile(rf"\b(?:(\d+)(?:st|nd|rd|th)|({'|'.join(_ORDINALS)}))\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Mention:
    """A number as written. ``value`` has its sign and its own scale word applied; a percent keeps its printed
    number. ``sign_open`` if it may be meant with either sign, ``decimals`` are those shown."""

    value: float
    decimals: int
    scaled: bool = False
    percent: bool = False
    currency: str | None = None
    sign_open: bool = False
    year: bool = False
    start: int = 0


def read_numbers(text: str) -> list[Mention]:
    """All numbers of ``text`` that can be values: no dates, fiscal periods, ordinals, or denied numbers."""
    text = re.sub(r"(?<=\d)[\u00a0\u202f\u2009](?=\d{3}\b)", ",", text)
    masked = _NOT_VALUES.sub(lambda match: _mask(match.group()), text)
    note = _SCALE_NOTE.search(masked)
    found: list[Mention] = []
    for match in _NUMBER.finditer(masked):
        if not _NEGATED.search(masked[: match.start()]):
            found.append(_mention(match, masked, note))
    return found or _read_words(text)


def _read_words(text: str) -> list[Mention]:
    """Numbers in words up to twenty, else ordinals ("3rd", "third")."""
    words = [word.group().lower() for word in _WORD_NUMBER.finditer(text)]
    if words:
        return [Mention(0.0 if word == "none" else float(_WORDS.index(word)), 0) for word in words]
    return [
        Mention(float(digits) if digits else float(_ORDINALS.index(word.lower())), 0)
        for digits, word in _ORDINAL.findall(text)
    ]


def choose_number(text: str, unit: GoldUnit, expects_year: bool) -> list[Mention]:
    """The number that ``text`` gives as its answer: one mention, or several that differ if it is not clear.

    Years are passed over unless one is expected; numbers of the unit's own kind come before others; the
    result of an equation before its terms; the statement before what it is compared with.
    """
    equals = list(_EQUALS.finditer(text))
    if equals and (after := read_numbers(text[equals[-1].end() :])):
        return _distinct(_of_kind(after, unit, expects_year)[:1])
    compared = _COMPARED.search(text)
    numbers = read_numbers(text if compared is None else text[: compared.start()]) or read_numbers(text)
    kept = _of_kind(numbers, unit, expects_year)
    copulas = list(_COPULA.finditer(text))
    if len(_distinct(kept)) > 1 and len(copulas) == 1:
        kept = [n for n in kept if n.start > copulas[0].start()] or kept
    return _distinct(kept)


def _of_kind(numbers: Sequence[Mention], unit: GoldUnit, expects_year: bool) -> list[Mention]:
    kept = list(numbers) if expects_year else [n for n in numbers if not n.year] or list(numbers)
    own = [n for n in kept if n.percent == unit.percent]
    if len(kept) > 1 and own:
        kept = own
    with_currency = [n for n in kept if n.currency]
    return with_currency if unit.currency and len(kept) > 1 and with_currency else kept


def _distinct(numbers: Sequence[Mention]) -> list[Mention]:
    kept: list[Mention] = []
    for number in numbers:
        if not any(_same(number, other) for other in kept):
            kept.append(number)
    return kept


def _same(one: Mention, other: Mention) -> bool:
    return one.percent == other.percent and any(
        isclose(one.value * shift, other.value, rel_tol=5e-3)
        for shift in (1.0, 1e3, 1e-3, 1e6, 1e-6, 1e9, 1e-9)
    )


def _mention(match: re.Match[str], text: str, note: re.Match[str] | None) -> Mention:
    digits = match.group("digits").replace(",", "")
    value = float(digits) * _power(match.group("exponent"))
    scale_word = match.group("scale") or match.group("scale_late") or match.group("short")
    scaled = scale_word is not None or match.group("exponent") is not None
    if scale_word is not None:
        value *= SCALES[scale_word.strip(" \t\n-").lower().removesuffix("s")]
    elif note is not None and match.start() < note.start() and "." not in text[match.end() : note.start()]:
        value *= SCALES[note.group("scale").lower().removesuffix("s")]
        scaled = True
    over = match.group("over")
    if over is not None and float(over.strip(" /:")):
        value /= float(over.strip(" /:"))
    percent = match.group("percent") or match.group("percent_late") or match.group("basis")
    if match.group("basis"):
        value /= 100
    currency = (match.group("currency") or match.group("after") or "").lower()
    mention = Mention(
        value=value,
        decimals=len(digits.partition(".")[2]),
        scaled=scaled,
        percent=percent is not None,
        currency=_currency(currency),
        year=not scaled
        and not percent
        and not currency
        and re.fullmatch(r"(?:19|20)\d\d", digits) is not None,
        start=match.start(),
    )
    return _signed(mention, match, text)


def _signed(mention: Mention, match: re.Match[str], text: str) -> Mention:
    before, after = text[: match.start()], text[match.end() :]
    closed = match.group("close") or match.group("late_close")
    in_parens = closed is not None and (
        match.group("paren") is not None or (match.group("inner") or "").startswith("(")
    )
    minus = match.group("minus") or (match.group("inner") or "").startswith(("-", "−", "–"))
    if minus:
        bullet = not before.strip() and re.match(r"[-−–]\s", match.group().lstrip()) is not None
        return replace(mention, value=-mention.value, sign_open=bullet)
    if in_parens:
        alone = not before.strip() and not after.strip()
        restated = match.group("paren") is not None and re.search(r"\d\s*[%\w]*\s*$", before) is not None
        return mention if restated else replace(mention, value=-mention.value, sign_open=alone)
    if _DECREASE.search(before) or _DECREASE_AFTER.match(after):
        return replace(mention, value=-mention.value)
    return replace(mention, sign_open=_LOSS.search(before) is not None)


def _power(exponent: str | None) -> float:
    if exponent is None:
        return 1.0
    power = re.search(r"[-−+]?\d{1,2}\}?$", exponent)
    return 10.0 ** int(power.group().strip("}").replace("−", "-")) if power else 1.0


def _currency(name: str) -> str | None:
    if not name:
        return None
    last = name.split()[0] if name.startswith("pound") else name.split()[-1]
    return CURRENCIES.get(last) or CURRENCIES.get(last.removesuffix("s"))


def _mask(text: str) -> str:
    return "".join(" " if c.isdigit() else c for c in text)
