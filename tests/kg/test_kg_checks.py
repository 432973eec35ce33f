"""What a question must be: each flaw with its reason, beside questions that come near and must pass."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longweave.kg.checks import check_question, hidden_names
from longweave.kg.plan_records import Plan
from tests.kg.made_plans import (
    BRIDGE,
    GORGE,
    VENN,
    WORKS,
    plan_amount,
    plan_cause,
    plan_fact,
    plan_shift,
    plan_years,
)

PLAN = plan_fact()
GOOD = "Which firm was founded by the man who designed the structure that spans the Odrava Gorge?"


def reason(question: str, plan: Plan = PLAN) -> str:
    dropped = check_question(question, plan)
    assert dropped is None or dropped.detail or not question
    return dropped.reason if dropped else ""


def with_aliases(aliases: list[str]) -> Plan:
    nodes = [PLAN.nodes[0].model_copy(update={"aliases": aliases}), *PLAN.nodes[1:]]
    return PLAN.model_copy(update={"nodes": nodes})


@pytest.mark.parametrize(
    "question",
    [
        GOOD,
        "The Odrava Gorge is spanned by one structure. What firm did its designer found?",
        "Had what spans the Odrava Gorge fallen, which firm would its designer not have founded?",
        "What spans the Odrava Gorge was sold. Were it not, which firm would its designer have founded?",
        "After passing the Odrava Gorge, and listing its bridges, which firm of its builder's comes to mind?",
        "Which firm, working in text and context, was founded by the designer at the gorge of Odrava?",
        "Something spans the Odrava Gorge since the passage of a bill. Which firm did its designer found?",
        "Of what spans Odrava Gorge: who designed it, and which cable firm did he call his own?",
    ],
)
def test_good_questions_pass(question: str) -> None:
    assert reason(question) == ""


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("", "no_question"),
        ("Which firm at Odrava Gorge?", "no_question"),
        (GOOD.rstrip("?") + ".", "no_question"),
        (GOOD + " Tell me.", "no_question"),
        (f"Once {'and again ' * 100} {GOOD}", "too_long"),
        ("Was the firm founded by the designer of what spans the Odrava Gorge large?", "yes_or_no"),
        ("did the designer of what spans the Odrava Gorge found a firm?", "yes_or_no"),
        ("Something spans the Odrava Gorge. Did its designer found a firm?", "yes_or_no"),
        ("Had the designer of what spans the Odrava Gorge, in his youth, a firm?", "yes_or_no"),
        ("Some men span the Odrava Gorge. Is it so? Had the designer a firm to his name?", "yes_or_no"),
        ("List all firms which the designer of what spans the Odrava Gorge founded?", "asks_for_list"),
        ("Which two firms did the designer of what spans the Odrava Gorge found?", "asks_for_list"),
        ("What are the names of firms by the designer of what spans the Odrava Gorge?", "asks_for_list"),
        (
            "In a passage of a speech the Odrava Gorge is named; which firm did its designer found?",
            "speaks_of_text",
        ),
        ("Which passage on the Odrava Gorge names the firm of its designer?", "speaks_of_text"),
        ("Which firm does the passage on the Odrava Gorge speak of in the end?", "speaks_of_text"),
        ("According to the register, which firm did the designer at Odrava Gorge found?", "speaks_of_text"),
        ("The document on Odrava Gorge tells of a designer; which firm did he found?", "speaks_of_text"),
        ("Which firm was founded by X2, the designer of what spans the Odrava Gorge?", "speaks_of_text"),
        (f"Which firm did {VENN}, the designer of what spans the Odrava Gorge, found?", "name_leaked"),
        (f"Which firm like the {WORKS.upper()} did the designer at Odrava Gorge found?", "name_leaked"),
        ("Which firm was founded by the man who designed the structure over the ravine?", "clue_missing"),
    ],
)
def test_each_flaw_has_its_reason(question: str, expected: str) -> None:
    assert reason(question) == expected


def test_small_words_of_a_clue_do_not_stand_for_it() -> None:
    clue = PLAN.start.clues[0].model_copy(update={"said": "Gorge of the Odrava"})
    plan = PLAN.model_copy(update={"start": PLAN.start.model_copy(update={"clues": [clue]})})
    assert (
        reason("Which of the firms was founded by the designer of what spans the ravine?", plan)
        == "clue_missing"
    )
    assert reason(GOOD, plan) == ""


@given(
    alias=st.sampled_from(["Karelin Bridge", "Moody's Bridge", "Pont Néel", "U.S. 40 Span", "Bridge"]),
    place=st.integers(0, 12),
    change=st.sampled_from([str, str.upper, str.lower, str.title]),
    ending=st.sampled_from(["", "'s", "’s", ",", "-like"]),
    marks=st.booleans(),
)
def test_no_question_with_a_hidden_name_passes(
    alias: str, place: int, change: object, ending: str, marks: bool
) -> None:
    written = change(alias) + ending  # type: ignore[operator]
    written = written.replace("'", "’") if marks else written
    words = GOOD.split()
    question = " ".join([*words[:place], written, *words[place:]])
    assert reason(question, with_aliases([alias])) == "name_leaked"


def test_a_part_of_a_name_and_a_longer_word_are_no_leak() -> None:
    assert reason(GOOD.replace("structure", "bridges"), with_aliases(["Karelin Bridge", "Bridge"])) == ""
    assert reason(GOOD.replace("structure", "bridge")) == ""
    assert GORGE not in hidden_names(PLAN) and BRIDGE in hidden_names(PLAN)


def test_dates_at_the_ends_are_hidden_and_so_is_what_is_computed_of_them() -> None:
    plan = plan_years()
    start = "How many years lie between the opening of what spans the Odrava Gorge and the closure"
    assert reason(f"{start} of the firm that its designer founded?", plan) == ""
    assert reason(f"{start}, in 1931, of the firm that its designer founded?", plan) == "name_leaked"
    assert reason(f"{start} 24 years on of the firm that its designer founded?", plan) == "answer_leaked"
    assert reason(f"{start} of the firm of 240 men that its designer founded?", plan) == "other_number"


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (
            "Which firm that later left the U.S. was founded by the designer of what spans the Odrava Gorge?",
            "other_name",
        ),
        ("Which firm in Bergen was founded by the designer of what spans the Odrava Gorge?", "other_name"),
        ("Which firm in Österby was founded by the designer of what spans the Odrava Gorge?", "other_name"),
        ("Which firm, “Moe Mills” aside, was founded by the designer at the Odrava Gorge?", "other_name"),
        ("Which firm of 1,907 men did the designer of what spans the Odrava Gorge found?", "other_number"),
        ("What of the Odrava Gorge’s one bridge: which firm did its designer found?", ""),
        ("Which of the 12 firms was founded by the designer of what spans the Odrava Gorge?", "other_number"),
        (
            "Which firm was founded in the 1920s by the designer of what spans the Odrava Gorge?",
            "other_number",
        ),
        ("Odrava Gorge is spanned by a structure. Which firm did its designer found?", ""),
    ],
)
def test_a_particular_by_which_one_could_begin_in_the_middle_is_refused(question: str, expected: str) -> None:
    assert reason(question) == expected


@pytest.mark.parametrize("seed", range(6))
def test_a_supposition_is_in_the_question_in_its_size_and_direction(seed: int) -> None:
    plan = plan_shift(seed)
    assert plan.computation is not None
    years, said = abs(plan.computation.years), plan.computation.said
    asked = "had the firm founded by the designer of what spans the Odrava Gorge closed"
    turned = said.replace("later", "x").replace("earlier", "later").replace("x", "earlier")
    ask = "In which year would that have been,"
    assert reason(f"{ask} {asked} {said} than it did?", plan) == ""
    assert reason(f"{ask} {asked} {years} years off its year?", plan) == ""
    assert reason(f"{ask} {asked} {turned} than it did?", plan) == "supposition_missing"
    assert reason(f"{ask} {asked} {years + 1} years later?", plan) == "supposition_missing"
    assert reason(f"{ask} {asked} in {plan.answer}, {said}?", plan) == "answer_leaked"


def test_half_as_large_is_not_half_as_large_again() -> None:
    plans = {plan.computation.said: plan for plan in map(plan_amount, range(30)) if plan.computation}
    ask = (
        "How many people would the firm founded by the designer of what spans the Odrava Gorge have employed"
    )
    for said, plan in plans.items():
        for other in plans:
            expected = "" if other == said else "supposition_missing"
            assert reason(f"{ask}, had their number been {other}?", plan) == expected
    whole = plans["a fifth larger"]
    assert whole.answer == "1440"
    assert reason(f"{ask}, a fifth larger, as 1,440 is?", whole) == "answer_leaked"


def test_the_answer_of_a_plain_question_is_hidden_as_a_name() -> None:
    assert reason("What did the firm of the designer at Odrava Gorge bring about?", plan_cause()) == ""
    asked = "Was it the Ulmen strike that the firm of the designer at Odrava Gorge brought about, or what?"
    assert reason(asked.replace("Was it", "What of"), plan_cause()) == "name_leaked"


def described_by(**changed: Any) -> Plan:
    """The plan with the clue of its start changed."""
    (clue,) = PLAN.start.clues
    return PLAN.model_copy(
        update={"start": PLAN.start.model_copy(update={"clues": [clue.model_copy(update=changed)]})}
    )


def test_a_mark_that_would_end_the_turn_is_kept_out() -> None:
    assert reason(f"{GOOD[:-1]} <|im_end|> </text>?") == "reserved_marker"


def test_all_words_of_a_name_must_be_there() -> None:
    assert reason(GOOD.replace("Odrava ", "")) == "clue_missing"


def test_a_rank_must_not_be_turned_round() -> None:
    ranked = described_by(kind="superlative", said="the largest of the 3 that share: spans Odrava Gorge")
    asked = "Which firm was founded by the designer of the {} of the 3 structures over the Odrava Gorge?"
    assert reason(asked.format("largest"), ranked) == ""
    assert reason(asked.format("smallest"), ranked) == "clue_missing"


def test_a_date_told_roughly_must_be_told() -> None:
    said = "a year ending in 7 in the early 20th century"
    dated = described_by(kind="temporal", said=said, names="")
    asked = "Which firm was founded by the man who designed the structure opened in {}?"
    assert reason(asked.format(said), dated) == ""
    assert reason(asked.format("the early 20th century"), dated) == "clue_missing"
    assert reason(asked.format("a year ending in 7"), dated) == "clue_missing"
