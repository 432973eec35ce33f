"""The documents that contexts are assembled from, opened from a folder and read in parts.

``build_pool`` writes the folder once, from the documents with their blocks; ``open_pool`` maps it into
memory, so that many processes share it and only what is shown is ever decoded.

The folder: ``texts.bin`` (UTF-8, one after the other), ``documents.parquet`` (a row each, written last), and
arrays over all blocks, sections and terms as ``.npy``. It can be deleted and built again.
"""

import json
from collections import OrderedDict
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from longweave.synth.blocks import Block, close_blocks
from longweave.synth.errors import InputError
from longweave.synth.excerpt import Outline
from longweave.synth.files import make_folder, open_whole
from longweave.synth.pool_arrays import KINDS, BlockArrays, count_bytes
from longweave.synth.prompt import ELLIPSIS, FOOTER, find_reserved_mark, piece_header
from longweave.synth.records import Document, canonical_json
from longweave.synth.similar import (
    SKETCH_SIZE,
    TermCounts,
    TermIndex,
    bucket,
    count_terms,
    index_terms,
    score_similar,
    sketch,
    words_of,
)
from longweave.synth.tokens import Tokenizer

_GROUP_KEYS = ("industry", "sic", "sector", "form", "kind", "table_format")
_SAME_GROUP = 0.05
_DOCUMENTS_KEPT = 64
_TAGS_KEPT = 100_000
_INDEX_PARTS = ("row_starts", "columns", "weights", "column_starts", "holders", "holder_weights", "idf")

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class PoolEntry:
    """A document of the pool. ``first``…``last`` are its blocks in the pool's arrays; ``lead`` is the offset
    at which its first block starts (leading blank lines are never shown); ``group`` are the values of its
    meta that say what sort of document it is."""

    doc_id: str
    title: str
    domain: str
    first: int
    last: int
    n_tokens: int
    lead: int
    text_start: int
    group: tuple[tuple[str, str], ...]


def build_pool(
    documents: Iterable[tuple[Document, Sequence[Block]]], tokenizer: Tokenizer, folder: Path
) -> None:
    """Writes the pool of ``documents`` into ``folder``, which is made; blocks are those of ``cut_blocks``.

    Memory grows with the number of documents and blocks, not with their text.

    Raises:
        InputError: A document has no text, one of the prompt's reserved marks in it, or the id of another.
        RunError: The folder cannot be written.
    """
    make_folder(str(folder))
    rows: list[dict[str, Any]] = []
    terms: list[TermCounts] = []
    sketches: list[NDArray[np.uint32]] = []
    arrays = BlockArrays()
    seen: set[str] = set()
    at = 0
    with open_whole(str(folder / "texts.bin")) as texts:
        for document, blocks in documents:
            text = document.text
            closed = close_blocks(text, blocks, tokenizer)
            if flaw := _find_flaw(document, closed, seen):
                raise InputError(flaw, where=f"document {document.doc_id}", fix="Drop it before.")
            seen.add(document.doc_id)
            first = len(arrays.ends)
            size = arrays.add(text, closed, at)
            rows.append(
                {
                    "doc_id": document.doc_id,
                    "title": document.title,
                    "domain": document.domain,
                    "first": first,
                    "last": len(arrays.ends),
                    "n_tokens": sum(block.n_tokens for block in closed),
                    "lead": closed[0].start,
                    "text_start": at,
                    "group": canonical_json(_group_of(document)),
                }
            )
            terms.append(count_terms(document.title, text, closed))
            sketches.append(sketch(text, closed))
            texts.write(text.encode("utf-8", "replace"))
            at += size
    _write(folder, rows, arrays, index_terms(terms), sketches)


def _find_flaw(document: Document, closed: Sequence[Block], seen: Container[str]) -> str:
    if not closed:
        return "has no text"
    if document.doc_id in seen:
        return "another document has the same id"
    mark = find_reserved_mark(document.text)
    return f"holds the reserved mark {mark}" if mark else ""


def _group_of(document: Document) -> dict[str, str]:
    return {key: str(document.meta[key]) for key in _GROUP_KEYS if document.meta.get(key)}


def _write(
    folder: Path,
    rows: list[dict[str, Any]],
    arrays: BlockArrays,
    index: TermIndex,
    sketches: list[NDArray[np.uint32]],
) -> None:
    parts: dict[str, NDArray[Any]] = {
        "ends": np.array(arrays.ends, dtype=np.int64),
        "byte_ends": np.array(arrays.byte_ends, dtype=np.int64),
        "running": np.concatenate([[0], np.cumsum(np.array(arrays.tokens, dtype=np.int64))]).astype(np.int64),
        "kinds": np.array(arrays.kinds, dtype=np.int8),
        "levels": np.array(arrays.levels, dtype=np.int8),
        "section_starts": np.array(arrays.section_starts, dtype=np.int64),
        "section_terms": np.array(arrays.section_terms, dtype=np.int32),
        "section_bounds": np.array(arrays.section_bounds, dtype=np.int64),
        "sketches": np.array(sketches, dtype=np.uint32).reshape(-1, SKETCH_SIZE),
        **{f"index_{part}": getattr(index, part) for part in _INDEX_PARTS},
    }
    for name, part in parts.items():
        with open_whole(str(folder / f"{name}.npy")) as file:
            np.save(file, part)
    with open_whole(str(folder / "documents.parquet")) as file:
        pq.write_table(pa.Table.from_pylist(rows), file)


def open_pool(folder: Path, tokenizer: Tokenizer) -> "DistractorPool":
    """The pool in ``folder``, mapped into memory.

    Raises:
        InputError: There is no complete pool in ``folder``, or it is empty.
    """
    if not (folder / "documents.parquet").is_file():
        raise InputError("no document pool", where=str(folder), fix="Build it with build_pool first.")
    rows = pq.read_table(folder / "documents.parquet").to_pylist()
    if not rows:
        raise InputError("the document pool is empty", where=str(folder), fix="Check the documents' rejects.")
    entries = [
        PoolEntry(**(row | {"group": tuple(sorted(json.loads(row["group"]).items()))})) for row in rows
    ]
    return DistractorPool(folder, entries, tokenizer)


class DistractorPool:
    """The documents of one run by number (0…n-1) and id. Open one per process."""

    def __init__(self, folder: Path, entries: Sequence[PoolEntry], tokenizer: Tokenizer) -> None:
        self.entries = entries
        self.tokenizer = tokenizer
        self.number = {entry.doc_id: i for i, entry in enumerate(entries)}
        self.n_tokens: Ints = np.array([entry.n_tokens for entry in entries], dtype=np.int64)
        self.ends: Ints = _load(folder, "ends")
        self.running: Ints = _load(folder, "running")
        self.sketches: NDArray[np.uint32] = _load(folder, "sketches")
        self.index = TermIndex(**{part: _load(folder, f"index_{part}") for part in _INDEX_PARTS})
        self._byte_ends: Ints = _load(folder, "byte_ends")
        self._kinds: NDArray[np.int8] = _load(folder, "kinds")
        self._levels: NDArray[np.int8] = _load(folder, "levels")
        self._section_starts: Ints = _load(folder, "section_starts")
        self._section_terms: NDArray[np.int32] = _load(folder, "section_terms")
        self._section_bounds: Ints = _load(folder, "section_bounds")
        with (folder / "texts.bin").open("rb") as texts:
            self._texts = mmap(texts.fileno(), 0, access=ACCESS_READ)
        self._groups = [_encode([entry.domain for entry in entries])] + [
            _encode([dict(entry.group).get(key) for entry in entries]) for key in _GROUP_KEYS
        ]
        self.left_out_tokens = tokenizer.count(ELLIPSIS)
        self._footer_tokens = tokenizer.count(FOOTER)
        self._tags: dict[tuple[str, int], int] = {}
        self._scores: OrderedDict[int, NDArray[np.float32]] = OrderedDict()
        self._outlines: OrderedDict[int, Outline] = OrderedDict()

    def __len__(self) -> int:
        return len(self.entries)

    def rarity(self, name: str) -> float:
        """How rarely the documents use the rarest word of ``name``: 1 if in one of them, 0 if in all or if it
        has no words."""
        found = [float(self.index.idf[bucket(word)]) for word in words_of(name)]
        most = np.log((1 + len(self)) / 2)
        return min(1.0, max(found, default=0.0) / most) if most > 0 else 1.0

    def text(self, number: int, first: int = 0, last: int | None = None) -> str:
        """The text of blocks ``[first, last)`` of a document, counted from its own first block."""
        entry = self.entries[number]
        stop = entry.last if last is None else entry.first + last
        if stop <= entry.first + first:
            return ""
        begin = self._byte_start(entry) if first == 0 else int(self._byte_ends[entry.first + first - 1])
        return self._texts[begin : int(self._byte_ends[stop - 1])].decode("utf-8")

    def _byte_start(self, entry: PoolEntry) -> int:
        """Where its first block begins: leading blank lines are ASCII or not, so they are measured."""
        if entry.lead == 0:
            return entry.text_start
        ahead = self._texts[entry.text_start : int(self._byte_ends[entry.first])].decode("utf-8")
        return entry.text_start + count_bytes(ahead[: entry.lead])

    def outline(self, number: int) -> Outline:
        """The document's blocks with their counts; the last few dozen are kept."""
        if number in self._outlines:
            self._outlines.move_to_end(number)
            return self._outlines[number]
        entry = self.entries[number]
        here = slice(entry.first, entry.last)
        ends = self.ends[here].tolist()
        tokens = np.diff(self.running[entry.first : entry.last + 1]).tolist()
        kinds, levels = self._kinds[here].tolist(), self._levels[here].tolist()
        starts = [entry.lead, *ends[:-1]]
        blocks = [
            Block(start, end, n, KINDS[kind], level)
            for start, end, n, kind, level in zip(starts, ends, tokens, kinds, levels, strict=True)
        ]
        outline = Outline(blocks, self.tokenizer)
        self._outlines[number] = outline
        if len(self._outlines) > _DOCUMENTS_KEPT:
            self._outlines.popitem(last=False)
        return outline

    def running_of(self, number: int) -> Ints:
        """Running token counts of a document's blocks, one more than there are blocks."""
        entry = self.entries[number]
        return self.running[entry.first : entry.last + 1]

    def score_similar(self, of: Sequence[int]) -> NDArray[np.float32]:
        """How similar every document is to the documents ``of``: the mean cosine of their terms, and for
        the same domain and the same group (industry, form, …) up to ``_SAME_GROUP`` each."""
        total = np.zeros(len(self), dtype=np.float32)
        for number in of:
            total += self._scores_of(number)
        return total / np.float32(len(of))

    def _scores_of(self, number: int) -> NDArray[np.float32]:
        if number in self._scores:
            self._scores.move_to_end(number)
            return self._scores[number]
        scores = score_similar(self.index, number)
        for codes in self._groups:
            if codes[number] >= 0:
                scores += np.float32(_SAME_GROUP) * (codes == codes[number])
        self._scores[number] = scores
        if len(self._scores) > _DOCUMENTS_KEPT:
            self._scores.popitem(last=False)
        return scores

    def count_tags(self, title: str, index: int) -> int:
        """Tokens of a piece's opening and closing tags."""
        if (title, index) not in self._tags:
            if len(self._tags) >= _TAGS_KEPT:
                self._tags.clear()
            self._tags[title, index] = self.tokenizer.count(piece_header(index, title)) + self._footer_tokens
        return self._tags[title, index]

    def section_starts(self, number: int) -> Ints:
        """The first blocks of a document's sections, counted from its own first block."""
        entry = self.entries[number]
        low, high = np.searchsorted(self._section_starts, [entry.first, entry.last])
        return np.asarray(self._section_starts[low:high] - entry.first)

    def closest_section(self, number: int, terms: NDArray[np.int32]) -> int:
        """First block of the section whose headings and row labels share most with ``terms`` (buckets,
        ascending), weighted by how rare they are; 0 when none shares any."""
        entry = self.entries[number]
        low, high = np.searchsorted(self._section_starts, [entry.first, entry.last])
        bounds = self._section_bounds[low : high + 1]
        held = self._section_terms[bounds[0] : bounds[-1]]
        if not held.size or not terms.size:
            return 0
        place = np.minimum(np.searchsorted(terms, held), terms.size - 1)
        weights = np.where(terms[place] == held, self.index.idf[held], np.float32(0))
        running = np.concatenate([[0], np.cumsum(weights, dtype=np.float64)])
        scores = running[bounds[1:] - bounds[0]] - running[bounds[:-1] - bounds[0]]
        best = int(np.argmax(scores))
        return int(self._section_starts[low + best] - entry.first) if scores[best] > 0 else 0


def _encode(values: Sequence[str | None]) -> NDArray[np.int32]:
    """A number per value; -1 where there is none."""
    known = {value: code for code, value in enumerate(dict.fromkeys(v for v in values if v))}
    return np.array([known.get(value, -1) if value else -1 for value in values], dtype=np.int32)


def _load(folder: Path, name: str) -> NDArray[Any]:
    return np.asarray(np.load(folder / f"{name}.npy", mmap_mode="r"))
