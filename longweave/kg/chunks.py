"""Which parts of the documents are read for facts, when there is more than can be paid for.

A chunk is a run of whole blocks of running text; tables are not read here. ``choose_chunks`` takes those that
are likely to join documents: they name things which other documents name as well, and not too many others do.
"""

import heapq
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from longweave.synth.blocks import Block
from longweave.synth.records import Document
from longweave.synth.runs import cut_runs

_NAME = re.compile(
    r"(?<![.!?:]\s)(?<![.!?:]\s\s)(?<!^)\b[A-Z][\w’'&-]+"
    r"(?:[ \n](?:(?:of|the|and|for|de|von)[ \n]){0,2}[A-Z][\w’'&-]+)*",
    re.MULTILINE,
)
_NO_THING = re.compile(
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December"
    r"|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|(?=.* )[^a-z]*|.{60}.*)$"
)
_DATE = re.compile(
    r"\b(?:January|February|March|April|May|June|July|August|September|October|November|December)"
    r"(?: \d{1,2},?)? (?:1[5-9]|20)\d\d\b|\b(?:in|since|of|by|until) (?:1[5-9]|20)\d\d\b"
)
_DATE_WORTH, _DATES_COUNTED = 0.5, 8
_COMMON_SHARE = 0.25
_ALONE = 0.3
_ENOUGH = 3


@dataclass(frozen=True, slots=True)
class Chunk:
    """Characters ``[start, end)`` of a document; ``names`` are those of things that it may speak of, and so
    many dates are in it."""

    doc_id: str
    start: int
    end: int
    names: tuple[str, ...] = ()
    n_dates: int = 0


def cut_chunks(document: Document, blocks: Sequence[Block], max_tokens: int) -> Iterator[Chunk]:
    """The running text of ``document`` in order, in chunks of at most about ``max_tokens``.

    A block that is longer alone is cut at the ends of sentences.
    """
    for run in cut_runs(document, blocks, max_tokens):
        text = document.text[run.start : run.end]
        n_dates = len(set(_DATE.findall(text)))
        yield Chunk(document.doc_id, run.start, run.end, find_names(text), n_dates)


def choose_chunks(chunks: Sequence[Chunk], most: int | None) -> list[Chunk]:
    """At most ``most`` of ``chunks``, in their order; all of them without a limit.

    Greedy: a name counts by how few documents have it, in full once a chunk of another document with it is
    taken, and no more after a few; one that a single document has does not count, nor do those of a quarter
    of all documents. Names that always come together, as in a repeated notice, count as one; and names among
    dates count more, since what happened is told there.
    """
    if most is None or len(chunks) <= most:
        return list(chunks)
    weights = _weigh_names(chunks)
    taken: dict[str, Counter[str]] = defaultdict(Counter)

    def gain(chunk: Chunk) -> float:
        names = (name for name in chunk.names if name in weights)
        told = 1 + _DATE_WORTH * min(chunk.n_dates, _DATES_COUNTED)
        return told * sum(_worth(weights[name], taken[name], chunk.doc_id) for name in names)

    # What a chunk is worth may rise when others are taken: so it is asked again after each round, and chosen
    # in rounds, the best of every document at a time.
    chosen: set[int] = set()
    while len(chosen) < most:
        best: dict[str, tuple[float, int]] = {}
        for number, chunk in enumerate(chunks):
            if number not in chosen:
                best[chunk.doc_id] = max(best.get(chunk.doc_id, (0.0, 0)), (gain(chunk), -number))
        worthy = [(worth, -minus) for worth, minus in best.values() if worth > 0]
        if not worthy:
            break
        for _, number in heapq.nlargest(min(most - len(chosen), max(1, len(worthy) // 4)), worthy):
            chosen.add(number)
            for name in chunks[number].names:
                taken[name][chunks[number].doc_id] += 1
    return [chunks[number] for number in sorted(chosen)]


def find_names(text: str) -> tuple[str, ...]:
    """Capitalised names in ``text`` that do not just begin a sentence, each once, sorted."""
    found = (" ".join(match.group().split()) for match in _NAME.finditer(text))
    names = {re.sub(r"[’']s$", "", name) for name in found}
    return tuple(sorted(name for name in names if len(name) > 3 and not _NO_THING.match(name)))


def _weigh_names(chunks: Iterable[Chunk]) -> dict[str, float]:
    holders: dict[str, set[str]] = defaultdict(set)
    documents = set()
    for chunk in chunks:
        documents.add(chunk.doc_id)
        for name in chunk.names:
            holders[name].add(chunk.doc_id)
    most = max(2, int(len(documents) * _COMMON_SHARE))
    together = Counter(frozenset(held) for held in holders.values())
    return {
        name: math.log(1 + len(documents) / len(held)) / together[frozenset(held)]
        for name, held in holders.items()
        if 2 <= len(held) <= most
    }


def _worth(weight: float, taken: Counter[str], doc_id: str) -> float:
    others = sum(count for other, count in taken.items() if other != doc_id)
    if taken[doc_id] or others >= _ENOUGH:
        return 0.0
    return weight if others else weight * _ALONE
