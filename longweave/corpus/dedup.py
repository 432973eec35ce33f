"""Exact and near-duplicate documents, whole or as a passage of a longer one.

In: ``Signature`` per document (``sign``), about a kilobyte each; texts are not held. Out: for every document
    that is a copy the document that is kept for it. ``sign`` samples the document's shingles by their hash
    (one in ``SAMPLING``), so that two documents sample the same ones and a passage is found in a book, which
    MinHash of whole documents cannot do. Documents that share enough samples are read again through ``fetch``
    and compared by all of their shingles and figures; only a copy proven so is dropped. Figures count apart
    because reports of successive quarters repeat most of their words and are no copies.

The longest document is kept (then the smallest id). A copy is always compared with the document that is kept
for it, never with another copy, so similarity does not drift along a chain.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from longweave.corpus.settings import DuplicateSettings
from longweave.corpus.words import Hashes, hash_runs, hash_words
from longweave.synth.records import Document

SAMPLING = 64
_FEWEST_SAMPLES = 24
_LOOSER = 0.75  # an estimate from few samples may fall this far below the threshold
_COMPARED = 16  # candidates read per document, and neighbours paired per shared sample
_READ_AHEAD = 8
_SMALLEST_SOURCE = 5
_ALL = (1 << 64) - 1
_FIGURE = re.compile(r"\d+(?:[.,]\d+)*")
_FEW_FIGURES = 3
_OWN_FIGURES = 0.1

Fetch = Callable[[str], str]
"""The text of the document with this id."""


@dataclass(frozen=True, slots=True)
class Signature:
    """What is kept of a document. ``exact`` is a hash of its words in order, ``samples`` the sampled shingle
    hashes, ascending and distinct; ``complete_below`` says up to which hash all of its shingles are in
    them."""

    doc_id: str
    source: str
    n_words: int
    exact: bytes
    samples: Hashes
    complete_below: int


@dataclass(frozen=True, slots=True)
class DuplicateOf:
    """A dropped copy: of which document, as ``exact`` or ``near``, and the share of its shingles found
    there."""

    kept_id: str
    kind: str
    containment: float


@dataclass(frozen=True, slots=True)
class Alarm:
    """Duplicates in such number that something else may be wrong: ``subject`` is a source or a document
    id."""

    subject: str
    kind: str
    total: int
    dropped: int

    def __str__(self) -> str:
        if self.kind == "source_lost":
            return f"source {self.subject!r} loses {self.dropped} of {self.total} documents as duplicates"
        return f"document {self.subject!r} stands for {self.dropped} copies"


@dataclass(frozen=True, slots=True)
class Duplicates:
    """``of`` maps every dropped id to the document kept for it, in the order of ids; ``compared`` counts
    pairs read."""

    of: Mapping[str, DuplicateOf]
    alarms: tuple[Alarm, ...]
    compared: int


def sign(document: Document, settings: DuplicateSettings) -> Signature:
    """The signature of ``document``."""
    words = hash_words(document.text).hashes
    exact = hashlib.blake2b(words.tobytes() or document.text.encode(), digest_size=16).digest()
    runs = _hash_shingles(words, settings.shingle_words)
    complete_below = (1 << 64) // SAMPLING
    samples: Hashes = np.unique(runs[runs < np.uint64(complete_below)])
    if len(samples) < _FEWEST_SAMPLES:
        distinct = np.unique(runs)
        samples = distinct[:_FEWEST_SAMPLES].copy()
        complete_below = _ALL if len(distinct) <= _FEWEST_SAMPLES else int(samples[-1]) + 1
    return Signature(document.doc_id, document.source, len(words), exact, samples, complete_below)


def signatures(documents: Iterable[Document], settings: DuplicateSettings) -> Iterator[Signature]:
    """The signatures of ``documents``, one after the other."""
    return (sign(document, settings) for document in documents)


def _hash_shingles(words: Hashes, size: int) -> Hashes:
    """The shingles of a text in order; a text shorter than a shingle is one shingle."""
    return hash_runs(words, min(size, len(words))) if len(words) else words


def find_duplicates(signed: Iterable[Signature], fetch: Fetch, settings: DuplicateSettings) -> Duplicates:
    """Which documents are copies; the order of ``signed`` does not matter.

    Args:
        signed: One per document, ids distinct.
        fetch: Reads a text again. It is called for documents that are probably copies and for what they are
            compared with, neighbours in length one after the other.
        settings: The threshold and the alarms.
    """
    order = sorted(signed, key=lambda signature: (-signature.n_words, signature.doc_id))
    found = _find_exact(order)
    rest = [signature for signature in order if signature.doc_id not in found]
    candidates = _find_candidates(rest, settings.threshold)
    compared = 0
    near: Counter[str] = Counter()

    @lru_cache(maxsize=_READ_AHEAD)
    def content_of(doc_id: str) -> _Content:
        return _read_content(fetch(doc_id), settings.shingle_words)

    for number, signature in enumerate(rest):
        for longer in candidates.get(number, ()):
            kept = rest[longer].doc_id
            if kept in found or near[kept] >= settings.max_cluster:
                continue
            compared += 1
            containment = _compare(content_of(signature.doc_id), content_of(kept))
            if containment >= settings.threshold:
                found[signature.doc_id] = DuplicateOf(kept, "near", round(containment, 4))
                near[kept] += 1
                break
    found = _follow(found)
    return Duplicates(dict(sorted(found.items())), tuple(_raise_alarms(order, found, settings)), compared)


def _find_exact(order: list[Signature]) -> dict[str, DuplicateOf]:
    first: dict[bytes, str] = {}
    found: dict[str, DuplicateOf] = {}
    for signature in order:
        kept = first.setdefault(signature.exact, signature.doc_id)
        if kept != signature.doc_id:
            found[signature.doc_id] = DuplicateOf(kept, "exact", 1.0)
    return found


def _find_candidates(order: list[Signature], threshold: float) -> dict[int, list[int]]:
    """For each document by number the longer ones that may hold it, the likeliest first."""
    shorter, longer = _pairs(order)
    if not len(shorter):
        return {}
    codes, shared = np.unique(shorter * np.int64(len(order)) + longer, return_counts=True)
    candidates: dict[int, list[tuple[float, int]]] = {}
    for code, count in zip(codes.tolist(), shared.tolist(), strict=True):
        one, other = divmod(code, len(order))
        comparable = _count_comparable(order[one], order[other])
        if count >= _LOOSER * threshold * comparable:
            candidates.setdefault(one, []).append((-count / comparable, other))
    return {one: [other for _, other in sorted(found)[:_COMPARED]] for one, found in candidates.items()}


def _count_comparable(one: Signature, other: Signature) -> int:
    """How many samples of ``one`` would be among those of ``other`` if it had them all."""
    if one.complete_below <= other.complete_below:
        return len(one.samples)
    return int(np.searchsorted(one.samples, np.uint64(other.complete_below)))


def _pairs(order: list[Signature]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Documents that share a sample, ``(shorter, longer)`` by number, once per shared sample.

    In a group that shares one sample each document is paired with the ``_COMPARED`` longest and with the
    ``_COMPARED`` next longer ones, so that a phrase found in very many documents costs no more than its
    length.
    """
    none = np.zeros(0, np.int64)
    if not order:
        return none, none
    hashes = np.concatenate([signature.samples for signature in order])
    owners = np.repeat(np.arange(len(order)), [len(signature.samples) for signature in order])
    by_hash = np.argsort(hashes, kind="stable")
    hashes, owners = hashes[by_hash], owners[by_hash]
    starts = np.flatnonzero(np.concatenate([[True], hashes[1:] != hashes[:-1]]))
    first_of = np.repeat(starts, np.diff(np.concatenate([starts, [len(hashes)]])))
    places = np.arange(len(hashes)) - first_of
    shorter, longer = [none], [none]
    for back in range(1, _COMPARED + 1):
        near = np.flatnonzero(places >= back)
        shorter.append(owners[near])
        longer.append(owners[near - back])
        far = np.flatnonzero(places >= back + _COMPARED)
        shorter.append(owners[far])
        longer.append(owners[first_of[far] + back - 1])
    return np.concatenate(shorter), np.concatenate(longer)


@dataclass(frozen=True, slots=True)
class _Content:
    shingles: Hashes
    figures: frozenset[str]


def _read_content(text: str, shingle_words: int) -> _Content:
    shingles: Hashes = np.unique(_hash_shingles(hash_words(text).hashes, shingle_words))
    return _Content(shingles, frozenset(_FIGURE.findall(text)))


def _compare(one: _Content, other: _Content) -> float:
    """The share of ``one``'s shingles that ``other`` has; 0 if ``one`` has too many figures of its own."""
    own_figures = len(one.figures - other.figures)
    if own_figures > max(_FEW_FIGURES, _OWN_FIGURES * len(one.figures)) or not len(one.shingles):
        return 0.0
    shared = np.intersect1d(one.shingles, other.shingles, assume_unique=True)
    return len(shared) / len(one.shingles)


def _follow(found: dict[str, DuplicateOf]) -> dict[str, DuplicateOf]:
    """Point an exact copy of a document that is itself a near copy to what is kept in the end."""
    followed: dict[str, DuplicateOf] = {}
    for doc_id, duplicate in found.items():
        onward = found.get(duplicate.kept_id)
        followed[doc_id] = DuplicateOf(onward.kept_id, "near", onward.containment) if onward else duplicate
    return followed


def _raise_alarms(
    order: list[Signature], found: Mapping[str, DuplicateOf], settings: DuplicateSettings
) -> Iterator[Alarm]:
    totals: dict[str, int] = {}
    lost: dict[str, int] = {}
    copies: dict[str, int] = {}
    for signature in order:
        totals[signature.source] = totals.get(signature.source, 0) + 1
        if (duplicate := found.get(signature.doc_id)) is not None:
            lost[signature.source] = lost.get(signature.source, 0) + 1
            copies[duplicate.kept_id] = copies.get(duplicate.kept_id, 0) + 1
    for source, count in sorted(lost.items()):
        if totals[source] >= _SMALLEST_SOURCE and count > settings.alarm_share * totals[source]:
            yield Alarm(source, "source_lost", totals[source], count)
    for doc_id, count in sorted(copies.items()):
        if count >= settings.max_cluster:
            yield Alarm(doc_id, "large_cluster", count + 1, count)
