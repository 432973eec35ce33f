"""Which model answers in which role, where it is served, and what it may cost.

``ModelSettings`` is data: nothing here opens a connection. A role takes what it does not say itself from
``default``; ``ModelSettings.role`` gives the merged whole. Keys are never part of the settings: they name the
environment variable that holds the key.
"""

import json
from collections.abc import Iterator
from typing import Annotated, Any, Literal, get_args
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from longweave.synth.errors import SettingsError

Role = Literal["extractor", "proposer", "solver", "verifier", "judge", "writer", "policy"]
ROLES: tuple[Role, ...] = get_args(Role)

EMBEDDED = "embedded"
VLLM = "vllm"
STARTED_HERE = (EMBEDDED, VLLM)
"""Endpoints that are no URL: models that run here."""

_OURS = {"model", "messages", "n", "response_format", "stream"}


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _check_endpoint(endpoint: str) -> str:
    if endpoint in STARTED_HERE:
        return endpoint
    parts = urlsplit(endpoint)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"write a URL such as http://127.0.0.1:8000/v1, or {EMBEDDED}, or {VLLM}")
    _ = parts.port  # raises where it is none
    if parts.username or parts.password or parts.query:
        raise ValueError("a URL must not hold a key; name an environment variable in api_key_env")
    return endpoint.rstrip("/")


Endpoint = Annotated[str, AfterValidator(_check_endpoint)]


def _check_extra(extra: dict[str, Any]) -> dict[str, Any]:
    if taken := sorted(extra.keys() & _OURS):
        raise ValueError(f"{', '.join(taken)} cannot be set here: the client does")
    try:
        json.dumps(extra, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ValueError(f"it must be JSON: {error}") from None
    return extra


Extra = Annotated[dict[str, Any], AfterValidator(_check_extra)]


class RoleSettings(_Settings):
    """Who answers in a role, and how it is asked. Whatever is left out is taken from ``models.default``."""

    endpoints: list[Endpoint] | None = Field(
        default=None,
        min_length=1,
        description="Base URLs of OpenAI-compatible servers of the same model, balanced by load; 'embedded' "
        "for the small bundled model, 'vllm' for vLLM in this process.",
    )
    model: str | None = Field(default=None, description="As the server names it; a folder for 'vllm'.")
    api_key_env: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z_]\w*$",
        description="Environment variable that holds the key. It goes with the endpoints: a role that names "
        "its own does not take that of models.default.",
    )
    temperature: float | None = Field(default=None, ge=0, le=2)
    top_p: float | None = Field(default=None, gt=0, le=1)
    max_tokens: int | None = Field(default=None, ge=1, description="Of an answer, thinking included.")
    extra: Extra | None = Field(
        default=None, description="More fields of the request body, such as chat_template_kwargs."
    )
    structured: Literal["auto", "json_schema", "words"] | None = Field(
        default=None, description="How an answer's schema is sent; auto finds out what the server takes."
    )
    multiple: Literal["auto", "yes", "no"] | None = Field(
        default=None, description="Whether the server gives several answers to one request (n)."
    )
    broken_retries: int | None = Field(
        default=None, ge=0, description="How often a broken answer is asked for again, with another seed."
    )
    timeout: float | None = Field(default=None, gt=0, description="Seconds for one request.")
    concurrency: int | None = Field(
        default=None,
        ge=1,
        description="Requests of this role in flight at most; the client finds how many help.",
    )

    @model_serializer(mode="wrap")
    def _say_what_is_set(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """What is left out is no setting of its own, so that naming a role changes nothing by itself."""
        return {name: value for name, value in serialize(self).items() if value is not None}


class RoleModel(_Settings):
    """A role with everything said: ``RoleSettings`` with those of ``default`` and the defaults merged in."""

    model: str
    endpoints: tuple[Endpoint, ...] = ()
    api_key_env: str | None = None
    temperature: float = 0.7
    top_p: float = 0.95
    max_tokens: int = 4096
    extra: dict[str, Any] = {}
    structured: Literal["auto", "json_schema", "words"] = "auto"
    multiple: Literal["auto", "yes", "no"] = "auto"
    broken_retries: int = 3
    timeout: float = 900.0
    concurrency: int = 1024


class Price(_Settings):
    """What a model costs, per million tokens, in whatever currency the budget is in."""

    input: float = Field(ge=0)
    cached: float | None = Field(
        default=None, ge=0, description="Cached prompt tokens; as input if left out."
    )
    output: float = Field(ge=0, description="Completion tokens, reasoning included.")


class Budget(_Settings):
    """What a run may use in all its starts together. A request is not sent if its worst case, as far as that
    can be told beforehand, does not fit."""

    money: float | None = Field(default=None, ge=0)
    tokens: int | None = Field(default=None, ge=0, description="Prompt and completion tokens.")
    calls: int | None = Field(default=None, ge=0, description="Requests sent, retries included.")


class AnswerSettings(_Settings):
    """Where answers are kept, so that none is paid for twice."""

    mode: Literal["record", "replay", "off"] = Field(
        default="record",
        description="record: use what is stored and store what is new. replay: only what is stored; no "
        "server is asked. off: neither.",
    )
    store: str | None = Field(
        default=None,
        description="The store, a file on this machine's disk that several runs may share. "
        "[default: answers.sqlite beside the run directory]",
    )
    files: list[str] = Field(
        default=[], description="Parquet files with recorded answers, written by `longweave answers`."
    )


class ModelSettings(_Settings):
    """All about the models of a run."""

    default: RoleSettings = RoleSettings()
    roles: dict[Role, RoleSettings] = Field(default={}, description="What differs for a role.")
    prices: dict[str, Price] = Field(default={}, description="By the model's name.")
    budget: Budget = Budget()
    answers: AnswerSettings = AnswerSettings()
    patience: float = Field(
        default=180.0, ge=0, description="Seconds to wait for a server that does not answer at all."
    )
    vllm: dict[str, Any] = Field(
        default={}, description="Options of `vllm serve` for the endpoint 'vllm', such as max_model_len."
    )

    _role_models: dict[Role, RoleModel] = PrivateAttr(default_factory=dict)

    @model_validator(mode="after")
    def _check(self) -> "ModelSettings":
        if self.budget.money is not None:
            for role in self.configured():
                model = self.role(role).model
                if model not in self.prices:
                    raise ValueError(f"a budget in money needs the price of {model} in models.prices")
        return self

    def configured(self) -> list[Role]:
        """The roles that have a model."""
        return [role for role in ROLES if self._says(role, "model")]

    def role(self, role: Role) -> RoleModel:
        """The settings of ``role``.

        Raises:
            SettingsError: It has no model, or no endpoint although servers are to be asked.
        """
        if role not in self._role_models:
            for field in ("model", "endpoints"):
                if not self._says(role, field) and not (
                    field == "endpoints" and self.answers.mode == "replay"
                ):
                    raise SettingsError(
                        f"no {field} for the role {role}",
                        where=f"models.roles.{role}",
                        fix=f"Set models.default.{field} or models.roles.{role}.{field}.",
                    )
            self._role_models[role] = RoleModel.model_validate(dict(self._merged(role)))
        return self._role_models[role]

    def _merged(self, role: Role) -> Iterator[tuple[str, Any]]:
        for field in RoleModel.model_fields:
            value = self._says(role, field)
            if value is not None:
                yield field, value

    def _says(self, role: Role, field: str) -> Any:
        own = self.roles.get(role, RoleSettings())
        value = getattr(own, field)
        if field == "api_key_env" and own.endpoints is not None:
            return value  # a key is for the endpoints that it is named with
        return value if value is not None else getattr(self.default, field)


NOT_DECISIVE = ("endpoints", "api_key_env", "structured", "multiple", "timeout", "concurrency")
"""Settings of a role that say how an answer is fetched, not which."""


def excluded_settings() -> dict[str, str]:
    """Dotted names under ``models`` that cannot change a run's results, each with the reason."""
    reason = "how an answer is fetched, not which"
    groups = ["default", *(f"roles.{role}" for role in ROLES)]
    return {
        "prices": "they are counted with, not acted on",
        "budget": "it ends a run, it does not change what it writes",
        "answers": "where answers are kept, not which they are",
        "patience": reason,
        "vllm": reason,
        **{f"{group}.{field}": reason for group in groups for field in NOT_DECISIVE},
    }
