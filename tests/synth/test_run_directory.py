import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest

from longweave.synth.errors import RunError
from longweave.synth.lock import wait_for_lock
from longweave.synth.run_directory import RunDirectory, open_run, read_run

SETTINGS = {"seed": 7, "context": {"targets": [8000]}, "workers": 2}
EXCLUDED = {"workers": "does not change what comes out"}


def _open(url: Path | str, settings: dict[str, Any] = SETTINGS) -> RunDirectory:
    with open_run(str(url), settings, EXCLUDED, seed=7) as run:
        return run


def _book(run: Path) -> dict[str, Any]:
    book: dict[str, Any] = json.loads((run / "run.json").read_text())
    return book


def test_a_new_run_records_its_settings_versions_and_seed(tmp_path: Path) -> None:
    _open(tmp_path / "run")
    book = _book(tmp_path / "run")
    assert (book["settings"], book["seed"], book["status"]) == (SETTINGS, 7, "running")
    assert book["versions"]["longweave"] and book["versions"]["pyarrow"]
    assert read_run(str(tmp_path / "run")).settings == SETTINGS


def test_the_same_settings_continue_and_excluded_ones_may_differ(tmp_path: Path) -> None:
    _open(tmp_path / "run")
    before = _book(tmp_path / "run")
    _open(tmp_path / "run", {**SETTINGS, "workers": 16})
    assert _book(tmp_path / "run") == before


def test_another_setting_is_refused_by_name_with_both_values(tmp_path: Path) -> None:
    _open(tmp_path / "run")
    before = (tmp_path / "run" / "run.json").read_bytes()
    with pytest.raises(RunError) as caught:
        _open(tmp_path / "run", {**SETTINGS, "seed": 8, "context": {"targets": [8000, 20000]}, "workers": 4})
    assert str(caught.value) == (
        f"{tmp_path}/run: was begun with other settings: seed: 7 → 8, "
        "context.targets: [8000] → [8000,20000]. Set them back, or choose another --out."
    )
    assert (tmp_path / "run" / "run.json").read_bytes() == before


def test_a_folder_with_other_files_is_not_taken_over(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("mine")
    with pytest.raises(RunError, match=r"holds other files \(thesis.tex\) and no run.json"):
        _open(tmp_path)
    assert (tmp_path / "thesis.tex").read_text() == "mine"


def test_what_a_killed_writer_left_is_removed_on_return(tmp_path: Path) -> None:
    run = tmp_path / "run"
    _open(run)
    (run / "verified").mkdir()
    (run / "verified" / ".part.parquet.00c0ffee.tmp").write_bytes(b"half")
    _open(run)
    assert list((run / "verified").iterdir()) == []


def test_a_second_writer_is_refused_while_the_first_is_at_work(tmp_path: Path) -> None:
    with (
        open_run(str(tmp_path / "run"), SETTINGS, EXCLUDED, seed=7),
        pytest.raises(RunError, match=rf"already being written by process {os.getpid()} on "),
    ):
        _open(tmp_path / "run")
    _open(tmp_path / "run")


def test_a_lock_that_is_waited_for_is_held_by_one(tmp_path: Path) -> None:
    fcntl = pytest.importorskip("fcntl")
    with (tmp_path / "lock").open("wb") as other:
        with wait_for_lock(tmp_path / "lock"), pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_the_lock_of_a_killed_process_does_not_last(tmp_path: Path) -> None:
    program = (
        "import sys, time\n"
        "from longweave.synth.run_directory import open_run\n"
        f"with open_run({str(tmp_path / 'run')!r}, {SETTINGS!r}, {EXCLUDED!r}, seed=7):\n"
        "    print('held', flush=True)\n"
        "    time.sleep(60)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    with pytest.raises(RunError, match=f"already being written by process {process.pid} on "):
        _open(tmp_path / "run")
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    _open(tmp_path / "run")


def test_a_run_elsewhere_names_its_owner_and_outlives_a_dead_one() -> None:
    url = "memory://test_run_directory/run"
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    with open_run(url, SETTINGS, EXCLUDED, seed=7) as run:
        with pytest.raises(RunError, match=rf"already being written by process {os.getpid()} on "):
            _open(url)
        run.set_status("complete")
    assert json.loads(_cat(f"{url}/run.json"))["status"] == "complete"
    _write_owner(url, gone.pid)
    _open(url)


def test_a_failed_run_says_why_and_can_be_continued(tmp_path: Path) -> None:
    with (
        pytest.raises(RunError),
        open_run(str(tmp_path / "run"), SETTINGS, EXCLUDED, seed=7),
    ):
        raise RunError("the books do not balance", where="pose_queries")
    assert _book(tmp_path / "run")["status"] == "failed: pose_queries: the books do not balance"
    _open(tmp_path / "run")
    assert _book(tmp_path / "run")["status"] == "running"


def test_changed_inputs_are_refused_by_name(tmp_path: Path) -> None:
    run = _open(tmp_path / "run")
    run.pin_inputs({"a.jsonl": 10, "b.jsonl": 20})
    run.pin_inputs({"a.jsonl": 10, "b.jsonl": 20})
    with pytest.raises(RunError, match=r"its input has changed since it began: b.jsonl, c.jsonl\. Restore"):
        run.pin_inputs({"a.jsonl": 10, "b.jsonl": 21, "c.jsonl": 1})


def test_a_folder_that_is_no_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=f"{tmp_path}: not a run directory"):
        read_run(str(tmp_path))


def test_an_output_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match=r"file/run: cannot be made: .* Choose another folder with --out"):
        _open(tmp_path / "file" / "run")


@pytest.fixture
def as_nobody() -> Iterator[None]:
    """Root may write anywhere, so a test of permissions lays its rights aside."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_an_output_without_permission_is_one_line(tmp_path: Path, as_nobody: None) -> None:
    if os.access(tmp_path, os.W_OK, effective_ids=True):
        tmp_path.chmod(0o500)
    with pytest.raises(RunError, match=r"permission denied.* Choose a folder you may write to"):
        _open(tmp_path / "run")


def _cat(url: str) -> bytes:
    filesystem, path = fsspec.core.url_to_fs(url)
    content: bytes = filesystem.cat_file(path)
    return content


def _write_owner(url: str, pid: int) -> None:
    filesystem, path = fsspec.core.url_to_fs(f"{url}/.lock")
    filesystem.pipe_file(path, json.dumps({"host": socket.gethostname(), "process": pid}).encode())
