"""What a model is asked, apart from who is asked: the same request has the same key at every endpoint."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from longweave.synth.llm.settings import Role, RoleModel
from longweave.synth.records import canonical_json

_SEED_STEP = 1_000_003
_SEEDS = 2**31
_RETRY_TEMPERATURE = 0.5


@dataclass(frozen=True)
class Prompt:
    """One user message: the ``documents``, then what is to be done with them.

    All roles that work on the same documents give the same ``documents``, character for character, so that
    the server's prefix cache holds them for all; whatever differs stands in ``instruction``.
    """

    instruction: str
    documents: str = ""

    @cached_property
    def text(self) -> str:
        """The message."""
        return f"{self.documents}\n\n{self.instruction}" if self.documents else self.instruction


@dataclass(frozen=True)
class Request:
    """A request for ``n`` answers with all that decides them.

    ``schema`` is the JSON schema that an answer has to fit; None for free text. ``sampling`` holds
    temperature, top_p, max_tokens and the role's extra fields.
    """

    role: Role
    model: str
    prompt: Prompt
    sampling: Mapping[str, Any]
    seed: int
    n: int = 1
    schema: Mapping[str, Any] | None = None

    @property
    def max_tokens(self) -> int:
        """The most tokens of one answer, by whichever of its two names it goes."""
        return int(self.sampling.get("max_tokens") or self.sampling.get("max_completion_tokens") or 0)

    @cached_property
    def key(self) -> bytes:
        """32 bytes that are the same for the same request to any endpoint."""
        head = [self.model, self.sampling, self.seed, self.n, self.schema]
        digest = hashlib.sha256(canonical_json(head).encode())
        digest.update(b"\0")
        digest.update(self.prompt.text.encode("utf-8", "surrogatepass"))
        return digest.digest()

    def one_of(self, index: int) -> "Request":
        """The request for answer ``index`` (0…n-1) alone, for servers that give one at a time."""
        return replace(self, seed=_shift_seed(self.seed, index), n=1)

    def again(self, attempt: int, n: int) -> "Request":
        """The request for ``n`` answers in place of broken ones, for the ``attempt``-th time (1…)."""
        sampling = self.sampling
        if sampling.get("temperature") == 0:  # where a seed changes nothing
            sampling = {**sampling, "temperature": _RETRY_TEMPERATURE}
        return replace(self, sampling=sampling, seed=_shift_seed(self.seed, attempt * _SEED_STEP), n=n)


def sampling_of(role: RoleModel, max_tokens: int | None = None) -> dict[str, Any]:
    """The fields of a role's requests that decide its answers; ``max_tokens`` in place of the role's own."""
    sampling = {
        "temperature": role.temperature,
        "top_p": role.top_p,
        "max_tokens": role.max_tokens,
        **role.extra,
    }
    if max_tokens is not None:
        name = "max_completion_tokens" if sampling.get("max_completion_tokens") else "max_tokens"
        sampling[name] = max_tokens
    return sampling


def _shift_seed(seed: int, by: int) -> int:
    """Another seed, 0…2³¹-1."""
    return (seed + by) % _SEEDS
