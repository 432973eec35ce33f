"""Plans in words: periods, names, units and rounding as an analyst would write them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longweave.tables.items import load_items
from longweave.tables.kinds import load_pool
from longweave.tables.phrase import (
    choose_format,
    join_words,
    phrase,
    print_answer,
    say_amount,
    say_period,
    say_periods,
    say_when,
)
from longweave.tables.plan import AskedPeriod, Plan

YEAR_END = AskedPeriod(months=12, year=2024, month=9, end=date(2024, 9, 28))


def plan_of(kind, unit="USD", items=("revenue",), **more):
    return Plan(
        kind=kind, entities=["Visa Inc.", "Apple Inc."], items=list(items), unit=unit,
        periods=[YEAR_END], keys=[], phrasing=0, **more,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("period", "noun", "adverbial"),
    [
        (
            YEAR_END,
            "the fiscal year ended September 28, 2024",
            "for the fiscal year ended September 28, 2024",
        ),
        (
            AskedPeriod(months=3, year=2025, month=6, end=date(2025, 6, 28)),
            "the three-month period ended June 28, 2025",
            "for the three-month period ended June 28, 2025",
        ),
        (
            AskedPeriod(months=0, year=2024, month=9, end=date(2024, 9, 28)),
            "September 28, 2024",
            "as of September 28, 2024",
        ),
        (
            AskedPeriod(months=12, year=2024, fiscal_year=True),
            "the fiscal year that ended in 2024",
            "for the fiscal year that ended in 2024",
        ),
        (
            AskedPeriod(months=0, year=2024, fiscal_year=True),
            "the end of the fiscal year that ended in 2024",
            "at the end of the fiscal year that ended in 2024",
        ),
        (
            AskedPeriod(months=0, year=2025, month=6),
            "the balance sheet date in June 2025",
            "at the balance sheet date in June 2025",
        ),
        (
            AskedPeriod(months=6, year=2025, month=6),
            "the six-month period that ended in June 2025",
            "for the six-month period that ended in June 2025",
        ),
    ],
)
def test_periods_are_said_exactly(period, noun, adverbial):
    assert say_period(period) == noun
    assert say_when(period) == adverbial


def test_several_periods_are_listed_oldest_first():
    years = [AskedPeriod(months=12, year=y, month=5, end=date(y, 5, 31)) for y in (2025, 2024)]
    assert say_periods(years, "and") == "the fiscal years ended May 31, 2024 and May 31, 2025"
    assert say_periods(years, "or").startswith("the fiscal year ended May 31, 2024 or")


def test_names_with_commas_are_kept_apart_by_semicolons():
    assert join_words(["A", "B", "C"]) == "A, B and C"
    assert join_words(["A, Inc.", "B", "C"]) == "A, Inc.; B; and C"
    assert join_words(["A"]) == "A"


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (2.5e9, "USD", "$2.5 billion"),
        (450e6, "USD", "$450 million"),
        (3.2, "USD/share", "$3.20"),
        (1.25e9, "shares", "1.25 billion shares"),
        (7e9, "EUR", "7 billion euros"),
    ],
)
def test_amounts_carry_their_unit(value, unit, words):
    assert say_amount(value, unit) == words


@pytest.mark.parametrize(
    ("kind", "unit", "value", "printed", "clause"),
    [
        ("sum", "USD", 391_035_499_999.0, "391035", "in millions of U.S. dollars"),
        ("sum", "USD", 8_711_500_000.0, "8712", "nearest million"),
        ("sum", "USD/share", 6.085, "6.09", "U.S. dollars per share"),
        ("sum", "shares", 15_408_095_000.0, "15408.1", "millions of shares"),
        ("percent_change", "USD", -2.649, "-2.6", "in percent, rounded to one decimal"),
        ("multiple_of", "USD", 4.125, "4.13", "two decimals"),
        ("count_over", "USD", 3, "3", "whole number"),
        ("highest", "USD", "Visa Inc.", "Visa Inc.", "name of the company"),
        ("peak_period", "USD", date(2024, 9, 28), "September 28, 2024", "month, day and year"),
    ],
)
def test_answers_are_printed_in_the_unit_and_rounding_the_question_asks(kind, unit, value, printed, clause):
    pool = load_pool()
    plan = plan_of(kind, unit, **({"threshold": 1.0} if kind == "count_over" else {}))
    assert print_answer(value, choose_format(plan, pool.kind(kind), pool)) == printed
    assert clause in phrase(plan, pool.kind(kind), pool, load_items())


@given(st.floats(min_value=-1e15, max_value=1e15, allow_nan=False))
def test_a_printed_amount_is_within_half_a_unit_of_the_value(value):
    pool = load_pool()
    form = choose_format(plan_of("sum"), pool.kind("sum"), pool)
    assert abs(float(print_answer(value, form)) * 1e6 - value) <= 0.5e6 * (1 + 1e-9)
    assert print_answer(value, form) != "-0"
