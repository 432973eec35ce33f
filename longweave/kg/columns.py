"""Columns of Arrow tables as the arrays of a graph."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from longweave.kg.records import EDGE_SCHEMA
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


def group_by_edge(stated: pa.Table) -> pa.Table:
    """Edges (``EDGE_SCHEMA``) of triples that are joined to theirs, sorted by id, without an object for each.

    ``stated`` has a row per triple: ``edge_id``, ``head``, ``relation``, ``tail``, ``triple_id``, ``doc_id``.
    Rows without an edge are left out.
    """
    stated = stated.filter(pc.not_equal(stated["edge_id"], ""))
    stated = stated.sort_by([("edge_id", "ascending"), ("triple_id", "ascending")])
    starts = _find_runs(stated["edge_id"])
    rows = pa.array(starts[:-1])
    offsets = pa.array(starts, pa.int32())
    columns = [stated[name].take(rows) for name in ("edge_id", "head", "relation", "tail")]
    triples, docs = (_gather(stated[name], offsets) for name in ("triple_id", "doc_id"))
    return pa.Table.from_arrays([*columns, triples, docs], schema=EDGE_SCHEMA)


def _find_runs(column: pa.ChunkedArray) -> Int64s:
    """Where each run of equal values starts, and where the last one ends."""
    n_rows = len(column)
    if not n_rows:
        return np.zeros(1, dtype=np.int64)
    new = pc.not_equal(column.slice(1), column.slice(0, n_rows - 1)).to_numpy()
    return np.concatenate([[0], np.flatnonzero(new) + 1, [n_rows]]).astype(np.int64)


def _gather(column: pa.ChunkedArray, offsets: pa.Array) -> pa.ListArray:
    values = column.combine_chunks()
    values = pa.concat_arrays(values.chunks) if isinstance(values, pa.ChunkedArray) else values
    return pa.ListArray.from_arrays(offsets, values)


def find_id(ids: Bytes, wanted: str) -> int:
    """The place of ``wanted`` in ``ids``, which ascend.

    Raises:
        KeyError: It is not there.
    """
    key = wanted.encode()
    at = int(np.searchsorted(ids, key))
    if at == len(ids) or ids[at] != key:
        raise KeyError(wanted)
    return at


def decode(ids: Bytes) -> list[str]:
    """The ids as text."""
    return [value.decode() for value in ids.tolist()]
