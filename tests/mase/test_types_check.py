"""What each task type refuses, by reason, beside good proposals over real documents that must pass."""

from typing import Any

import pytest

from longweave.mase.checks import check_answer, check_places, check_question
from longweave.mase.evidence import locate_quotes
from longweave.mase.shown import Part
from longweave.mase.types import TASK_TYPES
from longweave.mase.types.copied import find_copied
from tests.mase.made_proposals import DOCUMENTS, GOOD, find_flaw, pose
from tests.sample_corpus import read_sample

SAMPLE = read_sample()
PASSAGES = {name: [SAMPLE[doc_id].text for doc_id in doc_ids] for name, doc_ids in DOCUMENTS.items()}


def flaw(name: str, **changes: Any) -> str:
    return find_flaw(name, PASSAGES[name], **changes)


@pytest.mark.parametrize("name", TASK_TYPES)
def test_a_good_proposal_passes_all_checks_of_the_loop(name: str) -> None:
    task_type = TASK_TYPES[name]
    assert flaw(name) == ""
    posed = pose(name)
    assert check_question(posed) is None and check_answer(posed) is None
    evidence = locate_quotes(
        GOOD[name]["quotes"],
        [Part(doc_id, 0, text) for doc_id, text in zip(DOCUMENTS[name], PASSAGES[name], strict=True)],
    )
    assert isinstance(evidence, list) and check_places(task_type, evidence) is None, evidence
    assert {SAMPLE[doc_id].domain for doc_id in DOCUMENTS[name]} <= set(task_type.domains)
    assert len(DOCUMENTS[name]) == 1 or not task_type.one_document


SHORT = sorted(TASK_TYPES.keys() - {"viewpoint_analysis"})


@pytest.mark.parametrize("name", SHORT)
@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"answer": "  "}, "no_answer"),
        ({"answer": "It cannot be determined."}, "no_answer"),
        ({"answer": "because he had been told so by the old man whom he met on the way"}, "answer_too_long"),
        ({"answer": "the castle; the moor"}, "answer_is_list"),
        ({"answer": "bread, salt and wine"}, "answer_is_list"),
        ({"answer": "the castle or the moor"}, "answer_is_list"),
        ({"answer": "about a week", "unit": "days"}, "not_a_number"),
        ({"answer": "12", "unit": "percent"}, "unit_not_asked"),
        ({"answer": "12", "unit": "USD million"}, "unit_not_asked"),
        ({"answer": "12", "unit": "months"}, "unit_not_asked"),
    ],
)
def test_short_answers_are_refused_for_a_reason(name: str, changes: dict[str, Any], expected: str) -> None:
    changes = {"unit": "", **changes}
    if expected == "unit_not_asked":
        changes["question"] = "How large was it in 1962?"
    assert flaw(name, **changes) == expected


@pytest.mark.parametrize(
    ("question", "unit"),
    [
        ("By how many percentage points did it rise?", "percent"),
        ("What share of them, in percent, did he keep?", "%"),
        ("How many millions of dollars did it cost?", "USD million"),
        ("How many dollars did it cost?", "USD"),
        ("How many months lay between the two?", "months"),
        ("How long, in months, did it take?", "month"),
        ("How many companies were asked?", "companies"),
    ],
)
def test_a_unit_that_is_asked_for_passes(question: str, unit: str) -> None:
    assert flaw("reading_comprehension", question=question, answer="12", unit=unit) == ""


@pytest.mark.parametrize(
    "answer",
    ["March 4, 1951", "John D. Rockefeller", "a golden spinning wheel", "Washington, D.C.", "Oregon"],
)
def test_names_dates_and_phrases_pass(answer: str) -> None:
    assert flaw("reading_comprehension", answer=answer, unit="") == ""


@pytest.mark.parametrize("name", ["code_repository", "manual_outcome"])
@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("click.exceptions.FileError", ""),
        ("`resolve_lazy_flag()`", ""),
        ("'integer range'", ""),
        ("--help", ""),
        ("None", ""),
        ("-1", ""),
        ("[1, -2]", "signs_matter"),
        ('{"a": 1}', "signs_matter"),
        ("name=value", "signs_matter"),
        ("open(path)", "signs_matter"),
        ("3<=x<8", "signs_matter"),
    ],
)
def test_answers_in_code_hang_on_their_letters(name: str, answer: str, expected: str) -> None:
    assert flaw(name, answer=answer) == expected


@pytest.mark.parametrize("name", ["in_context_learning", "manual_outcome"])
def test_a_case_that_the_document_tells_is_not_new(name: str) -> None:
    said = " ".join(PASSAGES[name][0].split()[400:430])
    assert flaw(name, question=f"Given that {said}, what follows?") == "case_in_text"


@pytest.mark.parametrize("name", ["in_context_learning", "dialogue_memory"])
@pytest.mark.parametrize(
    ("answer", "labels", "expected"),
    [
        ("Marketing", ["Project Manager", "Marketing", "User Interface"], ""),
        ("Marketing", ["Marketing", "Project Manager"], "too_few_labels"),
        ("Marketing", ["Marketing", "User Interface", "marketing."], "labels_alike"),
        ("Industrial Designer", ["Project Manager", "Marketing", "User Interface"], "not_a_label"),
        ("Marketing", ["Project Manager", "Marketing", "Chief Economist"], "label_not_in_text"),
    ],
)
def test_labels_are_all_that_could_be_and_in_the_text(
    name: str, answer: str, labels: list[str], expected: str
) -> None:
    assert find_flaw(name, PASSAGES["dialogue_memory"], answer=answer, labels=labels) == expected


def test_who_remembers_a_dialogue_answers_in_its_words() -> None:
    assert flaw("dialogue_memory", answer="a wombat") == ""
    assert flaw("dialogue_memory", answer="remote controls") == ""
    assert flaw("dialogue_memory", answer="a hedgehog") == "not_said"
    assert flaw("dialogue_memory", answer="88") == ""  # counted


def test_a_hypothetical_question_supposes_something() -> None:
    asked = "In the tale of Prince Hyacinth, what became of the King?"
    assert flaw("narrative_hypothetical", question=asked) == "no_supposition"
    assert flaw("narrative_causal", question=asked) == ""
    supposed = "Without the cat, whom would the Princess have married in the tale of Prince Hyacinth?"
    assert flaw("narrative_hypothetical", question=supposed) == ""


RIGHT = GOOD["viewpoint_analysis"]["answer"]
WRONG = GOOD["viewpoint_analysis"]["wrong_options"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"wrong_options": WRONG[:2]}, "options_missing"),
        ({"wrong_options": [*WRONG[:2], " "]}, "options_missing"),
        ({"answer": ""}, "options_missing"),
        ({"wrong_options": [*WRONG[:2], f"C. {WRONG[2]}"]}, "option_form"),
        (
            {"wrong_options": [*WRONG[:2], "Kennedy's view is given by none of the above options."]},
            "option_form",
        ),
        ({"wrong_options": [*WRONG[:2], "The view of Kennedy is both A and B, as he says."]}, "option_form"),
        ({"wrong_options": [*WRONG[:2], f"that {WRONG[2]}"]}, "option_form"),
        ({"wrong_options": [*WRONG[:2], WRONG[2].removesuffix(".")]}, "option_form"),
        ({"answer": f"{RIGHT[:-1]}, {'very ' * 25}much."}, "option_too_long"),
        ({"wrong_options": [*WRONG[:2], RIGHT.upper()]}, "options_alike"),
        ({"wrong_options": [*WRONG[:2], f"{RIGHT[:-1]} today."]}, "options_alike"),
        ({"answer": f"{RIGHT[:-1]}, whatever the reason that they give for doing it."}, "option_length"),
        (
            {"answer": "Kennedy wants standing powers; Eisenhower fears for liberty under such powers."},
            "option_length",
        ),
        ({"wrong_options": [*WRONG[:2], "Kennedy fears rising prices."]}, "option_length"),
        (
            {
                "wrong_options": [
                    *WRONG[:2],
                    "Kennedy keeps total increases in wages and profits in step with productivity; "
                    "Eisenhower leaves wages to the unions alone.",
                ]
            },
            "option_in_text",
        ),
    ],
)
def test_options_are_refused_for_a_reason(changes: dict[str, Any], expected: str) -> None:
    assert flaw("viewpoint_analysis", **changes) == expected


def test_copied_words_are_found_across_case_and_marks() -> None:
    passages = ["First.", "We mean to maintain both stability, and growth\nin a climate of freedom."]
    assert find_copied("He means: maintain both STABILITY and growth!", passages, 5) == (
        "maintain both stability and growth"
    )
    assert find_copied("He means to maintain both growth and stability", passages, 5) is None
    assert find_copied("stability and", passages, 3) is None


@pytest.mark.parametrize("answer", ["B-", "B+", "-5 °C", "3/4", "[1, -2]", "C#"])
def test_a_short_answer_must_not_hang_on_signs(answer: str) -> None:
    assert find_flaw("narrative_causal", [], answer=answer, unit="") == "signs_matter"
