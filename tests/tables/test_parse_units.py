"""Unit notes and what labels measure."""

import pytest

from longweave.tables.labels import measure_after, measure_of
from longweave.tables.units import Measure, parse_unit_note


@pytest.mark.parametrize(
    ("text", "money", "shares", "per_share"),
    [
        ("(in millions, except per share data)", 6, 6, 0),
        (
            "(In millions, except number of shares, which are reflected in thousands, and per-share amounts)",
            6,
            3,
            0,
        ),
        ("(Dollars in Millions Except Share and Per Share Data)", 6, 0, 0),
        ("(Dollars and Shares in Millions Except Per Share Amounts) (Note 1)", 6, 6, 0),
        ("(shares in millions, dollars in billions)", 9, 6, 0),
        ("(net income in millions and shares in thousands)", 6, 3, 0),
        ("$ in thousands", 3, 3, 0),
        ("Millions, Except Per Share Amounts", 6, 6, 0),
        ("All amounts in thousands unless stated otherwise", 3, 3, 0),
        ("£m", 6, 6, 0),
        ("US$’000", 3, 3, 0),
        ("RMB’Million", 6, 6, 0),
        ("Shares (thous.)", 3, 3, 0),
    ],
)
def test_notes_give_each_measure_its_power_of_ten(text: str, money: int, shares: int, per_share: int) -> None:
    note = parse_unit_note(text)
    assert note is not None
    assert [note.scale_of(measure) for measure in ("money", "shares", "per_share")] == [
        money,
        shares,
        per_share,
    ]


@pytest.mark.parametrize(
    ("text", "currency"), [("£m", "GBP"), ("(€ in millions)", "EUR"), ("(in thousands of dollars)", "USD")]
)
def test_notes_name_their_currency(text: str, currency: str) -> None:
    note = parse_unit_note(text)
    assert note is not None
    assert note.currency == currency


@pytest.mark.parametrize("text", ["Year", "Net sales", "The company sold $5 million of shares", "2024", ""])
def test_words_without_a_unit_are_no_note(text: str) -> None:
    assert parse_unit_note(text) is None


@pytest.mark.parametrize(
    ("label", "measure"),
    [
        ("Diluted earnings per share", "per_share"),
        ("Weighted-Average Exercise Price", "per_share"),
        ("Cash dividends paid ($4.45 per share)", "unknown"),
        ("Number of shares used in per share computation", "shares"),
        ("Shares (thous.)", "shares"),
        ("Common stock, $0.001 par value; 5 shares authorized", "money"),
        ("Gross margin percentage", "percent"),
        ("Effective tax rate", "rate"),
        ("Interest rate contracts", "unknown"),
        ("5.25% Notes due 2054", "unknown"),
        ("Weighted-average remaining life (years)", "time"),
        ("Number of plaintiffs", "count"),
        ("Net sales", "unknown"),
    ],
)
def test_labels_name_what_they_measure(label: str, measure: Measure) -> None:
    assert measure_of(label) == measure


def test_words_after_a_number_name_it() -> None:
    assert measure_after(" shares issued and outstanding") == "shares"
    assert measure_after(" par value; 5 shares authorized") == "per_share"
    assert measure_after(", net of tax") == "unknown"
