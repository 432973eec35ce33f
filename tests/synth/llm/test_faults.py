"""Two thousand typed questions over a real socket to a server that fails in every way, dies and returns."""

import asyncio
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from longweave.synth.llm.client import open_client
from longweave.synth.llm.spending import sum_spent
from tests.model_server import Asked, Faults, ServerProcess, ServerSettings
from tests.synth.llm.asking import AT_ONCE, ask_each, opened_store, settings_for

QUESTIONS = 2_000
FAULTY = Faults(seed=3, rate_limited=0.05, failed=0.05, dropped=0.02, slow=0.02, cut_off=0.05)
SLOTS = 64
LATENCY = 0.02
_PATIENCE = 60.0


def faulty_server(folder: Path) -> ServerSettings:
    return ServerSettings(slots=SLOTS, latency=LATENCY, faults=FAULTY, log=str(folder / "server.jsonl"))


def test_all_questions_end_well_though_the_server_fails_dies_and_comes_back(tmp_path: Path) -> None:
    with ServerProcess(faulty_server(tmp_path)) as server, opened_store(tmp_path) as store:
        warnings: list[str] = []

        async def run() -> int:
            async with open_client(settings_for(server.url), store, warnings.append) as client:
                asking = asyncio.create_task(ask_each(client, range(QUESTIONS)))
                await asyncio.to_thread(wait_for_requests, server, QUESTIONS // 2)
                killed = len(server.requests())
                await asyncio.to_thread(server.kill)
                await asyncio.to_thread(server.restart)
                answers = await asking
                assert len(answers) == QUESTIONS
                assert len({answer.key for answer in answers}) == QUESTIONS
                assert all(0 <= answer.value.score <= 10 for answer in answers)
                assert all(store.get(bytes.fromhex(answer.key)) for answer in answers)
                return killed

        killed = asyncio.run(run())
        asked = server.requests()
        spent = sum_spent(store.spent().values())

    happened = outcomes_of(asked)
    for outcome in ("rate_limited", "failed", "dropped", "cut_off"):
        assert happened[outcome] > QUESTIONS * 0.01, f"too few were {outcome} to prove anything"
    again = answered_again(asked)
    assert {request.key for request in again} <= lost_at(killed, asked), "a good answer was asked for again"
    assert spent.requests - spent.retries == QUESTIONS, "a question was lost, or begun twice"
    assert len(asked) <= spent.requests <= len(asked) + AT_ONCE
    billed = sum(request.tokens for request in asked)
    assert billed - sum(request.tokens for request in again) <= spent.tokens <= billed
    assert any(server.url in warning for warning in warnings), "nobody was told that the server was gone"


def test_a_client_killed_half_way_asks_only_for_what_is_missing(tmp_path: Path) -> None:
    with ServerProcess(faulty_server(tmp_path)) as server:
        first = start_client(server.url, tmp_path)
        wait_for_requests(server, QUESTIONS // 2)
        first.send_signal(signal.SIGKILL)
        first.communicate()
        before = server.requests()
        assert sum(request.outcome == "answered" for request in before) < QUESTIONS

        said, _ = start_client(server.url, tmp_path).communicate(timeout=_PATIENCE)

        assert said == f"{QUESTIONS}\n"
        asked = server.requests()
    with opened_store(tmp_path) as store:
        spent = sum_spent(store.spent().values())
    again = answered_again(asked)
    assert {request.key for request in again} <= lost_at(len(before), asked), (
        "a stored answer was asked again"
    )
    assert len(again) <= AT_ONCE
    stored = outcomes_of(before)["answered"] - len(again)
    assert spent.hits >= stored, "an answer that was stored was not used"


def start_client(url: str, folder: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "tests.synth.llm.asking", url, str(folder), str(QUESTIONS)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def wait_for_requests(server: ServerProcess, count: int) -> None:
    deadline = time.monotonic() + _PATIENCE
    while sum(server.stats().outcomes.values()) < count:
        assert time.monotonic() < deadline, f"there were never {count} requests"
        time.sleep(0.02)


def answered_again(asked: Iterable[Asked]) -> list[Asked]:
    """Answers, good or cut off, to requests that had been answered before."""
    answered: set[str] = set()
    again = []
    for request in asked:
        if request.outcome in ("answered", "cut_off"):
            if request.key in answered:
                again.append(request)
            answered.add(request.key)
    return again


def lost_at(killed: int, asked: Sequence[Asked]) -> set[str]:
    """The requests whose answers may have been on their way, or not yet stored, when one side was killed: no
    more than are open at a time, on either side of the ``killed`` that had ended by then."""
    return {request.key for request in asked[max(0, killed - AT_ONCE) : killed + AT_ONCE]}


def outcomes_of(asked: Iterable[Asked]) -> Counter[str]:
    return Counter(request.outcome for request in asked)
