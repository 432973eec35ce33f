"""What a server says of itself before it is asked anything: whether it is there, its models, its context.

Servers differ, and what they say is untrusted: what is missing or of another type counts as not said.
"""

import asyncio
import os
import socket
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
import httpx2
import openai
from openai import AsyncOpenAI

from longweave.synth.llm.backends import Backend
from longweave.synth.llm.faults import one_line
from longweave.synth.llm.settings import RoleModel

_CONTEXT_FIELDS = ("max_model_len", "context_length", "context_window", "max_context_length")
_LLAMA_CPP = "llamacpp"
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class ListedModel:
    """A model as the server lists it, with its context in tokens where that is said."""

    name: str
    context: int | None


@dataclass(frozen=True, slots=True)
class Listing:
    """The models of a server; ``takes_any_name`` where a name that is not among them works as well.
    ``refused`` is the HTTP status where it shows no list."""

    models: tuple[ListedModel, ...] = ()
    takes_any_name: bool = False
    refused: int | None = None

    def find(self, name: str) -> ListedModel | None:
        """The model of that name, or the only one where any name will do."""
        for model in self.models:
            if model.name == name:
                return model
        return self.models[0] if self.takes_any_name and self.models else None


class Unreachable(Exception):
    """No server answers; with what may help."""

    def __init__(self, seen: str, fix: str) -> None:
        super().__init__(seen)
        self.seen, self.fix = seen, fix


async def list_models(role: RoleModel, backend: Backend, timeout: float) -> Listing:
    """What the server at ``backend`` says of its models.

    Args:
        role: Names the environment variable with the key.
        backend: Where the server is.
        timeout: Seconds.

    Raises:
        Unreachable: Nothing that speaks HTTP answers.
    """
    key = os.environ.get(role.api_key_env or "", "") or "none"
    client = AsyncOpenAI(
        base_url=backend.base_url,
        api_key=key,
        max_retries=0,
        timeout=timeout,
        http_client=backend.connect(),
    )
    try:
        async with asyncio.timeout(timeout):
            entries = [entry for entry in _entries(await _get(client, "/models"))]
            takes_any_name = any(entry.get("owned_by") == _LLAMA_CPP for entry in entries)
            context = await _context_of_slots(client, backend.base_url) if takes_any_name else None
        models = tuple(ListedModel(entry["id"], context or _context_of(entry)) for entry in entries)
        return Listing(models, takes_any_name)
    except openai.APIStatusError as error:
        return Listing(refused=error.status_code)
    except openai.APIConnectionError as error:
        raise explain_connection(error, timeout) from None
    except TimeoutError:
        raise _silent(timeout) from None
    except aiohttp.ClientError as error:
        raise Unreachable(
            f"it does not speak HTTP: {one_line(str(error))[:_SHOWN]}", "Check the URL."
        ) from None
    finally:
        if backend.http_client is None:
            await client.close()


def explain_connection(error: openai.APIConnectionError, timeout: float) -> Unreachable:
    """What kept a connection from being made: TLS, the name, the port, or time."""
    causes = list(_causes(error))
    said = one_line(str(causes[-1]) or type(causes[-1]).__name__)[:_SHOWN]
    if any(isinstance(cause, ssl.SSLError | ssl.CertificateError) for cause in causes):
        return Unreachable(
            f"TLS fails: {said}",
            "Write http:// if the server has no TLS; else name its authority's certificate in SSL_CERT_FILE.",
        )
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return Unreachable(f"the name of the host is not known: {said}", "Check the host in the URL.")
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return Unreachable(
            f"nothing listens there: {said}", "Start the server, or check the port in the URL."
        )
    if isinstance(error, openai.APITimeoutError):
        return _silent(timeout)
    return Unreachable(f"the connection fails: {said}", "Check the URL, and the server's log.")


def _silent(timeout: float) -> Unreachable:
    return Unreachable(
        f"no answer within {timeout:g} s", "Check host and port; a firewall may drop what is sent."
    )


async def _get(client: AsyncOpenAI, path: str) -> Mapping[str, Any]:
    response = await client.get(path, cast_to=httpx2.Response)
    try:
        body = response.json()
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


async def _context_of_slots(client: AsyncOpenAI, base_url: str) -> int | None:
    """llama.cpp shares its context among slots, and says only here how much one of them has."""
    try:
        props = await _get(client, f"{base_url.rstrip('/').removesuffix('/v1')}/props")
    except openai.APIError:
        return None
    generation = props.get("default_generation_settings")
    return _tokens(generation.get("n_ctx")) if isinstance(generation, dict) else None


def _entries(body: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    listed = body.get("data")
    for entry in listed if isinstance(listed, list) else ():
        if isinstance(entry, dict) and isinstance(entry.get("id"), str):
            yield entry


def _context_of(entry: Mapping[str, Any]) -> int | None:
    for field in _CONTEXT_FIELDS:
        if (tokens := _tokens(entry.get(field))) is not None:
            return tokens
    return None


def _tokens(value: object) -> int | None:
    return value if isinstance(value, int) and value > 0 else None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """``error`` and what it came from, as far back as is known."""
    current: BaseException | None = error
    while current is not None:
        yield current
        current = current.__cause__ or current.__context__
