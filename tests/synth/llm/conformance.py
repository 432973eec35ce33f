"""What every server that we name as supported has to do, asked through our client.

Each of ``CHECKS`` is a coroutine over a client whose roles are those of ``checked_settings``; ``opened`` runs
them on one client, so that a model that takes a minute to start is started once.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import Field

from longweave.synth.llm.client import ModelClient, open_client
from longweave.synth.llm.errors import AnswerError
from longweave.synth.llm.request import Prompt
from longweave.synth.llm.settings import ModelSettings
from longweave.synth.llm.spending import Account, Spent
from longweave.synth.llm.store import AnswerStore
from longweave.synth.llm.typed import ModelAnswer

Check = Callable[[ModelClient], Awaitable[None]]

STRANGE = 'Zürich, 東京 «ß» 😀 e\u0301 \u2028 "quoted" \\ </text>\ttab'
GREETING = Prompt("Say hello.")
STORY = Prompt("Tell a short story.")
DOCUMENTS = "\n".join(
    f"On day {day} the mill at Lindow ground {day * 17} sacks of rye." for day in range(1, 26)
)


class Report(ModelAnswer):
    """Every kind of field that makers use and that a small model can be held to."""

    grade: Literal["good", "fair", "poor"]
    score: int = Field(ge=0, le=10)
    sure: bool
    share: float
    tags: list[Literal["mill", "rye", "sack"]] = Field(max_length=3)
    other: Literal["none"] | None


class Echo(ModelAnswer):
    """Only one answer fits."""

    said: Literal[STRANGE]  # type: ignore[valid-type]


def checked_settings(endpoint: str, model: str, **more: Any) -> ModelSettings:
    """Settings for the checks: the extractor is greedy, the solver random, the writer cut off."""
    return ModelSettings.model_validate(
        {
            "default": {
                "endpoints": [endpoint],
                "model": model,
                "temperature": 0,
                "max_tokens": 120,
                "broken_retries": 0,
                "timeout": 120,
                "concurrency": 8,
            },
            "roles": {
                "solver": {"temperature": 1.0, "max_tokens": 24},
                "writer": {"max_tokens": 4},
            },
            "answers": {"mode": "off"},
            "patience": 20,
            **more,
        }
    )


@contextmanager
def opened(settings: ModelSettings, folder: Path) -> Iterator[Callable[[Check], None]]:
    """What runs a check on a client that is open during the block."""
    with AnswerStore.open(str(folder / "answers.sqlite"), "checks") as store, asyncio.Runner() as runner:
        stack = AsyncExitStack()
        client = runner.run(stack.enter_async_context(open_client(settings, store, lambda _: None)))
        try:
            yield lambda check: runner.run(_in_time(check, client))
        finally:
            runner.run(stack.aclose())


async def _in_time(check: Check, client: ModelClient) -> None:
    async with asyncio.timeout(150):
        await check(client)


async def a_typed_answer_fits_its_schema_at_the_first_try(client: ModelClient) -> None:
    prompt = Prompt("Judge this report: the mill ground 17 sacks of rye.")
    (answer,) = await client.for_stage("typed").ask("extractor", prompt, Report, seed=1)
    assert 0 <= answer.value.score <= 10
    assert answer.finish_reason == "stop"
    assert spent(client, "typed", "extractor").requests == 1


async def any_text_comes_through_unharmed(client: ModelClient) -> None:
    prompt = Prompt(f"Repeat what was said: {STRANGE}")
    (answer,) = await client.for_stage("unicode").ask("extractor", prompt, Echo, seed=1)
    assert answer.value.said == STRANGE


async def several_answers_come_of_one_request(client: ModelClient) -> None:
    answers = await client.for_stage("several").ask_text("solver", STORY, seed=1, n=3, allow_cut_off=True)
    assert len({answer.text for answer in answers}) == 3
    assert spent(client, "several", "solver").requests == 1


async def the_same_seed_gives_the_same_greedy_answer(client: ModelClient) -> None:
    asker = client.for_stage("seeds")
    texts = [
        (await asker.ask_text("extractor", GREETING, seed=5, allow_cut_off=True))[0].text for _ in range(3)
    ]
    assert len(set(texts)) == 1
    assert texts[0]


async def another_seed_gives_another_random_answer(client: ModelClient) -> None:
    asker = client.for_stage("seeds")
    answers = await asyncio.gather(
        *(asker.ask_text("solver", STORY, seed=seed, allow_cut_off=True) for seed in range(4))
    )
    assert len({answer[0].text for answer in answers}) >= 3


async def repeated_documents_are_read_from_the_cache(client: ModelClient) -> None:
    for stage, instruction in (("first", "Who owns the mill?"), ("second", "What is rye?")):
        await client.for_stage(stage).ask_text(
            "writer", Prompt(instruction, DOCUMENTS), seed=1, allow_cut_off=True
        )
    first, second = (spent(client, stage, "writer") for stage in ("first", "second"))
    assert first.prompt > len(DOCUMENTS) / 6
    assert first.cached < 0.2 * first.prompt
    assert second.cached >= 0.6 * second.prompt
    assert second.completion == 4


async def an_answer_that_is_cut_off_says_so(client: ModelClient) -> None:
    asker = client.for_stage("cut off")
    (answer,) = await asker.ask_text("writer", STORY, seed=1, allow_cut_off=True)
    assert answer.finish_reason == "length"
    with pytest.raises(AnswerError) as caught:
        await asker.ask_text("writer", STORY, seed=1)
    assert caught.value.reason == "answer_cut_off"
    assert caught.value.raw.strip() == answer.text


async def a_prompt_that_is_too_long_is_told_apart(client: ModelClient) -> None:
    with pytest.raises(AnswerError) as caught:
        await client.for_stage("long").ask_text("writer", Prompt("mill " * 20_000), seed=1)
    assert caught.value.reason == "prompt_too_long"


async def more_requests_than_it_has_slots_are_all_answered(client: ModelClient) -> None:
    asker = client.for_stage("many")
    answers = await asyncio.gather(
        *(asker.ask_text("writer", GREETING, seed=seed, allow_cut_off=True) for seed in range(20))
    )
    assert all(answer[0].text for answer in answers)
    assert spent(client, "many", "writer").requests == 20


async def more_answers_than_it_has_slots_are_all_given(client: ModelClient) -> None:
    answers = await client.for_stage("n").ask_text("solver", GREETING, seed=1, n=9, allow_cut_off=True)
    assert len(answers) == 9


CHECKS: Sequence[Check] = (
    a_typed_answer_fits_its_schema_at_the_first_try,
    any_text_comes_through_unharmed,
    several_answers_come_of_one_request,
    the_same_seed_gives_the_same_greedy_answer,
    another_seed_gives_another_random_answer,
    repeated_documents_are_read_from_the_cache,
    an_answer_that_is_cut_off_says_so,
    a_prompt_that_is_too_long_is_told_apart,
    more_requests_than_it_has_slots_are_all_answered,
    more_answers_than_it_has_slots_are_all_given,
)
"""In this order: after the last one the client may no longer ask for several answers at once."""


def spent(client: ModelClient, stage: str, role: Literal["extractor", "solver", "writer"]) -> Spent:
    """What ``role`` has used in ``stage``."""
    return client.store.spent()[Account(stage, role, client.settings.role(role).model)]
