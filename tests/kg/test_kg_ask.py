"""A plan in words: what the model is shown, and what becomes of its wordings; and the reading of chunks."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from longweave.kg.ask import ask_question, make_candidate, say_clues
from longweave.kg.chunks import Chunk
from longweave.kg.extract import extract_chunk
from longweave.kg.perturb import Clue
from longweave.kg.plan import Plan
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
        return json.dumps({"problem": "" if usable else "two men", "usable": usable, "question": question})

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


def test_what_was_wrong_with_the_last_wording_is_told(tmp_path: Path) -> None:
    made, prompts, _ = ask(tmp_path, [LEAK, "Which?", GOOD])
    assert len(prompts) == 2
    assert made == Dropped(reason="no_question", detail="Which?")


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
