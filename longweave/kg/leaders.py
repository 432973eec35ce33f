"""Vectors in order: each follows the earlier one that is most like it, or leads.

In: unit vectors, the weightiest first. Out: for each the place of its leader, its own if it leads. A follower
leads nobody, so that nothing chains. Near-linear: vectors are sorted into cells around pivots taken from
among them, and compared only with the leaders of the ``_PROBED`` nearest cells; of up to ``_CELL`` times
``_PROBED`` vectors, each is compared with all leaders.
"""

from collections import defaultdict
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from longweave.synth.embedding import Vectors

_CELL = 8192
_PROBED = 8
_ROWS = 1024


def follow_leaders(
    vectors: Vectors, strict: float, are_apart: Callable[[int, int], bool]
) -> NDArray[np.int64]:
    """int64 of shape (n,): the place of the leader of each vector.

    Args:
        vectors: float32 of shape (n, dimensions), of length 1.
        strict: Cosine from which one may follow another.
        are_apart: Whether two places may not go together, however alike.
    """
    cells = _find_cells(vectors)
    leaders: dict[int, list[int]] = defaultdict(list)
    leader_of = np.arange(len(vectors), dtype=np.int64)
    for start in range(0, len(vectors), _ROWS):
        rows = np.arange(start, min(start + _ROWS, len(vectors)))
        found = _find_leaders(vectors, rows, cells, leaders, strict)
        beside = vectors[rows] @ vectors[rows].T
        new: list[int] = []
        for row in rows.tolist():
            near = found[row] + [
                (-float(beside[row - start, other - start]), other)
                for other in new
                if beside[row - start, other - start] >= strict
            ]
            leader = next((other for _, other in sorted(near) if not are_apart(row, other)), row)
            leader_of[row] = leader
            if leader == row:
                new.append(row)
        for row in new:
            leaders[int(cells[row, 0])].append(row)
    return leader_of


def _find_cells(vectors: Vectors) -> NDArray[np.int64]:
    """int64 of shape (n, probed): the cells of each vector, the nearest first."""
    pivots = vectors[::_CELL]
    if len(pivots) <= _PROBED:
        return np.zeros((len(vectors), 1), np.int64)
    cells = np.empty((len(vectors), _PROBED), np.int64)
    for start in range(0, len(vectors), _ROWS):
        likeness = vectors[start : start + _ROWS] @ pivots.T
        cells[start : start + _ROWS] = np.argsort(-likeness, axis=1, kind="stable")[:, :_PROBED]
    return cells


def _find_leaders(
    vectors: Vectors,
    rows: NDArray[np.int64],
    cells: NDArray[np.int64],
    leaders: dict[int, list[int]],
    strict: float,
) -> dict[int, list[tuple[float, int]]]:
    """Place → (minus the cosine, place of a leader) of those leaders in its cells that it may follow."""
    found: dict[int, list[tuple[float, int]]] = defaultdict(list)
    probed = cells[rows].ravel()
    order = np.argsort(probed, kind="stable")
    wanted, starts = np.unique(probed[order], return_index=True)
    for cell, places in zip(wanted.tolist(), np.split(order, starts[1:]), strict=True):
        standing = leaders.get(cell)
        if standing:
            probing = rows[places // cells.shape[1]]
            likeness = vectors[probing] @ vectors[standing].T
            for at, other in zip(*np.nonzero(likeness >= strict), strict=True):
                found[int(probing[at])].append((-float(likeness[at, other]), standing[other]))
    return found
