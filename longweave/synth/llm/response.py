"""What a server answered: the raw body is kept, and read here whenever it is needed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

_ABSURD = 10**12


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one response. ``cached`` are those of ``prompt`` that the server had; ``reasoning`` those of
    ``completion`` that were thought, where the server says so."""

    prompt: int = 0
    cached: int = 0
    completion: int = 0
    reasoning: int = 0

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Self:
        """The usage that a response body states; zeros where it states none."""
        usage = _mapping(body.get("usage"))
        prompt_details = _mapping(usage.get("prompt_tokens_details"))
        completion_details = _mapping(usage.get("completion_tokens_details"))
        return cls(
            prompt := _count(usage.get("prompt_tokens")),
            min(_count(prompt_details.get("cached_tokens")), prompt),
            _count(usage.get("completion_tokens")),
            _count(completion_details.get("reasoning_tokens")),
        )


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer as the server gave it: ``text``, what it calls ``reasoning``, and why it stopped."""

    text: str
    reasoning: str
    finish_reason: str


@dataclass(frozen=True, slots=True)
class Response:
    """A chat completion; ``raw`` is its body as it was sent."""

    raw: bytes
    choices: tuple[Choice, ...]
    usage: Usage

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Read a response body.

        Raises:
            ValueError: It is not a chat completion.
        """
        try:
            body = json.loads(raw)
        except RecursionError:
            raise ValueError("nested too deeply") from None
        if not isinstance(body, dict) or not isinstance(body.get("choices"), list) or not body["choices"]:
            raise ValueError(f"not a chat completion{_error_in(body)}")
        choices = sorted(map(_mapping, body["choices"]), key=lambda choice: _count(choice.get("index")))
        return cls(raw, tuple(map(_read_choice, choices)), Usage.of(body))


def _error_in(body: object) -> str:
    """What a gateway says went wrong, which some do with the status of a success."""
    error = _mapping(body).get("error")
    said = _mapping(error).get("message") or error
    return f": {said}" if said else ""


def _read_choice(choice: Mapping[str, Any]) -> Choice:
    message = _mapping(choice.get("message"))
    text, refusal = _text(message.get("content")), _text(message.get("refusal"))
    reasoning = _text(message.get("reasoning_content") or message.get("reasoning"))
    if refusal:
        return Choice(text or refusal, reasoning, "content_filter")
    return Choice(text, reasoning or _thought(message.get("content")), _text(choice.get("finish_reason")))


def _text(value: object) -> str:
    """A text, which may be given in parts."""
    if isinstance(value, list):
        return "".join(_string(_mapping(part).get("text")) for part in value)
    return _string(value)


def _thought(content: object) -> str:
    """What stands in a content's parts as thinking."""
    parts = content if isinstance(content, list) else []
    return "".join(_text(_mapping(part).get("thinking")) for part in parts)


def _string(value: object) -> str:
    """A string that can be stored: halves of surrogate pairs are replaced."""
    if not isinstance(value, str):
        return ""
    try:
        value.encode()
    except UnicodeEncodeError:
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return value


def _count(value: object) -> int:
    """Zero where a server says something that is no number of tokens."""
    return value if isinstance(value, int) and 0 < value < _ABSURD else 0


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
