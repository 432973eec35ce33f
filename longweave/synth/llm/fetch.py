"""Requests to servers, until they are answered: a place in line, the budget, tries, spending.

A response is stored and booked before it is handed out, so that it is never paid for again; two equal
requests at a time are sent once. How faults are borne is in ``patience``.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from contextvars import ContextVar
from dataclasses import replace
from functools import partial

from longweave.synth.errors import LongweaveError, RunError
from longweave.synth.llm.backends import open_backend
from longweave.synth.llm.budget import BudgetKeeper, Used
from longweave.synth.llm.capacity import work_of
from longweave.synth.llm.cohort import Ticket
from longweave.synth.llm.endpoint import Server
from longweave.synth.llm.faults import Fault, Kind, explain_unreadable
from longweave.synth.llm.line import Group, Line
from longweave.synth.llm.patience import Course, bear, is_doubtful
from longweave.synth.llm.prompting import prefix_of
from longweave.synth.llm.request import Prompt, Request
from longweave.synth.llm.response import Response, Usage
from longweave.synth.llm.settings import STARTED_HERE, ModelSettings, Role, RoleModel
from longweave.synth.llm.spending import Account, Spent, spent_on
from longweave.synth.llm.store import AnswerStore

ORDER: ContextVar[int] = ContextVar("ORDER", default=0)
"""The number of the record that asks; requests of smaller ones go first."""

_DRAIN_SECONDS = 10.0
_STORE_SECONDS = 1.0
_HARMLESS = Prompt("Reply with the single word: ready")


@asynccontextmanager
async def open_fetcher(
    settings: ModelSettings,
    store: AnswerStore,
    budget: BudgetKeeper,
    warn: Callable[[str], None],
    clock: Callable[[], float],
) -> AsyncIterator["Fetcher"]:
    """A ``Fetcher`` for the block; at its end nothing more is sent, and what is in flight gets a little time
    to be answered and stored. Arguments are those of ``client.open_client``."""
    async with AsyncExitStack() as opened:
        fetcher = Fetcher(settings, store, budget, warn, clock, opened)
        try:
            yield fetcher
        finally:
            await fetcher.stop()


class Fetcher:
    """Sends requests to the servers of their roles, which it opens when they are first needed."""

    def __init__(
        self,
        settings: ModelSettings,
        store: AnswerStore,
        budget: BudgetKeeper,
        warn: Callable[[str], None],
        clock: Callable[[], float],
        opened: AsyncExitStack,
    ) -> None:
        self._settings, self._store, self._budget = settings, store, budget
        self._warn, self._clock, self._opened = warn, clock, opened
        self._servers: dict[tuple[str, str, str | None], Server] = {}
        self._groups: dict[Role, Group] = {}
        self._opening = asyncio.Lock()
        self._pending: dict[bytes, asyncio.Task[Response]] = {}
        self.line = Line(clock)

    async def fetch(self, request: Request, account: Account, is_retry: bool) -> Response:
        """The response to ``request``, stored and booked on ``account``.

        Args:
            request: What to send.
            account: Who pays.
            is_retry: Whether it stands in for one whose answer was broken.

        Raises:
            AnswerError: This request cannot be answered.
            RunError: The run cannot go on.
        """
        task = self._pending.get(request.key)
        if task is None:
            task = asyncio.create_task(self._fetch(request, account, is_retry))
            self._pending[request.key] = task
            task.add_done_callback(partial(self._forget, request.key))
        return await asyncio.shield(task)

    def _forget(self, key: bytes, task: "asyncio.Task[Response]") -> None:
        del self._pending[key]
        if not task.cancelled():
            task.exception()  # whoever asked may be gone: then nobody else takes it

    def sends_several(self, role: Role) -> bool:
        """Whether a server of ``role`` may be asked for several answers in one request."""
        model = self._settings.role(role)
        if role not in self._groups:
            return model.multiple != "no"
        return any(server.sends_several(model) for server in self._groups[role].servers)

    def note_shape(self, request: Request, is_json: bool) -> None:
        """Whether an answer to ``request`` was JSON: servers that never keep to a schema get it in words."""
        if request.schema is None or request.role not in self._groups:
            return
        for server in self._groups[request.role].servers:
            if server.learn_from_shape(is_json):
                self._warn(f"{server.endpoint} does not keep to JSON schemas: they are sent in words now")

    async def stop(self) -> None:
        """Send nothing more; wait a little for what is in flight."""
        self.line.stop(RunError("stopped", fix="Run again: what is finished is kept."))
        try:
            await asyncio.wait_for(self.line.wait_until_empty(), _DRAIN_SECONDS)
        except TimeoutError:
            self._warn(f"{self.line.in_flight} requests in flight were given up")
        pending = list(self._pending.values())
        if pending:
            await asyncio.wait(pending, timeout=_STORE_SECONDS)
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)

    async def _fetch(self, request: Request, account: Account, is_retry: bool) -> Response:
        role = self._settings.role(request.role)
        group = await self._group_of(request.role)
        course = Course(self._clock())
        server: Server | None = None
        while True:
            outcome, spent, server = await self._try(request, role, group, avoided=server)
            was_sent = bool(spent.requests)
            course.sent += was_sent
            if was_sent and (is_retry or course.sent > 1):
                spent += Spent(retries=1)
            if isinstance(outcome, Response):
                return await self._keep(outcome, request, account, spent)
            await self._store.book(account, spent)
            now, patience = self._clock(), self._settings.patience
            if is_doubtful(outcome, server, group.servers, course, now, patience):
                await self._ask_another(request, role, group, account)
            try:
                pause = bear(outcome, request, role, server, group.servers, course, now, patience)
            except RunError as error:
                self.line.stop(error)  # nobody else needs to find that out
                raise
            await asyncio.sleep(pause)

    async def _ask_another(self, request: Request, role: RoleModel, group: Group, account: Account) -> None:
        """Ask what any server can answer, in place of ``request``; whether it did shows at the server."""
        harmless = replace(request, prompt=_HARMLESS, n=1, schema=None)
        _, spent, _ = await self._try(harmless, role, group)
        await self._store.book(account, spent + Spent(retries=spent.requests))

    async def _try(
        self, request: Request, role: RoleModel, group: Group, avoided: Server | None = None
    ) -> tuple[Response | Fault, Spent, Server]:
        """One try: what came of it, what it used, and where it went."""
        prefix = prefix_of(request.prompt) if len(group.servers) > 1 else b""
        queued = self._clock()
        server = await self.line.take(group, ORDER.get(), prefix, avoided)
        try:
            reserved = await self._reserve(request)
            began = self._clock()
            try:
                outcome = await self._send(server, request, role)
            except BaseException:  # given up on its way: what it has used will never be known
                self._budget.forfeit(reserved)
                raise
        finally:
            self.line.give_back(group, server)
        spent = Spent(queue_seconds=began - queued, server_seconds=self._clock() - began)
        if isinstance(outcome, Response):
            self._budget.settle(reserved, request, outcome.usage)
            return outcome, spent + spent_on(outcome.usage) + Spent(requests=1), server
        if outcome.kind is Kind.SLOW:
            self._budget.forfeit(reserved)
        else:
            self._budget.settle(reserved, request, Usage() if outcome.was_sent else None)
        return outcome, spent + Spent(requests=int(outcome.was_sent)), server

    async def _reserve(self, request: Request) -> Used:
        reserved = await self._budget.reserve(request)
        try:
            self.line.check_open()  # it may have been stopped while this waited for the budget
        except RunError:
            self._budget.settle(reserved, request, None)
            raise
        return reserved

    async def _send(self, server: Server, request: Request, role: RoleModel) -> Response | Fault:
        ticket = server.capacity.begin(self._clock())
        try:
            raw = await server.send(request, role)
        except Fault as fault:
            return self._note_fault(fault, server, ticket)
        except BaseException:
            server.capacity.fail(ticket, self._clock(), overloaded=False)
            raise
        try:
            response = Response.parse(raw)
        except ValueError as error:
            return self._note_fault(explain_unreadable(error), server, ticket)
        now, was_down = self._clock(), server.is_down
        server.capacity.end(ticket, now, work_of(response.usage))
        server.note_answer(now)
        server.learn_from_count(request, len(response.choices))
        if was_down:
            self._warn(f"{server.endpoint} answers again")
        return response

    def _note_fault(self, fault: Fault, server: Server, ticket: Ticket) -> Fault:
        now, was_down = self._clock(), server.is_down
        server.capacity.fail(ticket, now, fault.kind in (Kind.BUSY, Kind.SLOW))
        server.note_fault(fault, now)
        if server.is_down and not was_down:
            self._warn(f"{server.endpoint} does not answer ({fault.detail}); waiting for it")
        return fault

    async def _keep(self, response: Response, request: Request, account: Account, spent: Spent) -> Response:
        """``response``, or the one that another run has stored meanwhile: a replay must give the same."""
        if self._settings.answers.mode == "off":
            await self._store.book(account, spent)
            return response
        await self._store.put(request.key, response.raw, account, spent)
        stored = self._store.get(request.key)
        return response if stored in (None, response.raw) else Response.parse(stored)

    async def _group_of(self, role: Role) -> Group:
        group = self._groups.get(role)
        if group is not None:
            return group
        async with self._opening:
            if role not in self._groups:
                model = self._settings.role(role)
                try:
                    servers = [await self._server_of(endpoint, model) for endpoint in model.endpoints]
                except LongweaveError as error:
                    self.line.stop(error)  # what does not start now need not be tried for each request
                    raise
                self._groups[role] = self.line.open_group(servers, model.concurrency)
            return self._groups[role]

    async def _server_of(self, endpoint: str, model: RoleModel) -> Server:
        """The server at ``endpoint``; roles with the same model and key share one."""
        key = None if endpoint in STARTED_HERE else model.api_key_env
        name = (endpoint, model.model, key)
        if name not in self._servers:
            backend = open_backend(endpoint, model.model, self._settings.vllm)
            server = Server(endpoint, model, await self._opened.enter_async_context(backend))
            self._opened.push_async_callback(server.close)
            self._servers[name] = server
        return self._servers[name]
