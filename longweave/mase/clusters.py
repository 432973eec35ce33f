"""Which passages a question is asked about: clusters of related ones, and what the solver sees beside them.

In: the passages of a split, document by document. Out: ``Cluster``s of one task type. They are spread over
domains, then over documents; a passage stands in a second one only when none is left for a first.

- Of types that need several documents a cluster is a passage and those most like it, by embedding, each of
  another document: of other sources where there is a choice, but for code, where files of one package
  belong together. Copies of one another do not meet.
- Of types that read one document it is a stretch of that document.
- Distractors are of other documents, half of them by tokens the most similar, half random.

Only passages that ``mase.passages`` has drawn are looked at.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count

import numpy as np
from numpy.typing import NDArray

from longweave.mase.passages import Cut, count_tokens, draw_passages, smallest_cluster
from longweave.mase.records import Cluster, Passage
from longweave.mase.settings import MaseSettings
from longweave.mase.task_type import TaskType
from longweave.synth.embedding import Encode
from longweave.synth.records import Domain, content_id

Vectors = NDArray[np.float32]

_COPY = 0.95
_OTHER_SOURCE, _SAME_PACKAGE = 0.05, 0.25
_SIMILAR_SHARE = 0.5


def choose_clusters(
    documents: Iterable[Sequence[Cut]],
    task_type: TaskType,
    most: int,
    settings: MaseSettings,
    encode: Encode,
    rng: np.random.Generator,
) -> Iterator[Cluster]:
    """At most ``most`` clusters of ``task_type``; fewer where the documents do not give as many.

    Args:
        documents: The passages of each document of the split, in order; of domains that are not the type's
            nothing is taken.
        task_type: What is to be asked.
        most: How many clusters.
        settings: How large they are.
        encode: Embeds texts as unit vectors.
        rng: Decides what is drawn.
    """
    if most == 0:
        return
    drawn = draw_passages(documents, task_type, most, settings, rng)
    cuts = [cut for domain in task_type.domains for cut in drawn.pool[domain]]
    shelf = _Shelf.of(cuts, encode)
    makers: list[Iterator[list[Cut]]] = [
        _stretches(drawn.whole[domain], settings, rng)
        if task_type.one_document
        else _gatherings(shelf, domain, settings)
        for domain in task_type.domains
    ]
    numbers, seen = count(), set[str]()
    while makers and len(seen) < most:
        for maker in list(makers):
            members = next(maker, None)
            if members is None:
                makers.remove(maker)
                continue
            passages = [cut.passage for cut in members]
            cluster_id = content_id(task_type.name, sorted((one.doc_id, one.start) for one in passages))
            if cluster_id in seen or len(seen) == most:
                continue
            seen.add(cluster_id)
            yield Cluster(
                cluster_id=cluster_id,
                task_type=task_type.name,
                domain=members[0].domain,
                number=next(numbers),
                passages=passages,
                distractors=_choose_distractors(shelf, members, settings, rng),
            )


@dataclass(frozen=True, slots=True)
class _Shelf:
    """Passages with their vectors, float32 of shape (len(cuts), dimensions)."""

    cuts: list[Cut]
    vectors: Vectors
    encode: Encode

    @classmethod
    def of(cls, cuts: list[Cut], encode: Encode) -> "_Shelf":
        return cls(cuts, encode([cut.head for cut in cuts]), encode)

    def centre(self, cuts: Sequence[Cut]) -> Vectors:
        """The mean vector of ``cuts``, which need not be on the shelf."""
        rows = {(cut.passage.doc_id, cut.passage.start): row for row, cut in enumerate(self.cuts)}
        found = [rows.get((cut.passage.doc_id, cut.passage.start)) for cut in cuts]
        own = [self.vectors[row] for row in found if row is not None]
        others = self.encode([cut.head for cut, row in zip(cuts, found, strict=True) if row is None])
        mean: Vectors = np.vstack([*own, *others]).mean(axis=0)
        return mean


def _stretches(
    documents: Sequence[Sequence[Cut]], settings: MaseSettings, rng: np.random.Generator
) -> Iterator[list[Cut]]:
    """Consecutive passages, one stretch of every document before the second of any."""
    waiting = []
    for cuts in documents:
        tiles = _tile(cuts, settings.cluster_tokens)
        tiles = [tile for tile in tiles if count_tokens(tile) >= smallest_cluster(settings)]
        waiting.append([tiles[index] for index in rng.permutation(len(tiles))])
    while any(waiting):
        for tiles in waiting:
            if tiles:
                yield tiles.pop()


def _tile(cuts: Sequence[Cut], max_tokens: int) -> list[list[Cut]]:
    tiles: list[list[Cut]] = []
    room = 0
    for cut in cuts:
        if not tiles or cut.passage.n_tokens > room:
            tiles.append([])
            room = max_tokens
        tiles[-1].append(cut)
        room -= cut.passage.n_tokens
    return tiles


def _gatherings(shelf: _Shelf, domain: Domain, settings: MaseSettings) -> Iterator[list[Cut]]:
    """Each passage in turn with those most like it; documents that have served least come first."""
    own = [index for index, cut in enumerate(shelf.cuts) if cut.domain == domain]
    free = np.zeros(len(shelf.cuts), bool)
    free[own] = True
    served: Counter[str] = Counter()
    seeds = dict.fromkeys(own)
    while seeds:
        able = [index for index in seeds if free[index]]
        if not able:
            free[own] = True
            continue
        first = min(able, key=lambda index: (served[shelf.cuts[index].passage.doc_id], index))
        members = _gather(shelf, first, free, settings)
        cuts = [shelf.cuts[index] for index in members]
        is_good = len(members) > 1 and count_tokens(cuts) >= smallest_cluster(settings)
        if is_good or free[own].all():
            del seeds[first]  # else it waits until all may serve again
        free[members if is_good else first] = False
        if is_good:
            served.update(cut.passage.doc_id for cut in cuts)
            yield cuts


def _gather(shelf: _Shelf, first: int, free: NDArray[np.bool_], settings: MaseSettings) -> list[int]:
    """Passage ``first`` and the free ones most like it, each of another document, as many as fit."""
    likeness = shelf.vectors @ shelf.vectors[first]
    open_ = free & (likeness < _COPY)
    members, documents = [first], {shelf.cuts[first].passage.doc_id}
    families = {shelf.cuts[first].family}
    room = settings.cluster_tokens - shelf.cuts[first].passage.n_tokens
    while room > 0:
        options = [
            index
            for index in map(int, np.flatnonzero(open_))
            if shelf.cuts[index].passage.n_tokens <= room
            and shelf.cuts[index].passage.doc_id not in documents
        ]
        if not options:
            break
        best = max(options, key=lambda index: likeness[index] + _kinship(shelf.cuts[index], families))
        members.append(best)
        documents.add(shelf.cuts[best].passage.doc_id)
        families.add(shelf.cuts[best].family)
        room -= shelf.cuts[best].passage.n_tokens
        open_ &= shelf.vectors @ shelf.vectors[best] < _COPY
    return members


def _kinship(cut: Cut, families: set[str]) -> float:
    """What counts beside likeness: another source, or in code the same package."""
    if cut.domain == "code":
        return _SAME_PACKAGE if cut.family in families else 0.0
    return 0.0 if cut.family in families else _OTHER_SOURCE


def _choose_distractors(
    shelf: _Shelf, members: Sequence[Cut], settings: MaseSettings, rng: np.random.Generator
) -> list[Passage]:
    """One passage of a document at most, the most similar first."""
    if not shelf.cuts or not settings.distractor_tokens:
        return []
    similar = np.argsort(-(shelf.vectors @ shelf.centre(members)), kind="stable")
    documents = {cut.passage.doc_id for cut in members}
    chosen: list[Passage] = []
    room = settings.distractor_tokens
    for order, least in ((similar, room - int(room * _SIMILAR_SHARE)), (rng.permutation(len(similar)), 0)):
        for index in order:
            passage = shelf.cuts[index].passage
            if passage.doc_id not in documents and passage.n_tokens <= room - least:
                chosen.append(passage)
                documents.add(passage.doc_id)
                room -= passage.n_tokens
    return chosen
