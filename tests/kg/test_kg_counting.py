"""Years between dates: a question says which way of counting is meant wherever it matters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longweave.kg.counting import check_counting, is_ambiguous
from longweave.kg.plan_records import Computation, Plan
from tests.kg.made_timelines import BETWEEN, plan_timeline

BY_CALENDAR = "Going by calendar years, how many years lie between the opening and the closure?"
BY_YEARS = "How many years lie between the year of the opening and the year of the closure?"
OPEN = "How many years lie between the opening and the closure?"
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def plan_with(first: str, middle: str, last: str, years: int = 0, kind: str = "gaps_added") -> Plan:
    plan = plan_timeline()
    assert plan.milestone is not None
    dated = [
        plan.nodes[0].model_copy(update={"name": first}),
        *plan.nodes[1:-1],
        plan.nodes[-1].model_copy(update={"name": last}),
    ]
    computation = Computation.model_validate({"kind": kind, "years": years})
    milestone = plan.milestone.model_copy(update={"name": middle})
    return plan.model_copy(update={"nodes": dated, "milestone": milestone, "computation": computation})


def reason(question: str, plan: Plan) -> str:
    dropped = check_counting(question, plan)
    return dropped.reason if dropped is not None else ""


@pytest.mark.parametrize(
    ("first", "middle", "last", "ambiguous"),
    [
        ("December 19, 1945", "February 1948", "1966", True),
        ("February 1945", "December 19, 1948", "1966", False),
        ("1945", "1948", "1966", False),
        ("December 1945", "1948", "1966", False),
        ("May 14, 1945", "May 3, 1948", "1966", True),
        ("May 1945", "May 3, 1948", "1966", False),
        ("1966", "May 14, 1948", "June 2, 1945", True),
    ],
)
def test_months_may_make_one_year_less(first: str, middle: str, last: str, ambiguous: bool) -> None:
    plan = plan_with(first, middle, last)
    assert is_ambiguous(plan) is ambiguous
    assert reason(OPEN, plan) == ("counting_not_said" if ambiguous else "")
    assert reason(BY_CALENDAR, plan) == reason(BY_YEARS, plan) == ""


def test_what_is_supposed_may_turn_two_dates_round() -> None:
    assert not is_ambiguous(plan_with("1900", "May 1945", "June 1948"))
    assert is_ambiguous(plan_with("1900", "May 1945", "June 1948", years=-7)), (
        "June 1941 comes before May 1945"
    )


@given(
    st.tuples(st.integers(1900, 1999), st.integers(1, 12), st.integers(1, 28)),
    st.tuples(st.integers(1900, 1999), st.integers(1, 12), st.integers(1, 28)),
)
def test_two_full_dates_are_ambiguous_if_completed_years_are_fewer(
    one: tuple[int, int, int], other: tuple[int, int, int]
) -> None:
    said = [f"{MONTHS[month - 1]} {day}, {year}" for year, month, day in (one, other)]
    earlier, later = sorted((one, other))
    completed = later[0] - earlier[0] - (later[1:] < earlier[1:])
    assert is_ambiguous(plan_with(said[0], said[1], "1850")) is (completed < later[0] - earlier[0])


@pytest.mark.parametrize("kind", ["years_between", "gaps_added", "gaps_compared"])
@pytest.mark.parametrize("said", ["whole years", "full years", "completed years"])
def test_completed_years_are_not_what_was_computed(kind: str, said: str) -> None:
    plan = plan_with("1945", "1948", "1966", kind=kind)
    assert reason(f"How many {said} lie between the year of one and the year of the other?", plan) == (
        "other_counting"
    )


def test_one_of_three_is_asked_for_by_name() -> None:
    plan = plan_timeline(BETWEEN)
    assert plan.computation is not None and plan.computation.kind == "middle_of_three"
    asked = "Which of the three, the bridge, the man or the firm, comes neither first nor last?"
    assert reason(asked, plan) == "name_not_asked", "'the man' would be a right answer"
    assert reason(asked.replace("Which", "By name, which"), plan) == ""


def test_what_is_not_computed_from_years_needs_no_rule() -> None:
    plan = plan_timeline().model_copy(update={"computation": None})
    assert reason(OPEN, plan) == ""
