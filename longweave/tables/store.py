"""Facts at rest and under SQL: records in, an Arrow table (for Parquet) or a DuckDB connection out.

``open_relation`` holds three tables: ``facts`` (every fact), ``clean`` (one row per entity, item, period,
dimensions and unit whose facts agree) and ``ambiguous`` (the keys whose facts do not). Two facts agree when
they print the same value, or when the coarser of them rounds to it.
"""

import json
from collections.abc import Iterable

import duckdb
import pyarrow as pa

from longweave.synth.records import canonical_json
from longweave.tables.model import Fact, Period, Span

FACT_SCHEMA = pa.schema(
    [
        ("fact_id", pa.string()),
        ("doc_id", pa.string()),
        ("entity", pa.string()),
        ("item", pa.string()),
        ("label", pa.string()),
        ("canonical", pa.bool_()),
        ("period_end", pa.date32()),
        ("months", pa.int32()),
        ("fiscal_year", pa.int32()),
        ("dims", pa.string()),
        ("value", pa.float64()),
        ("unit", pa.string()),
        ("scale", pa.int32()),
        ("decimals", pa.int32()),
        ("statement", pa.string()),
        ("table", pa.int32()),
        ("row", pa.int32()),
        ("cell", pa.int32()),
        ("start", pa.int64()),
        ("end", pa.int64()),
        ("shown", pa.string()),
        ("depends", pa.list_(pa.struct([("start", pa.int64()), ("end", pa.int64())]))),
    ]
)

_GROUPED = """
WITH priced AS (
    SELECT *, pow(10.0, scale - decimals) AS quantum, lower(dims) AS dims_key FROM facts
), finest AS (
    SELECT *,
        first_value(value) OVER chosen AS best,
        first_value(quantum) OVER chosen AS best_quantum
    FROM priced
    WINDOW chosen AS (
        PARTITION BY entity, item, period_end, months, dims_key, unit ORDER BY quantum, fact_id
        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    )
), grouped AS (
    SELECT entity, item, period_end, months, dims_key, unit,
        arg_min(fact_id, (quantum, fact_id)) AS fact_id,
        list(fact_id ORDER BY fact_id) AS fact_ids,
        list(DISTINCT doc_id ORDER BY doc_id) AS doc_ids,
        arg_min(label, (quantum, fact_id)) AS label,
        bool_or(canonical) AS canonical,
        max(fiscal_year) AS fiscal_year,
        arg_min(dims, (quantum, fact_id)) AS dims,
        arg_min(value, (quantum, fact_id)) AS value,
        arg_min(statement, (quantum, fact_id)) AS statement,
        bool_and(
            CASE WHEN quantum = best_quantum THEN value = best
            ELSE abs(value - best) <= (0.5 * quantum + 0.5 * best_quantum) * (1 + 1e-9) END
        ) AS agreed,
        list(DISTINCT value ORDER BY value) AS stated
    FROM finest GROUP BY entity, item, period_end, months, dims_key, unit
)
"""
_KEY_COLUMNS = "entity, item, label, canonical, period_end, months, fiscal_year, dims, unit, statement"


def open_relation(facts: Iterable[Fact]) -> duckdb.DuckDBPyConnection:
    """An in-memory DuckDB over ``facts``: tables ``facts`` and ``clean`` and the view ``ambiguous``.

    A row of ``clean`` is the fact printed with most digits (``fact_id``, ``value``); ``fact_ids`` and
    ``doc_ids`` list all that agree with it. A row of ``ambiguous`` lists the ``stated`` values instead.
    """
    connection = duckdb.connect(":memory:", config={"threads": 1})
    connection.register("arriving", to_arrow(facts))
    connection.execute("CREATE TABLE facts AS SELECT * FROM arriving")
    connection.unregister("arriving")
    connection.execute(
        f"CREATE TABLE clean AS {_GROUPED} SELECT fact_id, {_KEY_COLUMNS}, value, fact_ids, doc_ids"
        " FROM grouped WHERE agreed ORDER BY entity, item, period_end, months, dims, unit"
    )
    connection.execute(
        f"CREATE VIEW ambiguous AS {_GROUPED} SELECT {_KEY_COLUMNS}, stated, fact_ids, doc_ids"
        " FROM grouped WHERE NOT agreed ORDER BY entity, item, period_end, months, dims, unit"
    )
    return connection


def to_arrow(facts: Iterable[Fact]) -> pa.Table:
    """``facts`` in ``FACT_SCHEMA``; ``dims`` as JSON text with sorted keys, ``{}`` for none."""
    columns: dict[str, list[object]] = {name: [] for name in FACT_SCHEMA.names}
    for fact in facts:
        for name in FACT_SCHEMA.names:
            columns[name].append(_column_value(fact, name))
    return pa.table(columns, schema=FACT_SCHEMA)


def from_arrow(table: pa.Table) -> list[Fact]:
    """The facts of a table written by ``to_arrow``, in its order."""
    facts = []
    for row in table.to_pylist():
        period = Period(row.pop("period_end"), row.pop("months"))
        dims = tuple(sorted(json.loads(row.pop("dims")).items()))
        depends = tuple(Span(span["start"], span["end"]) for span in row.pop("depends"))
        facts.append(Fact(period=period, dims=dims, depends=depends, **row))
    return facts


def _column_value(fact: Fact, name: str) -> object:
    if name == "period_end":
        return fact.period.end
    if name == "months":
        return fact.period.months
    if name == "dims":
        return canonical_json(dict(fact.dims))
    if name == "depends":
        return [{"start": span.start, "end": span.end} for span in fact.depends]
    return getattr(fact, name)
