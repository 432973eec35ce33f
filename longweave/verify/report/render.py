"""The page: figures and cards into ``report.html.jinja``, with ``report.css`` and ``report.js`` inside it.

The content policy allows exactly this style and this script, by hash, and nothing from anywhere else.
"""

import hashlib
from base64 import b64encode
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from longweave.synth.records import Sample
from longweave.verify.report.gather import (
    DEPTH_BINS,
    RejectedRow,
    RejectFigures,
    SampleFigures,
    StageBooks,
    gather_rejects,
    gather_samples,
)
from longweave.verify.report.sample_card import shorten

_DETAIL, _VALUE = 300, 60
_SHORT_NUMBERS = ((1_000_000_000, "G"), (1_000_000, "M"), (10_000, "K"))


@dataclass(frozen=True, slots=True)
class Bar:
    """One value of a distribution; ``width`` is in percent of the largest."""

    label: str
    count: int
    width: float


@dataclass(frozen=True, slots=True)
class Chart:
    """A distribution with its title."""

    title: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class StageRow:
    """One stage of the funnel; widths in percent of the records that came into it."""

    stage: str
    n_in: int
    n_kept: int
    n_dropped: int
    kept_width: float
    reasons: tuple[tuple[str, int], ...]


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
) -> str:
    """The whole page. The same run gives the same page: no clock, no random choice.

    Args:
        name: The run's name.
        stages: The funnel in the order of the stages.
        samples: The verified samples, read once.
        rejects: What the stages dropped, read once.
        split_rows: Rows written per split.
    """
    figures, dropped = gather_samples(samples), gather_rejects(rejects)
    return (
        _environment()
        .get_template("report.html.jinja")
        .render(
            name=name,
            css=_asset("report.css"),
            css_hash=_hash("report.css"),
            js=_asset("report.js"),
            js_hash=_hash("report.js"),
            headline=_headline(figures, split_rows),
            stages=[_stage_row(books) for books in stages],
            charts=_charts(figures),
            depths=_bars([(_decile(n), count) for n, count in enumerate(figures.depths)]),
            cards=figures.cards,
            figures=figures,
            reasons=_reason_rows(dropped, stages),
        )
    )


def _headline(figures: SampleFigures, split_rows: Mapping[str, int]) -> list[tuple[str, str]]:
    share = 100 * figures.n_multi_document / figures.n_samples if figures.n_samples else 0
    return [
        ("verified samples", f"{figures.n_samples:,}"),
        *((f"rows in {split}", f"{count:,}") for split, count in split_rows.items()),
        ("question kinds", f"{len(figures.question_types):,}"),
        ("context lengths", f"{len(figures.targets):,}"),
        ("need two or more documents", f"{share:.0f}%"),
        ("documents with evidence", f"{len(figures.needed):,}"),
        ("documents shown", f"{len(figures.shown):,}"),
        ("prompt tokens", shorten_number(figures.n_tokens)),
    ]


def shorten_number(number: int) -> str:
    """``number`` with a K, M or G from 10,000 on."""
    for size, letter in _SHORT_NUMBERS:
        if number >= size:
            scaled = number / (1_000 if letter == "K" else size)
            return f"{scaled:,.0f} {letter}" if scaled >= 100 else f"{scaled:,.1f} {letter}"
    return f"{number:,}"


def _stage_row(books: StageBooks) -> StageRow:
    reasons = sorted(books.dropped.items(), key=lambda item: (-item[1], item[0]))
    return StageRow(
        stage=books.stage,
        n_in=books.n_in,
        n_kept=books.n_kept,
        n_dropped=sum(books.dropped.values()),
        kept_width=round(100 * books.n_kept / books.n_in, 2) if books.n_in else 0,
        reasons=tuple((reason, count) for reason, count in reasons if count),
    )


def _charts(figures: SampleFigures) -> list[Chart]:
    lengths = [(f"{target:,} tokens", figures.targets[target]) for target in sorted(figures.targets)]
    needed = [(_documents(n), figures.n_needed[n]) for n in sorted(figures.n_needed)]
    return [
        Chart("Question kinds", _bars(_by_count(figures.question_types))),
        Chart("Context lengths", _bars(lengths)),
        Chart("Documents needed", _bars(needed)),
        Chart("Domains", _bars(_by_count(figures.domains))),
        Chart("Answers", _bars(_by_count(figures.answer_kinds))),
    ]


def _reason_rows(dropped: RejectFigures, stages: Sequence[StageBooks]) -> list[ReasonRow]:
    """By stage in the order of the funnel, then by count."""
    order = {books.stage: n for n, books in enumerate(stages)}
    keys = sorted(
        dropped.counts, key=lambda key: (order.get(key[0], len(order)), key[0], -dropped.counts[key], key[1])
    )
    return [
        ReasonRow(
            stage=stage,
            reason=reason,
            count=dropped.counts[stage, reason],
            examples=tuple(
                (shorten(row.record_id, _VALUE), shorten(row.detail, _DETAIL))
                for row in dropped.examples[stage, reason]
            ),
        )
        for stage, reason in keys
    ]


def _bars(counts: Sequence[tuple[str, int]]) -> tuple[Bar, ...]:
    most = max((count for _, count in counts), default=0) or 1
    return tuple(Bar(shorten(label, _VALUE), count, round(100 * count / most, 1)) for label, count in counts)


def _by_count(counts: Counter[str]) -> list[tuple[str, int]]:
    return sorted(((label.replace("_", " "), n) for label, n in counts.items()), key=lambda c: (-c[1], c[0]))


def _documents(count: int) -> str:
    return "1 document" if count == 1 else f"{count} documents"


def _decile(index: int) -> str:
    return f"{100 * index // DEPTH_BINS}–{100 * (index + 1) // DEPTH_BINS}%"


@cache
def _asset(name: str) -> str:
    return (files(__package__) / name).read_text(encoding="utf-8")


@cache
def _hash(name: str) -> str:
    """The asset's hash as a content policy names it."""
    return "sha256-" + b64encode(hashlib.sha256(_asset(name).encode()).digest()).decode()


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
    environment.filters["spaced"] = lambda text: text.replace("_", " ")
    return environment
