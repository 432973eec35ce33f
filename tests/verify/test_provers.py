"""Verification: which samples are kept, with which checks, and why the others are not."""

import json
from collections.abc import Mapping

import pytest

from longweave.synth.errors import InputError
from longweave.synth.records import Check, Dropped, Sample
from longweave.synth.tokens import load_tokenizer
from longweave.verify.provers import Prover, verify_sample
from longweave.verify.structure import PromptLength
from tests.made_samples import make_sample

LENGTH = PromptLength(fill=0.98, template_tokens=0)


def prove_sum(sample: Sample) -> Dropped | None:
    """Adds the evidence up again."""
    total = sum(int(evidence.quote.replace(",", "")) for evidence in sample.evidence)
    if str(total) == sample.answer:
        return None
    return Dropped(reason="answer_differs", detail=str(total))


SUMS: Mapping[str, Prover] = {"tables": prove_sum}


def verify(sample: Sample, provers: Mapping[str, Prover] = SUMS) -> Sample | Dropped:
    """``sample`` through the first gates."""
    return verify_sample(sample, provers, load_tokenizer(), LENGTH)


def verified(sample: Sample) -> Sample:
    """``sample`` with its checks, which hold."""
    kept = verify(sample)
    assert isinstance(kept, Sample), kept
    return kept


def test_a_proven_sample_is_kept_with_its_checks() -> None:
    sample = make_sample()
    kept = verified(sample)
    assert [check.name for check in kept.checks] == ["structure", "proof:tables"]
    assert all(check.passed for check in kept.checks)
    assert kept.model_copy(update={"checks": []}) == sample


def test_a_prover_that_finds_another_answer_drops_the_sample_with_its_reason() -> None:
    assert verify(make_sample(answer="415284")) == Dropped(reason="answer_differs", detail="415285")


def test_a_maker_without_a_prover_is_never_shipped() -> None:
    assert verify(make_sample(maker="kg")) == Dropped(
        reason="no_prover", detail="maker 'kg'; provers: tables"
    )


def test_structure_is_checked_before_the_proof() -> None:
    dropped = verify(make_sample(n_prompt_tokens=1, answer="0"))
    assert isinstance(dropped, Dropped) and dropped.reason == "token_count_differs"


@pytest.mark.parametrize(
    ("error", "detail"),
    [
        (KeyError("plan"), "KeyError: 'plan'"),
        (json.JSONDecodeError("Expecting value", "x", 0), "JSONDecodeError: Expecting value"),
        (InputError("no documents", where="prompt"), "InputError: prompt: no documents"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_sample_the_prover_cannot_read_is_dropped(error: Exception, detail: str) -> None:
    def prove(sample: Sample) -> Dropped | None:
        raise error

    dropped = verify(make_sample(), {"tables": prove})
    assert isinstance(dropped, Dropped) and dropped.reason == "proof_unreadable"
    assert dropped.detail.startswith(detail)


def test_a_fault_of_the_prover_itself_is_not_hidden() -> None:
    def prove(sample: Sample) -> Dropped | None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        verify(make_sample(), {"tables": prove})


def test_verifying_again_changes_nothing() -> None:
    kept = verified(make_sample(checks=[Check(name="solved", passed=True, k=8, passes=5)]))
    assert verified(kept) == kept
    assert [check.name for check in kept.checks] == ["solved", "structure", "proof:tables"]
