"""Structural gates: what each of them drops, and with which reason."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longweave.synth.prompt import ELLIPSIS
from longweave.synth.records import EvidencePosition, Message, Sample
from longweave.synth.tokens import load_tokenizer
from longweave.verify.structure import PromptLength, check_answer_hidden, check_structure
from tests.made_samples import (
    APPLE,
    QUESTION,
    REVENUES,
    SALES,
    STANDARD,
    UNION_PACIFIC,
    VISA,
    Shown,
    make_sample,
    quote,
    renamed,
)

LENGTH = PromptLength(fill=0.98, template_tokens=0)
HEAD = (0, APPLE.text.index("Americas net sales"))
TABLE = (APPLE.text.index("<table>"), APPLE.text.index("</table>") + len("</table>\n\n"))
TAIL = (APPLE.text.index("Americas net sales"), len(APPLE.text))


def check(sample: Sample, length: PromptLength = LENGTH) -> str | None:
    """The reason why ``sample`` is dropped."""
    dropped = check_structure(sample, load_tokenizer(), length)
    return None if dropped is None else dropped.reason


def showing_apple(*spans: tuple[int, int]) -> tuple[Shown, ...]:
    """The standard documents, with only ``spans`` of Apple's."""
    return (STANDARD[0], Shown(APPLE, "needed", spans), STANDARD[2])


def said(sample: Sample, message: str) -> Sample:
    """``sample`` with another user message, and nothing else changed."""
    return sample.model_copy(update={"prompt": [Message(role="user", content=message)]})


def test_a_sample_that_is_what_it_says_passes() -> None:
    assert check(make_sample()) is None


@pytest.mark.parametrize(
    "spans", [(HEAD,), ((0, 10), TABLE), (TABLE,), (HEAD, TAIL)], ids=["head", "two", "middle", "adjacent"]
)
def test_evidence_is_found_in_excerpts(spans: tuple[tuple[int, int], ...]) -> None:
    assert check(make_sample(showing_apple(*spans), support=[])) is None


def test_a_document_that_begins_like_an_excerpt_is_read_as_it_is() -> None:
    dotted = APPLE.model_copy(update={"text": ELLIPSIS + APPLE.text})
    shown = (STANDARD[0], Shown(dotted, "needed"), STANDARD[2])
    assert check(make_sample(shown, evidence=(quote(dotted, "391,035"), REVENUES), support=[])) is None


@pytest.mark.parametrize("field", ["question", "answer"])
def test_an_empty_field_is_named(field: str) -> None:
    dropped = check_structure(make_sample(**{field: " "}), load_tokenizer(), LENGTH)
    assert dropped is not None and (dropped.reason, dropped.detail) == ("field_missing", field)


def test_a_sample_without_evidence_is_dropped() -> None:
    assert check(make_sample(evidence=[], positions=[])) == "field_missing"


def test_more_than_one_message_is_dropped() -> None:
    sample = make_sample()
    system = Message(role="system", content="You are an analyst.")
    assert check(sample.model_copy(update={"prompt": [system, *sample.prompt]})) == "prompt_shape"


def test_a_prompt_that_cannot_be_parsed_is_dropped() -> None:
    sample = make_sample()
    torn = sample.prompt[0].content.replace("</document>\n", "", 1)
    assert check(said(sample, torn)) == "prompt_unreadable"


def test_a_prompt_that_asks_something_else_is_dropped() -> None:
    assert (
        check(make_sample().model_copy(update={"question": "What is Visa's net revenue?"}))
        == "prompt_differs"
    )


def test_a_prompt_that_shows_another_title_is_dropped() -> None:
    sample = make_sample()
    swapped = sample.prompt[0].content.replace("VISA INC. Form 10-K", "VISA INC. Form 10-Q", 1)
    assert check(said(sample, swapped)) == "prompt_differs"


def test_a_piece_that_is_recorded_elsewhere_is_dropped() -> None:
    sample = make_sample()
    moved = sample.context[1].model_copy(update={"context_start": sample.context[1].context_end - 5})
    context = [sample.context[0], moved, sample.context[2]]
    assert check(sample.model_copy(update={"context": context})) == "prompt_differs"


def test_a_prompt_without_its_closing_line_is_dropped() -> None:
    sample = make_sample()
    cut = sample.prompt[0].content.replace("Therefore, the answer is", "So the answer is")
    assert check(said(sample, cut)) in ("closing_line_missing", "prompt_unreadable")


def test_a_needed_document_that_is_not_shown_is_named() -> None:
    sample = make_sample()
    missing = sample.model_copy(update={"doc_ids": [*sample.doc_ids, "edgar-ko-10k-2024"]})
    dropped = check_structure(missing, load_tokenizer(), LENGTH)
    assert dropped is not None
    assert (dropped.reason, dropped.detail) == ("document_missing", "edgar-ko-10k-2024")


def test_a_document_shown_twice_is_dropped() -> None:
    assert check(make_sample((*STANDARD, Shown(VISA, "random")))) == "document_repeated"


def test_a_needed_document_without_evidence_is_dropped() -> None:
    shown = (Shown(VISA, "needed"), *STANDARD[1:])
    doc_ids = [APPLE.doc_id, UNION_PACIFIC.doc_id, VISA.doc_id]
    assert check(make_sample(shown, doc_ids=doc_ids)) == "document_unused"


def test_evidence_outside_the_needed_documents_is_dropped() -> None:
    assert check(make_sample(doc_ids=[APPLE.doc_id])) == "document_missing"


def test_a_distractor_that_calls_itself_needed_is_dropped() -> None:
    assert check(make_sample((Shown(VISA, "needed"), *STANDARD[1:]))) == "role_differs"


@pytest.mark.parametrize(
    "change", [{"start": 3, "end": 10}, {"doc_id": "edgar-v-10k-2024"}, {"depth": 0.9}], ids=str
)
def test_a_wrong_position_is_dropped(change: dict[str, Any]) -> None:
    sample = make_sample()
    moved = sample.positions[0].model_copy(update=change)
    positions = [moved, sample.positions[1]]
    assert check(sample.model_copy(update={"positions": positions})) == "evidence_moved"


def test_a_missing_position_is_dropped() -> None:
    sample = make_sample()
    assert check(sample.model_copy(update={"positions": sample.positions[:1]})) == "evidence_moved"


def test_the_same_number_in_another_document_is_not_the_evidence() -> None:
    twin = renamed(Shown(APPLE, "hard"), "edgar-aapl-10k-2024-copy")
    sample = make_sample((twin, *STANDARD))
    message = sample.prompt[0].content
    at = message.index("391,035")
    elsewhere = EvidencePosition(doc_id=APPLE.doc_id, start=at, end=at + 7, depth=at / len(message))
    positions = [elsewhere, sample.positions[1]]
    assert check(sample) is None
    assert check(sample.model_copy(update={"positions": positions})) == "evidence_not_shown"


def test_evidence_that_was_left_out_of_the_excerpt_is_dropped() -> None:
    assert check(make_sample(showing_apple(TAIL), support=[])) in ("evidence_not_shown", "evidence_moved")


def test_support_that_was_left_out_of_the_excerpt_is_dropped() -> None:
    assert check(make_sample(showing_apple(TABLE))) == "support_not_shown"


def test_a_wrong_token_count_is_dropped() -> None:
    sample = make_sample()
    assert check(make_sample(n_prompt_tokens=sample.n_prompt_tokens - 1)) == "token_count_differs"


def test_a_prompt_longer_than_its_target_is_dropped_with_the_template_counted() -> None:
    length = PromptLength(fill=0.5, template_tokens=32)
    n_tokens = make_sample().n_prompt_tokens
    assert check(make_sample(target_tokens=n_tokens + 32), length) is None
    assert check(make_sample(target_tokens=n_tokens + 31), length) == "over_target"


def test_a_prompt_far_below_its_target_is_dropped() -> None:
    n_tokens = make_sample().n_prompt_tokens
    assert check(make_sample(target_tokens=round(n_tokens / 0.985))) is None
    assert check(make_sample(target_tokens=round(n_tokens / 0.97))) == "under_filled"


@given(st.integers(0, 400), st.integers(1, 40))
def test_a_changed_message_never_passes(start: int, length: int) -> None:
    """Cutting characters out of the documents moves what follows, or changes the count."""
    sample = make_sample()
    message = sample.prompt[0].content
    at = message.index("<text>") + start
    assert check(said(sample, message[:at] + message[at + length :])) is not None


@pytest.mark.parametrize(
    ("question", "answer", "kind"),
    [
        ("Apple sold 391,035 million in 2024; how much was that?", "391035", "number"),
        ("Was net income $5.62 per share, or what was it?", "5.620", "number"),
        ("By how much did it fall, given a change of (1,234)?", "-1234", "number"),
        ("What city is Paris, the capital of France?", "Paris", "text"),
        ("Who wrote Hamlet by William Shakespeare?", "william shakespeare", "text"),
    ],
)
def test_a_question_that_gives_its_answer_away_is_dropped(question: str, answer: str, kind: str) -> None:
    dropped = check_answer_hidden(make_sample(question=question, answer=answer, answer_kind=kind))
    assert dropped is not None and dropped.reason == "answer_in_question"


@pytest.mark.parametrize(
    ("question", "answer", "kind"),
    [
        (QUESTION, "415285", "number"),
        ("How many of the 7 companies exceeded 2,000 million in 2024?", "7", "number"),
        ("What were the net sales in 2024, in millions?", "20.24", "number"),
        ("Which of Apple Inc., Visa Inc. and NIKE, Inc. had the highest assets?", "Apple Inc.", "text"),
        ("Which of Apple Inc., Visa Inc. and NIKE, Inc. had the highest assets?", "NIKE, Inc.", "text"),
        ("Which is larger, Visa or Apple?", "Apple", "text"),
        ("Comparing Apple, Visa and Nike in 2024: whose cash was the largest?", "Nike", "text"),
        (
            "Of the years ended May 31, 2025, May 31, 2024 and May 31, 2023, for which was it highest?",
            "May 31, 2024",
            "text",
        ),
        ("Which 2 of Apple, Visa and Nike had the highest assets?", "Nike; Visa", "list"),
        ("Which of these holds? (A) Sales rose. (B) Sales fell.", "A", "choice"),
        ("What did the Corporation say of its auditor?", "core", "text"),
    ],
)
def test_named_candidates_and_chance_numbers_are_not_the_answer(
    question: str, answer: str, kind: str
) -> None:
    assert check_answer_hidden(make_sample(question=question, answer=answer, answer_kind=kind)) is None


def test_evidence_may_be_quoted_from_anywhere_in_a_document() -> None:
    for text in ("Total net sales", "294,866", "Americas net sales increased"):
        start = APPLE.text.index(text)
        evidence = quote(APPLE, APPLE.text[start : start + len(text)])
        assert check(make_sample(evidence=(evidence, REVENUES, SALES))) is None
