"""A disk that is full in the middle of a run: one line, nothing half-written, and the run goes on later."""

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.run_files import identify_shards, read_data_files

_MAIN = "from longweave.flows.cli import main; main()"


def _run(config: Path, out: Path, before: str = "") -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", before + _MAIN, "run", str(config), "--out", str(out)]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=240)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of two megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)], capture_output=True, text=True
    )
    if mounted.returncode != 0:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_ends_the_run_with_one_line_and_more_room_lets_it_go_on(
    config: Path, small_disk: Path, undisturbed_run: Path
) -> None:
    done = _run(config, small_disk / "run")
    assert done.returncode == 2
    assert "cannot be written: no space left on device. Free some space and run again" in done.stderr
    assert done.stderr.count("\n") == 1
    assert not [path for path in small_disk.rglob("*.tmp")]
    finished = identify_shards(small_disk / "run")
    subprocess.run(["mount", "-o", "remount,size=64m", str(small_disk)], check=True)
    done = _run(config, small_disk / "run")
    assert done.returncode == 0, done.stderr
    assert finished.items() <= identify_shards(small_disk / "run").items()
    assert read_data_files(small_disk / "run") == read_data_files(undisturbed_run)


def test_a_limit_on_file_size_ends_the_run_with_one_line(config: Path, tmp_path: Path) -> None:
    limited = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)); "
    done = _run(config, tmp_path / "run", before=limited)
    assert done.returncode == 2
    assert f"cannot be written: {os.strerror(errno.EFBIG).lower()}" in done.stderr
    assert done.stderr.count("\n") == 1
    assert not [path for path in tmp_path.rglob("*.tmp")]
