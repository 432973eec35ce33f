import errno
import io
from pathlib import Path
from typing import Any

import fsspec
import pyarrow as pa
import pytest

from longweave.synth import files
from longweave.synth.errors import RunError

SCHEMA = pa.schema([("n", pa.int64()), ("text", pa.string())])


def _table(start: int, stop: int) -> pa.Table:
    return pa.table(
        {"n": list(range(start, stop)), "text": [f"row {n}" for n in range(start, stop)]}, schema=SCHEMA
    )


def _write(path: str, *tables: pa.Table) -> None:
    with files.open_whole(path) as handle:
        sink = files.ParquetSink(handle, SCHEMA)
        for table in tables:
            sink.write(table)
        sink.close({"made by": "test"})


@pytest.mark.parametrize("base", ["{tmp}", "memory://test_files"])
def test_rows_and_footer_come_back(base: str, tmp_path: Path) -> None:
    path = files.join_path(base.format(tmp=tmp_path), "deep", "rows.parquet")
    _write(path, _table(0, 3), _table(3, 5))
    assert [row["n"] for row in files.read_rows(path)] == [0, 1, 2, 3, 4]
    assert next(files.read_rows(path, ["n"])) == {"n": 0}
    n_rows, metadata = files.read_footer(path)
    assert (n_rows, metadata["made by"]) == (5, "test")


def test_the_same_rows_give_the_same_bytes_however_they_arrive(tmp_path: Path) -> None:
    one, many = tmp_path / "one.parquet", tmp_path / "many.parquet"
    _write(str(one), _table(0, 500))
    _write(str(many), *(_table(n, n + 1) for n in range(500)))
    assert one.read_bytes() == many.read_bytes()


def test_row_groups_have_a_fixed_size_so_that_memory_stays_flat(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "ROW_GROUP_ROWS", 100)
    path = str(tmp_path / "rows.parquet")
    _write(path, *(_table(n, n + 10) for n in range(0, 250, 10)))
    assert [table.num_rows for table in files.read_row_groups(path)] == [100, 100, 50]
    assert files.read_row_group(path, 2)["n"][0].as_py() == 200


def test_nothing_is_left_when_writing_fails(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    with pytest.raises(ZeroDivisionError), files.open_whole(str(path)) as handle:
        sink = files.ParquetSink(handle, SCHEMA)
        sink.write(_table(0, 10))
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


def test_an_older_file_stands_until_the_new_one_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "note.txt"
    files.write_text(str(path), "old")
    with files.open_whole(str(path)) as handle:
        handle.write(b"new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"


def test_what_a_killed_writer_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / ".rows.parquet.1a2b3c4d.tmp").write_bytes(b"half")
    (tmp_path / "inner" / "rows.parquet").write_bytes(b"whole")
    files.remove_unfinished(str(tmp_path))
    assert [path.name for path in tmp_path.rglob("*.*")] == ["rows.parquet"]


class _FullDisk(io.BytesIO):
    """Takes ``room`` bytes, then fails as a full disk does."""

    def __init__(self, room: int) -> None:
        super().__init__()
        self.room = room

    def write(self, data: Any, /) -> int:
        self.room -= len(data)
        if self.room < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(data)


@pytest.mark.parametrize("room", [0, 10, 5_000])
def test_a_full_disk_is_one_clear_line(room: int, monkeypatch: pytest.MonkeyPatch) -> None:
    filesystem = fsspec.filesystem("memory")
    monkeypatch.setattr(filesystem, "open", lambda path, mode: _FullDisk(room))
    with pytest.raises(RunError) as caught:
        _write("memory://full/rows.parquet", *(_table(n, n + 1_000) for n in range(0, 50_000, 1_000)))
    assert str(caught.value) == (
        "memory://full/rows.parquet: cannot be written: no space left on device. "
        "Free some space and run again; what is finished is kept."
    )


def test_a_folder_that_is_a_file_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match=r"file/x.json: cannot be written: (not a directory|file exists)"):
        files.write_json(str(tmp_path / "file" / "x.json"), {})
    with pytest.raises(RunError, match=r"Choose another folder with --out"):
        files.make_folder(str(tmp_path / "file" / "run"))


@pytest.mark.parametrize("content", [b"", b"PAR1", b"not parquet at all, but long enough"])
def test_a_damaged_parquet_file_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "rows.parquet"
    path.write_bytes(content)
    with pytest.raises(RunError, match=r"rows.parquet: not a Parquet file: .*Remove it and run again"):
        list(files.read_rows(str(path)))


def test_a_damaged_json_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_text("{")
    with pytest.raises(RunError, match=r"run.json: not JSON"):
        files.read_json(str(path))


def test_a_file_system_that_is_not_there_is_named() -> None:
    with pytest.raises(RunError, match="nowhere://x: "):
        files.path_exists("nowhere://x")


def test_files_are_listed_by_name_and_a_missing_folder_has_none(tmp_path: Path) -> None:
    for name in ("b.parquet", "a.parquet", "c.txt"):
        (tmp_path / name).write_text("")
    assert files.list_files(str(tmp_path), ".parquet") == ["a.parquet", "b.parquet"]
    assert files.list_files(str(tmp_path / "nowhere"), ".parquet") == []
