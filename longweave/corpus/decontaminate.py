"""Overlap of documents, or of posed questions, with question sets that must stay unseen.

In: question sets (JSON lines) and texts. Out: for a text that shares ``ngram_words`` words in a row with a
    set, where: the matched characters of the text, the set, its file, row and column. A question shorter than
    that counts if the text holds all of it. The sets are held as sorted 64-bit hashes, 12 bytes per run of
    words.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from longweave.corpus.readers.files import SourceFile, list_files
from longweave.corpus.readers.jsonl import read_jsonl
from longweave.corpus.rejected import Rejected, UnusableInput
from longweave.corpus.settings import DecontaminationSettings, QuestionSet, ReadLimits, SourceSettings
from longweave.corpus.words import Hashes, Words, hash_runs, hash_words


@dataclass(frozen=True, slots=True)
class QuestionText:
    """One column of one row of a question set."""

    set_name: str
    file: str
    row_id: str
    field: str
    text: str


@dataclass(frozen=True, slots=True)
class Match:
    """A stretch ``[start, end)`` of a text that also stands in a question set; ``quote`` is what it says."""

    set_name: str
    file: str
    row_id: str
    field: str
    start: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True)
class _Runs:
    """Runs of one length: hashes ascending, and for each the number of a question text that holds it."""

    n_words: int
    hashes: Hashes
    owners: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class QuestionIndex:
    """All that is compared with; made by ``index_questions``. ``too_short`` counts texts of too few words to
    compare."""

    origins: tuple[tuple[str, str, str, str], ...]
    runs: tuple[_Runs, ...]
    too_short: int


def read_questions(question_set: QuestionSet, limits: ReadLimits) -> Iterator[QuestionText | Rejected]:
    """The texts of ``question_set``, column by column; lists of texts give one each.

    Raises:
        InputError: A path of the set names nothing.
    """
    source = SourceSettings(name=question_set.name, format="jsonl", paths=question_set.paths)
    for file in list_files(source):
        try:
            yield from _read_file(file, question_set, limits)
        except UnusableInput as unusable:
            yield unusable.at(file.name)


def _read_file(
    file: SourceFile, question_set: QuestionSet, limits: ReadLimits
) -> Iterator[QuestionText | Rejected]:
    for item in read_jsonl(file, limits):
        if isinstance(item, Rejected):
            yield item
            continue
        where, row = item
        row_id = row.get(question_set.id_field)
        shown_id = str(row_id) if isinstance(row_id, str | int) else where.rpartition(":")[2]
        texts = list(_texts_of(row, question_set.fields))
        if not texts:
            yield Rejected(where, "missing_field", f"no text in {', '.join(question_set.fields)}")
        for field, text in texts:
            yield QuestionText(question_set.name, file.name, shown_id, field, text)


def _texts_of(row: Mapping[str, Any], fields: Sequence[str]) -> Iterator[tuple[str, str]]:
    for field in fields:
        value = row.get(field)
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, str) and text.strip():
                yield field, text
            elif isinstance(text, int | float) and not isinstance(text, bool):
                yield field, str(text)


def index_questions(texts: Iterable[QuestionText], settings: DecontaminationSettings) -> QuestionIndex:
    """The runs of words of ``texts``, without stock phrases (more than ``max_rows_per_ngram`` rows hold
    them)."""
    origins: list[tuple[str, str, str, str]] = []
    row_of: list[int] = []
    rows: dict[tuple[str, str, str], int] = {}
    parts: dict[int, list[tuple[Hashes, int]]] = {}
    too_short = 0
    for text in texts:
        words = hash_words(text.text).hashes
        if len(words) < settings.min_words:
            too_short += 1
            continue
        n_words = min(len(words), settings.ngram_words)
        parts.setdefault(n_words, []).append((np.unique(hash_runs(words, n_words)), len(origins)))
        row_of.append(rows.setdefault((text.set_name, text.file, text.row_id), len(rows)))
        origins.append((text.set_name, text.file, text.row_id, text.field))
    numbers = np.array(row_of, dtype=np.int32)
    runs = (
        _join_runs(n_words, parts[n_words], numbers, settings.max_rows_per_ngram) for n_words in sorted(parts)
    )
    return QuestionIndex(tuple(origins), tuple(runs), too_short)


def _join_runs(
    n_words: int, parts: list[tuple[Hashes, int]], row_of: NDArray[np.int32], max_rows: int
) -> _Runs:
    hashes = np.concatenate([part for part, _ in parts])
    owners = np.repeat(np.array([owner for _, owner in parts], np.int32), [len(part) for part, _ in parts])
    order = np.argsort(hashes, kind="stable")
    hashes, owners = hashes[order], owners[order]
    distinct, firsts = np.unique(hashes, return_index=True)
    groups = np.repeat(np.arange(len(distinct)), np.diff(np.append(firsts, len(hashes))))
    pairs = np.unique(groups * np.int64(len(row_of)) + row_of[owners])
    rare = np.bincount(pairs // len(row_of), minlength=len(distinct)) <= max_rows
    return _Runs(n_words, distinct[rare], owners[firsts[rare]])


def find_contamination(text: str, index: QuestionIndex) -> list[Match]:
    """Every stretch of ``text`` (a document, or a question made from one) that ``index`` holds, by position.

    Runs that follow on each other and stem from the same text of the set make one match.
    """
    words = hash_words(text)
    matches = [match for runs in index.runs for match in _match_runs(text, words, runs, index)]
    return sorted(
        matches, key=lambda match: (match.start, -match.end, match.set_name, match.row_id, match.field)
    )


def _match_runs(text: str, words: Words, runs: _Runs, index: QuestionIndex) -> Iterator[Match]:
    hashes = hash_runs(words.hashes, runs.n_words)
    if not len(hashes) or not len(runs.hashes):
        return
    found = np.minimum(np.searchsorted(runs.hashes, hashes), len(runs.hashes) - 1)
    hits = np.flatnonzero(runs.hashes[found] == hashes)
    if not len(hits):
        return
    owners = runs.owners[found[hits]]
    breaks = np.flatnonzero((np.diff(hits) > 1) | (np.diff(owners) != 0)) + 1
    for first, last in zip(np.append(0, breaks), np.append(breaks, len(hits)) - 1, strict=True):
        start = int(words.starts[hits[first]])
        end = int(words.ends[hits[last] + runs.n_words - 1])
        yield Match(*index.origins[int(owners[first])], start, end, text[start:end])
