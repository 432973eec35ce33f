"""What gates find out when the models of a test are scripted, over a real socket."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

from longweave.synth.llm.client import Asker, open_client
from tests.model_server import Script, ServerSettings, serve
from tests.synth.llm.asking import opened_store, settings_for

T = TypeVar("T")


def ask_scripted(script: Script, folder: Path, ask: Callable[[Asker], Awaitable[T]], **settings: Any) -> T:
    """What ``ask`` returns when ``script`` answers in every role."""

    async def run() -> T:
        with opened_store(folder) as store:
            async with open_client(settings_for(server.url, **settings), store, lambda _: None) as client:
                return await ask(client.for_stage("test"))

    with serve(ServerSettings(slots=16), script=script) as server:
        return asyncio.run(run())


def prompt_of(body: Any) -> str:
    """The message of a request."""
    text: str = body["messages"][0]["content"]
    return text


def answers(*values: str) -> list[str]:
    """Responses that end with these answers."""
    return [f"Looking at it.\nTherefore, the answer is {value}" for value in values]
