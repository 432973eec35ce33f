"""Reporters read from titles and cover pages."""

from datetime import date

import pytest

from longweave.tables.entities import OPENING, canonical_name, read_reporter

COVER = """UNITED STATES

SECURITIES AND EXCHANGE COMMISSION

FORM 10-Q

For the quarterly period ended June 30, 2025

Commission file number 1-442

<table>
<tr><td colspan="3"></td><td colspan="3">THE BOEING COMPANY</td><td colspan="3"></td></tr>
</table>

(Exact name of registrant as specified in its charter)
"""


def test_the_cover_names_the_registrant_form_and_period() -> None:
    reporter = read_reporter("THE BOEING COMPANY Form 10-Q for period ended June 30, 2025", COVER)
    assert reporter is not None
    assert (reporter.name, reporter.form, reporter.period_end) == (
        "Boeing Company",
        "10-Q",
        date(2025, 6, 30),
    )
    quotes = [COVER[span.start : span.end] for span in reporter.spans]
    assert quotes[0].startswith("THE BOEING COMPANY")
    assert quotes[1] == "For the quarterly period ended June 30, 2025"


def test_a_title_that_is_only_a_symbol_yields_to_the_cover() -> None:
    text = (
        "FORM 10-Q\nFor the quarterly period ended June 25, 2022\n  Apple Inc.\n  (Exact name of Registrant"
    )
    reporter = read_reporter("AAPL Form 10-Q Q3 2022", text)
    assert reporter is not None
    assert (reporter.name, reporter.period_end) == ("Apple Inc.", date(2022, 6, 25))


def test_without_a_cover_the_title_tells_name_and_period() -> None:
    reporter = read_reporter("BOEING CO Form 10-K for period ended December 31, 2024", "Nothing here.")
    assert reporter is not None
    assert (reporter.name, reporter.period_end) == ("Boeing Company", date(2024, 12, 31))


@pytest.mark.parametrize("title", ["US federal agency report DHS2020", "Deferred income taxes", ""])
def test_a_page_without_a_registrant_has_no_reporter(title: str) -> None:
    assert read_reporter(title, "The table below shows revenue for the year ended June 30, 2019.") is None


def test_what_stands_after_the_opening_changes_nothing() -> None:
    title = "Form 10-Q"
    padded = COVER.ljust(OPENING, "x")
    assert read_reporter(title, padded) == read_reporter(title, padded + COVER.replace("BOEING", "OTHER"))


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("THE BOEING COMPANY", "Boeing Company"),
        ("BOEING CO", "Boeing Company"),
        ("AMAZON.COM, INC.", "Amazon.com Inc."),
        ("Amazon.com, Inc.", "Amazon.com Inc."),
        ("UNION PACIFIC CORP", "Union Pacific Corporation"),
        ("AT&T INC.", "AT&T Inc."),
        ("BANK OF AMERICA CORP /DE/", "Bank of America Corporation"),
        ("3M COMPANY", "3M Company"),
        ("Johnson & Johnson", "Johnson & Johnson"),
        ("COCA-COLA CO", "Coca-Cola Company"),
    ],
)
def test_names_meet_in_one_spelling(written: str, name: str) -> None:
    assert canonical_name(written) == name
    assert canonical_name(name) == name
