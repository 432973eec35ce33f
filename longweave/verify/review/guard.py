"""Whom the review server answers: the page that the command opened, and nobody else.

The address that the command prints holds a token, and every request but those for the fixed scripts and
styles must show it: the page in its address, all others in a header, which no other site can set without
asking first, and is not allowed to. (A cookie would be sent to every other server on this machine, too.)
``Host`` must name this server, so a name that another site points at this machine (DNS rebinding) is refused;
``Origin`` and ``Sec-Fetch-Site``, where a browser sends them, must be its own.
"""

from collections.abc import Mapping
from hmac import compare_digest

from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

TOKEN_HEADER = "x-longweave-token"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_OPEN_ASSETS = "/assets/"


class Guard:
    """Lets the requests through that may be answered, and puts the headers on every answer."""

    def __init__(self, app: ASGIApp, token: str, port: int) -> None:
        self._app, self._token = app, token
        self._hosts = frozenset({f"127.0.0.1:{port}", f"localhost:{port}"})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """An ASGI application."""
        if scope["type"] != "http":
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    *message.get("headers", []),
                    *((name.lower().encode(), value.encode()) for name, value in _HEADERS.items()),
                ]
            await send(message)

        refusal = self._refuse(Request(scope))
        app = self._app if refusal is None else PlainTextResponse(f"{refusal}\n", status_code=403)
        await app(scope, receive, send_with_headers)

    def _refuse(self, request: Request) -> str | None:
        host = request.headers.get("host", "")
        if host not in self._hosts:
            return "This server answers to its own name only."
        origin = request.headers.get("origin")
        if origin is None and request.method not in ("GET", "HEAD"):
            return "A request that changes something must say where it comes from."
        if origin is not None and origin != f"http://{host}":
            return "Requests from other sites are refused."
        if request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            return "Requests from other sites are refused."
        if request.url.path.startswith(_OPEN_ASSETS):
            return None
        shown = request.query_params.get("token") if request.url.path == "/" else None
        shown = shown or request.headers.get(TOKEN_HEADER, "")
        if not compare_digest(shown.encode(), self._token.encode()):
            return "Open the address that `longweave review` has printed."
        return None
