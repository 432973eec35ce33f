"""Names of a table's numbers: which item each row (and column) is about, and its dimensions.

On a primary statement a label of the lexicon stands for the whole company; in any other table the same label
carries the table's title as a dimension, so that a note's number never meets the statement's.
"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from longweave.tables.dates import read_clues, strip_time
from longweave.tables.dims import Dims, clean, column_words, make_dims, section_words, shorten
from longweave.tables.items import STATEMENTS, find_item, is_part, normalise_label
from longweave.tables.model import Span, TableReading, ValueCell
from longweave.tables.statements import FURNITURE, lines_before

Key = tuple[int, tuple[str, ...], tuple[str, ...]]

_FAR = 2000
_SHORTEST = 3
_EDGE = re.compile(
    r"[\s,–—-]*\b(?:at |as of )?(?:the )?(?:beginning|opening|start|end|ending"
    r"|closing)(?: of (?:the )?(?:\w+ )?(?:year|period|quarter|month)s?| balances?|$).*$",
    re.I,
)
_BALANCE_ROW = re.compile(r"(?:(?:opening|closing|beginning|ending) )?balances?\b", re.I)
_MINORITY = re.compile(r"non[\s-]?controlling|minority", re.I)
_ATTRIBUTED = re.compile(r"\battributable to\b", re.I)
_TOTAL = re.compile(r"(?:grand )?total", re.I)
_SAYS_TOTAL = re.compile(r"\btotal\b", re.I)
_WHOLE = frozenset({"stockholders_equity", "total_equity"})
_PLAIN_EQUITY = re.compile(r"(?:total )?\w+ (?:equity|deficit|investment)")
_SUPPLEMENTS = frozenset({"income_taxes_paid", "interest_paid"})


@dataclass(frozen=True, slots=True)
class Named:
    """What a number is: ``item`` is a lexicon id when ``canonical``, else the normalised label."""

    item: str
    label: str
    canonical: bool
    dims: Dims


def name_rows(values: Sequence[ValueCell], statement: str, title: str) -> dict[Key, Named]:
    """A name per (row, header, path) of ``values``; numbers without any label get none."""
    named: dict[Key, Named] = {}
    minority = any(_MINORITY.search(text) for value in values for text in (*value.path, *value.header))
    by_component = statement == "equity" and any(column_words(value.header) for value in values)
    for value in values:
        key = (value.cell.row, value.header, value.path)
        if key not in named:
            name = _name(value, statement, title, minority, by_component)
            if name is not None:
                named[key] = name
    if statement not in STATEMENTS:
        return named
    return _settle_rivals(_settle_parts(_settle_net_income(named, statement, minority)))


def table_title(reading: TableReading, text: str) -> tuple[str, tuple[Span, ...]]:
    """What a table is called and the span from there to the table: its own title, else the nearest line
    before it, else (inside the table) its first label."""
    start = reading.table.start
    at = text.rfind(reading.title, max(0, start - _FAR), start) if reading.title else -1
    words = clean(reading.title)
    if len(words) > _SHORTEST:
        return shorten(words), ((Span(at, start),) if at >= 0 else ())
    for line, span in lines_before(text, start):
        words = clean(line)
        if len(words) > _SHORTEST and not FURNITURE.search(line):
            return shorten(words), (Span(span.start, start),)
    first = next((clean(value.path[-1]) for value in reading.values if value.path), "")
    return shorten(first) or "untitled", ()


def _name(value: ValueCell, statement: str, title: str, minority: bool, by_component: bool) -> Named | None:
    label, sections = (value.path[-1], value.path[:-1]) if value.path else ("", ())
    column = column_words(value.header)
    if not label or (not strip_time(label) and not read_clues(label).empty):
        if not column:
            return None
        label, column = column, ""
    if statement == "equity":
        whole = "total_equity" if minority else "stockholders_equity"
        totalled = any(_SAYS_TOTAL.search(text) for text in value.header)
        if not column and by_component and not totalled:
            return None
        return _name_equity(label, sections, column, whole, totalled)
    scope = "parent company" if statement == "parent" else ""
    if statement == "supplement":
        item = find_item(label, sections, "cash_flow")
        if item in _SUPPLEMENTS:
            return Named(item, label, True, make_dims(column=column))
    if statement not in STATEMENTS:
        item = find_item(_EDGE.sub("", label) or label, sections, "any")
        dims = make_dims(table=title, section=section_words(sections), column=column, scope=scope)
        return _named(item, label, dims)
    stripped = _EDGE.sub("", label)
    item = find_item(label, sections, statement)
    if item is None and statement == "cash_flow" and stripped and stripped != label:
        item = find_item(stripped, sections, "balance") or find_item(stripped, sections, statement)
        label = stripped if item else label
    if item is not None:
        return Named(item, label, True, make_dims(column=column))
    if statement == "cash_flow" and _plain_net_income(label):
        return Named("consolidated_net_income", label, True, make_dims(column=column))
    return _named(None, label, make_dims(section=section_words(sections), column=column))


def _name_equity(
    label: str, sections: tuple[str, ...], column: str, whole: str, totalled: bool
) -> Named | None:
    """A balance row is the balance of the component its column or section names, and the ``whole`` equity
    only where the column says total or names nothing; other rows are movements."""
    stripped = _EDGE.sub("", label)
    if _BALANCE_ROW.match(label) or stripped != label:
        if column:
            item = find_item(column, (), "equity")
            if item in _WHOLE and not totalled:
                item = None
            return _named(item, column if item else label, () if item else make_dims(column=column))
        component = next((s for s in reversed(sections) if clean(s)), "")
        if not _BALANCE_ROW.match(label):
            component = stripped
        if not component or _TOTAL.fullmatch(clean(component)):
            return Named(whole, strip_time(label) or label, True, ())
        item = find_item(component, (), "equity")
        return _named(item, component if item else label, () if item else make_dims(section=clean(component)))
    return _named(None, label, make_dims(section=section_words(sections), column=column))


def _named(item: str | None, label: str, dims: Dims) -> Named | None:
    if item is not None:
        return Named(item, label, True, dims)
    name = normalise_label(label)
    return Named(name, label, False, dims) if name else None


def _plain_net_income(label: str) -> bool:
    return find_item(label, (), "income") == "net_income" and not _ATTRIBUTED.search(label)


def _settle_net_income(named: Mapping[Key, Named], statement: str, minority: bool) -> dict[Key, Named]:
    """Where a statement splits net income between owners, its plain "net income" row includes the minority's
    share."""
    if statement not in ("income", "comprehensive"):
        return dict(named)
    owners = any(n.item == "net_income" and _ATTRIBUTED.search(n.label) for n in named.values())
    settled: dict[Key, Named] = {}
    for key, name in named.items():
        plain = name.item == "net_income" and name.canonical and not _ATTRIBUTED.search(name.label)
        settled[key] = (
            replace(name, item="consolidated_net_income") if plain and (owners or minority) else name
        )
    return settled


def _settle_parts(named: Mapping[Key, Named]) -> dict[Key, Named]:
    """A row that the rows beside it show to be only a part of its item goes by its label."""
    labels = {normalise_label(name.label) for name in named.values()}
    return {
        key: replace(name, item=normalise_label(name.label), canonical=False)
        if name.canonical and is_part(name.item, name.label, labels)
        else name
        for key, name in named.items()
    }


def _settle_rivals(named: Mapping[Key, Named]) -> dict[Key, Named]:
    """Where several rows of one statement claim an item, the one total keeps it; the others go by their
    labels."""
    claims: dict[str, set[str]] = defaultdict(set)
    for name in named.values():
        if name.canonical and not name.dims:
            claims[name.item].add(normalise_label(name.label))
    keepers = {item: _keeper(item, labels) for item, labels in claims.items() if len(labels) > 1}
    return {key: _settled(name, keepers) for key, name in named.items()}


def _keeper(item: str, labels: set[str]) -> str | None:
    if item == "net_income":
        chosen = [label for label in labels if "common" not in label]
    elif item == "stockholders_equity":
        chosen = [label for label in labels if not _PLAIN_EQUITY.fullmatch(label)]
    else:
        chosen = [label for label in labels if label.startswith("total ")]
    return chosen[0] if len(chosen) == 1 else None


def _settled(name: Named, keepers: Mapping[str, str | None]) -> Named:
    if not name.canonical or name.item not in keepers:
        return name
    label = normalise_label(name.label)
    if label == keepers[name.item]:
        return name
    if name.item == "stockholders_equity" and keepers[name.item] and _PLAIN_EQUITY.fullmatch(label):
        return replace(name, item="total_equity")
    return replace(name, item=label, canonical=False)
