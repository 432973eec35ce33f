"""Facts in Arrow and DuckDB: what merges, what is set apart."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from longweave.tables.model import Fact, Period, Span
from longweave.tables.store import FACT_SCHEMA, from_arrow, open_relation, to_arrow

REVENUE = Fact(
    fact_id="a1",
    doc_id="acme-10k",
    entity="Acme Inc.",
    item="revenue",
    label="Net sales",
    canonical=True,
    period=Period(date(2024, 12, 31), 12),
    dims=(),
    value=391_035_000_000.0,
    unit="USD",
    scale=6,
    decimals=0,
    statement="income",
    table=3,
    row=2,
    cell=1,
    start=100,
    end=107,
    shown="391,035",
    depends=(Span(10, 40), Span(60, 70)),
    fiscal_year=2024,
)


def clean(facts: list[Fact]) -> list[tuple[object, ...]]:
    with open_relation(facts) as connection:
        return connection.execute("SELECT fact_id, value, fact_ids FROM clean").fetchall()


def stated(facts: list[Fact]) -> list[tuple[object, ...]]:
    with open_relation(facts) as connection:
        return connection.execute("SELECT item, stated, fact_ids FROM ambiguous").fetchall()


def test_the_same_value_from_two_places_is_one_row() -> None:
    again = replace(REVENUE, fact_id="b2", doc_id="acme-10q", table=9)
    assert clean([again, REVENUE]) == [("a1", 391_035_000_000.0, ["a1", "b2"])]
    assert stated([again, REVENUE]) == []


def test_a_coarser_print_that_rounds_to_the_value_agrees_and_the_finer_one_is_kept() -> None:
    billions = replace(REVENUE, fact_id="a0", value=391_000_000_000.0, scale=9, decimals=1, shown="391.0")
    assert clean([billions, REVENUE]) == [("a1", 391_035_000_000.0, ["a0", "a1"])]


@pytest.mark.parametrize(
    "other",
    [
        replace(REVENUE, fact_id="b2", value=391_036_000_000.0),
        replace(REVENUE, fact_id="b2", value=391_200_000_000.0, scale=9, decimals=1),
    ],
)
def test_two_different_values_for_a_key_are_ambiguous_and_not_clean(other: Fact) -> None:
    assert clean([REVENUE, other]) == []
    assert stated([REVENUE, other]) == [("revenue", sorted([REVENUE.value, other.value]), ["a1", "b2"])]


@pytest.mark.parametrize(
    "other",
    [
        replace(REVENUE, fact_id="b2", value=1.0, period=Period(date(2024, 12, 31), 3)),
        replace(REVENUE, fact_id="b2", value=1.0, dims=(("section", "Europe"),)),
        replace(REVENUE, fact_id="b2", value=1.0, entity="Other Inc."),
        replace(REVENUE, fact_id="b2", value=1.0, unit="EUR"),
    ],
)
def test_rows_that_differ_in_any_part_of_the_key_stay_apart(other: Fact) -> None:
    assert len(clean([REVENUE, other])) == 2


def test_dimensions_meet_whatever_their_case() -> None:
    lower = replace(REVENUE, dims=(("section", "north america"),))
    upper = replace(REVENUE, fact_id="b2", dims=(("section", "North America"),))
    assert [row[2] for row in clean([lower, upper])] == [["a1", "b2"]]


def test_arrow_keeps_every_field() -> None:
    dimmed = replace(REVENUE, fact_id="b2", dims=(("column", "Class A"), ("table", "Shares")), depends=())
    table = to_arrow([REVENUE, dimmed])
    assert table.schema.equals(FACT_SCHEMA)
    assert table["dims"].to_pylist() == ["{}", '{"column":"Class A","table":"Shares"}']
    assert from_arrow(table) == [REVENUE, dimmed]


def test_no_facts_are_an_empty_relation() -> None:
    assert clean([]) == []
    assert to_arrow([]).num_rows == 0


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["revenue", "cash"]),
            st.integers(-3, 3),
            st.sampled_from([3, 6]),
            st.integers(0, 1),
        ),
        max_size=12,
    )
)
def test_every_fact_is_in_exactly_one_clean_or_ambiguous_row(rows: list[tuple[str, int, int, int]]) -> None:
    facts = [
        replace(
            REVENUE, fact_id=f"f{n}", item=item, value=number * 10.0**scale, scale=scale, decimals=decimals
        )
        for n, (item, number, scale, decimals) in enumerate(rows)
    ]
    with open_relation(facts) as connection:
        ids = connection.execute(
            "SELECT fact_ids FROM clean UNION ALL SELECT fact_ids FROM ambiguous"
        ).fetchall()
    assert sorted(fact for (group,) in ids for fact in group) == sorted(fact.fact_id for fact in facts)
