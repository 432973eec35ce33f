"""A run with a stage that asks a model, from the first call to the replay of its answers."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from longweave.flows.models import export_answers, store_path
from longweave.flows.pipeline import synthesize
from longweave.flows.settings import RunSettings
from longweave.synth.errors import RunError, SettingsError
from longweave.synth.files import list_files, read_rows
from longweave.synth.llm.errors import BudgetError, MissingAnswerError
from longweave.synth.llm.settings import ModelSettings
from longweave.synth.run_directory import read_run
from longweave.synth.stage import run_in_turn
from tests.conftest import SilentProgress
from tests.model_server import RunningServer, serve
from tests.run_files import read_data_files

PRICE = {"mock": {"input": 1.0, "output": 10.0}}


def judge_script(body: Mapping[str, Any]) -> str:
    """Academic padding is poor, all else is good."""
    poor = "abstract" in body["messages"][0]["content"].lower()
    return json.dumps({"flaw": "none", "quality": 1 if poor else 5, "accuracy": 5, "coherence": 5})


def settings_with(small: Mapping[str, Any], server: RunningServer | None, **models: Any) -> RunSettings:
    default: dict[str, Any] = {"model": "mock", "max_tokens": 100}
    if server is not None:
        default["endpoints"] = [server.url]
    return RunSettings.model_validate(
        {
            **small,
            "corpus": {**small["corpus"], "judge": {"max_tokens": 500}},
            "models": {"default": default, "prices": PRICE, **models},
        }
    )


def make(settings: RunSettings, out: Path) -> dict[str, Any]:
    """The funnel of the run."""
    synthesize(settings, str(out), run_in_turn, SilentProgress())
    book: dict[str, Any] = json.loads((out / "funnel.json").read_text())
    return book


def read_shards(run: Path) -> dict[str, bytes]:
    return {name: data for name, data in read_data_files(run).items() if name.endswith(".parquet")}


def test_a_run_is_judged_accounted_for_and_replayed_without_a_server(
    small_settings: Mapping[str, Any], tmp_path: Path
) -> None:
    out, shipped = tmp_path / "run", tmp_path / "shipped.parquet"
    with serve(script=judge_script) as server:
        settings = settings_with(small_settings, server)
        funnel = make(settings, out)
        n_calls = len(server.requests())
        make(settings, tmp_path / "other")
        assert len(server.requests()) == n_calls, "a second run in the same folder pays for nothing"
        billed = sum(asked.tokens for asked in server.requests())

    judged = next(stage for stage in funnel["stages"] if stage["stage"] == "judge_corpus")
    assert judged["in"] == n_calls == judged["kept"] + judged["dropped"]["judged_quality"]
    rejects = list(
        read_rows(str(out / "rejects/judge_corpus" / list_files(str(out / "rejects/judge_corpus"), "")[0]))
    )
    assert rejects[0]["detail"] == "quality 1 of 5: none"

    (line,) = funnel["models"]
    assert (line["stage"], line["role"], line["model"]) == ("judge_corpus", "judge", "mock")
    assert (line["requests"], line["retries"], line["hits"]) == (n_calls, 0, 0)
    assert line["prompt"] + line["completion"] == billed
    assert line["money"] == pytest.approx((line["prompt"] + 10 * line["completion"]) / 1e6, abs=1e-6)
    (total,) = json.loads((out / "run.json").read_text())["models"]
    assert total["requests"] == n_calls and "server_seconds" not in total
    other = json.loads((tmp_path / "other" / "funnel.json").read_text())["models"][0]
    assert (other["requests"], other["hits"]) == (0, n_calls)

    assert export_answers(read_run(str(out)), str(shipped)) == n_calls
    replay = settings_with(
        small_settings,
        None,
        answers={"mode": "replay", "files": [str(shipped)], "store": str(tmp_path / "new.sqlite")},
    )
    make(replay, tmp_path / "replayed")
    assert read_shards(tmp_path / "replayed") == read_shards(out)


def test_a_replay_with_another_prompt_says_what_is_missing(
    small_settings: Mapping[str, Any], tmp_path: Path
) -> None:
    replay = settings_with(small_settings, None, answers={"mode": "replay"})
    with pytest.raises(
        MissingAnswerError, match="judge_corpus: no recorded answer for a request of judge to mock"
    ):
        make(replay, tmp_path / "run")


def test_a_budget_stops_a_run_that_then_goes_on_with_a_larger_one(
    small_settings: Mapping[str, Any], tmp_path: Path
) -> None:
    out = tmp_path / "run"
    with serve(script=judge_script) as server:
        with pytest.raises(BudgetError, match="10 calls, of which 10 are made"):
            make(settings_with(small_settings, server, budget={"calls": 10}), out)
        assert len(server.requests()) == 10
        assert json.loads((out / "run.json").read_text())["status"].startswith("failed: models.budget")
        assert json.loads((out / "run.json").read_text())["models"][0]["requests"] == 10

        funnel = make(settings_with(small_settings, server), out)

        assert funnel["models"][0]["requests"] == len(server.requests())
        keys = [asked.key for asked in server.requests()]
        assert len(set(keys)) == len(keys), "an answer was paid for twice"


def test_a_run_without_the_judge_has_no_model_and_no_store(undisturbed_run: Path) -> None:
    assert json.loads((undisturbed_run / "funnel.json").read_text())["models"] == []
    assert not (undisturbed_run.parent / "answers.sqlite").exists()


def test_a_run_elsewhere_needs_a_store_that_is_named() -> None:
    with pytest.raises(SettingsError, match=r"models\.answers\.store"):
        store_path(ModelSettings(), "memory://run")
    named = ModelSettings.model_validate({"answers": {"store": "/data/answers.sqlite"}})
    assert store_path(named, "memory://run") == "/data/answers.sqlite"


def test_a_store_that_is_no_file_of_this_machine_is_refused(
    small_settings: Mapping[str, Any], tmp_path: Path
) -> None:
    settings = settings_with(small_settings, None, answers={"mode": "replay", "store": "memory://answers"})
    with pytest.raises(RunError, match="must be a file on this machine's disk"):
        make(settings, tmp_path / "run")


def test_a_judge_without_a_model_is_told_before_anything_is_made(
    small_settings: Mapping[str, Any], tmp_path: Path
) -> None:
    corpus = {**small_settings["corpus"], "judge": {}}
    with pytest.raises(SettingsError, match=r"models\.roles\.judge: no model"):
        make(RunSettings.model_validate({**small_settings, "corpus": corpus}), tmp_path / "run")
    assert not (tmp_path / "run").exists()
