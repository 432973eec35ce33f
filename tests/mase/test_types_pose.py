"""How proposals are asked, where the right letter stands, and what comes back out of a response."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longweave.mase.evolve import turn_of
from longweave.mase.types import TASK_TYPES
from longweave.synth.answers import compare_answer
from longweave.synth.llm.schema import schema_of
from longweave.synth.prompt import PromptPiece, answer_format, parse_prompt, render_prompt
from longweave.synth.records import Dropped
from tests.mase.made_proposals import GOOD, pose, propose

VIEW = "viewpoint_analysis"


def letters(turns: Iterable[int]) -> list[str]:
    return [pose(VIEW, turn).answer for turn in turns]


@given(st.integers(0, 400), st.integers(1, 60))
def test_letters_of_any_proposals_in_a_row_are_balanced(first: int, n: int) -> None:
    counts = Counter(letters(range(first, first + n)))
    assert max(counts.values()) - min(counts[letter] for letter in "ABCD") <= 1


@given(st.integers(1, 9), st.integers(1, 50))
def test_letters_of_each_round_are_balanced_over_clusters(rounds: int, clusters: int) -> None:
    """A cluster's first questions are its easiest: their letters must not tell."""
    for number in range(1, rounds + 1):
        counts = Counter(letters(turn_of(cluster, number, rounds) for cluster in range(clusters)))
        assert max(counts.values()) - min(counts[letter] for letter in "ABCD") <= 1, (number, counts)


@given(st.integers(0, 10_000))
def test_the_letter_is_that_of_the_right_option(turn: int) -> None:
    posed = pose(VIEW, turn)
    question, _, listed = posed.question.partition("\n\n")
    options = dict(line.split(". ", 1) for line in listed.split("\n"))
    assert question == GOOD[VIEW]["question"]
    assert list(options) == list("ABCD")
    assert options.pop(posed.answer) == GOOD[VIEW]["answer"]
    assert list(options.values()) == GOOD[VIEW]["wrong_options"]
    assert (posed.answer_kind, posed.chance) == ("choice", 0.25)


def test_line_breaks_in_options_do_not_break_the_list() -> None:
    posed = pose(VIEW, 0, answer="One view\n\nB. of two", question=" Which\nview? ")
    assert f"\n{posed.answer}. One view B. of two" in posed.question
    assert posed.question.startswith("Which view?\n\nA. ") and posed.question.count("\n") == 5


@pytest.mark.parametrize(
    ("answer", "unit", "expected"),
    [
        ("7", "", ("7", "number", 0.0, None)),
        ("1,250.", "miles", ("1,250", "number", 0.0, "miles")),
        ("-3", "", ("-3", "number", 0.0, None)),
        ("12.5", "percent", ("12.5", "number", None, "percent")),
        ("12%", "", ("12%", "number", None, None)),
        ("$4 million", "", ("$4 million", "number", None, None)),
        ("1956", "", ("1956", "number", 0.0, None)),
        ('"FileError"', "", ("FileError", "text", None, None)),
        ("`--help`", "", ("--help", "text", None, None)),
        ("March 4, 1951", "", ("March 4, 1951", "text", None, None)),
        ("12 months", "", ("12 months", "text", None, None)),
        ("8.5.1", "", ("8.5.1", "text", None, None)),
    ],
)
def test_numbers_are_told_from_texts(
    answer: str, unit: str, expected: tuple[str, str, float | None, str | None]
) -> None:
    posed = pose("reading_comprehension", answer=answer, unit=unit)
    assert (posed.answer, posed.answer_kind, posed.tolerance, posed.unit) == expected
    assert posed.chance == 0


def test_a_whole_number_must_be_exact_and_another_may_be_rounded() -> None:
    def right(prediction: str, answer: str) -> bool:
        posed = pose("reading_comprehension", answer=answer, unit="")
        return compare_answer(
            prediction, posed.answer, posed.answer_kind, posed.tolerance, posed.unit
        ).correct

    assert right("25", "25") and not right("25.3", "25") and not right("24", "25")
    assert right("2.54", "2.5") and not right("2.6", "2.5")


def test_the_chance_is_that_of_a_label() -> None:
    assert pose("in_context_learning").chance == pytest.approx(1 / 3)
    assert pose("dialogue_memory").chance == 0


@pytest.mark.parametrize("name", TASK_TYPES)
def test_an_answer_given_to_the_prompt_is_extracted_and_right(name: str) -> None:
    for turn in range(4):
        posed = pose(name, turn)
        rendered = render_prompt(
            [PromptPiece("A title", "A text.\n")], posed.question, answer_format(posed.answer_kind)
        )
        assert parse_prompt(rendered.message).question == posed.question
        response = f"I looked it up.\n\nTherefore, the answer is **{posed.answer}**."
        extracted = TASK_TYPES[name].extract(response)
        verdict = compare_answer(extracted, posed.answer, posed.answer_kind, posed.tolerance, posed.unit)
        assert verdict.correct, (extracted, verdict)


@pytest.mark.parametrize(
    ("said", "extracted"),
    [
        ("(B)", "B"),
        ("B. Kennedy wants the executive armed beforehand", "B"),
        ("option B", "B"),
        ("B or C", "B or C"),
        ("Kennedy wants it", "Kennedy wants it"),
        ("", ""),
    ],
)
def test_the_letter_is_taken_out_of_a_choice(said: str, extracted: str) -> None:
    assert TASK_TYPES[VIEW].extract(f"Therefore, the answer is {said}") == extracted


@pytest.mark.parametrize("name", TASK_TYPES)
def test_a_declined_proposal_is_read_and_servers_take_the_schema(name: str) -> None:
    proposal = TASK_TYPES[name].proposal
    fields = schema_of(proposal)["properties"]
    empty = {
        "problem": "no rule",
        "usable": False,
        "reasoning": "",
        "question": "",
        "answer": "",
        "quotes": [],
    }
    empty |= {"unit": ""} if "unit" in fields else {}
    empty |= {field: [] for field in ("labels", "wrong_options") if field in fields}
    declined = proposal.model_validate(empty)
    posed = TASK_TYPES[name].pose(declined, 3)
    assert isinstance(TASK_TYPES[name].check(declined, posed, [""]), Dropped)
    assert propose(name).usable


_TEXTS = st.one_of(st.text(max_size=40), st.sampled_from(["", ".", "A.", "$", "%", "-1", "\ud7ff", "7 \n7"]))


@pytest.mark.parametrize("name", TASK_TYPES)
@given(data=st.data())
def test_whatever_a_model_writes_is_posed_and_checked(name: str, data: st.DataObject) -> None:
    fields: dict[str, Any] = {"question": data.draw(_TEXTS), "answer": data.draw(_TEXTS)}
    own = TASK_TYPES[name].proposal.model_fields
    fields |= {field: data.draw(_TEXTS) for field in ("unit",) if field in own}
    lists = st.lists(_TEXTS, max_size=4)
    fields |= {field: data.draw(lists) for field in ("labels", "wrong_options") if field in own}
    proposal = propose(name, **fields)
    posed = TASK_TYPES[name].pose(proposal, data.draw(st.integers(0, 99)))
    assert 0 <= posed.chance <= 1
    dropped = TASK_TYPES[name].check(proposal, posed, [data.draw(_TEXTS)])
    assert dropped is None or dropped.reason
