"""Raw responses by the key of the whole request, so that none is paid for twice.

One SQLite file holds the answers of any number of runs, which may use it at the same time from several
processes. The first answer to a request stays; it is durable against the death of the process when ``put``
returns. What each run spent and which answers it used is written in the same transactions. Recorded answers
travel as Parquet files (``answer_files``).
"""

import posixpath
import sqlite3
import threading
from contextlib import closing
from typing import Self

from longweave.synth.llm.answer_files import (
    RECORDED,
    RecordedAnswer,
    fingerprint_file,
    read_answers,
    write_answers,
)
from longweave.synth.llm.spending import Account, Spent
from longweave.synth.llm.store_schema import (
    begin,
    guard_database,
    insert_answers,
    open_database,
    pack,
    unpack,
)
from longweave.synth.llm.store_writer import StoreWriter

_MAPPED_BYTES = (
    1 << 40
)  # as much as SQLite allows, as a rule 2 GiB; unmapped, a read takes half as long again


class AnswerStore:
    """The answers at ``path`` as seen by one run; see ``open``. Any thread may use it."""

    def __init__(self, path: str, run: str) -> None:
        self._path = path
        self._reading = threading.Lock()
        self._reader = open_database(path)
        self._reader.execute(f"PRAGMA mmap_size = {_MAPPED_BYTES}")
        try:
            self._writer = StoreWriter(path, run)
        except BaseException:
            self._reader.close()
            raise

    @classmethod
    def open(cls, path: str, run: str) -> Self:
        """Open the store at ``path``, made where there is none; spending and uses are booked under ``run``.

        Raises:
            RunError: It is not a local path, cannot be written, or is no answer store of this version.
        """
        return cls(path, run)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def get(self, key: bytes) -> bytes | None:
        """The response body stored under the request key ``key``, which counts as used by the run.

        Raises:
            RunError: The store cannot be read.
        """
        self._writer.refuse_if_closed()
        with self._reading, guard_database(self._path):
            found = self._reader.execute("SELECT id, body FROM answers WHERE key = ?", (key,)).fetchone()
        if found is None:
            return None
        self._writer.use(found[0])
        return unpack(found[1], self._path)

    async def put(self, key: bytes, raw: bytes, account: Account, spent: Spent) -> None:
        """Store the response body ``raw`` unless ``key`` has one; returns when it is written.

        ``spent`` is booked even where the answer cannot be written: the request was made.

        Raises:
            RunError: The answer is not written.
        """
        await self._writer.put(key, raw, account, spent)

    async def book(self, account: Account, spent: Spent) -> None:
        """Add to what the run has spent; written with the next answer, within a second, or by ``close``."""
        self._writer.book(account, spent)

    def spent(self) -> dict[Account, Spent]:
        """What the run has spent in all its starts, up to this moment; at once, and after ``close``, too."""
        return self._writer.spent()

    def import_file(self, path: str) -> int:
        """Add the recorded answers of a Parquet file (any fsspec path); returns how many are new.

        Answers that the store has stay. A file that was imported before is known by its footer and not
        read again. Where a row is wrong, the row groups before it are added.

        Raises:
            InputError: It is no file of answers, or a row of it is no answer.
            RunError: The store cannot be written.
        """
        fingerprint = fingerprint_file(path)
        with guard_database(self._path), closing(open_database(self._path)) as connection:
            if connection.execute("SELECT 1 FROM imports WHERE digest = ?", (fingerprint,)).fetchone():
                return 0
            return _import(connection, path, fingerprint)

    def export(self, path: str) -> int:
        """Write the answers that the run used, in all its starts, to a Parquet file; returns how many.

        They are ordered by key: the same answers give the same bytes.

        Raises:
            RunError: It cannot be written.
        """
        self._writer.flush()
        with self._reading, guard_database(self._path):
            ids = self._reader.execute(
                "SELECT id FROM answers WHERE id IN (SELECT answer FROM uses WHERE run = ?) ORDER BY key",
                (self._writer.run_id,),
            ).fetchall()
        return write_answers(path, (self._recorded(answer_id) for (answer_id,) in ids))

    def close(self) -> None:
        """Write what is waiting and close the file; a second call does nothing more.

        Raises:
            RunError: The last of it cannot be written.
        """
        try:
            self._writer.close()
        finally:
            with self._reading:
                self._reader.close()

    def _recorded(self, answer_id: int) -> RecordedAnswer:
        with self._reading, guard_database(self._path):
            key, stage, role, model, body = self._reader.execute(
                "SELECT key, stage, role, model, body FROM answers WHERE id = ?", (answer_id,)
            ).fetchone()
        return RecordedAnswer(key, stage, role, model, unpack(body, self._path))


def _import(connection: sqlite3.Connection, path: str, fingerprint: bytes) -> int:
    origin = f"{RECORDED} in {posixpath.basename(path)}"
    before = connection.total_changes
    for answers in read_answers(path):
        rows = [(*answer[:4], origin, pack(answer.raw)) for answer in answers]
        with begin(connection):
            connection.executemany(insert_answers(1), rows)
    n_new = connection.total_changes - before
    connection.execute("INSERT OR IGNORE INTO imports VALUES (?, ?)", (fingerprint, path))
    return n_new
