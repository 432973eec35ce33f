import pytest
from hypothesis import given
from hypothesis import strategies as st

from longweave.corpus.readers.html import convert_html
from longweave.corpus.rejected import UnusableInput


def test_paragraphs_headings_and_lists_become_plain_lines() -> None:
    page = convert_html(
        "<html><head><title> Annual \n report </title><style>p {}</style></head><body><h2>Item <b>1</b></h2>"
        "<p>One<br>two &lt; three</p><script>x()</script><ul><li>a<li>b</ul>tail</body></html>"
    )
    assert page.title == "Annual report"
    assert page.text == "## Item 1\n\nOne\ntwo < three\n\n- a\n- b\n\ntail\n"


def test_a_table_keeps_cells_spans_and_caption_and_nothing_else() -> None:
    page = convert_html(
        "<p>Before</p><table class=x><caption>Sales &amp; more</caption>"
        "<tr><th rowspan='2' style='a'>Year</th>"
        "<td COLSPAN=3><p>1 < 2</p><p>b</p></td></tr><tr><td></td></tr><tr><td>(5)<br>%</td></tr></table>"
        "After"
    )
    assert page.text == (
        "Before\n\n<table>\n<caption>Sales &amp; more</caption>\n"
        '<tr><th rowspan="2">Year</th><td colspan="3">1 &lt; 2 b</td></tr>\n'
        "<tr><td>(5) %</td></tr>\n</table>\n\nAfter\n"
    )


def test_hidden_elements_and_layout_tables_leave_no_trace() -> None:
    page = convert_html(
        "<div style='DISPLAY : none'>secret</div><p hidden>secret</p><table><tr><td>Lead <table><tr><td>in"
        "<tr style='display:none'><td>secret</table></td></tr></table>"
    )
    assert page.text == "Lead\n\n<table>\n<tr><td>in</td></tr>\n</table>\n"


def test_absurd_spans_are_cut() -> None:
    text = convert_html(
        "<table><tr><td colspan=999999>a<td rowspan=99999999999999999999>b<td colspan=x>c</table>"
    ).text
    assert '<td colspan="1000">a</td><td>b</td><td>c</td>' in text


def test_ten_thousand_columns_are_read_and_bottomless_nesting_is_refused() -> None:
    wide = convert_html("<table><tr>" + "<td>1" * 10_000 + "</table>").text
    assert wide.count("<td>1</td>") == 10_000
    assert convert_html("<div>" * 1_000 + "x").text == "x\n"
    with pytest.raises(UnusableInput, match=r"deeper than 2,048 levels"):
        convert_html("<div>" * 5_000 + "x")


@given(st.text(st.sampled_from("<>/ab=\"'&;!-td tr p\n"), max_size=200))
def test_any_input_gives_some_text(markup: str) -> None:
    page = convert_html(markup)
    assert page.text == "" or page.text.endswith("\n")
