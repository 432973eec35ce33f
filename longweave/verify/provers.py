"""Gates a sample passes before it is shipped: its structure, then the proof its maker handed in.

``verify_samples`` knows no maker. It is given one ``Prover`` per maker and returns the samples that hold,
each with one ``Check`` per gate, and for every other sample the reason why it does not:

- ``no_prover``: nobody can prove a sample of this maker,
- ``proof_unreadable``: the prover could not read the sample (not a verdict on its answer),
- ``repeated_question``: an earlier sample asks the same,
- a reason of ``verify.structure``, or of the prover.

Verifying a sample again replaces its checks, so twice equals once.
"""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple, Protocol

from longweave.synth.errors import InputError
from longweave.synth.records import Check, Dropped, Sample
from longweave.synth.tokens import Tokenizer
from longweave.verify.structure import PromptLength, check_structure

STRUCTURE_CHECK = "structure"


class Prover(Protocol):
    """Derives the answer again from what the final row holds.

    Pure; may raise ``ValueError``, ``LookupError`` or an ``InputError`` for a sample it cannot read.
    """

    def __call__(self, sample: Sample, /) -> Dropped | None:
        """None when the sample proves its answer, else why it does not."""


class Reject(NamedTuple):
    """A sample that is not shipped: a counted ``reason`` and what was seen."""

    sample_id: str
    reason: str
    detail: str


class Verified(NamedTuple):
    """``kept`` and ``rejects`` together hold every sample given, each in its order."""

    kept: list[Sample]
    rejects: list[Reject]


def verify_samples(
    samples: Iterable[Sample],
    provers: Mapping[str, Prover],
    tokenizer: Tokenizer,
    length: PromptLength,
    asked_first: Mapping[str, str],
) -> Verified:
    """Put every sample through the gates.

    Args:
        samples: The samples of one shard.
        provers: By maker (``Sample.maker``).
        tokenizer: The one the prompts were counted with; it recounts them.
        length: How full a prompt must be.
        asked_first: ``index_questions`` over *all* shards, so that shards can be verified apart.
    """
    verified = Verified([], [])
    seen: set[str] = set()
    for sample in samples:
        checked = verify_sample(sample, provers, tokenizer, length)
        first = asked_first.get(question_key(sample.question), sample.sample_id)
        if isinstance(checked, Sample) and (first != sample.sample_id or first in seen):
            checked = Dropped(reason="repeated_question", detail=f"asked by {first}: {sample.question}")
        if isinstance(checked, Sample):
            seen.add(sample.sample_id)
            verified.kept.append(checked)
        else:
            verified.rejects.append(Reject(sample.sample_id, checked.reason, checked.detail))
    return verified


def verify_sample(
    sample: Sample, provers: Mapping[str, Prover], tokenizer: Tokenizer, length: PromptLength
) -> Sample | Dropped:
    """The sample with its checks, or why it does not hold."""
    prover = provers.get(sample.maker)
    if prover is None:
        return Dropped(
            reason="no_prover", detail=f"maker {sample.maker!r}; provers: {', '.join(sorted(provers))}"
        )
    dropped = check_structure(sample, tokenizer, length) or _prove(prover, sample)
    if dropped is not None:
        return dropped
    passed = [Check(name=name, passed=True) for name in (STRUCTURE_CHECK, proof_check(sample.maker))]
    names = {check.name for check in passed}
    return sample.model_copy(
        update={"checks": [*(check for check in sample.checks if check.name not in names), *passed]}
    )


def proof_check(maker: str) -> str:
    """Name of the check that ``maker``'s prover leaves."""
    return f"proof:{maker}"


def index_questions(asked: Iterable[tuple[str, str]]) -> dict[str, str]:
    """From (sample_id, question) pairs in order: question key -> the sample that asks it first."""
    first: dict[str, str] = {}
    for sample_id, question in asked:
        first.setdefault(question_key(question), sample_id)
    return first


def question_key(question: str) -> str:
    """Equal for questions that differ only in case, white space and punctuation at word ends."""
    return " ".join(word.strip(".,;:!?\"'()") for word in re.split(r"\s+", question.casefold().strip()))


def _prove(prover: Prover, sample: Sample) -> Dropped | None:
    try:
        return prover(sample)
    except (InputError, ValueError, LookupError) as error:
        return Dropped(reason="proof_unreadable", detail=f"{type(error).__name__}: {error}")
