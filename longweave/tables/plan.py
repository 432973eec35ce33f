"""A question before it is words: which kind, companies, items and periods, and the SQL that answers it.

A ``Plan`` is all that the question says, nothing more. SQL (``plan_sql``), wording (``phrase``) and answer
follow from it by rule, so a prover that holds the plan can write both again and compare.
"""

from collections.abc import Mapping
from datetime import date

import sqlglot
from pydantic import Field
from sqlglot import exp

from longweave.synth.records import Record
from longweave.tables.kinds import Kind

RELATION_TABLES = frozenset({"clean"})


class AskedPeriod(Record):
    """A period as the question names it.

    For one company ``end`` is the exact date. For several, whose fiscal calendars differ, ``end`` is None and
    the period is every company's own that ended in ``year`` (and ``month``, unless it is a fiscal year).
    ``months`` is 0 for a date; ``fiscal_year`` tells a date at the end of a fiscal year from one at the end
    of a quarter.
    """

    months: int
    year: int
    month: int | None = None
    end: date | None = None
    fiscal_year: bool = False


class Key(Record):
    """One row of the relation: what identifies it."""

    entity: str
    item: str
    period_end: date
    months: int


class Plan(Record):
    """A structured question. ``keys`` are the rows it reads; for a kind over *all* companies they are found
    by condition instead of being named in the SQL. ``unit`` is that of the rows of the last item, ``periods``
    run from the newest to the oldest."""

    kind: str
    entities: list[str]
    items: list[str]
    ratio: str | None = None
    unit: str
    periods: list[AskedPeriod]
    keys: list[Key]
    threshold: float | None = None
    k: int | None = None
    phrasing: int = Field(ge=0)


def scope_sql(plan: Plan, kind: Kind) -> exp.Select:
    """The rows the question names, newest period first per company (``p``)."""
    by_item: dict[str, set[int]] = {}
    for key in plan.keys:
        by_item.setdefault(key.item, set()).add(key.months)
    items = [
        exp.and_(_equals("item", item), _is_in("months", [exp.Literal.number(m) for m in sorted(months)]))
        for item, months in sorted(by_item.items())
    ]
    conditions: list[exp.Expression] = [_equals("dims", "{}"), exp.paren(exp.or_(*items))]
    if kind.entities == "all":
        year = exp.Literal.number(plan.periods[0].year)
        conditions.append(exp.EQ(this=exp.Year(this=exp.column("period_end")), expression=year))
    else:
        pairs = sorted({(key.entity, key.period_end) for key in plan.keys})
        conditions.append(
            exp.In(
                this=exp.Tuple(expressions=[exp.column("entity"), exp.column("period_end")]),
                expressions=[exp.Tuple(expressions=[exp.Literal.string(e), _date(d)]) for e, d in pairs],
            )
        )
    ranked = "dense_rank() OVER (PARTITION BY entity ORDER BY period_end DESC) AS p"
    return (
        exp.select("fact_id", "entity", "item", "period_end", "value")
        .select(sqlglot.parse_one(ranked, read="duckdb"))
        .from_("clean")
        .where(*conditions)
    )


def plan_sql(plan: Plan, kind: Kind) -> str:
    """The question as SQL over ``clean``: one row with the answer, or no row when a row is missing or too
    many."""
    query = exp.select("*").from_("answer").where(f"(SELECT count(*) FROM scope) = {len(plan.keys)}")
    query = query.with_("scope", as_=scope_sql(plan, kind)).with_("answer", as_=_filled(kind.sql, plan))
    return query.sql("duckdb", pretty=True)


def holds_sql(plan: Plan, kind: Kind) -> str:
    """Whether the question is worth asking: one row with a boolean."""
    return _over_scope(plan, kind, _filled(kind.holds, plan))


def lineage_sql(plan: Plan, kind: Kind) -> str:
    """The rows behind the answer: their ``fact_id`` and key columns."""
    return _over_scope(plan, kind, exp.select("fact_id", "entity", "item", "period_end").from_("scope"))


def _over_scope(plan: Plan, kind: Kind, query: exp.Query) -> str:
    return query.with_("scope", as_=scope_sql(plan, kind)).sql("duckdb")


def _filled(sql: str, plan: Plan) -> exp.Query:
    """``sql`` with its ``$name`` placeholders replaced by literals."""
    values: Mapping[str, exp.Expression] = _literals(plan)
    query = sqlglot.parse_one(sql, read="duckdb")
    for node in list(query.find_all(exp.Parameter, exp.Placeholder)):
        node.replace(values[node.name].copy())
    assert isinstance(query, exp.Query)
    return query


def _literals(plan: Plan) -> dict[str, exp.Expression]:
    values: dict[str, exp.Expression] = {}
    for number, item in enumerate(plan.items, start=1):
        values[f"item{number}"] = exp.Literal.string(item)
    for number, entity in enumerate(plan.entities, start=1):
        values[f"entity{number}"] = exp.Literal.string(entity)
    if plan.threshold is not None:
        values["threshold"] = exp.Literal.number(plan.threshold)
    if plan.k is not None:
        values["k"] = exp.Literal.number(plan.k)
    return values


def _equals(column: str, value: str) -> exp.Expression:
    return exp.EQ(this=exp.column(column), expression=exp.Literal.string(value))


def _is_in(column: str, values: list[exp.Expression]) -> exp.Expression:
    return exp.In(this=exp.column(column), expressions=values)


def _date(day: date) -> exp.Expression:
    return exp.cast(exp.Literal.string(day.isoformat()), "date")
