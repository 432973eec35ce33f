"""Spaced columns, as pdftotext writes them: aligned, and with shortened blanks."""

from longweave.tables.layout import parse_layout_tables
from longweave.tables.model import Span, Table
from longweave.tables.read import read_tables

SHORTENED = """
    CONDENSED STATEMENTS OF OPERATIONS
    (In millions, except per share amounts)

    Three Months Ended     Nine Months Ended
    June 25,     June 26,     June 25,     June 26,
    2022     2021     2022     2021
Net sales:
 Products     $     63,355     $     63,948     $     245,241     $     232,309
 Services     19,604     17,486     58,941     50,148
    Total change in gains on marketable debt
    securities     (3,055)     163     (9,819)     (792)
Net income     $     19,442 $     21,744     $     79,082 $     74,129
    Diluted earnings per share     $     1.20   $     1.30   $     4.82   $     4.38

    See accompanying Notes.
"""

ALIGNED = """\
Region                2024      2023
North                1,200     1,100
South                  950       900
West                             300
East                   410       390
"""


def _tables(text: str) -> list[Table]:
    return list(parse_layout_tables(text, Span(0, len(text))))


def test_currency_signs_join_their_numbers_and_spans_hold_both() -> None:
    (table,) = _tables(SHORTENED)
    row = next(row for row in table.rows if row[0].text == "Products")
    assert [cell.text for cell in row] == ["Products", "$ 63,355", "$ 63,948", "$ 245,241", "$ 232,309"]
    assert SHORTENED[row[1].start : row[1].end] == "$     63,355"


def test_a_wrapped_label_is_one_label() -> None:
    (table,) = _tables(SHORTENED)
    assert any(row[0].text == "Total change in gains on marketable debt securities" for row in table.rows)


def test_fewer_headers_than_columns_spread_evenly() -> None:
    (reading,) = read_tables(SHORTENED)
    services = [value for value in reading.values if value.path[-1] == "Services"]
    assert [value.header for value in services] == [
        ("Three Months Ended", "June 25,", "2022"),
        ("Three Months Ended", "June 26,", "2021"),
        ("Nine Months Ended", "June 25,", "2022"),
        ("Nine Months Ended", "June 26,", "2021"),
    ]
    assert services[0].path == ("Net sales:", "Services")


def test_units_come_from_the_note_above_except_per_share() -> None:
    (reading,) = read_tables(SHORTENED)
    units = {value.path[-1]: (value.unit.name, value.unit.scale) for value in reading.values}
    assert units["Net income"] == ("USD", 6)
    assert units["Diluted earnings per share"] == ("USD/share", 0)


def test_in_aligned_text_a_missing_number_leaves_its_column_empty() -> None:
    (table,) = _tables(ALIGNED)
    assert [(cell.text, cell.col) for cell in table.rows[3]] == [("West", 0), ("300", 2)]


def test_where_blanks_were_shortened_a_short_row_stands_under_no_header() -> None:
    (reading,) = read_tables(SHORTENED.replace("Services     19,604     17,486", "Services     19,604"))
    short = [value for value in reading.values if value.path[-1] == "Services"]
    assert len(short) == 3
    assert all(value.header == () for value in short)


def test_prose_with_stray_gaps_is_no_table() -> None:
    assert _tables("This sentence   has a gap.\nAnd so   does this one, with no numbers at all.\n") == []
