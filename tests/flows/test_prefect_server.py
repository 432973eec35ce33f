"""A real Prefect server on loopback: deploy everything, serve it with a process worker, run it to its end."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from longweave.flows.pipeline import synthesize
from longweave.flows.settings import RunSettings
from longweave.synth.config import load_settings, resolve_settings
from longweave.synth.stage import run_in_turn
from tests.conftest import ROOT, SilentProgress
from tests.flows.test_judge_step import judge_script, read_shards, settings_with
from tests.model_server import serve

_PATIENCE = 120
_PREFECT = [sys.executable, "-m", "prefect"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment in which ``prefect`` talks to a server of its own."""
    home = tmp_path_factory.mktemp("prefect")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")},
        "PREFECT_HOME": str(home),
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "NO_PROXY": "127.0.0.1",
        "PYTHONPATH": str(ROOT),
        "PWD": str(ROOT),
    }
    command = [*_PREFECT, "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    with _running(command, environment, home / "server.log") as process:
        deadline = time.monotonic() + _PATIENCE
        while not _answers(f"{environment['PREFECT_API_URL']}/health"):
            assert process.poll() is None and time.monotonic() < deadline, (home / "server.log").read_text()
            time.sleep(0.2)
        yield environment


def test_the_sample_deployment_runs_to_completion_with_a_stage_that_asks_a_model(
    server: Mapping[str, str], small_settings: Mapping[str, Any], tmp_path: Path
) -> None:
    _prefect(server, "--no-prompt", "work-pool", "create", "longweave", "--type", "process")
    _prefect(server, "--no-prompt", "deploy", "--all")
    serving = [*_PREFECT, "worker", "start", "--pool", "longweave"]
    with (
        serve(script=judge_script) as models,
        _running(serving, server, tmp_path / "worker.log"),
    ):
        settings = settings_with(small_settings, models)
        parameters = json.dumps({"settings": resolve_settings(settings), "out": str(tmp_path / "run")})
        said = _prefect(
            server,
            "deployment",
            "run",
            "synthesize/sample",
            "--params",
            parameters,
            "--watch",
            "--watch-timeout",
            "200",
        )
        assert "Completed" in said, (tmp_path / "worker.log").read_text()
        n_asked = len(models.requests())
        synthesize(settings, str(tmp_path / "here"), run_in_turn, SilentProgress())
        assert len(models.requests()) == n_asked > 0, "an answer that the flow had paid for was asked again"
        parameters = json.dumps(
            {"run": str(tmp_path / "run"), "stages": ["full-20k"], "out": str(tmp_path / "sets")}
        )
        said = _prefect(
            server,
            "deployment",
            "run",
            "select/stages",
            "--params",
            parameters,
            "--watch",
            "--watch-timeout",
            "200",
        )
        assert "Completed" in said, (tmp_path / "worker.log").read_text()
        drawn = json.loads((tmp_path / "sets" / "full-20k" / "funnel.json").read_text())["stages"]
        assert drawn[-1]["stage"] == "export" and drawn[-1]["kept"] > 0
    assert read_shards(tmp_path / "run") == read_shards(tmp_path / "here")
    kept = _ask(server, "/artifacts/filter", {"artifacts": {"key": {"any_": ["funnel"]}}})
    stages = [row["stage"] for row in json.loads(kept[0]["data"])]
    assert stages[0] == "filter_corpus" and stages[-1] == "export"
    (bar,) = _ask(server, "/artifacts/filter", {"artifacts": {"key": {"any_": ["judge-corpus"]}}})
    assert float(bar["data"]) == 100 and f"{n_asked} calls" in bar["description"]
    (spending,) = _ask(server, "/artifacts/filter", {"artifacts": {"key": {"any_": ["spending"]}}})
    assert json.loads(spending["data"])[0]["role"] == "judge"
    flows = {flow["name"] for flow in _ask(server, "/flows/filter", {})}
    assert {"synthesize", "select", "weave_graph", "filter_corpus", "pose_queries", "verify_samples"} <= flows
    (deployed,) = (one for one in _ask(server, "/deployments/filter", {}) if one["name"] == "sample")
    assert "context" in deployed["parameter_openapi_schema"]["definitions"]["RunSettings"]["properties"]
    (step,) = deployed["pull_steps"]
    assert step["prefect.deployments.steps.set_working_directory"]["directory"] == str(ROOT)


def test_the_deployment_has_the_settings_of_the_demo() -> None:
    deployments = yaml.safe_load((ROOT / "prefect.yaml").read_text())["deployments"]
    demo = load_settings(ROOT / "pipeline.yaml", RunSettings)
    with_settings = [one for one in deployments if "settings" in one["parameters"]]
    assert [one["entrypoint"].rpartition(":")[2] for one in with_settings] == [
        "synthesize",
        "weave_graph",
        "evolve_general",
    ]
    for deployment in with_settings:
        deployed = RunSettings.model_validate(deployment["parameters"]["settings"])
        assert resolve_settings(deployed) == resolve_settings(demo)


def _prefect(environment: Mapping[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [*_PREFECT, *arguments], env=environment, cwd=ROOT, capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _ask(environment: Mapping[str, str], path: str, body: object) -> Any:
    request = urllib.request.Request(
        environment["PREFECT_API_URL"] + path, json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


@contextmanager
def _running(
    command: list[str], environment: Mapping[str, str], log: Path
) -> Iterator["subprocess.Popen[bytes]"]:
    """A process with a session of its own, which ends with the block, and all that it started."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, env=environment, cwd=ROOT, stdout=output, stderr=output, start_new_session=True
        )
        try:
            yield process
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
