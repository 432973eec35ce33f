"""Excerpts keep every needed block with what introduces it, are whole sections, and cost what they say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from longweave.synth.blocks import Block, BlockKind, close_blocks, cut_blocks
from longweave.synth.excerpt import (
    Excerpt,
    Outline,
    cut_around,
    cut_excerpt,
    cut_smallest,
    cut_window,
    end_before_heading,
)
from longweave.synth.prompt import ELLIPSIS
from longweave.synth.tokens import load_tokenizer

QWEN = load_tokenizer()
LEFT_OUT = QWEN.count(ELLIPSIS)

SECTIONS = [
    ("FORM 10-K", ["Apple Inc.", "(Exact name of Registrant as specified in its charter)"]),
    ("Item 1. Business", ["The Company designs, manufactures and markets smartphones. " * 6] * 3),
    ("Item 7. Management’s Discussion and Analysis", ["Total net sales increased 2% during 2024. " * 6] * 3),
    ("Item 8. Financial Statements", ["Index to the statements."]),
    (
        "CONSOLIDATED STATEMENTS OF OPERATIONS",
        [
            "(In millions, except per-share amounts)",
            "<table>\n<tr><td></td><td>2024</td></tr>\n"
            "<tr><td>Total net sales</td><td>391,035</td></tr>\n</table>",
            "See accompanying Notes to Consolidated Financial Statements.",
        ],
    ),
    ("CONSOLIDATED BALANCE SHEETS", ["<table>\n<tr><td>Total assets</td><td>364,980</td></tr>\n</table>"]),
    ("Note 1 – Summary of Significant Accounting Policies", ["The preparation of statements. " * 8] * 4),
]
TEXT = "\n\n".join("\n\n".join([heading, *parts]) for heading, parts in SECTIONS) + "\n"
OUTLINE = Outline(close_blocks(TEXT, cut_blocks(TEXT, QWEN), QWEN), QWEN)


def span_of(quote: str) -> tuple[int, int]:
    start = TEXT.index(quote)
    return start, start + len(quote)


def show(ranges: tuple[tuple[int, int], ...]) -> str:
    blocks = OUTLINE.blocks
    shown = ELLIPSIS.join(TEXT[blocks[a].start : blocks[b - 1].end] for a, b in ranges)
    return (ELLIPSIS if ranges[0][0] else "") + shown + (ELLIPSIS if ranges[-1][1] < len(blocks) else "")


def random_state() -> np.random.Generator:
    return np.random.default_rng(3)


def test_a_document_that_fits_is_shown_whole() -> None:
    excerpt = cut_excerpt(OUTLINE, [span_of("391,035")], OUTLINE.n_tokens, random_state())
    assert excerpt is not None
    assert excerpt.ranges == ((0, len(OUTLINE.blocks)),)
    assert excerpt.n_tokens == QWEN.count(TEXT)


def test_the_smallest_form_has_opening_heading_introduction_and_table() -> None:
    excerpt = cut_smallest(OUTLINE, [span_of("391,035")], 10_000, opening_tokens=0)
    assert excerpt is not None
    shown = show(excerpt.ranges)
    assert shown.startswith("FORM 10-K\n\n[...]\n")
    assert (
        "CONSOLIDATED STATEMENTS OF OPERATIONS\n\n(In millions, except per-share amounts)\n\n<table>" in shown
    )
    assert shown.endswith("</table>\n\n[...]\n")
    assert "Note 1" not in shown


def test_the_opening_is_kept_as_long_as_it_fits() -> None:
    excerpt = cut_smallest(OUTLINE, [span_of("391,035")], 10_000, opening_tokens=30)
    assert excerpt is not None
    assert show(excerpt.ranges).startswith("FORM 10-K\n\nApple Inc.\n\n(Exact name of Registrant")


def test_a_whole_section_is_shown_where_it_fits() -> None:
    excerpt = cut_excerpt(OUTLINE, [span_of("391,035")], 170, random_state())
    assert excerpt is not None
    shown = show(excerpt.ranges)
    assert "See accompanying Notes" in shown
    starts = {OUTLINE.section_start(a) for a, _ in excerpt.ranges}
    assert starts == {a for a, _ in excerpt.ranges}


def test_a_section_too_long_for_the_budget_is_shown_by_the_blocks_around_the_evidence() -> None:
    parts = [f"Paragraph {i} of the risk factors says that results may vary.\n\n" for i in range(40)]
    text = "RISK FACTORS\n\n" + "".join(parts)
    outline = Outline(cut_blocks(text, QWEN), QWEN)
    start = text.index("Paragraph 20")
    excerpt = cut_excerpt(outline, [(start, start + 12)], 200, random_state())
    assert excerpt is not None
    assert 180 <= excerpt.n_tokens <= 200
    first, last = excerpt.ranges[-1]
    assert first < 21 < last - 1


def test_neighbouring_sections_are_added_up_to_the_budget() -> None:
    small = cut_excerpt(OUTLINE, [span_of("391,035")], 200, random_state())
    large = cut_excerpt(OUTLINE, [span_of("391,035")], 500, random_state())
    assert small is not None and large is not None
    assert small.n_tokens < large.n_tokens <= 500
    assert "364,980" in show(large.ranges)


def test_evidence_in_two_places_gives_two_ranges_with_a_mark_between() -> None:
    needed = [span_of("designs, manufactures"), span_of("391,035")]
    smallest = cut_smallest(OUTLINE, needed, 10_000, opening_tokens=0)
    assert smallest is not None
    shown = show(smallest.ranges)
    assert shown.count("[...]") == 3
    assert "Item 1. Business" in shown


def test_evidence_that_cannot_fit_gives_no_excerpt() -> None:
    assert cut_excerpt(OUTLINE, [span_of("391,035")], 40, random_state()) is None


def test_a_window_starts_where_it_is_told_and_stays_within_its_budget() -> None:
    running = np.array(OUTLINE.running)
    first = OUTLINE.sections[2]
    window = cut_window(running, first, 150, LEFT_OUT)
    assert window is not None
    assert window.ranges[0][0] == first
    assert window.n_tokens == QWEN.count(show(window.ranges)) <= 150
    assert cut_window(running, first, 3, LEFT_OUT) is None


STATEMENTS = (
    "FORM 10-K\n\nApple Inc.\n\nSTATEMENTS OF EQUITY\n\n"
    "<table>\n<tr><td>Equity</td><td>56,950</td></tr>\n</table>\n\n"
    "Apple Inc. | 30\n\nBALANCE SHEETS\n\n(In millions)\n\n"
    "<table>\n<tr><td></td><td>2024</td></tr>\n<tr><td>Total assets</td><td>364,980</td></tr>\n</table>\n\n"
    "CASH FLOWS STATEMENTS\n\n(In millions)\n\n"
    + "<table>\n"
    + "<tr><td>Net income</td><td>93,736</td></tr>\n" * 40
    + "</table>\n"
)
STATED = Outline(close_blocks(STATEMENTS, cut_blocks(STATEMENTS, QWEN), QWEN), QWEN)


def shown_of(excerpt: Excerpt | None) -> str:
    assert excerpt is not None
    blocks = STATED.blocks
    return ELLIPSIS.join(STATEMENTS[blocks[a].start : blocks[b - 1].end] for a, b in excerpt.ranges)


def test_a_running_title_above_a_needed_heading_brings_no_heading_of_the_section_that_it_ends() -> None:
    start = STATEMENTS.index("Apple Inc. | 30")
    stop = STATEMENTS.index("364,980") + 7
    shown = shown_of(cut_smallest(STATED, [(start, stop)], 10_000, opening_tokens=0))
    assert "STATEMENTS OF EQUITY" not in shown
    assert "Apple Inc. | 30\n\nBALANCE SHEETS\n\n(In millions)\n\n<table>" in shown


@pytest.mark.parametrize("opening_tokens", range(0, 60, 3))
def test_an_opening_does_not_break_off_at_a_heading(opening_tokens: int) -> None:
    start = STATEMENTS.index("93,736")
    excerpt = cut_smallest(STATED, [(start, start + 6)], 10_000, opening_tokens)
    assert excerpt is not None
    stop = excerpt.ranges[0][1]
    assert stop == 1 or STATED.blocks[stop - 1].kind != "heading"


def test_a_window_around_a_table_begins_at_its_heading_and_ends_before_a_section_it_cannot_show() -> None:
    index = next(
        i for i, block in enumerate(STATED.blocks) if "364,980" in STATEMENTS[block.start : block.end]
    )
    section = STATED.section_start(index)
    window = cut_around(STATED, index, section, 120, 500, 0)
    shown = shown_of(window)
    assert shown.startswith("BALANCE SHEETS\n\n(In millions)\n\n<table>")
    assert shown.endswith("</table>\n\n")
    assert window is not None and window.n_tokens == QWEN.count(ELLIPSIS + shown + ELLIPSIS)
    assert cut_around(STATED, index, section, 30, 40, 0) is None
    longer = cut_around(STATED, index, section, 120, 500, 90)
    assert "STATEMENTS OF EQUITY" in shown_of(longer)
    assert cut_around(STATED, index, section, 120, 500, 5_000) is None


def test_a_table_far_from_its_heading_is_shown_with_heading_and_introduction() -> None:
    text = (
        "LIQUIDITY\n\n"
        + "Much is said about cash flows here. " * 60
        + "\n\n"
        + "Cash flows (in millions):\n\n"
    )
    text += "<table>\n<tr><td>Cash</td><td>1,234</td></tr>\n</table>\n"
    outline = Outline(cut_blocks(text, QWEN), QWEN)
    table = len(outline.blocks) - 1
    window = cut_around(outline, table, 0, 100, 1_000, 0)
    assert window is not None
    assert window.ranges == ((0, 1), (table - 1, table + 1))


def test_the_headings_that_a_window_breaks_off_at_are_taken_away() -> None:
    heading = next(i for i, block in enumerate(STATED.blocks) if STATEMENTS[block.start :].startswith("CASH"))
    window = Excerpt(((heading - 1, heading + 1),), STATED.cost([(heading - 1, heading + 1)]))
    shorter = end_before_heading(STATED, window)
    assert shorter is not None
    assert shorter.ranges == ((heading - 1, heading),)
    assert shorter.n_tokens == STATED.cost(shorter.ranges)
    assert end_before_heading(STATED, Excerpt(((heading, heading + 1),), 0)) is None


LINES = st.lists(
    st.tuples(
        st.sampled_from(["heading", "table", "text"]),
        st.integers(1, 30),
        st.sampled_from(["aa\n", "b c\n\n"]),
    ),
    min_size=1,
    max_size=30,
)


def lay_out(parts: list[tuple[BlockKind, int, str]]) -> tuple[str, Outline]:
    text, blocks = "", []
    for kind, times, line in parts:
        body = line * times
        blocks.append(
            Block(len(text), len(text) + len(body), QWEN.count(body), kind, 3 if kind == "heading" else 0)
        )
        text += body
    return text, Outline(blocks, QWEN)


@given(LINES, st.data())
def test_an_excerpt_keeps_its_evidence_and_costs_what_it_says(
    parts: list[tuple[BlockKind, int, str]], data: st.DataObject
) -> None:
    text, outline = lay_out(parts)
    starts = data.draw(st.lists(st.integers(0, len(text) - 1), min_size=1, max_size=4))
    needed = [(start, min(len(text), start + 3)) for start in starts]
    budget = data.draw(st.integers(1, outline.n_tokens + 10))
    excerpt = cut_excerpt(outline, needed, budget, np.random.default_rng(0))
    if excerpt is None:
        smallest = cut_smallest(outline, needed, 10**9, opening_tokens=0)
        assert smallest is not None and smallest.n_tokens > budget
        return
    assert excerpt.n_tokens <= budget
    assert all(a < b for a, b in excerpt.ranges)
    assert all(x[1] < y[0] for x, y in zip(excerpt.ranges, excerpt.ranges[1:], strict=False))
    spans = [(outline.blocks[a].start, outline.blocks[b - 1].end) for a, b in excerpt.ranges]
    assert spans[0][0] == 0
    assert all(any(a <= start and end <= b for a, b in spans) for start, end in needed)
    body = ELLIPSIS.join(text[a:b] for a, b in spans) + (ELLIPSIS if spans[-1][1] < len(text) else "")
    assert QWEN.count(body) == excerpt.n_tokens
    touched = {index for span in needed for index in outline.blocks_of(span)}
    for (_, stop), following in zip(
        excerpt.ranges, [*(a for a, _ in excerpt.ranges[1:]), len(outline.blocks)], strict=True
    ):
        if outline.blocks[stop - 1].kind == "heading" and 1 < stop < len(outline.blocks):
            assert stop - 1 in touched or following < outline.section_end(stop - 1)


@pytest.mark.parametrize("seed", range(5))
def test_the_same_seed_gives_the_same_excerpt(seed: int) -> None:
    both = [cut_excerpt(OUTLINE, [span_of("391,035")], 450, np.random.default_rng(seed)) for _ in range(2)]
    assert both[0] == both[1]
