"""Queries are untrusted: what is not one plain SELECT over the relation is refused, twice."""

from concurrent.futures import ThreadPoolExecutor

import duckdb
import pytest

from longweave.tables.sql import QueryError, QueryLimitError, QueryLimits, check_query, run_query, shut_in

LIMITS = QueryLimits(memory_mb=64, seconds=1.0, rows=10)


@pytest.fixture
def relation():
    connection = duckdb.connect(":memory:")
    connection.execute(
        "CREATE TABLE clean AS SELECT 'row ' || i AS entity, i::DOUBLE AS value FROM range(3000) t(i)"
    )
    shut_in(connection, LIMITS)
    yield connection
    connection.close()


HOSTILE = [
    "COPY clean TO '{tmp}/out.csv'",
    "ATTACH '{tmp}/other.db'",
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM '/etc/passwd'",
    "SELECT read_text('/etc/passwd')",
    "SELECT * FROM glob('/etc/*')",
    "INSTALL httpfs",
    "LOAD httpfs",
    "PRAGMA database_list",
    "CALL pragma_version()",
    "SET enable_external_access = true",
    "EXPORT DATABASE '{tmp}/all'",
    "CREATE TABLE stolen AS SELECT 1",
    "DROP TABLE clean",
    "SELECT 1; SELECT 2",
    "SELECT * FROM information_schema.tables",
    "SELECT * FROM duckdb_settings()",
    "SELECT getenv('HOME')",
    "WITH RECURSIVE t AS (SELECT 1 AS x UNION ALL SELECT x + 1 FROM t) SELECT count(*) FROM t",
    "SELECT * FROM range(1000000000)",
    "not SQL at all (",
]


@pytest.mark.parametrize("sql", HOSTILE)
def test_hostile_sql_is_refused_in_one_line(relation, tmp_path, sql):
    with pytest.raises(QueryError) as refused:
        run_query(relation, sql.format(tmp=tmp_path), {"clean"}, LIMITS)
    assert "\n" not in str(refused.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "sql",
    [
        "COPY clean TO '{tmp}/out.csv'",
        "ATTACH '{tmp}/other.db'",
        "SELECT * FROM read_csv('/etc/passwd')",
        "INSTALL httpfs",
        "SET enable_external_access = true",
        "SET memory_limit = '99GB'",
    ],
)
def test_the_sandbox_refuses_even_what_was_not_checked(relation, tmp_path, sql):
    with pytest.raises(duckdb.Error):
        relation.execute(sql.format(tmp=tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_a_query_that_never_ends_is_stopped_and_the_connection_lives_on(relation):
    endless = "SELECT sum(a.value * b.value * c.value) FROM clean a, clean b, clean c"
    with pytest.raises(QueryLimitError, match="over 1 s"):
        run_query(relation, endless, {"clean"}, LIMITS)
    assert run_query(relation, "SELECT count(*) FROM clean", {"clean"}, LIMITS) == [(3000,)]


def test_a_query_that_eats_memory_is_refused(relation):
    hungry = "SELECT list(a.entity || b.entity) FROM clean a, clean b"
    with pytest.raises(QueryLimitError):
        run_query(relation, hungry, {"clean"}, QueryLimits(memory_mb=64, seconds=20, rows=10))


def test_more_rows_than_allowed_are_an_error_not_a_cut(relation):
    with pytest.raises(QueryLimitError, match="more than 10 rows"):
        run_query(relation, "SELECT entity FROM clean", {"clean"}, LIMITS)


def test_a_plain_question_over_cte_and_subquery_runs(relation):
    sql = """WITH top AS (SELECT * FROM clean WHERE value >= 2998)
             SELECT max_by(entity, value), sum(value) FILTER (value < 2999) FROM top"""
    assert run_query(relation, sql, {"clean"}, LIMITS) == [("row 2999", 2998.0)]


def test_tables_are_named_by_the_caller():
    check_query("SELECT value FROM scope", {"scope"})
    with pytest.raises(QueryError, match="not part of the relation"):
        check_query("SELECT value FROM scope", {"clean"})


def test_queries_of_several_threads_do_not_mix(relation):
    def ask(number):
        return run_query(relation, f"SELECT sum(value) FROM clean WHERE value = {number}", {"clean"}, LIMITS)

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(ask, range(200))) == [[(float(number),)] for number in range(200)]


def test_a_relation_larger_than_the_limit_can_still_be_asked():
    connection = duckdb.connect(":memory:")
    connection.execute(
        "CREATE TABLE clean AS SELECT i::DOUBLE AS value, md5(i::TEXT) AS entity FROM range(2000000) t(i)"
    )
    shut_in(connection, QueryLimits(memory_mb=32, seconds=20))
    assert run_query(connection, "SELECT count(*) FROM clean", {"clean"}, LIMITS) == [(2_000_000,)]
