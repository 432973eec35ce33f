"""The model client: a stage asks in a role and gets typed answers; all else is looked after here.

Every answer comes from the store if it is there, is paid for once if it is not, and is stored as the server
sent it before anything is made of it. A broken answer is asked for again with another seed, and rejected with
its raw text when that does not help. ``open_client`` lives on one event loop.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from pydantic import BaseModel

from longweave.synth.llm.budget import BudgetKeeper
from longweave.synth.llm.errors import AnswerError, MissingAnswerError
from longweave.synth.llm.fetch import Fetcher, open_fetcher
from longweave.synth.llm.request import Prompt, Request, sampling_of
from longweave.synth.llm.response import Choice, Response
from longweave.synth.llm.schema import schema_of
from longweave.synth.llm.settings import ModelSettings, Role, RoleModel
from longweave.synth.llm.spending import Account, Spent
from longweave.synth.llm.store import AnswerStore
from longweave.synth.llm.typed import Answer, BrokenAnswer, read_answer, read_text

A = TypeVar("A", bound=BaseModel)
V = TypeVar("V")

_RAW_SHOWN = 400


@asynccontextmanager
async def open_client(
    settings: ModelSettings,
    store: AnswerStore,
    warn: Callable[[str], None],
    clock: Callable[[], float] = time.monotonic,
) -> AsyncIterator["ModelClient"]:
    """A client for the block. At its end, requests that are in flight get a little time to be answered and
    stored.

    Args:
        settings: Who answers, and how.
        store: Where answers and spending are kept; its owner closes it.
        warn: Is told what a person should know, such as a server that does not answer.
        clock: Seconds.

    Raises:
        SettingsError: A role that is asked has no model, no endpoint, or no key.
    """
    budget = BudgetKeeper(settings.budget, settings.prices, store.spent())
    async with open_fetcher(settings, store, budget, warn, clock) as fetcher:
        yield ModelClient(settings, store, fetcher)


@dataclass(frozen=True, slots=True)
class ModelClient:
    """See ``open_client``."""

    settings: ModelSettings
    store: AnswerStore
    fetcher: Fetcher

    def for_stage(self, stage: str) -> "Asker":
        """The client with its spending booked on ``stage``."""
        return Asker(stage, self)


@dataclass(frozen=True, slots=True)
class Asker:
    """What a stage is given to ask models."""

    stage: str
    client: ModelClient

    async def ask(
        self,
        role: Role,
        prompt: Prompt,
        answer: type[A],
        *,
        seed: int,
        n: int = 1,
        check: Callable[[A], str | None] | None = None,
    ) -> list[Answer[A]]:
        """``n`` answers that fit ``answer``.

        Args:
            role: Who is asked.
            prompt: What is asked.
            answer: Its JSON schema is sent, and its fields come back.
            seed: Decides the answers, as far as the server allows.
            n: How many answers; they go out as one request where the server allows.
            check: Says what is wrong with a value that fits the schema; None when it is good.

        Raises:
            AnswerError: There are not as many usable answers, after all retries: reject the record.
            RunError: The run cannot go on: no budget, no endpoint, an answer missing in a replay.
        """
        model = self.client.settings.role(role)
        request = Request(role, model.model, prompt, sampling_of(model), seed, n, schema_of(answer))
        return await self._collect(request, model, partial(read_answer, answer=answer, check=check))

    async def ask_text(
        self,
        role: Role,
        prompt: Prompt,
        *,
        seed: int,
        n: int = 1,
        check: Callable[[str], str | None] | None = None,
        max_tokens: int | None = None,
        allow_cut_off: bool = False,
    ) -> list[Answer[str]]:
        """``n`` answers in free text, of at most ``max_tokens`` where that is not to be what the role says.
        One that was cut off there is broken unless allowed; ``check`` says what else is wrong with one.

        Raises:
            AnswerError: As for ``ask``.
            RunError: As for ``ask``.
        """
        model = self.client.settings.role(role)
        request = Request(role, model.model, prompt, sampling_of(model, max_tokens), seed, n)
        return await self._collect(
            request, model, partial(read_text, check=check, allow_cut_off=allow_cut_off)
        )

    async def _collect(
        self, request: Request, model: RoleModel, read: Callable[..., Answer[V]]
    ) -> list[Answer[V]]:
        good: list[Answer[V]] = []
        asked = request
        for attempt in range(model.broken_retries + 1):
            if attempt:
                asked = request.again(attempt, request.n - len(good))
            for choice in await self._choices(asked, is_retry=attempt > 0):
                try:
                    good.append(read(choice, key=asked.key.hex(), seed=asked.seed))
                except BrokenAnswer as error:
                    broken, raw = error, choice
                    if error.reason == "not_json":
                        self.client.fetcher.note_shape(asked, False)
                else:
                    self.client.fetcher.note_shape(asked, True)
            if len(good) == request.n:
                return good
        raise AnswerError(
            f"{request.role}: no usable answer in {attempt + 1} tries: {broken}: {raw.text[:_RAW_SHOWN]!r}",
            reason=f"answer_{broken.reason}",
            raw=raw.text,
        )

    async def _choices(self, request: Request, is_retry: bool) -> Sequence[Choice]:
        """``request.n`` choices, stored or new."""
        if request.n == 1:
            return (await self._response(request, is_retry)).choices[:1]
        singles = [request.one_of(index) for index in range(request.n)]
        stored = await self._stored(request)
        choices: Sequence[Choice] = stored.choices if stored is not None else ()
        if stored is None and self._goes_as_one(request, singles):
            choices = (await self._response(request, is_retry)).choices
        missing = singles[len(choices) :]
        rest = await asyncio.gather(*(self._response(single, is_retry) for single in missing))
        return [*choices[: request.n], *(response.choices[0] for response in rest)]

    def _goes_as_one(self, request: Request, singles: Sequence[Request]) -> bool:
        """Whether the answers are asked for together: not where a server would give only one, nor where some
        were once asked for singly."""
        if self.client.settings.answers.mode != "off" and any(
            self.client.store.get(single.key) is not None for single in singles
        ):
            return False
        return self.client.fetcher.sends_several(request.role)

    async def _response(self, request: Request, is_retry: bool) -> Response:
        stored = await self._stored(request)
        if stored is not None:
            return stored
        mode = self.client.settings.answers.mode
        if mode == "replay":
            raise MissingAnswerError(
                f"no recorded answer for a request of {request.role} to {request.model} that ends "
                f"{request.prompt.text[-80:]!r}",
                where=self.stage,
                fix="Its prompt, settings or documents have changed since: set models.answers.mode to record "
                "and name an endpoint.",
            )
        return await self.client.fetcher.fetch(request, self._account(request), is_retry)

    async def _stored(self, request: Request) -> Response | None:
        if self.client.settings.answers.mode == "off":
            return None
        raw = self.client.store.get(request.key)
        if raw is None:
            return None
        await self.client.store.book(self._account(request), Spent(hits=1))
        return Response.parse(raw)

    def _account(self, request: Request) -> Account:
        return Account(self.stage, request.role, request.model)
