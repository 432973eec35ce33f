"""Figures of a run, gathered in one pass over its samples, one over those that were dropped, and one over its
rejects; contexts are not kept."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from longweave.synth.records import Sample, TrialKind
from longweave.verify.report.inputs import DroppedSample, RejectedRow
from longweave.verify.report.sample_card import SampleCard, make_card
from longweave.verify.report.trials import TrialFigures

DEPTH_BINS = 10
EXAMPLES_PER_REASON = 3
N_CARDS = 12
CARDS_PER_REASON = 2
REASONS_PER_STEP = 8
KEPT_PER_GATE = 2

GATES: dict[str, tuple[TrialKind, ...]] = {
    "check_grounding": ("closed_book", "needed_only", "without_document"),
    "check_robustness": ("context",),
    "measure_difficulty": ("policy",),
}
"""The steps that ask models, each with the trials it leaves."""


@dataclass(slots=True)
class SampleFigures:
    """Counts over the samples that were kept, and the cards of a few of them.

    ``checked`` counts samples by the name of a check that they have, ``failed`` those whose check did not
    hold, ``not_asked`` those whose check was not carried out (``k`` is 0), with one reason in
    ``why_not``; ``tried`` counts samples by kind of trial. ``policy`` and ``solver`` are the samples' pass
    rates.
    """

    n_samples: int = 0
    n_tokens: int = 0
    n_multi_document: int = 0
    shown: set[str] = field(default_factory=set)
    needed: set[str] = field(default_factory=set)
    question_types: Counter[str] = field(default_factory=Counter)
    tasks: Counter[str] = field(default_factory=Counter)
    makers: Counter[str] = field(default_factory=Counter)
    targets: Counter[int] = field(default_factory=Counter)
    domains: Counter[str] = field(default_factory=Counter)
    answer_kinds: Counter[str] = field(default_factory=Counter)
    n_needed: Counter[int] = field(default_factory=Counter)
    depths: list[int] = field(default_factory=lambda: [0] * DEPTH_BINS)
    policy: Counter[float] = field(default_factory=Counter)
    solver: Counter[float] = field(default_factory=Counter)
    checked: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    not_asked: Counter[str] = field(default_factory=Counter)
    why_not: dict[str, str] = field(default_factory=dict)
    tried: Counter[TrialKind] = field(default_factory=Counter)
    cards: list[SampleCard] = field(default_factory=list)
    kept_by: dict[str, list[SampleCard]] = field(default_factory=dict)


@dataclass(slots=True)
class RejectFigures:
    """How often each stage dropped for each reason, with the first examples of each."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    examples: dict[tuple[str, str], list[RejectedRow]] = field(default_factory=lambda: defaultdict(list))


@dataclass(slots=True)
class DroppedFigures:
    """Dropped samples by step and reason, with the cards of some of each. ``n_unseen`` of them were dropped
    by a gate that asks models, and no trial of that gate is among theirs."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    cards: dict[tuple[str, str], list[tuple[SampleCard, str]]] = field(default_factory=dict)
    n_unseen: int = 0


class _Fewest:
    """The cards of the ``size`` samples of lowest rank, which follows from their ids and not their order."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._ranked: list[tuple[str, SampleCard, str]] = []

    def offer(self, sample: Sample, detail: str = "") -> None:
        rank = _rank(sample.sample_id)
        if len(self._ranked) < self._size or rank < self._ranked[-1][0]:
            self._ranked.append((rank, make_card(sample), detail))
            self._ranked.sort(key=lambda entry: entry[0])
            del self._ranked[self._size :]

    def cards(self) -> list[tuple[SampleCard, str]]:
        return [(card, detail) for _, card, detail in self._ranked]


def gather_samples(samples: Iterable[Sample], trials: TrialFigures | None = None) -> SampleFigures:
    """Count ``samples`` and choose ``N_CARDS`` of them: as many question kinds and lengths as there are, and
    ``KEPT_PER_GATE`` for each gate. Their trials are added to ``trials``.

    Which ones follows from the sample ids, not from their order.
    """
    figures = SampleFigures()
    cells: dict[tuple[str, int], _Fewest] = defaultdict(lambda: _Fewest(1))
    kept_by: dict[str, _Fewest] = {gate: _Fewest(KEPT_PER_GATE) for gate in GATES}
    for sample in samples:
        kinds = {trial.check for trial in sample.trials}
        _count(sample, figures)
        _count_checks(sample, kinds, figures)
        if trials is not None:
            trials.add(sample)
        cells[sample.question_type, sample.target_tokens].offer(sample)
        for gate, own in GATES.items():
            if not kinds.isdisjoint(own):
                kept_by[gate].offer(sample)
    figures.cards = [cells[cell].cards()[0][0] for cell in _spread(cells.keys())]
    figures.kept_by = {gate: [card for card, _ in fewest.cards()] for gate, fewest in kept_by.items()}
    return figures


def gather_dropped(dropped: Iterable[DroppedSample], trials: TrialFigures | None = None) -> DroppedFigures:
    """Count ``dropped`` and choose ``CARDS_PER_REASON`` of each reason. Their trials are added to
    ``trials``."""
    figures = DroppedFigures()
    chosen: dict[tuple[str, str], _Fewest] = defaultdict(lambda: _Fewest(CARDS_PER_REASON))
    for entry in dropped:
        key = (entry.step, entry.reason)
        figures.counts[key] += 1
        own = GATES.get(entry.step, ())
        figures.n_unseen += bool(own) and all(trial.check not in own for trial in entry.sample.trials)
        if trials is not None:
            trials.add(entry.sample)
        chosen[key].offer(entry.sample, entry.detail)
    figures.cards = {key: fewest.cards() for key, fewest in chosen.items()}
    return figures


def gather_rejects(rejects: Iterable[RejectedRow]) -> RejectFigures:
    """Count ``rejects`` and keep the first ``EXAMPLES_PER_REASON`` of each reason."""
    figures = RejectFigures()
    for row in rejects:
        key = (row.stage, row.reason)
        figures.counts[key] += 1
        if len(figures.examples[key]) < EXAMPLES_PER_REASON:
            figures.examples[key].append(row)
    return figures


def _count(sample: Sample, figures: SampleFigures) -> None:
    figures.n_samples += 1
    figures.n_tokens += sample.n_prompt_tokens
    figures.n_multi_document += len(sample.doc_ids) > 1
    figures.shown.update(piece.doc_id for piece in sample.context)
    figures.needed.update(sample.doc_ids)
    figures.question_types[sample.question_type] += 1
    figures.tasks[sample.task] += 1
    figures.makers[sample.maker] += 1
    figures.targets[sample.target_tokens] += 1
    figures.domains[sample.domain] += 1
    figures.answer_kinds[sample.answer_kind] += 1
    figures.n_needed[len(sample.doc_ids)] += 1
    for position in sample.positions:
        figures.depths[min(int(position.depth * DEPTH_BINS), DEPTH_BINS - 1)] += 1


def _count_checks(sample: Sample, kinds: set[TrialKind], figures: SampleFigures) -> None:
    figures.tried.update(kinds)
    if sample.difficulty is not None:
        figures.policy[round(1 - sample.difficulty, 4)] += 1
    asked = [trial for trial in sample.trials if trial.check == "context" and trial.n]
    if asked:
        rate = sum(trial.passes for trial in asked) / sum(trial.n for trial in asked)
        figures.solver[round(rate, 4)] += 1
    for check in {check.name: check for check in sample.checks}.values():
        if check.k == 0:
            figures.not_asked[check.name] += 1
            figures.why_not[check.name] = min(check.detail, figures.why_not.get(check.name, check.detail))
        else:
            figures.checked[check.name] += 1
            figures.failed[check.name] += not check.passed


def _spread(cells: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    """``N_CARDS`` of the (question type, length) cells: each time of the types and lengths shown least so
    far."""
    left = sorted(cells, key=lambda cell: _rank(f"{cell[0]} {cell[1]}"))
    types: Counter[str] = Counter()
    lengths: Counter[int] = Counter()
    chosen: list[tuple[str, int]] = []
    while left and len(chosen) < N_CARDS:
        best = min(left, key=lambda cell: (types[cell[0]], lengths[cell[1]]))
        left.remove(best)
        chosen.append(best)
        types[best[0]] += 1
        lengths[best[1]] += 1
    return sorted(chosen, key=lambda cell: (cell[1], cell[0]))


def _rank(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
