import os
import socket
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml
from rich.console import Console
from typer.testing import CliRunner

from longweave.flows.cli import app
from longweave.flows.doctor import Finding, check_space, diagnose, findings_table
from longweave.flows.settings import RunSettings
from longweave.synth.llm.doctor import Check
from longweave.synth.llm.store import AnswerStore
from tests.model_server import ServerSettings, serve


def _values(folder: Path, **models: Any) -> dict[str, Any]:
    (folder / "documents.jsonl").write_text("{}\n")
    source = {"name": "made", "format": "jsonl", "paths": [str(folder / "documents.jsonl")]}
    return {"corpus": {"sources": [source], "judge": {}}, "models": models}


def _diagnose(folder: Path, **models: Any) -> dict[tuple[str, str], Check]:
    settings = RunSettings.model_validate(_values(folder, **models))
    return _by_name(diagnose(settings, str(folder / "run"), lambda _: None))


def _by_name(findings: Any) -> dict[tuple[str, str], Check]:
    return {(finding.subject, finding.check.what): finding.check for finding in findings}


def test_every_role_that_is_asked_or_named_is_looked_at_and_nothing_is_left_behind(tmp_path: Path) -> None:
    with serve(ServerSettings(models=("small", "large"), max_model_len=10_000)) as server:
        found = _diagnose(
            tmp_path,
            default={"endpoints": [server.url], "model": "small"},
            roles={"solver": {"model": "large"}},
        )
    assert {subject for subject, _ in found} == {
        "run",
        f"judge at {server.url}",
        f"solver at {server.url}",
    }
    assert found["run", "answers"].seen == f"{tmp_path}/answers.sqlite can be made"
    assert found[f"judge at {server.url}", "context"].verdict == "ok"
    context = found[f"solver at {server.url}", "context"]
    assert context.verdict == "failed", "its prompts are as long as context.targets"
    assert [path.name for path in tmp_path.iterdir()] == ["documents.jsonl"]


def test_endpoints_of_one_role_are_looked_at_one_by_one(tmp_path: Path) -> None:
    with socket.socket() as unused, serve() as server:
        unused.bind(("127.0.0.1", 0))
        gone = f"http://127.0.0.1:{unused.getsockname()[1]}/v1"
        found = _diagnose(tmp_path, default={"endpoints": [gone, server.url], "model": "mock"})
    assert found[f"judge at {gone}", "reachable"].verdict == "failed"
    assert found[f"judge at {server.url}", "reachable"].verdict == "ok"


def test_a_role_that_is_asked_and_has_no_model_is_told_without_a_server(tmp_path: Path) -> None:
    found = _diagnose(tmp_path)
    check = found["run", "models"]
    assert check.verdict == "failed"
    assert check.seen == "models.roles.judge: no model for the role judge"
    assert "models.roles.judge.model" in check.fix


def test_what_is_wrong_with_the_run_itself_is_told_before_any_server_is_asked(tmp_path: Path) -> None:
    (tmp_path / "answers.sqlite").write_text("no database, but long enough to be taken for one" * 40)
    settings = RunSettings.model_validate(
        _values(tmp_path, default={"model": "m"}, answers={"mode": "replay"}) | {"tokenizer": "/nowhere"}
    )
    (tmp_path / "documents.jsonl").unlink()
    found = _by_name(diagnose(settings, str(tmp_path / "run"), lambda _: None))
    failed = {what: check.seen for (_, what), check in found.items() if check.verdict == "failed"}
    assert set(failed) == {"tokenizer", "sources", "answers"}
    assert "not an answer store" in failed["answers"]
    assert found["run", "endpoints"].seen == "replay: no server is asked"


def test_a_store_that_is_there_opens(tmp_path: Path) -> None:
    AnswerStore.open(str(tmp_path / "answers.sqlite"), "run").close()
    found = _diagnose(tmp_path, default={"model": "m"}, answers={"mode": "replay"})
    assert found["run", "answers"] == Check("answers", "ok", f"{tmp_path}/answers.sqlite opens")


def test_an_extra_that_is_not_installed_is_one_failed_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("longweave.synth.llm.embedded.find_spec", lambda _: None)
    found = _diagnose(tmp_path, default={"endpoints": ["embedded"], "model": "smollm2"})
    check = found["judge at embedded", "starts"]
    assert check.verdict == "failed"
    assert "longweave[embedded]" in check.fix


@pytest.mark.skipif(find_spec("xllamacpp") is None, reason="needs the extra embedded")
def test_the_embedded_model_is_fit_to_be_asked(tmp_path: Path) -> None:
    found = _diagnose(tmp_path, default={"endpoints": ["embedded"], "model": "smollm2"})
    verdicts = {what: check.verdict for (subject, what), check in found.items() if subject != "run"}
    assert verdicts.pop("tokenizer") == "warning", "the run counts with another vocabulary"
    assert set(verdicts.values()) == {"ok"}
    assert {"schema", "n", "context", "latency"} <= set(verdicts)


def test_the_command_prints_a_line_for_each_check_and_fails_if_one_does(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    here = Path.cwd()
    try:
        with serve() as server:
            models = {"default": {"endpoints": [server.url], "model": "mock"}}
            config.write_text(yaml.safe_dump(_values(tmp_path, **models)))
            good = CliRunner().invoke(app, ["doctor", str(config)])
            bad = CliRunner().invoke(app, ["doctor", str(config), "--set", "models.default.model=other"])
    finally:
        os.chdir(here)
    assert good.exit_code == 0, good.output
    assert bad.exit_code == 1
    (line,) = (line for line in bad.output.splitlines() if " failed " in line)
    assert "no 'other'" in line and "│ model " in line


def test_what_a_server_writes_is_not_read_as_markup() -> None:
    console = Console(width=120)
    with console.capture() as shown:
        console.print(findings_table([Finding("[red]x[/]", Check("model", "failed", "[/nonsense]", "[b]f"))]))
    assert "[red]x[/]" in shown.get() and "[/nonsense]" in shown.get() and "[b]f" in shown.get()


def test_space_on_the_disk_at_its_borders() -> None:
    assert check_space(199_999_999, 0).verdict == "failed"
    assert check_space(200_000_000, 0).verdict == "ok"
    assert check_space(5_199_999_999, 10**9).verdict == "warning"
    assert check_space(5_200_000_000, 10**9).seen == "5.2 GB free; the run may take 5.2"
