"""One sample as the report shows it: question, answer, its proof, and where the evidence lies in the context.

In: a ``Sample``. Out: a ``SampleCard`` of short plain strings and shares (0…100) of the message; nothing is
escaped yet.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from longweave.synth.records import PieceRole, Sample
from longweave.verify.report.passage import Passage, cut_passage

_TITLE, _TEXT, _CELL, _SQL = 140, 2_000, 80, 6_000
_ROWS, _EVIDENCE = 24, 24
_NOT_FOR_PEOPLE = frozenset({"fact_id", "doc_id", "start", "end", "table", "row", "cell"})


@dataclass(frozen=True, slots=True)
class ShownPiece:
    """A document in the strip of the context: ``left`` and ``width`` in percent of the message."""

    number: int
    title: str
    role: PieceRole
    left: float
    width: float
    n_tokens: int
    excerpt: bool


@dataclass(frozen=True, slots=True)
class ShownEvidence:
    """A piece of evidence: which document (by number), which cell, and at which depth in percent."""

    document: int
    title: str
    place: str
    depth: float
    passage: Passage


@dataclass(frozen=True, slots=True)
class RowTable:
    """The rows that a query read; every row has as many cells as ``columns``."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    left_out: int


@dataclass(frozen=True, slots=True)
class SampleCard:
    """What a person needs to judge one sample."""

    sample_id: str
    maker: str
    task: str
    question_type: str
    question: str
    answer: str
    unit: str
    target_tokens: int
    n_prompt_tokens: int
    pieces: tuple[ShownPiece, ...]
    evidence: tuple[ShownEvidence, ...]
    evidence_left_out: int
    sql: str
    read_rows: RowTable | None
    reasoning: str
    checks: tuple[str, ...]


def make_card(sample: Sample) -> SampleCard:
    """The card of ``sample``."""
    proof = _load(sample.reasoning)
    sql = proof.get("sql")
    rows = proof.get("rows")
    read_rows = _table_of(rows, sample) if isinstance(rows, list) else None
    return SampleCard(
        sample_id=shorten(sample.sample_id, _CELL),
        maker=shorten(sample.maker, _CELL),
        task=sample.task,
        question_type=shorten(sample.question_type, _CELL),
        question=shorten(sample.question, _TEXT),
        answer=shorten(sample.answer, _TEXT),
        unit=shorten(sample.unit or "", _CELL),
        target_tokens=sample.target_tokens,
        n_prompt_tokens=sample.n_prompt_tokens,
        pieces=tuple(_pieces_of(sample)),
        evidence=tuple(_evidence_of(sample, rows if isinstance(rows, list) else [])),
        evidence_left_out=max(0, len(sample.positions) - _EVIDENCE),
        sql=shorten(sql, _SQL) if isinstance(sql, str) else "",
        read_rows=read_rows,
        reasoning="" if sql and read_rows else shorten(sample.reasoning, _TEXT),
        checks=tuple(shorten(check.name, _CELL) for check in sample.checks if check.passed),
    )


def shorten(text: str, length: int) -> str:
    """At most ``length`` characters of ``text``, the last one an ellipsis if it is longer."""
    return text if len(text) <= length else text[: length - 1] + "…"


def _pieces_of(sample: Sample) -> list[ShownPiece]:
    total = max(1, len(sample.prompt[-1].content))
    return [
        ShownPiece(
            number=number,
            title=shorten(piece.title, _TITLE),
            role=piece.role,
            left=round(100 * piece.context_start / total, 2),
            width=round(100 * (piece.context_end - piece.context_start) / total, 2),
            n_tokens=piece.n_tokens,
            excerpt=len(piece.doc_spans) > 1,
        )
        for number, piece in enumerate(sample.context, start=1)
    ]


def _evidence_of(sample: Sample, rows: Sequence[Any]) -> list[ShownEvidence]:
    message = sample.prompt[-1].content
    numbers = {piece.doc_id: (n, piece) for n, piece in enumerate(sample.context, start=1)}
    places = {(row.get("doc_id"), row.get("start")): _place_of(row) for row in rows if isinstance(row, dict)}
    shown = []
    for evidence, position in list(zip(sample.evidence, sample.positions, strict=False))[:_EVIDENCE]:
        number, piece = numbers[position.doc_id]
        shown.append(
            ShownEvidence(
                document=number,
                title=shorten(piece.title, _TITLE),
                place=places.get((evidence.doc_id, evidence.start), ""),
                depth=round(100 * position.depth, 1),
                passage=cut_passage(
                    message, position.start, position.end, piece.context_start, piece.context_end
                ),
            )
        )
    return shown


def _place_of(row: Mapping[str, Any]) -> str:
    """Where a row of the proof was read; tables, rows and cells are counted from 1 for people."""
    parts = [f"{name} {row[name] + 1}" for name in ("table", "row", "cell") if isinstance(row.get(name), int)]
    return ", ".join(parts)


def _table_of(rows: Sequence[Any], sample: Sample) -> RowTable | None:
    numbers = {piece.doc_id: str(n) for n, piece in enumerate(sample.context, start=1)}
    dicts = [row for row in rows if isinstance(row, dict)]
    names = list(dict.fromkeys(name for row in dicts for name in row if name not in _NOT_FOR_PEOPLE))
    if not dicts:
        return None
    return RowTable(
        columns=("document", "place", *(shorten(name.replace("_", " "), _CELL) for name in names)),
        rows=tuple(
            (
                numbers.get(str(row.get("doc_id")), ""),
                _place_of(row),
                *(_say(row.get(name)) for name in names),
            )
            for row in dicts[:_ROWS]
        ),
        left_out=max(0, len(dicts) - _ROWS),
    )


def _say(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return f"{value:,.0f}"
    if isinstance(value, float):
        return f"{value:,}"
    return shorten(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False), _CELL)


def _load(reasoning: str) -> dict[str, Any]:
    """The proof as an object; empty when it is a transcript or anything else."""
    try:
        proof = json.loads(reasoning)
    except ValueError:
        return {}
    return proof if isinstance(proof, dict) else {}
