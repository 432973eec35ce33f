"""Which documents of a pool resemble each other, by the words of their titles, headings and table rows.

Words are hashed into ``2**18`` buckets; a document keeps its ``TERMS_KEPT`` heaviest by tf-idf, as one row of
a sparse matrix held in plain numpy arrays. ``score_similar`` ranks the pool against some documents of it in
about a millisecond, because it touches only the columns that they have. ``sketch`` is the k-minimum
summary by which near-duplicates are told. ``count_amounts`` and ``names_year`` tell a table of figures from a
table of contents, and one that can be read by itself from one that goes on where another ended.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from longweave.synth.blocks import Block

BUCKETS = 2**18
TERMS_KEPT = 128
_TERMS_COUNTED = 512
SKETCH_SIZE = 64
_SKETCH_SHORTEST = 40
_TITLE_WEIGHT = 4
_HEADING_WEIGHT = 2
_BODY_CHARS = 4_000

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

_WORD = re.compile(r"[^\W\d_]{3,}")
_ROW_LABEL = re.compile(
    r"<tr[^<>]*>\s*<t[dh][^<>]*>([^<>]{3,80})</t[dh]>"  # HTML
    r"|^[ \t]*\|[ \t]*([^|\n]{3,80})\|"  # markdown
    r"|^[ \t]*(\S[^\n|<>]{2,80}?) {3,}\S",  # spaced columns
    re.MULTILINE,
)
_TAG = re.compile(r"<[^<>]*>")
_AMOUNT = re.compile(
    r"[$€£¥]\s*\d[\d,.]*|\(\s*\d[\d,.]*\s*\)|\d[\d,.]*\s*%|\d{1,3}(?:[,.]\d+)+|(?!(?:19|20)\d\d\b)\d{4,}"
)
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_NO_MATTER_WORDS = "the and for with from that this its was were are our not has have had other"
_NO_MATTER = frozenset(_NO_MATTER_WORDS.split())


def words_of(text: str) -> list[str]:
    """Words of three letters or more, in lower case."""
    return [word for word in _WORD.findall(text.lower()) if word not in _NO_MATTER]


def bucket(word: str) -> int:
    """The column of ``word``; the same on every machine."""
    return crc32(word.encode("utf-8", "replace")) % BUCKETS


class TermCounts(NamedTuple):
    """Buckets, ascending, and the weighted counts of the words in them."""

    columns: NDArray[np.int32]
    counts: Floats


def count_terms(title: str, text: str, blocks: Sequence[Block]) -> TermCounts:
    """A document's most frequent terms, at most ``_TERMS_COUNTED``."""
    words: Counter[str] = Counter()
    _add(words, words_of(title), _TITLE_WEIGHT)
    _add(words, words_of(text[:_BODY_CHARS]), 1)
    for block in blocks:
        if block.kind == "heading":
            _add(words, words_of(text[block.start : block.end]), _HEADING_WEIGHT)
        elif block.kind == "table":
            _add(words, row_words(text[block.start : block.end]), 1)
    terms: Counter[int] = Counter()
    for word, count in words.items():
        terms[bucket(word)] += count
    most = sorted(sorted(terms.items(), key=lambda term: (-term[1], term[0]))[:_TERMS_COUNTED])
    columns = np.array([column for column, _ in most], dtype=np.int32)
    return TermCounts(columns, np.array([count for _, count in most], dtype=np.float32))


def row_words(table: str) -> list[str]:
    """The words of a table's row labels."""
    return words_of(" ".join(part for groups in _ROW_LABEL.findall(table) for part in groups if part))


def count_amounts(table: str) -> int:
    """Numbers of a table that are amounts: with a separator, a currency or percent sign or in parentheses, or
    of four digits and more; years, page and note numbers are not."""
    return len(_AMOUNT.findall(_TAG.sub(" ", table)))


def names_year(text: str) -> bool:
    """Whether ``text`` (of a table: its heading, introduction or first rows) says of which year it is."""
    return _YEAR.search(_TAG.sub(" ", text)) is not None


def _add(counts: Counter[str], words: Iterable[str], weight: int) -> None:
    for word in words:
        counts[word] += weight


def sketch(text: str, blocks: Sequence[Block]) -> NDArray[np.uint32]:
    """The ``SKETCH_SIZE`` smallest hashes of the document's longer blocks, ascending; the largest value
    of uint32 fills up a short one."""
    hashes = {
        crc32(text[block.start : block.end].strip().encode("utf-8", "replace"))
        for block in blocks
        if block.end - block.start >= _SKETCH_SHORTEST
    }
    smallest = np.full(SKETCH_SIZE, np.iinfo(np.uint32).max, dtype=np.uint32)
    kept = sorted(hashes)[:SKETCH_SIZE]
    smallest[: len(kept)] = kept
    return smallest


def is_near_duplicate(one: NDArray[np.uint32], other: NDArray[np.uint32]) -> bool:
    """Whether two sketches share half of the hashes that the smaller one has."""
    mine, theirs = (values[values < np.iinfo(np.uint32).max] for values in (one, other))
    shared = len(np.intersect1d(mine, theirs, assume_unique=True))
    return 2 * shared >= max(1, min(len(mine), len(theirs)))


@dataclass(frozen=True, slots=True)
class TermIndex:
    """A documents × buckets matrix with rows of length 1, by rows and by columns.

    Row ``i`` is ``columns[row_starts[i]:row_starts[i + 1]]`` with ``weights``; column ``c`` is held by
    ``holders[column_starts[c]:column_starts[c + 1]]`` with ``holder_weights``. ``idf`` is per bucket.
    """

    row_starts: Ints
    columns: NDArray[np.int32]
    weights: Floats
    column_starts: Ints
    holders: NDArray[np.int32]
    holder_weights: Floats
    idf: Floats

    @property
    def n_documents(self) -> int:
        """Rows."""
        return len(self.row_starts) - 1


def index_terms(documents: Sequence[TermCounts]) -> TermIndex:
    """The tf-idf matrix of ``documents`` with sublinear term frequency."""
    held_by = np.zeros(BUCKETS, dtype=np.int64)
    for terms in documents:
        held_by[terms.columns] += 1
    idf = np.log((1 + len(documents)) / (1 + held_by)).astype(np.float32)
    rows = list(_rows(documents, idf))
    lengths = np.array([len(columns) for columns, _ in rows], dtype=np.int64)
    columns = np.concatenate([np.zeros(0, dtype=np.int32), *(columns for columns, _ in rows)])
    weights = np.concatenate([np.zeros(0, dtype=np.float32), *(weights for _, weights in rows)])
    order = np.argsort(columns, kind="stable")
    owners = np.repeat(np.arange(len(rows), dtype=np.int32), lengths)
    per_column = np.bincount(columns, minlength=BUCKETS)
    return TermIndex(
        row_starts=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        columns=columns,
        weights=weights,
        column_starts=np.concatenate([[0], np.cumsum(per_column)]).astype(np.int64),
        holders=owners[order],
        holder_weights=weights[order],
        idf=idf,
    )


def _rows(documents: Sequence[TermCounts], idf: Floats) -> Iterator[TermCounts]:
    for columns, counts in documents:
        weights = (1 + np.log(counts)) * idf[columns]
        if len(weights) > TERMS_KEPT:
            kept = np.sort(np.argsort(-weights, kind="stable")[:TERMS_KEPT])
            columns, weights = columns[kept], weights[kept]
        length = float(np.linalg.norm(weights))
        yield TermCounts(columns, (weights / length if length else weights).astype(np.float32))


def score_similar(index: TermIndex, row: int) -> Floats:
    """Cosine of every document with document ``row``, as one array over the pool."""
    scores = np.zeros(index.n_documents, dtype=np.float32)
    here = slice(int(index.row_starts[row]), int(index.row_starts[row + 1]))
    columns = index.columns[here]
    begins, stops = index.column_starts[columns].tolist(), index.column_starts[columns + 1].tolist()
    for begin, stop, weight in zip(begins, stops, index.weights[here], strict=True):
        scores[index.holders[begin:stop]] += weight * index.holder_weights[begin:stop]
    return scores
