"""Which documents train and which validate: decided per document before any question is posed.

A sample shows many documents, distractors included, and none of them may stand on both sides. So documents
are split first, and questions, candidates and distractors are then drawn within one side only. Documents of
one group (the filings of one company) stay together, and every stratum (a domain) is split on its own, so
that both sides hold questions to pose and distractors to pad with.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

Split = Literal["train", "val"]

SPLITS: tuple[Split, ...] = ("train", "val")

_GROUPS_FOR_ONE = 2
_GROUPS_FOR_TWO = 6


class SplitUnit(NamedTuple):
    """A document as the split sees it: its ``group`` and ``stratum``, and its size (tokens) as ``weight``."""

    doc_id: str
    group: str
    stratum: str
    weight: int


def assign_splits(units: Iterable[SplitUnit], val_share: float, seed: int) -> dict[str, Split]:
    """The split of every document, by doc_id in sorted order.

    In each stratum groups go to ``val`` in the order of a seeded hash as long as the val side's weight
    stays within ``val_share``. A stratum of two groups or more has at least one group on either side, one
    of six or more at least two in ``val`` (so that there is something to compare), even if that exceeds the
    share. The order of ``units`` does not matter. A group in several strata counts in the one where it
    weighs most.

    Args:
        units: One per document.
        val_share: 0…1 of the weight; 0 sends everything to ``train``.
        seed: Another seed gives another split.
    """
    members: dict[str, list[SplitUnit]] = defaultdict(list)
    for unit in units:
        members[unit.group].append(unit)
    strata: dict[str, dict[str, int]] = defaultdict(dict)
    for group, documents in members.items():
        strata[_heaviest_stratum(documents)][group] = sum(document.weight for document in documents)
    in_val = {group for weights in strata.values() for group in _choose_val(weights, val_share, seed)}
    split_of: dict[str, Split] = {
        document.doc_id: "val" if group in in_val else "train"
        for group, documents in members.items()
        for document in documents
    }
    return dict(sorted(split_of.items()))


def _heaviest_stratum(documents: Iterable[SplitUnit]) -> str:
    weights: dict[str, int] = defaultdict(int)
    for document in documents:
        weights[document.stratum] += document.weight
    return min(weights, key=lambda stratum: (-weights[stratum], stratum))


def _choose_val(weights: Mapping[str, int], val_share: float, seed: int) -> list[str]:
    """The groups of one stratum that validate."""
    if val_share <= 0 or len(weights) < _GROUPS_FOR_ONE:
        return []
    order = sorted(weights, key=lambda group: _rank(group, seed))
    room = val_share * sum(weights.values())
    chosen: list[str] = []
    for group in order:
        if weights[group] <= room:
            chosen.append(group)
            room -= weights[group]
    wanted = 2 if len(weights) >= _GROUPS_FOR_TWO else 1
    lightest = sorted(weights, key=lambda group: (weights[group], _rank(group, seed)))
    chosen += [group for group in lightest if group not in chosen][: max(0, wanted - len(chosen))]
    return chosen[: len(weights) - 1]


def _rank(group: str, seed: int) -> str:
    return hashlib.sha256(f"{seed}:{group}".encode()).hexdigest()
