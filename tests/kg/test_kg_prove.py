"""The prover follows the chain in the final prompt alone: every change of prompt or plan has its reason."""

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest

from longweave.kg.ask import make_candidate
from longweave.kg.plan_records import Plan
from longweave.kg.prove import prove, read_plan, states_hop
from longweave.synth.blocks import cut_blocks
from longweave.synth.context import ContextSettings, assemble
from longweave.synth.pool import DistractorPool, build_pool, open_pool
from longweave.synth.records import Message, Sample, canonical_json
from longweave.synth.tokens import load_tokenizer
from tests.kg.made_plans import BRIDGE as START
from tests.kg.made_plans import (
    CLOSED,
    DOCUMENTS,
    GORGE,
    VENN,
    WORKS,
    plan_amount,
    plan_fact,
    plan_shift,
    plan_years,
    planned,
)
from tests.sample_corpus import read_sample

FACT = "Which firm was founded by the man who designed the structure that spans the Odrava Gorge?"
YEARS = (
    "How many years lie between the opening of the structure that spans the Odrava Gorge and the closure of "
    "the firm that its designer founded?"
)


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> DistractorPool:
    padding = [one for one in read_sample().values() if one.domain == "general"][:40]
    tokenizer = load_tokenizer()
    folder = tmp_path_factory.mktemp("pool")
    documents = [*DOCUMENTS.values(), *padding]
    build_pool(((one, cut_blocks(one.text, tokenizer)) for one in documents), tokenizer, folder)
    return open_pool(folder, tokenizer)


def assembled(pool: DistractorPool, plan: Plan, question: str) -> Sample:
    candidate = make_candidate(plan, question, DOCUMENTS, 3, "m")
    settings = ContextSettings(targets=(8_000,))
    sample = assemble(
        candidate, 8_000, pool, settings, 3, lambda _, piece: states_hop(plan, piece.title, piece.body)
    )
    assert isinstance(sample, Sample), sample
    return sample


@pytest.fixture(scope="module")
def fact(pool: DistractorPool) -> Sample:
    return assembled(pool, plan_fact(), FACT)


@pytest.fixture(scope="module")
def years(pool: DistractorPool) -> Sample:
    return assembled(pool, plan_years(), YEARS)


def reason(sample: Sample) -> str:
    dropped = prove(sample)
    return dropped.reason if dropped else ""


def shown(sample: Sample, old: str, new: str) -> Sample:
    """The sample with ``old`` replaced in its prompt."""
    message = sample.prompt[-1].content
    assert old in message
    return sample.model_copy(update={"prompt": [Message(role="user", content=message.replace(old, new))]})


def planned_as(sample: Sample, **changed: Any) -> Sample:
    """The sample with these fields of its plan replaced, as JSON values."""
    reasoning = json.loads(sample.reasoning)
    reasoning["plan"] |= changed
    return sample.model_copy(update={"reasoning": canonical_json(reasoning)})


def plan_of(sample: Sample) -> dict[str, Any]:
    plan: dict[str, Any] = json.loads(sample.reasoning)["plan"]
    return plan


def asked(sample: Sample, question: str) -> Sample:
    return shown(sample, sample.question, question).model_copy(update={"question": question})


def test_assembled_samples_of_every_paradigm_are_proven(
    pool: DistractorPool, fact: Sample, years: Sample
) -> None:
    assert reason(fact) == reason(years) == ""
    assert len(fact.context) > len(fact.doc_ids) == 3
    for plan in (plan_shift(), plan_amount()):
        assert plan.computation is not None
        verb = "been closed" if plan.nodes[-1].type == "date" else "had a staff"
        question = (
            f"Had the firm, founded by the designer of what spans the Odrava Gorge, {verb} "
            f"{plan.computation.said}, what would the figure have been?"
        )
        assert reason(assembled(pool, plan, question)) == ""


def test_a_chain_that_ends_where_a_sentence_begins_is_proven(pool: DistractorPool) -> None:
    plan = planned(CLOSED, WORKS, VENN, START)
    question = "What was designed by the founder of the firm where a pay cut triggered the Ulmen Strike?"
    assert reason(assembled(pool, plan, question)) == ""


def test_a_changed_answer_is_found_out(fact: Sample, years: Sample) -> None:
    assert reason(fact.model_copy(update={"answer": VENN})) == "answer_differs"
    assert reason(planned_as(fact, answer=VENN)) == "answer_differs"
    assert reason(planned_as(fact, answer=VENN).model_copy(update={"answer": VENN})) == "answer_differs"
    assert reason(years.model_copy(update={"answer": "25"})) == "answer_differs"
    assert reason(planned_as(years, answer="25").model_copy(update={"answer": "25"})) == "answer_differs"
    assert reason(years.model_copy(update={"unit": "days"})) == "answer_differs"
    assert reason(years.model_copy(update={"answer_kind": "text"})) == "answer_differs"
    assert reason(planned_as(years, computation=None)) == "answer_differs"
    shift = {"kind": "year_shifted", "years": 0, "said": "0 years later", "factor": 1.0}
    assert reason(planned_as(years, computation=shift)) in ("answer_differs", "supposition_missing")


def test_a_quote_that_the_prompt_does_not_show_breaks_the_chain(fact: Sample) -> None:
    assert (
        reason(shown(fact, "the Karelin Bridge was designed by", "the Karelin Bridge, drawn by"))
        == "chain_broken"
    )
    plan = plan_of(fact)
    plan["facts"][1]["evidence"]["doc_id"] = "nowhere"
    assert reason(planned_as(fact, facts=plan["facts"])) == "chain_broken"


def test_hops_in_another_order_or_of_other_ends_break_the_chain(fact: Sample) -> None:
    plan = plan_of(fact)
    one, two, clue = plan["facts"]
    assert reason(planned_as(fact, facts=[two, one, clue])) == "chain_broken"
    for too_few in ([one], [one, two]):
        assert reason(planned_as(fact, facts=too_few)) == "chain_broken"
    assert reason(planned_as(fact, facts=[one, two, clue, clue])) == "chain_broken"
    assert reason(planned_as(fact, nodes=plan["nodes"][::-1])) == "chain_broken"
    assert reason(planned_as(fact, nodes=plan["nodes"][1:])) == "chain_broken"
    assert reason(planned_as(fact, facts=[one | {"object": ["Nobody"]}, two, clue])) == "chain_broken"


def test_what_a_quote_must_name_is_what_its_fact_leads_to(fact: Sample) -> None:
    plan = plan_of(fact)
    plan["facts"][1]["evidence"]["quote"] = "Tobias Venn married late"
    dropped = prove(planned_as(fact, facts=plan["facts"]))
    assert dropped is not None and dropped.reason == "chain_broken"
    assert dropped.detail == f"{WORKS} is not in: Tobias Venn married late"


def test_a_document_that_the_chain_does_not_need_is_found_out(fact: Sample) -> None:
    more = fact.model_copy(update={"doc_ids": [*fact.doc_ids, "register"]})
    assert reason(more) == "document_not_needed"
    assert reason(fact.model_copy(update={"doc_ids": fact.doc_ids[:2]})) == "document_not_needed"
    told = "In his last years Tobias Venn founded the Norrland Cable Works, against all advice."
    twice = shown(fact, told, f"{told} The Karelin Bridge, by Tobias Venn, spans the Odrava Gorge.")
    assert reason(twice) == "document_not_needed"


def test_a_chain_within_one_document_is_not_spread(fact: Sample) -> None:
    plan = plan_of(fact)
    evidence = plan["facts"][1]["evidence"]
    for one in plan["facts"]:
        one["evidence"] = dict(evidence)
    everything = "Tobias Venn founded the Norrland Cable Works"
    long = f"{everything} Karelin Bridge Odrava Gorge"
    for one in plan["facts"]:
        one["evidence"]["quote"] = long
    sample = planned_as(shown(fact, everything, long), facts=plan["facts"])
    assert reason(sample.model_copy(update={"doc_ids": ["lives"]})) == "one_document"


def test_another_document_that_may_state_a_hop_is_found_out(fact: Sample) -> None:
    other = next(piece for piece in fact.context if piece.doc_id not in DOCUMENTS)
    message = fact.prompt[-1].content
    body = message[other.context_start : other.context_end]
    line = next(line for line in body.splitlines()[1:] if len(line) > 30)
    said = f"{line} The NORRLAND cable works were Tobias Venn’s."
    dropped = prove(shown(fact, line, said))
    assert dropped is not None and dropped.reason == "evidence_repeated" and other.title in dropped.detail
    assert reason(shown(fact, line, f"{line} Tobias Venn was there.")) == ""


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (FACT.replace("the man who", f"{VENN} who"), "name_leaked"),
        (FACT.replace(f"the {GORGE}", "a ravine"), "clue_missing"),
        (f"Was that firm large? {FACT.rstrip('?')}, did it?".replace(" Which", " Did which"), "yes_or_no"),
    ],
)
def test_the_question_is_checked_again(fact: Sample, question: str, expected: str) -> None:
    assert reason(asked(fact, question)) == expected


def test_the_prompt_asks_what_is_recorded_and_shows_what_is_listed(fact: Sample) -> None:
    assert reason(fact.model_copy(update={"question": f"{FACT[:-1]} in the end?"})) == "question_differs"
    assert reason(fact.model_copy(update={"context": fact.context[1:]})) == "context_differs"


@pytest.mark.parametrize("reasoning", ["{}", "[]", '{"plan": {}}', "no json"])
def test_a_sample_without_a_plan_cannot_be_read(fact: Sample, reasoning: str) -> None:
    with pytest.raises((ValueError, LookupError, TypeError)):
        read_plan(fact.model_copy(update={"reasoning": reasoning}))


def test_what_may_state_any_fact_may_not_stand_beside_it() -> None:
    plan = plan_fact()
    stated: Mapping[str, bool] = {
        "Tobias Venn came from Norrland. He led its Norrland Cable Works.": True,
        "The Karelin Bridge is high above the Odrava Gorge.": True,
        "Tobias Venn once saw the Odrava Gorge.": False,
    }
    assert {text: states_hop(plan, "", text) for text in stated} == stated


@pytest.mark.parametrize(
    ("plan", "text"),
    [
        (plan_years(), "The Karelin Bridge, a steel span, was opened in 1907 by the mayor."),
        (plan_years(), "In spring of 1931 the Norrland Cable Works was shut for good."),
        (plan_amount(), "Norrland Cable Works employed 1200 people."),
        (plan_amount(), "Norrland Cable Works employed 1.2 thousand people."),
    ],
)
def test_a_value_that_is_computed_with_may_not_stand_beside_in_other_words(plan: Plan, text: str) -> None:
    assert states_hop(plan, "News", text)
    assert not states_hop(plan_fact(), "News", text), "nobody computes with it there"
    assert not states_hop(plan, "News", re.sub("[0-9]", "8", text)), "another value"
