"""Why a request failed, told apart by what helps: waiting, trying again, another request, or the user.

``explain`` reads the errors of the ``openai`` library and those of its transport that it lets through;
everything else of the client knows only ``Fault``. Whatever a server wrote becomes one line.
"""

import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum

import aiohttp
import httpx2
import openai

_SHOWN = 300
_READ = 10_000
_TOO_LONG = (
    "context length",
    "context_length",
    "context size",
    "context_size",
    "context window",
    "maximum model length",
    "max_model_len",
    "prompt is too long",
    "too many tokens",
)
_NO_QUOTA = ("insufficient_quota", "billing", "credit balance")
_MODERATED = ("moderation", "flagged", "content_filter", "content policy", "content_policy")


class Kind(Enum):
    """What kind of fault it is."""

    GONE = "no server answers"
    BUSY = "the server asks to come back later"
    SLOW = "no answer in time"
    FAILED = "the server failed"
    REFUSED = "the server does not take this request"
    TOO_LONG = "the prompt does not fit the model's context"
    WRONG = "the endpoint cannot be used as it is set"


class Fault(Exception):
    """One request failed. ``wait`` is how many seconds the server asks to wait, where it says so;
    ``was_sent`` is False when no connection came about."""

    def __init__(
        self, kind: Kind, detail: str, *, wait: float | None = None, was_sent: bool = True, fix: str = ""
    ) -> None:
        super().__init__()
        self.kind, self.detail = kind, detail
        self.wait, self.was_sent, self.fix = wait, was_sent, fix

    def __str__(self) -> str:
        return self.detail


def explain(error: openai.APIError | aiohttp.ClientError | httpx2.HTTPError, key: str = "") -> Fault:
    """The fault behind an error, in one line that does not show ``key``."""
    if isinstance(error, openai.APIConnectionError):
        fault = _explain_connection(error)
    elif isinstance(error, openai.APIStatusError):
        fault = _explain_status(error)
    elif isinstance(error, openai.APIError):
        fault = Fault(Kind.FAILED, f"unreadable response: {error.message}")
    else:
        fault = Fault(Kind.GONE, str(error) or type(error).__name__)
    masked = fault.detail.replace(key, "[key]") if key else fault.detail
    fault.detail = one_line(masked)[:_SHOWN]
    return fault


def explain_unreadable(error: ValueError) -> Fault:
    """The fault of a response that is no chat completion."""
    return Fault(Kind.FAILED, one_line(f"unreadable response: {error}")[:_SHOWN])


def one_line(text: str) -> str:
    """``text``, or the beginning of a very long one, as one line of printable characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text[:_READ]).split())


def _explain_connection(error: openai.APIConnectionError) -> Fault:
    causes = list(_causes_of(error))
    root = str(causes[-1]) or type(causes[-1]).__name__
    if any(isinstance(cause, aiohttp.ClientConnectorError) for cause in causes):
        return Fault(Kind.GONE, root, was_sent=False)
    # the library takes a connection that broke for one that timed out
    is_broken = any(isinstance(cause, aiohttp.ClientConnectionError) for cause in causes)
    is_slow = any(isinstance(cause, TimeoutError) for cause in causes)
    if is_slow or (isinstance(error, openai.APITimeoutError) and not is_broken):
        return Fault(Kind.SLOW, "timed out")
    return Fault(Kind.GONE, root)


def _explain_status(error: openai.APIStatusError) -> Fault:
    status, said = error.status_code, _said(error)
    detail = f"HTTP {status}: {said}" if said else f"HTTP {status}"
    lowered = said.lower()
    if 300 <= status < 400:
        there = one_line(error.response.headers.get("location", "another URL"))[:_SHOWN]
        return Fault(Kind.WRONG, f"{detail}: redirects to {there}", fix="Set the endpoint to where it leads.")
    if status == 403 and any(word in lowered for word in _MODERATED):
        return Fault(Kind.REFUSED, detail)
    if status in (401, 403):
        return Fault(Kind.WRONG, detail, fix="Check the key in the environment variable of api_key_env.")
    if status == 404:
        return Fault(Kind.WRONG, detail, fix="Check the model's name and that the URL ends in /v1.")
    if status == 402 or (status == 429 and any(word in lowered for word in _NO_QUOTA)):
        return Fault(Kind.WRONG, detail, fix="The account has no money left: top it up and run again.")
    wait = read_retry_after(error.response.headers)
    if status in (409, 425, 429) or (status == 503 and wait is not None):
        return Fault(Kind.BUSY, detail, wait=wait)
    if status in (408, 504):
        return Fault(Kind.SLOW, detail)
    if status in (502, 503):
        return Fault(Kind.GONE, detail)
    if status >= 500:
        return Fault(Kind.FAILED, detail)
    if any(words in lowered for words in _TOO_LONG):
        return Fault(Kind.TOO_LONG, detail)
    return Fault(Kind.REFUSED, detail)


def read_retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds that ``Retry-After`` (or its twin in milliseconds) asks to wait; None if it says none."""
    milliseconds, given = headers.get("retry-after-ms"), headers.get("retry-after")
    if milliseconds is None and given is None:
        return None
    try:
        seconds = float(given or "") if milliseconds is None else float(milliseconds) / 1000
    except ValueError:
        return _seconds_until(given)
    return max(seconds, 0.0) if math.isfinite(seconds) else None


def _seconds_until(date: str | None) -> float | None:
    try:
        moment = parsedate_to_datetime(date or "")
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max((moment - datetime.now(UTC)).total_seconds(), 0.0)


def _said(error: openai.APIStatusError) -> str:
    body = error.body
    if isinstance(body, dict):
        inner = body.get("error", body)
        message = inner.get("message") if isinstance(inner, dict) else inner
        code = inner.get("code") if isinstance(inner, dict) else None
        return " ".join(str(part) for part in (message, code) if part)
    return " ".join(str(body or "").split())


def _causes_of(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__
