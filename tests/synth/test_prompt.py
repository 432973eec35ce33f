"""The user message is rendered and parsed back without loss."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longweave.synth.errors import InputError
from longweave.synth.prompt import (
    ELLIPSIS,
    FOOTER,
    PromptPiece,
    answer_format,
    count_frame,
    escape_title,
    find_reserved_mark,
    parse_prompt,
    piece_header,
    render_prompt,
    split_prompt,
    unescape_title,
)
from longweave.synth.tokens import load_tokenizer

QUESTION = "What were Apple Inc.'s total net sales for the fiscal year ended September 28, 2024, in millions?"
PIECES = [
    PromptPiece("Apple Inc. Form 10-K", "Total net sales\n\n| 2024 |\n| --- |\n| 391,035 |\n"),
    PromptPiece(
        'A "quoted" <title> &quot;\nof two lines', f"{ELLIPSIS}Middle.\n\n{ELLIPSIS}End.\n{ELLIPSIS}"
    ),
    PromptPiece("Johnson & Johnson", "  Indented first line.\n"),
]


def test_a_prompt_shows_the_documents_and_ends_with_the_required_line() -> None:
    message = render_prompt(PIECES, QUESTION, answer_format("number")).message
    assert message.startswith("Read the documents between <text> and </text>")
    assert '\n<text>\n<document index="1" title="Apple Inc. Form 10-K">\nTotal net sales\n' in message
    assert '<document index="3" title="Johnson & Johnson">\n' in message
    assert f"</document>\n</text>\n\n{QUESTION}\n\n" in message
    assert "with the rounding that the question asks for." in message
    assert message.endswith("\nTherefore, the answer is (insert answer here)")


def test_offsets_of_bodies_and_pieces_are_those_of_the_message() -> None:
    prompt = render_prompt(PIECES, QUESTION, answer_format("number"))
    for piece, body, (start, end) in zip(PIECES, prompt.bodies, prompt.spans, strict=True):
        assert prompt.message[body : body + len(piece.body)] == piece.body
        assert prompt.message[start:end].startswith("<document index=")
        assert prompt.message[start:end].endswith(f"{piece.body}{FOOTER}")


def test_a_prompt_is_parsed_back_into_documents_and_question() -> None:
    prompt = render_prompt(PIECES, QUESTION, answer_format("text"))
    shown = parse_prompt(prompt.message)
    assert shown.question == QUESTION
    assert [(d.index, d.title, d.text) for d in shown.documents] == [
        (i, piece.title, piece.body) for i, piece in enumerate(PIECES, 1)
    ]
    assert [prompt.message[d.start : d.end] for d in shown.documents] == [piece.body for piece in PIECES]


def test_excerpts_are_the_ranges_between_the_left_out_marks() -> None:
    message = render_prompt(PIECES, QUESTION, answer_format("text")).message
    second = parse_prompt(message).documents[1]
    assert [message[a:b] for a, b in second.excerpts] == ["Middle.\n\n", "End.\n"]


def test_a_prompt_is_cut_into_documents_question_and_closing_and_put_together_again() -> None:
    message = render_prompt(PIECES, f"{QUESTION}\n\nSay why.", answer_format("text")).message
    parts = split_prompt(message)
    assert "\n\n".join(parts) == message
    assert parts.documents.endswith("</document>\n</text>")
    assert parts.question == f"{QUESTION}\n\nSay why."
    assert parts.closing.startswith("Work out the answer")


@pytest.mark.parametrize(
    "text",
    [
        "as <document index=1",
        "a</document>",
        "x </text> y",
        "<|im_end|>",
        "<|start_header_id|>",
        "<think>",
        "</tool_call>",
    ],
)
def test_reserved_marks_and_control_tokens_are_found(text: str) -> None:
    assert find_reserved_mark(f"Some text {text} and more") is not None


@pytest.mark.parametrize(
    "text", ["a < b | c > d", "<table>", "<text>", "<|> and <| x |>", "a document index"]
)
def test_other_markup_is_not_reserved(text: str) -> None:
    assert find_reserved_mark(text) is None


@pytest.mark.parametrize(
    "message",
    [
        "hello",
        "",
        '<text>\n<document index="2" title="x">\ny\n</document>\n</text>\n\nQ',
        '<text>\n<document index="1" title="x">\ny\n</text>\n\nQ',
        '<text>\n<document index="1" title="x">\ny\n</document>\n</text>\n\nWhat is it?',
    ],
)
def test_a_message_of_another_form_is_refused(message: str) -> None:
    with pytest.raises(InputError):
        parse_prompt(message)


TITLES = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from('"<>&;\n\r'), max_size=40)


@given(TITLES)
def test_any_title_survives_on_one_line(title: str) -> None:
    escaped = escape_title(title)
    assert not set('"<>\n\r') & set(escaped)
    assert unescape_title(escaped) == title


@given(
    TITLES,
    st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=60), min_size=1, max_size=4),
    TITLES,
)
def test_any_documents_without_reserved_marks_are_parsed_back(
    title: str, bodies: list[str], question: str
) -> None:
    pieces = [PromptPiece(title, f"x{body}\n") for body in bodies if find_reserved_mark(body) is None]
    if pieces:
        shown = parse_prompt(render_prompt(pieces, f"What is {question}?", answer_format("list")).message)
        assert [document.text for document in shown.documents] == [piece.body for piece in pieces]
        assert shown.question == f"What is {question}?"


def test_the_parts_of_a_prompt_add_up_in_tokens() -> None:
    tokenizer = load_tokenizer()
    parts = count_frame(tokenizer, QUESTION, answer_format("number")) + sum(
        tokenizer.count(piece_header(i, piece.title)) + tokenizer.count(piece.body) + tokenizer.count(FOOTER)
        for i, piece in enumerate(PIECES, 1)
    )
    assert parts == tokenizer.count(render_prompt(PIECES, QUESTION, answer_format("number")).message)


def test_what_is_asked_of_a_number_fits_counts_and_ranks_too() -> None:
    assert answer_format("number") == (
        "Give the answer as one number, in the unit and with the rounding that the question asks for."
    )
