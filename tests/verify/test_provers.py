"""Verification: which samples are kept, with which checks, and why the others are not."""

import json
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longweave.synth.errors import InputError
from longweave.synth.records import Check, Dropped, Sample
from longweave.synth.tokens import load_tokenizer
from longweave.verify.provers import Prover, Reject, Verified, index_questions, question_key, verify_samples
from longweave.verify.structure import PromptLength
from tests.made_samples import APPLE, REVENUES, SALES, make_sample

LENGTH = PromptLength(fill=0.98, template_tokens=0)


def prove_sum(sample: Sample) -> Dropped | None:
    """Adds the evidence up again."""
    total = sum(int(evidence.quote.replace(",", "")) for evidence in sample.evidence)
    if str(total) == sample.answer:
        return None
    return Dropped(reason="answer_differs", detail=str(total))


SUMS: Mapping[str, Prover] = {"tables": prove_sum}


def verify(*samples: Sample, provers: Mapping[str, Prover] = SUMS) -> Verified:
    """``samples`` through the gates, as one shard that is the whole run."""
    asked_first = index_questions((sample.sample_id, sample.question) for sample in samples)
    return verify_samples(samples, provers, load_tokenizer(), LENGTH, asked_first)


def test_a_proven_sample_is_kept_with_its_checks() -> None:
    sample = make_sample()
    kept, rejects = verify(sample)
    assert rejects == []
    assert [check.name for check in kept[0].checks] == ["structure", "proof:tables"]
    assert all(check.passed for check in kept[0].checks)
    assert kept[0].model_copy(update={"checks": []}) == sample


def test_a_prover_that_finds_another_answer_drops_the_sample_with_its_reason() -> None:
    wrong = make_sample(answer="415284")
    assert verify(wrong) == ([], [Reject(wrong.sample_id, "answer_differs", "415285")])


def test_a_maker_without_a_prover_is_never_shipped() -> None:
    kept, rejects = verify(make_sample(maker="kg"))
    assert kept == []
    assert [(reject.reason, reject.detail) for reject in rejects] == [
        ("no_prover", "maker 'kg'; provers: tables")
    ]


def test_structure_is_checked_before_the_proof() -> None:
    kept, rejects = verify(make_sample(n_prompt_tokens=1, answer="0"))
    assert kept == [] and rejects[0].reason == "token_count_differs"


@pytest.mark.parametrize(
    ("error", "detail"),
    [
        (KeyError("plan"), "KeyError: 'plan'"),
        (json.JSONDecodeError("Expecting value", "x", 0), "JSONDecodeError: Expecting value"),
        (InputError("no documents", where="prompt"), "InputError: prompt: no documents"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_sample_the_prover_cannot_read_is_dropped_and_the_run_goes_on(
    error: Exception, detail: str
) -> None:
    unreadable = make_sample(question="What is it? " + make_sample().question)

    def prove(sample: Sample) -> Dropped | None:
        if sample == unreadable:
            raise error
        return None

    kept, rejects = verify(unreadable, make_sample(), provers={"tables": prove})
    assert len(kept) == 1
    assert rejects[0].reason == "proof_unreadable" and rejects[0].detail.startswith(detail)


def test_a_fault_of_the_prover_itself_is_not_hidden() -> None:
    def prove(sample: Sample) -> Dropped | None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        verify(make_sample(), provers={"tables": prove})


def test_of_two_samples_that_ask_the_same_the_first_is_kept() -> None:
    first = make_sample()
    second = make_sample(evidence=(REVENUES, SALES), sample_id="another")
    kept, rejects = verify(first, second)
    assert [sample.sample_id for sample in kept] == [first.sample_id]
    assert rejects[0][:2] == ("another", "repeated_question")


def test_a_sample_given_twice_is_kept_once() -> None:
    kept, rejects = verify(make_sample(), make_sample())
    assert len(kept) == 1 and [reject.reason for reject in rejects] == ["repeated_question"]


def test_repeated_questions_are_found_across_shards() -> None:
    first, second = make_sample(), make_sample(sample_id="another")
    asked_first = index_questions((sample.sample_id, sample.question) for sample in (first, second))
    shards = [
        verify_samples([sample], SUMS, load_tokenizer(), LENGTH, asked_first) for sample in (first, second)
    ]
    assert [len(shard.kept) for shard in shards] == [1, 0]


@pytest.mark.parametrize("asked", ["What were  net sales in 2024", '"What were Net Sales, in 2024?"'])
def test_wording_that_differs_in_case_spaces_and_marks_only_is_the_same_question(asked: str) -> None:
    assert question_key(asked) == question_key("What were net sales in 2024?")


def test_numbers_keep_questions_apart() -> None:
    assert question_key("More than 1,000?") != question_key("More than 1.000?")


def test_verifying_again_changes_nothing() -> None:
    kept, _ = verify(make_sample(checks=[Check(name="solved", passed=True, k=8, passes=5)]))
    again, _ = verify(*kept)
    assert again == kept
    assert [check.name for check in again[0].checks] == ["solved", "structure", "proof:tables"]


@given(st.lists(st.sampled_from(["good", "wrong", "foreign", "short", "empty"]), max_size=12))
def test_kept_and_rejects_are_all_samples(kinds: list[str]) -> None:
    changes: dict[str, dict[str, object]] = {
        "good": {},
        "wrong": {"answer": "1"},
        "foreign": {"maker": "mase"},
        "short": {"target_tokens": 10**6},
        "empty": {"doc_ids": [APPLE.doc_id]},
    }
    samples = [
        make_sample(question=f"Case {n}: what is the sum?", sample_id=f"{n}", **changes[kind])
        for n, kind in enumerate(kinds)
    ]
    kept, rejects = verify(*samples)
    ids = [sample.sample_id for sample in kept] + [reject.sample_id for reject in rejects]
    assert sorted(ids) == sorted(sample.sample_id for sample in samples)
    assert len(kept) == kinds.count("good")
