"""Markdown tables: cells, escapes, missing pipes."""

from longweave.tables.markdown import parse_markdown_tables
from longweave.tables.model import Span


def _grid(text: str) -> list[list[list[str]]]:
    tables = parse_markdown_tables(text, Span(0, len(text)))
    return [[[cell.text for cell in row] for row in table.rows] for table in tables]


def test_header_is_row_zero_and_the_separator_no_row() -> None:
    assert _grid("text\n\n| a | b |\n| --- | :-: |\n| 1 |  |\n\nmore") == [[["a", "b"], ["1", ""]]]


def test_escaped_pipes_stay_inside_their_cell() -> None:
    assert _grid("|a\\|b|c|\n|-|-|\n|1|2|") == [[["a|b", "c"], ["1", "2"]]]


def test_outer_pipes_may_be_missing() -> None:
    assert _grid("a | b\n--- | ---\n1 | 2\n") == [[["a", "b"], ["1", "2"]]]


def test_cells_carry_their_span() -> None:
    text = "| Sales |  $ 5 |\n|---|---|\n| x | y |"
    (table,) = parse_markdown_tables(text, Span(0, len(text)))
    assert [text[cell.start : cell.end] for row in table.rows for cell in row] == ["Sales", "$ 5", "x", "y"]


def test_rows_without_a_separator_are_no_table() -> None:
    assert _grid("a | b\n1 | 2\n") == []
    assert _grid("title\n-----\ntext") == []


def test_two_tables_are_two() -> None:
    assert len(_grid("|a|\n|-|\n|1|\n\n|b|\n|-|\n|2|\n")) == 2
