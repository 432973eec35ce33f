"""What a server refuses for good, in the words of vLLM."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.model_server.answers import count_tokens
from tests.model_server.settings import ServerSettings

_TYPES = {
    400: "BadRequestError",
    401: "AuthenticationError",
    404: "NotFoundError",
    429: "RateLimitError",
    500: "InternalServerError",
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """An HTTP error."""

    status: int
    message: str
    param: str | None = None

    def body(self) -> dict[str, Any]:
        """What is sent."""
        error = {
            "message": self.message,
            "type": _TYPES[self.status],
            "param": self.param,
            "code": self.status,
        }
        return {"error": error}


def refuse(settings: ServerSettings, body: Mapping[str, Any] | None, authorization: str) -> Refusal | None:
    """Why this request (None: of no model) is never answered, or None.

    Like some servers, the refusal of a wrong key repeats the key.
    """
    key = authorization.removeprefix("Bearer ")
    if settings.key is not None and key != settings.key:
        return Refusal(401, f"Incorrect API key provided: {key}.")
    if body is None:
        return None
    if body["model"] not in settings.models:
        return Refusal(404, f"The model `{body['model']}` does not exist.", "model")
    if settings.multiple == "refused" and (body.get("n") or 1) > 1:
        return Refusal(400, "Only one completion choice is allowed: n must be 1.", "n")
    if settings.schemas == "refused" and (body.get("response_format") or {}).get("type") == "json_schema":
        return Refusal(400, "Unsupported response_format type: json_schema.", "response_format")
    return _refuse_length(settings.max_model_len, body)


def _refuse_length(most: int | None, body: Mapping[str, Any]) -> Refusal | None:
    if most is None:
        return None
    prompt = sum(count_tokens(message["content"]) for message in body["messages"])
    answer = body.get("max_completion_tokens") or body.get("max_tokens") or 0
    if prompt >= most:
        return Refusal(
            400,
            f"This model's maximum context length is {most} tokens. However, your prompt contains {prompt} "
            "input tokens, which exceeds this limit even without any output tokens. Please reduce the length "
            "of the input prompt.",
            "input_tokens",
        )
    if prompt + answer > most:
        return Refusal(
            400,
            f"'max_tokens' or 'max_completion_tokens' is too large: {answer}. This model's maximum context "
            f"length is {most} tokens and your request has {prompt} input tokens "
            f"({answer} > {most} - {prompt}).",
            "max_tokens",
        )
    return None
