"""What people said of samples: ``marks.jsonl``, a line for each time someone marked one.

The last line about a sample holds; one with no mark takes an earlier one back. A line is written and flushed
to the disk as a whole, one writer at a time, so reviewers can work side by side, and whatever kills one loses
no more than the line being written: what is left of that line is skipped with a warning.
"""

import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from longweave.synth.errors import RunError
from longweave.synth.files import guard_writes
from longweave.synth.lock import wait_for_lock
from longweave.synth.records import Record, canonical_json

MARKS_FILE = "marks.jsonl"
_log = logging.getLogger(__name__)


class Mark(Record):
    """What a person said of a sample, and why; ``mark`` is None where an earlier one is taken back. ``time``
    is ISO 8601."""

    sample_id: str
    mark: Literal["good", "bad"] | None
    reason: str = ""
    time: str = ""
    reviewer: str = ""


def read_marks(path: str | Path) -> dict[str, Mark]:
    """The marks that hold, by sample id; none when there is no such file.

    Raises:
        RunError: It cannot be read, or a whole line is not a mark.
    """
    return MarkBook(path).read()


class MarkBook:
    """The marks at ``path``, which may be written by others at the same time."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._marks: dict[str, Mark] = {}
        self._at = self._line = 0
        self._warned = -1

    def read(self) -> dict[str, Mark]:
        """The marks that hold now, by sample id.

        Raises:
            RunError: The file cannot be read, or a whole line is not a mark.
        """
        try:
            with self.path.open("rb") as file:
                if os.fstat(file.fileno()).st_size < self._at:
                    self._marks, self._at, self._line = {}, 0, 0
                file.seek(self._at)
                added = file.read()
        except FileNotFoundError:
            self._marks, self._at, self._line = {}, 0, 0
            return {}
        except OSError as error:
            raise RunError(f"cannot be read: {error.strerror}", where=str(self.path)) from error
        for mark in self._parse(added):
            if mark.mark is None:
                self._marks.pop(mark.sample_id, None)
            else:
                self._marks[mark.sample_id] = mark
        return dict(self._marks)

    def add(self, mark: Mark) -> None:
        """Write ``mark``; it is on the disk when this returns.

        Raises:
            RunError: It cannot be written; then nothing of it is there.
        """
        line = canonical_json(mark.model_dump()).encode() + b"\n"
        with guard_writes(str(self.path)), wait_for_lock(self.path):
            descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND)
            try:
                _append(descriptor, line)
            finally:
                os.close(descriptor)

    def _parse(self, added: bytes) -> Iterator[Mark]:
        """The marks in whole lines of ``added``; the file is read on from after them."""
        *whole, rest = added.split(b"\n")
        for line in whole:
            self._at += len(line) + 1
            self._line += 1
            if not line.strip():
                continue
            try:
                mark = Mark.model_validate_json(line)
            except ValidationError as error:
                if error.errors()[0]["type"] != "json_invalid":
                    raise RunError(
                        f"line {self._line} is not a mark", where=str(self.path), fix="Correct or remove it."
                    ) from error
                _log.warning("%s: line %d is torn and is skipped", self.path, self._line)
                continue
            yield mark
        if rest and self._warned != self._at:
            self._warned = self._at
            _log.warning("%s: line %d is not finished and is skipped", self.path, self._line + 1)


def _append(descriptor: int, line: bytes) -> None:
    """Write ``line`` at the end, on a line of its own, or leave the file as it was."""
    size = os.fstat(descriptor).st_size
    if size and os.pread(descriptor, 1, size - 1) != b"\n":
        line = b"\n" + line  # what a killed writer left behind stays a line of its own
    try:
        written = 0
        while written < len(line):
            written += os.write(descriptor, line[written:])
        os.fsync(descriptor)
    except OSError:
        os.ftruncate(descriptor, size)
        raise
