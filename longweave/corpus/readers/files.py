"""Finding and opening files: local or any fsspec URL, plain or gzip, in bounded memory.

``list_files`` gives the files of a source in one fixed order. ``read_blocks`` gives a file's (decompressed)
bytes in blocks; a gzip file that grows beyond all measure is left, not read to its end. Links that lead out
of the folder that was named are refused.
"""

import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import fsspec
from fsspec.implementations.local import LocalFileSystem
from fsspec.spec import AbstractFileSystem

from longweave.corpus.rejected import UnusableInput
from longweave.corpus.settings import SourceFormat, SourceSettings
from longweave.synth.errors import InputError

_BLOCK = 1 << 20
_GZIP_MAGIC = b"\x1f\x8b"
_EXPANSION_FLOOR = 1 << 25
_WILDCARDS = frozenset("*?[")
_SUFFIXES: dict[SourceFormat, tuple[str, ...]] = {
    "folder": (".txt", ".text", ".md", ".markdown", ".html", ".htm", ".xhtml"),
    "python": (".py",),
}


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file to read. ``path`` is the path or URL to open, ``name`` what is shown of it: the path below the
    folder that was named. ``refused`` says why it may not be opened."""

    path: str
    name: str
    refused: str = ""


def list_files(source: SourceSettings) -> list[SourceFile]:
    """The files of ``source`` in the order of its paths, sorted by name within each.

    Raises:
        InputError: A path names nothing, or its file system cannot be reached.
    """
    files = [file for path in source.paths for file in _expand(path, source.format)]
    return list({file.path: file for file in files}.values())


def _expand(path: str, kind: SourceFormat) -> list[SourceFile]:
    try:
        system, root = fsspec.core.url_to_fs(path)
        roots = sorted(map(str, system.glob(root))) if _WILDCARDS & set(root) else [root]
        base = _fixed_part(root)
        files = [file for each in roots for file in _files_at(system, each, base, kind)]
    except (OSError, ValueError, ImportError) as error:
        raise InputError(
            f"cannot be listed: {error}", where=path, fix="Check the path and its permissions."
        ) from error
    if not files:
        raise InputError(
            "no such file, or no file of this format in it",
            where=path,
            fix="Check the source's paths and format.",
        )
    return files


def _fixed_part(root: str) -> str:
    """The folder that ``root`` is below, with no wildcard in it."""
    before = root[: min((root.index(mark) for mark in _WILDCARDS if mark in root), default=len(root))]
    return before.rpartition("/")[0] + "/"


def _files_at(system: AbstractFileSystem, root: str, base: str, kind: SourceFormat) -> list[SourceFile]:
    if not system.exists(root):
        return []
    if not system.isdir(root):
        return [SourceFile(str(system.unstrip_protocol(root)), root.removeprefix(base))]
    if isinstance(system, LocalFileSystem):
        return sorted(_walk_local(Path(root), kind), key=lambda file: file.name)
    prefix = root.rstrip("/") + "/"
    found = sorted(str(path) for path in system.find(root))
    return [
        SourceFile(str(system.unstrip_protocol(path)), path.removeprefix(prefix))
        for path in found
        if _is_wanted(path.removeprefix(prefix), kind)
    ]


def _walk_local(root: Path, kind: SourceFormat) -> Iterator[SourceFile]:
    real_root = root.resolve()
    for folder, folders, names in os.walk(root, followlinks=False):
        linked = [name for name in folders if Path(folder, name).is_symlink()]
        for name in (*names, *linked):
            path = Path(folder, name)
            relative = path.relative_to(root).as_posix()
            inside = path.resolve().is_relative_to(real_root)
            if not inside:
                yield SourceFile(path.as_posix(), relative, "a link that leads out of the folder")
            elif name not in linked and _is_wanted(relative, kind) and path.is_file():
                yield SourceFile(path.as_posix(), relative)


def _is_wanted(relative: str, kind: SourceFormat) -> bool:
    parts = relative.split("/")
    if any(part.startswith(".") or part == "__pycache__" for part in parts):
        return False
    return kind not in _SUFFIXES or relative.lower().endswith(_SUFFIXES[kind])


def open_file(file: SourceFile) -> BinaryIO:
    """``file`` opened for reading bytes.

    Raises:
        UnusableInput: It may not be opened or cannot be.
    """
    if file.refused:
        raise UnusableInput("outside_folder", file.refused)
    try:
        opened: BinaryIO = fsspec.open(file.path, "rb").open()
    except (OSError, ValueError, ImportError) as error:
        raise UnusableInput("unreadable_file", str(error)) from error
    return opened


def read_blocks(file: SourceFile, max_expansion: int) -> Iterator[bytes]:
    """The bytes of ``file`` in blocks of about a megabyte, decompressed if it is gzip, whatever its name.

    Raises:
        UnusableInput: It is empty, binary, damaged, a decompression bomb, or cannot be opened.
    """
    with open_file(file) as opened:
        first = _read(opened)
        if not first:
            raise UnusableInput("empty_file", "the file has no bytes")
        blocks = (
            _inflate(opened, first, max_expansion) if first.startswith(_GZIP_MAGIC) else _plain(opened, first)
        )
        for number, block in enumerate(blocks):
            if number == 0 and b"\x00" in block:
                raise UnusableInput("binary_file", "the file holds NUL bytes and is not text")
            yield block


def _read(opened: BinaryIO) -> bytes:
    try:
        return opened.read(_BLOCK)
    except OSError as error:
        raise UnusableInput("unreadable_file", str(error)) from error


def _plain(opened: BinaryIO, first: bytes) -> Iterator[bytes]:
    block = first
    while block:
        yield block
        block = _read(opened)


def _inflate(opened: BinaryIO, first: bytes, max_expansion: int) -> Iterator[bytes]:
    """Gzip members one after the other, never more than a block at a time."""
    taken, given, waiting = len(first), 0, first
    inflater = zlib.decompressobj(wbits=31)
    while True:
        if inflater.eof:
            waiting = inflater.unused_data or _read(opened)
            taken += 0 if inflater.unused_data else len(waiting)
            if not waiting.strip(b"\x00"):
                break
            inflater = zlib.decompressobj(wbits=31)
        elif not waiting:
            waiting = _read(opened)
            taken += len(waiting)
            if not waiting:
                raise UnusableInput(
                    "damaged_file", f"the gzip data ends early, after {given:,} bytes of text"
                )
        try:
            block = inflater.decompress(waiting, _BLOCK)
        except zlib.error as error:
            raise UnusableInput("damaged_file", f"not gzip after {given:,} bytes of text: {error}") from error
        waiting = inflater.unconsumed_tail
        given += len(block)
        if given > max(_EXPANSION_FLOOR, max_expansion * taken):
            raise UnusableInput(
                "decompression_bomb",
                f"{taken:,} compressed bytes grow to more than {given:,}; see corpus.limits.max_expansion",
            )
        if block:
            yield block
