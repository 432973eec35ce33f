"""The model that a gold benchmark may ask: any OpenAI-compatible server, through the project's own client."""

import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from longweave.synth.llm.client import Asker, open_client
from longweave.synth.llm.settings import ModelSettings
from longweave.synth.llm.store import AnswerStore


@dataclass(frozen=True, slots=True)
class Server:
    """``endpoint`` is a base URL ("http://host:8000/v1"), or "embedded"; ``model`` as the server names it."""

    endpoint: str
    model: str


@asynccontextmanager
async def open_asker(server: Server) -> AsyncIterator[Asker]:
    """Asks ``server`` in every role, at temperature 0; its answers are forgotten afterwards."""
    settings = ModelSettings.model_validate(
        {"default": {"endpoints": [server.endpoint], "model": server.model, "temperature": 0.0}}
    )
    with (
        tempfile.TemporaryDirectory() as folder,
        AnswerStore.open(str(Path(folder, "answers.sqlite")), "gold") as store,
    ):
        async with open_client(settings, store, _warn) as client:
            yield client.for_stage("gold")


def _warn(what: str) -> None:
    print(what, file=sys.stderr)
