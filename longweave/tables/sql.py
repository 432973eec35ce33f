"""SQL over the relation: checked before it runs, shut in while it runs.

A query is one ``SELECT`` over named tables of the relation with an allow-list of functions
(``check_query``); it runs in an in-memory DuckDB that can reach no file, network or extension, under a
memory and a time limit (``run_query``). Both hold on their own: what the check lets through by mistake, the
sandbox still refuses.
"""

import logging
import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

import duckdb
import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from longweave.synth.errors import InputError, RunError

logging.getLogger("sqlglot").setLevel(logging.ERROR)  # a refused statement is reported once, by us

Scalar = str | int | float | bool | date | None

_FORBIDDEN_NODES = (
    exp.Command,
    exp.DDL,
    exp.DML,
    exp.Into,
    exp.Pragma,
    exp.Set,
    exp.Attach,
    exp.Detach,
    exp.Copy,
    exp.Use,
)
_FUNCTIONS = frozenset(
    {"abs", "any_value", "avg", "cast", "coalesce", "concat", "count", "dense_rank", "exp", "floor"}
    | {"greatest", "if", "lag", "lead", "least", "list", "ln", "log", "max", "max_by", "arg_max", "min"}
    | {"min_by", "arg_min", "median", "nullif", "power", "pow", "rank", "round", "row_number", "sign", "sqrt"}
    | {"stddev", "string_agg", "group_concat", "array_agg", "sum", "year", "extract", "case", "filter"}
    | {"ceil", "date_trunc"}
)


class QueryError(InputError):
    """A query is not allowed or does not run."""


class QueryLimitError(RunError):
    """A query ran out of its time, memory or rows: that says nothing about its answer."""


@dataclass(frozen=True, slots=True)
class QueryLimits:
    """What one query may use: memory in MB, wall-clock seconds, and result rows."""

    memory_mb: int = 256
    seconds: float = 30.0
    rows: int = 1000


def check_query(sql: str, tables: Collection[str]) -> exp.Query:
    """Parse ``sql`` and return it if it is one plain ``SELECT`` over ``tables`` and its own CTEs.

    Raises:
        QueryError: for anything else: several statements, other statements, recursion, tables or table
        functions
            that are not in ``tables``, or functions outside the allow-list.
    """
    try:
        statements = [s for s in sqlglot.parse(sql, read="duckdb") if s is not None]
    except (SqlglotError, RecursionError) as error:
        raise QueryError("SQL cannot be parsed", where=_shorten(sql), fix=str(error).split("\n")[0]) from None
    if len(statements) != 1 or not isinstance(statements[0], exp.Query):
        raise QueryError("only one SELECT statement is allowed", where=_shorten(sql))
    query = statements[0]
    names = {cte.alias_or_name for cte in query.find_all(exp.CTE)}
    if any(with_.args.get("recursive") for with_ in query.find_all(exp.With)):
        raise QueryError("recursive queries are not allowed", where=_shorten(sql))
    for node in query.walk():
        if isinstance(node, _FORBIDDEN_NODES):
            raise QueryError(f"{type(node).__name__.upper()} is not allowed in a query", where=_shorten(sql))
        if isinstance(node, exp.Table):
            _check_table(node, names | set(tables), sql)
        if isinstance(node, exp.Func) and not isinstance(node, (exp.Connector, exp.Binary)):
            name = (node.name if isinstance(node, exp.Anonymous) else node.sql_name()).lower()
            if name not in _FUNCTIONS:
                raise QueryError(f"function {name} is not allowed in a query", where=_shorten(sql))
    return query


def _check_table(node: exp.Table, allowed: Collection[str], sql: str) -> None:
    if not isinstance(node.this, exp.Identifier) or node.args.get("db") or node.name not in allowed:
        raise QueryError(
            f"table {_shorten(node.sql('duckdb'))} is not part of the relation", where=_shorten(sql)
        )


def shut_in(connection: duckdb.DuckDBPyConnection, limits: QueryLimits) -> None:
    """Take every way out from ``connection`` for good: files, network, extensions, settings.

    Cannot be undone. The memory limit holds for queries, on top of what the tables take already.
    """
    held = connection.execute("SELECT sum(memory_usage_bytes) FROM duckdb_memory()").fetchone()
    megabytes = limits.memory_mb + (int(held[0]) >> 20 if held and held[0] else 0)
    for setting in (
        f"memory_limit = '{megabytes}MB'",
        "threads = 1",
        "max_temp_directory_size = '0KB'",
        "allow_community_extensions = false",
        "autoinstall_known_extensions = false",
        "autoload_known_extensions = false",
        "python_enable_replacements = false",
        "enable_external_access = false",
        "lock_configuration = true",
    ):
        connection.execute(f"SET {setting}")


def run_query(
    connection: duckdb.DuckDBPyConnection, sql: str, tables: Collection[str], limits: QueryLimits
) -> list[tuple[Scalar, ...]]:
    """Rows of a checked query; ``connection`` must have been shut in. Safe from several threads.

    Raises:
        QueryError: The query is not allowed or cannot be executed.
        QueryLimitError: It exceeds its time, memory or rows.
    """
    text = check_query(sql, tables).sql("duckdb")
    cursor = connection.cursor()
    overdue = threading.Event()

    def stop() -> None:
        overdue.set()
        cursor.interrupt()

    timer = threading.Timer(limits.seconds, stop)
    timer.start()
    try:
        rows: Sequence[tuple[Scalar, ...]] = cursor.execute(text).fetchmany(limits.rows + 1)
    except (duckdb.InterruptException, duckdb.OutOfMemoryException) as error:
        what = f"query ran over {limits.seconds:g} s" if overdue.is_set() else str(error).split("\n")[0]
        raise QueryLimitError(
            what, where=_shorten(sql), fix="Raise tables.query_seconds or tables.query_memory_mb."
        ) from None
    except duckdb.Error as error:
        raise QueryError(str(error).split("\n")[0], where=_shorten(sql)) from None
    finally:
        timer.cancel()
        cursor.close()
    if len(rows) > limits.rows:
        raise QueryLimitError(f"query gives more than {limits.rows} rows", where=_shorten(sql))
    return list(rows)


def _shorten(sql: str) -> str:
    line = " ".join(sql.split())
    return line if len(line) <= 120 else line[:117] + "..."
