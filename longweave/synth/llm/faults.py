"""Why a request failed, told apart by what helps: waiting, trying again, another request, or the user.

``explain`` reads the errors of the ``openai`` library; everything else of the client knows only ``Fault``.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum

import aiohttp
import openai

_SHOWN = 300
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


def explain(error: openai.APIError, key: str = "") -> Fault:
    """The fault behind an error of the ``openai`` library, in one line that does not show ``key``."""
    if isinstance(error, openai.APIConnectionError):
        fault = _explain_connection(error)
    elif isinstance(error, openai.APIStatusError):
        fault = _explain_status(error)
    else:
        fault = Fault(Kind.FAILED, f"unreadable response: {error.message}")
    masked = fault.detail.replace(key, "[key]") if key else fault.detail
    fault.detail = masked[:_SHOWN]
    return fault


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
    """The seconds that ``Retry-After`` (or its twin in milliseconds) asks to wait; None without one."""
    milliseconds, given = headers.get("retry-after-ms"), headers.get("retry-after")
    try:
        if milliseconds is not None:
            return max(float(milliseconds) / 1000, 0.0)
        if given is None:
            return None
        return max(float(given), 0.0)
    except ValueError:
        return _seconds_until(given)


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
