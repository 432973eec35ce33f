"""The funnel as it is drawn: stages in groups that count the same thing, each group on one scale."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from longweave.verify.report.charts import percent
from longweave.verify.report.inputs import StageBooks


@dataclass(frozen=True, slots=True)
class StageRow:
    """One stage; ``in_width`` and ``kept_width`` are in percent of what came into the group."""

    stage: str
    n_in: int
    n_kept: int
    n_dropped: int
    share: str
    in_width: float
    kept_width: float
    reasons: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class StageGroup:
    """Stages that count the same ``unit``, in their order."""

    unit: str
    rows: tuple[StageRow, ...]


def group_stages(stages: Sequence[StageBooks]) -> list[StageGroup]:
    """The funnel, a group for each run of stages with the same unit."""
    groups = []
    for unit, run in groupby(stages, key=lambda books: books.unit):
        books = list(run)
        most = max(entry.n_in for entry in books) or 1
        groups.append(StageGroup(unit, tuple(_row(entry, most) for entry in books)))
    return groups


def _row(books: StageBooks, most: int) -> StageRow:
    reasons = sorted(books.dropped.items(), key=lambda item: (-item[1], item[0]))
    return StageRow(
        stage=books.stage,
        n_in=books.n_in,
        n_kept=books.n_kept,
        n_dropped=sum(books.dropped.values()),
        share=percent(books.n_kept, books.n_in),
        in_width=round(100 * books.n_in / most, 2),
        kept_width=round(100 * books.n_kept / most, 2),
        reasons=tuple((reason, count) for reason, count in reasons if count),
    )
