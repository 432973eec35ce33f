"""Records of a model stage: concurrent, in order, and each with an outcome of its own."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from longweave.synth.errors import RunError
from longweave.synth.llm.client import Asker
from longweave.synth.llm.errors import EndpointError
from longweave.synth.llm.loop import Models, open_models
from longweave.synth.llm.request import Prompt
from longweave.synth.stage import Kept, Outcome, Reject
from tests.model_server import ServerSettings, serve
from tests.synth.llm.asking import Verdict, opened_store, question, settings_for

ROWS = pa.table({"score": pa.array([], pa.int64())})


async def judge(asker: Asker, number: int) -> Outcome:
    (answer,) = await asker.ask("judge", question(number), Verdict, seed=number)
    return Kept(pa.table({"score": [answer.value.score]}))


def outcomes_of(models: Models, ask: object, records: Iterator[int]) -> list[Outcome]:
    work = models.each_record("judge", ask, lambda number: f"record {number}")  # type: ignore[arg-type]
    return list(work(records))


def test_outcomes_come_in_the_order_of_their_records_while_the_server_is_kept_busy(tmp_path: Path) -> None:
    with serve(ServerSettings(slots=8, latency=0.02)) as server, opened_store(tmp_path) as store:
        with open_models(settings_for(server.url), store, print) as models:
            first = outcomes_of(models, judge, iter(range(100)))
            again = outcomes_of(models, judge, iter(range(100)))
        assert server.stats().busy_max == 8
    scores = [outcome.rows["score"][0].as_py() for outcome in first if isinstance(outcome, Kept)]
    assert len(scores) == 100 and len(set(scores)) > 3
    assert again == first


def test_records_are_begun_only_as_fast_as_the_server_takes_them(tmp_path: Path) -> None:
    begun = 0

    def records() -> Iterator[int]:
        nonlocal begun
        for number in range(500):
            begun += 1
            most = server.stats().outcomes.get("answered", 0)
            assert begun <= most + 60, "the whole shard was begun at once"
            yield number

    with (
        serve(ServerSettings(slots=2, latency=0.005)) as server,
        opened_store(tmp_path) as store,
        open_models(settings_for(server.url, concurrency=4), store, print) as models,
    ):
        assert len(outcomes_of(models, judge, records())) == 500


def test_a_record_without_a_usable_answer_is_rejected_with_the_reason_and_the_raw_text(
    tmp_path: Path,
) -> None:
    def script(body: object) -> str:
        return "nonsense" if "statement 3." in str(body) else '{"value": 1}'

    with (
        serve(script=script) as server,
        opened_store(tmp_path) as store,
        open_models(settings_for(server.url, broken_retries=0), store, print) as models,
    ):
        outcomes = outcomes_of(models, judge, iter([3, 4]))
    first, second = outcomes
    assert isinstance(first, Reject) and isinstance(second, Reject)
    assert (first.record_id, first.reason) == ("record 3", "answer_not_json")
    assert "nonsense" in first.detail
    assert second.reason == "answer_wrong_shape"


def test_a_fault_of_the_work_itself_rejects_its_record(tmp_path: Path) -> None:
    async def divide(asker: Asker, number: int) -> Outcome:
        return Kept(pa.table({"score": [1 // number]}))

    with (
        opened_store(tmp_path) as store,
        open_models(settings_for("http://127.0.0.1:9/v1"), store, print) as models,
    ):
        good, bad = outcomes_of(models, divide, iter([1, 0]))
    assert isinstance(good, Kept)
    assert isinstance(bad, Reject) and bad.reason == "error" and "ZeroDivisionError" in bad.detail


def test_an_endpoint_that_cannot_be_used_ends_the_stage_and_nothing_more_is_sent(tmp_path: Path) -> None:
    with serve(ServerSettings(models=("other",), latency=0.01)) as server, opened_store(tmp_path) as store:
        with (
            open_models(settings_for(server.url), store, print) as models,
            pytest.raises(EndpointError, match=r"404.*mock"),
        ):
            outcomes_of(models, judge, iter(range(1000)))
        assert len(server.requests()) <= 40


def test_what_is_in_flight_when_a_run_is_stopped_is_still_stored(tmp_path: Path) -> None:
    came = threading.Event()

    def script(body: object) -> str:
        came.set()
        return "late"

    async def ask_text(asker: Asker, number: int) -> Outcome:
        await asker.ask_text("judge", Prompt("Go on."), seed=number)
        return Kept(ROWS)

    with serve(ServerSettings(latency=0.3), script=script) as server, opened_store(tmp_path) as store:
        with open_models(settings_for(server.url), store, print) as models:
            work = models.each_record("judge", ask_text, str)
            outcomes: list[Outcome] = []
            thread = threading.Thread(target=lambda: outcomes.extend(work(iter([1]))), daemon=True)
            thread.start()
            assert came.wait(10)
            models.stop()
            thread.join(10)
            assert len(outcomes) == 1
            with pytest.raises(RunError, match="stopped"):
                list(work(iter([2])))
        with open_models(settings_for(server.url), store, print) as models:
            assert len(outcomes_of(models, ask_text, iter([1]))) == 1
        assert len(server.requests()) == 1
