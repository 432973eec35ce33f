"""A numeric question as its reader solves it: tables of the documents at hand, a relation, the plan's SQL.

Two values for a row give an answer each. Beside the tables one kind of sentence is read: that a figure was
restated (``say_restated``).
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from random import Random

from benchmarks.gates.asks import Shown, draw_other
from longweave.synth.records import canonical_json
from longweave.tables import load_items, load_pool, relate_document
from longweave.tables.model import Fact
from longweave.tables.phrase import choose_format, print_answer, say_date, say_period
from longweave.tables.plan import RELATION_TABLES, AskedPeriod, Key, Plan, plan_sql
from longweave.tables.pose import RowKey, key_of
from longweave.tables.sql import QueryLimits, run_query, shut_in
from longweave.tables.store import open_relation

_LIMITS = QueryLimits()
_MILLION = 1e6


@dataclass(frozen=True)
class TableAsk:
    """The question that ``plan`` (as JSON) puts into words."""

    plan: str

    @property
    def planned(self) -> Plan:
        """The plan."""
        return _parse(self.plan)

    def read(self, documents: Sequence[Shown]) -> list[str]:
        """See ``Ask``."""
        plan = self.planned
        by_document = [_facts_of(document, frozenset(plan.items)) for document in documents]
        answers = [_answer(plan, facts) for facts in _readings(plan, by_document)]
        everything = [fact for facts in by_document for fact in facts]
        answers += [_answer(plan, facts) for facts in _restated(plan, everything, documents)]
        return list(dict.fromkeys(answer for answer in answers if answer is not None))

    def guess(self, rng: Random) -> str:
        """See ``Ask``."""
        plan = self.planned
        entities = sorted({key.entity for key in plan.keys})
        answer = load_pool().kind(plan.kind).answer
        if answer == "company":
            return rng.choice(entities)
        if answer == "companies":
            return "; ".join(rng.sample(entities, plan.k or len(entities)))
        if answer == "period":
            return rng.choice([say_date(period.end) for period in plan.periods if period.end is not None])
        if answer in ("rank", "count"):
            return str(rng.randint(1 if answer == "rank" else 0, len(entities)))
        if answer == "item":
            return str(rng.randint(100, 99_999))
        return f"{rng.uniform(-30, 60):.1f}"

    def slip(self, documents: Sequence[Shown], right: str, rng: Random) -> str:
        """See ``Ask``."""
        return draw_other(self.find_rivals(documents, right), right, rng)

    def find_rivals(self, documents: Sequence[Shown], right: str) -> list[str]:
        """Wrong answers that someone gives who takes another row, period, sign or scale."""
        plan = self.planned
        kind = load_pool().kind(plan.kind)
        form = choose_format(plan, kind, load_pool())
        entities = sorted({key.entity for key in plan.keys})
        if kind.answer == "company":
            return entities
        if kind.answer == "companies":
            names = right.split("; ")
            return ["; ".join([*names[1:], names[0]]), "; ".join([*entities[: len(names)]])]
        if kind.answer == "period":
            return [say_date(period.end) for period in plan.periods if period.end is not None]
        if kind.answer in ("rank", "count"):
            return [str(number) for number in range(1, len(entities) + 1)]
        number = float(right)
        rivals = [
            f"{-number:.{form.decimals}f}",
            f"{number * 1000:.{form.decimals}f}",
            f"{number * 1.1:.{form.decimals}f}",
        ]
        if kind.answer == "item":
            facts = (fact for document in documents for fact in _facts_of(document, frozenset(plan.items)))
            rivals += [print_answer(fact.value, form) for fact in facts if fact.unit == plan.unit]
        return list(dict.fromkeys(rivals))


def ask_of(plan: Plan) -> TableAsk:
    """What ``plan`` asks for."""
    return TableAsk(canonical_json(plan.model_dump(mode="json")))


def say_restated(key: Key, value: float) -> str:
    """A sentence that gives a row of U.S. dollars another value (in full units)."""
    return f"{_restated_head(key)}${value / _MILLION:,.0f} million."


def find_values(key: Key, documents: Sequence[Shown]) -> list[Fact]:
    """The facts of the documents that state a row."""
    wanted = (key.entity, key.item, key.period_end, key.months)
    facts = (fact for document in documents for fact in _facts_of(document, frozenset({key.item})))
    return [fact for fact in facts if not fact.dims and key_of(fact) == wanted]


def _restated_head(key: Key) -> str:
    period = AskedPeriod(months=key.months, year=key.period_end.year, end=key.period_end)
    name = load_items()[key.item].name
    return f"{key.entity} has since restated its {name} for {say_period(period)}: the correct figure is "


@cache
def _parse(plan: str) -> Plan:
    return Plan.model_validate_json(plan)


@lru_cache(maxsize=20_000)
def _relate(document: Shown) -> tuple[Fact, ...]:
    facts = relate_document(document.title, document.text)
    return tuple(fact for fact in facts if fact.canonical and not fact.dims)


def _facts_of(document: Shown, items: frozenset[str]) -> list[Fact]:
    return [fact for fact in _relate(document) if fact.item in items]


def _readings(plan: Plan, by_document: Sequence[Sequence[Fact]]) -> Iterator[list[Fact]]:
    """The facts as they are, if no row that is asked for has two values; else once for each document that
    states such a row, with its word taken for it."""
    contested = _contested(plan, by_document)
    if not contested:
        yield [fact for facts in by_document for fact in facts]
    for number, trusted in enumerate(by_document):
        own = {key_of(fact) for fact in trusted} & contested
        if own:
            yield [
                fact
                for other, facts in enumerate(by_document)
                for fact in facts
                if other == number or key_of(fact) not in contested or key_of(fact) not in own
            ]


def _contested(plan: Plan, by_document: Sequence[Sequence[Fact]]) -> set[RowKey]:
    keys = {(key.entity, key.item, key.period_end, key.months) for key in plan.keys}
    values: Mapping[RowKey, set[float]] = defaultdict(set)
    for facts in by_document:
        for fact in facts:
            if key_of(fact) in keys:
                values[key_of(fact)].add(fact.value)
    return {key for key, stated in values.items() if len(stated) > 1}


def _restated(plan: Plan, facts: Sequence[Fact], documents: Sequence[Shown]) -> Iterator[list[Fact]]:
    for key in plan.keys:
        head = re.compile(re.escape(_restated_head(key)) + r"\$(?P<value>-?[\d,]+) million")
        wanted = (key.entity, key.item, key.period_end, key.months)
        for match in (found for document in documents for found in head.finditer(document.text)):
            value = float(match["value"].replace(",", "")) * _MILLION
            yield [replace(fact, value=value) if key_of(fact) == wanted else fact for fact in facts]


def _answer(plan: Plan, facts: Sequence[Fact]) -> str | None:
    kind = load_pool().kind(plan.kind)
    with open_relation(facts) as connection:
        shut_in(connection, _LIMITS)
        rows = run_query(connection, plan_sql(plan, kind), RELATION_TABLES, _LIMITS)
    if len(rows) != 1 or rows[0][0] is None:
        return None
    return print_answer(rows[0][0], choose_format(plan, kind, load_pool()))
