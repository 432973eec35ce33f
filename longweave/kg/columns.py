"""Columns of Arrow tables as the arrays of a graph."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from longweave.synth.errors import InputError

Int32s = NDArray[np.int32]
Int64s = NDArray[np.int64]
Bytes = NDArray[np.bytes_]


def number_values(column: pa.ChunkedArray) -> tuple[Int32s, tuple[str, ...]]:
    """A number per value, and the sorted values."""
    values = sorted(pc.unique(column).to_pylist())
    return look_up(column, pa.chunked_array([pa.array(values, pa.string())])), tuple(values)


def look_up(column: pa.ChunkedArray, among: pa.ChunkedArray) -> Int32s:
    """The place of each value of ``column`` in ``among``.

    Raises:
        InputError: One is not there.
    """
    found = pc.index_in(column, value_set=among)
    if found.null_count:
        missing = column.filter(pc.is_null(found))[0].as_py()
        raise InputError(f"the graph has no {missing!r}", where="graph", fix="Give all nodes.")
    return np.asarray(found.to_numpy(), dtype=np.int32)


def list_starts(lists: pa.ChunkedArray) -> Int64s:
    """(n + 1,) where each of n lists starts among the values of all."""
    lengths = pc.list_value_length(lists).to_numpy()
    return np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]).astype(np.int64)


def sort_lists(starts: Int64s, values: Int32s) -> tuple[Int64s, Int32s]:
    """The lists with their values ascending, each once."""
    row = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    order = np.lexsort((values, row))
    row, values = row[order], values[order]
    first = np.ones(len(row), dtype=bool)
    first[1:] = (np.diff(row) != 0) | (np.diff(values) != 0)
    counts = np.bincount(row[first], minlength=len(starts) - 1)
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64), values[first].astype(np.int32)


def to_bytes(column: pa.ChunkedArray | pa.Array) -> Bytes:
    """Ids as fixed-width bytes; shorter ones end in zeros, which numpy does not count."""
    lengths = pc.binary_length(column)
    width = max(pc.max(lengths).as_py() or 1, 1)
    if pc.min(lengths).as_py() != width:
        column = pc.utf8_rpad(column, width=width, padding="\0")
    flat = pc.cast(pc.cast(column, pa.binary()), pa.binary(width))
    flat = flat.combine_chunks() if isinstance(flat, pa.ChunkedArray) else flat
    if not len(flat):
        return np.empty(0, dtype=f"S{width}")
    start = flat.offset * width
    return np.frombuffer(flat.buffers()[1], dtype=f"S{width}")[flat.offset : start // width + len(flat)]
