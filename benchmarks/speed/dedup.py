"""Near-duplicate removal against datasketch: the same documents, the same copies to find.

The sample corpus is given copies of some of its documents with 2 % of their words left out. The baseline is
MinHash of 128 permutations over 5-word shingles in an LSH index, without the check on the texts that ours
includes.
"""

import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from datasketch import MinHash, MinHashLSH

from longweave.corpus import (
    DuplicateSettings,
    ReadLimits,
    Rejected,
    SourceSettings,
    find_duplicates,
    read_source,
    signatures,
)
from longweave.synth.records import Document

SAMPLE = Path(__file__).parents[2] / "data" / "sample"
_LONGEST = 60_000
_EVERY = 5
_PERMUTATIONS = 128
_JACCARD = 0.7  # a copy without 2 % of its words has about 0.82


def run() -> Iterator[dict[str, Any]]:
    """Megabytes a second of both, their ratio, and the planted copies that each found."""
    originals = [document for document in _read_sample() if len(document.text) <= _LONGEST]
    planted = {f"{document.doc_id}~copy": document for document in originals[::_EVERY]}
    copies = [_leave_out(document, copy_id) for copy_id, document in planted.items()]
    documents = originals + copies
    megabytes = sum(len(document.text.encode()) for document in documents) / 1e6

    started = time.perf_counter()
    ours = _find_ours(documents)
    our_seconds = time.perf_counter() - started
    started = time.perf_counter()
    theirs = _find_datasketch(documents)
    their_seconds = time.perf_counter() - started

    pairs = {frozenset((copy_id, document.doc_id)) for copy_id, document in planted.items()}
    yield {
        "benchmark": "dedup",
        "megabytes": round(megabytes, 1),
        "longweave_mb_s": round(megabytes / our_seconds, 1),
        "datasketch_mb_s": round(megabytes / their_seconds, 1),
        "ratio": round(their_seconds / our_seconds, 2),
        "planted": len(pairs),
        "found_by_longweave": len(pairs & ours),
        "found_by_datasketch": len(pairs & theirs),
    }


def _read_sample() -> Iterator[Document]:
    source = SourceSettings(name="sample", format="jsonl", paths=(str(SAMPLE / "*.jsonl.gz"),))
    for document in read_source(source, ReadLimits(), len, {}):
        if not isinstance(document, Rejected):
            yield document


def _leave_out(document: Document, copy_id: str) -> Document:
    rng = random.Random(copy_id)
    words = [word for word in document.text.split(" ") if rng.random() >= 0.02]
    return document.model_copy(update={"doc_id": copy_id, "text": " ".join(words)})


def _find_ours(documents: list[Document]) -> set[frozenset[str]]:
    texts = {document.doc_id: document.text for document in documents}
    settings = DuplicateSettings()
    found = find_duplicates(signatures(documents, settings), texts.__getitem__, settings)
    return {frozenset((doc_id, duplicate.kept_id)) for doc_id, duplicate in found.of.items()}


def _find_datasketch(documents: list[Document]) -> set[frozenset[str]]:
    index = MinHashLSH(threshold=_JACCARD, num_perm=_PERMUTATIONS)
    pairs: set[frozenset[str]] = set()
    for document in documents:
        words = document.text.lower().split()
        minhash = MinHash(num_perm=_PERMUTATIONS)
        minhash.update_batch({" ".join(words[at : at + 5]).encode() for at in range(max(1, len(words) - 4))})
        pairs |= {frozenset((document.doc_id, str(other))) for other in index.query(minhash)}
        index.insert(document.doc_id, minhash)
    return pairs
