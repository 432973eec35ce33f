import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longweave.verify.entries import Entry
from longweave.verify.quotas import fill_quotas
from longweave.verify.selection_settings import QuotaSettings
from tests.verify.made_entries import make_entry, make_pool


def counts(entries: list[Entry], field: str) -> dict[str, int]:
    return dict(Counter(getattr(entry, field) for entry in entries))


def test_without_quotas_or_size_all_are_selected_in_their_order():
    entries = make_pool(5)
    result = fill_quotas(entries, (), None, seed=1)
    assert result.kept == entries and result.left_out == [] and result.shortfalls == []


def test_a_maximum_holds_and_says_whom_it_kept_out():
    entries = make_pool(6, task="numerical") + make_pool(4, task="multi_hop")
    result = fill_quotas(entries, [QuotaSettings(by="task", value="numerical", max_count=2)], None, 1)
    assert counts(result.kept, "task") == {"numerical": 2, "multi_hop": 4}
    assert {(reject.reason, reject.detail) for reject in result.left_out} == {
        ("quota_full", "task numerical may have 2 of 6")
    }


def test_a_maximum_share_is_of_what_is_selected_in_the_end():
    entries = make_pool(90, task="numerical") + make_pool(10, task="multi_hop")
    result = fill_quotas(entries, [QuotaSettings(by="task", value="numerical", max_share=0.5)], None, 1)
    assert counts(result.kept, "task") == {"numerical": 10, "multi_hop": 10}


def test_a_minimum_is_filled_before_the_rest():
    entries = make_pool(50, task="numerical") + make_pool(5, task="multi_hop")
    result = fill_quotas(entries, [QuotaSettings(by="task", value="multi_hop", min_share=0.5)], 10, 1)
    assert counts(result.kept, "task") == {"numerical": 5, "multi_hop": 5}
    assert result.shortfalls == []


def test_a_length_is_counted_by_its_target():
    entries = make_pool(4, target_tokens=20_000) + make_pool(4, target_tokens=60_000)
    result = fill_quotas(entries, [QuotaSettings(by="target_tokens", value="20000", max_count=1)], None, 1)
    assert counts(result.kept, "target_tokens") == {20_000: 1, 60_000: 4}


@pytest.mark.parametrize(
    ("quotas", "size", "why"),
    [
        (
            [{"by": "task", "value": "multi_hop", "min_count": 5}],
            None,
            "task multi_hop: at least 5 were wanted and 3 are selected; there are no more than 3.",
        ),
        (
            [
                {"by": "task", "value": "numerical", "min_count": 5},
                {"by": "maker", "value": "tables", "max_count": 4},
            ],
            None,
            "task numerical: at least 5 were wanted and 4 are selected; there are 7, but the maximum of "
            "maker tables keeps 3 of them out.",
        ),
        (
            [
                {"by": "task", "value": "multi_hop", "min_count": 3},
                {"by": "task", "value": "numerical", "min_count": 3},
            ],
            4,
            "task numerical: at least 3 were wanted and 1 are selected; there are 7, but the selection of 4 "
            "has no room for them.",
        ),
        ([], 20, "20 samples were wanted and 10 are selected; there are 10."),
        (
            [{"by": "task", "value": "numerical", "max_count": 1}],
            6,
            "6 samples were wanted and 4 are selected; there are 10, and the maxima allow no more.",
        ),
    ],
)
def test_what_could_not_be_met_is_said_with_the_reason(quotas, size, why):
    entries = make_pool(7, task="numerical") + make_pool(3, task="multi_hop", maker="kg")
    result = fill_quotas(entries, [QuotaSettings(**quota) for quota in quotas], size, 1)
    assert [short.why for short in result.shortfalls] == [why]


def test_shares_that_nothing_can_meet_select_nothing_and_say_so():
    result = fill_quotas(make_pool(9), [QuotaSettings(by="maker", value="tables", max_share=0.5)], 9, 1)
    assert result.kept == []
    assert [short.what for short in result.shortfalls] == ["size"]


_TASKS = ("numerical", "multi_hop", "dialogue_memory")
_MAKERS = ("tables", "kg")
entries_of = st.lists(st.tuples(st.sampled_from(_TASKS), st.sampled_from(_MAKERS)), max_size=30).map(
    lambda rows: [make_entry(str(n), task=task, maker=maker, order=n) for n, (task, maker) in enumerate(rows)]
)


@st.composite
def quota_of(draw, by: str, value: str) -> QuotaSettings:
    low, high = sorted(draw(st.tuples(st.integers(0, 12), st.integers(0, 12))))
    least, most = sorted(draw(st.tuples(st.integers(0, 100), st.integers(0, 100))))
    return QuotaSettings(
        by=by,
        value=value,
        min_count=draw(st.sampled_from([0, low])),
        max_count=draw(st.sampled_from([None, high])),
        min_share=draw(st.sampled_from([0, least / 100])),
        max_share=draw(st.sampled_from([1, most / 100])),
    )


_QUOTAS = [quota_of("task", task) for task in _TASKS] + [quota_of("maker", maker) for maker in _MAKERS]
quotas_of = st.tuples(*_QUOTAS).flatmap(
    lambda quotas: st.lists(st.sampled_from(quotas), unique_by=id, max_size=5)
)
sizes = st.one_of(st.none(), st.integers(1, 30))


@given(entries_of, quotas_of, sizes)
def test_no_selection_is_over_a_maximum_and_a_shortfall_is_told_where_a_minimum_is_missed(
    entries, quotas, size
):
    result = fill_quotas(entries, quotas, size, seed=3)
    total = len(result.kept)
    assert size is None or total <= size
    missed = set()
    for quota in quotas:
        had = sum(entry.value(quota.by) == quota.value for entry in result.kept)
        assert quota.max_count is None or had <= quota.max_count
        assert had <= quota.max_share * total + 1e-9
        if had < max(quota.min_count, quota.min_share * total - 1e-9):
            missed.add(f"{quota.by} {quota.value}")
    assert {short.what for short in result.shortfalls} - {"size"} == missed
    is_short = total < size if size is not None else bool(entries) and not total
    assert ("size" in {short.what for short in result.shortfalls}) == is_short
    ids = [entry.sample_id for entry in result.kept] + [reject.sample_id for reject in result.left_out]
    assert sorted(ids) == sorted(entry.sample_id for entry in entries)


@given(entries_of, quotas_of, sizes)
def test_selecting_from_a_selection_gives_that_selection(entries, quotas, size):
    once = fill_quotas(entries, quotas, size, seed=3)
    assert fill_quotas(once.kept, quotas, size, seed=3).kept == once.kept


@given(entries_of, quotas_of, sizes, st.randoms())
def test_the_order_of_entries_changes_nothing(entries, quotas, size, shuffler: random.Random):
    once = fill_quotas(entries, quotas, size, seed=3)
    again = fill_quotas(shuffler.sample(entries, len(entries)), quotas, size, seed=3)
    assert {entry.sample_id for entry in again.kept} == {entry.sample_id for entry in once.kept}
    assert again.shortfalls == once.shortfalls


@given(entries_of, quotas_of, sizes, st.integers(1, 9))
def test_entries_that_may_not_be_selected_change_nothing(entries, quotas, size, many):
    shut_out = make_pool(many, domain="code", task="reading_comprehension", maker="other")
    quotas = [*quotas, QuotaSettings(by="domain", value="code", max_count=0)]
    once = fill_quotas(entries, quotas, size, seed=3)
    assert fill_quotas(shut_out + entries, quotas, size, seed=3).kept == once.kept


@given(entries_of, quotas_of)
def test_a_minimum_alone_is_filled_as_far_as_there_are_any(entries, quotas):
    quotas = [quota.model_copy(update={"max_count": None, "max_share": 1}) for quota in quotas]
    result = fill_quotas(entries, quotas, None, seed=3)
    assert result.kept == entries


def test_the_quota_for_which_there_are_fewest_to_spare_is_filled_first():
    """All three multi-hop samples there are, though the two minima together are more than the size."""
    entries = make_pool(20, task="numerical") + make_pool(3, task="multi_hop")
    quotas = [
        QuotaSettings(by="task", value="numerical", min_count=2),
        QuotaSettings(by="task", value="multi_hop", min_count=3),
    ]
    result = fill_quotas(entries, quotas, 4, seed=1)
    assert counts(result.kept, "task") == {"numerical": 1, "multi_hop": 3}
