"""Samples made by hand over short passages of three real annual reports."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from longweave.synth.prompt import ELLIPSIS, PromptPiece, answer_format, render_prompt
from longweave.synth.records import (
    Document,
    Evidence,
    EvidencePosition,
    Message,
    Piece,
    PieceRole,
    Sample,
    canonical_json,
    content_id,
)
from longweave.synth.tokens import load_tokenizer

_PUBLIC = "SEC EDGAR public filing"


def _filing(name: str, title: str, text: str) -> Document:
    return Document(
        doc_id=name,
        title=title,
        text=text,
        domain="professional",
        source=f"filings: {name}.html",
        license=_PUBLIC,
    )


APPLE = _filing(
    "edgar-aapl-10k-2024",
    "Apple Inc. Form 10-K for period ended September 28, 2024",
    """Apple Inc.

CONSOLIDATED STATEMENTS OF OPERATIONS

(In millions, except number of shares, which are reflected in thousands, and per-share amounts)

<table>
<tr><td></td><td>September 28, 2024</td><td>September 30, 2023</td></tr>
<tr><td>Products</td><td>294,866</td><td>298,085</td></tr>
<tr><td>Services</td><td>96,169</td><td>85,200</td></tr>
<tr><td>Total net sales</td><td>391,035</td><td>383,285</td></tr>
</table>

Americas net sales increased during 2024 compared to 2023 due primarily to higher net sales of Services.
""",
)
UNION_PACIFIC = _filing(
    "edgar-unp-10k-2024",
    "UNION PACIFIC CORP Form 10-K for period ended December 31, 2024",
    """CONSOLIDATED STATEMENTS OF INCOME

Union Pacific Corporation and Subsidiary Companies

<table>
<tr><td>Millions, Except Per Share Amounts, Years Ended December 31,</td><td>2024</td><td>2023</td></tr>
<tr><td>Freight revenues</td><td>$ 22,811</td><td>$ 22,571</td></tr>
<tr><td>Other revenues</td><td>1,439</td><td>1,548</td></tr>
<tr><td>Total operating revenues</td><td>24,250</td><td>24,119</td></tr>
</table>

We have served as the Corporation's auditor since 1967.
""",
)
VISA = _filing(
    "edgar-v-10k-2024",
    "VISA INC. Form 10-K for period ended September 30, 2024",
    """VISA

CONSOLIDATED STATEMENTS OF OPERATIONS

<table>
<tr><td>For the Years Ended September 30,</td><td>2024</td><td>2023</td></tr>
<tr><td>Net revenue</td><td>$ 35,926</td><td>$ 32,653</td></tr>
<tr><td>Personnel</td><td>6,264</td><td>5,831</td></tr>
</table>

See accompanying notes, which are an integral part of these consolidated financial statements.
""",
)

QUESTION = (
    "What do Apple Inc.'s total net sales for the fiscal year ended September 28, 2024 and Union Pacific's "
    "total operating revenues for the fiscal year ended December 31, 2024 add up to? "
    "Give the answer in millions of US dollars."
)
SQL = "SELECT sum(value) / 1000000 FROM scope"


@dataclass(frozen=True)
class Shown:
    """A document as a test wants it shown: its role, and the ranges of its text (none: all of it)."""

    document: Document
    role: PieceRole = "random"
    spans: tuple[tuple[int, int], ...] = ()

    @property
    def ranges(self) -> tuple[tuple[int, int], ...]:
        """The shown ranges."""
        return self.spans or ((0, len(self.document.text)),)

    @property
    def body(self) -> str:
        """The text that stands between the document's tags."""
        text = self.document.text
        marks = [
            ELLIPSIS if self.ranges[0][0] > 0 else "",
            ELLIPSIS if self.ranges[-1][1] < len(text) else "",
        ]
        return marks[0] + ELLIPSIS.join(text[a:b] for a, b in self.ranges) + marks[1]


STANDARD = (Shown(VISA, "hard"), Shown(APPLE, "needed"), Shown(UNION_PACIFIC, "needed"))


def quote(document: Document, text: str) -> Evidence:
    """The evidence ``text``, which stands once in ``document``."""
    assert document.text.count(text) == 1
    start = document.text.index(text)
    return Evidence.of(document, start, start + len(text))


SALES, REVENUES = quote(APPLE, "391,035"), quote(UNION_PACIFIC, "24,250")


def make_sample(
    shown: Sequence[Shown] = STANDARD,
    question: str = QUESTION,
    evidence: Sequence[Evidence] = (SALES, REVENUES),
    **fields: Any,
) -> Sample:
    """A sample that holds in every respect, or with ``fields`` replaced."""
    pieces = [PromptPiece(entry.document.title, entry.body) for entry in shown]
    prompt = render_prompt(pieces, question, answer_format("number"))
    context = [
        Piece(
            doc_id=entry.document.doc_id,
            title=entry.document.title,
            role=entry.role,
            doc_spans=list(entry.ranges),
            context_start=start,
            context_end=end,
            n_tokens=load_tokenizer().count(entry.body),
        )
        for entry, (start, end) in zip(shown, prompt.spans, strict=True)
    ]
    starts = {entry.document.doc_id: body for entry, body in zip(shown, prompt.bodies, strict=True)}
    n_tokens = load_tokenizer().count(prompt.message)
    doc_ids = sorted({item.doc_id for item in evidence})
    rows = [
        {
            "doc_id": e.doc_id,
            "table": 0,
            "row": 3,
            "cell": 1,
            "start": e.start,
            "end": e.end,
            "shown": e.quote,
        }
        for e in evidence
    ]
    values: dict[str, Any] = {
        "maker": "tables",
        "task": "numerical",
        "question_type": "sum",
        "domain": "professional",
        "question": question,
        "answer": "415285",
        "answer_kind": "number",
        "tolerance": 0.01,
        "unit": "millions of US dollars",
        "evidence": list(evidence),
        "support": [quote(APPLE, "(In millions, except")],
        "doc_ids": doc_ids,
        "reasoning": canonical_json({"sql": SQL, "rows": rows}),
        "seed": 7,
        "target_tokens": n_tokens,
        "n_prompt_tokens": n_tokens,
        "context": context,
        "positions": [
            _position(prompt.message, starts, entry, item)
            for item in evidence
            for entry in shown
            if entry.document.doc_id == item.doc_id
        ],
        "prompt": [Message(role="user", content=prompt.message)],
    }
    values["sample_id"] = content_id(question, values["answer"], doc_ids)
    return Sample(**(values | fields))


def _position(message: str, starts: dict[str, int], entry: Shown, evidence: Evidence) -> EvidencePosition:
    at = starts[evidence.doc_id] + len(ELLIPSIS) * (entry.ranges[0][0] > 0)
    for start, end in entry.ranges:
        if start <= evidence.start and evidence.end <= end:
            at += evidence.start - start
            break
        at += end - start + len(ELLIPSIS)
    return EvidencePosition(
        doc_id=evidence.doc_id, start=at, end=at + len(evidence.quote), depth=at / len(message)
    )


def renamed(shown: Shown, doc_id: str) -> Shown:
    """``shown`` under another document id."""
    return replace(shown, document=shown.document.model_copy(update={"doc_id": doc_id}))
