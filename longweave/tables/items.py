"""Row labels to items: a label with its sections in, the id of a canonical item of ``items.yaml`` or None
out.

Tuned for precision: the whole normalised label must match one of the item's patterns, on a statement where
the item may stand. Two different things under one id would be a wrong fact; a label that is missed stays a
fact of its own under its normalised label.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

import yaml

from longweave.synth.errors import LongweaveError


class LexiconError(LongweaveError):
    """``items.yaml`` holds an item that cannot be used."""


@dataclass(frozen=True, slots=True)
class Rule:
    """``label`` matches the whole normalised label; ``under``, when given, is found in one of the
    sections, ``unless`` in none of the table's other labels."""

    label: re.Pattern[str]
    under: re.Pattern[str] | None = None
    unless: re.Pattern[str] | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One canonical item; fields as at the head of ``items.yaml``."""

    id: str
    name: str
    unit: str
    stands: tuple[str, ...]
    sign: str
    rules: tuple[Rule, ...]

    @property
    def instant(self) -> bool:
        """Whether it is a balance at a date rather than a flow over a period."""
        return "balance" in self.stands


_HOLDERS = "(?:(?:stock|share|unit|member)(?:holders|owners)|shareowners|members|partners)"
_WHO = "(?:(?!liabilities|non ?controlling|redeemable|other|change|minority)[a-z0-9.]+ ){0,5}"
_COSTS = (
    "(?: net of (?:(?:debt|original|underwriting|related|issu(?:e|ance)|and|costs?|discounts?|fees?) ?)+)?"
)
_CURRENT = ("current assets", "current liabilities")
_LONGEST = 160
_SIGNS = frozenset({"printed", "expense", "positive"})
STATEMENTS = ("income", "comprehensive", "balance", "equity", "cash_flow")


@cache
def load_items() -> dict[str, Item]:
    """The lexicon by item id, in the order of the file.

    Raises:
        LexiconError: for a duplicate id, an unknown statement or sign, or a pattern that does not compile.
    """
    text = files("longweave.tables").joinpath("items.yaml").read_text(encoding="utf-8")
    items: dict[str, Item] = {}
    for entry in yaml.safe_load(text)["items"]:
        item = _read_item(entry)
        if item.id in items:
            raise LexiconError(
                "the id stands twice", where=f"items.yaml: {item.id}", fix="Give each item its own id."
            )
        items[item.id] = item
    return items


@lru_cache(maxsize=65536)
def find_item(label: str, sections: tuple[str, ...], statement: str) -> str | None:
    """The canonical item that ``label`` under ``sections`` (outermost first) means on ``statement``.

    ``statement`` is one of ``STATEMENTS``, or ``any`` for a label by itself. None when no item fits, when two
    do, or when the label or a section narrows the number down (non-GAAP, discontinued, excluding …).
    """
    if len(label) > _LONGEST or _NARROWED.search(label) or any(_NARROWED.search(s) for s in sections):
        return None
    name = normalise_label(label)
    if not name:
        return None
    folded = tuple(normalise_label(section) for section in sections)
    found = [item for item in _standing(statement) if _matches(item, name, folded)]
    return found[0].id if len(found) == 1 else None


def is_balance_line(label: str) -> bool:
    """Whether ``label`` would be a balance, and nothing else, among current assets or liabilities."""
    item = find_item(label, _CURRENT, "any")
    return item is not None and load_items()[item].instant


def is_part(item: str, label: str, beside: Iterable[str]) -> bool:
    """Whether the rows ``beside`` (normalised labels of the same table) show that ``label``, which means
    ``item`` by itself, is only a part of it: "Repayments of debt" beside "Repayments of commercial paper"."""
    name = normalise_label(label)
    fitting = [rule for rule in load_items()[item].rules if rule.label.fullmatch(name)]
    if not fitting or any(rule.unless is None for rule in fitting):
        return False
    others = [other for other in beside if other != name]
    return all(rule.unless and any(rule.unless.search(other) for other in others) for rule in fitting)


@lru_cache(maxsize=65536)
def normalise_label(label: str) -> str:
    """``label`` in lower case without brackets, footnote marks and punctuation; "&" is "and", hyphens are
    blanks."""
    text = label[:_LONGEST].replace("’", "'").replace("‘", "'").casefold()
    text = _BRACKETS.sub(" ", text)
    text = text.replace("&", " and ").replace("'", "")
    text = _FOOTNOTE.sub(r"\1", text)
    text = re.sub(r"[^a-z0-9.%À-ɏ]+", " ", text)
    return " ".join(text.replace(". ", " ").strip(" .").split())


def _standing(statement: str) -> tuple[Item, ...]:
    return _by_statement().get(statement, ())


@cache
def _by_statement() -> dict[str, tuple[Item, ...]]:
    items = tuple(load_items().values())
    table = {name: tuple(item for item in items if name in item.stands) for name in STATEMENTS}
    return table | {"any": items}


def _matches(item: Item, name: str, sections: tuple[str, ...]) -> bool:
    for rule in item.rules:
        if rule.label.fullmatch(name) and (
            rule.under is None or any(rule.under.search(section) for section in sections)
        ):
            return True
    return False


def _read_item(entry: dict[str, Any]) -> Item:
    where = f"items.yaml: {entry.get('id')}"
    stands = tuple(entry["stands"])
    if entry["sign"] not in _SIGNS or not set(stands) <= set(STATEMENTS):
        raise LexiconError("unknown sign or statement", where=where, fix="See the head of the file.")
    rules = []
    for label in entry["labels"]:
        parts = label if isinstance(label, dict) else {"label": label}
        try:
            compiled = {key: re.compile(_spelled(value)) for key, value in parts.items()}
        except re.error as error:
            raise LexiconError(f"pattern does not compile: {error}", where=where, fix=str(label)) from None
        rules.append(Rule(compiled["label"], compiled.get("under"), compiled.get("unless")))
    return Item(entry["id"], entry["name"], entry["unit"], stands, entry["sign"], tuple(rules))


def _spelled(pattern: str) -> str:
    return pattern.replace("HOLDERS", _HOLDERS).replace("WHO", _WHO).replace("COSTS", _COSTS)


_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|\([^()]*$")
_FOOTNOTE = re.compile(r"([a-z]{3,})(?:\d{1,2}(?:,\d{1,2})*|[*†‡§]+)(?=\s|$)")
_NARROWED = re.compile(
    r"non-?\s?gaap|\badjusted\b(?! for)|\bexcluding\b(?! (?:the )?(?:current|amounts? due))|\bexcl\."
    r"|pro[\s-]forma|discontinued|\bparent\b|per cent|\bpercent\b|%"
    r"|as a percentage|constant currency|\bheld for sale\b|\bvariable interest|\bunconsolidated\b|organic"
    r"|comparable|same[\s-]store|\bexclusive of\b|\bnet of (?:\w+ ){0,2}capitalized",
    re.I,
)
