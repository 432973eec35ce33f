"""Which limit an endpoint deserves: a search that asks for a level and is told how fast it was there.

``search_level`` is a generator: it yields a ``Trial`` and is sent the ``Measure`` of it, or None if the
endpoint was overloaded. First it doubles the level as long as the speed follows, then stays where the speed
stopped to rise. From there it tries a higher and a lower level from time to time, more rarely the longer
nothing changes.

Levels are compared by elasticity: the share of a step in requests that comes back as a step in speed, 1 below
an endpoint's capacity and 0 above. At endpoints that answer all requests together, only slower, it lies
between.
"""

import math
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from typing import NoReturn, TypeVar

from longweave.synth.llm.cohort import Measure

_STEEP = 0.75
"""Elasticity from which on the level is doubled."""
_MARGIN = 1.05
"""A few more than fit, so that a place which gets free at the server is filled at once."""

_UP = 1.3
_DOWN = 0.85
_BACK_OFF = 0.7
_MOST_PATIENCE = 8
_SETTLED = 0.1
"""Share of a level by which it may be corrected without being taken for new."""

_FIRST_SIZE = 8
_FIRST_ERROR = 0.12
_STAY_SIZE = 24
_STAY_ERROR = 0.02

_CHANGE = 0.15
_SURE_OF_CHANGE = 3.0

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Trial:
    """``limit`` requests may be in flight until a measure of ``rounds`` times as many, and of ``least`` at
    least, ``is_enough``."""

    limit: int
    rounds: float
    least: int
    tail: float
    """Share of the requests that need not have been answered by then."""
    is_enough: Callable[[Measure], bool]


_Search = Generator[Trial, Measure | None, _T]


@dataclass(frozen=True, slots=True)
class _Care:
    """How carefully levels are compared."""

    worth: float
    """Elasticity above which more requests are worth it."""
    flat: float
    """Elasticity below which fewer requests do as well."""
    same: float
    """Share by which speeds may differ and count as the same."""
    tail: float
    sureness: float
    """Standard errors that a difference needs."""
    rounds: float
    least: int
    """``rounds`` times as many as are in flight are measured, and at least this many."""
    most_rounds: float
    most: int
    """With so many, the difference is taken for what it seems."""


_QUICK = _Care(
    worth=0.25,
    flat=0.3,
    same=0.05,
    tail=0.1,
    sureness=2.0,
    rounds=0.75,
    least=8,
    most_rounds=1,
    most=64,
)
_WELL = _Care(
    worth=0.15,
    flat=0.08,
    same=0.02,
    tail=0.02,
    sureness=2.0,
    rounds=2,
    least=6,
    most_rounds=6,
    most=128,
)


def search_level(start: int, most: int) -> _Search[NoReturn]:
    """Levels between 1 and ``most``, without end."""
    level = yield from _find_first(start, most)
    known: Measure | None = None
    patience = 1
    while True:
        base = yield from _stay(level, patience, known)
        if base is None:
            level, known, patience = _back_off(level), None, 1
            continue
        if known is not None and _has_changed(known, base) and base.speed < known.speed:
            # A server with fewer slots is as fast with that much fewer requests; a slower one is not.
            better = yield from _descend(base, base.speed / known.speed, _WELL)
        else:
            care = _take_care(level, patience)
            better = yield from _climb([base], most, _UP, care)
            if better == level:
                better = yield from _descend(base, _DOWN, care)
        is_settled = abs(better - level) <= max(1, _SETTLED * level)
        patience = min(2 * patience, _MOST_PATIENCE) if is_settled else 1
        known = base if is_settled else None
        level = better


def _find_first(start: int, most: int) -> _Search[int]:
    first = yield Trial(start, 0, _FIRST_SIZE, _QUICK.tail, lambda measure: measure.error < _FIRST_ERROR)
    if first is None:
        return _back_off(start)
    level = yield from _climb([first], most, 2.0, _QUICK)
    if level == start:  # perhaps too many from the beginning
        level = yield from _descend(first, 0.5, _QUICK, 0.5)
    return level


def _climb(levels: list[Measure], most: int, step: float, care: _Care) -> _Search[int]:
    """The highest level worth it, going up from the last of ``levels``."""
    while (here := levels[-1]).limit < most:
        level = min(max(here.limit + 1, round(here.limit * step)), most)
        there = yield _compare(here, level, care.worth, care)
        if there is None:
            return here.limit
        levels.append(there)
        elasticity = _elasticity(here, there)
        knee = min(_knee(levels, care), most)
        if elasticity < care.worth:
            return knee
        if elasticity < _STEEP and knee < level:
            # Either the server is full from the knee on, or it answers more requests together, only slower.
            at_knee = yield _compare(there, knee, care.worth, care)
            if at_knee is None:
                return _back_off(knee)
            if _elasticity(at_knee, there) < care.worth:
                return knee
            # Perhaps neither: it may have been measured too fast just now. The next step up will tell.
            levels = [lower for lower in levels if lower.limit < knee] + [at_knee]
        if elasticity >= _STEEP:
            step, care = 2.0, _QUICK
        else:
            step = min(step, 1.5)
    return here.limit


def _descend(here: Measure, step: float, care: _Care, then: float = _DOWN) -> _Search[int]:
    """The lowest level that is as fast, going down from ``here``, ``then`` being the later steps."""
    while here.limit > 1:
        level = max(min(here.limit - 1, round(here.limit * step)), 1)
        there = yield _compare(here, level, care.flat, care)
        if there is None:
            return _back_off(level)
        if not _does_as_well(there, here, care):
            return min(_reach(there, here, here.limit), here.limit)
        here, step = there, then
    return here.limit


def _stay(level: int, patience: int, known: Measure | None) -> _Search[Measure | None]:
    """What ``patience`` cohorts or more show together; only the last if the last two differ from what was
    known, for the endpoint may have changed while the first of them was measured.

    None if the endpoint was overloaded.
    """
    pool: Measure | None = None
    odd: Measure | None = None
    rounds = 0
    care = _take_care(level, patience)
    enough = max(care.most_rounds * level, care.most)
    while rounds < patience or odd or (pool and pool.error > _STAY_ERROR and pool.count < enough):
        measure = yield Trial(level, _WELL.rounds, _STAY_SIZE, _WELL.tail, lambda _: True)
        if measure is None:
            return None
        rounds += 1
        lately = odd + measure if odd else measure
        expected = pool or known
        if expected is None or not _has_changed(expected, lately):
            pool, odd = (pool + lately if pool else lately), None
        elif odd:
            return measure
        else:
            odd = measure
    return pool


def _knee(levels: list[Measure], care: _Care) -> int:
    """The level from which on the speed stays the same."""
    last = levels[-1]
    flat = next(index for index, level in enumerate(levels) if not _is_slower(level, last, care))
    return _reach(levels[flat - 1], last, levels[flat].limit) if flat else levels[0].limit


def _reach(below: Measure, above: Measure, most: int) -> int:
    """Where the line through ``below``, along which each request is as fast as there, reaches the speed of
    ``above``; not beyond ``most``. The margin comes on top."""
    return math.ceil(min(below.limit * above.speed / below.speed, most) * _MARGIN)


def _does_as_well(fewer: Measure, more: Measure, care: _Care) -> bool:
    """Whether ``fewer`` requests are as fast.

    Where that is not certain, more are the lesser evil: some wait, while too few leave the server idle.
    """
    fallen = math.log(more.speed / fewer.speed) + math.hypot(fewer.error, more.error) / 2
    return fallen < care.flat * math.log(more.limit / fewer.limit)


def _is_slower(level: Measure, last: Measure, care: _Care) -> bool:
    gap = math.log(last.speed / level.speed)
    return gap > max(care.same, care.sureness * math.hypot(last.error, level.error))


def _compare(reference: Measure, limit: int, threshold: float, care: _Care) -> Trial:
    """A trial that ends when it is clear if the elasticity against ``reference`` is above ``threshold``."""

    def is_enough(measure: Measure) -> bool:
        ratio = math.log(measure.limit / reference.limit)
        gain = math.log(measure.speed / reference.speed) - threshold * ratio
        # A few requests that agree by chance are no surer than their number.
        error = max(measure.error, reference.deviation / math.sqrt(measure.count))
        doubt = care.sureness * math.hypot(error, reference.error)
        return gain < 0 or gain > doubt or measure.count >= max(care.most_rounds * measure.limit, care.most)

    return Trial(limit, care.rounds, care.least, care.tail, is_enough)


def _take_care(level: int, patience: int) -> _Care:
    """More of it the longer nothing has changed; less where even one request is a big step."""
    return replace(_WELL, most=min(_WELL.most, 16 * level) * min(patience, 4))


def _elasticity(one: Measure, other: Measure) -> float:
    return math.log(other.speed / one.speed) / math.log(other.limit / one.limit)


def _has_changed(before: Measure, now: Measure) -> bool:
    difference = abs(math.log(now.speed / before.speed))
    return difference > max(_CHANGE, _SURE_OF_CHANGE * math.hypot(before.error, now.error))


def _back_off(level: int) -> int:
    """A level for an endpoint that was overloaded at this one."""
    return max(1, int(level * _BACK_OFF))
