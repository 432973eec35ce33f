"""Properties of two mentions, field by field: how far they agree.

In: two mappings of field names to texts. Out: 0 (all shared fields differ) … 1 (all agree), or None where too
little is shared to say. Fields are compared by what is in them: numbers by value, texts by words.
"""

import re
from collections.abc import Mapping
from functools import lru_cache

from rapidfuzz import fuzz

from longweave.kg.resolve.values import value_key

_NUMBERS = re.compile(r"\d+")
_NUMBERS_COUNT = 2
_BEFORE = 0.6
_WORDS = re.compile(r"[^\W\d_]+")


def compare_fields(left: Mapping[str, str], right: Mapping[str, str]) -> float | None:
    """How far the fields agree that both have; None if they share none.

    The mean, drawn towards ``_BEFORE`` as by one more field: a single shared field says little. Numbers count
    ``_NUMBERS_COUNT`` times, because those of two things seldom agree by chance.
    """
    total, weight = _BEFORE, 1.0
    shared = sorted(left.keys() & right.keys())
    for name in shared:
        agreement, is_number = _compare(left[name], right[name])
        counts = _NUMBERS_COUNT if is_number else 1
        total, weight = total + counts * agreement, weight + counts
    return total / weight if shared else None


@lru_cache(maxsize=1 << 18)
def _compare(left: str, right: str) -> tuple[float, bool]:
    """How far two texts agree, and whether they were compared as numbers."""
    dates = value_key("date", left), value_key("date", right)
    if not any(date.startswith("text:") for date in dates):
        short, full = sorted(dates, key=len)
        return float(full.startswith(short)), True
    ours, theirs = _numbers(left), _numbers(right)
    our_words, their_words = _words(left), _words(right)
    if ours and theirs and len(our_words) <= len(ours) + 1:
        return float(not ours.keys().isdisjoint(theirs) or "".join(ours) == "".join(theirs)), True
    if not our_words or not their_words:
        return 0.5, False
    return fuzz.token_set_ratio(" ".join(our_words), " ".join(their_words)) / 100, False


def _numbers(text: str) -> dict[str, None]:
    """In order, each once."""
    return dict.fromkeys(number.lstrip("0") for number in _NUMBERS.findall(text))


def _words(text: str) -> list[str]:
    return _WORDS.findall(text.casefold())
