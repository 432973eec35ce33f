"""The contextual robustness gate with a scripted solver over a socket."""

import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from longweave.synth.judge import VerdictSettings
from longweave.synth.records import Sample, Trial
from longweave.verify.grounding import Tried
from longweave.verify.robustness import check_robustness, find_rival, mean_depth
from longweave.verify.settings import RobustnessSettings
from tests.made_samples import APPLE, UNION_PACIFIC, VISA, Shown, make_sample
from tests.verify.asked import answers, ask_scripted, prompt_of

RIGHT, WRONG = "415285", "12"
LENGTH = make_sample().target_tokens
LONGER, NO_CONTEXT = 2 * LENGTH, 10 * LENGTH
MOVED = (Shown(APPLE, "needed"), Shown(VISA, "hard"), Shown(UNION_PACIFIC, "needed"))


def check(
    solve: Callable[[str], list[str]],
    folder: Path,
    settings: Mapping[str, Any] | None = None,
    longer: Sequence[int] = (LONGER, NO_CONTEXT),
    supported: Collection[str] = (),
) -> tuple[Tried, list[tuple[int, int]], list[str]]:
    """What the gate finds, which contexts it made, and what it asked the verifier, who finds the answers
    ``supported``."""
    made: list[tuple[int, int]] = []
    verified: list[str] = []

    def script(body: Any) -> list[str]:
        prompt = prompt_of(body)
        offered = re.search("First: (.*)\nSecond: (.*)\n", prompt)
        if offered is None:
            return solve(prompt)
        verified.append(prompt)
        first, second = (answer in supported for answer in offered.groups())
        return [json.dumps({"first": first, "second": second})]

    async def vary(target: int, seed: int) -> Sample | None:
        made.append((target, seed))
        return None if target == NO_CONTEXT else make_sample(MOVED, target_tokens=target)

    wanted, rules = RobustnessSettings(tries=4, **(settings or {})), VerdictSettings(judge=False)
    found = ask_scripted(
        script,
        folder,
        lambda asker: check_robustness(make_sample(), asker, wanted, rules, 1, vary, longer),
    )
    return found, made, verified


def solve_all(_: str) -> list[str]:
    return answers(RIGHT, RIGHT, WRONG, "4")


def is_moved(prompt: str) -> bool:
    return prompt.index("Apple Inc. Form") < prompt.index("VISA INC. Form")


def test_every_context_leaves_a_trial_with_its_length_depth_and_seed(tmp_path: Path) -> None:
    found, made, _ = check(solve_all, tmp_path, {"contested_share": 0.5, "k": 2})
    assert found.dropped is None
    sample, moved = make_sample(), make_sample(MOVED)
    rows = [(trial.target_tokens, trial.depth, trial.passes, trial.n) for trial in found.trials]
    assert rows == [
        (LENGTH, mean_depth(sample), 2, 4),
        (LENGTH, mean_depth(moved), 2, 4),
        (LONGER, mean_depth(moved), 2, 4),
    ]
    assert mean_depth(sample) != mean_depth(moved)
    assert {(trial.k, trial.pass_at_k) for trial in found.trials} == {(2, 0.833333)}, "1 - C(2,2)/C(4,2)"
    assert all(0.2 < trial.low < 0.833333 < trial.high < 1 for trial in found.trials), "wide, of four answers"
    assert [trial.context_seed for trial in found.trials] == [sample.seed, *(seed for _, seed in made[:2])]
    assert len({seed for _, seed in made}) == 3, "every context is drawn anew"


def test_what_is_never_solved_in_the_context_that_ships_is_dropped_before_others_are_made(
    tmp_path: Path,
) -> None:
    solve = lambda prompt: answers(*[RIGHT if is_moved(prompt) else WRONG] * 4)  # noqa: E731
    found, made, _ = check(solve, tmp_path)
    assert found.dropped is not None and (found.dropped.reason, found.dropped.detail) == (
        "not_solved",
        "0 of 4 right: 12",
    )
    assert made == []


def test_what_is_lost_in_every_longer_context_is_dropped(tmp_path: Path) -> None:
    seen: list[str] = []

    def solve(prompt: str) -> list[str]:
        seen.append(prompt)
        return answers(*[RIGHT if not is_moved(prompt) else str(len(seen))] * 4)

    found, _, _ = check(solve, tmp_path, {"placements": 0})
    assert found.dropped is not None and found.dropped.reason == "not_solved_longer"


def test_another_place_of_the_same_length_may_fail(tmp_path: Path) -> None:
    solve = lambda prompt: answers(*[WRONG if is_moved(prompt) else RIGHT] * 4)  # noqa: E731
    found, _, _ = check(solve, tmp_path, {"contested_share": 1}, longer=())
    assert found.dropped is None
    assert [trial.passes for trial in found.trials] == [4, 0]


@pytest.mark.parametrize(
    ("supported", "dropped"), [([WRONG], True), ([WRONG, RIGHT], True), ([RIGHT], False), ([], False)]
)
def test_a_gold_that_many_answers_contradict_is_put_to_the_verifier(
    supported: list[str], dropped: bool, tmp_path: Path
) -> None:
    solve = lambda _: answers(RIGHT, RIGHT, WRONG, WRONG)  # noqa: E731
    found, _, verified = check(solve, tmp_path, supported=supported)
    assert len(verified) == 1 and "VISA" in verified[0], "what contradicts may stand in a distractor"
    assert (found.dropped is not None) == dropped
    if found.dropped is not None:
        assert (found.dropped.reason, found.dropped.detail) == (
            "gold_contested",
            "the documents support '12' too, not only '415285'",
        )


def test_the_same_wrong_number_in_another_notation_counts_as_the_same(tmp_path: Path) -> None:
    solve = lambda _: answers(RIGHT, RIGHT, "1,200", "1200 million")  # noqa: E731
    _, _, verified = check(solve, tmp_path)
    assert len(verified) == 1 and "1,200\n" in verified[0]


def test_scattered_wrong_answers_contest_nothing(tmp_path: Path) -> None:
    solve = lambda _: answers(RIGHT, "1", "2", "cannot be determined")  # noqa: E731
    found, _, verified = check(solve, tmp_path)
    assert found.dropped is None and verified == []


def test_answers_that_could_not_be_judged_are_no_rivals() -> None:
    trial = Trial(
        check="context",
        model="m",
        n=2,
        passes=2,
        mean_score=1.0,
        unjudged=2,
        answers=["415285", "415285", "four hundred", "four hundred"],
        right=[True, True, None, None],
    )
    assert find_rival(make_sample(), trial, 0.2) is None
    wrong = trial.model_copy(update={"n": 4, "unjudged": 0, "right": [True, True, False, False]})
    assert find_rival(make_sample(), wrong, 0.2) == "four hundred"
