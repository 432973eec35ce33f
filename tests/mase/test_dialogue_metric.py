"""Reproduced texts are scored as MRCR publishes it: by difflib, behind a prefix."""

from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longweave.synth.answers import compare_answer, extract_answer
from longweave.synth.errors import InputError
from longweave.synth.judge import VerdictSettings, judge_answers
from tests.made_samples import make_sample
from tests.verify.asked import ask_scripted

PREFIX = "aB3dE6gH9k"
GOLD = f"{PREFIX}I paid for a `lantern` in March, and **nobody** ever mounted it."


def published(response: str, answer: str, prefix: str) -> float:
    """The grading function of the data set's card (openai/mrcr)."""
    if not response.startswith(prefix):
        return 0
    response = response.removeprefix(prefix)
    answer = answer.removeprefix(prefix)
    return float(SequenceMatcher(None, response, answer).ratio())


@pytest.mark.parametrize(
    ("prediction", "correct", "rule", "score"),
    [
        (GOLD, True, "prefixed_similarity", 1.0),
        (GOLD.removeprefix(PREFIX), False, "prefix_missing", 0.0),
        ("", False, "prefix_missing", 0.0),
        (f'"{GOLD}"', False, "prefix_missing", 0.0),
        (PREFIX, False, "prefixed_similarity", 0.0),
        (GOLD.lower(), False, "prefix_missing", 0.0),
    ],
)
def test_a_text_counts_only_behind_its_prefix(prediction, correct, rule, score):
    verdict = compare_answer(prediction, GOLD, "ratio", prefix=PREFIX)
    assert (verdict.correct, verdict.rule, verdict.score, verdict.final) == (correct, rule, score, True)


def test_a_part_of_the_text_gets_its_ratio():
    half = GOLD[: len(PREFIX) + 30]
    verdict = compare_answer(half, GOLD, "ratio", prefix=PREFIX)
    assert not verdict.correct
    assert verdict.score == published(half, GOLD, PREFIX) == pytest.approx(60 / (30 + len(GOLD) - 10))


def test_nothing_is_cleaned_before_the_comparison():
    plain = GOLD.replace("`", "").replace("**", "")
    verdict = compare_answer(plain, GOLD, "ratio", prefix=PREFIX)
    assert verdict.score == published(plain, GOLD, PREFIX) < 1


@given(st.text(max_size=400), st.text(min_size=1, max_size=300), st.booleans())
def test_the_score_is_the_published_one(response, answer, begins):
    response, answer = (PREFIX if begins else "") + response, PREFIX + answer
    if not answer.removeprefix(PREFIX).strip():
        with pytest.raises(InputError):
            compare_answer(response, answer, "ratio", prefix=PREFIX)
        return
    verdict = compare_answer(response, answer, "ratio", prefix=PREFIX)
    assert verdict.score == published(response, answer, PREFIX)
    assert verdict.correct == (verdict.score >= 0.9)


def test_an_endless_response_scores_nothing():
    assert compare_answer(PREFIX + "a lantern " * 20_000, GOLD, "ratio", prefix=PREFIX).score == 0.0
    assert published(PREFIX + "a lantern " * 3_000, GOLD, PREFIX) < 0.1


def test_without_a_prefix_a_ratio_is_compared_as_before():
    assert compare_answer("**I paid for it**.", "I paid for it", "ratio").score == 1.0


@pytest.mark.parametrize(
    "response",
    [
        f"It is the third.\nTherefore, the answer is {GOLD}",
        f"<think>Therefore, the answer is x</think>**Therefore, the answer is** {GOLD}<|im_end|>",
        f"Therefore, the answer is:\n\n{GOLD}\n",
        GOLD,
    ],
)
def test_the_whole_text_after_the_closing_words_is_taken_out_as_it_is(response):
    assert extract_answer(response, PREFIX) == GOLD
    assert extract_answer(response) != GOLD, "cleaned where there is no prefix"


def test_several_lines_and_marks_of_other_formats_survive():
    text = f"{PREFIX}<|trey|> says: $x$ \\boxed{{3}}\n\nand `more`."
    assert extract_answer(f"Therefore, the answer is {text}", PREFIX) == text


def test_a_response_that_never_stops_thinking_has_no_answer():
    assert extract_answer(f"<think>Therefore, the answer is {GOLD}", PREFIX) == ""


def test_nobody_is_asked_about_a_reproduced_text_and_its_reward_is_its_ratio(tmp_path: Path) -> None:
    def unasked(body: Any) -> str:
        raise AssertionError("a ratio is final")

    sample = make_sample(answer=GOLD, answer_kind="ratio", tolerance=None, unit=None, prefix=PREFIX)
    predictions = [GOLD, GOLD[:-2], GOLD[:30], "something else"]
    rulings = ask_scripted(
        unasked,
        tmp_path,
        lambda asker: judge_answers(sample, predictions, asker, VerdictSettings(audit_share=1.0), seed=1),
    )
    assert [ruling.correct for ruling in rulings] == [True, True, False, False]
    assert [ruling.score for ruling in rulings] == [published(p, GOLD, PREFIX) for p in predictions]
    assert 0.9 < rulings[1].score < 1 and not any(ruling.unclear for ruling in rulings)
