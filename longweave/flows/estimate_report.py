"""An estimate for people: a table of what a run will use, and a few sentences."""

import math
from collections import Counter
from collections.abc import Callable, Iterator

from rich.table import Table
from rich.text import Text

from longweave.flows.estimate import Estimate
from longweave.flows.progress import describe_money, describe_seconds, shorten
from longweave.synth.llm.forecast import Likely, sum_likely
from longweave.synth.llm.settings import Budget
from longweave.synth.llm.spending import sum_spent


def forecast_table(estimate: Estimate) -> Table:
    """A line for each stage, role and model; the time stands once for a stage."""
    table = Table(title="What the run uses, stored answers included", title_justify="left")
    for name in ("stage", "role", "model"):
        table.add_column(name)
    for name in ("records", "calls", "prompt", "cached", "completion", "money", "time"):
        table.add_column(name, justify="right")
    seconds = predict_seconds(estimate)
    for line in estimate.forecasts:
        stage_seconds = seconds.pop(line.account.stage, None)
        table.add_row(
            *map(Text, line.account),
            f"{line.records:,}",
            *(show_likely(each) for each in (line.calls, line.prompt, line.cached, line.completion)),
            show_likely(line.money, describe_money) if line.money is not None else "",
            describe_seconds(stage_seconds) if stage_seconds is not None else "",
        )
    return table


def describe_estimate(estimate: Estimate, budget: Budget) -> Iterator[str]:
    """What the pilot used, what the run will still have to pay for, and whether ``budget`` is enough."""
    if not estimate.forecasts:
        yield "No step of these settings asks a model."
        return
    money = f", {describe_money(estimate.money)} spent" if estimate.money is not None else ""
    yield (
        f"Pilot: {estimate.piloted:,} of {estimate.documents:,} documents in "
        f"{describe_seconds(estimate.seconds)}, {estimate.spent.requests:,} calls, "
        f"{shorten(estimate.spent.tokens)} tokens{money}."
    )
    if estimate.store:
        yield f"Its answers are kept in {estimate.store}: the run does not pay for them again."
    seconds = predict_seconds(estimate)
    if seconds:
        yield (
            f"Time for models: {describe_seconds(sum(seconds.values()))} at the pace of the pilot; with more "
            "requests in flight a run may be faster."
        )
    yield from compare_budget(estimate, budget)


def compare_budget(estimate: Estimate, budget: Budget) -> Iterator[str]:
    """What the run will pay for, against each limit of ``budget``."""
    lines = estimate.forecasts
    stored = sum_spent(line.stored for line in lines) if estimate.store else sum_spent(())
    calls = sum_likely([line.calls for line in lines]) - stored.requests
    tokens = sum_likely([line.tokens for line in lines]) - stored.tokens
    money = [line.money for line in lines if line.money is not None]
    yield f"To be paid for: {show_likely(calls)} calls, {show_likely(tokens)} tokens."
    yield from _compare("calls", calls, budget.calls, _whole)
    yield from _compare("tokens", tokens, budget.tokens, _whole)
    if len(money) == len(lines):
        stored_money = sum(line.stored_money for line in lines) if estimate.store else 0.0
        to_pay = sum_likely(money) - stored_money
        yield f"In money: {show_likely(to_pay, describe_money)}."
        yield from _compare("money", to_pay, budget.money, _rounded_up)


def predict_seconds(estimate: Estimate) -> dict[str, float]:
    """Seconds of each stage at the pace of the pilot; stages that sent nothing are not there."""
    calls: Counter[str] = Counter()
    for line in estimate.forecasts:
        calls[line.account.stage] += round(line.calls.value)
    return {stage: calls[stage] / pace for stage, pace in estimate.paces.items() if stage in calls}


def show_likely(likely: Likely, show: Callable[[float], str] = shorten) -> str:
    """Such as ``3.1 M ± 0.2 M``."""
    return f"{show(likely.value)} ± {show(likely.margin)}" if likely.margin else show(likely.value)


def _compare(name: str, likely: Likely, limit: float | None, show: Callable[[float], str]) -> Iterator[str]:
    if limit is None:
        return
    least, most = likely.value - likely.margin, likely.value + likely.margin
    set_to = f"models.budget.{name} = {limit:,.10g}"
    if most <= limit:
        yield f"{set_to} is enough."
    else:
        yield f"{set_to} {'may not be' if least <= limit else 'is not'} enough: raise it to {show(most)}."


def _whole(number: float) -> str:
    return f"{math.ceil(number):,}"


def _rounded_up(money: float) -> str:
    digits = 2 - math.floor(math.log10(money)) if money > 0 else 0
    return f"{math.ceil(money * 10**digits) / 10**digits:,.10g}"
