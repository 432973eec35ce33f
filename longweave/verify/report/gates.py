"""What each gate dropped and kept, by example."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from longweave.verify.report.charts import shorten
from longweave.verify.report.gather import REASONS_PER_STEP, DroppedFigures, SampleFigures
from longweave.verify.report.inputs import StageBooks
from longweave.verify.report.sample_card import SampleCard

_DETAIL, _VALUE = 500, 60
_MOST_GATES, _MANY_REASONS = 10, 30

_ASKS: Mapping[str, str] = {
    "screen_samples": "Is it a question of a benchmark, or one that another sample asks already?",
    "check_grounding": "Is it answered from the documents and not from memory, and from all that it needs?",
    "check_robustness": "Is it answered wherever the evidence lies and however long the context is?",
    "measure_difficulty": "How often does the policy that is to be trained answer it?",
    "select_samples": "Is there room for it in the quotas and bins of difficulty, and what did people say?",
    "verify_samples": "Does its structure hold, and can its answer be derived again from the prompt alone?",
}

_WORDS: Mapping[str, str] = {
    "contradicting_answer": "The same question over the same documents has another answer elsewhere.",
    "document_not_needed": "It is still answered with one of its needed documents left out.",
    "evidence_insufficient": "No answer from its needed documents alone is right.",
    "gold_contested": "The documents support another answer too.",
    "known_without_documents": "It is answered without any document.",
    "not_judged": "No answer could be judged right or wrong.",
    "not_solved": "No answer in its own context is right.",
    "not_solved_longer": "No answer in a longer context is right.",
    "prompt_too_long": "Its prompt is too long to be put to a model.",
}
"""Reasons that their name does not explain."""


@dataclass(frozen=True, slots=True)
class ReasonExamples:
    """A reason for which a gate dropped samples, with some of them and what was seen in each."""

    reason: str
    words: str
    count: int
    cards: tuple[tuple[SampleCard, str], ...]


@dataclass(frozen=True, slots=True)
class GateExamples:
    """A gate, what it asks, its dropped samples by reason, and some that it kept."""

    step: str
    asks: str
    n_kept: int | None
    reasons: tuple[ReasonExamples, ...]
    reasons_left_out: int
    kept: tuple[SampleCard, ...]


def list_gates(
    stages: Sequence[StageBooks], samples: SampleFigures, dropped: DroppedFigures
) -> list[GateExamples]:
    """The gates that dropped samples or asked models, in the order of the funnel."""
    kept = {books.stage: books.n_kept for books in stages}
    found = {step for step, _ in dropped.counts} | {gate for gate, cards in samples.kept_by.items() if cards}
    order = [*(books.stage for books in stages if books.stage in found), *sorted(found - kept.keys())]
    each = None if len(dropped.counts) <= _MANY_REASONS else 1
    return [_examples_of(step, kept.get(step), samples, dropped, each) for step in order[:_MOST_GATES]]


def _examples_of(
    step: str, n_kept: int | None, samples: SampleFigures, dropped: DroppedFigures, each: int | None
) -> GateExamples:
    """``each`` is how many cards a reason has; None for all that were chosen."""
    own = sorted(
        ((reason, count) for (other, reason), count in dropped.counts.items() if other == step),
        key=lambda pair: (-pair[1], pair[0]),
    )
    return GateExamples(
        step=shorten(step, _VALUE),
        asks=_ASKS.get(step, ""),
        n_kept=n_kept,
        reasons=tuple(
            ReasonExamples(
                shorten(reason, _VALUE),
                _WORDS.get(reason, ""),
                count,
                tuple(
                    (card, shorten(detail, _DETAIL)) for card, detail in dropped.cards[step, reason][:each]
                ),
            )
            for reason, count in own[:REASONS_PER_STEP]
        ),
        reasons_left_out=max(0, len(own) - REASONS_PER_STEP),
        kept=tuple(samples.kept_by.get(step, ())),
    )
