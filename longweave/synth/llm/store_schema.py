"""The database of an answer store: one SQLite file that many processes read and write at the same time.

``open_database`` gives a connection to a file that is surely an answer store of this version, and makes the
file where there is none. Whatever SQLite says went wrong leaves ``guard_database`` as a ``RunError`` of one
line. The write-ahead log lets readers and the one writer of a moment work side by side; what is committed
survives the death of the process (``synchronous=NORMAL``: a power cut can take the last commits, never the
file).
"""

import os
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from fsspec.utils import get_protocol

from longweave.synth.errors import RunError
from longweave.synth.files import guard_writes, local_path, make_folder

SCHEMA_VERSION = 1
BUSY_SECONDS = 60.0
"""How long to wait for another process's transaction; they take well under a second."""

_APPLICATION_ID = 0x4C574153
_PAGE_BYTES = 8192
_LOG_PAGES = 4000
_COMPRESSION = 1  # higher levels save 3 % of the space for a quarter more time

# Answers are found by a random key but stored in the order they came: with the key as the table's own order
# (WITHOUT ROWID) every answer rewrites a page somewhere else, which is four times slower and twice as large.
_TABLES = (
    "CREATE TABLE answers (id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, stage TEXT NOT NULL,"
    " role TEXT NOT NULL, model TEXT NOT NULL, origin TEXT NOT NULL, body BLOB NOT NULL)",
    "CREATE TABLE runs (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
    "CREATE TABLE uses (run INTEGER, answer INTEGER, PRIMARY KEY (run, answer)) WITHOUT ROWID",
    "CREATE TABLE ledger (run INTEGER, stage TEXT, role TEXT, model TEXT, requests INTEGER, retries INTEGER,"
    " hits INTEGER, prompt INTEGER, cached INTEGER, completion INTEGER, reasoning INTEGER,"
    " queue_seconds REAL, server_seconds REAL, PRIMARY KEY (run, stage, role, model)) WITHOUT ROWID",
    "CREATE TABLE imports (digest BLOB PRIMARY KEY, path TEXT NOT NULL) WITHOUT ROWID",
)


def open_database(path: str) -> sqlite3.Connection:
    """A connection that any thread may use, one at a time; each statement is a transaction of its own.

    Raises:
        RunError: ``path`` is not on this machine's disk, cannot be read or written, or is another file.
    """
    place = _on_disk(path)
    with guard_database(path):
        if not place.exists():
            _make_store(place)
        connection = _connect(place, "rw")
        try:
            _check_store(connection, path)
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute(f"PRAGMA wal_autocheckpoint = {_LOG_PAGES}")
        except BaseException:
            connection.close()
            raise
    return connection


@contextmanager
def begin(connection: sqlite3.Connection) -> Iterator[None]:
    """A write transaction for the block: all of it or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        # after a full disk SQLite has rolled back by itself, and there is nothing to undo
        with suppress(sqlite3.OperationalError):
            connection.execute("ROLLBACK")
        raise


@contextmanager
def guard_database(path: str) -> Iterator[None]:
    """Failures of the database at ``path`` within the block are a ``RunError`` of one line."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        what, fix = _FAILURES.get(code, (f"the answer store failed: {error}", ""))
        raise RunError(what, where=path, fix=fix) from error


def insert_answers(n_rows: int) -> str:
    """The statement that adds those of ``n_rows`` answers whose keys are new; each row is key, stage, role,
    model, origin, packed body."""
    rows = ", ".join(["(?, ?, ?, ?, ?, ?)"] * n_rows)
    return f"INSERT OR IGNORE INTO answers (key, stage, role, model, origin, body) VALUES {rows}"


def pack(raw: bytes) -> bytes:
    """A response body as the store keeps it."""
    return zlib.compress(raw, _COMPRESSION)


def unpack(body: bytes, path: str) -> bytes:
    """The response body that was packed.

    Raises:
        RunError: Nobody packed this; the store at ``path`` is damaged.
    """
    try:
        return zlib.decompress(body)
    except zlib.error as error:
        raise RunError(_DAMAGED[0], where=path, fix=_DAMAGED[1]) from error


_DAMAGED = ("the answer store is damaged", "Move it away, or restore it from a copy.")
_SPACE = "Free some space and run again; the answers written so far are kept."
_FAILURES = {
    sqlite3.SQLITE_FULL: ("the disk is full, answers cannot be written", _SPACE),
    sqlite3.SQLITE_IOERR: (
        "the disk refuses to read or write the answer store",
        "Check its space, its quota and the limit on file sizes, and run again; written answers are kept.",
    ),
    sqlite3.SQLITE_BUSY: (
        f"another process has kept the answer store locked for {BUSY_SECONDS:.0f} s",
        "End that process (a suspended one keeps its lock) and run again.",
    ),
    sqlite3.SQLITE_READONLY: (
        "the answer store cannot be written",
        "Make the file and its folder writable, or set models.answers.store to another path.",
    ),
    sqlite3.SQLITE_CANTOPEN: (
        "the answer store cannot be opened",
        "Set models.answers.store to a file in a folder that you may write to.",
    ),
    sqlite3.SQLITE_NOTADB: (
        "not an answer store",
        "Move the file away, or set models.answers.store to another path.",
    ),
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
}


def _on_disk(path: str) -> Path:
    place = local_path(path) if get_protocol(path) in ("file", "local") else None
    if place is None:
        raise RunError(
            "an answer store must be a file on this machine's disk",
            where=path,
            fix="Set models.answers.store to a local path; recorded answers may come from anywhere "
            "(models.answers.files).",
        )
    return Path(place).absolute()


def _make_store(place: Path) -> None:
    """Make an empty store that is complete when it gets its name, so that nobody sees half of one."""
    make_folder(str(place.parent))
    with guard_writes(str(place)), TemporaryDirectory(prefix=f".{place.name}.", dir=place.parent) as folder:
        new = Path(folder, place.name)
        with closing(_connect(new, "rwc")) as connection:
            connection.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
            connection.execute("PRAGMA journal_mode = WAL")
            with begin(connection):
                for table in _TABLES:
                    connection.execute(table)
                connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
                connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        with suppress(FileExistsError):  # another process was faster
            os.link(new, place)


def _connect(place: Path, mode: Literal["rw", "rwc"]) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{place.as_uri()}?mode={mode}",
        uri=True,
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )


def _check_store(connection: sqlite3.Connection, path: str) -> None:
    if _pragma(connection, "application_id") != _APPLICATION_ID:
        what, fix = _FAILURES[sqlite3.SQLITE_NOTADB]
        raise RunError(what, where=path, fix=fix)
    version = _pragma(connection, "user_version")
    if version != SCHEMA_VERSION:
        raise RunError(
            f"an answer store of version {version}, this Longweave reads version {SCHEMA_VERSION}",
            where=path,
            fix="Export its answers with the Longweave that wrote it, and import them into a new store.",
        )


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    value: int = connection.execute(f"PRAGMA {name}").fetchone()[0]
    return value
