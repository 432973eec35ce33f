"""The query kinds of ``queries.yaml`` as records, checked when they are loaded.

A kind is data: how many companies, items and periods it joins, its SQL over ``scope``, the condition under
which the question is worth asking, and how it may be phrased. ``docs/query-kinds.md`` says how to add one.
"""

from functools import cache
from importlib.resources import files
from typing import Literal

import yaml
from pydantic import Field, field_validator

from longweave.synth.records import Record
from longweave.tables.sql import check_query

Span = Literal["durations", "instants", "any"]
AnswerUnit = Literal[
    "item", "ratio", "percent", "points", "times", "count", "rank", "company", "companies", "period"
]


class Kind(Record):
    """One way to ask; see the head of ``queries.yaml`` for the meaning of each field."""

    kind: str
    entities: tuple[int, int] | Literal["all"]
    items: Literal["one", "ratio", "two"]
    periods: int = Field(ge=1, le=3)
    span: Span
    months: list[int] = Field(default=[0, 3, 6, 9, 12], min_length=1)
    additive: bool = False
    growth: bool = False
    yearly: bool = False
    answer: AnswerUnit
    sql: str
    holds: str
    questions: list[str] = Field(min_length=1)

    @field_validator("sql", "holds")
    @classmethod
    def _must_be_a_query(cls, sql: str) -> str:
        check_query(sql, {"scope"})
        return sql

    @property
    def single(self) -> bool:
        """Whether the question is about one company."""
        return self.entities == (1, 1)


class Ratio(Record):
    """A named ratio of two canonical items; ``as`` says how its value is given."""

    name: str
    over: str
    under: str
    given_as: Literal["percent", "times"] = Field(alias="as")


class QueryPool(Record):
    """All query kinds and named ratios; ``not_asked`` are items that no question is about,
    ``lumpy`` items whose growth says nothing."""

    kinds: list[Kind]
    ratios: list[Ratio]
    not_asked: list[str] = Field(default_factory=list)
    lumpy: list[str] = Field(default_factory=list)

    def kind(self, name: str) -> Kind:
        """The kind called ``name``.

        Raises:
            KeyError: when there is none.
        """
        for kind in self.kinds:
            if kind.kind == name:
                return kind
        raise KeyError(name)


@cache
def load_pool() -> QueryPool:
    """The pool of ``queries.yaml``, every SQL in it parsed and checked."""
    text = files("longweave.tables").joinpath("queries.yaml").read_text(encoding="utf-8")
    return QueryPool.model_validate(yaml.safe_load(text))
