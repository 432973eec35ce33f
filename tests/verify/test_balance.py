import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longweave.verify.balance import balance, bin_of
from longweave.verify.entries import Entry, PolicyRate
from longweave.verify.selection_settings import BalanceSettings
from tests.verify.made_entries import make_entry


def measured(name: str, passes: int, n: int = 8, **fields: object) -> Entry:
    rate = passes / n
    return make_entry(name, pass_rate=rate, rates=(PolicyRate("", n, passes, rate),), **fields)


def pool(counts: dict[int, int], n: int = 8, **fields: object) -> list[Entry]:
    prefix = "".join(map(str, fields.values()))
    return [
        measured(f"{prefix}{passes}-{i}", passes, n, **fields)
        for passes, many in counts.items()
        for i in range(many)
    ]


def passes_of(entries: list[Entry]) -> Counter[int]:
    return Counter(entry.rates[0].passes for entry in entries)


def test_a_full_bin_is_cut_and_an_empty_one_is_told():
    entries = pool({1: 10, 3: 2, 5: 10, 7: 1})
    result = balance(entries, BalanceSettings(bins=4, per_bin=3), seed=1)
    assert passes_of(result.kept) == {1: 3, 3: 2, 5: 3, 7: 1}
    assert Counter(reject.reason for reject in result.left_out) == {"bin_full": 14}
    assert [(short.wanted, short.had) for short in result.shortfalls] == [(3, 2), (3, 1)]
    assert result.shortfalls[0].why == (
        "tables, numerical: 3 samples of pass@1 0.25 to 0.5 were wanted, and there are 2."
    )


def test_without_a_number_bins_are_evened_out_at_what_half_of_them_can_give_and_stay_so():
    result = balance(pool({1: 10, 3: 2, 5: 6, 7: 1}), BalanceSettings(bins=4), seed=1)
    assert passes_of(result.kept) == {1: 6, 3: 2, 5: 6, 7: 1}
    again = balance(result.kept, BalanceSettings(bins=4), seed=1)
    assert again.kept == result.kept and again.left_out == []


def test_a_policy_that_solves_nothing_costs_no_sample():
    result = balance(pool({0: 12}), BalanceSettings(bins=4), seed=1)
    assert len(result.kept) == 12


def test_each_group_is_evened_out_by_itself():
    entries = pool({1: 8, 5: 8}) + pool({1: 2, 5: 2}, maker="kg")
    result = balance(entries, BalanceSettings(bins=2, per_bin=4), seed=1)
    assert Counter(entry.maker for entry in result.kept) == {"tables": 8, "kg": 4}
    assert {short.what for short in result.shortfalls} == {
        "kg, numerical: pass@1 0 to 0.5",
        "kg, numerical: pass@1 0.5 to 1",
    }
    together = balance(entries, BalanceSettings(bins=2, per_bin=4, group_by=()), seed=1)
    assert len(together.kept) == 8 and together.shortfalls == []


@pytest.mark.parametrize(
    ("settings", "kept", "reasons"),
    [
        ({}, {0: 1, 4: 1}, {"all_solved"}),
        ({"all_solved": "keep"}, {0: 1, 4: 1, 8: 1}, set()),
        ({"never_solved": "drop"}, {4: 1}, {"all_solved", "never_solved"}),
    ],
)
def test_what_is_always_or_never_solved_stays_or_goes_as_set(settings, kept, reasons):
    result = balance(pool({0: 1, 4: 1, 8: 1}), BalanceSettings(per_bin=9, **settings), seed=1)
    assert passes_of(result.kept) == kept
    assert {reject.reason for reject in result.left_out} == reasons


def test_what_was_not_measured_stays_or_goes_as_set():
    entry = make_entry("unmeasured")
    assert balance([entry], BalanceSettings(), 1).kept == [entry]
    dropped = balance([entry], BalanceSettings(unmeasured="drop"), 1)
    assert [(reject.sample_id, reject.reason) for reject in dropped.left_out] == [
        ("unmeasured", "unmeasured")
    ]


def test_a_bin_that_four_tries_cannot_reach_lacks_nothing():
    result = balance(pool({1: 3, 2: 3, 3: 3}, n=4), BalanceSettings(bins=8, never_solved="drop"), seed=1)
    assert result.shortfalls == [] and len(result.kept) == 9


@pytest.mark.parametrize(
    ("rate", "bins", "number"),
    [(0, 8, 0), (1, 8, 7), (1 - 0.7, 10, 3), (0.6, 5, 3), (0.59, 5, 2), (0.125, 8, 1), (0.29, 100, 29)],
)
def test_a_rate_on_a_border_is_in_the_upper_bin(rate, bins, number):
    assert bin_of(rate, bins) == number


@given(st.lists(st.integers(0, 8), max_size=40), st.integers(1, 5), st.integers(0, 5), st.randoms())
def test_no_bin_is_over_its_number_and_the_order_changes_nothing(
    passes, per_bin, seed, shuffler: random.Random
):
    entries = [measured(str(number), many) for number, many in enumerate(passes)]
    settings = BalanceSettings(bins=4, per_bin=per_bin)
    result = balance(entries, settings, seed)
    bins = Counter(bin_of(entry.pass_rate or 0, 4) for entry in result.kept)
    assert max(bins.values(), default=0) <= per_bin
    available = Counter(bin_of(many / 8, 4) for many in passes if many < 8)
    assert bins == {number: min(per_bin, many) for number, many in available.items()}
    assert len(result.kept) + len(result.left_out) == len(entries)
    shuffled = shuffler.sample(entries, len(entries))
    again = balance(shuffled, settings, seed)
    assert {entry.sample_id for entry in again.kept} == {entry.sample_id for entry in result.kept}
    assert again.shortfalls == result.shortfalls


def test_another_seed_draws_others():
    entries = pool({3: 40})
    drawn = [
        {entry.sample_id for entry in balance(entries, BalanceSettings(per_bin=5), seed).kept}
        for seed in (1, 2)
    ]
    assert drawn[0] != drawn[1]


def test_bins_are_of_pass_at_k_and_always_solved_still_means_always():
    entries = pool({0: 2, 1: 4, 2: 4, 6: 4, 8: 1})
    result = balance(entries, BalanceSettings(bins=2, per_bin=3, k=4), seed=1)
    # pass@4 of 1 in 8 is one half, of 2 in 8 0.79: all but the never solved are in the upper bin
    assert sum(entry.rates[0].passes > 0 for entry in result.kept) == 3
    assert passes_of(result.kept)[0] == 2
    assert [reject.sample_id for reject in result.left_out if reject.reason == "all_solved"] == ["8-0"]
    assert "pass@4 0 to 0.5" in result.shortfalls[0].why


@given(
    st.dictionaries(st.integers(0, 8), st.integers(1, 12)),
    st.sampled_from([None, 1, 3]),
    st.integers(1, 9),
    st.integers(0, 99),
)
def test_what_is_balanced_stays_as_it_is(counts, per_bin, bins, seed):
    settings = BalanceSettings(bins=bins, per_bin=per_bin)
    once = balance(pool(counts), settings, seed)
    again = balance(once.kept, settings, seed)
    assert again.kept == once.kept and again.left_out == []
