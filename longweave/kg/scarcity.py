"""Scarce knowledge validation (L1.5 §3, e): are the facts asked about rare?

In: how many facts the graph has on the things of a path, how common their names are in the documents, and,
once a model has been asked without the documents, how sure it was. Out: ``Scarcity``; its ``commonness`` is 0
for what one document says of things that nothing else is said about, and 1 for what every document names.
"""

from collections.abc import Sequence
from math import log
from statistics import fmean

from longweave.synth.records import Check, Record

CHECK = "scarcity"


class Scarcity(Record):
    """``degree`` and ``frequency`` are 0…1, means over the things of a path: the number of facts on each, on
    the scale of the graph's largest, and how many documents name it, both logarithmic.
    ``closed_book`` is the pass rate without documents; None where it was not measured."""

    degree: float
    frequency: float
    closed_book: float | None = None

    @property
    def commonness(self) -> float:
        """What is best known decides: the larger of the two, and what a model knows by heart is common."""
        return max(self.degree, self.frequency, self.closed_book or 0.0)


def check_scarcity(scarcity: Scarcity, closed_book: float, max_commonness: float) -> Check:
    """What is recorded once a model has been asked without documents: was the knowledge rare enough?"""
    known = scarcity.model_copy(update={"closed_book": closed_book})
    return Check(
        name=CHECK,
        passed=known.commonness <= max_commonness,
        detail=f"degree {known.degree:.2f}, frequency {known.frequency:.2f}, closed book {closed_book:.2f}",
    )


def judge_scarcity(
    degrees: Sequence[int],
    frequencies: Sequence[float],
    max_degree: int,
    closed_book: float | None = None,
) -> Scarcity:
    """The scarcity of a path.

    Args:
        degrees: Facts of the graph on each of its things.
        frequencies: How common the name of each is in the documents, 0…1 on a logarithmic scale.
        max_degree: Facts on the best-known thing of the graph.
        closed_book: Share of a model's answers that were right without documents.
    """
    shares = [log(max(1, degree)) / log(max_degree) for degree in degrees] if max_degree > 1 else []
    return Scarcity(
        degree=round(fmean(shares), 4) if shares else 0.0,
        frequency=round(fmean(frequencies), 4) if frequencies else 0.0,
        closed_book=closed_book,
    )
