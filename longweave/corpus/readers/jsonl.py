"""Rows of JSON-lines files, plain or gzip."""

import json
from collections.abc import Iterator
from typing import Any

from longweave.corpus.readers.files import SourceFile, read_blocks
from longweave.corpus.readers.lines import Line, read_lines
from longweave.corpus.rejected import Rejected, UnusableInput
from longweave.corpus.settings import ReadLimits

_BOM = b"\xef\xbb\xbf"


def read_jsonl(file: SourceFile, limits: ReadLimits) -> Iterator[tuple[str, dict[str, Any]] | Rejected]:
    """``(where, row)`` per line of ``file``, or why the line is none; blank lines are passed over.

    Raises:
        UnusableInput: The file as a whole cannot be read (on).
    """
    for line in read_lines(read_blocks(file, limits.max_expansion), limits.max_document_bytes):
        where = f"{file.name}:{line.number}"
        try:
            if (row := _parse(line, limits)) is not None:
                yield where, row
        except UnusableInput as unusable:
            yield unusable.at(where)


def _parse(line: Line, limits: ReadLimits) -> dict[str, Any] | None:
    if line.data is None:
        raise UnusableInput(
            "too_large",
            f"{line.size:,} bytes, "
            f"more than corpus.limits.max_document_bytes = {limits.max_document_bytes:,}",
        )
    data = line.data.removeprefix(_BOM) if line.number == 1 else line.data
    if not data.strip():
        return None
    try:
        row = json.loads(data.decode("utf-8"), parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        at = line.offset + len(line.data) - len(data) + error.start
        raise UnusableInput(
            "invalid_utf8", f"byte 0x{data[error.start]:02x} at byte offset {at:,} of the file"
        ) from error
    except json.JSONDecodeError as error:
        raise UnusableInput("invalid_json", f"{error.msg} at column {error.colno}") from error
    except (ValueError, RecursionError) as error:
        raise UnusableInput("invalid_json", str(error)) from error
    if not isinstance(row, dict):
        raise UnusableInput("wrong_type", f"the line is of type {type(row).__name__}, not an object")
    return row


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON value")
