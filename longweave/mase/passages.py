"""Documents in passages, and which of these are looked at.

Embedding takes time and memory, so passages are drawn as the documents go by: one of every document first.
"""

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Generic, TypeVar

import numpy as np

from longweave.mase.records import Passage
from longweave.mase.settings import MaseSettings
from longweave.mase.task_type import TaskType
from longweave.synth.blocks import Block
from longweave.synth.records import Document, Domain
from longweave.synth.runs import cut_runs

T = TypeVar("T")

_HEAD = 2_000  # characters: more than the embedding reads
_MOST_EMBEDDED = 2_000  # or what the clusters hold
_LEAST_EMBEDDED = 60
_PER_PLACE = 3
_SHORTEST, _SHORTEST_SHARE = 100, 4


@dataclass(frozen=True, slots=True)
class Cut:
    """A passage, with what decides where it belongs: its ``family`` is the collection or package that its
    document's source names, its ``head`` is its beginning."""

    passage: Passage
    domain: Domain
    family: str
    head: str


def cut_passages(document: Document, blocks: Sequence[Block], max_tokens: int) -> list[Cut]:
    """The running text of ``document`` in passages of at most about ``max_tokens``, in order."""
    family = document.source.partition(": ")[0]
    return [
        Cut(
            Passage(doc_id=document.doc_id, start=run.start, end=run.end, n_tokens=run.n_tokens),
            document.domain,
            family,
            document.text[run.start : min(run.end, run.start + _HEAD)],
        )
        for run in cut_runs(document, blocks, max_tokens)
    ]


@dataclass(frozen=True, slots=True)
class Drawn:
    """By domain: passages to be embedded, and documents to be read in one piece; both in the order drawn."""

    pool: dict[Domain, list[Cut]]
    whole: dict[Domain, list[Sequence[Cut]]]


def draw_passages(
    documents: Iterable[Sequence[Cut]],
    task_type: TaskType,
    most: int,
    settings: MaseSettings,
    rng: np.random.Generator,
) -> Drawn:
    """Holds no more than it keeps, however many documents there are."""
    per_cluster = -(-(settings.cluster_tokens + settings.distractor_tokens) // settings.passage_tokens)
    cap = max(_MOST_EMBEDDED, most * -(-settings.cluster_tokens // settings.passage_tokens))
    wanted = min(cap, max(_LEAST_EMBEDDED, _PER_PLACE * most * per_cluster))
    size = -(-wanted // len(task_type.domains))
    passages = {domain: _Lowest[Cut](size) for domain in task_type.domains}
    whole = {domain: _Lowest[Sequence[Cut]](most) for domain in task_type.domains}
    shortest = _shortest(settings)
    for cuts in documents:
        if not cuts or cuts[0].domain not in passages:
            continue
        domain = cuts[0].domain
        long = [cut for cut in cuts if cut.passage.n_tokens >= shortest]
        for rank, index in enumerate(rng.permutation(len(long))):
            passages[domain].offer((rank, float(rng.random())), long[index])
        if task_type.one_document and count_tokens(cuts) >= smallest_cluster(settings):
            whole[domain].offer((0, float(rng.random())), cuts)
    return Drawn(
        {domain: lowest.take() for domain, lowest in passages.items()},
        {domain: lowest.take() for domain, lowest in whole.items()},
    )


class _Lowest(Generic[T]):
    """The ``size`` things with the lowest keys of all that are offered."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._numbers = count()
        self._heap: list[tuple[int, float, int, T]] = []

    def offer(self, key: tuple[int, float], thing: T) -> None:
        entry = (-key[0], -key[1], next(self._numbers), thing)
        if len(self._heap) < self._size:
            heapq.heappush(self._heap, entry)
        else:
            heapq.heappushpop(self._heap, entry)

    def take(self) -> list[T]:
        """What is kept, the lowest key first."""
        return [entry[-1] for entry in sorted(self._heap, key=lambda entry: entry[:3], reverse=True)]


def count_tokens(cuts: Iterable[Cut]) -> int:
    """The tokens of all of them."""
    return sum(cut.passage.n_tokens for cut in cuts)


def _shortest(settings: MaseSettings) -> int:
    """Tokens of the shortest passage that is looked at alone."""
    return min(_SHORTEST, settings.passage_tokens // _SHORTEST_SHARE)


def smallest_cluster(settings: MaseSettings) -> int:
    """Tokens of the smallest cluster."""
    return settings.passage_tokens // 2
