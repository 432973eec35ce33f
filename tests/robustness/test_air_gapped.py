"""With every way out of this machine closed, everything works: only loopback is ever connected to."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from longweave.synth.config import resolve_settings
from tests.conftest import ROOT
from tests.flows.test_judge_step import judge_script, settings_with
from tests.model_server import invent_answers, serve

# Loaded by every Python process before anything else; an audit hook cannot be taken away again.
_CLOSED = """
import sys

def _refuse_the_world(event, args):
    if event == "socket.connect" or event == "socket.sendto":
        address = args[1]
        host = address[0] if isinstance(address, tuple) else "127.0.0.1"
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = args[0]
    else:
        return
    if host not in (None, "", "127.0.0.1", "::1", "localhost", b"127.0.0.1", b"localhost"):
        sys.stderr.write(f"LEFT THE MACHINE: {event} {host}\\n")
        raise PermissionError(f"no way out to {host}")

sys.addaudithook(_refuse_the_world)
"""


@pytest.fixture
def closed(tmp_path: Path) -> dict[str, str]:
    """An environment in which no process leaves the machine."""
    (tmp_path / "guard").mkdir()
    (tmp_path / "guard" / "sitecustomize.py").write_text(_CLOSED)
    unset = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
    kept = {name: value for name, value in os.environ.items() if name not in unset}
    return {**kept, "PYTHONPATH": f"{tmp_path / 'guard'}{os.pathsep}{ROOT}"}


def longweave(environment: Mapping[str, str], *arguments: str) -> str:
    """What the command printed."""
    done = subprocess.run(
        [sys.executable, "-c", "from longweave.flows.cli import main; main()", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "LEFT THE MACHINE" not in done.stderr
    return done.stdout


def test_the_guard_of_this_test_closes_the_machine(closed: Mapping[str, str]) -> None:
    reach = "import socket; socket.socket().connect(('192.0.2.1', 80))"
    done = subprocess.run([sys.executable, "-c", reach], env=closed, capture_output=True, text=True)
    assert "LEFT THE MACHINE: socket.connect 192.0.2.1" in done.stderr


def test_doctor_estimate_run_and_replay_need_nothing_from_outside(
    closed: Mapping[str, str], small_settings: Mapping[str, Any], tmp_path: Path
) -> None:
    config, out = tmp_path / "run.yaml", str(tmp_path / "run")

    def script(body: Mapping[str, Any]) -> str | list[str]:
        return judge_script(body) if "coherence" in json.dumps(body) else invent_answers(body)

    with serve(script=script) as server:
        config.write_text(yaml.safe_dump(resolve_settings(settings_with(small_settings, server))))
        longweave(closed, "doctor", str(config), "--out", out)
        assert "judge_corpus" in longweave(closed, "estimate", str(config), "--out", out, "--documents", "4")
        assert "verified samples" in longweave(closed, "run", str(config), "--out", out)
    shipped = str(tmp_path / "shipped.parquet")
    longweave(closed, "answers", out, shipped)
    replayed = longweave(
        closed,
        "run",
        str(config),
        "--out",
        str(tmp_path / "replayed"),
        "--set",
        "models.answers.mode=replay",
        "--set",
        f"models.answers.files=[{shipped}]",
        "--set",
        f"models.answers.store={tmp_path / 'new.sqlite'}",
    )
    assert "verified samples" in replayed


def test_the_embedded_model_needs_nothing_from_outside(
    closed: Mapping[str, str], small_settings: Mapping[str, Any], tmp_path: Path
) -> None:
    settings = settings_with(small_settings, None)
    config = tmp_path / "run.yaml"
    models = {"default": {"endpoints": ["embedded"], "model": "smollm2", "max_tokens": 120, "temperature": 0}}
    config.write_text(yaml.safe_dump({**resolve_settings(settings), "models": models}))
    said = longweave(closed, "doctor", str(config), "--out", str(tmp_path / "run"))
    assert "embedded" in said
