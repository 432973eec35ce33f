"""From printed signs to natural ones: a table's rows in, the factor of each row's numbers out.

Statements print a cost as 2,621 or as (2,621), a payment as (94,949), a "Net loss" as 11,829. Here a cost and
a payment are positive, a loss negative. Income tax is settled by the table's own arithmetic where it can be:
income before tax less tax is net income.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from longweave.tables.items import Item, load_items

_EXPENSE_IN_BRACKETS = re.compile(r"\(\s*(?:provision|expense)s?\s*\)", re.I)
_BENEFIT_IN_BRACKETS = re.compile(r"\(\s*(?:benefit|income)s?(?:\s+from)?\s*\)", re.I)
_LOSS_FIRST = re.compile(r"\(income\)\s*/?\s*loss\b", re.I)
_LOSS = re.compile(r"\b(?:loss|deficit)\b", re.I)
_GAIN = re.compile(r"\b(?:income|earnings|profit|gain|equity|investment|benefit|\(loss\)|\(deficit\))", re.I)
_USED = re.compile(r"\bused\b", re.I)
_NOT_ONLY_USED = re.compile(r"\b(?:provided|generated|from)\b", re.I)
_LOSS_ITEMS = frozenset(
    {
        "accumulated_other_comprehensive_income",
        "comprehensive_income",
        "consolidated_net_income",
        "eps_basic",
        "eps_diluted",
        "income_from_continuing_operations",
        "net_income",
        "operating_income",
        "other_comprehensive_income",
        "pretax_income",
        "retained_earnings",
        "stockholders_equity",
        "total_equity",
    }
)
_FLOW_ITEMS = frozenset({"operating_cash_flow", "investing_cash_flow", "financing_cash_flow"})
_EARNED = ("income_from_continuing_operations", "consolidated_net_income", "net_income")
_REVERSIBLE = frozenset({"income_tax_expense", "restructuring", "depreciation_and_amortization"})


@dataclass(frozen=True, slots=True)
class SignedRow:
    """A row of one canonical item: its label and its printed numbers by column header."""

    item: str
    label: str
    printed: Mapping[tuple[str, ...], float]


def natural_factors(rows: Sequence[SignedRow]) -> list[int]:
    """1 or -1 per row, or 0 for rows whose numbers all become positive (payments, interest income)."""
    items = load_items()
    bracketed = _costs_bracketed(rows, items)
    return [_factor(row, items[row.item], bracketed, rows) for row in rows]


def _factor(row: SignedRow, item: Item, bracketed: bool, rows: Sequence[SignedRow]) -> int:
    values = list(row.printed.values())
    if item.sign == "positive":
        return 0
    if item.id == "income_tax_expense":
        return _tax_factor(row, bracketed, rows)
    if item.sign == "expense":
        return (
            -1
            if (bracketed and item.id not in _REVERSIBLE)
            or (item.id not in _REVERSIBLE and all(value <= 0 for value in values))
            else 1
        )
    if _LOSS_FIRST.search(row.label):
        return -1
    if not all(value >= 0 for value in values):
        return 1
    if item.id in _LOSS_ITEMS and _LOSS.search(row.label) and not _GAIN.search(row.label):
        return -1
    if item.id == "accumulated_other_comprehensive_income" and _only_loss(row.label):
        return -1
    if item.id in _FLOW_ITEMS and _USED.search(row.label) and not _NOT_ONLY_USED.search(row.label):
        return -1
    return 1


def _only_loss(label: str) -> bool:
    return re.search(r"comprehensive\s+loss\b", label, re.I) is not None


def _tax_factor(row: SignedRow, bracketed: bool, rows: Sequence[SignedRow]) -> int:
    votes = 0
    before = _by_column(rows, ("pretax_income",))
    for earned in (_by_column(rows, (name,)) for name in _EARNED):
        for column, tax in row.printed.items():
            if column not in before or column not in earned or tax == 0:
                continue
            difference = before[column] - earned[column]
            slack = 0.02 * abs(tax)
            votes += (abs(difference - tax) <= slack) - (abs(difference + tax) <= slack)
        if votes:
            return 1 if votes > 0 else -1
    if _EXPENSE_IN_BRACKETS.search(row.label) and not _BENEFIT_IN_BRACKETS.search(row.label):
        return -1
    if _BENEFIT_IN_BRACKETS.search(row.label):
        return 1
    if bracketed:
        return -1
    interest = _by_column(rows, ("interest_expense",))
    return -1 if interest and all(value < 0 for value in interest.values()) else 1


def _by_column(rows: Sequence[SignedRow], names: tuple[str, ...]) -> dict[tuple[str, ...], float]:
    found: dict[tuple[str, ...], float] = {}
    for row in rows:
        if row.item in names:
            for column, value in row.printed.items():
                found.setdefault(column, value)
    return found


def _costs_bracketed(rows: Sequence[SignedRow], items: Mapping[str, Item]) -> bool:
    """Whether the table prints most of its costs as negative numbers."""
    signs = [
        value < 0
        for row in rows
        if items[row.item].sign == "expense"
        and row.item not in _REVERSIBLE
        and row.item != "interest_expense"
        for value in row.printed.values()
        if value
    ]
    return len(signs) > 0 and 2 * sum(signs) > len(signs)
