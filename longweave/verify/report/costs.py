"""What model calls have cost, as a table."""

from collections.abc import Sequence
from dataclasses import dataclass

from longweave.verify.report.charts import percent, shorten, shorten_number
from longweave.verify.report.inputs import SpendingLine

_NAME, _MOST_LINES = 60, 60


@dataclass(frozen=True, slots=True)
class CostRow:
    """One line as it is printed."""

    stage: str
    role: str
    model: str
    requests: str
    hits: str
    prompt: str
    cached: str
    completion: str
    money: str


def list_costs(spending: Sequence[SpendingLine]) -> tuple[list[CostRow], CostRow | None]:
    """A row per line, in the given order, and their sum; no sum where there is no line."""
    if not spending:
        return [], None
    priced = [line.money for line in spending if line.money is not None]
    total = SpendingLine(
        stage="all",
        role="",
        model="",
        requests=sum(line.requests for line in spending),
        hits=sum(line.hits for line in spending),
        prompt=sum(line.prompt for line in spending),
        cached=sum(line.cached for line in spending),
        completion=sum(line.completion for line in spending),
        money=sum(priced) if priced else None,
    )
    return [_row(line) for line in spending[:_MOST_LINES]], _row(total)


def _row(line: SpendingLine) -> CostRow:
    return CostRow(
        stage=shorten(line.stage, _NAME),
        role=shorten(line.role, _NAME),
        model=shorten(line.model, _NAME),
        requests=f"{line.requests:,}",
        hits=f"{line.hits:,}",
        prompt=shorten_number(line.prompt),
        cached=percent(line.cached, line.prompt),
        completion=shorten_number(line.completion),
        money="–" if line.money is None else f"{line.money:,.2f}",
    )
