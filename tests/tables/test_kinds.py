"""The pool of query kinds: broad, checked when loaded, every SQL answerable and every phrasing fillable."""

import pytest

from longweave.tables.items import load_items
from longweave.tables.kinds import Kind, load_pool
from longweave.tables.sql import QueryError


def test_the_pool_covers_the_ways_an_analyst_asks():
    kinds = {kind.kind for kind in load_pool().kinds}
    assert len(kinds) == len(load_pool().kinds) >= 20
    assert kinds >= {
        "lookup",
        "difference",
        "percent_change",
        "ratio",
        "share_of_total",
        "sum",
        "average",
        "highest",
        "lowest",
        "rank_of",
        "top_list",
        "count_over",
        "fastest_growth",
        "compare_pair",
        "item_of_leader",
        "corpus_total",
    }


def test_ratios_join_items_of_the_lexicon():
    items = load_items()
    for ratio in load_pool().ratios:
        assert ratio.over in items
        assert ratio.under in items
    assert all(item in items for item in load_pool().not_asked)


@pytest.mark.parametrize(
    "sql", ["SELECT * FROM facts", "DROP TABLE scope", "SELECT read_text('x') FROM scope"]
)
def test_a_kind_whose_sql_leaves_its_rows_is_refused_when_loaded(sql):
    good = load_pool().kind("sum").model_dump()
    with pytest.raises(QueryError):
        Kind.model_validate(good | {"sql": sql})
