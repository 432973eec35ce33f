"""Recorded answers as Parquet files, which travel with a dataset.

A row is one response: ``key`` (64 hex digits), ``stage``, ``role`` and ``model`` of who first asked,
``origin`` ("recorded"), ``response`` (the JSON body as text). What is read is checked: every key is one,
every response is a chat completion.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import IO, Any, NamedTuple

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq

from longweave.synth.errors import InputError
from longweave.synth.files import ParquetSink, open_whole
from longweave.synth.llm.response import Response

RECORDED = "recorded"
"""Origin of an answer that was read from a file."""

_COLUMNS = ("key", "stage", "role", "model", "origin", "response")
_SCHEMA = pa.schema([pa.field(name, pa.string(), nullable=False) for name in _COLUMNS])
_KEY_BYTES = 32
_ROWS_AT_ONCE = 1000
_FOOTER_END = 8  # the footer's length in four bytes, and the mark
_FIX = "Give a file that `longweave answers` wrote."


class RecordedAnswer(NamedTuple):
    """A response body ``raw`` to the request with the 32 bytes ``key``."""

    key: bytes
    stage: str
    role: str
    model: str
    raw: bytes


def write_answers(path: str, answers: Iterable[RecordedAnswer]) -> int:
    """Write ``answers`` in their order and return how many; the same answers give the same bytes.

    Raises:
        RunError: ``path`` cannot be written.
    """
    rest = iter(answers)
    with open_whole(path) as handle:
        sink = ParquetSink(handle, _SCHEMA)
        while some := list(islice(rest, _ROWS_AT_ONCE)):
            sink.write(pa.Table.from_pylist(list(map(_row_of, some)), schema=_SCHEMA))
        sink.close({"content": "recorded answers"})
    return sink.n_rows


def read_answers(path: str) -> Iterator[list[RecordedAnswer]]:
    """The answers of a file, one row group at a time.

    Raises:
        InputError: It is not a file of answers, or a row is no answer.
    """
    with _open(path) as handle:
        file = pq.ParquetFile(handle)
        missing = [name for name in _COLUMNS if name not in file.schema_arrow.names]
        if missing:
            raise InputError(f"no column {', '.join(missing)}", where=path, fix=_FIX)
        n_before = 0
        for number in range(file.metadata.num_row_groups):
            rows = file.read_row_group(number, columns=list(_COLUMNS)).to_pylist()
            yield [_check(row, f"{path}, row {n}") for n, row in enumerate(rows, n_before + 1)]
            n_before += len(rows)


def fingerprint_file(path: str) -> bytes:
    """32 bytes that tell one Parquet file from another by its size and footer (the sizes, checksums and
    bounds of all its columns), for the price of reading the footer.

    Raises:
        InputError: It is not a Parquet file.
    """
    with _open(path) as handle:
        size = handle.seek(0, 2)
        handle.seek(max(0, size - _FOOTER_END))
        end = handle.read(_FOOTER_END)
        length = int.from_bytes(end[:4], "little")
        if end[4:] != b"PAR1" or length + _FOOTER_END > size:
            raise InputError("not a Parquet file", where=path, fix=_FIX)
        handle.seek(size - _FOOTER_END - length)
        return hashlib.sha256(b"%d\0" % size + handle.read(length)).digest()


@contextmanager
def _open(path: str) -> Iterator[IO[bytes]]:
    try:
        with fsspec.open(path, "rb") as handle:
            yield handle
    except (OSError, ValueError, ImportError, pa.ArrowException) as error:
        line = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(f"cannot be read: {line}", where=path, fix=_FIX) from error


def _row_of(answer: RecordedAnswer) -> dict[str, str]:
    key, *account, raw = answer
    return dict(zip(_COLUMNS, (key.hex(), *account, RECORDED, _text_of(raw)), strict=True))


def _text_of(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:  # another encoding, or half a character: JSON can say both in ASCII
        return json.dumps(json.loads(raw))


def _check(row: dict[str, Any], where: str) -> RecordedAnswer:
    for name in _COLUMNS:
        if not isinstance(row[name], str):
            raise InputError(f"{name} is no text", where=where, fix=_FIX)
    raw = row["response"].encode()
    try:
        Response.parse(raw)
    except ValueError as error:
        raise InputError(f"response is no chat completion: {error}", where=where, fix=_FIX) from error
    return RecordedAnswer(_key_of(row["key"], where), row["stage"], row["role"], row["model"], raw)


def _key_of(text: str, where: str) -> bytes:
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != _KEY_BYTES:
        raise InputError(f"key is not {2 * _KEY_BYTES} hex digits: {text[:80]!r}", where=where, fix=_FIX)
    return key
