"""Many typed questions asked at once, as a stage would; run as a program it is a client to kill."""

import argparse
import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from longweave.synth.llm.client import ModelClient, open_client
from longweave.synth.llm.errors import AnswerError
from longweave.synth.llm.request import Prompt
from longweave.synth.llm.settings import ModelSettings
from longweave.synth.llm.store import AnswerStore
from longweave.synth.llm.typed import Answer, ModelAnswer

AT_ONCE = 256
"""Questions that are open at a time, like records of a stage: more than any server here has slots."""


class Verdict(ModelAnswer):
    """What is asked for: every kind of field that makers use."""

    grade: Literal["good", "fair", "poor"]
    score: int = Field(ge=0, le=10)
    confidence: float = Field(ge=0, le=1)
    reasons: list[str] = Field(max_length=3)
    quote: str | None


def settings_for(*urls: str, **more: Any) -> ModelSettings:
    """Settings for the mock at ``urls``; ``more`` are settings of the role or of the whole."""
    role = {name: more.pop(name) for name in list(more) if name not in ModelSettings.model_fields}
    default = {"endpoints": list(urls), "model": "mock", "max_tokens": 200} | role
    return ModelSettings.model_validate({"default": default, **more})


@contextmanager
def opened_store(folder: Path) -> Iterator[AnswerStore]:
    """The answer store of a test, for its one run."""
    with AnswerStore.open(str(folder / "answers.sqlite"), "run") as store:
        yield store


def question(number: int) -> Prompt:
    """A prompt that no other number has."""
    return Prompt(f"Judge statement {number}.", f"Document {number % 10}: revenue rose by {number} million.")


async def ask_each(client: ModelClient, numbers: Iterable[int]) -> list[Answer[Verdict]]:
    """One verdict for each question that has an answer. The first error that is not about a single question
    ends it."""
    asker = client.for_stage("judging")
    waiting = iter(numbers)
    answers: list[Answer[Verdict]] = []

    async def work() -> None:
        for number in waiting:
            with suppress(AnswerError):
                answers.extend(await asker.ask("judge", question(number), Verdict, seed=number))

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(work())
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None
    return answers


def ask_all(settings: ModelSettings, folder: Path, numbers: Iterable[int]) -> list[Answer[Verdict]]:
    """``ask_each`` with a client and a store of its own."""

    async def run(store: AnswerStore) -> list[Answer[Verdict]]:
        async with open_client(settings, store, lambda _: None) as client:
            return await ask_each(client, numbers)

    with opened_store(folder) as store:
        return asyncio.run(run(store))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.synth.llm.asking")
    parser.add_argument("url")
    parser.add_argument("folder", type=Path)
    parser.add_argument("count", type=int)
    chosen = parser.parse_args()
    print(len(ask_all(settings_for(chosen.url), chosen.folder, range(chosen.count))))
