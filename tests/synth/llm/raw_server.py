"""A server of raw bytes: whatever a test wants on the wire, right or wrong."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

Reply = bytes | Callable[[socket.socket], None]
"""What is sent to a request, or what is done with its connection, which is closed then."""


class RawServer:
    """Where it listens, and the bodies that came (None for those of ``GET``)."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/v1"
        self.bodies: list[dict[str, Any] | None] = []


@contextmanager
def serve_raw(reply: Callable[[dict[str, Any] | None], Reply]) -> Iterator[RawServer]:
    """A server for the block; ``reply`` is given the body of a request, None for a ``GET``."""
    with socket.create_server(("127.0.0.1", 0), backlog=256) as listening:
        server = RawServer(listening.getsockname()[1])

        def serve(connection: socket.socket) -> None:
            with suppress(OSError), connection, connection.makefile("rb") as lines:
                while lines.readline():
                    length = 0
                    while (header := lines.readline().strip().lower()) != b"":
                        name, _, value = header.partition(b":")
                        length = int(value) if name == b"content-length" else length
                    body = json.loads(lines.read(length)) if length else None
                    server.bodies.append(body)
                    said = reply(body)
                    if not isinstance(said, bytes):
                        said(connection)
                        connection.shutdown(socket.SHUT_RDWR)
                        return
                    connection.sendall(said)

        def accept() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listening.accept()
                    threading.Thread(target=serve, args=(connection,), daemon=True).start()

        threading.Thread(target=accept, name="raw server", daemon=True).start()
        try:
            yield server
        finally:
            with suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)


def http(status: int, body: object, **headers: str) -> bytes:
    """A response with ``body``, which is written as JSON unless it is bytes."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(content)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + content


def completion(text: str) -> dict[str, Any]:
    """A chat completion with one answer."""
    return {"choices": [{"message": {"content": text}, "finish_reason": "stop"}]}
