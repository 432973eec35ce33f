"""Shards made in several processes of this machine.

Workers are started fresh (no state of the parent is inherited), so a shard made in one has the bytes it would
have had here. A worker whose parent is gone, killed perhaps, ends by itself and writes no more.
"""

import os
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context

from longweave.synth.errors import RunError
from longweave.synth.stage import Execute, MadeShard, Make, run_in_turn

_WATCH_SECONDS = 0.2
_AHEAD = 2
_IF_ONE_DIES = "Often memory ran out: use fewer of them and run again; what is finished is kept."


def count_cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def open_processes(n_workers: int, if_one_dies: str = _IF_ONE_DIES) -> Iterator[Execute]:
    """An ``Execute`` over ``n_workers`` processes, which end with the block; over none but this for 1.

    ``if_one_dies`` is what the ``RunError`` about a killed process tells the user to do.
    """
    if n_workers == 1:
        yield run_in_turn
        return
    context = get_context("spawn")
    pool = ProcessPoolExecutor(n_workers, context, initializer=_begin_worker, initargs=(os.getpid(),))

    def execute(make: Make, keys: Sequence[str]) -> Iterator[MadeShard]:
        return _run_in_pool(pool, n_workers, if_one_dies, make, keys)

    try:
        yield execute
    finally:
        pool.shutdown(cancel_futures=True)


def _run_in_pool(
    pool: ProcessPoolExecutor, n_workers: int, if_one_dies: str, make: Make, keys: Sequence[str]
) -> Iterator[MadeShard]:
    """Shards as they are made; after a failed one no further shard is begun."""
    waiting = iter(keys)
    running: set[Future[MadeShard]] = set()
    try:
        while True:
            while len(running) < n_workers * _AHEAD and (key := next(waiting, None)) is not None:
                with _holding_interrupts():
                    running.add(pool.submit(make, key))
            if not running:
                return
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                yield future.result()
    except BrokenProcessPool as error:
        raise RunError("a worker process was killed", fix=if_one_dies) from error
    finally:
        for future in running:
            future.cancel()


@contextmanager
def _holding_interrupts() -> Iterator[None]:
    """Ctrl-C comes after the block, whichever thread it reaches. A worker that is started in it never gets
    it, not even ahead of its first line, where Python would print a traceback."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    held: list[int] = []
    here = threading.current_thread() is threading.main_thread()
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # a new process inherits it
    handler = signal.signal(signal.SIGINT, lambda number, _: held.append(number)) if here else None
    try:
        yield
    finally:
        if here:
            signal.signal(signal.SIGINT, handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        if held:
            signal.raise_signal(signal.SIGINT)


def _begin_worker(parent: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_WATCH_SECONDS)
    os._exit(1)
