import json
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from longweave.synth.errors import RunError
from longweave.synth.files import read_rows
from longweave.synth.funnel import Counts, read_funnel
from longweave.synth.run_directory import RunDirectory
from longweave.synth.stage import (
    Kept,
    Outcome,
    Reject,
    Stage,
    each_record,
    make_shard,
    read_counts,
    run_stage,
)
from longweave.synth.workers import open_processes
from tests.run_files import identify_shards

SCHEMA = pa.schema([("number", pa.int64()), ("tokens", pa.int64())])
SHARDS = {"a": range(0, 10), "b": range(10, 15), "c": range(0)}


def read_numbers(key: str) -> Iterator[int]:
    yield from SHARDS[key]


def keep_even(number: int) -> Outcome:
    if number % 2:
        return Reject(str(number), "odd" if number < 9 else "odd_and_large", f"{number} is odd")
    return Kept(pa.table({"number": [number], "tokens": [100]}, schema=SCHEMA))


def fail_at_four(number: int) -> Outcome:
    if number == 4:
        raise KeyError("four")
    return keep_even(number)


def lose_one(numbers: Iterator[int]) -> Iterator[Outcome]:
    next(numbers, None)
    return map(keep_even, numbers)


EVEN = Stage("keep_even", "numbers", SCHEMA, read_numbers, each_record(keep_even, str), tokens="tokens")


@pytest.fixture
def run(tmp_path: Path) -> RunDirectory:
    return RunDirectory(str(tmp_path / "run"), {})


def _numbers(run: RunDirectory, key: str) -> list[int]:
    return [row["number"] for row in read_rows(run.path("numbers", f"{key}.parquet"))]


def test_kept_rows_rejects_and_counts_are_written(run: RunDirectory) -> None:
    counts = run_stage(run, EVEN, list(SHARDS))
    assert counts == Counts(15, 8, {"odd": 4, "odd_and_large": 3}, rows=8, tokens=800)
    assert _numbers(run, "a") == [0, 2, 4, 6, 8]
    assert _numbers(run, "c") == []
    rejects = list(read_rows(run.path("rejects", "keep_even", "b.parquet")))
    assert rejects[0] == {
        "stage": "keep_even",
        "record_id": "11",
        "reason": "odd_and_large",
        "detail": "11 is odd",
        "found": "",
    }
    assert read_funnel(run.url).stages == {"keep_even": counts}


def test_shards_that_are_there_are_not_made_again(run: RunDirectory) -> None:
    first = run_stage(run, EVEN, list(SHARDS))
    shards = identify_shards(Path(run.url))
    seconds = read_funnel(run.url).seconds
    assert run_stage(run, EVEN, list(SHARDS)) == first
    assert identify_shards(Path(run.url)) == shards
    assert read_funnel(run.url).seconds == seconds


def test_processes_make_the_same_bytes_as_this_one(run: RunDirectory, tmp_path: Path) -> None:
    elsewhere = RunDirectory(str(tmp_path / "elsewhere"), {})
    run_stage(run, EVEN, list(SHARDS))
    with open_processes(2) as execute:
        run_stage(elsewhere, EVEN, list(SHARDS), execute)
    for key in SHARDS:
        there = Path(elsewhere.path("numbers", f"{key}.parquet"))
        assert there.read_bytes() == Path(run.path("numbers", f"{key}.parquet")).read_bytes()
    assert read_funnel(elsewhere.url).stages == read_funnel(run.url).stages


def test_an_error_in_a_worker_process_reaches_the_caller_as_it_was(run: RunDirectory) -> None:
    losing = Stage("lose_one", "numbers", SCHEMA, read_numbers, lose_one)
    with pytest.raises(RunError) as caught, open_processes(2) as execute:
        run_stage(run, losing, ["a"], execute)
    assert (caught.value.where, str(caught.value).count("\n")) == ("lose_one/a", 0)


def test_a_record_that_makes_the_work_fail_is_rejected_and_the_rest_goes_on(run: RunDirectory) -> None:
    stage = Stage("fragile", "numbers", SCHEMA, read_numbers, each_record(fail_at_four, str))
    counts = run_stage(run, stage, ["a"])
    assert (counts.kept, counts.dropped["error"]) == (4, 1)
    rejects = read_rows(run.path("rejects", "fragile", "a.parquet"))
    assert [(row["record_id"], row["detail"]) for row in rejects if row["reason"] == "error"] == [
        ("4", "KeyError: 'four'")
    ]


def test_a_shard_that_does_not_balance_ends_the_run_and_is_not_there(run: RunDirectory) -> None:
    losing = Stage("lose_one", "numbers", SCHEMA, read_numbers, lose_one)
    with pytest.raises(RunError, match=r"lose_one/a: the books do not balance: 10 in, 4 kept, 5 dropped"):
        run_stage(run, losing, ["a"])
    assert not [path for path in Path(run.url).rglob("*") if path.is_file()]


def test_a_shard_that_reads_less_than_its_input_holds_ends_the_run(run: RunDirectory) -> None:
    stage = Stage(
        "short", "numbers", SCHEMA, read_numbers, each_record(keep_even, str), expect=lambda key: 11
    )
    with pytest.raises(RunError, match="short/a: 11 records expected, 10 read"):
        run_stage(run, stage, ["a"])


def test_too_many_rejects_end_the_run_with_the_main_reason(run: RunDirectory) -> None:
    stage = Stage("keep_even", "numbers", SCHEMA, read_numbers, each_record(keep_even, str), max_dropped=0.4)
    with pytest.raises(RunError) as caught:
        run_stage(run, stage, ["a", "b"])
    assert str(caught.value) == (
        "keep_even: 7 of 15 records dropped, 4 as odd. See rejects/keep_even, or raise limits.keep_even."
    )
    assert read_funnel(run.url).stages["keep_even"].n_dropped == 7


def stop_before(stop: int, number: int) -> Outcome:
    if number == stop:
        raise KeyboardInterrupt
    return keep_even(number)


@given(stop=st.integers(min_value=0, max_value=14))
def test_a_run_stopped_at_any_record_gives_the_same_bytes_when_run_again(stop: int) -> None:
    with TemporaryDirectory() as folder:
        whole, stopped = RunDirectory(f"{folder}/whole", {}), RunDirectory(f"{folder}/stopped", {})
        run_stage(whole, EVEN, list(SHARDS))
        stopping = replace(EVEN, work=each_record(partial(stop_before, stop), str))
        with pytest.raises(KeyboardInterrupt):
            run_stage(stopped, stopping, list(SHARDS))
        assert not list(Path(stopped.url).rglob("*.tmp"))
        run_stage(stopped, EVEN, list(SHARDS))
        for path in Path(whole.url).rglob("*.parquet"):
            again = Path(stopped.url) / path.relative_to(whole.url)
            assert again.read_bytes() == path.read_bytes()


@given(st.lists(st.sampled_from(["keep", "error", "x", "y"]), max_size=30))
def test_counts_add_up_whatever_is_dropped(fates: list[str]) -> None:
    def decide(fate: str) -> Outcome:
        if fate == "error":
            raise ValueError(fate)
        return keep_even(0) if fate == "keep" else Reject(fate, fate)

    stage = Stage("fates", "numbers", SCHEMA, lambda key: iter(fates), each_record(decide, str))
    with TemporaryDirectory() as folder:
        shard = make_shard(folder, stage, "a")
        assert shard.counts.n_in == len(fates) == shard.counts.kept + shard.counts.n_dropped
        assert shard.counts.dropped == {fate: fates.count(fate) for fate in set(fates) - {"keep"}}
        assert read_counts(stage.shard_path(folder, "a")) == shard.counts


def test_what_it_cost_is_the_only_clock_and_stands_apart(run: RunDirectory) -> None:
    run_stage(run, EVEN, ["a"])
    book = json.loads(Path(run.path("funnel.json")).read_text())
    assert set(book) == {"stages", "seconds", "models"} and not book["models"]
    assert set(book["stages"][0]) == {"stage", "in", "kept", "dropped", "rows", "tokens"}
    assert set(book["seconds"]) == {"keep_even"}


def test_details_are_cut_so_that_rejects_stay_small(run: RunDirectory) -> None:
    stage = Stage(
        "long",
        "numbers",
        SCHEMA,
        read_numbers,
        each_record(lambda n: Reject(str(n), "long", "x" * 10_000), str),
    )
    run_stage(run, stage, ["b"])
    assert {len(row["detail"]) for row in read_rows(run.path("rejects", "long", "b.parquet"))} == {500}
