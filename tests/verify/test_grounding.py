"""The knowledge grounding gate with a scripted solver over a socket."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from longweave.synth.judge import VerdictSettings
from longweave.synth.records import Sample
from longweave.verify.grounding import Tried, check_grounding
from longweave.verify.settings import GroundingSettings
from tests.made_samples import APPLE, UNION_PACIFIC, make_sample
from tests.verify.asked import answers, ask_scripted, prompt_of

Solver = Callable[[str], list[str]]
RULE_ONLY = VerdictSettings(judge=False)
NOTHING = answers(*["cannot be determined"] * 4)


def ground(
    solve: Solver, folder: Path, sample: Sample | None = None, *, ablate: bool = True, **how: Any
) -> tuple[Tried, list[str]]:
    """What the gate finds, and the prompts that it sent."""
    prompts: list[str] = []

    def script(body: Any) -> list[str]:
        prompts.append(prompt_of(body))
        given = solve(prompt_of(body))
        assert body["n"] == len(given)
        return given

    found = ask_scripted(
        script,
        folder,
        lambda asker: check_grounding(
            sample or make_sample(),
            asker,
            GroundingSettings(tries=4),
            RULE_ONLY,
            seed=1,
            ablate=ablate,
            **how,
        ),
    )
    return found, prompts


def reader(prompt: str) -> list[str]:
    """Adds up what both filings state, and says so if one is missing."""
    both = "391,035" in prompt and "24,250" in prompt
    return answers("415,285", "415,285", "415,285", "415,300.7") if both else NOTHING


def test_a_sample_that_needs_all_its_documents_is_kept_with_its_trials(tmp_path: Path) -> None:
    found, prompts = ground(reader, tmp_path)
    assert found.dropped is None
    assert [(trial.check, trial.left_out, trial.passes, trial.n) for trial in found.trials] == [
        ("closed_book", "", 0, 4),
        ("needed_only", "", 4, 4),
        ("without_document", APPLE.doc_id, 0, 4),
        ("without_document", UNION_PACIFIC.doc_id, 0, 4),
    ]
    assert "<document" not in prompts[0] and make_sample().question in prompts[0]
    assert "VISA" not in prompts[1], "distractors are no needed documents"
    assert found.trials[1].answers[0] == "415,285"


def test_what_is_known_without_documents_is_dropped_before_anything_else_is_asked(tmp_path: Path) -> None:
    found, prompts = ground(lambda _: answers("415285", "about 415 thousand", "7", "415285"), tmp_path)
    assert found.dropped is not None and found.dropped.reason == "known_without_documents"
    assert found.dropped.detail.startswith("2 of 4 right: 415285; about 415 thousand; 7")
    assert len(prompts) == 1


def test_guessing_an_option_right_is_not_knowing(tmp_path: Path) -> None:
    def guess(prompt: str) -> list[str]:
        return answers("A", "B", "B", "D") if "<document" not in prompt else answers(*"BBBB")

    choice = make_sample(answer="B", answer_kind="choice", tolerance=None, unit=None, chance=0.25)
    kept, _ = ground(guess, tmp_path / "choice", choice, ablate=False)
    assert kept.dropped is None and kept.check.passes == 2
    open_question = choice.model_copy(update={"chance": 0.0})
    dropped, _ = ground(guess, tmp_path / "open", open_question, ablate=False)
    assert dropped.dropped is not None and dropped.dropped.reason == "known_without_documents"


def test_one_lucky_number_is_not_knowing(tmp_path: Path) -> None:
    lucky = lambda prompt: answers("415,280", "7", "12", "9") if "<document" not in prompt else NOTHING  # noqa: E731
    found, _ = ground(lucky, tmp_path, ablate=False)
    assert found.dropped is None and found.check.passes == 1


@pytest.mark.parametrize(("then", "is_dropped"), [("BACDBACD", False), ("BBBBBBBA", True)])
def test_a_lucky_streak_is_asked_about_again_before_a_sample_falls_for_it(
    then: str, is_dropped: bool, tmp_path: Path
) -> None:
    batches = iter(("BBBB", then))
    choice = make_sample(answer="B", answer_kind="choice", tolerance=None, unit=None, chance=0.25)
    found, prompts = ground(lambda _: answers(*next(batches)), tmp_path, choice, ablate=False)
    assert len(prompts) == 2 and prompts[0] == prompts[1]
    assert [trial.n for trial in found.trials] == [4, 8]
    assert (found.dropped is not None) == is_dropped


def test_a_document_whose_absence_changes_nothing_is_not_needed(tmp_path: Path) -> None:
    def reads_apple_alone(prompt: str) -> list[str]:
        return answers(*["415,285"] * 4) if "391,035" in prompt else NOTHING

    found, _ = ground(reads_apple_alone, tmp_path)
    assert found.dropped is not None and found.dropped.reason == "document_not_needed"
    assert found.dropped.detail.startswith(f"without {UNION_PACIFIC.doc_id}: 4 of 4 right")


def test_evidence_that_does_not_suffice_is_found_before_documents_are_left_out(tmp_path: Path) -> None:
    found, prompts = ground(lambda _: NOTHING, tmp_path)
    assert found.dropped is not None and found.dropped.reason == "evidence_insufficient"
    assert len(prompts) == 2


def test_nothing_is_left_out_where_that_is_not_asked_for(tmp_path: Path) -> None:
    found, prompts = ground(reader, tmp_path, ablate=False)
    assert found.dropped is None and len(prompts) == len(found.trials) == 1


def test_long_documents_are_shown_and_left_out_by_what_stands_around_their_evidence(tmp_path: Path) -> None:
    found, prompts = ground(reader, tmp_path, around=30, detail="30 characters around")
    assert found.dropped is None and found.check.detail == "30 characters around"
    closed_book, *others = prompts
    assert "<document" not in closed_book
    assert [("391,035" in prompt, "24,250" in prompt) for prompt in others[:1]] == [(True, True)]
    assert sorted(("391,035" in prompt, "24,250" in prompt) for prompt in others[1:]) == [
        (False, True),
        (True, False),
    ]
    for prompt in others:
        assert "[...]" in prompt
        assert "Americas net sales" not in prompt and "since 1967" not in prompt, "further away"


def test_what_a_cut_document_lacks_is_insufficient_evidence(tmp_path: Path) -> None:
    def needs_services(prompt: str) -> list[str]:
        return answers(*["415,285"] * 4) if "96,169" in prompt else NOTHING

    found, _ = ground(needs_services, tmp_path, around=5)
    assert found.dropped is not None and found.dropped.reason == "evidence_insufficient"
