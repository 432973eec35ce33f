"""Scarce knowledge validation (L1.5 §3, e): are the facts asked about rare?

In: how many facts the graph has on the things of a path, in how many documents each is named, and, once a
model has been asked without the documents, how sure it was. Out: ``Scarcity``; its ``commonness`` is 0 for
what one document says of things that nothing else is said about, and 1 for what every document names.
"""

from collections.abc import Sequence
from math import log

from longweave.synth.records import Record


class Scarcity(Record):
    """``degree`` and ``frequency`` are 0…1, means over the things of a path: the number of facts on each, on
    the scale of the graph's largest, and the share of documents that name it, both logarithmic.
    ``closed_book`` is the pass rate without documents; None where it was not measured."""

    degree: float
    frequency: float
    closed_book: float | None = None

    @property
    def commonness(self) -> float:
        """What is best known decides: the larger of the two, and what a model knows by heart is common."""
        return max(self.degree, self.frequency, self.closed_book or 0.0)


def judge_scarcity(
    degrees: Sequence[int],
    documents: Sequence[int],
    max_degree: int,
    n_documents: int,
    closed_book: float | None = None,
) -> Scarcity:
    """The scarcity of a path.

    Args:
        degrees: Facts of the graph on each of its things.
        documents: In how many documents each is named.
        max_degree: Facts on the best-known thing of the graph.
        n_documents: Documents of the graph.
        closed_book: Share of a model's answers that were right without documents.
    """
    return Scarcity(
        degree=_mean_share(degrees, max_degree),
        frequency=_mean_share(documents, n_documents),
        closed_book=closed_book,
    )


def _mean_share(counts: Sequence[int], most: int) -> float:
    if most <= 1 or not counts:
        return 0.0
    return round(sum(log(max(1, count)) / log(most) for count in counts) / len(counts), 4)
