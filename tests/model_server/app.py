"""The server's HTTP side: chat completions, its models, and what it noted (``/stats``, ``/requests``)."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from aiohttp import web

from tests.model_server.answers import Script, count_tokens, invent_answers, key_of, write_message
from tests.model_server.faults import draw_fault
from tests.model_server.prefixes import PrefixCache
from tests.model_server.refusals import Refusal, refuse
from tests.model_server.settings import Asked, FaultName, Outcome, ServerSettings, Stats
from tests.model_server.slots import Slots

_LARGEST_BODY = 2**28


class ModelServer:
    """The scripted server as a web application; without a ``script`` answers are invented."""

    def __init__(self, settings: ServerSettings, script: Script | None = None) -> None:
        self._settings = settings
        self._script = script or invent_answers
        self._slots = Slots(settings.slots, time.monotonic)
        self._asked = list(_read_log(settings.log))
        self._times = Counter(asked.key for asked in self._asked)
        self._outcomes: Counter[Outcome] = Counter()
        self._reset_at = time.monotonic()
        self._cache = PrefixCache() if settings.prefix_cache else None
        self._log: IO[str] | None = None

    def app(self) -> web.Application:
        """The application, to be run once."""
        app = web.Application(client_max_size=_LARGEST_BODY)
        app.router.add_post("/v1/chat/completions", self._complete)
        app.router.add_get("/v1/models", self._list_models)
        app.router.add_get("/stats", self._tell_stats)
        app.router.add_post("/stats/reset", self._reset_stats)
        app.router.add_get("/requests", self._tell_requests)
        app.cleanup_ctx.append(self._open_log)
        return app

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        body = json.loads(await request.read())
        key = key_of(body)
        fault = draw_fault(self._settings.faults, key, self._times[key])
        self._times[key] += 1
        came, at = time.monotonic(), time.time()
        busy, queued = self._slots.busy, self._slots.queued
        outcome: Outcome = "abandoned"
        tokens = 0
        try:
            outcome, response, tokens = await self._serve(request, body, fault)
        finally:
            seconds = time.monotonic() - came
            self._note(
                Asked.model_construct(
                    key=key,
                    at=at,
                    seconds=round(seconds, 4),
                    busy=busy,
                    queued=queued,
                    n=body.get("n") or 1,
                    tokens=tokens,
                    fault=fault,
                    outcome=outcome,
                )
            )
        return response

    async def _serve(
        self, request: web.Request, body: Mapping[str, Any], fault: FaultName | None
    ) -> tuple[Outcome, web.StreamResponse, int]:
        settings = self._settings
        refusal = refuse(settings, body, request.headers.get("Authorization", ""))
        if refusal is not None:
            return "refused", _fail(refusal), 0
        if fault == "rate_limited":
            after = settings.faults.retry_after
            headers = {} if after is None else {"Retry-After": f"{after:g}"}
            refusal = Refusal(429, "Rate limit reached. Please try again later.")
            return "rate_limited", _fail(refusal, headers), 0
        if settings.max_queue is not None and self._is_full(settings.max_queue):
            return "busy", _fail(Refusal(429, "Too many requests are waiting.")), 0
        await self._slots.take()
        try:
            cached = self._cache.look_up(body) if self._cache else 0
            await asyncio.sleep(settings.latency * (settings.faults.slow_factor if fault == "slow" else 1.0))
        finally:
            self._slots.give_back()
        if fault == "failed":
            return "failed", _fail(Refusal(500, "Internal server error")), 0
        if fault == "dropped":
            if request.transport is not None:
                request.transport.abort()
            return "dropped", web.Response(), 0
        cut_off = fault == "cut_off"
        response, tokens = self._answer(body, cached, cut_off)
        return "cut_off" if cut_off else "answered", response, tokens

    def _is_full(self, max_queue: int) -> bool:
        return self._slots.busy >= self._settings.slots and self._slots.queued >= max_queue

    def _answer(self, body: Mapping[str, Any], cached: int, cut_off: bool) -> tuple[web.Response, int]:
        n = 1 if self._settings.multiple == "ignored" else body.get("n") or 1
        if self._settings.schemas == "ignored":
            body = {name: value for name, value in body.items() if name != "response_format"}
        texts = self._script(body)
        texts = [texts] * n if isinstance(texts, str) else list(texts)[:n]
        choices: list[dict[str, Any]] = []
        for index, text in enumerate(texts):
            message, reason = write_message(text, self._settings.thinking, cut_off)
            choices.append({"index": index, "message": message, "finish_reason": reason, "logprobs": None})
        prompt = sum(count_tokens(message["content"]) for message in body["messages"])
        completion = sum(
            count_tokens(choice["message"]["content"] + choice["message"].get("reasoning_content", ""))
            for choice in choices
        )
        usage = {
            "prompt_tokens": prompt,
            "completion_tokens": completion,
            "total_tokens": prompt + completion,
        }
        details = {"prompt_tokens_details": {"cached_tokens": cached}} if self._cache else {}
        completed = {
            "id": f"chatcmpl-{key_of(body)}",
            "object": "chat.completion",
            "created": int(time.time()),
            "model": body["model"],
            "choices": choices,
            "usage": usage | details,
        }
        return _json(completed), prompt + completion

    async def _list_models(self, request: web.Request) -> web.Response:
        refusal = refuse(self._settings, None, request.headers.get("Authorization", ""))
        if refusal is not None:
            return _fail(refusal)
        length = self._settings.max_model_len
        models = [
            {"id": name, "object": "model", "created": 0, "owned_by": "tests", "max_model_len": length}
            for name in self._settings.models
        ]
        return _json({"object": "list", "data": models})

    async def _tell_stats(self, _: web.Request) -> web.Response:
        load = self._slots.measure()
        busy, queue = load.now.means(load.began)
        full_seconds, full_busy, full_queue = load.full_means()
        stats = Stats(
            seconds=time.monotonic() - self._reset_at,
            outcomes=dict(self._outcomes),
            busy_mean=busy,
            busy_max=load.busy_max,
            queue_mean=queue,
            queue_max=load.queue_max,
            full_seconds=full_seconds,
            full_busy_mean=full_busy,
            full_queue_mean=full_queue,
        )
        return web.Response(text=stats.model_dump_json(), content_type="application/json")

    async def _reset_stats(self, _: web.Request) -> web.Response:
        self._slots.reset()
        self._outcomes.clear()
        self._reset_at = time.monotonic()
        return _json({})

    async def _tell_requests(self, _: web.Request) -> web.Response:
        return _json([asked.model_dump() for asked in self._asked])

    async def _open_log(self, _: web.Application) -> Any:
        if self._settings.log is not None:
            with Path(self._settings.log).open("a", encoding="utf-8", buffering=1) as self._log:
                yield
            self._log = None
        else:
            yield

    def _note(self, asked: Asked) -> None:
        self._outcomes[asked.outcome] += 1
        self._asked.append(asked)
        if self._log is not None:
            self._log.write(asked.model_dump_json() + "\n")


def _read_log(path: str | None) -> list[Asked]:
    if path is None or not Path(path).exists():
        return []
    lines = Path(path).read_text(encoding="utf-8").splitlines(keepends=True)
    return [Asked.model_validate_json(line) for line in lines if line.endswith("\n")]


def _fail(refusal: Refusal, headers: Mapping[str, str] | None = None) -> web.Response:
    return _json(refusal.body(), refusal.status, headers)


def _json(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return web.Response(text=text, status=status, headers=headers, content_type="application/json")
