"""Runs the scripted server: in a thread for small tests, in a process of its own to be killed or measured."""

import asyncio
import json
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aiohttp import web

from tests.model_server.answers import Script
from tests.model_server.app import ModelServer
from tests.model_server.settings import Asked, ServerSettings, Stats

_HOST = "127.0.0.1"
_PATIENCE = 30.0


class RunningServer:
    """Where a running server is, and what it says of itself."""

    def __init__(self, port: int) -> None:
        self.port = port

    @property
    def url(self) -> str:
        """The base URL for an OpenAI client."""
        return f"{self._root}/v1"

    def stats(self) -> Stats:
        """Use and outcomes since the last reset."""
        return Stats.model_validate_json(self._call("GET", "/stats"))

    def reset_stats(self) -> None:
        """Start the statistics anew; ``requests`` stay."""
        self._call("POST", "/stats/reset")

    def requests(self) -> list[Asked]:
        """Every request that came to an end, in that order."""
        return [Asked.model_validate(asked) for asked in json.loads(self._call("GET", "/requests"))]

    @property
    def _root(self) -> str:
        return f"http://{_HOST}:{self.port}"

    def _call(self, method: str, path: str) -> bytes:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        request = urllib.request.Request(self._root + path, method=method)
        with opener.open(request, timeout=_PATIENCE) as response:
            body: bytes = response.read()
        return body


@contextmanager
def serve(settings: ServerSettings | None = None, script: Script | None = None) -> Iterator[RunningServer]:
    """A server in a thread of this process, for the block. ``script`` is called in that thread."""
    loop = asyncio.new_event_loop()
    runner = _runner(settings or ServerSettings(), script)
    port = loop.run_until_complete(_start(runner, 0))
    thread = threading.Thread(target=loop.run_forever, name="model server", daemon=True)
    thread.start()
    try:
        yield RunningServer(port)
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(_PATIENCE)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(_PATIENCE)
        loop.close()


class ServerProcess(RunningServer):
    """A server in a process of its own, from ``with`` to the end of the block.

    With ``settings.log`` it remembers, over kills and restarts, which requests have ended.
    """

    def __init__(self, settings: ServerSettings) -> None:
        super().__init__(0)
        self._settings = settings
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> "ServerProcess":
        self.restart()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def kill(self) -> None:
        """``kill -9``: connections break, nothing is said."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.communicate()
            self._process = None

    def restart(self) -> None:
        """Start it, after a kill on the same port; returns when it takes requests."""
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "tests.model_server",
                self._settings.model_dump_json(),
                "--port",
                str(self.port),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        said = self._process.stdout.readline()
        if not said:
            raise RuntimeError("the model server did not start")
        self.port = int(said)


def run_until_orphaned(settings: ServerSettings, port: int) -> None:
    """Serve in this process until its standard input ends, as it does when whoever started it is gone. The
    port is printed when requests are taken."""

    async def run() -> None:
        print(await _start(_runner(settings, None), port), flush=True)
        await asyncio.to_thread(sys.stdin.read)

    asyncio.run(run())


def _runner(settings: ServerSettings, script: Script | None) -> web.AppRunner:
    # A request whose client has gone away gives its slot back, as at a real server.
    return web.AppRunner(
        ModelServer(settings, script).app(), access_log=None, handler_cancellation=True, shutdown_timeout=0.1
    )


async def _start(runner: web.AppRunner, port: int) -> int:
    await runner.setup()
    await web.TCPSite(runner, _HOST, port, backlog=4096).start()
    address: Any = runner.addresses[0]
    return int(address[1])
