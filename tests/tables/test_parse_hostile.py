"""Garbage in any markup: no error, spans inside the text, the same reading twice, linear work."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from longweave.tables.find import find_tables
from longweave.tables.read import read_tables

MARKUP = [
    "<table>",
    "</table>",
    "<tr>",
    "</tr>",
    "<td>",
    "</td>",
    "<th>",
    "<td",
    "<",
    ">",
    "<sup>",
    "</sup>",
    "<br>",
    "<caption>",
    "</caption>",
    "<!--",
    "-->",
    '"',
    "&nbsp;",
    "&amp;",
    "&",
    "hidden",
    "|",
    "\\|",
    "---",
    "-",
    "$",
    "(",
    ")",
    "%",
    "—",
    "1,234",
    "2019",
    "12%",
    "é",
    "[...]",
]
WORDS = [
    "<td colspan=7>",
    '<td rowspan="3">',
    "| --- |",
    "\n",
    "\n\n",
    "   ",
    "     ",
    "\t",
    "\u200b",
    "(in millions)",
]
LABELS = ["per share", "Shares", "May 31, 2019", "Years ended", "Total sales:", "note 1"]
PIECES = st.sampled_from([*MARKUP, *WORDS, *LABELS])


@settings(max_examples=400, deadline=None)
@given(st.lists(PIECES, max_size=80).map("".join))
def test_any_jumble_of_marks_is_read(text: str) -> None:
    readings = read_tables(text)
    assert readings == read_tables(text)
    for reading in readings:
        table = reading.table
        assert 0 <= table.start <= table.end <= len(text)
        for row in table.rows:
            for cell in row:
                assert table.start <= cell.start <= cell.end <= table.end
                assert 0 <= cell.col < cell.col + cell.colspan <= table.n_cols
        for span in reading.notes:
            assert 0 <= span.start < span.end <= len(text)
        for value in (*reading.values, *reading.embedded):
            assert table.start <= value.cell.start <= value.cell.end <= table.end


@settings(max_examples=200, deadline=None)
@given(st.lists(PIECES, max_size=60).map("".join))
def test_html_tables_are_numbered_as_their_blocks_stand(text: str) -> None:
    tables = find_tables(text)
    html = [table.index for table in tables if table.markup == "html"]
    assert html == list(range(len(html)))
    assert sorted(table.index for table in tables) == list(range(len(tables)))
    assert [table.start for table in tables] == sorted(table.start for table in tables)


N = 20_000
HOSTILE = {
    "tags that never close": "<table>" + "<td " * N,
    "tables that never close": "<table>" * N,
    "nested tables": "<table><tr><td>" * (N // 10),
    "quotes that never close": "<table><tr>" + '<td a="' * N,
    "comments that never close": "<table>" + "<!--" * N,
    "one cell of a megabyte": "<table><tr><td>" + "1,234 " * 170_000 + "</td></tr></table>",
    "one run of digits": "<table><tr><td>" + "1" * 1_000_000 + "</td></tr></table>",
    "ampersands": "<table><tr><td>" + "&" * N + "x</td></tr></table>",
    "claims of rows and columns": "<table><tr>"
    + "<td rowspan=65000 colspan=1000>x</td>" * 1000
    + "</tr>"
    + "<tr><td>1</td></tr>" * 2000,
    "ten thousand columns": "<table><tr>" + "<td>1</td>" * 10_000 + "</tr></table>",
    "sections without end": "<table>" + "<tr><td>Total A:</td><td></td></tr>" * N + "</table>",
    "heads without end": "<table>"
    + "<tr><td></td><td>a</td><td>b</td></tr>" * 2000
    + "<tr><td>x</td><td>1</td><td>2</td></tr>" * 2000,
    "raised marks": "<table><tr><td>" + "1<sup>1</sup>" * N + "</td></tr></table>",
    "pipes": "|" * N + "\n" + "|---" * N + "\n",
    "separators": "|---|\n" * N,
    "gaps": "x" + " " * N + "y\n" + "a   " * N,
    "opening parentheses": "(in " * N + "millions<table><tr><td>1</td></tr></table>",
    "unit words": "<table><tr><td>" + "shares in " * 190 + "</td><td>1</td></tr></table>",
}


@pytest.mark.timeout(20)
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_input_is_read_in_linear_work(text: str) -> None:
    assert isinstance(read_tables(text), list)
