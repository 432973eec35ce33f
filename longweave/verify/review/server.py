"""The review page and what it asks for, as an ASGI application.

``/`` is the page. ``/api/run`` says what there is to choose from, ``/api/search`` which samples are chosen,
``/api/rows`` what the list shows of some, ``/api/samples/N`` one of them, ``/api/samples/N/documents/M`` a
window of one of its documents, and a ``POST`` to ``/api/marks`` marks a sample.
"""

import mimetypes
from collections.abc import Callable
from importlib.resources import files
from threading import Lock
from typing import Any, Literal

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from longweave.synth.errors import LongweaveError
from longweave.verify.marks import Mark, MarkBook
from longweave.verify.review.guard import Guard
from longweave.verify.review.shelf import FACETS, Shelf, count_marked, list_choices, search
from longweave.verify.review.show import show_sample, show_window

_MOST_ROWS, _MOST_BYTES = 200, 20_000
_PLACES = ("start", "before", "evidence")
_SCRIPTS = ("api.js", "context_view.js", "elements.js", "list_view.js", "review.js", "sample_view.js")


class _Marking(BaseModel):
    """What the page sends; ``mark`` is None to take one back."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    number: int
    mark: Literal["good", "bad"] | None
    reason: str = Field(default="", max_length=2_000)


def make_app(
    shelf: Shelf, book: MarkBook, *, token: str, port: int, now: Callable[[], str], reviewer: str = ""
) -> Starlette:
    """The application for ``shelf``, whose marks are in ``book``.

    Args:
        shelf: The samples.
        book: Where marks are read and written.
        token: What requests must show.
        port: Where it listens on 127.0.0.1.
        now: The time of a mark, ISO 8601.
        reviewer: Whose marks they are.
    """
    review = _Review(shelf, book, now, reviewer)
    routes = [
        Route("/", review.page),
        Route("/assets/{name}", _asset),
        Route("/api/run", review.run),
        Route("/api/search", review.search),
        Route("/api/rows", review.rows),
        Route("/api/samples/{number:int}", review.sample),
        Route("/api/samples/{number:int}/documents/{document:int}", review.document),
        Route("/api/marks", review.mark, methods=["POST"]),
    ]
    return Starlette(
        routes=routes,
        middleware=[Middleware(Guard, token=token, port=port)],
        exception_handlers={LongweaveError: _say, LookupError: _not_found, HTTPException: _say_http},
    )


class _Review:
    """The endpoints. Reading is done in threads, one at a time: samples are large."""

    def __init__(self, shelf: Shelf, book: MarkBook, now: Callable[[], str], reviewer: str) -> None:
        self._shelf, self._book, self._now, self._reviewer = shelf, book, now, reviewer
        self._choices = list_choices(shelf.entries)
        self._lock = Lock()

    async def page(self, request: Request) -> Response:
        return HTMLResponse(_template().render(name=self._shelf.name))

    async def run(self, request: Request) -> Response:
        marks = await self._marks()
        return JSONResponse({**self._progress(marks), "name": self._shelf.name, "choices": self._choices})

    async def search(self, request: Request) -> Response:
        asked = request.query_params
        chosen = {facet: asked[facet] for facet in FACETS if asked.get(facet)}
        marks = await self._marks()
        found = search(self._shelf.entries, chosen, asked.get("words", ""), asked.get("marked", ""), marks)
        return JSONResponse({**self._progress(marks), "numbers": found})

    async def rows(self, request: Request) -> Response:
        try:
            numbers = [int(n) for n in request.query_params.get("numbers", "").split(",") if n][:_MOST_ROWS]
        except ValueError as error:
            raise HTTPException(400, "numbers of samples, please") from error
        marks = await self._marks()
        return JSONResponse({**self._progress(marks), "rows": [self._row(n, marks) for n in numbers]})

    async def sample(self, request: Request) -> Response:
        number = self._number(request.path_params["number"])
        marks = await self._marks()
        shelved = await run_in_threadpool(self._read, number)
        shown = await run_in_threadpool(show_sample, shelved)
        return JSONResponse({**shown, **self._progress(marks), **self._row(number, marks)})

    async def document(self, request: Request) -> Response:
        number = self._number(request.path_params["number"])
        asked = {name: request.query_params[name] for name in _PLACES if name in request.query_params}
        try:
            places = {name: int(value) for name, value in asked.items()}
        except ValueError as error:
            raise HTTPException(400, f"{', '.join(asked)}: not a number") from error
        shelved = await run_in_threadpool(self._read, number)
        return JSONResponse(show_window(shelved.sample, request.path_params["document"], **places))

    async def mark(self, request: Request) -> Response:
        if request.headers.get("content-type", "").partition(";")[0] != "application/json":
            raise HTTPException(415, "a mark is JSON")
        if int(request.headers.get("content-length", _MOST_BYTES + 1)) > _MOST_BYTES:
            raise HTTPException(413, "a mark is short")
        try:
            marking = _Marking.model_validate_json(await request.body())
        except ValidationError as error:
            raise HTTPException(422, "not a mark") from error
        number = self._number(marking.number)
        mark = Mark(
            sample_id=self._shelf.entries[number].sample_id,
            mark=marking.mark,
            reason=marking.reason.strip(),
            time=self._now(),
            reviewer=self._reviewer,
        )
        await run_in_threadpool(self._write, mark)
        marks = await self._marks()
        return JSONResponse({**self._progress(marks), **self._row(number, marks)})

    def _write(self, mark: Mark) -> None:
        with self._lock:
            self._book.add(mark)

    async def _marks(self) -> dict[str, Mark]:
        def read() -> dict[str, Mark]:
            with self._lock:
                return self._book.read()

        return await run_in_threadpool(read)

    def _read(self, number: int) -> Any:
        with self._lock:
            return self._shelf.read(number)

    def _number(self, number: int) -> int:
        if not 0 <= number < len(self._shelf.entries):
            raise HTTPException(404, "no such sample")
        return number

    def _progress(self, marks: dict[str, Mark]) -> dict[str, int]:
        entries = self._shelf.entries
        return {"total": len(entries), "marked": count_marked(entries, marks)}

    def _row(self, number: int, marks: dict[str, Mark]) -> dict[str, Any]:
        entry = self._shelf.entries[self._number(number)]
        mark = marks.get(entry.sample_id)
        return {
            "number": number,
            "sample_id": entry.sample_id,
            "question": entry.question,
            "question_type": entry.question_type,
            "target_tokens": entry.target_tokens,
            "maker": entry.maker,
            "task": entry.task,
            "outcome": entry.outcome,
            "mark": None if mark is None else mark.model_dump(include={"mark", "reason", "time", "reviewer"}),
        }


async def _asset(request: Request) -> Response:
    name = request.path_params["name"]
    if name == "palette.css":
        file = files("longweave.verify") / name
    elif name == "review.css" or name in _SCRIPTS:
        file = files(__package__) / name
    else:
        raise HTTPException(404, "no such file")
    return Response(file.read_bytes(), media_type=mimetypes.guess_type(name)[0])


async def _say(request: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, status_code=500)


async def _not_found(request: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, status_code=404)


async def _say_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": error.detail}, status_code=error.status_code)


def _template() -> Any:
    environment = Environment(
        loader=PackageLoader("longweave.verify.review", "."),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
    )
    return environment.get_template("review.html.jinja")
