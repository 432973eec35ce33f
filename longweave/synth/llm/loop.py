"""Stages that ask models: their records as coroutines, all on one event loop.

``open_models`` starts the loop in a thread of its own, with the client on it. ``Models.each_record`` makes,
of a coroutine over one record, what a ``Stage`` calls ``work``: records run concurrently, as many as it takes
to keep the servers busy, and their outcomes come in the order of the records. ``Models.execute`` makes
several shards at a time, in threads, so that the end of one overlaps with the beginning of the next; the
servers see one stream of requests, those of the oldest records first.

Model stages stay in one process even where others are spread over many: they wait, they do not compute, and
only one process can keep one budget and find out how much a server takes.
"""

import asyncio
import threading
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from functools import partial
from itertools import count
from typing import TypeVar

from longweave.synth.errors import RunError
from longweave.synth.llm.client import Asker, ModelClient, open_client
from longweave.synth.llm.errors import AnswerError
from longweave.synth.llm.fetch import ORDER
from longweave.synth.llm.settings import ModelSettings
from longweave.synth.llm.store import AnswerStore
from longweave.synth.stage import RECORD_ERRORS, MadeShard, Make, Outcome, Reject

T = TypeVar("T")
Ask = Callable[[Asker, T], Awaitable[Outcome]]
"""What a model stage does with one record."""

SHARDS_AT_ONCE = 16
_RECORDS_AHEAD = 512
_END_SECONDS = 0.5
_STOPPED = "stopped"
_GO_ON = "Run again: what is finished is kept."


@contextmanager
def open_models(
    settings: ModelSettings, store: AnswerStore, warn: Callable[[str], None]
) -> Iterator["Models"]:
    """``Models`` for the block. Arguments are those of ``client.open_client``."""
    opened: Future[Models] = Future()

    async def serve() -> None:
        try:
            async with open_client(settings, store, warn) as client:
                models = Models(client)
                opened.set_result(models)
                await models.closed.wait()
        except BaseException as error:
            if opened.done():
                raise
            opened.set_exception(error)  # or whoever waits for it would wait for ever

    thread = threading.Thread(target=asyncio.run, args=(serve(),), name="models", daemon=True)
    thread.start()
    models = opened.result()
    try:
        yield models
    finally:
        models.close()
        thread.join()


class Models:
    """The client for stages whose shards are made in threads. Made on the loop that it then stands for.

    ``n_taken`` is how many records of each stage have come to an end.
    """

    def __init__(self, client: ModelClient) -> None:
        self.client = client
        self.n_taken: Counter[str] = Counter()
        self.closed = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._orders = count(1)
        self._running: set[asyncio.Task[None]] = set()

    def each_record(
        self, stage: str, ask: Ask[T], identify: Callable[[T], str]
    ) -> Callable[[Iterator[T]], Iterator[Outcome]]:
        """``ask`` over the records of ``stage``; one that has no usable answer is rejected with the reason of
        its ``AnswerError``, one that makes it fail otherwise with the reason ``error``."""
        return partial(self._outcomes, self.client.for_stage(stage), ask, identify)

    def execute(self, make: Make, keys: Sequence[str]) -> Iterator[MadeShard]:
        """Make the shards in threads; an ``Execute``. After a failed one nothing more is sent."""
        waiting = iter(keys)
        running: set[Future[MadeShard]] = set()
        with ThreadPoolExecutor(SHARDS_AT_ONCE, "shard") as threads:
            try:
                while True:
                    while len(running) < SHARDS_AT_ONCE and (key := next(waiting, None)) is not None:
                        running.add(threads.submit(make, key))
                    if not running:
                        return
                    done, running = wait(running, return_when=FIRST_COMPLETED)
                    for future in done:
                        yield future.result()
            except BaseException:
                self.stop()
                raise

    def stop(self) -> None:
        """Send nothing more; what is in flight gets a little time to be answered and stored."""
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result()

    def close(self) -> None:
        """Stop, and end the loop."""
        self.stop()
        self._loop.call_soon_threadsafe(self.closed.set)

    def _outcomes(
        self, asker: Asker, ask: Ask[T], identify: Callable[[T], str], records: Iterator[T]
    ) -> Iterator[Outcome]:
        ahead: deque[Future[Outcome]] = deque()
        for record in records:
            outcome: Future[Outcome] = Future()
            admitted = self._admit(asker, ask, identify, record, outcome)
            asyncio.run_coroutine_threadsafe(admitted, self._loop).result()
            ahead.append(outcome)
            while ahead and (ahead[0].done() or len(ahead) >= _RECORDS_AHEAD):
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()

    async def _admit(
        self,
        asker: Asker,
        ask: Ask[T],
        identify: Callable[[T], str],
        record: T,
        outcome: Future[Outcome],
    ) -> None:
        """Begin with ``record`` as soon as the servers can do with more requests."""
        await self.client.fetcher.line.wait_until_short()
        task = asyncio.create_task(self._take(asker, ask, identify, record, outcome))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _take(
        self,
        asker: Asker,
        ask: Ask[T],
        identify: Callable[[T], str],
        record: T,
        outcome: Future[Outcome],
    ) -> None:
        ORDER.set(next(self._orders))
        try:
            outcome.set_result(await ask(asker, record))
        except AnswerError as error:
            outcome.set_result(Reject(identify(record), error.reason, str(error)))
        except RECORD_ERRORS as error:
            outcome.set_result(Reject(identify(record), "error", f"{type(error).__name__}: {error}"))
        except asyncio.CancelledError:
            outcome.set_exception(RunError(_STOPPED, fix=_GO_ON))
            raise
        except Exception as error:
            # whatever it is, the thread that waits must hear of it, and no further request be paid for
            self.client.fetcher.line.stop(error)
            outcome.set_exception(error)
        self.n_taken[asker.stage] += 1

    async def _stop(self) -> None:
        await self.client.fetcher.stop()
        running = list(self._running)
        if running:
            await asyncio.wait(running, timeout=_END_SECONDS)  # with the answers that have just come
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
