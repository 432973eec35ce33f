"""The answer by arithmetic: what it is, and that with three dates it hangs on each of them."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from longweave.kg.answers import SHARES, Answer, answer_of, draw_answer
from longweave.kg.plan_records import PARADIGMS, Computation, Paradigm, PlanDate, PlanNode
from longweave.kg.records import EntityType
from longweave.kg.values import read_date, read_number
from longweave.synth.records import Dropped

YEARS = st.integers(1700, 2020)
SPANS = st.integers(-150, 150).filter(bool)
BRIDGE, VENN, WORKS = "Karelin Bridge", "Tobias Venn", "Norrland Cable Works"


def node(name: str, type_: EntityType) -> PlanNode:
    return PlanNode(name=name, type=type_, aliases=[name])


def dated(first: object, middle: object, last: object) -> tuple[list[PlanNode], PlanDate]:
    """A path from date to date over three things, with the third date on the one in the middle."""
    things = [node(BRIDGE, "product"), node(VENN, "person"), node(WORKS, "organization")]
    milestone = PlanDate(place=2, **node(str(middle), "date").model_dump())
    return [node(str(first), "date"), *things, node(str(last), "date")], milestone


def answer(years: Sequence[int], computation: Computation) -> str | None:
    """What ``computation`` makes of the years of first, third and last date; None if it is refused."""
    first, third, last = years
    found = answer_of(*dated(first, third, last), computation)
    if isinstance(found, Dropped):
        assert found.reason == "no_arithmetic" and found.detail
        return None
    return found.text


def draw(paradigm: Paradigm, years: tuple[int, int, int], seed: int = 0) -> Answer | Dropped:
    return draw_answer(paradigm, *dated(*years), np.random.default_rng(seed))


@pytest.mark.parametrize(
    ("first", "last", "computation", "expected"),
    [
        ("March 12, 1947", "1945", Computation(kind="years_between"), "2"),
        ("1945", "1945", Computation(kind="years_between"), None),
        ("July 4", "1945", Computation(kind="years_between"), None),
        ("1945", "the early 1950s", Computation(kind="years_between"), None),
        ("A", "12 May 1947", Computation(kind="year_shifted", years=-7), "1940"),
        ("A", "1947-1950", Computation(kind="year_shifted", years=-7), None),
        ("A", "$2.3 billion", Computation(kind="amount_scaled", factor=3.0), "6900000000"),
        ("A", "7.1 percent", Computation(kind="amount_scaled", factor=1.2), "8.52"),
        ("A", "a dozen", Computation(kind="amount_scaled", factor=3.0), None),
        ("A", "B", None, "B"),
    ],
)
def test_answers_follow_from_the_values_at_the_ends(
    first: str, last: str, computation: Computation | None, expected: str | None
) -> None:
    found = answer_of([node(first, "date"), node(last, "date")], None, computation)
    if expected is None:
        assert isinstance(found, Dropped) and found.reason == "no_arithmetic"
    else:
        assert not isinstance(found, Dropped) and found.text == expected


def test_values_are_read_as_they_are_written() -> None:
    assert read_date("4 July 1976") == read_date("1976-07-04") == (1976, 7, 4)
    assert read_date("May 1947") == (1947, 5, 0) and read_date("in the 1950s of old") is None
    dollars = read_number("$2.3 billion")
    assert dollars is not None and (dollars.value, dollars.unit) == (2.3e9, "$")
    loss = read_number("-1,200 jobs lost")
    assert loss is not None and (loss.value, loss.unit) == (-1200, "jobs lost")
    assert read_number("twelve") is None


def test_three_dates_make_a_sum_where_the_third_lies_outside_and_a_difference_where_it_lies_between() -> None:
    found = draw("temporal", (1907, 1899, 1931))
    assert found == Answer("40", "number", "years", Computation(kind="gaps_added"))
    assert draw("causal", (1907, 1899, 1931)) == found, "8 years and 32"
    found = draw("temporal", (1907, 1912, 1931))
    assert found == Answer("14", "number", "years", Computation(kind="gaps_compared")), "19 years less 5"
    assert draw("temporal", (1931, 1912, 1907)) == found


def test_what_is_supposed_decides_whether_the_third_date_lies_between() -> None:
    kinds = set()
    for seed in range(40):
        found = draw("hypothetical", (1907, 1920, 1925), seed)
        if isinstance(found, Dropped):
            continue
        assert found.computation is not None
        years, said = found.computation.years, found.computation.said
        assert said == f"{abs(years)} years {'later' if years > 0 else 'earlier'}"
        gaps = 13, abs(1925 + years - 1920)
        is_between = 1907 < 1920 < 1925 + years
        assert found.text == str(abs(gaps[0] - gaps[1]) if is_between else sum(gaps))
        assert found.computation.kind == ("gaps_compared" if is_between else "gaps_added")
        kinds.add(found.computation.kind)
    assert kinds == {"gaps_added", "gaps_compared"}


@settings(deadline=None)
@given(first=YEARS, before=SPANS, behind=SPANS, seed=st.integers(0, 99), number=st.sampled_from((1, 2, 3)))
def test_a_reader_who_lacks_one_of_three_years_cannot_compute_with_the_others(
    first: int, before: int, behind: int, seed: int, number: int
) -> None:
    years = (first, first + before, first + before + behind)
    found = draw(PARADIGMS[number], years, seed)
    if isinstance(found, Dropped):
        assert found.reason == "no_arithmetic"
        return
    assert found.computation is not None and int(found.text) > 0
    assert found.text != str(abs(found.computation.years))
    for place in range(3):
        alike = [
            year
            for year in range(years[place] - 400, years[place] + 401)
            if answer([*years[:place], year, *years[place + 1 :]], found.computation) == found.text
        ]
        assert years[place] in alike and len(alike) <= 4, "each side of two dates, as far away as before"


@pytest.mark.parametrize(
    ("years", "computation"),
    [
        ((1907, 1899, 1907), Computation(kind="gaps_added")),
        ((1907, 1907, 1931), Computation(kind="gaps_added")),
        ((1907, 1931, 1931), Computation(kind="middle_of_three")),
        ((1900, 1910, 1920), Computation(kind="gaps_compared")),
        ((1900, 1895, 1890), Computation(kind="gaps_added", years=19, said="19 years later")),
        ((1905, 1901, 1907), Computation(kind="gaps_added", years=-6, said="6 years earlier")),
    ],
    ids=[
        "two ends of one year",
        "a third date of the first's year",
        "a third date of the last's year",
        "no difference",
        "the answer is what is supposed",
        "supposed to be in the year of the third, whose place then is no matter",
    ],
)
def test_years_that_leave_a_date_out_of_the_sum_are_refused(
    years: tuple[int, int, int], computation: Computation
) -> None:
    assert answer(years, computation) is None


def test_without_three_years_there_is_no_sum_of_gaps() -> None:
    nodes, milestone = dated(1907, "the early 1950s", 1931)
    for third in (None, milestone):
        found = answer_of(nodes, third, Computation(kind="gaps_added"))
        assert isinstance(found, Dropped) and found.detail.endswith("no third date")


@given(st.permutations([1890, 1907, 1931]), SPANS)
def test_the_thing_in_the_middle_is_the_one_whose_date_lies_between(years: list[int], shift: int) -> None:
    first, third, last = (year + shift for year in years)
    found = draw("multi_fact", (first, third, last))
    assert isinstance(found, Answer)
    assert (found.kind, found.unit) == ("text", None)
    year_of = {BRIDGE: first, VENN: third, WORKS: last}
    assert sum(year < year_of[found.text] for year in (first, third, last)) == 1
    assert sum(year > year_of[found.text] for year in (first, third, last)) == 1


@given(seed=st.integers(0, 999), number=st.integers(0, 3))
def test_the_same_seed_supposes_the_same(seed: int, number: int) -> None:
    assert draw(PARADIGMS[number], (1907, 1899, 1931), seed) == draw(
        PARADIGMS[number], (1907, 1899, 1931), seed
    )


def test_an_answer_without_a_third_date_is_drawn_by_what_the_path_ends_with() -> None:
    rng = np.random.default_rng(0)
    things, staff = [node(BRIDGE, "product"), node(WORKS, "organization")], node("1,200 workers", "number")
    assert draw_answer("multi_fact", things, None, rng) == Answer(WORKS, "text")
    amount = draw_answer("hypothetical", [*things, staff], None, rng)
    assert isinstance(amount, Answer) and amount.computation is not None and amount.unit == "workers"
    assert float(amount.text) == 1200 * SHARES[amount.computation.said]
    year = draw_answer("hypothetical", [*things, node("1931", "date")], None, rng)
    assert isinstance(year, Answer) and year.computation is not None
    assert int(year.text) == 1931 + year.computation.years
