"""The first gates of a sample: its structure, then the proof its maker handed in.

``verify_sample`` knows no maker. It is given one ``Prover`` per maker and returns the sample with one
``Check`` per gate, or the reason why it does not hold:

- ``no_prover``: nobody can prove a sample of this maker,
- ``proof_unreadable``: the prover could not read the sample (not a verdict on its answer),
- a reason of ``verify.structure``, or of the prover.

Verifying a sample again replaces its checks, so twice equals once.
"""

from collections.abc import Mapping
from typing import Protocol

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


def verify_sample(
    sample: Sample, provers: Mapping[str, Prover], tokenizer: Tokenizer, length: PromptLength
) -> Sample | Dropped:
    """The sample with its checks, or why it does not hold.

    Args:
        sample: As its final row has it.
        provers: By maker (``Sample.maker``).
        tokenizer: The one the prompts were counted with; it recounts them.
        length: How full a prompt must be.
    """
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


def _prove(prover: Prover, sample: Sample) -> Dropped | None:
    try:
        return prover(sample)
    except (InputError, ValueError, LookupError) as error:
        return Dropped(reason="proof_unreadable", detail=f"{type(error).__name__}: {error}")
