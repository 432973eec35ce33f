"""Periods from headers, rows, titles and the document's calendar."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longweave.tables.dates import find_dates, read_clues, strip_time
from longweave.tables.entities import Reporter
from longweave.tables.fiscal import Calendar
from longweave.tables.model import Period
from longweave.tables.periods import Context, TableTime, resolve_period


def annual(end: date, text: str = "") -> Calendar:
    return Calendar(Reporter("Acme Inc.", "10-K", end), text)


def quarterly(end: date, text: str = "") -> Calendar:
    return Calendar(Reporter("Acme Inc.", "10-Q", end), text)


def period(
    header: tuple[str, ...],
    calendar: Calendar,
    statement: str = "income",
    path: tuple[str, ...] = ("Net income",),
    contexts: tuple[str, ...] = (),
    instant: bool | None = None,
) -> Period | None:
    time = TableTime(statement, tuple(Context(text) for text in contexts), calendar)
    dated = resolve_period(header, path, time, instant)
    return None if dated is None else dated.period


CALENDAR_YEAR = annual(date(2024, 12, 31))


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (("Years ended", "September 28, 2024"), Period(date(2024, 9, 28), 12)),
        (("Three Months Ended", "June 28, 2025"), Period(date(2025, 6, 28), 3)),
        (("Six months ended June 30", "2025"), Period(date(2025, 6, 30), 6)),
        (("Thirty-Nine Weeks Ended", "Nov 2, 2024"), Period(date(2024, 11, 2), 9)),
        (("For the Years Ended December 31,", "2023"), Period(date(2023, 12, 31), 12)),
        (("2023",), Period(date(2023, 12, 31), 12)),
        (("Q3 2024",), Period(date(2024, 9, 30), 3)),
        (("FY23",), Period(date(2023, 12, 31), 12)),
    ],
)
def test_headers_of_flows(header: tuple[str, ...], expected: Period) -> None:
    assert period(header, CALENDAR_YEAR) == expected


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (("December 31,", "2023"), Period(date(2023, 12, 31), 0)),
        (("Jun. 30, 2024",), Period(date(2024, 6, 30), 0)),
        (("2024",), Period(date(2024, 12, 31), 0)),
    ],
)
def test_headers_of_balance_sheets(header: tuple[str, ...], expected: Period) -> None:
    assert period(header, CALENDAR_YEAR, "balance") == expected


@pytest.mark.parametrize(
    "header",
    [("2024", "2023"), ("2022 - 2024",), ("Three and Nine Months Ended June 30, 2024", "Six months")],
)
def test_a_header_with_two_readings_gives_no_period(header: tuple[str, ...]) -> None:
    assert period(header, CALENDAR_YEAR) is None


def test_a_bare_year_of_a_quarterly_report_takes_length_and_day_from_the_title() -> None:
    calendar = quarterly(date(2025, 6, 30))
    contexts = ("Millions, for the three months ended June 30,",)
    assert period(("2024",), calendar, contexts=contexts) == Period(date(2024, 6, 30), 3)
    assert period(("2024",), calendar) is None


def test_the_nearest_text_wins() -> None:
    contexts = ("At December 31 consisted of the following:", "Year ended March 31, 2020")
    assert period(("2023",), CALENDAR_YEAR, "note", ("Other",), contexts) == Period(date(2023, 12, 31), 0)


def test_a_52_53_week_year_ends_on_the_day_the_document_names() -> None:
    text = "At December 29, 2024 and December 31, 2023. The fiscal year ended January 1, 2023 had 52 weeks."
    calendar = annual(date(2024, 12, 29), text)
    assert period(("2024",), calendar) == Period(date(2024, 12, 29), 12)
    assert period(("2022",), calendar) == Period(date(2023, 1, 1), 12)
    found = calendar.end_of(2022)
    assert found is not None
    assert [text[span.start : span.end] for span in found.spans] == ["January 1, 2023"]


def test_dates_of_a_title_are_matched_to_the_names_of_fiscal_years() -> None:
    title = "Fiscal 2024 ended February 2, 2025, fiscal 2023 ended January 28, 2024"
    calendar = annual(date(2025, 2, 2), title)
    assert period(("Fiscal 2024",), calendar, contexts=(title,)) == Period(date(2025, 2, 2), 12)
    assert period(("Fiscal 2023",), calendar, contexts=(title,)) == Period(date(2024, 1, 28), 12)


def test_a_52_53_week_year_whose_day_is_not_shown_gives_no_period() -> None:
    assert period(("2022",), annual(date(2024, 12, 29), "No other date.")) is None


def test_the_first_fitting_date_decides_so_an_excerpt_that_keeps_it_agrees() -> None:
    text = "Prior year: September 30, 2023. " + "x " * 50 + "Also September 23, 2023."
    assert annual(date(2024, 9, 28), text).end_of(2023) == annual(date(2024, 9, 28), text[:40]).end_of(2023)


@pytest.mark.parametrize(("said", "name"), [("fiscal 2024", 2024), ("fiscal 2025", 2025)])
def test_a_year_that_ends_in_winter_is_called_as_the_document_calls_it(said: str, name: int) -> None:
    text = f"The year ended January 31, 2025 (“{said}”)."
    calendar = annual(date(2025, 1, 31), text)
    assert calendar.year_name(date(2025, 1, 31)) == name
    assert period((str(name),), calendar) == Period(date(2025, 1, 31), 12)
    assert period((str(name - 1),), calendar) == Period(date(2024, 1, 31), 12)


@pytest.mark.parametrize(
    ("label", "header", "expected"),
    [
        ("Balance at December 31, 2023", ("Retained Earnings",), date(2023, 12, 31)),
        ("Balance at January 1, 2023", ("Retained Earnings",), date(2022, 12, 31)),
        ("Cash at end of year", ("2023",), date(2023, 12, 31)),
        ("Cash at beginning of year", ("2023",), date(2022, 12, 31)),
        ("Balances, beginning of period", ("Year ended December 31, 2024",), date(2023, 12, 31)),
    ],
)
def test_rows_of_opening_and_closing_balances_are_dates(
    label: str, header: tuple[str, ...], expected: date
) -> None:
    assert period(header, CALENDAR_YEAR, "cash_flow", (label,)) == Period(expected, 0)


def test_the_opening_balance_of_nine_months_is_the_last_year_end() -> None:
    calendar = quarterly(date(2025, 6, 28), "the fiscal year ended September 28, 2024")
    header = ("Nine Months Ended", "June 28, 2025")
    got = period(header, calendar, "cash_flow", ("Cash, beginning balances",))
    assert got == Period(date(2024, 9, 28), 0)


def test_rows_may_carry_the_period() -> None:
    assert period(("Revenue",), CALENDAR_YEAR, "note", ("2023",), instant=False) == Period(
        date(2023, 12, 31), 12
    )
    path = ("Year Ended December 31, 2023", "Net sales")
    assert period(("North America",), CALENDAR_YEAR, "note", path) == Period(date(2023, 12, 31), 12)


def test_time_words_leave_the_rest_of_a_header() -> None:
    assert strip_time("Three Months Ended June 30, 2024") == ""
    assert strip_time("Pension 2024") == "Pension"
    assert read_clues("Class A common stock").empty


@given(st.dates(date(1990, 1, 1), date(2090, 12, 31)))
def test_every_written_date_is_read_back(day: date) -> None:
    text = f"As of {day:%B} {day.day}, {day.year} and after"
    [(found, start, end)] = list(find_dates(text))
    assert found == day
    assert text[start:end] == f"{day:%B} {day.day}, {day.year}"


@given(st.dates(date(2000, 1, 1), date(2060, 12, 31)), st.integers(-3, 0))
def test_year_ends_are_about_whole_years_apart(end: date, back: int) -> None:
    calendar = annual(end, f"{end - timedelta(364):%B %d, %Y}")
    offset, _ = calendar.name_offset
    found = calendar.end_of(end.year - offset + back)
    if found is not None:
        assert abs((end - found.day).days + round(back * 365.25)) <= 12
