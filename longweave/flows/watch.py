"""A stage that asks models, watched while it runs."""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from longweave.synth.llm.loop import Models
from longweave.synth.llm.meter import Gauge
from longweave.synth.llm.settings import Price
from longweave.synth.llm.spending import Account, Spent, cost_of_all, subtract
from longweave.synth.stage import Progress

_SECONDS = 0.5


@contextmanager
def watch_stage(stage: str, models: Models, n_done: int, n_total: int, progress: Progress) -> Iterator[None]:
    """Tell ``progress`` about twice a second how ``stage`` goes while the block runs, and once at its end.

    Args:
        stage: Its name.
        models: Who is asked.
        n_done: Records that were done before.
        n_total: All records, those included.
        progress: Is told.
    """
    prices = models.client.settings.prices
    began, gauge, ended = _spent_on(stage, models), Gauge(), threading.Event()

    def tell() -> None:
        spent = subtract(_spent_on(stage, models), began)
        line = models.client.fetcher.line
        meter = gauge.read(
            time.monotonic(),
            done=n_done + models.n_taken[stage],
            total=n_total,
            spent=sum(spent.values(), Spent()),
            money=_cost_of(spent, prices),
            in_flight=line.in_flight,
            limit=line.limit,
            waiting=line.n_waiting,
        )
        progress.models(stage, meter)

    def watch() -> None:
        while not ended.wait(_SECONDS):
            tell()

    watcher = threading.Thread(target=watch, name="watch", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()
        tell()


def _spent_on(stage: str, models: Models) -> dict[Account, Spent]:
    spent = models.client.store.spent()
    return {account: used for account, used in spent.items() if account.stage == stage}


def _cost_of(spent: Mapping[Account, Spent], prices: Mapping[str, Price]) -> float | None:
    """None where a price is not known."""
    if not prices or any(account.model not in prices for account in spent):
        return None
    return cost_of_all(spent, prices)
