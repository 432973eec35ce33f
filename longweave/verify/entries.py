"""What selection looks at: one light record per sample, without its context.

A sample of 100 K tokens is half a megabyte; its ``Entry`` is a few hundred bytes, so that a whole run can be
compared and counted in memory.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from longweave.synth.records import AnswerKind, Domain, Sample, Task, Trial
from longweave.verify.pass_rate import pass_at_k
from longweave.verify.selection_settings import GroupField

Split = Literal["train", "val"]


class Span(NamedTuple):
    """Characters ``[start, end)`` of a document."""

    doc_id: str
    start: int
    end: int


class PolicyRate(NamedTuple):
    """How the policy did under the lengths of one training stage ("" where none was named)."""

    stage: str
    n: int
    passes: int
    mean_reward: float


@dataclass(frozen=True, slots=True)
class Entry:
    """A sample as selection sees it. ``order`` is its place in the run, for output only: nothing is decided
    by it. ``pass_rate`` is the policy's, over all its trials; None where it was not measured."""

    sample_id: str
    maker: str
    task: Task
    question_type: str
    domain: Domain
    question: str
    answer: str
    answer_kind: AnswerKind
    ordered: bool
    tolerance: float | None
    unit: str | None
    doc_ids: frozenset[str]
    evidence: tuple[Span, ...]
    target_tokens: int
    n_prompt_tokens: int
    split: Split
    order: int = 0
    pass_rate: float | None = None
    rates: tuple[PolicyRate, ...] = ()

    def rate(self, stage: str) -> PolicyRate | None:
        """How the policy did under the lengths of ``stage``; None where that was not measured."""
        return next((rate for rate in self.rates if rate.stage == stage), None)

    def pass_at(self, k: int) -> float | None:
        """The policy's pass@k, over all its trials; None where it was not measured."""
        n, passes = sum(rate.n for rate in self.rates), sum(rate.passes for rate in self.rates)
        if n:
            return pass_at_k(n, passes, min(k, n))
        return None if self.pass_rate is None else 1 - (1 - self.pass_rate) ** k

    def value(self, field: GroupField) -> str:
        """What it counts as under ``field``."""
        return str(getattr(self, field))


class LeftOut(NamedTuple):
    """A sample that is not selected: a ``reason`` that is counted, and what was seen."""

    sample_id: str
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class Shortfall:
    """What there was too little of: ``why`` is one sentence that says all of it."""

    what: str
    wanted: int
    had: int
    why: str


def entry_of(sample: Sample, split: Split, order: int = 0) -> Entry:
    """The entry of ``sample``."""
    rates = tuple(_rates_of(sample.trials))
    return Entry(
        sample_id=sample.sample_id,
        maker=sample.maker,
        task=sample.task,
        question_type=sample.question_type,
        domain=sample.domain,
        question=sample.question,
        answer=sample.answer,
        answer_kind=sample.answer_kind,
        ordered=sample.ordered,
        tolerance=sample.tolerance,
        unit=sample.unit,
        doc_ids=frozenset(sample.doc_ids),
        evidence=tuple(sorted({Span(item.doc_id, item.start, item.end) for item in sample.evidence})),
        target_tokens=sample.target_tokens,
        n_prompt_tokens=sample.n_prompt_tokens,
        split=split,
        order=order,
        pass_rate=_pass_rate(sample.difficulty, rates),
        rates=rates,
    )


def draw(seed: int, *parts: str) -> float:
    """A number in (0, 1) that looks random and depends on nothing but the arguments: who draws by it draws
    the same from any order of the same entries."""
    text = "\x1f".join((str(seed), *parts))
    return (int.from_bytes(hashlib.sha256(text.encode()).digest()[:6], "big") + 0.5) / 2.0**48


def _rates_of(trials: Iterable[Trial]) -> Iterable[PolicyRate]:
    """The policy's trials, pooled by stage."""
    pooled: dict[str, PolicyRate] = {}
    for trial in trials:
        if trial.check != "policy" or trial.n == 0:
            continue
        seen = pooled.get(trial.stage, PolicyRate(trial.stage, 0, 0, 0.0))
        n = seen.n + trial.n
        mean = (seen.mean_reward * seen.n + trial.mean_score * trial.n) / n
        pooled[trial.stage] = PolicyRate(trial.stage, n, seen.passes + trial.passes, mean)
    return pooled.values()


def _pass_rate(difficulty: float | None, rates: tuple[PolicyRate, ...]) -> float | None:
    if difficulty is not None:
        return 1 - difficulty
    n = sum(rate.n for rate in rates)
    return sum(rate.passes for rate in rates) / n if n else None
