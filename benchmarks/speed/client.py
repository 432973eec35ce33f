"""The model client against a bare loop over the same scripted server, and how well it fills servers.

The server runs in a process of its own on loopback: a slot is busy for ``LATENCY`` with each request; prompts
are long and all different. The bare loop is what one would write by hand: ``AsyncOpenAI`` on aiohttp with as
many workers as the server has slots. Ours has everything on: typed answers, the store and its books, prices,
a budget, and the number of slots to find out. Both take turns, so that other work on the machine hits both.
"""

import asyncio
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from openai import AsyncOpenAI, DefaultAioHttpClient
from pydantic import Field

from longweave.synth.llm.client import ModelClient, open_client
from longweave.synth.llm.request import Prompt
from longweave.synth.llm.schema import response_format, schema_of
from longweave.synth.llm.settings import ModelSettings
from longweave.synth.llm.store import AnswerStore
from longweave.synth.llm.typed import ModelAnswer
from tests.model_server import ServerProcess, ServerSettings

LATENCY = 0.2
IN_FLIGHT = 128
ROUNDS = 3
REQUESTS = 1_200
LONG = 36_000
SHORT = 400
_RECORDS_AT_ONCE = 512
_BUSY = 0.9
_SHORT_QUEUE = 0.3
_LATENCIES_LOOKED_AT = 3
_LATENCIES_WATCHED = 60


class Verdict(ModelAnswer):
    """What both ask for."""

    grade: Literal["good", "fair", "poor"]
    score: int = Field(ge=0, le=10)
    reasons: list[str] = Field(max_length=3)


@dataclass(slots=True)
class _Watch:
    """Adds up the time of some blocks: of the wall, and of this process's processor."""

    seconds: float = 0.0
    processor: float = 0.0

    def __enter__(self) -> None:
        self.seconds -= time.perf_counter()
        self.processor -= time.process_time()

    def __exit__(self, *_: object) -> None:
        self.seconds += time.perf_counter()
        self.processor += time.process_time()


def run() -> Iterator[dict[str, object]]:
    """Requests per second and their ratio, how busy servers are kept, how fast their size is found."""
    with ServerProcess(ServerSettings(slots=IN_FLIGHT, latency=LATENCY)) as server, _store() as store:
        yield from asyncio.run(_compare(server.url, store))
    yield _fill(slots=64, latency=1.0, requests=1_500)
    yield _find(slots=8, latency=LATENCY)
    yield _find(slots=64, latency=LATENCY)
    # at 0.2 s this process would be the limit, not the server
    yield _find(slots=256, latency=2.5 * LATENCY)


async def _compare(url: str, store: AnswerStore) -> list[dict[str, object]]:
    """The bare loop and ours in turn, in one process. The first part of ours begins cold, as a run does: it
    has yet to find out how much the server takes, which the bare loop is told. That part is counted apart."""
    bare, cold, ours = _Watch(), _Watch(), _Watch()
    async with (
        AsyncOpenAI(
            base_url=url, api_key="none", max_retries=0, http_client=DefaultAioHttpClient()
        ) as openai,
        open_client(_settings(url), store, print) as client,
    ):
        for part in range(ROUNDS + 1):
            numbers = range(part * REQUESTS, (part + 1) * REQUESTS)
            with ours if part else cold:
                await _ask_ours(client, numbers, LONG)
            if part:
                with bare:
                    await _ask_bare(openai, numbers)
    return [
        _describe("bare openai[aiohttp] loop", bare, ROUNDS),
        _describe("client, all features on", ours, ROUNDS) | {"ratio": round(bare.seconds / ours.seconds, 2)},
        _describe(f"its first {REQUESTS:,} requests, from cold", cold, 1)
        | {"ratio": round(bare.seconds / ROUNDS / cold.seconds, 2)},
    ]


def _describe(what: str, watch: _Watch, rounds: int) -> dict[str, object]:
    cost = 1_000 * watch.processor / (rounds * REQUESTS)
    return _line(what, "requests/s", rounds * REQUESTS / watch.seconds) | {"processor_ms": round(cost, 2)}


def _fill(slots: int, latency: float, requests: int) -> dict[str, object]:
    """How busy the slots are between the first moment when all are and the last request's start."""

    async def ask(url: str, store: AnswerStore) -> None:
        async with open_client(_settings(url), store, print) as client:
            await _ask_ours(client, range(requests), LONG)

    with ServerProcess(ServerSettings(slots=slots, latency=latency)) as server, _store() as store:
        asyncio.run(ask(server.url, store))
        stats = server.stats()
    share = stats.full_busy_mean / slots
    queue = {"mean_queue": round(stats.full_queue_mean, 1)}
    return _line(f"slots kept busy, {slots} x {latency:g} s", "share", share) | queue


def _find(slots: int, latency: float) -> dict[str, object]:
    """How long it takes from cold until the server is as busy as it can be with a short queue, and how it is
    from then on."""
    with ServerProcess(ServerSettings(slots=slots, latency=latency)) as server, _store() as store:
        found = asyncio.run(_watch_server(server, store, slots, latency))
        stats = server.stats()
    later = {
        "busy": round(stats.busy_mean / slots, 2),
        "mean_queue": round(stats.queue_mean, 1),
        "longest_queue": stats.queue_max,
    }
    what = f"{slots} slots x {latency:g} s found from cold"
    return _line(what, "seconds", found) | later if found is not None else _line(what, "found", 0)


async def _watch_server(
    server: ServerProcess, store: AnswerStore, slots: int, latency: float
) -> float | None:
    """Seconds until the first few latencies over which the server was busy and its queue short; None if it
    never was. The server's statistics begin there."""
    requests = range(round(slots * _LATENCIES_WATCHED))
    async with open_client(_settings(server.url), store, print) as client:
        asking = asyncio.create_task(_ask_ours(client, requests, SHORT))
        began = time.perf_counter()
        found: float | None = None
        while found is None and not asking.done():
            since = time.perf_counter() - began
            await asyncio.to_thread(server.reset_stats)
            await asyncio.wait([asking], timeout=_LATENCIES_LOOKED_AT * latency)
            stats = await asyncio.to_thread(server.stats)
            if stats.busy_mean >= _BUSY * slots and stats.queue_mean <= _SHORT_QUEUE * slots:
                found = since
        await asyncio.to_thread(server.reset_stats)
        await asking
    return found


async def _ask_bare(client: AsyncOpenAI, numbers: Sequence[int]) -> None:
    schema = response_format(schema_of(Verdict))

    async def ask(number: int) -> None:
        message = {"role": "user", "content": _prompt(number, LONG).text}
        body: dict[str, Any] = {"messages": [message], "response_format": schema, "seed": number}
        completion = await client.chat.completions.create(model="mock", max_tokens=200, **body)
        Verdict.model_validate_json(completion.choices[0].message.content)

    await _work_off(numbers, ask, IN_FLIGHT)


async def _ask_ours(client: ModelClient, numbers: Sequence[int], size: int) -> None:
    asker = client.for_stage("benchmark")

    async def ask(number: int) -> None:
        await asker.ask("judge", _prompt(number, size), Verdict, seed=number)

    await _work_off(numbers, ask, _RECORDS_AT_ONCE)


async def _work_off(
    numbers: Sequence[int], ask: Callable[[int], Coroutine[Any, Any, None]], workers: int
) -> None:
    waiting = iter(numbers)

    async def work() -> None:
        for number in waiting:
            await ask(number)

    await asyncio.gather(*(work() for _ in range(workers)))


def _settings(url: str) -> ModelSettings:
    return ModelSettings.model_validate(
        {
            "default": {"endpoints": [url], "model": "mock", "max_tokens": 200},
            "prices": {"mock": {"input": 1.0, "cached": 0.1, "output": 4.0}},
            "budget": {"money": 1e6, "tokens": 10**12, "calls": 10**9},
        }
    )


@contextmanager
def _store() -> Iterator[AnswerStore]:
    with (
        tempfile.TemporaryDirectory() as folder,
        AnswerStore.open(str(Path(folder) / "answers.sqlite"), "benchmark") as store,
    ):
        yield store


def _prompt(number: int, size: int) -> Prompt:
    """A prompt of about ``size`` characters that shares no beginning with others."""
    sentence = f"In year {number} the company reported revenue of ${number * 7:,} million. "
    return Prompt(f"Judge document {number}.", (sentence * (size // len(sentence) + 1))[:size])


def _line(what: str, metric: str, value: float) -> dict[str, object]:
    return {"benchmark": "client", "what": what, "metric": metric, "value": round(value, 2)}
