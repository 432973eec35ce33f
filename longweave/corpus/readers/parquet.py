"""Rows of Parquet files, a few at a time and only the columns that are asked for."""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from longweave.corpus.readers.files import SourceFile, open_file
from longweave.corpus.rejected import Rejected, UnusableInput
from longweave.corpus.settings import ReadLimits

_ROWS_AT_ONCE = 16
_MAGIC = b"PAR1"


def read_parquet(
    file: SourceFile, columns: set[str], text_column: str, limits: ReadLimits
) -> Iterator[tuple[str, dict[str, Any]] | Rejected]:
    """``(where, row)`` per row of ``file``, with those of ``columns`` that it has.

    Raises:
        UnusableInput: The file as a whole cannot be read (on).
    """
    with open_file(file) as opened:
        head = opened.read(len(_MAGIC))
        if not head:
            raise UnusableInput("empty_file", "the file has no bytes")
        if head != _MAGIC:
            raise UnusableInput("damaged_file", "not a Parquet file")
        number = 0
        try:
            parquet = pq.ParquetFile(opened)
            present = [name for name in parquet.schema_arrow.names if name in columns]
            for batch in parquet.iter_batches(batch_size=_ROWS_AT_ONCE, columns=present):
                for row in batch.to_pylist():
                    number += 1
                    yield _checked(f"{file.name}:{number}", row, text_column, limits)
        except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
            line = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise UnusableInput("damaged_file", f"after row {number}: {line}") from error


def _checked(
    where: str, row: dict[str, Any], text_column: str, limits: ReadLimits
) -> tuple[str, dict[str, Any]] | Rejected:
    text = row.get(text_column)
    if isinstance(text, str) and len(text) > limits.max_document_bytes:
        return Rejected(
            where,
            "too_large",
            f"{len(text):,} characters, "
            f"more than corpus.limits.max_document_bytes = {limits.max_document_bytes:,}",
        )
    return where, row
