"""What stands behind an endpoint; calls into a server in our own process are as those over a socket."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import httpx2
import pytest
from openai import APITimeoutError, AsyncOpenAI, InternalServerError

from longweave.synth.errors import SettingsError
from longweave.synth.llm import vllm_engine
from longweave.synth.llm.backends import Backend, InProcessTransport, open_backend
from longweave.synth.llm.settings import VLLM

Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]

BODY = b'{"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": []}'


class App:
    """An ASGI application that notes what it was asked, and whether who asked has left."""

    def __init__(self, status: int = 200, answers: bool = True, fails: bool = False) -> None:
        self.status, self.answers, self.fails = status, answers, fails
        self.asked: list[tuple[Mapping[str, Any], bytes]] = []
        self.left = asyncio.Event()

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        self.asked.append((scope, (await receive())["body"]))
        if not self.answers:
            assert (await receive())["type"] == "http.disconnect"
            self.left.set()
            return
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": BODY[:9], "more_body": True})
        await send({"type": "http.response.body", "body": BODY[9:]})
        if self.fails:  # as Starlette does after it has answered with a 500
            raise ValueError("broken")


def ask(app: App, timeout: float = 30.0) -> httpx2.Response:
    async def run() -> httpx2.Response:
        async with client_of(app) as client:
            return await client.post(
                "/chat/completions", body={"q": "é"}, cast_to=httpx2.Response, options={"timeout": timeout}
            )

    return asyncio.run(run())


def client_of(app: App) -> AsyncOpenAI:
    transport = InProcessTransport(app)
    return AsyncOpenAI(
        base_url="http://model.invalid/v1",
        api_key="none",
        max_retries=0,
        http_client=httpx2.AsyncClient(transport=transport),
    )


def test_a_url_is_taken_as_it_is() -> None:
    async def run() -> Backend:
        async with open_backend("http://127.0.0.1:8000/v1", "m") as backend:
            return backend

    assert asyncio.run(run()) == Backend("http://127.0.0.1:8000/v1", None)


def test_request_and_response_pass_unchanged() -> None:
    app = App()
    assert ask(app).content == BODY
    ((scope, body),) = app.asked
    assert (scope["method"], scope["path"]) == ("POST", "/v1/chat/completions")
    assert body.decode() == '{"q":"é"}'
    assert (b"content-type", b"application/json") in scope["headers"]


def test_an_error_of_the_application_is_a_response_as_over_a_socket() -> None:
    with pytest.raises(InternalServerError):
        ask(App(status=500, fails=True))


def test_a_request_that_takes_too_long_ends_and_the_application_learns_of_it() -> None:
    app = App(answers=False)
    with pytest.raises(APITimeoutError):
        ask(app, timeout=0.01)
    assert app.left.is_set()


def test_a_request_that_is_given_up_ends_at_the_application() -> None:
    app = App(answers=False)

    async def run() -> None:
        async with client_of(app) as client:
            asking = asyncio.create_task(client.post("/x", body={}, cast_to=httpx2.Response))
            while not app.asked:
                await asyncio.sleep(0)
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking

    asyncio.run(run())
    assert app.left.is_set()


def test_vllm_that_is_not_installed_is_said_so_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vllm_engine, "find_spec", lambda name: None)

    async def run() -> None:
        async with open_backend(VLLM, "m"):
            pytest.fail("it cannot run")

    with pytest.raises(SettingsError, match=r"vLLM is not installed\. Run `pip install vllm`"):
        asyncio.run(run())
