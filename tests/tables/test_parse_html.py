"""HTML tables: places, spans into the text, and what broken markup does."""

from longweave.tables.clean import trim
from longweave.tables.html import parse_html_tables


def _texts(html: str) -> list[list[str]]:
    (table,) = parse_html_tables(html)
    return [[cell.text for cell in row] for row in table.rows]


def test_cells_carry_the_span_of_their_source() -> None:
    text = "before <table><tr><td> R&amp;D\n cost </td><td>&nbsp;$ 1,234&#160;</td></tr></table> after"
    (table,) = parse_html_tables(text)
    label, value = table.rows[0]
    assert (label.text, text[label.start : label.end]) == ("R&D cost", "R&amp;D\n cost")
    assert (value.text, text[value.start : value.end]) == ("$ 1,234", "$ 1,234")
    assert text[table.start : table.end] == text.removeprefix("before ").removesuffix(" after")


def test_row_and_column_spans_shift_the_cells_below_and_beside() -> None:
    (table,) = parse_html_tables(
        '<table><tr><th rowspan="2">Item</th><th colspan=2>Year</th></tr>'
        "<tr><td>2024</td><td>2023</td></tr><tr><td>Sales</td><td>5</td><td>4</td></tr></table>"
    )
    assert [[cell.col for cell in row] for row in table.rows] == [[0, 1], [1, 2], [0, 1, 2]]
    assert table.rows[0][1].colspan == 2
    assert table.rows[0][0].header and not table.rows[1][0].header
    assert table.n_cols == 3


def test_huge_spans_are_capped_and_ten_thousand_columns_pass() -> None:
    (table,) = parse_html_tables(
        "<table><tr><td colspan=1000000 rowspan=9999999>a</td><td>b</td></tr></table>"
    )
    assert table.n_cols == 1001
    (wide,) = parse_html_tables("<table><tr>" + "<td>1</td>" * 10_000 + "</tr></table>")
    assert (wide.n_cols, len(wide.rows[0])) == (10_000, 10_000)


def test_nested_and_empty_tables_count_in_text_order_and_keep_their_own_text() -> None:
    tables = parse_html_tables(
        "<table><tr><td>outer <table><tr><td>inner</td></tr></table> end</td></tr></table><table></table>"
    )
    assert [table.index for table in tables] == [0, 1, 2]
    assert tables[0].rows[0][0].text == "outer end"
    assert tables[1].rows[0][0].text == "inner"
    assert tables[2].rows == ()


def test_hidden_cells_are_left_out_but_counted() -> None:
    (table,) = parse_html_tables(
        '<table><tr><td style="display: none">key</td><td hidden>x</td><td>seen</td></tr>'
        '<tr style="display:none"><td>row</td></tr></table>'
    )
    assert [(cell.text, cell.index, cell.col) for cell in table.rows[0]] == [("seen", 2, 0)]
    assert table.rows[1] == ()


def test_inner_tags_part_words_only_where_they_break_the_line() -> None:
    assert _texts("<table><tr><td>Net<br>sales<b>men</b></td></tr></table>") == [["Net salesmen"]]


def test_a_raised_mark_after_a_number_does_not_lengthen_it() -> None:
    assert _texts("<table><tr><td>1,234<sup>2</sup></td><td>CO<sup>2</sup></td></tr></table>") == [
        ["1,234 (2)", "CO2"]
    ]


def test_unclosed_tags_end_where_the_next_begins() -> None:
    assert _texts("<table><tr><td>a<td>b<tr><td>c") == [["a", "b"], ["c"]]
    first, second = parse_html_tables("<table><tr><td>a</td></tr> lost <table><tr><td>b</td></tr></table>")
    assert first.rows[0][0].text == "a" and first.end <= second.start
    assert second.rows[0][0].text == "b"


def test_a_bare_less_than_sign_is_text() -> None:
    assert _texts("<table><tr><td>p < 0.05</td></tr></table>") == [["p < 0.05"]]


def test_commented_rows_are_not_rows() -> None:
    assert _texts("<table><!-- <tr><td>old</td></tr> --><tr><td>new</td></tr></table>") == [["new"]]


def test_caption_is_kept_apart_from_cells() -> None:
    text = "<table><caption>Sales by <i>region</i></caption><tr><td>a</td></tr></table>"
    (table,) = parse_html_tables(text)
    assert table.caption is not None
    assert text[table.caption.start : table.caption.end] == "Sales by <i>region</i>"


def test_trim_stops_at_words() -> None:
    text = " &nbsp; a&b &#160;\n"
    assert text[slice(*trim(text, 0, len(text)))] == "a&b"
    assert trim("   ", 0, 3) == (3, 3)
