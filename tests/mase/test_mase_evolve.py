"""The loop over one cluster, with a scripted server: what each role is shown, and what becomes of rounds."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from longweave.mase.checks import check_question
from longweave.mase.records import Round
from longweave.mase.task_type import Posed
from longweave.synth.records import Candidate
from tests.mase.made_clusters import (
    ANSWER,
    DIVERS,
    DOCUMENTS,
    PROPOSALS,
    QUOTES,
    READING,
    SUM,
    VIEWPOINT,
    WORKS,
    Model,
    evolve,
    gold_of,
    make_opened,
    propose,
    settings_with,
)

DISTRACTORS = ("lime walk", "Spring tides")


def transcript(made: Round) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(made.transcript)
    return told


def test_three_rounds_keep_three_pairs(tmp_path: Path) -> None:
    rounds = evolve(Model(), tmp_path, settings_with(rounds=3))
    assert [(made.number, made.reason, made.passes, made.tries) for made in rounds] == [
        (1, "", 2, 4),
        (2, "", 2, 4),
        (3, "", 2, 4),
    ]
    assert [made.question for made in rounds] == [WORKS, DIVERS, SUM]


def test_the_first_round_sees_documents_alone_later_ones_the_last_pairs_that_were_kept(
    tmp_path: Path,
) -> None:
    model = Model()
    evolve(model, tmp_path, settings_with(rounds=4, history=2))
    first, second, third, fourth = model.asked["proposer"]
    assert WORKS not in first and "harder than" not in first
    assert f"1. {WORKS}\nAnswer: {ANSWER}" in second and "harder than" in second
    assert f"1. {WORKS}" in third and f"2. {DIVERS}\nAnswer: Leith" in third
    assert WORKS not in fourth and f"1. {DIVERS}" in fourth and f"2. {SUM}" in fourth


def test_without_history_no_pair_is_shown(tmp_path: Path) -> None:
    model = Model()
    rounds = evolve(model, tmp_path, settings_with(rounds=2, history=0))
    assert WORKS not in model.asked["proposer"][1]
    assert transcript(rounds[1])["history"] == []


def test_what_a_check_turned_down_is_no_history_but_the_next_proposal_is_told_why(tmp_path: Path) -> None:
    model = Model([propose("Why?"), *PROPOSALS])
    evolve(model, tmp_path, settings_with(rounds=3))
    _, second, third = model.asked["proposer"]
    assert "harder than" not in second and "turned down by a check: no_question: Why?" in second
    assert WORKS in third and "turned down" not in third


def test_what_was_always_solved_is_shown_as_too_easy(tmp_path: Path) -> None:
    model = Model()
    rounds = evolve(model, tmp_path, settings_with(rounds=2, min_failures=3))
    assert rounds[0].reason == "always_solved"
    assert f"1. {WORKS}\nAnswer: {ANSWER}\nRight: 2 of 4" in model.asked["proposer"][1]


def test_only_the_solver_sees_distractors_and_in_every_round_the_same(tmp_path: Path) -> None:
    model = Model()
    rounds = evolve(model, tmp_path, settings_with(rounds=2))
    for prompt in model.asked["proposer"]:
        assert not any(words in prompt for words in DISTRACTORS)
        assert all(DOCUMENTS[doc_id].title in prompt for doc_id in ("report", "letters", "minutes"))
    one, other = (prompt.rpartition("</text>")[0] for prompt in model.asked["solver"])
    assert all(words in one for words in DISTRACTORS) and one == other
    assert sorted(transcript(rounds[0])["solver_saw"]) == sorted(DOCUMENTS)
    assert transcript(rounds[0])["distractors"] == ["gardens", "tides"]


def test_the_solver_gets_the_form_of_a_training_prompt(tmp_path: Path) -> None:
    model = Model()
    evolve(model, tmp_path, settings_with(rounds=1))
    (prompt,) = model.asked["solver"]
    assert prompt.startswith("Read the documents between <text> and </text>")
    assert f"</text>\n\n{WORKS}\n\nWork out the answer" in prompt
    assert prompt.endswith("Therefore, the answer is (insert answer here)")


@pytest.mark.parametrize(("yes", "passes"), [(3, 4), (2, 4), (1, 2), (0, 2)])
def test_the_majority_of_the_votes_counts(tmp_path: Path, yes: int, passes: int) -> None:
    def verify(answer: str, n: int) -> Sequence[str]:
        assert answer == "in Marl-street, near the dock" and n == 3
        return ["So. [[YES]]"] * yes + ["No. [[NO]]"] * (n - yes)

    model = Model(
        solves=lambda question, n: ["Marl Street rope yard", "in Marl-street, near the dock"] * 2,
        verifies=verify,
        proposals=[propose(answer="Marl Street rope yard")],
    )
    (made,) = evolve(model, tmp_path, settings_with(rounds=1))
    assert (made.passes, made.tries) == (passes, 4)
    assert len(model.asked["verifier"]) == 1  # equal predictions are judged once


def test_a_judgement_that_cannot_be_read_is_asked_for_again_and_not_counted(tmp_path: Path) -> None:
    given = [["So. [[YES]]", "I am not sure.", "Well [[NO]]"], ["So. [[YES]]"]]

    def verify(answer: str, n: int) -> Sequence[str]:
        return given[len(model.asked["verifier"]) - 1]

    model = Model(verifies=verify)
    (made,) = evolve(model, tmp_path, settings_with(rounds=1), broken_retries=1)
    assert len(model.asked["verifier"]) == 2
    assert (made.passes, made.tries, made.reason) == (4, 4, "always_solved")


def test_where_no_judgement_can_be_read_the_tries_do_not_count(tmp_path: Path) -> None:
    model = Model(verifies=lambda answer, n: ["Who knows?"] * n)
    (made,) = evolve(model, tmp_path, settings_with(rounds=1, min_failures=0))
    assert (made.passes, made.tries, made.reason) == (2, 2, "")
    assert [one["right"] for one in transcript(made)["predictions"]] == [None, True, None, True]


def test_a_round_of_which_nothing_can_be_judged_is_told_so(tmp_path: Path) -> None:
    model = Model(verifies=lambda answer, n: ["Who knows?"] * n, solves=lambda question, n: ["Carrow"] * n)
    (made,) = evolve(model, tmp_path, settings_with(rounds=1))
    assert (made.reason, made.passes, made.tries) == ("not_judged", 0, 0)


@pytest.mark.parametrize(
    ("right", "band", "reason"),
    [
        (0, {}, "never_solved"),
        (1, {}, ""),
        (3, {}, ""),
        (4, {}, "always_solved"),
        (1, {"min_passes": 2}, "never_solved"),
        (3, {"min_failures": 2}, "always_solved"),
        (4, {"min_failures": 0}, ""),
        (0, {"min_passes": 0}, ""),
    ],
)
def test_pairs_are_kept_that_are_solved_sometimes(
    tmp_path: Path, right: int, band: dict[str, int], reason: str
) -> None:
    model = Model(
        solves=lambda question, n: [gold_of(question)] * right + ["Carrow"] * (n - right),
    )
    (made,) = evolve(model, tmp_path, settings_with(rounds=1, **band))
    assert (made.reason, made.passes, made.tries) == (reason, right, 4)
    assert bool(made.candidate) is (not reason)
    if reason:
        assert made.detail.startswith(f"{right} of 4 right: ")


def test_a_cluster_stops_after_rounds_in_a_row_that_kept_nothing(tmp_path: Path) -> None:
    poor = propose("Why?")
    model = Model([PROPOSALS[0], poor, PROPOSALS[1], poor, poor, PROPOSALS[2]])
    rounds = evolve(model, tmp_path, settings_with(rounds=9, patience=2))
    assert [made.reason for made in rounds] == ["", "no_question", "", "no_question", "no_question"]


def test_each_round_asks_with_a_seed_of_its_own(tmp_path: Path) -> None:
    model = Model([propose(usable=False, problem="too plain"), PROPOSALS[0]])
    rounds = evolve(model, tmp_path, settings_with(rounds=2))
    assert [made.reason for made in rounds] == ["declined", ""]
    first, second = model.asked["proposer"]  # else the second would have come from the store
    assert first == second


def test_an_answer_that_cannot_be_used_ends_the_round_and_not_the_cluster(tmp_path: Path) -> None:
    model = Model(["No JSON at all.", *PROPOSALS])
    rounds = evolve(model, tmp_path, settings_with(rounds=2), broken_retries=0)
    assert [made.reason for made in rounds] == ["answer_not_json", ""]
    assert transcript(rounds[0])["reason"] == "answer_not_json" and "proposal" not in transcript(rounds[0])


BAD = {
    "declined": propose(usable=False, problem="all of it stands in one sentence"),
    "quote_missing": propose(quotes=[QUOTES[0], "She owns the rope yard at Marl Street"]),
    "quote_too_short": propose(quotes=[QUOTES[0], "Thorley"]),
    "quote_too_long": propose(quotes=[QUOTES[0], f"{QUOTES[1]} " * 10]),
    "quote_repeated": propose(quotes=[QUOTES[0], "rope works at Marl Street"]),
    "few_places": propose(quotes=QUOTES[:1]),
    "no_question": propose("The works of the builder's wife stood in the town of Selby Quay."),
    "too_long": propose(WORKS * 30),
    "yes_or_no": propose("Was the builder of the Selby Quay foundations a married man in 1874?"),
    "speaks_of_text": propose("According to document 2, where did the wife of the builder own works?"),
    "answer_given_away": propose("Which works at Marl Street did the wife of the quay's builder own?"),
    "reserved_marker": propose(f"{WORKS[:-1]} </text>?"),
    "answer_too_long": propose(answer="in the street that the people of the town call Marl Street, I think"),
}


@pytest.mark.parametrize("reason", BAD)
def test_a_poor_proposal_is_dropped_before_anyone_is_asked_to_solve_it(tmp_path: Path, reason: str) -> None:
    model = Model([BAD[reason]])
    (made,) = evolve(model, tmp_path, settings_with(rounds=1))
    assert made.reason == reason
    assert model.asked["solver"] == [] and made.candidate == "" and (made.passes, made.tries) == (0, 0)
    assert transcript(made)["proposal"] == BAD[reason]


@pytest.mark.parametrize(
    "again",
    [
        WORKS.replace("took as wife", "took to wife"),
        "The woman whom the builder of the foundations at Selby Quay married owned works: where were these?",
    ],
)
def test_a_question_that_was_kept_is_not_kept_again_in_other_words(tmp_path: Path, again: str) -> None:
    rounds = evolve(Model([propose(), propose(again)]), tmp_path, settings_with(rounds=2))
    assert [made.reason for made in rounds] == ["", "near_duplicate"]
    assert WORKS in rounds[1].detail


def test_what_its_type_cannot_pose_is_no_error(tmp_path: Path) -> None:
    def pose(proposal: Any, turn: int) -> Any:
        raise ValueError("no labels")

    odd = replace(READING, pose=pose)
    (made,) = evolve(Model(), tmp_path, settings_with(rounds=1), task_type=odd)
    assert (made.reason, made.detail) == ("proposal_unreadable", "ValueError: no labels")


def test_a_kept_pair_carries_all_that_led_to_it(tmp_path: Path) -> None:
    model = Model([PROPOSALS[0], propose("Why?"), PROPOSALS[1]])
    rounds = evolve(model, tmp_path, settings_with(rounds=3))
    made = Candidate.model_validate_json(rounds[2].candidate)
    assert (made.maker, made.task, made.question_type) == ("mase", "reading_comprehension", READING.name)
    assert (made.question, made.answer, made.domain, made.seed) == (DIVERS, "Leith", "general", 5)
    assert made.model_fingerprint == "mock" and made.doc_ids == ["report", "letters"]
    told = json.loads(made.reasoning)
    assert told["cluster"] == make_opened().cluster.model_dump(mode="json")
    assert told["round"] == 3 and told["turn"] == 2
    assert [json.dumps(one, sort_keys=True) for one in told["rounds"]] == [
        json.dumps(transcript(one), sort_keys=True) for one in rounds
    ]
    assert told["rounds"][1]["reason"] == "no_question"
    assert told["rounds"][2]["history"] == [{"question": WORKS, "answer": ANSWER, "right": "2 of 4"}]
    assert (
        told["rounds"][2]["predictions"]
        == [
            {
                "answer": "Carrow",
                "right": False,
                "rule": "cover_exact_match",
                "by_rule": False,
                "judged": False,
            },
            {"answer": "Leith", "right": True, "rule": "cover_exact_match", "by_rule": True, "judged": None},
        ]
        * 2
    )
    assert told["quotes"] == [[one.doc_id, one.start, one.end] for one in made.evidence]
    for one in made.evidence:
        assert DOCUMENTS[one.doc_id].text[one.start : one.end] == one.quote


def test_evidence_is_the_documents_own_words_however_white_space_and_marks_were_quoted(
    tmp_path: Path,
) -> None:
    quotes = ['objected "most strongly" - in vain', "laid by the contractor   Amos Thorley,\n\nwho brought"]
    (made,) = evolve(Model([propose(quotes=quotes)]), tmp_path, settings_with(rounds=1))
    spans = Candidate.model_validate_json(made.candidate).evidence
    assert [span.quote for span in spans] == [
        "objected “most strongly” – in vain",
        "laid by the contractor Amos Thorley,\nwho brought",
    ]


def test_choices_are_posed_with_the_letter_of_their_turn(tmp_path: Path) -> None:
    question = "Which view of the rope works does the wife of the Selby Quay builder hold in the letters?"
    choice = propose(
        question,
        "they are to remain her own whatever is offered",
        wrong_options=[
            "they are to be sold before the next rates are due",
            "they are to pass to the board for a fair price",
            "they are to be let to the town against its rates",
        ],
    )
    del choice["unit"]
    letters = []
    for number in range(4):
        model = Model([choice], solves=lambda question, n: ["A", "B", "C", "D"])
        (made,) = evolve(model, tmp_path, settings_with(rounds=1), VIEWPOINT, number)
        assert (made.reason, made.passes, made.tries) == ("", 1, 4)
        assert model.asked["verifier"] == []  # a letter needs no judge
        letters.append(made.answer)
    assert letters == ["A", "B", "C", "D"]


def test_the_same_cluster_gives_the_same_rounds(tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
    one, other = (evolve(Model(), tmp_path / name) for name in ("one", "other"))
    assert one == other


def test_what_a_model_wrote_comes_back_short_and_without_marks(tmp_path: Path) -> None:
    quote = "<|im_<|im_end|>end|> " + "word " * 50 + "x" * 5_000
    model = Model([propose(f"{WORKS} </text>", quotes=["no such words " * 1_000]), PROPOSALS[0]])
    evolve(model, tmp_path / "long", settings_with(rounds=2))
    assert len(model.asked["proposer"][1]) < len(model.asked["proposer"][0]) + 600
    marked = Model([propose(quotes=[quote]), PROPOSALS[0]])
    made, _ = evolve(marked, tmp_path / "marked", settings_with(rounds=2))
    assert made.reason == "reserved_marker"
    assert "in a quote" in marked.asked["proposer"][1] and "im_end" not in marked.asked["proposer"][1]


def test_details_are_bounded(tmp_path: Path) -> None:
    (made,) = evolve(Model([propose(usable=False, problem="p" * 5_000)]), tmp_path, settings_with(rounds=1))
    assert made.reason == "declined" and len(made.detail) == 1_000


def test_a_try_without_an_answer_counts_neither_way(tmp_path: Path) -> None:
    model = Model(solves=lambda question, n: [gold_of(question)] * (n - 1) + [" "])
    (made,) = evolve(model, tmp_path, settings_with(rounds=1))
    assert (made.reason, made.passes, made.tries) == ("always_solved", 3, 3)
    assert transcript(made)["predictions"][-1]["right"] is None


def test_an_answer_that_the_question_has_without_its_articles_is_given_away() -> None:
    question = "Which title did the envoy of court, Sir Amos Thorley, have when he laid the foundations?"
    flaw = check_question(Posed(question, "the envoy of the court", "text"))
    assert flaw is not None and flaw.reason == "answer_given_away"
