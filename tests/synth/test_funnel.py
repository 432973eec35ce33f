from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longweave.synth.errors import RunError
from longweave.synth.funnel import Counts, Funnel, add_counts, check_balance, read_funnel, write_funnel

_COUNTS = st.builds(
    lambda kept, dropped, rows, tokens: Counts(kept + sum(dropped.values()), kept, dropped, rows, tokens),
    st.integers(0, 1_000),
    st.dictionaries(st.sampled_from(["short", "garbled", "copy"]), st.integers(1, 1_000)),
    st.integers(0, 10_000),
    st.integers(0, 10**12),
)


@given(st.lists(_COUNTS, max_size=6))
def test_sums_of_balanced_shards_balance(parts: list[Counts]) -> None:
    total = add_counts(parts)
    check_balance(total, "stage")
    assert total.n_in == sum(part.n_in for part in parts)
    assert Counts.from_json(total.to_json()) == total


def test_books_that_do_not_balance_end_the_run() -> None:
    with pytest.raises(RunError, match="filter_corpus: the books do not balance: 5 in, 3 kept, 1 dropped"):
        check_balance(Counts(5, 3, {"garbled": 1}), "filter_corpus")


def test_reasons_stand_by_falling_count() -> None:
    counts = Counts(9, 0, {"a": 2, "b": 5, "c": 2})
    assert list(counts.to_json()["dropped"]) == ["b", "a", "c"]


def test_a_funnel_comes_back_as_written_and_adds_up_seconds(tmp_path: Path) -> None:
    funnel = (
        Funnel().with_stage("one", Counts(3, 3, {}, 3), 1.5).with_stage("two", Counts(3, 2, {"x": 1}), 2.0)
    )
    again = funnel.with_stage("one", Counts(3, 3, {}, 3), 0.25).with_models([{"stage": "two", "requests": 4}])
    write_funnel(str(tmp_path), again)
    assert read_funnel(str(tmp_path)) == again
    assert list(again.stages) == ["one", "two"]
    assert again.seconds == {"one": 1.75, "two": 2.0}
    assert again.models == [{"stage": "two", "requests": 4}]


def test_a_run_without_a_finished_stage_has_an_empty_funnel(tmp_path: Path) -> None:
    assert read_funnel(str(tmp_path)) == Funnel()
