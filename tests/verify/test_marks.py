"""Marks of people: the last one holds, and no crash or second writer loses one."""

import errno
import multiprocessing
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longweave.synth.errors import RunError
from longweave.verify.marks import Mark, MarkBook, read_marks


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "marks.jsonl"


def add(path: Path, sample_id: str, mark: str | None, reason: str = "") -> None:
    """Mark a sample."""
    MarkBook(path).add(Mark(sample_id=sample_id, mark=mark, reason=reason, time="2025-01-01T00:00:00+00:00"))  # type: ignore[arg-type]


def test_there_are_no_marks_where_there_is_no_file(path: Path) -> None:
    assert read_marks(path) == {}


def test_the_last_mark_of_a_sample_holds(path: Path) -> None:
    add(path, "a", "good")
    add(path, "b", "bad", "two answers")
    add(path, "a", "bad", "ambiguous")
    marks = read_marks(path)
    assert {key: (mark.mark, mark.reason) for key, mark in marks.items()} == {
        "a": ("bad", "ambiguous"),
        "b": ("bad", "two answers"),
    }


def test_no_mark_takes_an_earlier_one_back(path: Path) -> None:
    add(path, "a", "good")
    add(path, "a", None)
    assert read_marks(path) == {}


@pytest.mark.parametrize("cut", [1, 10, 30, 60])
def test_a_torn_last_line_is_skipped_with_a_warning(
    path: Path, cut: int, caplog: pytest.LogCaptureFixture
) -> None:
    add(path, "a", "good")
    add(path, "b", "good", "wörter")
    path.write_bytes(path.read_bytes()[:-cut])
    assert read_marks(path).keys() == {"a"}
    assert "line 2 is not finished and is skipped" in caplog.text


@given(cut=st.integers(1, 90))
def test_whatever_is_left_of_a_line_the_next_mark_is_a_line_of_its_own(
    cut: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("torn") / "marks.jsonl"
    add(path, "a", "good")
    add(path, "b", "good", "über")
    path.write_bytes(path.read_bytes()[:-cut])
    add(path, "c", "bad")
    marks = read_marks(path)
    assert set(marks) - {"b"} == {"a", "c"}


def test_a_line_that_is_no_mark_is_an_error_that_names_it(path: Path) -> None:
    add(path, "a", "good")
    with path.open("a") as file:
        file.write('{"sample_id": "b", "mark": "splendid"}\n')
    with pytest.raises(RunError, match="line 2 is not a mark"):
        read_marks(path)


def test_a_book_reads_on_from_where_it_was(path: Path) -> None:
    book = MarkBook(path)
    assert book.read() == {}
    add(path, "a", "good")
    assert book.read().keys() == {"a"}
    add(path, "b", "bad")
    assert book.read().keys() == {"a", "b"}
    path.unlink()
    assert book.read() == {}


def _add_many(path: Path, writer: int) -> None:
    for n in range(50):
        add(path, f"{writer}-{n}", "good", "x" * 500)


def test_writers_side_by_side_lose_nothing(path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_add_many, args=(path, n)) for n in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert len(read_marks(path)) == 150
    assert path.read_bytes().count(b"\n") == 150


def test_a_mark_that_cannot_be_written_leaves_nothing_behind(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(path, "a", "good")
    before = path.read_bytes()
    write, written = os.write, []

    def write_little(descriptor: int, data: bytes) -> int:
        if written:
            raise OSError(errno.ENOSPC, "No space left on device")
        written.append(write(descriptor, data[:20]))
        return 20

    monkeypatch.setattr(os, "write", write_little)
    with pytest.raises(RunError, match="cannot be written: no space left on device"):
        add(path, "b", "bad")
    monkeypatch.undo()
    assert path.read_bytes() == before
