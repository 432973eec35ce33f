"""Which statement a table is, told by its heading and borne out by its rows."""

import pytest

from longweave.tables.model import TableReading
from longweave.tables.read import read_tables
from longweave.tables.statements import classify_table, continues, is_furniture

BALANCE_ROWS = (
    "<tr><td></td><td>2024</td></tr><tr><td>Cash</td><td>5</td></tr><tr><td>Total assets</td><td>9</td></tr>"
    "<tr><td>Total equity</td><td>4</td></tr>"
)


def read(text: str) -> list[TableReading]:
    return read_tables(text)


def classify(before: str, rows: str = BALANCE_ROWS) -> str:
    text = f"Some earlier sentence that ends here.\n\n{before}\n\n<table>{rows}</table>\n"
    return classify_table(read(text)[-1], text)[0]


@pytest.mark.parametrize(
    "heading",
    [
        "CONSOLIDATED BALANCE SHEETS",
        "Acme and Subsidiaries Consolidated Balance Sheets (Unaudited)\n\n(In millions)",
        "Condensed Consolidated Statements of Financial Position\n\nAcme and Subsidiary Companies",
        "Consolidated Statement of Financial Condition",
    ],
)
def test_a_heading_with_fitting_rows_makes_a_balance_sheet(heading: str) -> None:
    assert classify(heading) == "balance"


@pytest.mark.parametrize(
    "before",
    [
        "Inventories",
        "Selected Balance Sheet Data",
        "Gross Amounts Not Offset in the Balance Sheet",
        "The amounts below are part of other assets in our Consolidated Balance Sheets.",
        "Consolidated Statements of Operations",
        "CONSOLIDATED BALANCE SHEETS\n\n"
        + "We discuss here at length what stands between heading and table. " * 4,
        "CONSOLIDATED BALANCE SHEETS\n\n[...]",
    ],
)
def test_without_a_heading_of_its_own_a_table_is_a_note(before: str) -> None:
    assert classify(before) == "note"


def test_a_heading_that_the_rows_do_not_bear_out_makes_no_statement() -> None:
    rows = "<tr><td></td><td>2024</td></tr><tr><td>Land</td><td>5</td></tr>"
    assert classify("CONSOLIDATED BALANCE SHEETS", rows) == "note"


def test_two_statements_run_together_are_neither() -> None:
    rows = BALANCE_ROWS + (
        "<tr><td>Net cash provided by operating activities</td><td>5</td></tr>"
        "<tr><td>Net cash used in investing activities</td><td>(5)</td></tr>"
    )
    assert classify("CONSOLIDATED BALANCE SHEETS", rows) == "note"


def test_parent_only_schedules_are_told_apart() -> None:
    assert classify("Schedule I - Condensed Financial Information\n\nBALANCE SHEETS") == "parent"


def test_supplements_to_the_cash_flow_statement_are_told_apart() -> None:
    rows = "<tr><td></td><td>2024</td></tr><tr><td>Cash paid for interest</td><td>5</td></tr>"
    assert classify("Supplemental Cash Flow Information", rows) == "supplement"


def test_the_heading_span_covers_the_heading() -> None:
    text = f"Acme Inc.\n\nCONSOLIDATED BALANCE SHEETS\n\n<table>{BALANCE_ROWS}</table>"
    _, [span] = classify_table(read(text)[0], text)
    assert "CONSOLIDATED BALANCE SHEETS" in text[span.start : span.end]


@pytest.mark.parametrize(
    ("gap", "same"),
    [
        ("\n\n48\n\n", True),
        ("\n\n[...]\n\n", False),
        ("\n\n" + "Words. " * 40, False),
        ("\n\nINCOME STATEMENT\n", False),
    ],
)
def test_a_table_goes_on_only_over_page_furniture(gap: str, same: bool) -> None:
    rows = "<tr><td></td><td>2024</td><td>2023</td></tr><tr><td>A thing</td><td>5</td><td>6</td></tr>"
    text = f"<table>{rows}</table>{gap}<table>{rows}</table>"
    first, second = read(text)
    assert continues(second, first, text) is same


def test_a_page_number_is_furniture() -> None:
    [page] = read("<table><tr><td>2024 Annual Report</td><td>45</td></tr></table>")
    assert is_furniture(page)
