import asyncio
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from longweave.synth import files
from longweave.synth.errors import InputError, RunError
from longweave.synth.llm.store import AnswerStore
from tests.synth.llm.stored import ACCOUNT, SPENT, key, put_all, response

ROW = {
    "key": key(1).hex(),
    "stage": "judge_corpus",
    "role": "judge",
    "model": "small",
    "origin": "recorded",
    "response": response(1).decode(),
}


def _open(tmp_path: Path, name: str = "one", run: str = "run") -> AnswerStore:
    return AnswerStore.open(str(tmp_path / f"{name}.sqlite"), run)


def _write(path: Path, *rows: dict[str, Any], columns: tuple[str, ...] = tuple(ROW)) -> str:
    pq.write_table(pa.Table.from_pylist([{name: row[name] for name in columns} for row in rows]), path)
    return str(path)


@pytest.mark.parametrize("base", ["{tmp}", "memory://test_answer_files"])
def test_exported_answers_are_found_in_another_store(tmp_path: Path, base: str) -> None:
    path = files.join_path(base.format(tmp=tmp_path), "answers.parquet")
    with _open(tmp_path) as store:
        put_all(store, range(2_500))
        assert store.export(path) == 2_500
    with _open(tmp_path, "two") as other:
        assert other.import_file(path) == 2_500
        assert [other.get(key(n)) for n in range(2_500)] == [response(n) for n in range(2_500)]
        assert other.spent() == {}
        assert other.export(str(tmp_path / "again.parquet")) == 2_500
    assert list(files.read_rows(str(tmp_path / "again.parquet"))) == list(files.read_rows(path))


def test_the_same_answers_give_the_same_bytes_in_key_order(tmp_path: Path) -> None:
    written = []
    for name, numbers in (("one", range(300)), ("two", reversed(range(300)))):
        with _open(tmp_path, name) as store:
            put_all(store, numbers)
            store.export(str(tmp_path / f"{name}.parquet"))
        written.append((tmp_path / f"{name}.parquet").read_bytes())
    assert written[0] == written[1]
    rows = list(files.read_rows(str(tmp_path / "one.parquet")))
    assert [row["key"] for row in rows] == sorted(key(n).hex() for n in range(300))
    assert rows[0].keys() == ROW.keys()
    assert {(row["stage"], row["role"], row["model"], row["origin"]) for row in rows} == {
        (*ACCOUNT, "recorded")
    }


def test_only_what_the_run_used_is_exported_also_by_its_earlier_starts(tmp_path: Path) -> None:
    with _open(tmp_path, run="earlier") as store:
        put_all(store, range(10))
    with _open(tmp_path) as store:
        assert store.get(key(3)) is not None
        assert store.get(key(99)) is None
    with _open(tmp_path) as store:
        put_all(store, [20])
        path = str(tmp_path / "answers.parquet")
        assert store.export(path) == 2
    used = {row["key"]: row["response"].encode() for row in files.read_rows(path)}
    assert used == {key(3).hex(): response(3), key(20).hex(): response(20)}


def test_a_response_in_another_encoding_is_exported_with_the_same_meaning(tmp_path: Path) -> None:
    raw = response(1).decode().replace("supported", "supported \\ud83d").encode("utf-16-le")
    half = response(2).replace(b"supported", b"supported \xed\xa0\xbd")
    with _open(tmp_path) as store:
        asyncio.run(store.put(key(1), raw, ACCOUNT, SPENT))
        asyncio.run(store.put(key(2), half, ACCOUNT, SPENT))
        store.export(str(tmp_path / "answers.parquet"))
    with _open(tmp_path, "two") as other:
        other.import_file(str(tmp_path / "answers.parquet"))
        assert [json.loads(other.get(key(n)) or b"") for n in (1, 2)] == [json.loads(raw), json.loads(half)]


def test_an_imported_answer_does_not_replace_one_and_names_its_file(tmp_path: Path) -> None:
    path = _write(tmp_path / "shipped.parquet", ROW, {**ROW, "key": key(2).hex()})
    with _open(tmp_path) as store:
        asyncio.run(store.put(key(1), b"own", ACCOUNT, SPENT))
        assert store.import_file(path) == 1
        assert (store.get(key(1)), store.get(key(2))) == (b"own", response(1))
        origins = store._reader.execute("SELECT origin FROM answers ORDER BY id").fetchall()
    assert origins == [("",), ("recorded in shipped.parquet",)]


def test_a_file_is_read_once_and_again_when_it_changed(tmp_path: Path) -> None:
    path = tmp_path / "answers.parquet"
    _write(path, ROW)
    whole = path.read_bytes()
    with _open(tmp_path) as store:
        assert store.import_file(str(path)) == 1
        path.write_bytes(b"PAR1" + bytes(96) + whole[100:])  # only the footer can still be read
        assert store.import_file(str(path)) == 0
        with _open(tmp_path, "two") as other, pytest.raises(InputError, match="cannot be read"):
            other.import_file(str(path))
        _write(path, ROW, {**ROW, "key": key(2).hex()})
        assert store.import_file(str(path)) == 1


def test_a_file_of_several_row_groups_comes_back_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "ROW_GROUP_ROWS", 1_000)
    path = str(tmp_path / "answers.parquet")
    with _open(tmp_path) as store:
        put_all(store, range(2_500))
        store.export(path)
    assert pq.ParquetFile(path).metadata.num_row_groups == 3
    with _open(tmp_path, "two") as other:
        assert other.import_file(path) == 2_500


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"key": "abc"}, r"key is not 64 hex digits: 'abc'"),
        ({"key": "zz" * 32}, r"key is not 64 hex digits: 'zzzz"),
        ({"key": " " + "ab" * 31 + " "}, r"key is not 64 hex digits"),
        ({"key": None}, r"key is no text"),
        ({"model": None}, r"model is no text"),
        ({"response": "the answer is 4"}, r"response is no chat completion: Expecting value"),
        ({"response": '{"error": {"message": "overloaded"}}'}, r"response is no chat completion"),
        ({"response": "[" * 100_000}, r"response is no chat completion"),
    ],
)
def test_a_row_that_is_no_answer_is_named(tmp_path: Path, row: dict[str, Any], says: str) -> None:
    path = _write(tmp_path / "answers.parquet", ROW, {**ROW, **row})
    with _open(tmp_path) as store, pytest.raises(InputError, match=says) as caught:
        store.import_file(path)
    assert str(caught.value).startswith(f"{path}, row 2: ") and "\n" not in str(caught.value)


def test_a_file_that_is_not_one_of_answers_is_refused(tmp_path: Path) -> None:
    text = tmp_path / "answers.jsonl"
    text.write_text(json.dumps(ROW) + "\n")
    short = tmp_path / "short.parquet"
    short.write_bytes(b"PAR1")
    lying = tmp_path / "lying.parquet"
    lying.write_bytes(b"PAR1" + b"no footer at all" + (16).to_bytes(4, "little") + b"PAR1")
    lacking = Path(_write(tmp_path / "lacking.parquet", ROW, columns=("key", "response")))
    numbers = tmp_path / "numbers.parquet"
    pq.write_table(pa.Table.from_pylist([{**ROW, "response": 4}]), numbers)
    with _open(tmp_path) as store:
        for path, says in (
            (text, "not a Parquet file"),
            (short, "not a Parquet file"),
            (lying, "cannot be read: "),
            (lacking, "no column stage, role, model, origin"),
            (numbers, "row 1: response is no text"),
            (tmp_path / "missing.parquet", "cannot be read: "),
        ):
            with pytest.raises(InputError, match=says) as caught:
                store.import_file(str(path))
            assert str(caught.value).startswith(str(path)) and "\n" not in str(caught.value)


def test_an_export_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with _open(tmp_path) as store, pytest.raises(RunError, match="cannot be written"):
        store.export(str(tmp_path / "file" / "answers.parquet"))
