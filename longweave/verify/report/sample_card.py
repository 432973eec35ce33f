"""One sample as the report shows it: question, answer, its proof, what models answered, and where the
evidence lies in the context.

In: a ``Sample``. Out: a ``SampleCard`` of short plain strings and shares (0…100) of the message; nothing is
escaped yet.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from longweave.synth.records import Piece, PieceRole, Sample, Trial
from longweave.verify.report.charts import shorten, spaced
from longweave.verify.report.passage import Passage, cut_passage
from longweave.verify.report.trials import KIND_NAMES

_TITLE, _CELL = 140, 80


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a sample is shown: at most so many characters of a text and of a proof, and so many items
    of each kind."""

    text: int = 2_000
    proof: int = 6_000
    rows: int = 24
    columns: int = 16
    evidence: int = 12
    trials: int = 24
    answers: int = 4
    checks: int = 24
    pieces: int = 80


FOR_REPORT = Limits()

_NOT_FOR_PEOPLE = frozenset({"fact_id", "doc_id", "start", "end", "table", "row", "cell"})


@dataclass(frozen=True, slots=True)
class ShownPiece:
    """A document in the strip of the context: ``left`` and ``width`` in percent of the message. In a context
    of very many documents, one may stand for neighbours of the same role: ``number`` is then ``4–9``."""

    number: str
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
class ShownTrial:
    """``passes`` of ``n`` answers were right; ``solved`` says pass@k with its interval; ``answers`` are the
    most frequent ones with how often they were given. ``version`` says what was shown, ``depth`` is in
    percent."""

    version: str
    model: str
    length: int
    depth: str
    passes: int
    n: int
    solved: str
    answers: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class ShownStep:
    """A thing on the path of a multi-hop question, and the relation that joins it to the next one:
    ``forward`` if it is read in this order. ``document`` states it (by number; 0 for one that is not shown).
    The last step has no relation."""

    name: str
    type: str
    relation: str = ""
    forward: bool = True
    document: int = 0


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
    n_pieces: int
    pieces: tuple[ShownPiece, ...]
    evidence: tuple[ShownEvidence, ...]
    evidence_left_out: int
    path: tuple[ShownStep, ...]
    sql: str
    read_rows: RowTable | None
    reasoning: str
    checks: tuple[str, ...]
    trials: tuple[ShownTrial, ...]
    trials_left_out: int
    difficulty: float | None

    @property
    def in_contexts(self) -> bool:
        """Whether a trial says how long its context was."""
        return any(trial.length for trial in self.trials)


def make_card(sample: Sample, limits: Limits = FOR_REPORT) -> SampleCard:
    """The card of ``sample``, within ``limits``."""
    proof = _load(sample.reasoning)
    sql = proof.get("sql")
    rows = proof.get("rows")
    read_rows = _table_of(rows, sample, limits) if isinstance(rows, list) else None
    path = _read_path(proof.get("path"), sample, limits)
    return SampleCard(
        sample_id=shorten(sample.sample_id, _CELL),
        maker=shorten(sample.maker, _CELL),
        task=sample.task,
        question_type=shorten(sample.question_type, _CELL),
        question=shorten(sample.question, limits.text),
        answer=shorten(sample.answer, limits.text),
        unit=shorten(sample.unit or "", _CELL),
        target_tokens=sample.target_tokens,
        n_prompt_tokens=sample.n_prompt_tokens,
        n_pieces=len(sample.context),
        pieces=tuple(_pieces_of(sample, limits.pieces)),
        evidence=tuple(_evidence_of(sample, rows if isinstance(rows, list) else [], limits.evidence)),
        evidence_left_out=max(0, len(sample.positions) - limits.evidence),
        path=path,
        sql=shorten(sql, limits.proof) if isinstance(sql, str) else "",
        read_rows=read_rows,
        reasoning="" if (sql and read_rows) or path else shorten(sample.reasoning, limits.proof),
        checks=tuple(shorten(c.name, _CELL) for c in sample.checks if c.passed and c.k)[: limits.checks],
        trials=tuple(_show_trials(sample, limits.answers)[: limits.trials]),
        trials_left_out=max(0, len(sample.trials) - limits.trials),
        difficulty=sample.difficulty,
    )


def _show_trials(sample: Sample, n_answers: int) -> list[ShownTrial]:
    """All trials of ``sample``: by kind, then by length and depth."""
    order = list(KIND_NAMES)
    numbers = {piece.doc_id: n for n, piece in enumerate(sample.context, start=1)}
    trials = sorted(
        sample.trials, key=lambda t: (order.index(t.check), t.model, t.stage, t.target_tokens, t.depth or 0.0)
    )
    return [_show_trial(trial, numbers, n_answers) for trial in trials]


def _show_trial(trial: Trial, numbers: Mapping[str, int], n_answers: int) -> ShownTrial:
    version = KIND_NAMES[trial.check]
    if trial.left_out:
        version = f"document {numbers.get(trial.left_out) or trial.left_out} left out"
    if trial.stage:
        version = f"{version} ({spaced(trial.stage)})"
    given = Counter(answer.strip() or "(nothing)" for answer in trial.answers)
    return ShownTrial(
        version=shorten(version, _CELL),
        model=shorten(trial.model, _CELL),
        length=trial.target_tokens,
        depth="" if trial.depth is None else f"{100 * trial.depth:.0f}%",
        passes=trial.passes,
        n=trial.n,
        solved=f"pass@{trial.k} {trial.pass_at_k:.2f} ({trial.low:.2f}–{trial.high:.2f})" if trial.n else "",
        answers=tuple((shorten(answer, _CELL), count) for answer, count in given.most_common(n_answers)),
    )


def _pieces_of(sample: Sample, most: int) -> list[ShownPiece]:
    total = max(1, len(sample.prompt[-1].content))
    return [
        ShownPiece(
            number=str(first) if len(group) == 1 else f"{first}–{first + len(group) - 1}",
            title=shorten(group[0].title, _TITLE) if len(group) == 1 else f"{len(group)} documents",
            role=group[0].role,
            left=round(100 * group[0].context_start / total, 2),
            width=round(100 * (group[-1].context_end - group[0].context_start) / total, 2),
            n_tokens=sum(piece.n_tokens for piece in group),
            excerpt=any(len(piece.doc_spans) > 1 for piece in group),
        )
        for first, group in _strip_of(sample.context, most)
    ]


def _strip_of(context: Sequence[Piece], most: int) -> Iterator[tuple[int, list[Piece]]]:
    """The pieces with their numbers; from ``most`` on, padding neighbours of the same role are put
    together so that about ``most`` are left."""
    together = -(-len(context) // most)
    number = 1
    for role, run in groupby(context, key=lambda piece: piece.role):
        pieces = list(run)
        size = 1 if role == "needed" else together
        for at in range(0, len(pieces), size):
            group = pieces[at : at + size]
            yield number, group
            number += len(group)


def _evidence_of(sample: Sample, rows: Sequence[Any], most: int) -> list[ShownEvidence]:
    message = sample.prompt[-1].content
    numbers = {piece.doc_id: (n, piece) for n, piece in enumerate(sample.context, start=1)}
    places = {(row.get("doc_id"), row.get("start")): _place_of(row) for row in rows if isinstance(row, dict)}
    shown = []
    for evidence, position in list(zip(sample.evidence, sample.positions, strict=False))[:most]:
        if position.doc_id not in numbers:  # a sample that was dropped for it
            continue
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


def _table_of(rows: Sequence[Any], sample: Sample, limits: Limits) -> RowTable | None:
    numbers = {piece.doc_id: str(n) for n, piece in enumerate(sample.context, start=1)}
    dicts = [row for row in rows if isinstance(row, dict)]
    names = list(dict.fromkeys(name for row in dicts for name in row if name not in _NOT_FOR_PEOPLE))
    if not dicts:
        return None
    names = names[: limits.columns]
    return RowTable(
        columns=("document", "place", *(shorten(name.replace("_", " "), _CELL) for name in names)),
        rows=tuple(
            (
                numbers.get(str(row.get("doc_id")), ""),
                _place_of(row),
                *(_say(row.get(name)) for name in names),
            )
            for row in dicts[: limits.rows]
        ),
        left_out=max(0, len(dicts) - limits.rows),
    )


def _say(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return f"{value:,.0f}"
    if isinstance(value, float):
        return f"{value:,}"
    return shorten(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False), _CELL)


def _read_path(path: object, sample: Sample, limits: Limits) -> tuple[ShownStep, ...]:
    """The steps of a path as a maker writes it, ``{"nodes": [{"name", "type"}], "hops": [{"relation",
    "forward", "doc_id"}]}`` with one hop fewer than nodes; none if it is anything else."""
    numbers = {piece.doc_id: number for number, piece in enumerate(sample.context, start=1)}
    try:
        nodes, hops = path["nodes"], [*path["hops"], {}]  # type: ignore[index]
        return tuple(
            ShownStep(
                shorten(str(node["name"]), _TITLE),
                shorten(str(node["type"]), _CELL),
                shorten(str(hop.get("relation", "")), _TITLE),
                hop.get("forward") is not False,
                numbers.get(hop.get("doc_id"), 0),
            )
            for node, hop in zip(nodes[: limits.rows], hops, strict=False)
        )
    except (TypeError, KeyError, AttributeError):
        return ()


def _load(reasoning: str) -> dict[str, Any]:
    """The proof as an object; empty when it is a transcript or anything else."""
    try:
        proof = json.loads(reasoning)
    except ValueError:
        return {}
    return proof if isinstance(proof, dict) else {}
