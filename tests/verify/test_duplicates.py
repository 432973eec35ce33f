from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from longweave.verify.duplicates import find_repeats
from longweave.verify.entries import Entry, Span
from tests.verify.made_entries import AMAZON, NIKE, RETAINED_EARNINGS, UNION_PACIFIC, make_entry

IN_MILLIONS = "Give the answer in millions of U.S. dollars, rounded to the nearest million."
COUNT = "Answer with a whole number."
CELL = RETAINED_EARNINGS.evidence
SENTENCE = (Span(AMAZON, 49_900, 50_100),)
ELSEWHERE = (Span(AMAZON, 90_000, 90_200),)


def kinds(*entries: Entry) -> dict[str, tuple[str, str]]:
    return {repeat.dropped: (repeat.kept, repeat.kind) for repeat in find_repeats(entries)}


@pytest.mark.parametrize(
    "question",
    [
        "What was the balance of Amazon's retained earnings at the end of 2024?",
        "At December 31, 2024, how large were the retained earnings of Amazon?",
    ],
)
@pytest.mark.parametrize(
    ("evidence", "kind"), [(SENTENCE, "same_evidence_and_answer"), (ELSEWHERE, "reworded_question")]
)
def test_another_makers_paraphrase_with_the_answer_written_otherwise_is_found(question, evidence, kind):
    other = make_entry(
        "other",
        maker="kg",
        question=question,
        answer="$172.866 billion",
        answer_kind="text",
        unit=None,
        evidence=evidence,
        n_prompt_tokens=100,
    )
    assert kinds(RETAINED_EARNINGS, other) == {"other": ("retained", kind)}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Amazon.com Inc.", "Union Pacific Corporation"),
        ("December 31, 2024", "December 31, 2023"),
        ("retained earnings as of", "retained earnings as of the first day after"),
    ],
)
def test_a_template_filled_otherwise_is_another_question(old, new):
    """The answer differs as well, as it does in fact; so does the cell."""
    other = make_entry(
        "other",
        question=RETAINED_EARNINGS.question.replace(old, new),
        answer="113618",
        evidence=(Span(AMAZON, 50_020, 50_027),),
    )
    assert kinds(RETAINED_EARNINGS, other) == {}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "more than $70 billion at the end of fiscal 2023",
            "more than $60 billion at the end of fiscal 2023",
        ),
        (
            "more than $70 billion at the end of fiscal 2023",
            "more than $70 billion at the end of fiscal 2022",
        ),
        (
            "more than $70 billion at the end of fiscal 2023",
            "less than $70 billion at the end of fiscal 2023",
        ),
    ],
)
def test_questions_of_equal_answer_and_evidence_that_differ_in_a_figure_or_an_opposite_both_stay(one, other):
    asked = "How many of Alphabet, Apple and Visa reported total assets of {}? " + COUNT
    fields = {"answer": "2", "unit": "count", "question_type": "count_over"}
    first = make_entry("first", question=asked.format(one), **fields)
    second = make_entry("second", question=asked.format(other), maker="kg", **fields)
    assert kinds(first, second) == {}


def test_the_item_alone_parts_two_questions_when_their_evidence_does():
    asked = "Among Nike and Walmart, which company had the highest {} in fiscal 2024? Answer with its name."
    fields = {"answer": "Nike", "answer_kind": "text", "unit": "company"}
    first = make_entry("first", question=asked.format("operating income"), **fields)
    second = make_entry(
        "second", question=asked.format("net income"), evidence=(Span(AMAZON, 50_040, 50_047),), **fields
    )
    assert kinds(first, second) == {}


@pytest.mark.parametrize("evidence", [ELSEWHERE, (Span(AMAZON, 50_020, 50_027),)])
def test_a_short_answer_over_another_passage_proves_nothing(evidence):
    first = make_entry("first", question="How many plants does Nike lease in Vietnam?", answer="4", unit=None)
    second = make_entry(
        "second",
        maker="kg",
        question="How many plants does Nike rent in Vietnam?",
        answer="4",
        unit=None,
        evidence=evidence,
    )
    assert kinds(first, second) == {}


def test_answers_that_do_not_agree_part_two_questions_on_one_passage():
    fields = {"answer_kind": "text", "unit": None}
    first = make_entry("first", question="Which label released the album?", answer="Warner Music", **fields)
    second = make_entry(
        "second", question="The album came out on which label?", answer="Warner Sons", **fields
    )
    assert kinds(first, second) == {}
    agreeing = make_entry("second", question=second.question, answer="Warner Music", **fields)
    assert set(kinds(first, agreeing)) == {"second"}


def test_the_same_question_with_answers_that_do_not_agree_drops_both():
    other = make_entry("other", maker="kg", answer="113618", evidence=ELSEWHERE)
    assert kinds(RETAINED_EARNINGS, other) == {
        "other": ("retained", "contradicting_answer"),
        "retained": ("other", "contradicting_answer"),
    }
    why = find_repeats([RETAINED_EARNINGS, other])[0].why
    assert "(113618)" in why and "(172866)" in why


def test_a_third_with_either_answer_goes_with_them():
    other = make_entry("other", answer="113618")
    third = make_entry("third", answer="172,866 million", answer_kind="text")
    assert set(kinds(RETAINED_EARNINGS, other, third)) == {"retained", "other", "third"}


def test_a_corpus_question_may_have_another_answer_over_other_documents():
    asked = "Of all companies in the text, which one reports the highest net income? Answer with its name."
    first = make_entry("first", question=asked, answer="Apple Inc.", answer_kind="text")
    second = make_entry(
        "second",
        question=asked,
        answer="Nike Inc.",
        answer_kind="text",
        doc_ids=frozenset({NIKE, UNION_PACIFIC}),
        evidence=(Span(NIKE, 1, 9), Span(UNION_PACIFIC, 1, 9)),
    )
    assert kinds(first, second) == {}


def test_the_same_words_with_the_same_answer_are_one_question_wherever_they_were_read():
    other = make_entry(
        "other",
        question="how much did Amazon.com Inc. report as retained earnings, as of December 31, 2024",
        doc_ids=frozenset({"edgar-amzn-10q"}),
        evidence=(Span("edgar-amzn-10q", 5, 9),),
    )
    assert kinds(RETAINED_EARNINGS, other) == {"retained": ("other", "same_question")}


def test_what_needs_more_documents_stays_and_what_is_held_out_stays_before_it():
    more = make_entry("with-more", doc_ids=frozenset({AMAZON, UNION_PACIFIC}), maker="kg")
    held_out = make_entry("held-out", split="val", maker="mase")
    assert kinds(RETAINED_EARNINGS, more) == {"retained": ("with-more", "same_question")}
    assert kinds(RETAINED_EARNINGS, more, held_out) == {
        "retained": ("held-out", "same_question"),
        "with-more": ("held-out", "same_question"),
    }


def test_a_copy_is_compared_with_what_stays_and_not_with_another_copy():
    """b repeats a, c is near b alone: c stays."""
    near = {"a": ("a", "b"), "b": ("a", "b", "c"), "c": ("b", "c")}

    def embed(texts):
        rows = [[float(name in near[text.split()[-1][0]]) for name in "abc"] for text in texts]
        vectors = np.array(rows, np.float32)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    entries = [
        make_entry(name, question=f"{words} of {name}", n_prompt_tokens=tokens)
        for name, words, tokens in (("a", "one two", 9), ("b", "three four", 8), ("c", "five six", 7))
    ]
    found = find_repeats(entries, embed=embed)
    assert [(repeat.dropped, repeat.kept) for repeat in found] == [("b", "a")]


def _mixed() -> list[Entry]:
    paraphrase = "What was the balance of Amazon's retained earnings at the end of 2024?"
    return [
        RETAINED_EARNINGS,
        make_entry("kg", maker="kg", question=paraphrase, evidence=SENTENCE),
        make_entry("mase", maker="mase", question=paraphrase, evidence=ELSEWHERE),
        make_entry("wrong", question="Who is the auditor of Nike?", answer="PwC", answer_kind="text"),
        make_entry("right", question="Who is the auditor of Nike?", answer="KPMG", answer_kind="text"),
    ]


def test_the_order_of_entries_changes_nothing():
    expected = find_repeats(_mixed())
    assert {repeat.kind for repeat in expected} >= {"contradicting_answer", "same_evidence_and_answer"}
    assert all(find_repeats(order) == expected for order in permutations(_mixed()))


@settings(deadline=None, max_examples=25)
@given(st.sets(st.sampled_from(range(5))))
def test_what_stays_repeats_nothing_that_stays(chosen):
    entries = [_mixed()[number] for number in chosen]
    dropped = {repeat.dropped for repeat in find_repeats(entries)}
    assert find_repeats([entry for entry in entries if entry.sample_id not in dropped]) == []


def test_nothing_gives_nothing():
    assert find_repeats([]) == []
