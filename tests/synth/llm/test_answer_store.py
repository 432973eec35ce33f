import asyncio
import random
import resource
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from longweave.synth.errors import RunError
from longweave.synth.llm import store_schema, store_writer
from longweave.synth.llm.spending import Account, Spent, sum_spent
from longweave.synth.llm.store import AnswerStore
from tests.synth.llm import stored
from tests.synth.llm.stored import ACCOUNT, SPENT, key, put_all, response

JUDGING = Account("judge_corpus", "judge", "small")
WRITING = Account("write", "writer", "large")


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "runs" / "answers.sqlite")


@pytest.fixture
def store(path: str) -> Iterator[AnswerStore]:
    with AnswerStore.open(path, "run") as opened:
        yield opened


def _put(store: AnswerStore, number: int, raw: bytes) -> None:
    asyncio.run(store.put(key(number), raw, ACCOUNT, SPENT))


def _query(path: str, query: str) -> list[Any]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


def _start(*arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", stored.__name__, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_an_answer_comes_back_byte_for_byte_and_a_missing_one_is_none(store: AnswerStore) -> None:
    _put(store, 1, response(1))
    _put(store, 2, b"\x00 any bytes \xff")
    assert store.get(key(1)) == response(1)
    assert store.get(key(2)) == b"\x00 any bytes \xff"
    assert store.get(key(3)) is None


def test_the_first_answer_to_a_request_stays_and_both_are_paid(store: AnswerStore) -> None:
    _put(store, 1, b"first")
    _put(store, 1, b"second")
    assert store.get(key(1)) == b"first"
    assert store.spent()[ACCOUNT].requests == 2


def test_an_answer_is_in_the_file_when_put_returns(store: AnswerStore, path: str) -> None:
    async def put_and_look() -> list[Any]:
        await store.put(key(1), response(1), ACCOUNT, SPENT)
        return _query(path, "SELECT key, stage, role, model, origin FROM answers")

    assert asyncio.run(put_and_look()) == [(key(1), *ACCOUNT, "")]
    assert _query(path, "SELECT requests, prompt, server_seconds FROM ledger") == [(1, 9_000, 0.5)]


def test_another_run_sees_the_answers_but_not_the_spending(store: AnswerStore, path: str) -> None:
    _put(store, 1, response(1))
    with AnswerStore.open(path, "another") as another:
        assert another.get(key(1)) == response(1)
        assert another.spent() == {}


def test_spending_counts_at_once_and_is_kept_by_close(path: str) -> None:
    with AnswerStore.open(path, "run") as store:
        asyncio.run(store.book(JUDGING, Spent(hits=3)))
        assert store.spent() == {JUDGING: Spent(hits=3)}
    assert store.spent() == {JUDGING: Spent(hits=3)}
    with AnswerStore.open(path, "run") as again:
        asyncio.run(again.book(JUDGING, Spent(hits=1, queue_seconds=0.25)))
        assert again.spent() == {JUDGING: Spent(hits=4, queue_seconds=0.25)}


def test_spending_is_written_without_close_and_without_an_answer(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_writer, "LAZY_SECONDS", 0.02)
    with AnswerStore.open(path, "run") as store:
        asyncio.run(store.book(JUDGING, Spent(retries=2)))
        until = monotonic() + 20
        while not (written := _query(path, "SELECT stage, retries FROM ledger")) and monotonic() < until:
            sleep(0.01)
    assert written == [("judge_corpus", 2)]


_STEPS = st.lists(
    st.tuples(
        st.sampled_from(["put", "get", "book", "restart"]),
        st.integers(0, 5),
        st.sampled_from([JUDGING, WRITING]),
        st.sampled_from(["one", "two"]),
    ),
    max_size=30,
)


@settings(max_examples=30, deadline=None)
@given(steps=_STEPS)
def test_two_runs_see_the_same_first_answers_and_their_own_spending(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int, Account, str]]
) -> None:
    path = str(tmp_path_factory.mktemp("store") / "answers.sqlite")
    stores = {run: AnswerStore.open(path, run) for run in ("one", "two")}
    answers: dict[bytes, bytes] = {}
    parts: dict[tuple[str, Account], list[Spent]] = {}
    uses: set[tuple[str, bytes]] = set()
    for place, (step, number, account, run) in enumerate(steps):
        spent = Spent(requests=number, prompt=place, server_seconds=number / 4)
        if step == "put":
            asyncio.run(stores[run].put(key(number), b"answer %d" % place, account, spent))
            answers.setdefault(key(number), b"answer %d" % place)
        elif step == "get":
            assert stores[run].get(key(number)) == answers.get(key(number))
        elif step == "book":
            asyncio.run(stores[run].book(account, spent))
        else:
            stores[run].close()
            stores[run] = AnswerStore.open(path, run)
        if step in ("put", "book"):
            parts.setdefault((run, account), []).append(spent)
        if step in ("put", "get") and key(number) in answers:
            uses.add((run, key(number)))
    for run, store in stores.items():
        expected = {account: sum_spent(some) for (owner, account), some in parts.items() if owner == run}
        assert store.spent() == expected
        store.close()
        assert store.spent() == expected
    named = "SELECT name, key FROM uses JOIN runs ON runs.id = run JOIN answers ON answers.id = answer"
    assert set(_query(path, named)) == uses


def test_many_answers_waiting_at_once_are_few_transactions(
    store: AnswerStore, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[sqlite3.Connection] = []

    def begin(connection: sqlite3.Connection) -> AbstractContextManager[None]:
        begun.append(connection)
        return store_schema.begin(connection)

    monkeypatch.setattr(store_writer, "begin", begin)
    put_all(store, range(1_000), at_once=500)
    assert _query(path, "SELECT count(*), min(id), max(id) FROM answers") == [(1_000, 1, 1_000)]
    assert store.spent()[ACCOUNT] == sum_spent([SPENT] * 1_000)
    assert 1 <= len(begun) < 500


def test_any_thread_reads_and_any_event_loop_writes(store: AnswerStore) -> None:
    def work(first: int) -> list[bytes | None]:
        put_all(store, range(first, first + 50))
        return [store.get(key(number)) for number in range(first, first + 50)]

    with ThreadPoolExecutor(4) as threads:
        read = [raw for raws in threads.map(work, range(0, 200, 50)) for raw in raws]
    assert read == [response(number) for number in range(200)]
    assert store.spent()[ACCOUNT].requests == 200


def test_an_answer_whose_asker_is_cancelled_is_kept(store: AnswerStore) -> None:
    mishaps: list[object] = []

    async def cancel() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: mishaps.append(context))
        task = asyncio.create_task(store.put(key(1), response(1), ACCOUNT, SPENT))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await store.put(key(2), response(2), ACCOUNT, SPENT)

    asyncio.run(cancel())
    assert store.get(key(1)) == response(1)
    assert mishaps == []


def test_an_answer_whose_event_loop_is_gone_is_kept_and_others_go_on(store: AnswerStore, path: str) -> None:
    tasks: list[asyncio.Task[None]] = []

    async def leave() -> None:
        tasks.append(asyncio.create_task(store.put(key(1), response(1), ACCOUNT, SPENT)))
        await asyncio.sleep(0)

    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        asyncio.run(leave())
    _put(store, 2, response(2))
    assert [store.get(key(n)) for n in (1, 2)] == [response(1), response(2)]


def test_spending_counts_while_it_is_being_written(store: AnswerStore, path: str) -> None:
    async def watch() -> None:
        with closing(sqlite3.connect(path)) as other:
            other.execute("BEGIN IMMEDIATE")
            task = asyncio.create_task(store.put(key(1), response(1), ACCOUNT, SPENT))
            for _ in range(10):
                await asyncio.sleep(0.002)
                assert store.spent() == {ACCOUNT: SPENT}
        await task
        assert store.spent() == {ACCOUNT: SPENT}

    asyncio.run(watch())


def test_close_writes_what_is_waiting_and_may_come_from_several_threads(path: str) -> None:
    store = AnswerStore.open(path, "run")

    async def put_and_close() -> None:
        waiting = [asyncio.ensure_future(store.put(key(n), response(n), ACCOUNT, SPENT)) for n in range(100)]
        await asyncio.sleep(0)
        closing_threads = [threading.Thread(target=store.close) for _ in range(2)]
        for thread in closing_threads:
            thread.start()
        for thread in closing_threads:
            thread.join()
        await asyncio.gather(*waiting)

    asyncio.run(put_and_close())
    store.close()
    assert _query(path, "SELECT count(*) FROM answers") == [(100,)]
    assert [file.name for file in Path(path).parent.iterdir()] == ["answers.sqlite"]


def test_a_closed_store_refuses_in_one_line(path: str) -> None:
    store = AnswerStore.open(path, "run")
    store.close()
    uses: list[Callable[[], object]] = [
        lambda: _put(store, 1, b""),
        lambda: store.get(key(1)),
        lambda: asyncio.run(store.book(JUDGING, SPENT)),
        lambda: store.export(f"{path}.parquet"),
    ]
    for use in uses:
        with pytest.raises(RunError, match=r"answers.sqlite: the answer store is closed$"):
            use()


def test_four_processes_share_one_store(path: str) -> None:
    firsts = [0, 100, 200, 300]
    processes = [_start(path, f"run {first}", first, 500) for first in firsts]
    for process in processes:
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors
    assert _query(path, "PRAGMA integrity_check") == [("ok",)]
    assert _query(path, "PRAGMA journal_mode") == [("wal",)]
    assert _query(path, "SELECT count(*) FROM answers") == [(800,)]
    assert _query(path, "SELECT sum(requests) FROM ledger") == [(2_000,)]
    assert _query(path, "SELECT count(*) FROM uses GROUP BY run") == [(500,)] * 4
    with AnswerStore.open(path, "reader") as store:
        for number in range(800):
            raw = store.get(key(number))
            askers = [f"run {first}" for first in firsts if first <= number < first + 500]
            assert raw in [response(number, by) for by in askers]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_answer_whose_put_returned_survives_kill_9(path: str, seed: int) -> None:
    process = _start(path, "killed", 0, 1_000_000)
    assert process.stdout
    wait_for = random.Random(seed).randrange(1, 3_000)
    said = [process.stdout.readline() for _ in range(wait_for)]
    process.kill()
    rest, errors = process.communicate(timeout=60)
    assert process.returncode == -9, errors
    said += rest.splitlines(keepends=True)
    stored_numbers = [int(line) for line in said if line.endswith("\n")]
    assert len(stored_numbers) >= wait_for
    with AnswerStore.open(path, "killed") as store:
        assert all(store.get(key(n)) == response(n, "killed") for n in stored_numbers)
        assert store.spent()[ACCOUNT].requests >= len(stored_numbers)
    assert _query(path, "PRAGMA integrity_check") == [("ok",)]


def test_processes_that_open_a_new_store_together_all_get_it(path: str) -> None:
    Path(path).parent.mkdir()
    processes = [_start(path, number, number, 1) for number in range(4)]
    for process in processes:
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors
    assert _query(path, "SELECT count(*) FROM answers") == [(4,)]


def test_a_put_that_cannot_be_written_raises_and_its_spending_stays(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_schema, "BUSY_SECONDS", 0.05)
    with AnswerStore.open(path, "run") as store, closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(RunError, match="another process has kept the answer store locked"):
            _put(store, 1, response(1))
        assert store.spent() == {ACCOUNT: SPENT}
        other.rollback()
        assert store.get(key(1)) is None
        _put(store, 1, response(1))
        assert store.get(key(1)) == response(1)
    assert _query(path, "SELECT requests FROM ledger") == [(2,)]


def test_close_says_when_the_last_spending_cannot_be_written(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_schema, "BUSY_SECONDS", 0.05)
    store = AnswerStore.open(path, "run")
    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        asyncio.run(store.book(JUDGING, SPENT))
        with pytest.raises(RunError, match=r"End that process"):
            store.close()


def test_a_full_disk_is_an_error_for_every_waiting_put(path: str) -> None:
    with AnswerStore.open(path, "run") as store:
        put_all(store, range(5))
    limit = Path(path).stat().st_size + 100_000
    process = subprocess.Popen(
        [sys.executable, "-m", stored.__name__, path, "run", "5", "5000"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )
    said, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "RunError: " + path in errors and "the disk refuses" in errors and "Check its space" in errors
    with AnswerStore.open(path, "run") as store:
        assert all(store.get(key(int(number))) == response(int(number), "run") for number in said.split())
        put_all(store, range(6_000, 6_010))


def test_an_error_that_nobody_foresaw_ends_every_put(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(raw: bytes) -> bytes:
        raise ZeroDivisionError

    monkeypatch.setattr(store_writer, "pack", fail)
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    store = AnswerStore.open(path, "run")
    with pytest.raises(RunError, match="writer has ended"):
        _put(store, 1, b"")
    with pytest.raises(RunError, match="the answer store is closed"):
        _put(store, 2, b"")
    with pytest.raises(RunError, match="writer has ended"):
        store.close()


def _make_other_database(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE own (value)")
        connection.commit()


def _make_other_version(file: Path) -> None:
    AnswerStore.open(str(file), "run").close()
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA user_version = 9")
        connection.commit()


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda file: file.write_bytes(b"Not a database, but long enough to be one. " * 50), "not an answer"),
        (lambda file: file.write_bytes(b""), "not an answer store. Move the file away"),
        (_make_other_database, "not an answer store. Move the file away"),
        (_make_other_version, "version 9, this Longweave reads version 1. Export its answers"),
        (lambda file: file.mkdir(), "cannot be opened. Set models.answers.store"),
    ],
)
def test_another_file_is_refused_and_left_as_it_is(tmp_path: Path, make: Any, says: str) -> None:
    file = tmp_path / "answers.sqlite"
    make(file)
    before = file.read_bytes() if file.is_file() else None
    with pytest.raises(RunError, match=says) as caught:
        AnswerStore.open(str(file), "run")
    assert str(caught.value).startswith(f"{file}: ") and "\n" not in str(caught.value)
    assert before == (file.read_bytes() if file.is_file() else None)
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("url", ["s3://bucket/answers.sqlite", "memory://answers.sqlite", "http://host/a"])
def test_a_store_elsewhere_is_refused_with_what_to_do(url: str) -> None:
    with pytest.raises(RunError, match=r"must be a file on this machine's disk. Set models.answers.store"):
        AnswerStore.open(url, "run")


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match=r"file: cannot be made: file exists$"):
        AnswerStore.open(str(tmp_path / "file" / "answers.sqlite"), "run")


def test_a_read_only_file_is_said_to_be_one(path: str) -> None:
    AnswerStore.open(path, "run").close()
    with (
        closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection,
        pytest.raises(RunError, match=r"cannot be written. Make the file and its folder writable"),
        store_schema.guard_database(path),
    ):
        connection.execute("INSERT INTO runs (name) VALUES ('another')")


def test_a_damaged_answer_is_said_to_be_one(store: AnswerStore, path: str) -> None:
    _put(store, 1, response(1))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE answers SET body = x'00'")
        connection.commit()
    with pytest.raises(RunError, match=r"the answer store is damaged. Move it away"):
        store.get(key(1))
