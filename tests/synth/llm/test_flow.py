"""How the client treats servers: it finds what they take, waits when asked to, and knows when to stop."""

import asyncio
import gc
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from itertools import pairwise
from pathlib import Path

import pytest

from longweave.synth.llm.client import ModelClient, open_client
from longweave.synth.llm.errors import AnswerError, BudgetError, EndpointError
from longweave.synth.llm.request import Prompt
from longweave.synth.llm.settings import ModelSettings
from longweave.synth.llm.spending import sum_spent
from tests.model_server import Asked, Faults, RunningServer, ServerProcess, ServerSettings, serve
from tests.synth.llm.asking import Verdict, ask_all, ask_each, opened_store, settings_for

FEW = 32


@pytest.mark.parametrize(("slots", "latency"), [(8, 0.2), (64, 0.4)])
def test_the_number_of_slots_is_found_from_cold(slots: int, latency: float, tmp_path: Path) -> None:
    questions = 20 * slots
    limits: list[int] = []

    async def watch(client: ModelClient) -> None:
        asking = asyncio.create_task(ask_each(client, range(questions)))
        while not asking.done():
            await asyncio.wait([asking], timeout=0.02)
            limits.append(client.fetcher.line.limit)
        await asking

    with ServerProcess(ServerSettings(slots=slots, latency=latency)) as server:
        with_client(settings_for(server.url), tmp_path, watch)
        stats = server.stats()
    later = sorted(limits[2 * len(limits) // 3 :])
    assert 0.9 * slots <= later[len(later) // 2] <= 1.75 * slots, limits  # far from doubling again
    assert stats.outcomes == {"answered": questions}


def test_no_more_than_the_setting_allows_are_in_flight(tmp_path: Path) -> None:
    with serve(ServerSettings(slots=64, latency=0.005)) as server:
        ask_all(settings_for(server.url, concurrency=3), tmp_path, range(100))
        assert server.stats().busy_max == 3


def test_retry_after_is_honoured(tmp_path: Path) -> None:
    wait = 0.3
    with serve(ServerSettings(slots=50, faults=Faults(rate_limited=0.4, retry_after=wait))) as server:
        answers = ask_all(settings_for(server.url), tmp_path, range(60))
        asked = server.requests()
    assert len(answers) == 60
    pauses = [pause for times in arrivals(asked).values() for pause in gaps(times)]
    assert len(pauses) >= 10
    assert min(pauses) >= wait


def test_a_busy_server_answers_everything_in_the_end_and_refuses_little(tmp_path: Path) -> None:
    with serve(ServerSettings(slots=4, latency=0.02, max_queue=0)) as server:
        answers = ask_all(settings_for(server.url), tmp_path, range(300))
        outcomes = server.stats().outcomes
    assert len(answers) == outcomes["answered"] == 300
    assert 1 <= outcomes["busy"] <= 150
    with opened_store(tmp_path) as store:
        spent = sum_spent(store.spent().values())
    assert (spent.requests, spent.retries) == (300 + outcomes["busy"], outcomes["busy"])


def test_a_wrong_key_ends_early_with_one_line_that_does_not_show_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("MOCK_KEY", "sk-very-secret")
    with serve(ServerSettings(key="another")) as server:
        line = end_early(server, settings_for(server.url, api_key_env="MOCK_KEY"), tmp_path, caplog)
    assert "401" in line and "environment variable" in line
    assert "sk-very-secret" not in line
    written = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"sk-very-secret" not in written


def test_an_unknown_model_ends_early_with_one_line(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with serve(ServerSettings(models=("one", "two"))) as server:
        line = end_early(server, settings_for(server.url), tmp_path, caplog)
    assert "`mock` does not exist" in line and "model's name" in line


def test_a_context_too_small_for_every_prompt_ends_early_with_one_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with serve(ServerSettings(max_model_len=20)) as server:
        line = end_early(server, settings_for(server.url, max_tokens=30), tmp_path, caplog)
    assert "maximum context length is 20 tokens" in line


def test_a_single_prompt_that_is_too_long_is_rejected_and_the_others_are_answered(tmp_path: Path) -> None:
    async def ask(client: ModelClient) -> None:
        await ask_each(client, range(10))
        asker = client.for_stage("judging")
        with pytest.raises(AnswerError) as rejected:
            await asker.ask("judge", Prompt("word " * 2_000), Verdict, seed=1)
        assert rejected.value.reason == "prompt_too_long"
        await ask_each(client, range(10, 20))

    with serve(ServerSettings(max_model_len=1_000)) as server:
        with_client(settings_for(server.url), tmp_path, ask)
        assert server.stats().outcomes == {"answered": 20, "refused": 1}


def test_a_server_that_never_answers_ends_the_run_after_the_patience(tmp_path: Path) -> None:
    with serve() as server:
        url = server.url
    with pytest.raises(EndpointError) as ended:
        ask_all(settings_for(url, patience=0.5), tmp_path, range(50))
    assert url in str(ended.value) and "does not answer" in str(ended.value)


def test_load_is_balanced_by_what_the_servers_do(tmp_path: Path) -> None:
    with (
        ServerProcess(ServerSettings(slots=8, latency=0.05)) as fast,
        ServerProcess(ServerSettings(slots=8, latency=0.2)) as slow,
    ):
        ask_all(settings_for(fast.url, slow.url), tmp_path, range(600))
        done = fast.stats().outcomes["answered"], slow.stats().outcomes["answered"]
        queued = slow.stats().queue_mean
    assert sum(done) == 600
    assert 0.65 <= done[0] / sum(done) <= 0.9, "the fast one should do about four times as much"
    assert queued <= 8


@pytest.mark.parametrize(
    ("budget", "most"), [({"calls": 40}, 40), ({"tokens": 5_000}, None), ({"money": 0.02}, None)]
)
def test_the_budget_stops_before_it_is_exceeded_and_a_larger_one_goes_on(
    budget: dict[str, float], most: int | None, tmp_path: Path
) -> None:
    prices = {"mock": {"input": 1.0, "output": 10.0}}

    def settings(**chosen: float) -> ModelSettings:
        return settings_for(server.url, prices=prices, budget=chosen)

    with serve(ServerSettings(slots=16, latency=0.005, faults=Faults(failed=0.1))) as server:
        with pytest.raises(BudgetError) as stopped:
            ask_all(settings(**budget), tmp_path, range(200))
        first = server.requests()
        with opened_store(tmp_path) as store:
            spent = sum_spent(store.spent().values())
        ask_all(settings(**{name: limit * 100 for name, limit in budget.items()}), tmp_path, range(200))
        asked = server.requests()
    assert "Raise it and run again" in str(stopped.value)
    assert 10 <= len(first) < 200
    assert spent.requests == len(first)
    assert most is None or len(first) <= most
    assert spent.tokens <= budget.get("tokens", spent.tokens)
    assert spent.prompt * 1e-6 + spent.completion * 10e-6 <= budget.get("money", 1.0)
    good = Counter(request.key for request in asked if request.outcome == "answered")
    assert set(good.values()) == {1} and len(good) == 200


def end_early(
    server: RunningServer, settings: ModelSettings, folder: Path, caplog: pytest.LogCaptureFixture
) -> str:
    """The line of a run of many questions that ended after few requests, and nothing else was said."""
    with pytest.raises(EndpointError) as ended:
        ask_all(settings, folder, range(300))
    gc.collect()  # tasks complain when they are collected
    assert not [record for record in caplog.records if record.levelname == "ERROR"]
    line = str(ended.value)
    assert server.url in line and "\n" not in line
    assert 1 <= server.stats().outcomes["refused"] <= FEW
    return line


def with_client(settings: ModelSettings, folder: Path, use: Callable[[ModelClient], Awaitable[None]]) -> None:
    async def run() -> None:
        with opened_store(folder) as store:
            async with open_client(settings, store, lambda _: None) as client:
                await use(client)

    asyncio.run(run())


def arrivals(asked: Iterable[Asked]) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {}
    for request in sorted(asked, key=lambda request: request.at):
        times.setdefault(request.key, []).append(request.at)
    return times


def gaps(times: list[float]) -> list[float]:
    return [later - earlier for earlier, later in pairwise(times)]
