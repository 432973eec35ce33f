"""One writer for a run directory at a time.

On a local disk the lock is the operating system's (``flock``): it ends with its process, however that ended.
Elsewhere it is a file that names its owner; one whose process is known to be gone is taken over.
"""

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import fsspec

from longweave.synth.errors import RunError
from longweave.synth.files import guard_writes, join_path, local_path

try:
    from fcntl import LOCK_EX, LOCK_NB, flock
except ImportError:  # Windows has no flock; there the file with the owner's name is used
    flock = None  # type: ignore[assignment]

LOCK_FILE = ".lock"


@contextmanager
def hold_lock(run: str) -> Iterator[None]:
    """Hold the lock of the run directory at ``run``, which exists, for the block.

    Raises:
        RunError: Another process holds it.
    """
    path = local_path(run)
    if path is None or flock is None:
        with _hold_owner_file(join_path(run, LOCK_FILE)):
            yield
        return
    with guard_writes(join_path(run, LOCK_FILE)):
        descriptor = os.open(os.path.join(path, LOCK_FILE), os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            flock(descriptor, LOCK_EX | LOCK_NB)
        except BlockingIOError as error:
            owner = os.pread(descriptor, 200, 0).decode(errors="replace").strip()
            raise _taken(run, owner or "another process") from error
        with guard_writes(join_path(run, LOCK_FILE)):
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"process {os.getpid()} on {socket.gethostname()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def wait_for_lock(path: Path) -> Iterator[None]:
    """Hold the lock file at ``path``, on this machine's disk, for the block; wait for whoever holds it."""
    with path.open("ab") as file:
        if flock is not None:
            flock(file.fileno(), LOCK_EX)
        yield


@contextmanager
def _hold_owner_file(path: str) -> Iterator[None]:
    filesystem, inner = fsspec.core.url_to_fs(path)
    if filesystem.exists(inner):
        owner = json.loads(filesystem.cat_file(inner))
        if not _is_gone(owner):
            raise _taken(path, f"process {owner['process']} on {owner['host']}")
    filesystem.pipe_file(inner, json.dumps({"host": socket.gethostname(), "process": os.getpid()}).encode())
    try:
        yield
    finally:
        filesystem.rm_file(inner)


def _is_gone(owner: dict[str, Any]) -> bool:
    if owner["host"] != socket.gethostname():
        return False
    try:
        os.kill(int(owner["process"]), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def _taken(where: str, owner: str) -> RunError:
    return RunError(
        f"already being written by {owner}",
        where=where,
        fix=f"Wait for it; if it is surely gone, remove {LOCK_FILE} there.",
    )
