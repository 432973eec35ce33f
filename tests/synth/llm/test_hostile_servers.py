"""Servers that are broken, somebody else's, or malicious: the run goes on, or ends with one line."""

import asyncio
import json
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from longweave.synth.errors import SettingsError
from longweave.synth.llm import endpoint, patience
from longweave.synth.llm.backends import Backend, open_backend
from longweave.synth.llm.client import open_client
from longweave.synth.llm.endpoint import Server
from longweave.synth.llm.errors import AnswerError, EndpointError
from longweave.synth.llm.faults import Fault, Kind
from longweave.synth.llm.probe import Unreachable, list_models
from longweave.synth.llm.request import Prompt, Request
from longweave.synth.llm.response import Response, Usage
from longweave.synth.llm.settings import ModelSettings, RoleModel
from longweave.synth.llm.store import AnswerStore
from tests.model_server import ServerSettings, serve
from tests.synth.llm.asking import Verdict, ask_all, opened_store, question, settings_for
from tests.synth.llm.raw_server import RawServer, Reply, completion, http, serve_raw

SECRET = "sk-0123456789abcdef"
VERDICT = json.dumps({"grade": "good", "score": 5, "confidence": 0.5, "reasons": [], "quote": None})
POISON = "statement 3."
SENDS_IT = Request("judge", "m", Prompt("Go."), {"max_tokens": 5}, seed=1)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries come at once."""
    monkeypatch.setattr(patience, "_FIRST_WAIT", 0.001)
    monkeypatch.setattr(endpoint, "_FIRST_TRIAL", 0.001)


def is_poison(body: dict[str, Any] | None) -> bool:
    return body is not None and POISON in body["messages"][0]["content"]


def send(url: str, timeout: float = 5.0) -> bytes:
    async def run() -> bytes:
        role = RoleModel(model="m", endpoints=(url,), api_key_env="THE_KEY")
        async with open_backend(url, "m") as backend:
            server = Server(url, role, backend)
            try:
                return await server.send(SENDS_IT, role, timeout)
            finally:
                await server.close()

    return asyncio.run(run())


def fault_of(server: RawServer, timeout: float = 5.0) -> Fault:
    with pytest.raises(Fault) as raised:
        send(server.url, timeout)
    return raised.value


def say_for_ever(beginning: bytes, piece: bytes) -> Callable[[socket.socket], None]:
    def say(connection: socket.socket) -> None:
        connection.sendall(beginning)
        while True:  # until the client hangs up
            connection.sendall(piece)
            time.sleep(0.02)

    return say


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THE_KEY", SECRET)


@pytest.mark.parametrize(
    "reply",
    [
        say_for_ever(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
        say_for_ever(b"HTTP/1.1 200 OK\r\n", b"X-More: to come\r\n"),
    ],
    ids=["body", "headers"],
)
def test_a_response_that_never_ends_takes_no_longer_than_the_timeout(reply: Reply) -> None:
    with serve_raw(lambda _: reply) as server:
        assert fault_of(server, timeout=0.3).kind is Kind.SLOW


def test_what_does_not_speak_http_is_a_fault_of_one_line() -> None:
    with serve_raw(lambda _: lambda connection: connection.sendall(b"\x16\x03 \x1b[31m\r\n\r\n")) as server:
        fault = fault_of(server)
    assert fault.kind is Kind.GONE
    assert fault.detail.isprintable()


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_told_and_not_followed(status: int) -> None:
    with serve_raw(lambda _: http(200, completion("mine"))) as elsewhere:
        redirect = http(status, b"", Location=f"{elsewhere.url}/chat/completions")
        with serve_raw(lambda _: redirect) as server:
            fault = fault_of(server)
    assert fault.kind is Kind.WRONG
    assert elsewhere.url in fault.detail
    assert elsewhere.bodies == []


def test_what_a_server_says_in_an_error_is_one_printable_line_without_the_key() -> None:
    error = {"error": {"message": f"bad\nkey \x1b[31m{'x' * 285} {SECRET}"}}
    with serve_raw(lambda _: http(400, error)) as server:
        fault = fault_of(server)
    assert fault.detail.startswith("HTTP 400: bad key [31mx")
    assert fault.detail.isprintable()
    assert SECRET[:6] not in fault.detail


def test_a_key_that_a_server_repeats_in_its_answer_goes_no_further() -> None:
    with serve_raw(lambda _: http(200, completion(f"You sent {SECRET}."))) as server:
        assert Response.parse(send(server.url)).choices[0].text == "You sent [key]."


@pytest.mark.parametrize("key", ["sk-with-a-newline\n", "sk-ünicode", "   "])
def test_a_key_that_cannot_be_sent_is_told_without_it(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THE_KEY", key)
    url = "http://a.invalid/v1"
    with pytest.raises(SettingsError, match=r"\$THE_KEY: the key for http://a\.invalid/v1") as raised:
        Server(url, RoleModel(model="m", endpoints=(url,), api_key_env="THE_KEY"), Backend(url))
    assert key.strip() == "" or key.strip() not in str(raised.value)


def test_an_error_with_the_status_of_a_success_is_told() -> None:
    body = json.dumps({"error": {"message": "Provider returned error", "code": 502}}).encode()
    with pytest.raises(ValueError, match="not a chat completion: Provider returned error"):
        Response.parse(body)


@pytest.mark.parametrize("prompt", [0, 7])
def test_no_more_tokens_are_cached_than_there_are(prompt: int) -> None:
    told = {"prompt_tokens": prompt, "prompt_tokens_details": {"cached_tokens": 10**9}}
    assert Usage.of({"usage": told}) == Usage(prompt=prompt, cached=prompt)


@pytest.mark.usefixtures("impatient")
def test_prompts_that_break_the_server_are_rejected_though_nothing_else_is_left_to_ask(
    tmp_path: Path,
) -> None:
    def answer(body: Any) -> str:
        if "statement" in body["messages"][0]["content"]:
            raise RuntimeError("a status of 500")
        return "ready"

    with serve(script=answer) as server:
        settings = settings_for(server.url, patience=0.1)
        assert outcomes_of(settings, tmp_path, [1, 2, 3]) == ["server_failed"] * 3


@pytest.mark.usefixtures("impatient")
def test_a_prompt_at_which_the_server_hangs_up_is_rejected_and_the_others_are_answered(
    tmp_path: Path,
) -> None:
    def reply(body: dict[str, Any] | None) -> Reply:
        return (lambda _: None) if is_poison(body) else http(200, completion(VERDICT))

    with serve_raw(reply) as server:
        settings = settings_for(server.url, patience=0.1)
        assert outcomes_of(settings, tmp_path, [1, 2, 3, 4]) == ["good", "good", "server_failed", "good"]


@pytest.mark.usefixtures("impatient")
def test_a_server_that_answers_nothing_at_all_ends_the_run_however_few_ask(tmp_path: Path) -> None:
    with (
        serve_raw(lambda _: http(200, b"<html>Log in</html>")) as server,
        pytest.raises(EndpointError, match="fails all the time: unreadable response"),
    ):
        ask_all(settings_for(server.url, patience=0.1), tmp_path, [1])


@pytest.mark.parametrize(
    "reply",
    [
        http(500, {"error": {"message": "broken"}}),
        http(200, b"<html>Log in</html>"),
        http(429, b"", Retry_After="259200"),
    ],
    ids=["fails", "no JSON", "asks to wait for days"],
)
@pytest.mark.usefixtures("impatient")
def test_nothing_is_lost_while_one_of_two_servers_works(reply: Reply, tmp_path: Path) -> None:
    with serve_raw(lambda _: reply) as broken, serve(ServerSettings(slots=8, latency=0.005)) as works:
        answers = ask_all(settings_for(broken.url, works.url, patience=1), tmp_path, range(200))
    assert len(answers) == 200


def test_the_answer_that_another_run_has_stored_meanwhile_is_the_one_that_counts(tmp_path: Path) -> None:
    scores = iter(range(10))

    def script(_: Any) -> str:
        return json.dumps(json.loads(VERDICT) | {"score": next(scores)})

    async def ask(store: AnswerStore) -> int:
        async with open_client(settings_for(server.url), store, lambda _: None) as client:
            (answer,) = await client.for_stage("judging").ask("judge", question(1), Verdict, seed=1)
            return answer.value.score

    async def run(*stores: AnswerStore) -> list[int]:
        return await asyncio.gather(*map(ask, stores))

    path = str(tmp_path / "answers.sqlite")
    with (
        serve(ServerSettings(latency=0.1), script=script) as server,
        AnswerStore.open(path, "one") as one,
        AnswerStore.open(path, "other") as other,
    ):
        first, second = asyncio.run(run(one, other))
        assert server.stats().outcomes == {"answered": 2}, "both asked"
        assert first == second


@pytest.mark.parametrize(
    "reply",
    [
        http(200, b"[" * 100_000),
        http(200, b"<html>"),
        http(200, {"data": [None, {"id": 5}, {"id": "a", "max_model_len": "8k"}]}),
    ],
    ids=["deep", "HTML", "wrong types"],
)
def test_a_list_of_models_that_is_none_is_as_good_as_none(reply: bytes) -> None:
    with serve_raw(lambda _: reply) as server:
        assert all(model.context is None for model in models_at(server).models)


@pytest.mark.parametrize(
    ("reply", "seen"),
    [
        (say_for_ever(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"), "no answer"),
        (lambda connection: connection.sendall(b"\0\r\n\r\n"), "does not speak HTTP"),
    ],
    ids=["never ends", "no HTTP"],
)
def test_a_list_of_models_that_cannot_be_read_is_told(reply: Reply, seen: str) -> None:
    with serve_raw(lambda _: reply) as server, pytest.raises(Unreachable, match=seen):
        models_at(server)


def outcomes_of(settings: ModelSettings, folder: Path, numbers: list[int]) -> list[str]:
    """For each question its grade, or the reason why it is rejected."""

    async def run(store: AnswerStore) -> list[str]:
        async with open_client(settings, store, lambda _: None) as client:
            asker = client.for_stage("judging")

            async def ask(number: int) -> str:
                try:
                    (answer,) = await asker.ask("judge", question(number), Verdict, seed=number)
                except AnswerError as error:
                    return error.reason
                return answer.value.grade

            return await asyncio.gather(*map(ask, numbers))

    with opened_store(folder) as store:
        return asyncio.run(run(store))


def models_at(server: RawServer) -> Any:
    role = RoleModel(model="m", endpoints=(server.url,))
    return asyncio.run(list_models(role, Backend(server.url), 0.5))
