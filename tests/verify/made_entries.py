"""Entries made by hand: questions on annual reports as two makers ask them."""

from dataclasses import replace
from typing import Any

from longweave.verify.entries import Entry, Span

AMAZON, UNION_PACIFIC, NIKE = "edgar-amzn-10k-2024", "edgar-unp-10k-2024", "edgar-nke-10k-2025"
_RETAINED = "How much did Amazon.com Inc. report as retained earnings as of December 31, 2024?"
_IN_MILLIONS = "Give the answer in millions of U.S. dollars, rounded to the nearest million."

RETAINED_EARNINGS = Entry(
    sample_id="retained",
    maker="tables",
    task="numerical",
    question_type="lookup",
    domain="professional",
    question=f"{_RETAINED} {_IN_MILLIONS}",
    answer="172866",
    answer_kind="number",
    ordered=False,
    tolerance=0.01,
    unit="USD million",
    doc_ids=frozenset({AMAZON}),
    evidence=(Span(AMAZON, 50_000, 50_007),),
    target_tokens=20_000,
    n_prompt_tokens=19_500,
    split="train",
)


def make_entry(sample_id: str, **fields: Any) -> Entry:
    """``RETAINED_EARNINGS`` under another id, with ``fields`` replaced."""
    return replace(RETAINED_EARNINGS, sample_id=sample_id, **fields)


def make_pool(n: int, **fields: Any) -> list[Entry]:
    """``n`` entries with ids of their own."""
    prefix = "-".join(str(value) for value in fields.values())
    return [make_entry(f"{prefix}-{number}", order=number, **fields) for number in range(n)]
