"""What stands behind an endpoint: a server that runs somewhere, or a model that runs here.

All speak OpenAI's protocol, so the client is the same for all: ``open_backend`` gives where to send requests,
and by which way if not by a socket.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx2
from openai import DefaultAioHttpClient

from longweave.synth.errors import SettingsError
from longweave.synth.llm.embedded import EMBEDDED_MODEL, open_embedded
from longweave.synth.llm.settings import EMBEDDED, VLLM
from longweave.synth.llm.vllm_engine import open_vllm

_IN_PROCESS_URL = "http://vllm.invalid/v1"  # the name is never looked up
_CLOSE_SECONDS = 5.0
_LIMITS = httpx2.Limits(max_connections=0)  # aiohttp: as many as Capacity allows (None would be its 100)


@dataclass(frozen=True, slots=True)
class Backend:
    """Requests go to ``base_url``, through ``http_client`` unless that is None; who opens it closes it."""

    base_url: str
    http_client: httpx2.AsyncClient | None = None

    def connect(self) -> httpx2.AsyncClient:
        """What to send requests through; closing it is left to whoever sends."""
        if self.http_client is not None:
            return self.http_client
        host = urlsplit(self.base_url).hostname or ""
        is_here = host in ("localhost", "::1") or host.startswith("127.")
        # a proxy that the environment names has no part in what stays on this machine
        # and documents go nowhere but to the endpoint, wherever it may redirect to
        return DefaultAioHttpClient(limits=_LIMITS, trust_env=not is_here, follow_redirects=False)


@asynccontextmanager
async def open_backend(
    endpoint: str, model: str, vllm: Mapping[str, Any] | None = None
) -> AsyncIterator[Backend]:
    """What answers at ``endpoint`` for ``model``, running until the end of the block.

    Args:
        endpoint: A URL, ``embedded`` or ``vllm``.
        model: As the server names it; for ``vllm`` its folder.
        vllm: Options of ``vllm serve`` for ``vllm``.

    Raises:
        SettingsError: It cannot run here: not installed, or no such model.
        RunError: It does not start.
    """
    if endpoint == EMBEDDED:
        if model != EMBEDDED_MODEL:
            raise SettingsError(
                f"there is no model {model!r}",
                where="endpoint embedded",
                fix=f"Set the role's model to {EMBEDDED_MODEL}.",
            )
        async with open_embedded() as url:
            yield Backend(url)
    elif endpoint == VLLM:
        async with (
            open_vllm(model, vllm or {}) as app,
            httpx2.AsyncClient(transport=InProcessTransport(app)) as client,
        ):
            yield Backend(_IN_PROCESS_URL, client)
    else:
        yield Backend(endpoint)


class InProcessTransport(httpx2.AsyncBaseTransport):
    """Requests to an ASGI application as function calls.

    One that is given up, by its timeout or by its caller, ends like one whose connection is closed, so that
    the engine stops working on it.
    """

    def __init__(self, app: Any) -> None:
        self._app = app
        self._running: set[asyncio.Task[None]] = set()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """The application's response to ``request``."""
        unread = [{"type": "http.request", "body": await request.aread(), "more_body": False}]
        gone = asyncio.Event()
        sent: list[Mapping[str, Any]] = []

        async def receive() -> Mapping[str, Any]:
            if unread:
                return unread.pop()
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: Mapping[str, Any]) -> None:
            sent.append(message)

        call = asyncio.create_task(self._app(_scope_of(request), receive, send))
        self._running.add(call)
        call.add_done_callback(self._running.discard)
        try:
            await asyncio.wait([call], timeout=request.extensions["timeout"]["read"])
        finally:
            gone.set()
        if not call.done():
            raise httpx2.ReadTimeout("no answer in time", request=request)
        error = call.exception()
        if not sent:
            raise httpx2.RemoteProtocolError(f"no response: {error}", request=request) from error
        body = b"".join(message.get("body", b"") for message in sent[1:])
        return httpx2.Response(sent[0]["status"], headers=sent[0].get("headers"), content=body)

    async def aclose(self) -> None:
        """Wait until all requests have ended."""
        if self._running:
            await asyncio.wait(self._running, timeout=_CLOSE_SECONDS)


def _scope_of(request: httpx2.Request) -> Mapping[str, Any]:
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": request.url.scheme,
        "path": request.url.path,
        "raw_path": request.url.raw_path,
        "query_string": request.url.query,
        "root_path": "",
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "server": (request.url.host, request.url.port),
        "client": ("127.0.0.1", 0),
    }
