"""A plan in words: what the model is shown, and what becomes of its wordings; and the reading of chunks."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from longweave.kg.ask import ask_question, make_candidate, say_clues, write_instruction
from longweave.kg.chunks import Chunk
from longweave.kg.clues import Clue
from longweave.kg.extract import extract_chunk
from longweave.kg.plan_records import Plan
from longweave.kg.prove import read_plan
from longweave.kg.records import Statement
from longweave.kg.settings import ExtractSettings
from longweave.synth.llm.client import Asker
from longweave.synth.records import Candidate, Dropped
from tests.kg.made_plans import (
    BRIDGE,
    DOCUMENTS,
    VENN,
    WORKS,
    plan_amount,
    plan_cause,
    plan_fact,
    plan_shift,
    plan_years,
)
from tests.kg.made_timelines import BETWEEN, OUTSIDE, documents, plan_timeline
from tests.verify.asked import ask_scripted, prompt_of

GOOD = "Which firm was founded by the man who designed the structure that spans the Odrava Gorge?"
LEAK = f"Which firm did {VENN}, who designed the structure that spans the Odrava Gorge, found?"


def ask(
    folder: Path, wordings: Sequence[str], plan: Plan | None = None, tries: int = 2, usable: bool = True
) -> tuple[Candidate | Dropped, list[str], list[int]]:
    """What becomes of the plan when these wordings come in turn; the prompts and their seeds."""
    prompts: list[str] = []
    seeds: list[int] = []

    def script(body: Mapping[str, Any]) -> str:
        prompts.append(prompt_of(body))
        seeds.append(body["seed"])
        question = wordings[len(prompts) - 1]
        wording = {"draft": "", "short_cuts": "", "problem": "" if usable else "two men", "usable": usable}
        return json.dumps(wording | {"question": question})

    async def run(asker: Asker) -> Candidate | Dropped:
        return await ask_question(plan or plan_fact(), DOCUMENTS, asker, tries, seed=3)

    return ask_scripted(script, folder, run), prompts, seeds


def test_a_wording_that_passes_is_a_candidate_with_its_proof(tmp_path: Path) -> None:
    plan = plan_fact()
    made, prompts, _ = ask(tmp_path, [f"  {GOOD.replace(' the man', '  the man')}\n"])
    assert isinstance(made, Candidate) and len(prompts) == 1
    assert (made.question, made.answer, made.answer_kind, made.tolerance) == (GOOD, WORKS, "text", None)
    assert (made.maker, made.task, made.question_type) == ("kg", "multi_hop", "multi_fact")
    assert made.domain == "general" and made.model_fingerprint == "mock" and made.seed == 3
    assert made.doc_ids == ["builders", "lives", "gorge"]
    assert [one.doc_id for one in made.evidence] == made.doc_ids
    for one in made.evidence:
        assert DOCUMENTS[one.doc_id].text[one.start : one.end] == one.quote
    assert read_plan(made) == plan
    assert json.loads(made.reasoning)["chain"] == plan.chain


def test_the_model_is_shown_every_fact_and_all_that_must_be_hidden(tmp_path: Path) -> None:
    _, (prompt,), _ = ask(tmp_path, [GOOD])
    for fact in plan_fact().facts:
        assert f'"{" ".join(fact.evidence.quote.split())}"' in prompt
        assert DOCUMENTS[fact.evidence.doc_id].title in prompt
    assert "1. X1 -[was designed by]-> X2" in prompt and "2. X2 -[founded]-> X3" in prompt
    assert f"X1 is {BRIDGE} (product)" in prompt and f"X3 is {WORKS} (organization)" in prompt
    assert f"none of these names or parts of them that give them away: {BRIDGE}; {WORKS}; {VENN};" in prompt
    assert "introduce X1 only by what is said of it here" in prompt
    assert "a product, of which this holds: it spans Odrava Gorge" in prompt
    assert "{" not in prompt.partition("</text>")[2].partition("schema")[0]


@pytest.mark.parametrize(
    ("plan", "says"),
    [
        (plan_cause(), "The answer is X4: Ulmen Strike. The question is about cause and consequence"),
        (plan_years(), "Two dates are asked for, X1 and X5"),
        (plan_years(), "introduce X2 only by"),
        (plan_years(), "The answer is 24 (the difference of the two years)"),
        (plan_shift(), "than it did, and ask in which year that would have been"),
        (plan_amount(), "and ask how much or how many that would have been"),
        (plan_amount(), " workers.\n"),
    ],
)
def test_each_paradigm_has_words_of_its_own(tmp_path: Path, plan: Plan, says: str) -> None:
    _, prompts, _ = ask(tmp_path, [GOOD, GOOD], plan)
    assert says in prompts[0]


def test_after_a_leak_another_wording_is_asked_for(tmp_path: Path) -> None:
    made, prompts, seeds = ask(tmp_path, [LEAK, GOOD])
    assert isinstance(made, Candidate) and made.question == GOOD
    assert len(prompts) == 2 and len(set(seeds)) == 2


def test_what_is_wrong_with_the_last_wording_is_told_with_the_next_request(tmp_path: Path) -> None:
    made, prompts, _ = ask(tmp_path, [LEAK, "Which {names}?", GOOD], tries=3)
    assert isinstance(made, Candidate) and made.question == GOOD
    again = "Your last wording was turned down: "
    assert again not in prompts[0]
    assert f"{again}name_leaked: {VENN!r} in: {LEAK}\nWrite another one" in prompts[1]
    assert f"{again}no_question: Which {{names}}?\n" in prompts[2], "what a model says is no field"
    assert LEAK not in prompts[2], "of the last one only"
    documents = {prompt.partition("</text>")[0] for prompt in prompts}
    assert len(documents) == 1, "what a server has read of the passages serves all tries"


def test_after_the_last_try_the_last_flaw_is_the_reason(tmp_path: Path) -> None:
    made, prompts, _ = ask(tmp_path, [LEAK, "Which?", GOOD])
    assert len(prompts) == 2
    assert made == Dropped(reason="no_question", detail="Which?")


def test_a_wording_may_hold_no_name_but_those_of_the_description(tmp_path: Path) -> None:
    made, _, _ = ask(tmp_path, [GOOD.replace("Which firm", "Which firm of Bergen")], tries=1)
    assert isinstance(made, Dropped) and made.reason == "other_name" and made.detail.startswith("'Bergen' in")


@pytest.mark.parametrize(
    ("third", "turn", "says"),
    [
        (OUTSIDE, 1, "The facts lead from the thing described below to X2, X3 and X4, and on to a date"),
        (OUTSIDE, 1, "and no year. The answer is Karelin Bridge."),
        (OUTSIDE, 2, "Three dates have to be found, X1, D and the last of the X:"),
        (OUTSIDE, 2, "the number of years between the year of X1 and the year of D, and the number of years"),
        (OUTSIDE, 2, "the year of D and the year of X5, added up. Say"),
        (OUTSIDE, 2, "The answer is 40 (from the years alone)"),
        (BETWEEN, 2, "where the ends are the years of X1 and X5. Say"),
        (BETWEEN, 3, "one of these facts says how one thing acted on another"),
        (BETWEEN, 3, "The answer is 14 (from the years alone)"),
        (OUTSIDE, 4, "Suppose that what happened at X5 had happened"),
    ],
)
def test_three_dates_are_asked_for_in_words_of_each_paradigm(third: str, turn: int, says: str) -> None:
    plan = plan_timeline(third, turn)
    prompt = write_instruction(plan)
    assert says in prompt and "{" not in prompt
    if turn == 4:
        assert plan.computation is not None
        assert f"had happened {plan.computation.said} than it did, in exactly these words" in prompt


def test_the_third_date_is_told_with_the_thing_that_it_hangs_on() -> None:
    prompt = write_instruction(plan_timeline())
    assert '5. X3 -[was decorated in]-> D (shown by: "Tobias Venn was decorated in 1899")' in prompt
    assert "1. X2 -[was opened in]-> X1" in prompt, "as its sentence says it"
    assert "\nD is 1899 (date)\n" in prompt
    assert "1899; 1931; Karelin Bridge; May 1907; Norrland Cable Works; Tobias Venn;" in prompt
    assert 'for the description: "Tobias Venn was born in Tromvik."' in prompt


def test_joints_are_told_by_the_thing_before_them_on_the_way_from_the_start() -> None:
    plan = plan_years()
    joints = [
        joint.model_copy(update={"apart": ["a -[r]-> b"], "alike": ["c -[r]-> d", "e -[r]-> f"]})
        if joint.place == 2
        else joint
        for joint in plan.joints
    ]
    prompt = write_instruction(plan.model_copy(update={"joints": joints}))
    assert [joint.place for joint in joints] == [0, 2, 3, 4] and plan.anchor == 1
    assert (
        "about the joints:\nX1, told by X2\n"
        "X3, told by X2 | must not be taken for what is meant here: a -[r]-> b | "
        "the words should fit these as well: c -[r]-> d; e -[r]-> f\n"
        "X4, told by X3\nX5, told by X4\n"
    ) in prompt


def test_a_question_of_three_dates_knows_the_files_that_it_was_asked_with() -> None:
    def fingerprint(third: str, turn: int) -> str:
        return make_candidate(plan_timeline(third, turn), GOOD, documents(third), 3, "m").prompt_fingerprint

    prints = {fingerprint(third, turn) for third in (OUTSIDE, BETWEEN) for turn in (1, 2, 3)}
    assert len(prints) == 5, "which date lies between is asked for in the same words"
    assert make_candidate(plan_years(), GOOD, DOCUMENTS, 3, "m").prompt_fingerprint not in prints


def test_a_model_may_decline_and_is_not_asked_again(tmp_path: Path) -> None:
    made, prompts, _ = ask(tmp_path, [GOOD, GOOD], usable=False)
    assert made == Dropped(reason="declined", detail="two men") and len(prompts) == 1


def test_a_computed_answer_is_a_number_in_its_unit() -> None:
    plan = plan_years()
    made = make_candidate(plan, GOOD, DOCUMENTS, 3, "m")
    assert (made.answer, made.answer_kind, made.unit, made.tolerance) == ("24", "number", "years", 0.0)
    other = make_candidate(plan, f"{GOOD} ", DOCUMENTS, 3, "m")
    assert made.sample_id != other.sample_id and made.prompt_fingerprint == other.prompt_fingerprint
    assert made.prompt_fingerprint != make_candidate(plan_fact(), GOOD, DOCUMENTS, 3, "m").prompt_fingerprint


def test_facts_of_one_sentence_are_one_piece_of_evidence() -> None:
    plan = plan_fact()
    doubled = plan.model_copy(update={"facts": [*plan.facts, plan.facts[0]]})
    made = make_candidate(doubled, GOOD, DOCUMENTS, 3, "m")
    assert len(made.evidence) == 3


def test_clues_are_said_the_way_their_fact_reads() -> None:
    def clue(kind: str, said: str, forward: bool = True) -> Clue:
        return Clue.model_validate(
            {"kind": kind, "relation": "employed", "forward": forward, "said": said, "edge_ids": ["e"]}
        )

    said = say_clues("firm", [clue("relational", "Venn"), clue("relational", "Ulm", forward=False)])
    assert said == "a firm, of which this holds: it employed Venn; Ulm employed it"
    ranked = say_clues("firm", [clue("superlative", "the largest of the 2 that share: r Ulm")])
    assert ranked.endswith("the largest of the 2 that share: r Ulm; the rank is by what it employed")


def extract(
    folder: Path, answers: Sequence[Sequence[str]], **given: Any
) -> tuple[list[Statement], list[str]]:
    prompts: list[str] = []

    def script(body: Mapping[str, Any]) -> str:
        prompts.append(prompt_of(body))
        facts = [
            {
                "subject": VENN,
                "subject_type": "person",
                "relation": relation,
                "object": WORKS,
                "object_type": "organization",
                "time": "",
                "quote": "Tobias Venn founded the Norrland Cable Works",
            }
            for relation in answers[len(prompts) - 1]
        ]
        return json.dumps({"facts": facts})

    document = DOCUMENTS["lives"]
    chunk = Chunk("lives", document.text.index("In his"), len(document.text))

    async def run(asker: Asker) -> list[Statement]:
        return await extract_chunk(document, chunk, asker, ExtractSettings(**given), seed=3)

    return ask_scripted(script, folder, run), prompts


def test_a_chunk_alone_is_shown_and_its_statements_keep_their_order(tmp_path: Path) -> None:
    found, (prompt,) = extract(tmp_path, [["founded", "owned", "left"]], most_facts=2)
    assert [one.relation for one in found] == ["founded", "owned"]
    assert {(one.doc_id, one.extractor, one.end) for one in found} == {
        ("lives", "model", len(DOCUMENTS["lives"].text))
    }
    assert "Short lives of engineers" in prompt and "against all advice" in prompt
    assert "married late" not in prompt and "at most 2 of them" in prompt


def test_a_second_pass_is_shown_what_was_found(tmp_path: Path) -> None:
    found, prompts = extract(tmp_path, [["founded"], ["left"]], passes=2)
    assert [one.relation for one in found] == ["founded", "left"]
    assert f"- {VENN} | founded | {WORKS}" in prompts[1] and "- none" not in prompts[1]


def test_a_second_pass_after_nothing_says_so(tmp_path: Path) -> None:
    found, prompts = extract(tmp_path, [[], []], passes=2)
    assert found == [] and "- none" in prompts[1]
