"""``kill -9`` in the middle of a real run, several times, and then the run is finished."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.run_files import identify_shards, read_data_files

_MAIN = "from longweave.flows.cli import main; main()"
_INTERRUPTIBLE = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
_PATIENCE = 120
_PATIENCE_WITH_WORKERS = 15


def _start(config: Path, out: Path, workers: int, interruptible: bool = False) -> "subprocess.Popen[str]":
    program = _INTERRUPTIBLE + _MAIN if interruptible else _MAIN
    return subprocess.Popen(
        [
            sys.executable,
            "-c",
            program,
            "run",
            str(config),
            "--out",
            str(out),
            "--set",
            f"execution.workers={workers}",
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def _kill_when_there(process: "subprocess.Popen[str]", folder: Path, shards: int) -> None:
    """``kill -9`` once ``folder`` holds ``shards`` finished shards."""
    _wait_for_shards(process, folder, shards)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()


def _wait_for_shards(process: "subprocess.Popen[str]", folder: Path, shards: int) -> None:
    deadline = time.monotonic() + _PATIENCE
    while len(list(folder.glob("*.parquet"))) < shards:
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < deadline, f"{folder} never had {shards} shards"
        time.sleep(0.005)


def test_a_run_killed_again_and_again_gives_the_bytes_of_an_undisturbed_one(
    config: Path, tmp_path: Path, undisturbed_run: Path
) -> None:
    out = tmp_path / "run"
    finished: dict[str, tuple[int, int]] = {}
    moments = [
        ("documents/filtered", 1, 2),
        ("tables/facts", 1, 1),
        ("tables/candidates", 20, 2),
        ("samples/assembled", 3, 1),
        ("verified", 2, 2),
    ]
    for folder, shards, workers in moments:
        _kill_when_there(_start(config, out, workers), out / folder, shards)
        now = identify_shards(out)
        assert finished.items() <= now.items(), "a finished shard was made again"
        finished = now
    process = _start(config, out, workers=2)
    said, _ = process.communicate(timeout=_PATIENCE)
    assert process.returncode == 0, said
    assert finished.items() <= identify_shards(out).items(), "a finished shard was made again"
    assert json.loads((out / "run.json").read_text())["status"] == "complete"
    assert read_data_files(out) == read_data_files(undisturbed_run)


def test_workers_end_with_a_killed_run(config: Path, tmp_path: Path) -> None:
    process = _start(config, tmp_path / "run", workers=2)
    _wait_for_shards(process, tmp_path / "run" / "documents" / "filtered", 1)
    workers = _children_of(process.pid)
    assert len(workers) >= 2
    os.kill(process.pid, signal.SIGKILL)
    deadline = time.monotonic() + _PATIENCE_WITH_WORKERS
    while any(map(_is_alive, workers)) and time.monotonic() < deadline:
        time.sleep(0.05)
    alive = [pid for pid in workers if _is_alive(pid)]
    for pid in alive:
        os.kill(pid, signal.SIGKILL)
    process.communicate()
    assert not alive


def test_ctrl_c_stops_a_run_with_one_line(config: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    process = _start(config, out, workers=2, interruptible=True)
    deadline = time.monotonic() + _PATIENCE
    while not (out / "documents").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)
    said, _ = process.communicate(timeout=_PATIENCE)
    assert process.returncode == 130
    assert said == "longweave: stopped; the same command goes on from here\n"


def test_running_twice_equals_running_once(
    small_settings: Mapping[str, Any], config: Path, undisturbed_run: Path
) -> None:
    files, shards = read_data_files(undisturbed_run), identify_shards(undisturbed_run)
    process = _start(config, undisturbed_run, workers=2)
    said, _ = process.communicate(timeout=_PATIENCE)
    assert process.returncode == 0, said
    assert read_data_files(undisturbed_run) == files
    assert identify_shards(undisturbed_run) == shards


def _children_of(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in listed.read_text().split()] if listed.exists() else []


def _is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
