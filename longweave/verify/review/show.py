"""A sample as the page gets it: JSON values of plain text, and its context in windows.

Offsets stay on this side: a page counts characters in another way than Python does, so it is given text cut
at the ends of evidence.
"""

import json
from dataclasses import asdict
from typing import Any

from longweave.synth.records import Sample
from longweave.verify.report.sample_card import Limits, make_card
from longweave.verify.review.shelf import ShelvedSample

WINDOW = 60_000
"""Characters of a document that are sent at a time."""

_LIMITS = Limits(
    text=100_000,
    proof=400_000,
    rows=1_000,
    columns=64,
    evidence=400,
    trials=1_000,
    answers=64,
    checks=200,
    pieces=2_000,
)


def show_sample(shelved: ShelvedSample) -> dict[str, Any]:
    """All of a sample but its context."""
    sample = shelved.sample
    card = asdict(make_card(sample, _LIMITS))
    numbers = _evidence_by_piece(sample)
    card["reasoning"] = _indent(card["reasoning"])
    card["detail"] = shelved.detail
    card["domain"] = sample.domain
    card["checks"] = [check.model_dump() for check in sample.checks[: _LIMITS.checks]]
    card["documents"] = [
        {
            "number": number,
            "title": piece.title,
            "role": piece.role,
            "n_tokens": piece.n_tokens,
            "excerpt": len(piece.doc_spans) > 1,
            "needed": piece.doc_id in sample.doc_ids,
            "evidence": numbers.get(number, []),
        }
        for number, piece in enumerate(sample.context, start=1)
    ]
    return card


def show_window(
    sample: Sample, number: int, start: int = 0, before: int | None = None, evidence: int | None = None
) -> dict[str, Any]:
    """A window of the ``number``-th document (from 1) as the prompt shows it: from character ``start`` of it,
    or what stands ``before`` one, or around the ``evidence``-th piece of evidence of the sample (from 0).

    ``parts`` are its texts, each with the number of the evidence that it is, or None.

    Raises:
        LookupError: There is no such document or evidence.
    """
    if not 1 <= number <= len(sample.context):
        raise LookupError(f"no document {number}")
    piece, message = sample.context[number - 1], sample.prompt[-1].content
    first, last = piece.context_start, piece.context_end
    if evidence is not None:
        if not 0 <= evidence < len(sample.positions):
            raise LookupError(f"no evidence {evidence}")
        start = sample.positions[evidence].start - first - WINDOW // 2
    if before is not None:
        start = before - WINDOW
    begin = min(first + max(start, 0), last)
    end = min(begin + WINDOW, last if before is None else max(first + before, begin))
    return {
        "start": begin - first,
        "end": end - first,
        "total": last - first,
        "parts": _cut(sample, message, begin, end),
    }


def _cut(sample: Sample, message: str, begin: int, end: int) -> list[dict[str, Any]]:
    inside = sorted(
        (max(position.start, begin), min(position.end, end), number)
        for number, position in enumerate(sample.positions)
        if position.start < end and position.end > begin
    )
    parts: list[dict[str, Any]] = []
    at = begin
    for start, stop, number in inside:
        if stop <= at:
            continue
        if start > at:
            parts.append({"text": message[at:start], "evidence": None})
        parts.append({"text": message[max(start, at) : stop], "evidence": number})
        at = stop
    if at < end:
        parts.append({"text": message[at:end], "evidence": None})
    return parts


def _evidence_by_piece(sample: Sample) -> dict[int, list[int]]:
    """The numbers of the evidence that lies in each document."""
    found: dict[int, list[int]] = {}
    for number, piece in enumerate(sample.context, start=1):
        for place, position in enumerate(sample.positions):
            if piece.context_start <= position.start < piece.context_end:
                found.setdefault(number, []).append(place)
    return found


def _indent(reasoning: str) -> str:
    try:
        return json.dumps(json.loads(reasoning), indent=2, ensure_ascii=False) if reasoning else ""
    except ValueError:
        return reasoning
