"""Draw plans: which companies, items and periods a question of a kind is about.

Periods of different companies meet in *groups*: fiscal years by the calendar year they end in, shorter
durations and quarter-end dates by calendar month. ``CorpusIndex`` holds, per item and group, who reports it
and for which exact date.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from math import floor, log10

import numpy as np

from longweave.tables.items import Item
from longweave.tables.kinds import Kind, QueryPool
from longweave.tables.model import Fact
from longweave.tables.plan import AskedPeriod, Key, Plan

_MAX_TRIES = 20


@dataclass(frozen=True, slots=True, order=True)
class Group:
    """Periods that companies share: ``fiscal`` years ended in ``year``, else by ``months`` and the end's
    month.

    Dates at the end of a fiscal year belong to the fiscal year's group, so that flows and stocks of one year
    meet."""

    year: int
    month: int
    months: int
    fiscal: bool

    def before(self, years: int) -> "Group":
        """The same group some years earlier."""
        return Group(self.year - years, self.month, self.months, self.fiscal)


@dataclass(frozen=True, slots=True)
class CorpusIndex:
    """``reports[item][group][entity]`` is the period end (with its months and value) of the row;
    ``rows[(entity, item, months)]`` are all its period ends, newest first."""

    reports: Mapping[str, Mapping[Group, Mapping[str, Fact]]]
    rows: Mapping[tuple[str, str, int], Sequence[Fact]]


def index_facts(facts: Iterable[Fact], items: Mapping[str, Item]) -> CorpusIndex:
    """Index canonical facts without dimensions; ``items`` are those that may be asked about.

    Rows of statements of equity are left out (their columns are components and their opening dates are not
    balance sheet dates), and twelve months that are no fiscal year of the company.

    A company with two fiscal years that ended in one calendar year (52/53-week years, on January 1 and
    December 31) is left out of that year's group: "the fiscal year that ended in …" would not say which.
    """
    stated = [f for f in facts if f.canonical and not f.dims and f.item in items and f.statement != "equity"]
    fiscal_ends = {(f.entity, f.period.end) for f in stated if f.period.months == 12 and f.fiscal_year}
    usable = [f for f in stated if f.period.months != 12 or (f.entity, f.period.end) in fiscal_ends]
    reports: dict[str, dict[Group, dict[str, Fact]]] = defaultdict(lambda: defaultdict(dict))
    rows: dict[tuple[str, str, int], dict[date, Fact]] = defaultdict(dict)
    years = Counter((entity, end.year) for entity, end in fiscal_ends)
    for fact in sorted(usable, key=lambda f: f.fact_id):
        end, months = fact.period.end, fact.period.months
        if months not in (0, 3, 6, 9, 12):
            continue
        fiscal = months == 12 or (months == 0 and (fact.entity, end) in fiscal_ends)
        group = Group(end.year, 0, 12, True) if fiscal else Group(end.year, end.month, months or 3, False)
        if not fiscal or years[fact.entity, end.year] == 1:
            reports[fact.item][group].setdefault(fact.entity, fact)
        rows[fact.entity, fact.item, months].setdefault(end, fact)
    newest_first = {key: [by_end[d] for d in sorted(by_end, reverse=True)] for key, by_end in rows.items()}
    return CorpusIndex(reports, newest_first)


def draw_plan(
    kind: Kind,
    index: CorpusIndex,
    pool: QueryPool,
    items: Mapping[str, Item],
    rng: np.random.Generator,
    used: Counter[str],
) -> Plan | None:
    """A random plan of ``kind``; None when the draw finds nothing that fits. Items in ``used`` are drawn less
    often."""
    ratio, chosen = _draw_items(kind, index, pool, items, rng, used)
    if not chosen:
        return None
    for _ in range(_MAX_TRIES):
        drawn = _draw_one(kind, chosen, index, rng) if kind.single else _draw_many(kind, chosen, index, rng)
        if drawn is None:
            continue
        entities, periods, facts = drawn
        currencies = {f.unit.removesuffix("/share") for f in facts}
        if len(currencies) > 1:
            continue
        threshold = None
        if "$threshold" in kind.sql:
            threshold = _draw_threshold([f.value for f in facts if f.item == chosen[0]], rng)
            if threshold is None:
                continue
        return Plan(
            kind=kind.kind,
            entities=entities,
            items=chosen,
            ratio=ratio,
            unit=next(f.unit for f in facts if f.item == chosen[-1]),
            periods=periods,
            keys=[
                Key(entity=f.entity, item=f.item, period_end=f.period.end, months=f.period.months)
                for f in facts
            ],
            threshold=threshold,
            k=int(rng.integers(2, 4)) if "$k" in kind.sql else None,
            phrasing=int(rng.integers(len(kind.questions))),
        )
    return None


def _draw_items(
    kind: Kind,
    index: CorpusIndex,
    pool: QueryPool,
    items: Mapping[str, Item],
    rng: np.random.Generator,
    used: Counter[str],
) -> tuple[str | None, list[str]]:
    left_out = {*pool.not_asked, *(pool.lumpy if kind.growth else ())}
    asked = [item for item in sorted(index.reports) if item not in left_out]
    known = [i for i in asked if kind.span == "any" or items[i].instant == (kind.span == "instants")]
    if kind.items == "ratio":
        ratios = [r for r in pool.ratios if r.over in index.reports and r.under in index.reports]
        if kind.answer == "points":
            ratios = [r for r in ratios if r.given_as == "percent"]
        if not ratios:
            return None, []
        ratio = ratios[_draw_weighted([used[r.over] for r in ratios], rng)]
        return ratio.name, [ratio.over, ratio.under]
    if kind.additive:
        known = [item for item in known if items[item].unit == "USD"]
    if not known:
        return None, []
    first = known[_draw_weighted([used[item] for item in known], rng)]
    if kind.items == "one":
        return None, [first]
    others = [
        item
        for item in known
        if item != first
        and items[item].instant == items[first].instant
        and items[item].unit == items[first].unit
    ]
    if not others:
        return None, []
    return None, [first, others[int(rng.integers(len(others)))]]


def _draw_weighted(uses: Sequence[int], rng: np.random.Generator) -> int:
    weights = np.array([1.0 / (1 + use) ** 2 for use in uses])
    return int(rng.choice(len(uses), p=weights / weights.sum()))


Drawn = tuple[list[str], list[AskedPeriod], list[Fact]]


def _draw_one(kind: Kind, items: Sequence[str], index: CorpusIndex, rng: np.random.Generator) -> Drawn | None:
    """One company: its periods are exact dates, in as many filings as it takes."""
    lead = items[0]
    rows = [
        (reporter, item, months)
        for (reporter, item, months), facts in sorted(index.rows.items())
        if item == lead and months in kind.months and len(facts) >= kind.periods
    ]
    if not rows:
        return None
    entity, _, months = rows[int(rng.integers(len(rows)))]
    facts = index.rows[entity, lead, months]
    if kind.yearly:
        picked = _yearly(facts, int(rng.integers(len(facts))))
    else:
        order = sorted(rng.choice(len(facts), size=kind.periods, replace=False).tolist())
        picked = [facts[i] for i in order]
    if len(picked) < kind.periods or _overlap(picked):
        return None
    all_facts = list(picked)
    for item in items[1:]:
        for fact in picked:
            partner = _same_end(index, entity, item, fact.period.end, months)
            if partner is None:
                return None
            all_facts.append(partner)
    span = max(f.period.months for f in all_facts)
    periods = [
        AskedPeriod(months=span, year=f.period.end.year, month=f.period.end.month, end=f.period.end)
        for f in picked
    ]
    return [entity], periods, all_facts


def _overlap(facts: Sequence[Fact]) -> bool:
    """Whether durations overlap (six months against the three months within them never meet: months are
    equal)."""
    gaps = [(a.period.end - b.period.end).days for a, b in pairwise(facts)]
    return any(gap < facts[0].period.months * 27 for gap in gaps)


def _yearly(facts: Sequence[Fact], start: int) -> list[Fact]:
    """Three rows a year apart each, from ``facts[start]`` back."""
    picked = [facts[start]]
    for fact in facts[start + 1 :]:
        if abs((picked[-1].period.end - fact.period.end).days - 365) <= 8:
            picked.append(fact)
    return picked[:3]


def _same_end(index: CorpusIndex, entity: str, item: str, end: date, months: int) -> Fact | None:
    """The row of ``item`` at ``end``: the same duration, or for a fiscal year the balance at its end."""
    for length in (months, 0, 12) if months in (0, 12) else (months,):
        for fact in index.rows.get((entity, item, length), ()):
            if fact.period.end == end:
                return fact
    return None


def _draw_many(
    kind: Kind, items: Sequence[str], index: CorpusIndex, rng: np.random.Generator
) -> Drawn | None:
    """Several companies (or all): each with its own period of the shared group."""
    lead = index.reports[items[0]]
    groups = sorted(g for g in lead if kind.entities != "all" or g.fiscal)
    if not groups:
        return None
    newest = groups[int(rng.integers(len(groups)))]
    wanted = [newest.before(years) for years in range(kind.periods)]
    tables = [index.reports[item].get(group, {}) for group in wanted for item in items]
    common = sorted(set(tables[0]).intersection(*tables[1:]))
    if kind.entities == "all":
        if len(common) < 3 or any(len(table) != len(common) for table in tables):
            return None
        entities: list[str] = []
        chosen = common
    else:
        low, high = kind.entities
        if len(common) < low:
            return None
        size = int(rng.integers(low, min(high, len(common)) + 1))
        entities = [common[i] for i in rng.choice(len(common), size=size, replace=False).tolist()]
        chosen = entities
    facts = [table[entity] for table in tables for entity in chosen]
    lengths = {fact.period.months for fact in facts}
    if not lengths <= set(kind.months) or (len(lengths) > 1 and not newest.fiscal):
        return None
    periods = [_asked(group, facts, items, index) for group in wanted]
    return entities, periods, facts


def _asked(group: Group, facts: Sequence[Fact], items: Sequence[str], index: CorpusIndex) -> AskedPeriod:
    months = max(f.period.months for f in facts)
    month = None if group.fiscal else group.month
    return AskedPeriod(months=months, year=group.year, month=month, fiscal_year=group.fiscal)


def _draw_threshold(values: Sequence[float], rng: np.random.Generator) -> float | None:
    """A round number (two digits) strictly between two of the values; None when they are too close."""
    ordered = sorted(values)
    gaps = [(low, high) for low, high in pairwise(ordered) if high > 0]
    if not gaps:
        return None
    low, high = gaps[int(rng.integers(len(gaps)))]
    middle = (max(low, 0.0) + high) / 2
    if middle <= 0:
        return None
    step = 10.0 ** (floor(log10(middle)) - 1)
    threshold = round(middle / step) * step
    return threshold if low < threshold < high else None
