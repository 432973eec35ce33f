"""The page: figures and cards into ``report.html.jinja``, with styles and script inside it.

The content policy allows exactly this style and this script, by hash, and nothing from anywhere else.
"""

import hashlib
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from longweave.synth.records import Sample
from longweave.verify.report.charts import percent, shorten, shorten_number, spaced
from longweave.verify.report.costs import list_costs
from longweave.verify.report.distributions import list_charts
from longweave.verify.report.evolution import list_evolution
from longweave.verify.report.funnel_rows import group_stages
from longweave.verify.report.gates import list_gates
from longweave.verify.report.gather import (
    RejectFigures,
    SampleFigures,
    gather_dropped,
    gather_rejects,
    gather_samples,
)
from longweave.verify.report.inputs import (
    DroppedSample,
    RejectedRow,
    RoundLine,
    SpendingLine,
    StageBooks,
)
from longweave.verify.report.trials import TrialFigures, list_kinds, make_heat_tables
from longweave.verify.report.unchecked import list_unchecked

_DETAIL, _VALUE, _SENTENCE = 300, 60, 400
_MOST_REASONS, _MOST_SENTENCES = 100, 100


@dataclass(frozen=True, slots=True)
class ReasonRow:
    """A reason for which records were dropped, with examples."""

    stage: str
    reason: str
    count: int
    examples: tuple[tuple[str, str], ...]


def build_report(
    name: str,
    stages: Sequence[StageBooks],
    samples: Iterable[Sample],
    rejects: Iterable[RejectedRow],
    split_rows: Mapping[str, int],
    *,
    dropped: Iterable[DroppedSample] = (),
    rounds: Iterable[RoundLine] = (),
    spending: Sequence[SpendingLine] = (),
    shortfalls: Sequence[str] = (),
) -> str:
    """The whole page. The same run gives the same page: no clock, no random choice.

    Args:
        name: The run's name.
        stages: The funnel, in its order.
        samples: The samples that were kept, with their checks and trials; read once.
        rejects: What the stages dropped; read once, after ``samples``.
        split_rows: Rows written per split.
        dropped: The samples that gates dropped, with the trials they had; read once, after ``samples``.
        rounds: The questions that a loop has proposed in rounds; read once.
        spending: What steps have asked of models.
        shortfalls: What the selection could not meet, a sentence each.
    """
    trials = TrialFigures()
    figures = gather_samples(samples, trials)
    dropped_figures = gather_dropped(dropped, trials)
    costs, total_cost = list_costs(spending)
    return (
        _environment()
        .get_template("report.html.jinja")
        .render(
            name=name,
            css=_style(),
            css_hash=_hash(_style()),
            js=_script(),
            js_hash=_hash(_script()),
            headline=_headline(figures, split_rows),
            groups=group_stages(stages),
            charts=list_charts(figures),
            evolution=list_evolution(rounds),
            heat_tables=make_heat_tables(trials),
            kinds=list_kinds(trials),
            n_unseen=dropped_figures.n_unseen,
            costs=costs,
            total_cost=total_cost,
            unchecked=list_unchecked(figures, trials, spending),
            shortfalls=[shorten(sentence, _SENTENCE) for sentence in shortfalls[:_MOST_SENTENCES]],
            shortfalls_left_out=max(0, len(shortfalls) - _MOST_SENTENCES),
            gates=list_gates(stages, figures, dropped_figures),
            cards=figures.cards,
            figures=figures,
            reasons=_reason_rows(gather_rejects(rejects), stages),
        )
    )


def _headline(figures: SampleFigures, split_rows: Mapping[str, int]) -> list[tuple[str, str]]:
    share = percent(figures.n_multi_document, figures.n_samples)
    return [
        ("samples kept", f"{figures.n_samples:,}"),
        *((f"rows in {split}", f"{count:,}") for split, count in split_rows.items()),
        ("question types", f"{len(figures.question_types):,}"),
        ("context lengths", f"{len(figures.targets):,}"),
        ("need two or more documents", share),
        ("documents with evidence", f"{len(figures.needed):,}"),
        ("documents shown", f"{len(figures.shown):,}"),
        ("prompt tokens", shorten_number(figures.n_tokens)),
    ]


def _reason_rows(dropped: RejectFigures, stages: Sequence[StageBooks]) -> list[ReasonRow]:
    """By stage in the order of the funnel, then by count."""
    order = {books.stage: n for n, books in enumerate(stages)}
    keys = sorted(
        dropped.counts, key=lambda key: (order.get(key[0], len(order)), key[0], -dropped.counts[key], key[1])
    )
    return [
        ReasonRow(
            stage=shorten(stage, _VALUE),
            reason=shorten(reason, _VALUE),
            count=dropped.counts[stage, reason],
            examples=tuple(
                (shorten(row.record_id, _VALUE), shorten(row.detail, _DETAIL))
                for row in dropped.examples[stage, reason]
            ),
        )
        for stage, reason in keys[:_MOST_REASONS]
    ]


@cache
def _style() -> str:
    parts = (files("longweave.verify") / "palette.css", files(__package__) / "report.css")
    return "".join(part.read_text(encoding="utf-8") for part in parts)


@cache
def _script() -> str:
    return (files(__package__) / "report.js").read_text(encoding="utf-8")


def _hash(asset: str) -> str:
    """The hash of ``asset`` as a content policy names it."""
    return "sha256-" + b64encode(hashlib.sha256(asset.encode()).digest()).decode()


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("longweave.verify.report", "."),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["thousands"] = lambda number: f"{number:,}"
    environment.filters["spaced"] = spaced
    return environment
