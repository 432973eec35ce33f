"""The documents that a candidate needs, and how the room for them is shared out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from longweave.synth.excerpt import OPENING_TOKENS, Excerpt, Outline, cut_excerpt, cut_smallest, show_whole
from longweave.synth.pool import DistractorPool
from longweave.synth.records import Candidate, Dropped, Evidence


@dataclass(frozen=True, slots=True)
class NeededDocument:
    """A document that a candidate needs.

    ``spans`` are all that must be shown of it (evidence and support), ``evidence`` the evidence alone.
    ``smallest`` are the tokens of its smallest excerpt, ``least`` those of it with no more of the document's
    opening than the first block.
    """

    number: int
    title: str
    outline: Outline
    spans: tuple[tuple[int, int], ...]
    evidence: tuple[tuple[int, int], ...]
    smallest: int
    least: int


def find_needed(candidate: Candidate, pool: DistractorPool) -> list[NeededDocument] | Dropped:
    """The candidate's documents as it names them, or ``document_missing`` / ``evidence_mismatch``."""
    needed: list[NeededDocument] = []
    everything = [*candidate.evidence, *candidate.support]
    ids = list(dict.fromkeys([*candidate.doc_ids, *(span.doc_id for span in everything)]))
    for doc_id in ids:
        number = pool.number.get(doc_id)
        if number is None:
            return Dropped(reason="document_missing", detail=f"{doc_id} is not in the pool")
        own = [span for span in everything if span.doc_id == doc_id]
        wrong = _find_mismatch(own, pool, number)
        if wrong is not None:
            return wrong
        outline = pool.outline(number)
        spans = tuple((span.start, span.end) for span in own)
        needed.append(
            NeededDocument(
                number=number,
                title=pool.entries[number].title,
                outline=outline,
                spans=spans,
                evidence=tuple((s.start, s.end) for s in candidate.evidence if s.doc_id == doc_id),
                smallest=_count_smallest(outline, spans, OPENING_TOKENS),
                least=_count_smallest(outline, spans, opening_tokens=0),
            )
        )
    return needed


def _find_mismatch(spans: Sequence[Evidence], pool: DistractorPool, number: int) -> Dropped | None:
    outline = pool.outline(number)
    for span in spans:
        inside = outline.blocks[0].start <= span.start < span.end <= outline.blocks[-1].end
        if inside:
            touched = outline.blocks_of((span.start, span.end))
            offset = span.start - outline.blocks[touched.start].start
            shown = pool.text(number, touched.start, touched.stop)
        if not inside or shown[offset : offset + len(span.quote)] != span.quote:
            where = f"{span.doc_id} [{span.start}, {span.end})"
            return Dropped(reason="evidence_mismatch", detail=f"{where} does not read {span.quote[:60]!r}")
    return None


def _count_smallest(outline: Outline, spans: Sequence[tuple[int, int]], opening_tokens: int) -> int:
    smallest = cut_smallest(outline, spans, outline.n_tokens, opening_tokens)
    return smallest.n_tokens if smallest is not None else outline.n_tokens


def allot_needed(
    needed: Sequence[NeededDocument], room: int, share: int, rng: np.random.Generator
) -> list[Excerpt] | Dropped:
    """What is shown of each document: all of them whole if that fits ``room``, else excerpts that together
    take at most ``share`` tokens. Only evidence can make it more, and then they are the smallest that hold
    it; the openings of the documents give way before that.

    ``evidence_exceeds_target`` if that is more than ``room``.
    """
    if sum(document.outline.n_tokens for document in needed) <= room:
        return [show_whole(document.outline) for document in needed]
    floors = [document.smallest for document in needed]
    if sum(floors) > share:
        floors = [document.least for document in needed]
    if sum(floors) > room:
        return Dropped(
            reason="evidence_exceeds_target", detail=f"{sum(floors)} tokens needed, {max(room, 0)} left"
        )
    whole = [document.outline.n_tokens for document in needed]
    sizes = _spread(floors, whole, max(share, sum(floors)))
    excerpts = [
        cut_excerpt(document.outline, document.spans, size, rng)
        for document, size in zip(needed, sizes, strict=True)
    ]
    return [excerpt for excerpt in excerpts if excerpt is not None]


def _spread(floors: Sequence[int], ceilings: Sequence[int], total: int) -> list[int]:
    """Equal shares, but each between its floor and its ceiling, as large as ``total`` allows."""

    def at(level: int) -> list[int]:
        return [min(max(level, low), high) for low, high in zip(floors, ceilings, strict=True)]

    low, high = 0, max(total, 1)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if sum(at(middle)) <= total else (low, middle - 1)
    return at(low)
