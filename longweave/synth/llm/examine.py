"""A few small questions to an endpoint, over the way that a run takes, to learn what it can do.

``examine_endpoint`` stops where nothing more can be learned. Keys are never shown.
"""

import time
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, Literal, NamedTuple

from pydantic import Field

from longweave.synth.errors import SettingsError
from longweave.synth.llm.backends import Backend
from longweave.synth.llm.doctor import (
    Check,
    explain_first_fault,
    judge_context,
    judge_latency,
    judge_model,
    judge_schema,
    judge_several,
    judge_thinking,
    judge_tokens,
    shorten_line,
)
from longweave.synth.llm.endpoint import Server
from longweave.synth.llm.faults import Fault, Kind, explain_unreadable
from longweave.synth.llm.probe import Unreachable, list_models
from longweave.synth.llm.request import Prompt, Request, sampling_of
from longweave.synth.llm.response import Choice, Response
from longweave.synth.llm.schema import schema_of
from longweave.synth.llm.settings import Role, RoleModel
from longweave.synth.llm.typed import BrokenAnswer, ModelAnswer, read_answer
from longweave.synth.tokens import Tokenizer

_SEED = 1
_SHORT_ANSWER = 16
_SCHEMA_ANSWER = 2_048

_HELLO = "Reply with the single word: ready"
_CHOOSE = "Choose a colour out of red, green and blue, and a number between 1 and 9."
_OPENING = "Here is a text. Reply with the single word: read."
_COUNTED = """

Total net sales were $391,035 million in fiscal 2024 (2023: 383,285), an increase of 2.02 %.
| Segment | 2024 | 2023 |
| --- | ---: | ---: |
| iPhone | 201,183 | 200,583 |
| Services | 96,169 | (85,200) |

def mean(values: list[float]) -> float:
    return sum(values) / len(values)  # naïve, and wrong for []

“It was the best of times,” she wrote; «c’était le pire», 日本語の文です。 Ünïcödé → ≥ 0.95, e.g. 10⁻³.
The parties hereto agree that, notwithstanding section 4(b)(ii), the indemnifying party is not liable."""


class _Colour(ModelAnswer):
    colour: Literal["red", "green", "blue"]
    number: int = Field(ge=1, le=9)
    is_even: bool


class _Reply(NamedTuple):
    response: Response
    seconds: float


async def examine_endpoint(
    endpoint: str,
    role_name: Role,
    role: RoleModel,
    backend: Backend,
    tokenizer: Tokenizer | None,
    prompt_tokens: int,
    timeout: float = 60.0,
    clock: Callable[[], float] = time.monotonic,
) -> list[Check]:
    """All that can be learned about ``endpoint`` with half a dozen small requests.

    Args:
        endpoint: As the settings name it.
        role_name: One that it is asked in.
        role: Its settings.
        backend: Where it is.
        tokenizer: Counts the run's prompts; without one, counts are not compared.
        prompt_tokens: The longest prompt of the run for it; 0 where that is not known beforehand.
        timeout: Seconds for one request.
        clock: Seconds.
    """
    try:
        server = Server(endpoint, role, backend)
    except SettingsError as error:
        return [Check("key", "failed", error.what, error.fix)]
    examination = _Examination(server, role_name, role, min(timeout, role.timeout), clock)
    try:
        return [check async for check in examination.checks(backend, tokenizer, prompt_tokens)]
    finally:
        await server.close()


class _Examination:
    def __init__(
        self, server: Server, role_name: Role, role: RoleModel, timeout: float, clock: Callable[[], float]
    ) -> None:
        self._server, self._role_name, self._role = server, role_name, role
        self._timeout, self._clock = timeout, clock

    async def checks(
        self, backend: Backend, tokenizer: Tokenizer | None, prompt_tokens: int
    ) -> AsyncIterator[Check]:
        try:
            listing = await list_models(self._role, backend, self._timeout)
        except Unreachable as error:
            yield Check("reachable", "failed", error.seen, error.fix)
            return
        yield Check("reachable", "ok", backend.base_url)
        try:
            first = await self._ask(_HELLO, _SHORT_ANSWER)
        except Fault as fault:
            for check in explain_first_fault(fault, self._role, listing):
                yield check
            return
        if self._role.api_key_env is not None:
            yield Check("key", "ok", f"${self._role.api_key_env} is accepted")
        yield judge_model(self._role.model, listing, None)
        said = first.response.choices[0]
        yield Check("answer", "ok", shorten_line(repr(said.text or said.reasoning)))
        yield judge_latency(first.seconds)
        async for check in self._check_schema():
            yield check
        yield await self._check_several()
        ratio = 1.0
        if tokenizer is not None:
            check, ratio = await self._compare_tokens(tokenizer)
            yield check
        model = listing.find(self._role.model)
        context = model.context if model is not None else None
        yield judge_context(context, round(prompt_tokens * ratio), self._role.max_tokens)

    async def _ask(
        self, text: str, max_tokens: int, n: int = 1, schema: Mapping[str, Any] | None = None
    ) -> _Reply:
        sampling = sampling_of(self._role)
        limit = "max_tokens" if sampling["max_tokens"] is not None else "max_completion_tokens"
        sampling[limit] = min(max_tokens, self._role.max_tokens)
        request = Request(self._role_name, self._role.model, Prompt(text), sampling, _SEED, n, schema)
        began = self._clock()
        try:
            response = Response.parse(await self._server.send(request, self._role, self._timeout))
        except ValueError as error:
            raise explain_unreadable(error) from None
        except Fault as fault:
            if schema is not None and self._server.learn_from_refusal(request, self._role, fault):
                return await self._ask(text, max_tokens, n, schema)
            raise
        return _Reply(response, self._clock() - began)

    async def _check_schema(self) -> AsyncIterator[Check]:
        """The schema check, and with its answer the one for thinking."""
        wanted = self._role
        try:
            choice, broken = await self._choose()
            if broken is not None and broken.reason != "cut_off" and self._may_use_words():
                self._role = self._role.model_copy(update={"structured": "words"})
                choice, broken = await self._choose()
        except Fault as fault:
            yield Check(
                "schema",
                "failed",
                shorten_line(fault.detail),
                fault.fix or "See the server's log, and ask again.",
            )
            return
        yield judge_schema(broken, choice, wanted, self._server.sends_schemas(self._role))
        yield judge_thinking(choice, min(_SCHEMA_ANSWER, self._role.max_tokens))

    def _may_use_words(self) -> bool:
        return self._role.structured == "auto" and self._server.sends_schemas(self._role)

    async def _choose(self) -> tuple[Choice, BrokenAnswer | None]:
        """An answer to a schema, and why it is broken, if it is."""
        reply = await self._ask(_CHOOSE, _SCHEMA_ANSWER, schema=schema_of(_Colour))
        choice = reply.response.choices[0]
        try:
            read_answer(choice, answer=_Colour, key="", seed=_SEED)
        except BrokenAnswer as error:
            return choice, error
        return choice, None

    async def _check_several(self) -> Check:
        if self._role.multiple == "no":
            return Check("n", "ok", "not used (multiple: no)")
        try:
            reply = await self._ask(_HELLO, _SHORT_ANSWER, n=2)
        except Fault as fault:
            if fault.kind is Kind.REFUSED:
                return judge_several(None, self._role)
            return Check("n", "failed", shorten_line(fault.detail), "Set multiple: no for the role.")
        return judge_several(len(reply.response.choices), self._role)

    async def _compare_tokens(self, tokenizer: Tokenizer) -> tuple[Check, float]:
        """The tokenizer check, and how many of the server's tokens make one of the run's."""
        try:
            short = (await self._ask(_OPENING, 1)).response.usage.prompt
            long = (await self._ask(_OPENING + _COUNTED, 1)).response.usage.prompt
        except Fault as fault:
            seen = f"could not be compared: {shorten_line(fault.detail)}"
            return Check("tokenizer", "warning", seen, "See the server's log, and ask again."), 1.0
        if long <= short:
            fix = "Spending and a budget in tokens or money cannot be kept with this server."
            return Check("tokenizer", "warning", "the server does not count tokens (usage)", fix), 1.0
        ours = tokenizer.count(_OPENING + _COUNTED) - tokenizer.count(_OPENING)
        return judge_tokens(ours, long - short), (long - short) / ours
