"""What models answered over all samples: by kind of trial, and by length of context and depth of evidence."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from longweave.synth.records import Sample, TrialKind
from longweave.verify.report.charts import name_lengths, percent

HEAT_COLUMNS = 5
_HEAT_STEPS = 10

KIND_NAMES: Mapping[TrialKind, str] = {
    "closed_book": "without documents",
    "needed_only": "needed documents alone",
    "without_document": "one needed document left out",
    "context": "in context",
    "policy": "policy, as shipped",
}
"""Each kind of trial in words, in the order in which they are shown."""


@dataclass(slots=True)
class Tally:
    """Sums over trials; see ``Trial``."""

    n_trials: int = 0
    n: int = 0
    passes: int = 0
    by_judge: int = 0
    denied: int = 0
    unjudged: int = 0
    score: float = 0.0


@dataclass(slots=True)
class TrialFigures:
    """Sums by (kind, model), and of ``context`` trials by model, length and depth.

    Depth is counted in ``HEAT_COLUMNS`` equal parts; the column after the last is for trials without one.
    """

    by_kind: dict[tuple[TrialKind, str], Tally] = field(default_factory=lambda: defaultdict(Tally))
    cells: dict[tuple[str, int, int], tuple[int, int]] = field(default_factory=dict)

    def add(self, sample: Sample) -> None:
        """Count the trials of ``sample``."""
        for trial in sample.trials:
            tally = self.by_kind[trial.check, trial.model]
            tally.n_trials += 1
            tally.n += trial.n
            tally.passes += trial.passes
            tally.by_judge += trial.by_judge
            tally.denied += trial.denied
            tally.unjudged += trial.unjudged
            tally.score += trial.mean_score * trial.n
            if trial.check == "context":
                cell = (trial.model, trial.target_tokens, _column(trial.depth))
                n, passes = self.cells.get(cell, (0, 0))
                self.cells[cell] = (n + trial.n, passes + trial.passes)


@dataclass(frozen=True, slots=True)
class KindRow:
    """One line of the table of trials; all values as they are printed."""

    kind: str
    model: str
    n: str
    passes: str
    rate: str
    score: str
    by_judge: str
    denied: str
    unjudged: str
    disagree: str


@dataclass(frozen=True, slots=True)
class HeatCell:
    """``rate`` of ``n`` answers; ``step`` 0…10 is its colour. Nothing was asked where ``n`` is 0."""

    n: int
    rate: str
    step: int


@dataclass(frozen=True, slots=True)
class HeatTable:
    """Pass rates of one model: a row per length, a cell per depth, the row's sum last."""

    model: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[HeatCell, ...]], ...]


def list_kinds(figures: TrialFigures) -> list[KindRow]:
    """The table of trials, by kind and model."""
    order = list(KIND_NAMES)
    rows = []
    for (kind, model), tally in sorted(
        figures.by_kind.items(), key=lambda e: (order.index(e[0][0]), e[0][1])
    ):
        rows.append(
            KindRow(
                kind=KIND_NAMES[kind],
                model=model,
                n=f"{tally.n:,}",
                passes=f"{tally.passes:,}",
                rate=percent(tally.passes, tally.n),
                score=f"{tally.score / tally.n:.2f}" if tally.n else "–",
                by_judge=f"{tally.by_judge:,}",
                denied=f"{tally.denied:,}",
                unjudged=f"{tally.unjudged:,}",
                disagree=percent(tally.by_judge + tally.denied, tally.n),
            )
        )
    return rows


def make_heat_tables(figures: TrialFigures) -> list[HeatTable]:
    """A table of pass rates for each model that answered in contexts."""
    return [_heat_of(model, figures) for model in sorted({model for model, _, _ in figures.cells})]


def _heat_of(model: str, figures: TrialFigures) -> HeatTable:
    own = {(length, column): sums for (name, length, column), sums in figures.cells.items() if name == model}
    labels = name_lengths(length for length, _ in own)
    width = HEAT_COLUMNS + any(column == HEAT_COLUMNS for _, column in own)
    rows: dict[str, list[tuple[int, int]]] = {}
    for length, label in labels.items():
        row = rows.setdefault(label, [(0, 0)] * width)
        for column in range(width):
            n, passes = own.get((length, column), (0, 0))
            row[column] = (row[column][0] + n, row[column][1] + passes)
    names = [f"{100 * n // HEAT_COLUMNS}–{100 * (n + 1) // HEAT_COLUMNS}%" for n in range(HEAT_COLUMNS)]
    names += ["no depth"] * (width - HEAT_COLUMNS)
    lines = [*rows.items(), ("all", [_sum_cells(column) for column in zip(*rows.values(), strict=True)])]
    return HeatTable(
        model=model,
        columns=(*names, "all"),
        rows=tuple(
            (label, tuple(_cell(*sums) for sums in (*cells, _sum_cells(cells)))) for label, cells in lines
        ),
    )


def _sum_cells(cells: Sequence[tuple[int, int]]) -> tuple[int, int]:
    return sum(n for n, _ in cells), sum(passes for _, passes in cells)


def _cell(n: int, passes: int) -> HeatCell:
    return HeatCell(n, percent(passes, n), round(_HEAT_STEPS * passes / n) if n else 0)


def _column(depth: float | None) -> int:
    return HEAT_COLUMNS if depth is None else min(int(depth * HEAT_COLUMNS), HEAT_COLUMNS - 1)
