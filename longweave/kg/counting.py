"""The two ways in which people count years between dates, and whether a question must say which is meant.

Answers are computed from the years alone, by calendar year: from December 1945 to February 1948 it is three.
Completed years would be two. Where that makes another answer, a wording that does not say which is meant has
two right answers, and one that asks for whole years has the other.
"""

import re

from longweave.kg.plan_records import Plan
from longweave.kg.values import read_date
from longweave.synth.records import Dropped

_COMPUTED = ("years_between", "gaps_added", "gaps_compared")
_BY_CALENDAR = re.compile(
    r"\bcalendar[ -]years?\b|\bby (?:the )?years? alone\b|\bthe year\b.*\bthe year\b",
    re.IGNORECASE | re.DOTALL,
)
_COMPLETED = re.compile(r"\b(?:whole|full|complete|completed|elapsed)[ -]years?\b", re.IGNORECASE)
_NAME = re.compile(r"\bnamed?\b", re.IGNORECASE)


def check_counting(question: str, plan: Plan) -> Dropped | None:
    """Whether ``question`` asks for what the code has computed, in the form of its answer."""
    if plan.computation is None:
        return None
    if plan.computation.kind == "middle_of_three" and not _NAME.search(question):
        return Dropped(reason="name_not_asked", detail=f"'by name' not in: {question}")
    if plan.computation.kind not in _COMPUTED:
        return None
    if found := _COMPLETED.search(question):
        return Dropped(
            reason="other_counting",
            detail=f"{found.group()!r}, but the answer goes by calendar years, in: {question}",
        )
    if is_ambiguous(plan) and not _BY_CALENDAR.search(question):
        return Dropped(reason="counting_not_said", detail=f"'by calendar years alone' not in: {question}")
    return None


def is_ambiguous(plan: Plan) -> bool:
    """Whether some two dates that the answer is computed from have fewer completed years between them than
    their years say."""
    assert plan.computation is not None
    dates = [read_date(name) for name in (plan.nodes[0].name, plan.nodes[-1].name)]
    shift = plan.computation.years
    first, last = (date or (0, 0, 0) for date in dates)
    last = (last[0] + shift, *last[1:])
    if plan.milestone is None:
        return _is_short(first, last)
    middle = read_date(plan.milestone.name) or (0, 0, 0)
    return _is_short(first, middle) or _is_short(middle, last)


def _is_short(one: tuple[int, int, int], other: tuple[int, int, int]) -> bool:
    """Whether the later date comes earlier in its year; what is not known does not tell."""
    earlier, later = sorted((one, other))
    for before, after in zip(earlier[1:], later[1:], strict=True):
        if not before or not after or before < after:
            return False
        if before > after:
            return True
    return False
