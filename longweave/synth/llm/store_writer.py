"""Writes answers and spending in the background: whatever is waiting goes into one transaction.

Callers of any thread hand in what is to be written; one thread commits it. An answer's future is done when
its transaction is, so that it survives the death of the process from then on. Spending and uses wait for the
next answer, or ``LAZY_SECONDS``, whichever is first.
"""

import asyncio
import concurrent.futures
import json
import threading
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import astuple, dataclass, field, fields
from itertools import chain

from longweave.synth.errors import RunError
from longweave.synth.llm.spending import Account, Spent
from longweave.synth.llm.store_schema import begin, guard_database, insert_answers, open_database, pack

LAZY_SECONDS = 1.0

_Done = asyncio.Future[None]
_Flushed = concurrent.futures.Future[None]

_ROWS_AT_ONCE = 64
_SUMS = [column.name for column in fields(Spent)]
_ADD_SPENT = (
    f"INSERT INTO ledger (run, stage, role, model, {', '.join(_SUMS)})"
    f" VALUES ({', '.join('?' * (4 + len(_SUMS)))}) ON CONFLICT (run, stage, role, model) DO UPDATE SET "
    + ", ".join(f"{name} = {name} + excluded.{name}" for name in _SUMS)
)
_READ_SPENT = f"SELECT stage, role, model, {', '.join(_SUMS)} FROM ledger WHERE run = ?"


@dataclass(frozen=True, slots=True)
class _NewAnswer:
    key: bytes
    raw: bytes
    account: Account
    done: _Done


@dataclass(slots=True)
class _Batch:
    """What one transaction writes."""

    answers: list[_NewAnswer] = field(default_factory=list)
    uses: set[int] = field(default_factory=set)
    spent: defaultdict[Account, Spent] = field(default_factory=lambda: defaultdict(Spent))
    flushes: list[_Flushed] = field(default_factory=list)

    @property
    def is_urgent(self) -> bool:
        return bool(self.answers or self.flushes)

    def __bool__(self) -> bool:
        return bool(self.answers or self.flushes or self.uses or self.spent)

    def finish(self, failure: RunError | None) -> None:
        """Tell those who wait, each event loop once."""
        loops: defaultdict[asyncio.AbstractEventLoop, list[_Done]] = defaultdict(list)
        for new in self.answers:
            loops[new.done.get_loop()].append(new.done)
        for loop, own in loops.items():
            with suppress(RuntimeError):  # the loop was closed: nobody waits any more
                loop.call_soon_threadsafe(_settle, own, failure)
        _settle(self.flushes, failure)


class StoreWriter:
    """The one writer of this process to the store at ``path``, for the run named ``run``."""

    def __init__(self, path: str, run: str) -> None:
        self._path = path
        self._connection = open_database(path)
        with guard_database(path), begin(self._connection):
            self._connection.execute("INSERT OR IGNORE INTO runs (name) VALUES (?)", (run,))
            found = self._connection.execute("SELECT id FROM runs WHERE name = ?", (run,)).fetchone()
            self.run_id: int = found[0]
            self._committed = self._read_ledger()
        self._changed = threading.Condition()
        self._waiting = _Batch()
        self._writing = _Batch()
        self._is_closing = False
        self._failure: RunError | None = None
        self._thread = threading.Thread(target=self._work, name="answer store", daemon=True)
        self._thread.start()

    def put(self, key: bytes, raw: bytes, account: Account, spent: Spent) -> _Done:
        """Write an answer; the future belongs to the running event loop."""
        done: _Done = asyncio.get_running_loop().create_future()
        with self._changed:
            self.refuse_if_closed()
            self._waiting.answers.append(_NewAnswer(key, raw, account, done))
            self._waiting.spent[account] += spent
            self._changed.notify()
        return done

    def book(self, account: Account, spent: Spent) -> None:
        """Write spending, soon."""
        with self._changed:
            self.refuse_if_closed()
            self._waiting.spent[account] += spent

    def use(self, answer_id: int) -> None:
        """Write, soon, that the run used an answer."""
        with self._changed:
            self.refuse_if_closed()
            self._waiting.uses.add(answer_id)

    def flush(self) -> None:
        """Wait until everything handed in so far is written.

        Raises:
            RunError: It cannot be.
        """
        done: _Flushed = concurrent.futures.Future()
        with self._changed:
            self.refuse_if_closed()
            self._waiting.flushes.append(done)
            self._changed.notify()
        done.result()

    def spent(self) -> dict[Account, Spent]:
        """What the run has spent, in all its starts, up to this moment."""
        with self._changed:
            sums = defaultdict(Spent, self._committed)
            for batch in (self._writing, self._waiting):
                _add(sums, batch.spent)
        return dict(sums)

    def refuse_if_closed(self) -> None:
        """Raise a ``RunError`` when ``close`` was called."""
        if self._is_closing:
            raise RunError("the answer store is closed", where=self._path)

    def close(self) -> None:
        """Write what is waiting and end.

        Raises:
            RunError: The last of it cannot be written.
        """
        with self._changed:
            self._is_closing = True
            self._changed.notify()
        self._thread.join()
        if self._failure:
            raise self._failure

    def _work(self) -> None:
        try:
            while not (self._is_closing and not self._waiting):
                self._next_batch()
                if self._writing:
                    self._write_batch()
        finally:
            with self._changed:
                self._is_closing = True
                for batch in filter(None, (self._writing, self._waiting)):  # an error that nobody foresaw
                    self._failure = RunError("the answer store's writer has ended", where=self._path)
                    batch.finish(self._failure)
            self._connection.close()

    def _next_batch(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting.is_urgent or self._is_closing, LAZY_SECONDS)
            self._writing, self._waiting = self._waiting, _Batch()

    def _write_batch(self) -> None:
        batch = self._writing
        failure: RunError | None = None
        try:
            with guard_database(self._path), begin(self._connection):
                self._write(batch)
                committed = self._read_ledger()
        except RunError as error:
            failure = error
        with self._changed:
            self._writing = _Batch()
            self._failure = failure
            if failure is None:
                self._committed = committed
            elif not self._is_closing:
                # the requests were made, whatever becomes of their answers: another commit may tell
                _add(self._waiting.spent, batch.spent)
                self._waiting.uses |= batch.uses
        batch.finish(failure)

    def _write(self, batch: _Batch) -> None:
        write = self._connection
        # Each call of SQLite gives the interpreter's lock away and may have to wait 5 ms to have it back when
        # other threads are busy: so few calls, with many rows each.
        for at in range(0, len(batch.answers), _ROWS_AT_ONCE):
            some = batch.answers[at : at + _ROWS_AT_ONCE]
            rows = [(new.key, *new.account, "", pack(new.raw)) for new in some]
            write.execute(insert_answers(len(rows)), list(chain.from_iterable(rows)))
            write.execute(_insert_uses(len(rows)), [self.run_id, *(new.key for new in some)])
        write.execute(
            "INSERT OR IGNORE INTO uses SELECT ?, value FROM json_each(?)",
            (self.run_id, json.dumps(sorted(batch.uses))),
        )
        write.executemany(
            _ADD_SPENT, [(self.run_id, *account, *astuple(spent)) for account, spent in batch.spent.items()]
        )

    def _read_ledger(self) -> dict[Account, Spent]:
        rows = self._connection.execute(_READ_SPENT, (self.run_id,))
        return {Account(*row[:3]): Spent(*row[3:]) for row in rows}


def _add(sums: defaultdict[Account, Spent], more: Mapping[Account, Spent]) -> None:
    for account, spent in more.items():
        sums[account] += spent


def _settle(futures: Sequence[_Done | _Flushed], failure: RunError | None) -> None:
    for future in futures:
        if future.done():  # cancelled meanwhile
            continue
        if failure:
            future.set_exception(failure)
        else:
            future.set_result(None)


def _insert_uses(n_rows: int) -> str:
    keys = ", ".join("?" * n_rows)
    return f"INSERT OR IGNORE INTO uses SELECT ?, id FROM answers WHERE key IN ({keys})"
