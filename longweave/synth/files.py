"""Files of a run, at any fsspec path: written whole or not at all.

A file is written under a temporary name beside its own and renamed when it is complete, so whoever reads it
sees all of it or nothing, whatever happened to the writer. Parquet is written in row groups of a fixed size,
so that the same rows give the same bytes and memory stays flat. A path that cannot be read or written is a
``RunError`` of one line (disk full, no permission, …).
"""

import errno
import io
import json
import os
import posixpath
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import IO, Any
from uuid import uuid4

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
from fsspec import AbstractFileSystem
from fsspec.implementations.local import LocalFileSystem

from longweave.synth.errors import RunError

ROW_GROUP_BYTES = 8_000_000
ROW_GROUP_ROWS = 20_000
_TEMPORARY = ".tmp"
_NOT_WRITTEN = "cannot be written"


def join_path(base: str, *parts: str) -> str:
    """``base`` (a local path or fsspec URL) with ``parts`` under it."""
    return posixpath.join(base.rstrip("/") or "/", *parts)


def path_exists(path: str) -> bool:
    """Whether there is a file or folder at ``path``."""
    filesystem, inner = _locate(path)
    return bool(filesystem.exists(inner))


def local_path(path: str) -> str | None:
    """``path`` as a path of this machine's disk; None when it is elsewhere."""
    filesystem, inner = _locate(path)
    return inner if isinstance(filesystem, LocalFileSystem) else None


def list_files(folder: str, suffix: str) -> list[str]:
    """Names of the files of ``folder`` that end with ``suffix``, sorted; none when there is no such
    folder."""
    filesystem, inner = _locate(folder)
    if not filesystem.isdir(inner):
        return []
    found = filesystem.ls(inner, detail=False)
    return sorted(name for name in map(posixpath.basename, found) if name.endswith(suffix))


def make_folder(folder: str) -> None:
    """Make ``folder`` and those above it where they are missing."""
    filesystem, inner = _locate(folder)
    with _one_line("cannot be made", folder):
        filesystem.makedirs(inner, exist_ok=True)


def remove_unfinished(folder: str) -> None:
    """Remove what a killed writer left in ``folder`` and below; only for its one owner."""
    filesystem, inner = _locate(folder)
    if filesystem.isdir(inner):
        for path in filesystem.find(inner):
            if path.endswith(_TEMPORARY):
                filesystem.rm_file(path)


@contextmanager
def open_whole(path: str) -> Iterator[io.RawIOBase]:
    """A binary file that gets its name ``path`` when the block ends, and vanishes when the block fails.

    Raises:
        RunError: It cannot be written.
    """
    filesystem, inner = _locate(path)
    folder, name = posixpath.split(inner)
    temporary = posixpath.join(folder, f".{name}.{uuid4().hex[:8]}{_TEMPORARY}")
    with _one_line(_NOT_WRITTEN, path):
        filesystem.makedirs(folder, exist_ok=True)
        file = _WholeFile(filesystem.open(temporary, "wb"), path)
    try:
        yield file
        with _one_line(_NOT_WRITTEN, path):
            if isinstance(filesystem, LocalFileSystem):
                file.handle.flush()
                os.fsync(file.handle.fileno())
            file.handle.close()
            filesystem.mv(temporary, inner)
    except BaseException:
        file.abandoned = True
        for undo in (file.handle.close, lambda: filesystem.rm_file(temporary)):
            with suppress(OSError):
                undo()
        raise


class _WholeFile(io.RawIOBase):
    """Passes writes on and says of a failed one which file it was; closing is left to ``open_whole``. When it
    is ``abandoned``, what a writer still wants to flush is let go."""

    def __init__(self, handle: IO[bytes], path: str) -> None:
        self.handle, self.path = handle, path
        self.abandoned = False

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        if self.abandoned:
            return len(data)
        with _one_line(_NOT_WRITTEN, self.path):
            return self.handle.write(data)

    def tell(self) -> int:
        return self.handle.tell()


@contextmanager
def guard_writes(path: str) -> Iterator[None]:
    """For code that writes ``path`` by other means: its failure is a ``RunError`` of one line, too."""
    with _one_line(_NOT_WRITTEN, path):
        yield


def write_text(path: str, text: str) -> None:
    """Write ``text`` as UTF-8."""
    with open_whole(path) as file:
        file.write(text.encode())


def write_json(path: str, value: object) -> None:
    """Write ``value`` as indented JSON with a newline at the end; keys keep their order."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def read_json(path: str) -> Any:
    """The value of a JSON file.

    Raises:
        RunError: There is none, or it is not JSON.
    """
    filesystem, inner = _locate(path)
    with _one_line("cannot be read", path):
        content = filesystem.cat_file(inner)
    try:
        return json.loads(content)
    except ValueError as error:
        raise RunError(
            f"not JSON: {error}", where=path, fix="Remove the run directory, or restore it."
        ) from error


class ParquetSink:
    """Rows into one Parquet file, in row groups of a fixed size; see ``open_parquet``."""

    def __init__(self, handle: io.RawIOBase, schema: pa.Schema) -> None:
        self.n_rows = 0
        self._writer = pq.ParquetWriter(handle, schema, compression="zstd")
        self._waiting: list[pa.Table] = []
        self._bytes = 0
        self._rows = 0

    def write(self, table: pa.Table) -> None:
        """Append the rows of ``table``, which has the file's schema."""
        self._waiting.append(table)
        self.n_rows += table.num_rows
        self._rows += table.num_rows
        self._bytes += table.nbytes
        if self._rows >= ROW_GROUP_ROWS or self._bytes >= ROW_GROUP_BYTES:
            self._flush()

    def close(self, metadata: Mapping[str, str]) -> None:
        """Write what is left and the footer with ``metadata``."""
        self._flush()
        self._writer.add_key_value_metadata(dict(metadata))
        self._writer.close()

    def _flush(self) -> None:
        if self._rows:
            group = pa.concat_tables(self._waiting)
            self._writer.write_table(group, row_group_size=group.num_rows)
        self._waiting, self._bytes, self._rows = [], 0, 0


def read_footer(path: str) -> tuple[int, dict[str, str]]:
    """Number of rows and key-value metadata of a Parquet file."""
    with _open_parquet(path) as file:
        pairs = file.metadata.metadata or {}
        return file.metadata.num_rows, {key.decode(): value.decode() for key, value in pairs.items()}


def read_rows(path: str, columns: Sequence[str] | None = None) -> Iterator[dict[str, Any]]:
    """The rows of a Parquet file, one row group in memory at a time."""
    for table in read_row_groups(path, columns):
        yield from table.to_pylist()


def read_row_groups(path: str, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
    """The row groups of a Parquet file in order."""
    with _open_parquet(path) as file:
        for number in range(file.metadata.num_row_groups):
            yield file.read_row_group(number, columns=columns)


def read_row_group(path: str, number: int, columns: Sequence[str] | None = None) -> pa.Table:
    """Row group ``number`` of a Parquet file."""
    with _open_parquet(path) as file:
        return file.read_row_group(number, columns=columns)


@contextmanager
def _open_parquet(path: str) -> Iterator[pq.ParquetFile]:
    filesystem, inner = _locate(path)
    with _one_line("cannot be read", path), filesystem.open(inner, "rb") as handle:
        try:
            file = pq.ParquetFile(handle)
        except pa.ArrowInvalid as error:
            raise RunError(
                f"not a Parquet file: {error}", where=path, fix="Remove it and run again."
            ) from error
        yield file


@contextmanager
def _one_line(failure: str, path: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = os.strerror(error.errno).lower() if error.errno else str(error)
        raise RunError(f"{failure}: {reason}", where=path, fix=_FIXES.get(error.errno or 0, "")) from error


_FIXES = {
    errno.ENOSPC: "Free some space and run again; what is finished is kept.",
    errno.EDQUOT: "Free some space and run again; what is finished is kept.",
    errno.EFBIG: "Raise the limit on file sizes and run again; what is finished is kept.",
    errno.EACCES: "Choose a folder you may write to with --out.",
    errno.EPERM: "Choose a folder you may write to with --out.",
    errno.EROFS: "Choose a folder you may write to with --out.",
    errno.ENOTDIR: "Choose another folder with --out.",
    errno.ENOENT: "Check the path.",
}


def _locate(path: str) -> tuple[AbstractFileSystem, str]:
    try:
        filesystem, inner = fsspec.core.url_to_fs(path)
    except (ValueError, ImportError) as error:
        raise RunError(
            str(error), where=path, fix="Use a local path or install the package for it."
        ) from error
    return filesystem, inner
