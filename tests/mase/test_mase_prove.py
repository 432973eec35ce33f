"""The prover of evolved questions, on prompts assembled from the harbour's documents."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longweave.mase.checks import check_question
from longweave.mase.evidence import count_places, locate_quotes
from longweave.mase.evolve import turn_of
from longweave.mase.prove import conflicts_mase, prove_mase
from longweave.mase.settings import MaseSettings
from longweave.mase.shown import Part
from longweave.mase.task_type import Posed
from longweave.synth.prompt import PromptPiece, answer_format, render_prompt
from longweave.synth.records import Candidate, Dropped, Evidence, Message, Piece, Sample, canonical_json
from tests.mase.made_clusters import (
    DOCUMENTS,
    QUOTES,
    VIEWPOINT,
    WORKS,
    Model,
    evolve,
    propose,
    settings_with,
)

CHOICE = {
    **propose(
        "Which view of the rope works does the wife of the Selby Quay builder hold in the letters?",
        "they are to remain her own whatever is offered",
        wrong_options=[
            "they are to be sold before the next rates are due",
            "they are to pass to the board for a fair price",
            "they are to be let to the town against its rates",
        ],
    )
}
CHOICE.pop("unit")


def sample_of(candidate: Candidate, besides: tuple[str, ...] = ("gardens",), **texts: str) -> Sample:
    """``candidate`` over its documents and those ``besides``; ``texts`` stand in place of documents."""
    doc_ids = [*candidate.doc_ids, *besides]
    bodies = {doc_id: texts.get(doc_id, DOCUMENTS[doc_id].text) for doc_id in doc_ids}
    pieces = [PromptPiece(DOCUMENTS[doc_id].title, bodies[doc_id]) for doc_id in doc_ids]
    rendered = render_prompt(pieces, candidate.question, answer_format(candidate.answer_kind))
    context = [
        Piece(
            doc_id=doc_id,
            title=DOCUMENTS[doc_id].title,
            role="needed" if doc_id in candidate.doc_ids else "random",
            doc_spans=[(0, len(bodies[doc_id]))],
            context_start=start,
            context_end=end,
            n_tokens=60,
        )
        for doc_id, (start, end) in zip(doc_ids, rendered.spans, strict=True)
    ]
    return Sample(
        **candidate.model_dump(),
        target_tokens=1_000,
        n_prompt_tokens=900,
        context=context,
        positions=[],
        prompt=[Message(role="user", content=rendered.message)],
    )


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Candidate:
    (made,) = evolve(Model(), tmp_path_factory.mktemp("kept"), settings_with(rounds=1))
    return Candidate.model_validate_json(made.candidate)


@pytest.fixture(scope="module")
def choice(tmp_path_factory: pytest.TempPathFactory) -> Candidate:
    model = Model([CHOICE], solves=lambda question, n: ["A", "B", "C", "D"])
    (made,) = evolve(model, tmp_path_factory.mktemp("choice"), settings_with(rounds=1), VIEWPOINT, number=2)
    return Candidate.model_validate_json(made.candidate)


def with_proposal(candidate: Candidate, **changes: Any) -> Candidate:
    told = json.loads(candidate.reasoning)
    told["rounds"][-1]["proposal"] |= changes
    return candidate.model_copy(update={"reasoning": canonical_json(told)})


def test_what_was_kept_is_proven(kept: Candidate, choice: Candidate) -> None:
    assert prove_mase(sample_of(kept)) is None
    assert prove_mase(sample_of(kept, ("tides", "gardens"))) is None
    assert choice.answer == "C" and prove_mase(sample_of(choice)) is None


def moved(candidate: Candidate) -> Candidate:
    first, *rest = candidate.evidence
    other = first.model_copy(update={"doc_id": rest[0].doc_id})
    return candidate.model_copy(update={"evidence": [other, *rest]})


CHANGES: dict[str, tuple[str, Callable[[Candidate], Sample]]] = {
    "another question": (
        "question_differs",
        lambda one: sample_of(one.model_copy(update={"question": WORKS.replace("Where", "In which street")})),
    ),
    "another proposal": (
        "question_differs",
        lambda one: sample_of(with_proposal(one, question=WORKS.replace("Where", "In which street"))),
    ),
    "another answer": (
        "answer_differs",
        lambda one: sample_of(one.model_copy(update={"answer": "Leith"})),
    ),
    "an easier answer": (
        "answer_differs",
        lambda one: sample_of(one.model_copy(update={"chance": 0.5})),
    ),
    "a quote that is no evidence": (
        "quote_missing",
        lambda one: sample_of(with_proposal(one, quotes=[*QUOTES, "The board paid him £18,400 in all"])),
    ),
    "evidence that is not quoted": (
        "quote_missing",
        lambda one: sample_of(with_proposal(one, quotes=QUOTES[:1])),
    ),
    "evidence of another document": ("quote_missing", lambda one: sample_of(moved(one))),
    "a document that has changed": (
        "quote_missing",
        lambda one: sample_of(one, report=DOCUMENTS["report"].text.replace("Amos", "Enos")),
    ),
    "a document that repeats a quote": (
        "evidence_repeated",
        lambda one: sample_of(one, gardens=f"We read:\n{DOCUMENTS['letters'].text}"),
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_was_changed_is_not(kept: Candidate, change: str) -> None:
    reason, make = CHANGES[change]
    dropped = prove_mase(make(kept))
    assert dropped is not None and dropped.reason == reason


def test_too_few_places_are_found_out(kept: Candidate) -> None:
    fewer = kept.model_copy(update={"evidence": kept.evidence[:1], "doc_ids": kept.doc_ids[:1]})
    dropped = prove_mase(sample_of(with_proposal(fewer, quotes=QUOTES[:1])))
    assert dropped is not None and dropped.reason == "few_places"


def test_the_letter_must_be_that_of_the_proposed_option(choice: Candidate) -> None:
    told = json.loads(choice.reasoning)
    told["turn"] += 1
    turned = choice.model_copy(update={"reasoning": canonical_json(told)})
    dropped = prove_mase(sample_of(turned))
    assert dropped is not None and dropped.reason == "question_differs"
    wrong = prove_mase(sample_of(choice.model_copy(update={"answer": "B"})))
    assert wrong is not None and wrong.reason == "answer_differs"


def test_the_types_own_check_is_made_again(choice: Candidate) -> None:
    copied = f"{DOCUMENTS['letters'].text}\nHe said that {CHOICE['wrong_options'][0]}.\n"
    dropped = prove_mase(sample_of(choice, letters=copied))
    assert dropped is not None and dropped.reason == "option_in_text"


def test_what_holds_a_quote_may_not_stand_beside(kept: Candidate) -> None:
    assert conflicts_mase(kept, "A copy", DOCUMENTS["letters"].text)
    assert conflicts_mase(kept, "Set anew", DOCUMENTS["report"].text.replace("Thorley,\nwho", "Thorley, who"))
    assert not conflicts_mase(kept, DOCUMENTS["letters"].title, DOCUMENTS["gardens"].text)


def test_an_unknown_task_type_is_told_with_those_that_there_are() -> None:
    with pytest.raises(
        ValueError, match=r"no task type sudoku; there are viewpoint_analysis, .*dialogue_memory"
    ):
        MaseSettings.model_validate({"clusters": {"sudoku": 3}})


@given(st.integers(1, 130), st.integers(2, 6), st.integers(1, 30), st.integers(1, 8))
def test_turns_are_balanced_in_each_round_and_never_the_same(
    rounds: int, options: int, clusters: int, number: int
) -> None:
    turns = [turn_of(cluster, min(number, rounds), rounds) for cluster in range(clusters)]
    counts = [sum(turn % options == letter for turn in turns) for letter in range(options)]
    assert max(counts) - min(counts) <= 1
    every = [turn_of(cluster, one, rounds) for cluster in range(4) for one in range(1, rounds + 1)]
    assert len(set(every)) == len(every)


@given(st.integers(0, 40), st.integers(1, 12))
def test_letters_of_a_real_type_are_balanced(first: int, clusters: int) -> None:
    proposal = VIEWPOINT.proposal.model_validate(CHOICE)
    for number in (1, 2, 3):
        turns = (turn_of(first + cluster, number, 4) for cluster in range(clusters))
        letters = [VIEWPOINT.pose(proposal, turn).answer for turn in turns]
        counts = [letters.count(letter) for letter in "ABCD"]
        assert max(counts) - min(counts) <= 1


TEXT = "".join(document.text for document in DOCUMENTS.values())
GAPS = st.sampled_from([" ", "\n", "  ", "\n\n", "\t "])


@given(st.integers(0, len(TEXT) - 80), st.integers(30, 79), st.integers(0, 500), st.lists(GAPS, min_size=1))
def test_a_quote_is_found_as_the_documents_own_words(
    start: int, length: int, offset: int, gaps: list[str]
) -> None:
    words = TEXT[start : start + length].split()
    words = words[1:-1]  # the ends may be cut
    if len("".join(words)) < 12:
        return
    quote = "".join(f"{word}{gaps[index % len(gaps)]}" for index, word in enumerate(words))
    found = locate_quotes([quote], [Part("d", offset, TEXT)])
    assert isinstance(found, list)
    (span,) = found
    assert TEXT[span.start - offset : span.end - offset] == span.quote
    plain = " ".join(span.quote.split())
    assert plain.strip("\"'.…“”’‘ ") == " ".join(words).strip("\"'.…“”’‘ ")


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 3_000), st.integers(1, 300)), max_size=8))
def test_places_lie_apart(spans: list[tuple[str, int, int]]) -> None:
    evidence = [
        Evidence(doc_id=doc_id, start=start, end=start + length, quote="") for doc_id, start, length in spans
    ]
    places = count_places(evidence)
    assert places == count_places(reversed(evidence)) <= len(spans)
    assert places >= len({span.doc_id for span in evidence})
    assert count_places([*evidence, *evidence]) == places


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        ("According to the passage, who built the breakwater at Selby Quay?", "speaks_of_text"),
        ("Who built the breakwater that document 3 speaks of?", "speaks_of_text"),
        ("Based on the text, who built the breakwater at Selby Quay?", "speaks_of_text"),
        ("Which of these excerpts names the builder of the breakwater?", "speaks_of_text"),
        ("Who built the breakwater mentioned above, and for whom?", "speaks_of_text"),
        ("Who saw to the passage of the Harbour Act of 1871 in the council?", ""),
        ("Which argument must the context of a click command be given?", ""),
        ("Who built the breakwater, in the context of the harbour's works?", ""),
        ("Did the wife of the builder of the breakwater own rope works?", "yes_or_no"),
        ("In 1874 the council met. Was the wife of the builder assessed?", "yes_or_no"),
        ("Had the builder not married, who would have owned the works?", ""),
        ("Which widow did Amos Thorley, the contractor, marry?", "answer_given_away"),
        ("Who?", "no_question"),
    ],
)
def test_what_questions_must_not_be(question: str, reason: str) -> None:
    dropped = check_question(Posed(question, "Amos Thorley", "text"))
    assert (dropped.reason if dropped else "") == reason


@given(st.text(min_size=3, max_size=30), st.text(max_size=40))
def test_no_question_holds_its_answer(answer: str, around: str) -> None:
    question = f"What became of {around} {answer} in the harbour of Selby Quay in the end?"
    if any(character.isalnum() for character in answer):
        assert isinstance(check_question(Posed(question, answer, "text")), Dropped)


def test_an_answer_in_words_that_the_documents_do_not_say_is_not_proven(tmp_path: Path) -> None:
    model = Model(
        [propose(answer="Harrow Lane")], solves=lambda question, n: ["Harrow Lane", *["Leith"] * (n - 1)]
    )
    (made,) = evolve(model, tmp_path, settings_with(rounds=1))
    found = prove_mase(sample_of(Candidate.model_validate_json(made.candidate)))
    assert found is not None and found.reason == "not_said"


def test_a_quote_that_is_endless_is_not_proven(kept: Candidate) -> None:
    found = prove_mase(sample_of(with_proposal(kept, quotes=[*QUOTES, "word " * 61])))
    assert found is not None and found.reason == "quote_too_long"
