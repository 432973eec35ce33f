"""What the server says: invented from the request, so that the same request is always answered the same."""

import json
from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b
from random import Random
from typing import Any, Literal

from tests.model_server.invented import invent_text, invent_value

Script = Callable[[Mapping[str, Any]], str | Sequence[str]]
"""Given a request body: the text of every answer, or one text for each."""

_SCHEMA_LETTERS = 20_000
_LETTERS_PER_TOKEN = 4


def invent_answers(body: Mapping[str, Any]) -> list[str]:
    """``n`` texts: JSON that fits the schema which the request carries or states in words, else prose."""
    key, n = key_of(body), body.get("n") or 1
    schema = _schema_of(body)
    return [_invent_answer(schema, Random(f"{key}/{index}")) for index in range(n)]


def key_of(body: Mapping[str, Any]) -> str:
    """Hash of messages, seed and n."""
    digest = blake2b(f"{body.get('seed')}/{body.get('n') or 1}".encode(), digest_size=12)
    for message in body["messages"]:
        digest.update(b"\0")
        digest.update(message["role"].encode())
        digest.update(b"\0")
        digest.update(message["content"].encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def count_tokens(text: str) -> int:
    """Tokens of ``text`` as this server counts them: one for every four characters."""
    return -(-len(text) // _LETTERS_PER_TOKEN)


def write_message(
    text: str, thinking: Literal["no", "separated", "in_text"], cut_off: bool
) -> tuple[dict[str, Any], str]:
    """The message of a choice and its finish_reason."""
    said = text[: len(text) // 2] if cut_off else text
    message = {"role": "assistant", "content": said}
    if thinking == "separated":
        message["reasoning_content"] = _thought(text)
    elif thinking == "in_text":
        message["content"] = f"<think>\n{_thought(text)}\n</think>\n\n{said}"
    return message, "length" if cut_off else "stop"


def _thought(text: str) -> str:
    return f"The answer should have {len(text)} characters, perhaps " + '{"like": "this"}.'


def _invent_answer(schema: Mapping[str, Any] | None, rng: Random) -> str:
    if schema is None:
        return invent_text(rng, rng.randint(8, 40)).capitalize() + "."
    return json.dumps(invent_value(schema, rng), ensure_ascii=False)


def _schema_of(body: Mapping[str, Any]) -> Mapping[str, Any] | None:
    form = body.get("response_format")
    if form is not None and form.get("type") == "json_schema":
        schema: Mapping[str, Any] = form["json_schema"]["schema"]
        return schema
    return _schema_in(body["messages"][-1]["content"])


def _schema_in(text: str) -> Mapping[str, Any] | None:
    """The first JSON schema of an object that is written near the end of ``text``."""
    tail = text[-_SCHEMA_LETTERS:]
    start = tail.find("{") if '"properties"' in tail else -1
    while start >= 0:
        try:
            value, end = json.JSONDecoder().raw_decode(tail, start)
        except ValueError:
            end = start + 1
        else:
            if "properties" in value:
                return value  # type: ignore[no-any-return]  # what begins with a brace is an object
        start = tail.find("{", end)
    return None
