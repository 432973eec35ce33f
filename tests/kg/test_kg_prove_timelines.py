"""The prover on questions with three dates: each date must be told by its own document alone, and count."""

import json
from typing import Any

import pytest

from longweave.kg.ask import make_candidate
from longweave.kg.plan_records import Plan
from longweave.kg.prove import prove, states_hop
from longweave.synth.blocks import cut_blocks
from longweave.synth.context import ContextSettings, assemble
from longweave.synth.pool import DistractorPool, build_pool, open_pool
from longweave.synth.records import Message, Sample, canonical_json
from longweave.synth.tokens import load_tokenizer
from tests.kg.made_timelines import documents, plan_timeline
from tests.sample_corpus import read_sample

SUM = (
    "From the honouring of the man who was born in Tromvik to the opening of what he designed, and from that "
    "honouring to the end of the firm that he set up, how many years is that in all?"
)
WHICH = (
    "Of the man who was born in Tromvik, when he was honoured, of what he designed, when it was opened, and "
    "of the firm that he set up, when it ended: whose day, by name, came neither first nor last?"
)


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> DistractorPool:
    padding = [one for one in read_sample().values() if one.domain == "general"][:30]
    tokenizer = load_tokenizer()
    folder = tmp_path_factory.mktemp("pool")
    own = [*documents().values(), *padding]
    build_pool(((one, cut_blocks(one.text, tokenizer)) for one in own), tokenizer, folder)
    return open_pool(folder, tokenizer)


def assembled(pool: DistractorPool, plan: Plan, question: str) -> Sample:
    candidate = make_candidate(plan, question, documents(), 3, "m")
    settings = ContextSettings(targets=(8_000,))
    sample = assemble(
        candidate, 8_000, pool, settings, 3, lambda _, piece: states_hop(plan, piece.title, piece.body)
    )
    assert isinstance(sample, Sample), sample
    return sample


@pytest.fixture(scope="module")
def years(pool: DistractorPool) -> Sample:
    return assembled(pool, plan_timeline(turn=2), SUM)


def reason(sample: Sample) -> str:
    dropped = prove(sample)
    return dropped.reason if dropped else ""


def shown(sample: Sample, old: str, new: str) -> Sample:
    """The sample with ``old`` replaced in its prompt."""
    message = sample.prompt[-1].content
    assert message.count(old) == 1
    return sample.model_copy(update={"prompt": [Message(role="user", content=message.replace(old, new))]})


def planned_as(sample: Sample, **changed: Any) -> Sample:
    """The sample with these fields of its plan replaced, as JSON values."""
    reasoning = json.loads(sample.reasoning)
    reasoning["plan"] |= changed
    return sample.model_copy(update={"reasoning": canonical_json(reasoning)})


def plan_of(sample: Sample) -> dict[str, Any]:
    plan: dict[str, Any] = json.loads(sample.reasoning)["plan"]
    return plan


def test_a_question_with_three_dates_is_proven_from_its_prompt(pool: DistractorPool, years: Sample) -> None:
    assert (years.answer, years.unit, reason(years)) == ("40", "years", "")
    assert len(years.context) > len(years.doc_ids) == 3
    middle = assembled(pool, plan_timeline(turn=1), WHICH)
    assert (middle.answer, middle.answer_kind, reason(middle)) == ("Karelin Bridge", "text", "")
    plan = plan_timeline(turn=4)
    assert plan.computation is not None
    supposed = SUM.replace("the firm that he set up", "his firm, had it come {} than it did")
    sample = assembled(pool, plan, supposed.format(plan.computation.said))
    assert reason(sample) == ""
    assert reason(assembled(pool, plan, SUM)) == "supposition_missing"


def test_a_quote_of_the_third_date_that_is_not_shown_breaks_the_chain(years: Sample) -> None:
    for gone in ("was decorated in 1899", "was opened in May 1907", "was closed in 1931"):
        dropped = prove(shown(years, gone, "was seen again"))
        assert dropped is not None and dropped.reason == "chain_broken"
        assert dropped.detail.startswith("not in the prompt: ")


@pytest.mark.parametrize(
    "said",
    [
        "Tobias Venn had his medal of 1899.",
        "Tobias Venn was decorated in 1899 by the king.",
        "Of the Karelin Bridge (1907) we know more.",
        "It was opened in May 1907, the Karelin Bridge.",
    ],
)
def test_a_date_that_another_needed_document_tells_too_leaves_one_out(years: Sample, said: str) -> None:
    dropped = prove(shown(years, "in 1931 by its bank.", f"in 1931 by its bank. {said}"))
    assert dropped is not None and dropped.reason == "document_not_needed"
    assert dropped.detail == "a date is told in Register of firms"


def test_a_date_that_a_document_beside_them_tells_is_repeated(years: Sample) -> None:
    other = next(piece for piece in years.context if piece.doc_id not in documents())
    body = years.prompt[-1].content[other.context_start : other.context_end]
    line = next(line for line in body.splitlines()[1:] if len(line) > 30)
    for said in ("Tobias Venn had his medal of 1899.", "The Karelin Bridge is of 1907."):
        dropped = prove(shown(years, line, f"{line} {said}"))
        assert dropped is not None and dropped.reason == "evidence_repeated" and other.title in dropped.detail
    assert reason(shown(years, line, f"{line} Tobias Venn was there in 1898.")) == ""


@pytest.mark.parametrize("answer", ["39", "41", "8", "32", "24", "-40"])
def test_an_answer_that_is_off_is_found_out(years: Sample, answer: str) -> None:
    assert reason(years.model_copy(update={"answer": answer})) == "answer_differs"
    both = planned_as(years, answer=answer).model_copy(update={"answer": answer})
    assert reason(both) == "answer_differs"


def test_another_arithmetic_than_that_of_the_plan_is_found_out(years: Sample) -> None:
    for kind in ("gaps_compared", "years_between", "middle_of_three"):
        computation = plan_of(years)["computation"] | {"kind": kind}
        refused = "name_not_asked" if kind == "middle_of_three" else "answer_differs"
        assert reason(planned_as(years, computation=computation)) == refused
    assert reason(planned_as(years, computation=None)) == "answer_differs"


def test_a_third_date_that_does_not_hang_on_its_thing_breaks_the_chain(years: Sample) -> None:
    milestone = plan_of(years)["milestone"]
    for changed in (
        {"place": 0},
        {"place": 1},
        {"place": 4},
        {"place": 9},
        {"name": "1898", "aliases": ["1898"]},
    ):
        dropped = prove(planned_as(years, milestone=milestone | changed))
        assert dropped is not None and dropped.reason == "chain_broken"
        assert "the third date does not hang on" in dropped.detail
    assert reason(planned_as(years, milestone=None)) == "chain_broken"


def test_a_third_date_of_another_year_than_its_fact_is_found_out(years: Sample) -> None:
    plan = plan_of(years)
    dropped = prove(planned_as(years, milestone=plan["milestone"] | {"name": "1898"}))
    assert dropped is not None and dropped.detail == "1898 is no name of ['1899']"
    first, *others = plan["nodes"]
    changed = planned_as(years, nodes=[first | {"name": "May 1908"}, *others], answer="41")
    assert reason(changed.model_copy(update={"answer": "41"})) == "chain_broken"


def test_a_question_that_tells_a_date_is_refused(years: Sample) -> None:
    for said in ("1899", "May 1907", "1931"):
        question = SUM.replace("is that in all?", f"is that in all, {said} aside?")
        asked = shown(years, SUM, question).model_copy(update={"question": question})
        assert reason(asked) == "name_leaked"
