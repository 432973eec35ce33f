"""One endpoint of one model: sends requests, knows how it fares.

``send`` gives the raw body of the response or raises a ``Fault``. What the server cannot do (schemas, several
answers at once) is found out by the way and remembered. The key is read from the environment, sent, and never
shown.
"""

import asyncio
import os
from collections.abc import Mapping
from typing import Any

import aiohttp
import httpx2
import openai
from openai import AsyncOpenAI

from longweave.synth.errors import SettingsError
from longweave.synth.llm.backends import Backend
from longweave.synth.llm.capacity import Capacity
from longweave.synth.llm.faults import Fault, Kind, explain
from longweave.synth.llm.request import Request
from longweave.synth.llm.schema import response_format
from longweave.synth.llm.schema_words import schema_in_words
from longweave.synth.llm.settings import STARTED_HERE, RoleModel

_FAILURES_UNTIL_DOWN = 3
_PROSE_UNTIL_WORDS = 3
_FIRST_TRIAL = 0.25
_LATEST_TRIAL = 5.0
_MOST = 4096
_NO_KEY = "none"
_CONNECT_SECONDS = 10.0
_LEAST_SECRET = 16  # shorter ones may be words, such as EMPTY


class Server:
    """An endpoint with what is known about it. All times are of the clock that its users pass in.

    ``failing`` are the keys of requests that have failed, by themselves and not with the server, since it
    last answered.
    """

    def __init__(self, endpoint: str, role: RoleModel, backend: Backend) -> None:
        self.endpoint, self.model = endpoint, role.model
        self.capacity = Capacity(_MOST)
        self._takes_schemas = self._takes_several = True
        self._gave_several = False
        self.failing: set[bytes] = set()
        self._json_answers = self._prose_answers = 0
        self.paused_until = 0.0
        self.last_answer: float | None = None
        self.refused_in_a_row = 0
        self.down_since: float | None = None
        self._busy_in_a_row = 0
        self._failures = 0
        self._trials = 0
        self._next_trial = 0.0
        self._key = "" if endpoint in STARTED_HERE else _read_key(role.api_key_env, endpoint)
        self._client = AsyncOpenAI(
            base_url=backend.base_url,
            api_key=self._key or _NO_KEY,
            max_retries=0,
            http_client=backend.connect(),
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def send(self, request: Request, role: RoleModel, timeout: float | None = None) -> bytes:
        """The raw body of the response to ``request``.

        Args:
            request: What is asked.
            role: How it is sent.
            timeout: Seconds, if not those of the role.

        Raises:
            Fault: There is none.
        """
        seconds = timeout or role.timeout
        try:
            async with asyncio.timeout(seconds):  # the library's is for each piece that comes
                response = await self._client.post(
                    "/chat/completions",
                    cast_to=httpx2.Response,
                    body=self._body(request, role),
                    options={"timeout": httpx2.Timeout(seconds, connect=min(seconds, _CONNECT_SECONDS))},
                )
        except TimeoutError:
            raise Fault(Kind.SLOW, "timed out") from None
        except (openai.APIError, aiohttp.ClientError, httpx2.HTTPError) as error:
            raise explain(error, self._key) from None
        return self._hide_key(response.content)

    def sends_schemas(self, role: RoleModel) -> bool:
        """Whether the schemas of ``role`` go out as such, and not in words."""
        return self._takes_schemas if role.structured == "auto" else role.structured == "json_schema"

    def sends_several(self, role: RoleModel) -> bool:
        """Whether ``role`` asks for several answers in one request."""
        return self._takes_several if role.multiple == "auto" else role.multiple == "yes"

    def learn_from_refusal(self, request: Request, role: RoleModel, fault: Fault) -> bool:
        """Whether ``fault`` says that the server lacks something that ``role`` can do without."""
        said = fault.detail.lower()
        if fault.kind is not Kind.REFUSED:
            return False
        has_schema = request.schema is not None and role.structured == "auto" and self._takes_schemas
        if has_schema and _mentions(said, "response_format", "schema"):
            self._takes_schemas = False
            return True
        asks_several = request.n > 1 and role.multiple == "auto" and self._takes_several
        if asks_several and ("'n'" in said or not self._gave_several):  # llama.cpp: as many as it has slots
            self._takes_several = False
            return True
        return False

    def learn_from_count(self, request: Request, n_choices: int) -> None:
        """A response to ``request`` held so many answers: some servers give one whatever they are asked."""
        self._gave_several = self._gave_several or n_choices > 1
        if n_choices < request.n and not self._gave_several:
            self._takes_several = False

    @property
    def limit(self) -> int:
        """How many requests may be in flight now."""
        return 1 if self.is_down else self.capacity.limit

    @property
    def is_down(self) -> bool:
        """Whether it has failed so often in a row that only single requests try it."""
        return self._failures >= _FAILURES_UNTIL_DOWN

    @property
    def is_failing(self) -> bool:
        """Whether it has failed for several requests and answered none since."""
        return len(self.failing) >= _FAILURES_UNTIL_DOWN

    def opens_at(self) -> float:
        """When the next request may be sent."""
        return max(self.paused_until, self._next_trial) if self.is_down else self.paused_until

    def note_answer(self, now: float) -> None:
        """It has answered."""
        self.last_answer, self.down_since = now, None
        self.failing.clear()
        self._failures = self._trials = self._busy_in_a_row = self.refused_in_a_row = 0

    def note_fault(self, fault: Fault, now: float) -> None:
        """It has failed."""
        if fault.kind is Kind.GONE:
            self._note_gone(now)
            return
        self._failures = self._trials = 0
        self.down_since = None
        if fault.kind is Kind.BUSY:
            self._busy_in_a_row += 1
            if self._busy_in_a_row >= _FAILURES_UNTIL_DOWN and fault.wait is not None:
                self.paused_until = max(self.paused_until, now + fault.wait)
        elif fault.kind in (Kind.REFUSED, Kind.TOO_LONG):
            self.refused_in_a_row += 1

    def silent_for(self, now: float) -> float:
        """Seconds since it went down; 0 when it is not."""
        return now - self.down_since if self.down_since is not None else 0.0

    def learn_from_shape(self, is_json: bool) -> bool:
        """Whether it shows now, after an answer to a schema that ``is_json`` or is not, that it ignores
        schemas."""
        self._json_answers += is_json
        self._prose_answers += not is_json
        if not self._takes_schemas or self._json_answers or self._prose_answers < _PROSE_UNTIL_WORDS:
            return False
        self._takes_schemas = False
        return True

    def _hide_key(self, raw: bytes) -> bytes:
        """A response that repeats the key would carry it into the store and the dataset."""
        key = self._key.encode()
        return raw.replace(key, b"[key]") if len(key) >= _LEAST_SECRET else raw

    def _note_gone(self, now: float) -> None:
        if self.down_since is None:
            self.down_since = now
        was_down, self._failures = self.is_down, self._failures + 1
        if was_down and now < self._next_trial:
            return  # one of those that were in flight when it went down
        if self.is_down:
            self._next_trial = now + min(_FIRST_TRIAL * 2**self._trials, _LATEST_TRIAL)
            self._trials += 1

    def _body(self, request: Request, role: RoleModel) -> Mapping[str, Any]:
        text = request.prompt.text
        shape: dict[str, Any] = {}
        if request.schema is not None:
            if self.sends_schemas(role):
                shape["response_format"] = response_format(request.schema)
            else:
                text = f"{text}\n\n{schema_in_words(request.schema)}"
        if request.n > 1 and self.sends_several(role):
            shape["n"] = request.n
        return {
            "model": request.model,
            "messages": [{"role": "user", "content": text}],
            **{name: value for name, value in request.sampling.items() if value is not None},
            "seed": request.seed,
            **shape,
        }


def _mentions(text: str, *words: str) -> bool:
    return any(word in text for word in words)


def _read_key(variable: str | None, endpoint: str) -> str:
    if variable is None:
        return _NO_KEY
    key = os.environ.get(variable, "")
    if not key:
        raise SettingsError(
            f"no key for {endpoint}", where=f"${variable}", fix=f"Set the environment variable {variable}."
        )
    if not (key.isascii() and key.isprintable() and key.strip()):
        raise SettingsError(
            f"the key for {endpoint} holds a character that no key has",
            where=f"${variable}",
            fix="Set it anew; a newline at its end is a common cause.",
        )
    return key
