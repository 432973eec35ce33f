"""The distributions of the samples that were kept."""

from collections import Counter

from longweave.verify.report.charts import Chart, add_up, make_bars, name_lengths, rank_by_count
from longweave.verify.report.gather import DEPTH_BINS, SampleFigures

_RATE_BINS = 5
_MOST_NEEDED = 12


def list_charts(figures: SampleFigures) -> list[Chart]:
    """All charts; one of pass rates only where some were measured."""
    lengths = [
        (f"{label} tokens", count)
        for label, count in add_up(figures.targets, name_lengths(figures.targets.keys()))
    ]
    depths = [(_decile(n), count) for n, count in enumerate(figures.depths)]
    charts = [
        Chart("Prompt length", make_bars(lengths)),
        Chart("Where the evidence lies in the context", make_bars(depths), "Pieces of evidence."),
        Chart("Documents needed", make_bars(_needed(figures.n_needed))),
        Chart("Question types", make_bars(rank_by_count(figures.question_types))),
        Chart("Tasks", make_bars(rank_by_count(figures.tasks))),
        Chart("Domains", make_bars(rank_by_count(figures.domains))),
        Chart("Makers", make_bars(rank_by_count(figures.makers))),
        Chart("Answers", make_bars(rank_by_count(figures.answer_kinds))),
    ]
    measured = [
        Chart(title, make_bars(_rates(rates)), f"{rates.total():,} of {figures.n_samples:,} samples.")
        for title, rates in (
            ("Difficulty: pass rate of the policy", figures.policy),
            ("Pass rate of the solver in context", figures.solver),
        )
        if rates
    ]
    return charts[:2] + measured + charts[2:]


def _rates(rates: Counter[float]) -> list[tuple[str, int]]:
    """Never and always apart: a sample of either kind teaches nothing."""
    bins = [0] * _RATE_BINS
    never = always = 0
    for rate, count in rates.items():
        if rate <= 0:
            never += count
        elif rate >= 1:
            always += count
        else:
            bins[min(int(rate * _RATE_BINS), _RATE_BINS - 1)] += count
    size = 100 // _RATE_BINS
    between = [(f"{n * size}–{(n + 1) * size}%", count) for n, count in enumerate(bins)]
    return [("never right", never), *between, ("always right", always)]


def _needed(counts: Counter[int]) -> list[tuple[str, int]]:
    lines = [
        ("1 document" if n == 1 else f"{n} documents", counts[n]) for n in sorted(counts) if n < _MOST_NEEDED
    ]
    more = sum(count for n, count in counts.items() if n >= _MOST_NEEDED)
    return [*lines, (f"{_MOST_NEEDED} or more", more)] if more else lines


def _decile(index: int) -> str:
    return f"{100 * index // DEPTH_BINS}–{100 * (index + 1) // DEPTH_BINS}%"
