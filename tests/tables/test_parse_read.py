"""Readings: headers, sections, joined cells, units and the spans that they lean on."""

from longweave.tables.model import TableReading, ValueCell
from longweave.tables.read import read_tables

HEAD = """Example Corp.

CONSOLIDATED STATEMENTS OF OPERATIONS

(In millions, except number of shares, which are reflected in thousands, and per-share amounts)

"""


def _row(label: str, *cells: str) -> str:
    """A row as filings draw it: three grid columns per number, three between two; "|" parts joined cells."""
    drawn = [f'<td colspan="3">{label}</td>']
    for number, cell in enumerate(cells):
        parts = cell.split("|")
        spans = {1: (3,), 2: (2, 1), 3: (1, 1, 1)}[len(parts)]
        drawn += ['<td colspan="3"></td>'] * bool(number)
        drawn += [f'<td colspan="{span}">{part}</td>' for span, part in zip(spans, parts, strict=True)]
    return f"<tr>{''.join(drawn)}</tr>\n"


STATEMENT = (
    HEAD
    + '<table>\n<tr><td colspan="3"></td><td colspan="9">Years ended</td></tr>\n'
    + _row("", "September 28, 2024", "September 30, 2023")
    + _row("Net sales:", "", "")
    + _row("Products", "$|294,866|", "$|298,085|")
    + _row("Other income (loss)", "(565|)", "269|")
    + _row("Effective tax rate", "24.1|%", "14.7|%")
    + _row("Diluted earnings per share", "$|6.08|", "$|6.13|")
    + _row("Shares used in computing earnings per share:", "", "")
    + _row("Diluted", "15,408,095|", "15,812,547|")
    + "</table>\n"
)


def _read(text: str) -> TableReading:
    (reading,) = read_tables(text)
    return reading


def _value(reading: TableReading, label: str) -> ValueCell:
    return next(value for value in reading.values if value.path and value.path[-1] == label)


def test_numbers_stand_under_all_their_headers_and_sections() -> None:
    products = _value(_read(STATEMENT), "Products")
    assert products.header == ("Years ended", "September 28, 2024")
    assert products.path == ("Net sales:", "Products")
    assert (products.cell.row, products.cell.index) == (3, 2)


def test_split_off_signs_belong_to_their_number() -> None:
    reading = _read(STATEMENT)
    assert _value(reading, "Products").typed.currency == "USD"
    assert _value(reading, "Other income (loss)").typed.value == -565
    assert _value(reading, "Effective tax rate").typed.kind == "percent"


def test_each_measure_has_its_own_scale() -> None:
    reading = _read(STATEMENT)
    units = {value.path[-1]: (value.unit.name, value.unit.scale) for value in reading.values}
    assert units["Products"] == ("USD", 6)
    assert units["Effective tax rate"] == ("percent", -2)
    assert units["Diluted earnings per share"] == ("USD/share", 0)
    assert units["Diluted"] == ("shares", 3)


def test_title_and_notes_are_spans_of_the_text() -> None:
    reading = _read(STATEMENT)
    assert reading.title == "CONSOLIDATED STATEMENTS OF OPERATIONS"
    shown = [STATEMENT[span.start : span.end] for span in reading.notes]
    assert shown[0] == "CONSOLIDATED STATEMENTS OF OPERATIONS"
    assert shown[1].startswith("(In millions, except number of shares")


def _table(*rows: str) -> str:
    return "| " + " |\n| ".join((rows[0], " | ".join(["---"] * (rows[0].count("|") + 1)), *rows[1:])) + " |\n"


def test_a_row_of_years_is_a_header_and_a_year_in_the_stub_a_label() -> None:
    reading = _read(_table(" | 2019 | 2018", "Sales | 5 | 4", "2018 | 1,955 | 7"))
    assert _value(reading, "Sales").header == ("2019",)
    assert [value.typed.value for value in reading.values if value.path == ("2018",)] == [1955, 7]


def test_columns_may_have_units_of_their_own() -> None:
    reading = _read(_table(" | 2019 | Change | 2018", " | £m | % | £m", "UK | 24.5 | 3 | 24.9"))
    assert [(value.unit.name, value.unit.scale) for value in reading.values] == [
        ("GBP", 6),
        ("percent", -2),
        ("GBP", 6),
    ]


def test_a_period_over_one_markdown_column_reaches_over_the_empty_ones() -> None:
    reading = _read(_table(" |  | Year Ended May 31, | ", " | 2019 | 2018 | 2017", "Total | 1 | 2 | 3"))
    assert [value.header for value in reading.values] == [
        ("Year Ended May 31,", year) for year in ("2019", "2018", "2017")
    ]


def test_unmarked_numbers_go_on_in_the_percents_of_their_column() -> None:
    reading = _read(
        _table(" | Amount | Share", "North | $ 70 | 70.0%", "South | 20 | 20.0", "All | $ 90 | 90.0%")
    )
    south = [value.unit.name for value in reading.values if value.path == ("South",)]
    assert south == ["USD", "percent"]


def test_a_table_on_a_new_page_keeps_the_unit_of_the_one_before() -> None:
    first = "Sales by region (in thousands):\n\n" + _table(" | 2019", "North | 5")
    readings = read_tables(first + "\n\n42\n\n" + _table(" | 2019", "South | 4"))
    assert [reading.values[0].unit.scale for reading in readings] == [3, 3]
    assert readings[1].notes == readings[0].notes


def test_nothing_before_a_gap_in_an_excerpt_is_near() -> None:
    first = "Sales by region (in thousands):\n\n" + _table(" | 2019", "North | 5")
    readings = read_tables(first + "\n[...]\n\n" + _table(" | 2019", "South | 4"))
    assert [reading.values[0].unit.scale for reading in readings] == [3, 0]


def test_a_statement_for_the_whole_document_is_the_last_resort() -> None:
    statement = "(Dollars in millions, except per share data)"
    text = f"Notes\n\n{statement}\n\n{'Prose. ' * 400}\n\nThe parts were:\n\n" + _table(
        " | 2019", "North | 5"
    )
    reading = _read(text)
    assert reading.values[0].unit.scale == 6
    assert statement in [text[span.start : span.end] for span in reading.notes]


def test_numbers_in_words_are_kept_apart_with_their_own_units() -> None:
    text = "(in millions)\n\n" + _table(
        " | 2019", "Preferred stock, $0.001 par value; 5 shares authorized | 7"
    )
    reading = _read(text)
    assert [value.typed.value for value in reading.values] == [7]
    found = [(text[v.cell.start : v.cell.end], v.unit.name, v.unit.scale) for v in reading.embedded]
    assert found == [
        ("2019", "pure", 0),
        ("$0.001", "USD/share", 0),
        ("5", "shares", 6),
    ]


def test_columns_have_kinds_and_spacers_are_no_columns() -> None:
    reading = _read(
        "<table><tr><th>Day</th><th>Goals</th><th></th><th>Share</th></tr>"
        "<tr><td>May 1, 2020</td><td>3</td><td></td><td>5%</td></tr></table>"
    )
    assert (reading.columns, reading.column_kinds) == ((0, 1, 3), ("date", "number", "percent"))
