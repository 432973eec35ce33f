"""The records that pass between rooms, and their Arrow schemas.

A sample is traced through them: ``Document`` → ``Evidence`` (spans of documents) → ``Candidate``
(question and answer with evidence) → ``Sample`` (the assembled prompt). Ids are content hashes, so
the same input has the same ids. Nested values are stored in Parquet as Arrow lists and structs;
open-ended ones (``meta``, ``reasoning``, ``dims``) as canonical JSON text.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any, Literal, Self, TypeVar

import pyarrow as pa
from pydantic import BaseModel, ConfigDict

Domain = Literal["code", "academic", "professional", "general", "literature", "dialogue"]
Task = Literal["multiple_choice", "multi_hop", "reading_comprehension", "dialogue_memory", "numerical"]
AnswerKind = Literal["text", "number", "choice", "list", "ratio"]
PieceRole = Literal["needed", "hard", "random"]
TrialKind = Literal["closed_book", "needed_only", "without_document", "context", "policy"]


def content_id(*parts: object) -> str:
    """16 hexadecimal digits of a SHA-256 over the canonical JSON of ``parts``."""
    return hashlib.sha256(canonical_json(parts).encode()).hexdigest()[:16]


def canonical_json(value: object) -> str:
    """JSON with sorted keys and no spaces: equal values give equal text."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


class Record(BaseModel):
    """Immutable and closed: an unknown field is an error, not a silent loss."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Document(Record):
    """One document of the corpus. ``n_tokens`` is counted once, when the document is read."""

    doc_id: str
    title: str
    text: str
    domain: Domain
    source: str
    license: str
    n_tokens: int = 0
    meta: dict[str, Any] = {}


class Evidence(Record):
    """A verbatim span: ``quote == document.text[start:end]`` always holds."""

    doc_id: str
    start: int
    end: int
    quote: str

    @classmethod
    def of(cls, document: Document, start: int, end: int) -> Self:
        """The span ``[start, end)`` of ``document`` (character offsets)."""
        return cls(doc_id=document.doc_id, start=start, end=end, quote=document.text[start:end])


class Candidate(Record):
    """A question with its answer and its proof, not yet in a context.

    ``evidence`` are the spans that carry the answer; ``support`` are spans that they can only be read
    with (unit notes, titles, column headers, the cover page). ``reasoning`` is the maker's own record
    (path, SQL with its rows, or transcript) as canonical JSON: all that its prover needs. ``ordered`` says
    that the order of a list answer counts. ``prefix`` is what an answer of kind ratio must begin with.
    """

    sample_id: str
    maker: str
    task: Task
    question_type: str
    domain: Domain
    question: str
    answer: str
    answer_kind: AnswerKind
    ordered: bool = False
    tolerance: float | None = None
    unit: str | None = None
    prefix: str | None = None
    chance: float = 0.0
    evidence: list[Evidence]
    support: list[Evidence] = []
    doc_ids: list[str]
    reasoning: str
    seed: int
    model_fingerprint: str = ""
    prompt_fingerprint: str = ""


class Piece(Record):
    """A document, or an excerpt of it, as it stands in the prompt.

    ``doc_spans`` are the shown ``[start, end)`` character ranges of the document, in order; one range
    that covers the whole text for a whole document. ``context_start``/``context_end`` delimit the whole
    rendered piece (header and text) in the user message.
    """

    doc_id: str
    title: str
    role: PieceRole
    doc_spans: list[tuple[int, int]]
    context_start: int
    context_end: int
    n_tokens: int


class EvidencePosition(Record):
    """Where a piece of evidence lies in the user message; ``depth`` is its start over its length, 0…1."""

    doc_id: str
    start: int
    end: int
    depth: float


class Message(Record):
    """One chat message."""

    role: Literal["system", "user", "assistant"]
    content: str


class Dropped(Record):
    """Why a record is not passed on: a short ``reason`` that is counted, and what was seen. Filters, checks
    and provers return it, or None to keep."""

    reason: str
    detail: str = ""


class Check(Record):
    """The result of one check: its name, whether it held, out of how many tries, and details."""

    name: str
    passed: bool
    k: int = 1
    passes: int = 1
    detail: str = ""


class Trial(Record):
    """``n`` answers of a model to one version of a sample's prompt, of which ``passes`` were right.

    ``check`` says which version: without documents (``closed_book``), with the needed documents alone
    (``needed_only``) or all of them but one (``without_document``: ``left_out``), in a ``context`` of
    ``target_tokens``, or the shipped prompt to the ``policy`` that is to be trained. ``context_seed`` decided
    the context, ``depth`` is the mean depth of the evidence in it; ``stage`` is the training stage whose
    lengths held. ``by_judge`` of the passes the rule had not recognised; ``denied`` ones the judge did not
    confirm where it was asked as well. ``unjudged`` answers, beyond ``n``, could not be judged and count for
    nothing. ``mean_score`` is the mean reward, 0…1; ``pass_at_k`` estimates how probable it is that one of
    ``k`` answers is right, and lies between ``low`` and ``high`` with a confidence of 0.95.
    ``right`` says of each of the ``answers`` whether it was; None where that could not be judged.
    """

    check: TrialKind
    model: str
    n: int
    passes: int
    mean_score: float
    k: int = 1
    pass_at_k: float = 0.0
    low: float = 0.0
    high: float = 1.0
    target_tokens: int = 0
    depth: float | None = None
    left_out: str = ""
    context_seed: int = 0
    stage: str = ""
    by_judge: int = 0
    denied: int = 0
    unjudged: int = 0
    answers: list[str] = []
    right: list[bool | None] = []


class Sample(Candidate):
    """A candidate in its assembled context; ``n_prompt_tokens`` counts the whole prompt. ``difficulty`` is
    1 - the pass rate of the policy to be trained; None where it was not measured."""

    target_tokens: int
    n_prompt_tokens: int
    context: list[Piece]
    positions: list[EvidencePosition]
    prompt: list[Message]
    checks: list[Check] = []
    trials: list[Trial] = []
    difficulty: float | None = None


class Checked(Record):
    """What a gate adds to a sample that it keeps."""

    sample_id: str
    checks: list[Check]
    trials: list[Trial] = []
    difficulty: float | None = None


R = TypeVar("R", bound=Record)

_EVIDENCE = pa.list_(
    pa.struct([("doc_id", pa.string()), ("start", pa.int64()), ("end", pa.int64()), ("quote", pa.string())])
)
_CHECKS = pa.list_(
    pa.struct(
        [
            ("name", pa.string()),
            ("passed", pa.bool_()),
            ("k", pa.int64()),
            ("passes", pa.int64()),
            ("detail", pa.string()),
        ]
    )
)
_TRIALS = pa.list_(
    pa.struct(
        [
            ("check", pa.string()),
            ("model", pa.string()),
            ("n", pa.int64()),
            ("passes", pa.int64()),
            ("mean_score", pa.float64()),
            ("k", pa.int64()),
            ("pass_at_k", pa.float64()),
            ("low", pa.float64()),
            ("high", pa.float64()),
            ("target_tokens", pa.int64()),
            ("depth", pa.float64()),
            ("left_out", pa.string()),
            ("context_seed", pa.int64()),
            ("stage", pa.string()),
            ("by_judge", pa.int64()),
            ("denied", pa.int64()),
            ("unjudged", pa.int64()),
            ("answers", pa.list_(pa.string())),
            ("right", pa.list_(pa.bool_())),
        ]
    )
)
DOCUMENT_SCHEMA = pa.schema(
    [
        ("doc_id", pa.string()),
        ("title", pa.string()),
        ("text", pa.large_string()),
        ("domain", pa.string()),
        ("source", pa.string()),
        ("license", pa.string()),
        ("n_tokens", pa.int64()),
        ("meta", pa.string()),
    ]
)
CANDIDATE_SCHEMA = pa.schema(
    [
        ("sample_id", pa.string()),
        ("maker", pa.string()),
        ("task", pa.string()),
        ("question_type", pa.string()),
        ("domain", pa.string()),
        ("question", pa.string()),
        ("answer", pa.string()),
        ("answer_kind", pa.string()),
        ("ordered", pa.bool_()),
        ("tolerance", pa.float64()),
        ("unit", pa.string()),
        ("prefix", pa.string()),
        ("chance", pa.float64()),
        ("evidence", _EVIDENCE),
        ("support", _EVIDENCE),
        ("doc_ids", pa.list_(pa.string())),
        ("reasoning", pa.string()),
        ("seed", pa.int64()),
        ("model_fingerprint", pa.string()),
        ("prompt_fingerprint", pa.string()),
    ]
)
SAMPLE_SCHEMA = pa.schema(
    [
        *CANDIDATE_SCHEMA,
        ("target_tokens", pa.int64()),
        ("n_prompt_tokens", pa.int64()),
        (
            "context",
            pa.list_(
                pa.struct(
                    [
                        ("doc_id", pa.string()),
                        ("title", pa.string()),
                        ("role", pa.string()),
                        ("doc_spans", pa.list_(pa.list_(pa.int64()))),
                        ("context_start", pa.int64()),
                        ("context_end", pa.int64()),
                        ("n_tokens", pa.int64()),
                    ]
                )
            ),
        ),
        (
            "positions",
            pa.list_(
                pa.struct(
                    [
                        ("doc_id", pa.string()),
                        ("start", pa.int64()),
                        ("end", pa.int64()),
                        ("depth", pa.float64()),
                    ]
                )
            ),
        ),
        ("prompt", pa.list_(pa.struct([("role", pa.string()), ("content", pa.large_string())]))),
        ("checks", _CHECKS),
        ("trials", _TRIALS),
        ("difficulty", pa.float64()),
    ]
)

CHECKED_SCHEMA = pa.schema([SAMPLE_SCHEMA.field(name) for name in Checked.model_fields])

_SCHEMAS: dict[type[Record], pa.Schema] = {
    Document: DOCUMENT_SCHEMA,
    Candidate: CANDIDATE_SCHEMA,
    Sample: SAMPLE_SCHEMA,
    Checked: CHECKED_SCHEMA,
}


def to_table(records: Iterable[Record], kind: type[Record]) -> pa.Table:
    """Arrow table of ``records`` in the fixed schema of ``kind``: Document, Candidate, Sample or Checked."""
    rows = [record.model_dump() for record in records]
    for row in rows:
        if "meta" in row:
            row["meta"] = canonical_json(row["meta"])
    return pa.Table.from_pylist(rows, schema=_SCHEMAS[kind])


def write_trials(trials: Iterable[Trial]) -> str:
    """``trials`` as canonical JSON, for the rejects of a gate."""
    return canonical_json([trial.model_dump() for trial in trials])


def read_trials(text: str) -> list[Trial]:
    """The trials that ``write_trials`` wrote; none where the text is empty."""
    return [Trial.model_validate(trial) for trial in json.loads(text or "[]")]


def from_row(row: Mapping[str, Any], kind: type[R]) -> R:
    """The record of one row as ``Table.to_pylist`` gives it."""
    values = dict(row)
    if isinstance(values.get("meta"), str):
        values["meta"] = json.loads(values["meta"])
    return kind.model_validate(values)
