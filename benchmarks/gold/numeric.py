"""The relation against XBRL: facts matched, and questions answered from it.

``xbrl_facts_table``: the rows of our relation for one company item (no dimensions) against the gold rows of
the concept that means this item. ``recall`` is the share of gold rows with a row of ours of that item, period
end and value (0.5 %); ``recall_any_item`` asks for document, period end and value only. ``precision`` is the
share of our rows, among those at the period ends that gold has for the document and concept, that gold
confirms. ``xbrl_facts``: over all our facts in cells that gold labels, the share with the right period end
and magnitude (``precision``), and the right length (``duration_accuracy``). ``xbrl_numeric_qa``: each
question's SQL over a ``facts`` table made from our relation.

The map from concepts to items is made here, from the words of the concept's name, and used for nothing but
scoring.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.gold.metric import Metric, read_jsonl
from longweave.tables.items import find_item
from longweave.tables.model import Fact
from longweave.tables.relate import relate_document
from longweave.tables.store import open_relation

Row = dict[str, Any]
Key = tuple[str, str]

# Standard concept names whose words are not the words statements use; each may be stated as any of these
# items.
_SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "revenue from contract with customer excluding assessed tax": ("revenue",),
    "revenue from contract with customer including assessed tax": ("revenue",),
    "revenues net of interest expense": ("revenue",),
    "cash and cash equivalents at carrying value": ("cash",),
    "assets": ("total_assets",),
    "liabilities": ("total_liabilities",),
    "stockholders equity including portion attributable to noncontrolling interest": ("total_equity",),
    "accounts receivable net current": ("accounts_receivable",),
    "receivables net current": ("accounts_receivable",),
    "inventory net": ("inventory",),
    "long term debt noncurrent": ("long_term_debt",),
    "long term debt": ("long_term_debt",),
    "payments for repurchase of common stock": ("share_repurchases",),
    "payments of dividends": ("dividends_paid",),
    "payments of dividends common stock": ("dividends_paid",),
    "payments to acquire property plant and equipment": ("capital_expenditures",),
    "payments to acquire productive assets": ("capital_expenditures",),
    "payments to acquire businesses net of cash acquired": ("acquisitions",),
    "repayments of long term debt": ("debt_repaid",),
    "proceeds from issuance of long term debt": ("debt_issued",),
    "income taxes paid net": ("income_taxes_paid",),
    "income taxes paid": ("income_taxes_paid",),
    "interest paid net": ("interest_paid",),
    "profit loss": ("consolidated_net_income",),
    "income tax expense benefit": ("income_tax_expense",),
    "assets current": ("current_assets",),
    "liabilities current": ("current_liabilities",),
    "liabilities and stockholders equity": ("liabilities_and_equity",),
    "property plant and equipment net": ("property_plant_equipment",),
    "retained earnings accumulated deficit": ("retained_earnings",),
    "earnings per share basic": ("eps_basic",),
    "earnings per share diluted": ("eps_diluted",),
    "weighted average number of shares outstanding basic": ("shares_basic",),
    "weighted average number of diluted shares outstanding": ("shares_diluted",),
    "cost of goods and services sold": ("cost_of_revenue",),
    "costs and expenses": ("total_operating_expenses",),
    "operating expenses": ("total_operating_expenses",),
    "depreciation depletion and amortization": ("depreciation_and_amortization",),
    "accounts payable current": ("accounts_payable",),
}


def measure(bundle: Path) -> Iterator[Metric]:
    """The metrics named above over ``bundle``/gold."""
    gold = list(read_jsonl(bundle / "gold" / "xbrl_facts_table.jsonl"))
    cells = list(read_jsonl(bundle / "gold" / "xbrl_facts.jsonl"))
    wanted = {row["doc_id"] for row in gold} | {row["doc_id"] for row in cells}
    facts: dict[str, list[Fact]] = {}
    for document in read_jsonl(bundle / "corpus.jsonl"):
        if document["doc_id"] in wanted:
            facts[document["doc_id"]] = relate_document(
                document["title"], document["text"], document["doc_id"]
            )
    rows = [row for document in facts.values() for row in _clean_rows(document)]
    yield from _match_table(gold, rows, facts)
    yield from _match_cells(cells, facts)
    yield _answer_questions(list(read_jsonl(bundle / "gold" / "xbrl_numeric_qa.jsonl")), gold, rows)


@lru_cache(maxsize=4096)
def items_of(concept: str) -> tuple[str, ...]:
    """The items that a US-GAAP concept name means: by synonym, else by its words as if they were a row
    label."""
    words = " ".join(re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])", concept.split(":")[-1])).lower()
    if words in _SYNONYMS:
        return _SYNONYMS[words]
    if words.startswith("income loss from continuing operations before income taxes"):
        return ("pretax_income",)
    for tail in ("", " noncurrent", " current", " net", " loss", " benefit", " used in"):
        base = words.removesuffix(tail) if tail else words
        plain = re.sub(r"\bprovided by used in\b", "provided by", re.sub(r"\bincome loss\b", "income", base))
        item = find_item(plain, (), "any")
        if item is not None:
            return (item,)
    return ()


def _clean_rows(facts: Sequence[Fact]) -> list[Row]:
    """The company-wide rows of one document's relation: unambiguous keys without dimensions."""
    with open_relation(facts) as connection:
        found = connection.execute(
            "SELECT doc_ids[1], entity, item, period_end, months, value, unit FROM clean"
            " WHERE canonical AND dims = '{}'"
        ).fetchall()
    names = ("doc_id", "entity", "item", "period_end", "months", "value", "unit")
    return [dict(zip(names, row, strict=True)) for row in found]


def _match_table(
    gold: Sequence[Row], rows: Sequence[Row], facts: Mapping[str, Sequence[Fact]]
) -> Iterator[Metric]:
    ours: dict[Key, list[Row]] = defaultdict(list)
    for row in rows:
        ours[row["doc_id"], row["item"]].append(row)
    anything: dict[tuple[str, date], list[float]] = defaultdict(list)
    for doc_id, stated in facts.items():
        for fact in stated:
            anything[doc_id, fact.period.end].append(fact.value)
    found = found_any = 0
    confirmed: dict[Key, list[tuple[date, float]]] = defaultdict(list)
    for row in gold:
        end = date.fromisoformat(row["period_end"])
        items = items_of(row["concept"])
        candidates = [r for item in items for r in ours[row["doc_id"], item]]
        found += any(r["period_end"] == end and _close(r["value"], row["value"]) for r in candidates)
        found_any += any(_close(value, row["value"]) for value in anything[row["doc_id"], end])
        for item in items:
            confirmed[row["doc_id"], item].append((end, row["value"]))
    right = claimed = 0
    for key, stated_gold in confirmed.items():
        ends = {end for end, _ in stated_gold}
        for row in ours[key]:
            if row["period_end"] in ends and row["months"] in (0, 12):
                claimed += 1
                right += any(row["period_end"] == e and _close(row["value"], v) for e, v in stated_gold)
    yield Metric("xbrl_facts_table", "recall", found / max(1, len(gold)), len(gold))
    yield Metric("xbrl_facts_table", "precision", right / max(1, claimed), claimed)
    yield Metric("xbrl_facts_table", "recall_any_item", found_any / max(1, len(gold)), len(gold))


def _match_cells(cells: Iterable[Row], facts: Mapping[str, Sequence[Fact]]) -> Iterator[Metric]:
    labelled: dict[tuple[str, int, int, int], list[Row]] = defaultdict(list)
    for cell in cells:
        labelled[cell["doc_id"], cell["table"], cell["row"], cell["cell"]].append(cell)
    right = length = total = 0
    for doc_id, stated in facts.items():
        for fact in stated:
            gold = labelled.get((doc_id, fact.table, fact.row, fact.cell))
            if not gold:
                continue
            total += 1
            fitting = [g for g in gold if g["end"] == fact.period.end.isoformat() and _same_size(fact, g)]
            right += bool(fitting)
            length += any(_months(g) == fact.period.months for g in fitting)
    covered = len(
        {
            (doc_id, f.table, f.row, f.cell)
            for doc_id, stated in facts.items()
            for f in stated
            if (doc_id, f.table, f.row, f.cell) in labelled
        }
    )
    yield Metric("xbrl_facts", "precision", right / max(1, total), total)
    yield Metric("xbrl_facts", "duration_accuracy", length / max(1, right), right)
    yield Metric("xbrl_facts", "cells_related", covered / max(1, len(labelled)), len(labelled))


def _answer_questions(questions: Sequence[Row], gold: Sequence[Row], rows: Sequence[Row]) -> Metric:
    """The share of questions whose SQL over our relation gives the stated answer."""
    companies = {row["doc_id"]: row["company"] for row in gold}
    concepts = sorted({row["concept"] for row in gold})
    table: list[tuple[object, ...]] = []
    for concept in concepts:
        for doc_id, company in companies.items():
            chosen = [
                r for item in items_of(concept) for r in rows if r["doc_id"] == doc_id and r["item"] == item
            ]
            ends = sorted({r["period_end"] for r in chosen if r["months"] in (0, 12)}, reverse=True)
            for row in chosen:
                if row["months"] in (0, 12):
                    rank = ends.index(row["period_end"])
                    table.append(
                        (doc_id, company, concept, row["period_end"], rank, row["value"], row["unit"])
                    )
    right = 0
    with duckdb.connect(":memory:") as connection:
        connection.execute(
            "CREATE TABLE facts (doc_id TEXT, company TEXT, concept TEXT, period_end DATE,"
            " fiscal_year_rank INT, value DOUBLE, unit TEXT)"
        )
        if table:
            connection.executemany("INSERT INTO facts VALUES (?, ?, ?, ?, ?, ?, ?)", table)
        for question in questions:
            answer = connection.execute(question["gold_sql"]).fetchone()
            right += answer is not None and _answers(answer[0], question["answer"])
    return Metric("xbrl_numeric_qa", "accuracy", right / max(1, len(questions)), len(questions))


def _answers(ours: object, gold: object) -> bool:
    if isinstance(ours, int | float) and isinstance(gold, int | float):
        if isinstance(ours, int) and isinstance(gold, int):
            return ours == gold
        return abs(float(ours) - float(gold)) <= 0.01 * abs(float(gold)) + 1e-12
    return ours == gold


def _close(ours: float, gold: float) -> bool:
    return abs(ours - gold) <= 0.005 * abs(gold) + 1e-9


def _same_size(fact: Fact, gold: Row) -> bool:
    value = abs(fact.value) / 100 if fact.unit == "percent" else abs(fact.value)
    return _close(value, abs(gold["value"])) or _close(abs(fact.value), abs(gold["value"]))


def _months(gold: Row) -> int:
    """The length of a gold fact's period in months, 0 for a date."""
    if not gold["start"]:
        return 0
    days = (date.fromisoformat(gold["end"]) - date.fromisoformat(gold["start"])).days + 1
    return round(days / 30.44)
