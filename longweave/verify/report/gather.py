"""Figures of a run, gathered in one pass over its samples and one over its rejects; contexts are not kept."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from longweave.synth.records import Sample
from longweave.verify.report.sample_card import SampleCard, make_card

DEPTH_BINS = 10
EXAMPLES_PER_REASON = 3
N_CARDS = 12


@dataclass(frozen=True, slots=True)
class StageBooks:
    """One line of the funnel: ``n_in == n_kept + sum(dropped.values())``."""

    stage: str
    n_in: int
    n_kept: int
    dropped: Mapping[str, int]


class RejectedRow(NamedTuple):
    """A record that a stage dropped."""

    stage: str
    record_id: str
    reason: str
    detail: str


@dataclass(slots=True)
class SampleFigures:
    """Counts over all samples, and the cards of a few of them."""

    n_samples: int = 0
    n_tokens: int = 0
    n_multi_document: int = 0
    shown: set[str] = field(default_factory=set)
    needed: set[str] = field(default_factory=set)
    question_types: Counter[str] = field(default_factory=Counter)
    targets: Counter[int] = field(default_factory=Counter)
    domains: Counter[str] = field(default_factory=Counter)
    answer_kinds: Counter[str] = field(default_factory=Counter)
    n_needed: Counter[int] = field(default_factory=Counter)
    depths: list[int] = field(default_factory=lambda: [0] * DEPTH_BINS)
    cards: list[SampleCard] = field(default_factory=list)


@dataclass(slots=True)
class RejectFigures:
    """How often each stage dropped for each reason, with the first examples of each."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    examples: dict[tuple[str, str], list[RejectedRow]] = field(default_factory=lambda: defaultdict(list))


def gather_samples(samples: Iterable[Sample]) -> SampleFigures:
    """Count ``samples`` and choose ``N_CARDS`` of them: as many question kinds and lengths as there are.

    Which ones follows from the sample ids, not from their order.
    """
    figures = SampleFigures()
    cells: dict[tuple[str, int], tuple[str, SampleCard]] = {}
    for sample in samples:
        _count(sample, figures)
        cell, rank = (sample.question_type, sample.target_tokens), _rank(sample.sample_id)
        if cell not in cells or rank < cells[cell][0]:
            cells[cell] = (rank, make_card(sample))
    figures.cards = [cells[cell][1] for cell in _spread(cells.keys())]
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
    figures.targets[sample.target_tokens] += 1
    figures.domains[sample.domain] += 1
    figures.answer_kinds[sample.answer_kind] += 1
    figures.n_needed[len(sample.doc_ids)] += 1
    for position in sample.positions:
        figures.depths[min(int(position.depth * DEPTH_BINS), DEPTH_BINS - 1)] += 1


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
