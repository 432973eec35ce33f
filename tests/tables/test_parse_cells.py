"""Typing of single cells."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longweave.tables.cells import find_numbers, type_cell
from longweave.tables.times import parse_date


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,234", 1234),
        ("(1,234)", -1234),
        ("($12,813)", -12813),
        ("$(1.2)", -1.2),
        ("−5.3", -5.3),
        ("– 5", -5),
        ("$  1,452.4", 1452.4),
        ("1 234 567", 1234567),
        (".5", 0.5),
        ("1,234(1)", 1234),
        ("(1,234)(1)", -1234),
        ("5.2*", 5.2),
        ("-4 ( 4 )", -4),
        ("$ -4 ( 4 )", -4),
        ("6th", 6),
        ("7.78 m", 7.78),
        ("163 km (101 mi)", 163),
    ],
)
def test_numbers_are_read_as_printed(text: str, value: float) -> None:
    typed = type_cell(text)
    assert (typed.kind, typed.value) == ("number", value)


@pytest.mark.parametrize(
    ("text", "value"), [("24.1%", 24.1), ("(5.2)%", -5.2), ("(5.2 %)", -5.2), ("27% ( 27 % )", 27)]
)
def test_percents_keep_their_printed_number(text: str, value: float) -> None:
    typed = type_cell(text)
    assert (typed.kind, typed.value) == ("percent", value)


@pytest.mark.parametrize("text", ["—", "–", "-", "$ —", "—%", "— (1)"])
def test_a_dash_stands_for_zero(text: str) -> None:
    assert (type_cell(text).kind, type_cell(text).value) == ("nil", 0.0)


@pytest.mark.parametrize("text", ["N/A", "n/a", "NM", "not applicable", "***"])
def test_not_applicable_is_nil_without_a_value(text: str) -> None:
    assert (type_cell(text).kind, type_cell(text).value) == ("nil", None)


def test_a_number_printed_twice_has_no_footnote() -> None:
    assert type_cell("-4 ( 4 )").footnotes == ()
    assert type_cell("1,234 (1)").footnotes == ("1",)


def test_a_cell_may_carry_its_own_currency_and_scale() -> None:
    typed = type_cell("£59.1m")
    assert (typed.value, typed.currency, typed.scale, typed.decimals) == (59.1, "GBP", 6, 1)
    assert type_cell("$1.5 billion").scale == 9
    assert type_cell("7.5 m").scale == 0


@pytest.mark.parametrize(
    "text", ["12–15", "1:31", "2–0", "$1.34 to $154.14", "12)", "Tier 2", "(b)", "1920?", "2019 €m"]
)
def test_ranges_scores_and_words_are_text(text: str) -> None:
    assert type_cell(text).kind == "text"


def test_dates_and_periods() -> None:
    assert type_cell("September 28, 2024").when == date(2024, 9, 28)
    assert type_cell("2004-05-06").when == date(2004, 5, 6)
    assert type_cell("June 26,").kind == "date"
    assert type_cell("Three Months Ended June 27, 2025").kind == "period"
    assert [type_cell(text).kind for text in ("FY2019", "Q3 2022", "Fiscal 2024")] == ["period"] * 3
    assert parse_date("February 30, 2024") is None


def test_numbers_inside_words_are_found_with_their_place() -> None:
    text = "Common stock, $0.001 par value (713,064,000 and 712,921,000 shares), net of tax of $(134)"
    found = [(text[span.start : span.end], typed.value) for span, typed in find_numbers(text)]
    assert found == [
        ("$0.001", 0.001),
        ("713,064,000", 713064000),
        ("712,921,000", 712921000),
        ("$(134)", -134),
    ]


@given(st.decimals(min_value=0, max_value=10**9, places=2), st.booleans(), st.sampled_from(["", "$", "€ "]))
def test_a_printed_number_reads_back(number: object, negative: bool, currency: str) -> None:
    printed = f"{currency}{number:,}"
    typed = type_cell(f"({printed})" if negative else printed)
    assert typed.value == pytest.approx(-float(str(number)) if negative else float(str(number)))
    assert (typed.currency is None) == (currency == "")


@given(st.text(max_size=120))
def test_any_text_gets_a_type(text: str) -> None:
    typed = type_cell(text)
    assert (typed.value is None) or typed.kind in ("number", "percent", "nil")
