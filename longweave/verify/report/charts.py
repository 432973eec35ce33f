"""Counts as bars: distributions with labels that people read."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

_LABEL, _MOST_BARS = 60, 40
_FEW_LENGTHS = 10
_SHORT_NUMBERS = ((1_000_000_000, "G"), (1_000_000, "M"), (10_000, "K"))


@dataclass(frozen=True, slots=True)
class Bar:
    """One value of a distribution; ``width`` is in percent of the largest."""

    label: str
    count: int
    width: float


@dataclass(frozen=True, slots=True)
class Chart:
    """A distribution with its title and a note on what was counted."""

    title: str
    bars: tuple[Bar, ...]
    note: str = ""


def make_bars(counts: Sequence[tuple[str, int]]) -> tuple[Bar, ...]:
    """A bar for each (label, count), in the given order."""
    most = max((count for _, count in counts), default=0) or 1
    return tuple(Bar(shorten(label, _LABEL), count, round(100 * count / most, 1)) for label, count in counts)


def rank_by_count(counts: Counter[str]) -> list[tuple[str, int]]:
    """(label, count) by falling count; the smallest are added up when there are very many."""
    ranked = sorted(((spaced(label), n) for label, n in counts.items()), key=lambda c: (-c[1], c[0]))
    if len(ranked) <= _MOST_BARS:
        return ranked
    rest = ranked[_MOST_BARS - 1 :]
    return [*ranked[: _MOST_BARS - 1], (f"{len(rest)} others", sum(n for _, n in rest))]


def name_lengths(lengths: Iterable[int]) -> dict[int, str]:
    """The label under which each length (tokens) is counted, in rising order: itself when there are few,
    else the doubling that holds it."""
    ordered = sorted(set(lengths))
    if len(ordered) <= _FEW_LENGTHS:
        return {length: f"{length:,}" for length in ordered}
    return {length: _doubling(length) for length in ordered}


def add_up(counts: Mapping[int, int], labels: Mapping[int, str]) -> list[tuple[str, int]]:
    """``counts`` under ``labels``, in the order of ``labels``."""
    sums: dict[str, int] = {}
    for value, label in labels.items():
        sums[label] = sums.get(label, 0) + counts.get(value, 0)
    return list(sums.items())


def shorten(text: str, length: int) -> str:
    """At most ``length`` characters of ``text``, the last one an ellipsis if it is longer."""
    return text if len(text) <= length else text[: length - 1] + "…"


def shorten_number(number: int) -> str:
    """``number`` with a K, M or G from 10,000 on."""
    for size, letter in _SHORT_NUMBERS:
        if number >= size:
            scaled = number / (1_000 if letter == "K" else size)
            return f"{scaled:,.0f} {letter}" if scaled >= 100 else f"{scaled:,.1f} {letter}"
    return f"{number:,}"


def spaced(name: str) -> str:
    """``name`` with blanks for underscores."""
    return name.replace("_", " ")


def percent(part: float, whole: float) -> str:
    """``part`` of ``whole`` in percent, never rounded to 0 or 100 when it is neither; – of nothing."""
    if not whole:
        return "–"
    share = 100 * part / whole
    if 0 < share < 1:
        return "<1%"
    return ">99%" if 99 < share < 100 else f"{share:.0f}%"


def _doubling(length: int) -> str:
    low = 1_000
    while low * 2 <= length:
        low *= 2
    return f"{low // 1_000}–{low // 500} K" if length >= low else "below 1 K"
