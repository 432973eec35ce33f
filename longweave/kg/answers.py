"""The answer of a plan, out of the values on its path: arithmetic is done here, never by a model."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from longweave.kg.plan_records import Computation, Paradigm, PlanDate, PlanNode
from longweave.kg.values import read_number, year_of
from longweave.synth.records import AnswerKind, Dropped

_SHIFTS = (3, 4, 6, 7, 8, 9, 11, 12, 13, 14, 17, 18)
SHARES: Mapping[str, float] = {
    "half as large": 0.5,
    "a quarter smaller": 0.75,
    "a fifth larger": 1.2,
    "half as large again": 1.5,
    "three times as large": 3.0,
}
"""By how much an amount is supposed to differ, as it is said."""


class Answer(NamedTuple):
    """What is asked for, in ``unit``, and how it was computed."""

    text: str
    kind: AnswerKind
    unit: str | None = None
    computation: Computation | None = None


def draw_answer(
    paradigm: Paradigm, nodes: Sequence[PlanNode], milestone: PlanDate | None, rng: np.random.Generator
) -> Answer | Dropped:
    """An answer for ``paradigm``; ``rng`` decides what is supposed."""
    if milestone is not None:
        return _draw_gaps(paradigm, nodes, milestone, rng)
    if paradigm in ("multi_fact", "causal"):
        return answer_of(nodes, None, None)
    if paradigm == "temporal":
        return answer_of(nodes, None, Computation(kind="years_between"))
    if nodes[-1].type == "date":
        years, said = _draw_shift(rng)
        return answer_of(nodes, None, Computation(kind="year_shifted", years=years, said=said))
    said = sorted(SHARES)[int(rng.integers(len(SHARES)))]
    return answer_of(nodes, None, Computation(kind="amount_scaled", said=said, factor=SHARES[said]))


def _draw_gaps(
    paradigm: Paradigm, nodes: Sequence[PlanNode], milestone: PlanDate, rng: np.random.Generator
) -> Answer | Dropped:
    if paradigm == "multi_fact":
        return answer_of(nodes, milestone, Computation(kind="middle_of_three"))
    years, said = _draw_shift(rng) if paradigm == "hypothetical" else (0, "")
    first, middle, last = (year_of(node.name) or 0 for node in (nodes[0], milestone, nodes[-1]))
    between = min(first, last + years) < middle < max(first, last + years)
    kind = "gaps_compared" if between else "gaps_added"
    drawn = Computation.model_validate({"kind": kind, "years": years, "said": said})
    return answer_of(nodes, milestone, drawn)


def _draw_shift(rng: np.random.Generator) -> tuple[int, str]:
    years = int(rng.choice(_SHIFTS))
    earlier = bool(rng.integers(2))
    return (-years if earlier else years), f"{years} years {'earlier' if earlier else 'later'}"


def answer_of(
    nodes: Sequence[PlanNode], milestone: PlanDate | None, computation: Computation | None
) -> Answer | Dropped:
    """What is asked for, from the values at the ends of the path and the one between them."""
    last = nodes[-1].name
    if computation is None:
        return Answer(last, "text")
    if computation.kind == "amount_scaled":
        number = read_number(last)
        if number is None:
            return Dropped(reason="no_arithmetic", detail=last)
        scaled = f"{number.value * computation.factor:.6f}".rstrip("0").rstrip(".")
        return Answer(scaled, "number", number.unit or None, computation)
    year = year_of(last)
    if year is None:
        return Dropped(reason="no_arithmetic", detail=last)
    if computation.kind == "year_shifted":
        return Answer(str(year + computation.years), "number", None, computation)
    other = year_of(nodes[0].name)
    if other is None or other == year:
        return Dropped(reason="no_arithmetic", detail=f"{nodes[0].name}, {last}")
    if computation.kind == "years_between":
        return Answer(str(abs(year - other)), "number", "years", computation)
    between = year_of(milestone.name) if milestone is not None else None
    if milestone is None or between is None or between in (other, year, year + computation.years):
        return Dropped(reason="no_arithmetic", detail=f"{nodes[0].name}, {last}: no third date")
    if computation.kind == "middle_of_three":
        dated = {other: nodes[1], between: nodes[milestone.place], year: nodes[-2]}
        return Answer(dated[sorted(dated)[1]].name, "text", None, computation)
    gaps = abs(between - other), abs(year + computation.years - between)
    total = sum(gaps) if computation.kind == "gaps_added" else abs(gaps[0] - gaps[1])
    if not total or total == abs(computation.years):  # what is supposed stands in the question
        return Dropped(reason="no_arithmetic", detail=f"{total} years")
    return Answer(str(total), "number", "years", computation)
