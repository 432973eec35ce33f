"""Blocks tile a document, keep tables whole, find headings, and their token counts add up."""

from hypothesis import given, settings
from hypothesis import strategies as st

from longweave.synth.blocks import PARAGRAPH_CHARS, Block, close_blocks, cut_blocks
from longweave.synth.tokens import load_tokenizer

QWEN = load_tokenizer()

FILING = """UNITED STATES

SECURITIES AND EXCHANGE COMMISSION

Item 8. Financial Statements and Supplementary Data

Note 2 – Revenue

Net sales disaggregated by significant products and services were as follows (in millions):

<table>
<tr><td></td><td>2024</td><td>2023</td></tr>

<tr><td>iPhone</td><td>$ 201,183</td><td>$ 200,583</td></tr>
</table>

Amortized services are those bundled in the sales price.

Segment Information

The Company manages its business primarily on a geographic basis.
"""

QUARTER = """The following table shows net sales for the three- and nine-month periods (in millions):
    Three Months Ended     Nine Months Ended
    June 25,     June 26,     June 25,     June 26,
    2022     2021     2022     2021
Net sales:
 Products     $     63,355     $     63,948     $     245,241     $     232,309

 Services     19,604     17,486     58,941     50,148
    Total net sales     82,959     81,434     304,182     282,457

Products net sales decreased during the third quarter.  Services grew.
"""

PAGE = """Sales by region were:

|  | 2019 | 2018 |
| --- | --- | --- |
| UK | 24.5 | 24.9 |
The table excludes intercompany sales.

# Outlook
We expect growth.
"""


def cut(text: str) -> list[tuple[str, str]]:
    return [(block.kind, text[block.start : block.end].strip()) for block in cut_blocks(text, QWEN)]


def check_tiling(text: str, blocks: list[Block]) -> None:
    assert [b.start for b in blocks] == [0, *(b.end for b in blocks[:-1])]
    assert blocks[-1].end == len(text)
    assert all(block.end > block.start for block in blocks)


def test_an_html_table_is_one_block_even_with_blank_lines_inside() -> None:
    tables = [text for kind, text in cut(FILING) if kind == "table"]
    assert len(tables) == 1
    assert tables[0].startswith("<table>")
    assert tables[0].endswith("</table>")


def test_headings_of_a_filing_are_found_with_their_levels() -> None:
    found = {
        FILING[b.start : b.end].strip(): b.level for b in cut_blocks(FILING, QWEN) if b.kind == "heading"
    }
    assert found == {
        "UNITED STATES": 3,
        "SECURITIES AND EXCHANGE COMMISSION": 3,
        "Item 8. Financial Statements and Supplementary Data": 2,
        "Note 2 – Revenue": 3,
        "Segment Information": 4,
    }


def test_lines_with_spaced_columns_are_one_table_with_its_labels_and_blank_lines() -> None:
    kinds = cut(QUARTER)
    assert [kind for kind, _ in kinds] == ["text", "table", "text"]
    assert kinds[1][1].startswith("Three Months Ended")
    assert kinds[1][1].endswith("304,182     282,457")
    assert "Net sales:" in kinds[1][1]


def test_a_single_line_with_wide_gaps_is_no_table() -> None:
    assert cut("Name:     Robert J Gretz\n\nHe was the investigator in charge of it.\n")[0][0] == "text"


def test_a_pipe_table_ends_where_the_text_goes_on() -> None:
    assert [kind for kind, _ in cut(PAGE)] == ["text", "table", "text", "heading", "text"]
    assert cut(PAGE)[3] == ("heading", "# Outlook")


def test_a_sentence_that_begins_with_a_reference_is_no_heading() -> None:
    text = "Item 7 of this report describes the results of the year.\n\nNote 3 has more.\n\n"
    assert [kind for kind, _ in cut(text)] == ["text", "text"]


def test_a_long_paragraph_is_cut_at_line_ends_only() -> None:
    line = "It was the best of times, it was the worst of times, it was the age of wisdom.\n"
    text = line * 40
    blocks = cut_blocks(text, QWEN)
    assert len(blocks) == 3
    assert all(text[b.start : b.end].endswith(".\n") for b in blocks)
    assert all(b.end - b.start <= PARAGRAPH_CHARS for b in blocks)


def test_a_huge_line_is_one_block() -> None:
    text = "word " * 400_000
    assert [(b.start, b.end) for b in cut_blocks(text, QWEN)] == [(0, len(text))]


def test_many_tables_on_one_line_are_one_block() -> None:
    text = "intro " + "<table><tr><td>1</td></tr></table> and " * 40_000
    assert [(b.kind, b.end) for b in cut_blocks(text, QWEN)] == [("table", len(text))]


def test_an_unclosed_table_ends_with_its_last_row() -> None:
    text = "Before it.\n\n<table>\n<tr><td>1</td></tr>\n<tr><td>2</td></tr>\n\nAfter it, text goes on.\n"
    assert cut(text)[1] == ("table", "<table>\n<tr><td>1</td></tr>\n<tr><td>2</td></tr>")
    assert cut(text)[2] == ("text", "After it, text goes on.")


def test_many_unclosed_and_nested_tables_take_linear_time() -> None:
    text = "<table>" * 50_000 + "\n" + "</table>" * 20_000 + "\n" + "\n" * 100_000 + " x"
    check_tiling(text, cut_blocks(text, QWEN))


def test_an_empty_text_has_no_blocks() -> None:
    assert cut_blocks("", QWEN) == []
    assert close_blocks("", [], QWEN) == []


def test_closed_blocks_leave_out_leading_blank_lines_and_count_a_last_newline() -> None:
    text = "\n \n  First line.\n\nLast line"
    closed = close_blocks(text, cut_blocks(text, QWEN), QWEN)
    assert text[closed[0].start : closed[0].end] == "  First line.\n\n"
    assert sum(block.n_tokens for block in closed) == QWEN.count("  First line.\n\nLast line\n")


SPACES = ["\n", "\n\n", "\r\n", "\r", " ", "   ", "\t", "\u2028", "\x0c", "\x1c", "\u00a0"]
WORDS = ["a", "Word", "end.", "!!", "12", "(3)", "é", "\u0301", "日本", "'s", "x     y"]
MARKUP = ["<table>", "</table>", "<tr><td>1</td></tr>", "| a | b |", "# H", "Note 3", "ITEM 1."]
PARTS = st.sampled_from(SPACES + WORDS + MARKUP)


@settings(max_examples=400)
@given(st.lists(PARTS, max_size=60).map("".join))
def test_blocks_tile_and_their_counts_add_up(text: str) -> None:
    blocks = cut_blocks(text, QWEN)
    if text:
        check_tiling(text, blocks)
    assert sum(block.n_tokens for block in blocks) == QWEN.count(text)


@settings(max_examples=200)
@given(st.lists(PARTS, max_size=40).map("".join))
def test_counts_add_up_inside_a_prompt_frame(text: str) -> None:
    closed = close_blocks(text, cut_blocks(text, QWEN), QWEN)
    if closed:
        body = text[closed[0].start :] + ("" if text.endswith("\n") else "\n")
        counts = QWEN.count('<document index="1" title="T">\n') + QWEN.count("</document>\n")
        framed = f'<document index="1" title="T">\n{body}</document>\n'
        assert counts + sum(block.n_tokens for block in closed) == QWEN.count(framed)


@given(st.text(max_size=400))
def test_blocks_of_any_text_tile_and_add_up(text: str) -> None:
    blocks = cut_blocks(text, QWEN)
    assert "".join(text[b.start : b.end] for b in blocks) == text
    assert sum(block.n_tokens for block in blocks) == QWEN.count(text)


def test_real_excerpts_add_up() -> None:
    for text in (FILING, QUARTER, PAGE):
        blocks = cut_blocks(text, QWEN)
        check_tiling(text, blocks)
        assert sum(block.n_tokens for block in blocks) == QWEN.count(text)
