import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from longweave.synth.errors import RunError
from longweave.synth.files import read_rows
from longweave.synth.run_directory import RunDirectory
from longweave.synth.stage import Kept, Outcome, Stage, each_record, run_stage
from longweave.synth.workers import open_processes

SCHEMA = pa.schema([("process", pa.int64())])
KEYS = [str(number) for number in range(8)]


def read_key(key: str) -> Iterator[int]:
    return iter([int(key)])


def note_process(number: int) -> Outcome:
    return Kept(pa.table({"process": [os.getpid()]}, schema=SCHEMA))


def kill_process_at_five(number: int) -> Outcome:
    if number == 5:
        os.kill(os.getpid(), signal.SIGKILL)
    return note_process(number)


NOTE = Stage("note", "noted", SCHEMA, read_key, each_record(note_process, str))


def _processes_of(run: RunDirectory) -> set[int]:
    return {row["process"] for key in KEYS for row in read_rows(run.path("noted", f"{key}.parquet"))}


def test_shards_are_made_in_other_processes(tmp_path: Path) -> None:
    run = RunDirectory(str(tmp_path), {})
    with open_processes(2) as execute:
        run_stage(run, NOTE, KEYS, execute)
    assert os.getpid() not in _processes_of(run)


def test_one_worker_is_this_process(tmp_path: Path) -> None:
    run = RunDirectory(str(tmp_path), {})
    with open_processes(1) as execute:
        run_stage(run, NOTE, KEYS, execute)
    assert _processes_of(run) == {os.getpid()}


def test_a_killed_worker_is_one_line_and_finished_shards_stay(tmp_path: Path) -> None:
    run = RunDirectory(str(tmp_path), {})
    killing = replace(NOTE, work=each_record(kill_process_at_five, str))
    with (
        pytest.raises(RunError, match=r"a worker process was killed\. Often memory ran out"),
        open_processes(2) as execute,
    ):
        run_stage(run, killing, KEYS, execute)
    assert len(list((tmp_path / "noted").glob("*.parquet"))) >= 2
    assert not (tmp_path / "noted" / "5.parquet").exists()
    run_stage(run, NOTE, KEYS)
    assert len(list((tmp_path / "noted").glob("*.parquet"))) == len(KEYS)


def test_a_killed_worker_tells_the_caller_s_advice(tmp_path: Path) -> None:
    run = RunDirectory(str(tmp_path), {})
    killing = replace(NOTE, work=each_record(kill_process_at_five, str))
    with (
        pytest.raises(RunError, match=r"^a worker process was killed\. Buy memory\.$"),
        open_processes(2, "Buy memory.") as execute,
    ):
        run_stage(run, killing, KEYS, execute)
