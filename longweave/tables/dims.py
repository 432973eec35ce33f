"""What else tells a number from its neighbours: header texts and sections in, dimensions out.

Keys are ``table`` (the title of a table that is no primary statement), ``section``, ``column`` and ``scope``.
A number without dimensions is one of the whole company.
"""

import re
from functools import lru_cache

from longweave.tables.dates import LONGEST, read_clues, strip_time

Dims = tuple[tuple[str, str], ...]

_LONGEST = 120
_UNIT_TEXT = re.compile(
    r"\((?:[^()]*\b(?:millions?|thousands?|billions?|dollars|unaudited|audited|except)\b[^()]*|[*†‡]"
    r"|\d{1,2}|[a-z])\)"
    r"|\b(?:un)?audited\b|\b(?:dollars |amounts |u\.?s\.? dollars |shares )?in (?:millions|thousands"
    r"|billions)\b.*|^\s*[$€£%]\s*$",
    re.I,
)
_NEUTRAL = re.compile(
    r"(?:grand |consolidated )?totals?|consolidated(?: totals?)?|amounts?|actual|as reported|reported"
    r"|company|\$|usd|notes?|note \d+",
    re.I,
)
_COMPARES = re.compile(
    r"\bvs\.?(?:\s|$)|\bversus\b|\bchanges?\b|\bvariance\b|\b(?:increase|decrease|inc\.?|dec\.?|growth"
    r"|incr)\b|better|worse|[△Δ]|^\s*pages?(?: no\.?| number)?\s*$",
    re.I,
)


@lru_cache(maxsize=16384)
def compares(header: tuple[str, ...]) -> bool:
    """Whether a column compares periods ("% change", "2024 vs. 2023") or counts pages instead of
    reporting."""
    text = " ".join(header)
    return len(text) < _LONGEST and _COMPARES.search(text) is not None


@lru_cache(maxsize=16384)
def column_words(header: tuple[str, ...]) -> str:
    """What a column's header says beyond time and units; empty for a plain period or total column."""
    kept: list[str] = []
    for text in header:
        words = clean(text)
        if words and not _NEUTRAL.fullmatch(words) and words not in kept:
            kept.append(words)
    return shorten(" | ".join(kept))


@lru_cache(maxsize=16384)
def clean(text: str) -> str:
    """``text`` without time, unit notes and outer punctuation."""
    plain = " ".join(_UNIT_TEXT.sub(" ", text[:LONGEST]).split())
    timeless = strip_time(plain)
    if not timeless or not read_clues(plain).empty:
        plain = timeless
    plain = plain.strip(" ,:;–—-")
    return plain if re.search(r"[^\W\d_]", plain) else ""


def section_words(sections: tuple[str, ...]) -> str:
    """The sections of a row as one text, outermost first, those that only name a time left out."""
    return shorten(" | ".join(words for words in map(clean, sections) if words))


def make_dims(**named: str) -> Dims:
    """The non-empty ones, sorted by key."""
    return tuple(sorted((key, value) for key, value in named.items() if value))


def shorten(text: str) -> str:
    """``text`` cut at a word to what a dimension may hold."""
    if len(text) <= _LONGEST:
        return text
    return text[:_LONGEST].rsplit(" ", 1)[0]
