"""What tests may rely on in the scripted model server."""

import asyncio
import json
from collections import Counter
from random import Random
from typing import Any, Literal

import openai
import pytest
from openai import AsyncOpenAI, DefaultAioHttpClient
from openai.types.chat import ChatCompletion
from pydantic import BaseModel, ConfigDict, Field

from tests.model_server import Asked, Faults, RunningServer, ServerProcess, ServerSettings, serve
from tests.model_server.invented import invent_value


class Leaf(BaseModel):
    model_config = ConfigDict(extra="forbid")
    kind: Literal["leaf"]
    weight: float = Field(gt=0, lt=1)


class Branch(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str = Field(min_length=3, max_length=12)
    count: int = Field(ge=5, le=6)
    even: int = Field(ge=1, multiple_of=2)
    sure: bool
    pair: tuple[int, str]
    note: str | None
    parts: list["Leaf | Branch"] = Field(min_length=1, max_length=2)


class Chain(BaseModel):
    model_config = ConfigDict(extra="forbid")
    next: "Chain | None"
    links: list["Chain"]


@pytest.mark.parametrize("model", [Leaf, Branch, Chain])
def test_invented_values_fit_their_schema(model: type[BaseModel]) -> None:
    schema = model.model_json_schema()
    for seed in range(200):
        model.model_validate(invent_value(schema, Random(seed)))


def test_the_same_request_is_answered_the_same_and_another_seed_differently() -> None:
    with serve() as server:
        first, again, other = ask(server, [{"seed": 1}, {"seed": 1}, {"seed": 2}])
    assert text_of(first) == text_of(again) != text_of(other)


def test_the_schema_is_found_in_the_words_of_the_prompt() -> None:
    schema = Leaf.model_json_schema()
    content = f'Read {{"this": 1}}.\nAnswer as JSON:\n{json.dumps(schema)}\nNothing else.'
    with serve(ServerSettings(schemas="ignored")) as server:
        (answer,) = ask(server, [{"messages": [{"role": "user", "content": content}]}])
    Leaf.model_validate_json(text_of(answer))


def test_faults_repeat_from_run_to_run_and_have_their_shares() -> None:
    faults = Faults(seed=1, rate_limited=0.1, failed=0.1, dropped=0.1, slow=0.1, slow_factor=2, cut_off=0.1)
    settings = ServerSettings(slots=50, latency=0.001, faults=faults)
    runs = []
    for _ in range(2):
        with serve(settings) as server:
            ask(server, [{"seed": seed} for seed in range(400)])
            runs.append({asked.key: asked.fault for asked in server.requests()})
    assert runs[0] == runs[1]
    assert len(runs[0]) == 400
    shares = Counter(runs[0].values())
    assert all(
        20 <= shares[fault] <= 60 for fault in ("rate_limited", "failed", "dropped", "slow", "cut_off")
    )


def test_a_retried_request_is_drawn_anew() -> None:
    with serve(ServerSettings(faults=Faults(failed=0.5))) as server:
        ask(server, [{"seed": 1}] * 20)
        assert 0 < server.stats().outcomes["failed"] < 20
        assert len({asked.key for asked in server.requests()}) == 1


def test_each_fault_looks_as_from_a_real_server() -> None:
    def failure(faults: Faults) -> Any:
        with serve(ServerSettings(faults=faults)) as server:
            return ask(server, [{}])[0]

    limited = failure(Faults(rate_limited=1, retry_after=1.5))
    assert isinstance(limited, openai.RateLimitError)
    assert limited.response.headers["retry-after"] == "1.5"
    assert isinstance(failure(Faults(failed=1)), openai.InternalServerError)
    assert isinstance(failure(Faults(dropped=1)), openai.APIConnectionError)
    assert failure(Faults(cut_off=1)).choices[0].finish_reason == "length"


@pytest.mark.parametrize(
    ("settings", "body", "status", "said"),
    [
        (ServerSettings(key="right"), {}, 401, "Incorrect API key"),
        (ServerSettings(), {"model": "other"}, 404, "does not exist"),
        (ServerSettings(max_model_len=8), {"max_tokens": 7}, 400, "maximum context length is 8 tokens"),
        (ServerSettings(max_model_len=1), {}, 400, "contains 2 input tokens"),
        (ServerSettings(multiple="refused"), {"n": 2}, 400, "n must be 1"),
        (ServerSettings(schemas="refused"), {"schema": True}, 400, "response_format"),
    ],
)
def test_what_a_server_cannot_do_is_refused(
    settings: ServerSettings, body: dict[str, Any], status: int, said: str
) -> None:
    with serve(settings) as server:
        if body.pop("schema", False):
            body["response_format"] = schema_format(Leaf)
        (error,) = ask(server, [body])
        assert server.stats().outcomes == {"refused": 1}
    assert isinstance(error, openai.APIStatusError)
    assert (error.status_code, said in str(error)) == (status, True)


def test_several_choices_differ_and_a_server_may_give_only_one() -> None:
    with serve() as server:
        (three,) = ask(server, [{"n": 3}])
    assert isinstance(three, ChatCompletion)
    assert len({choice.message.content for choice in three.choices}) == 3
    with serve(ServerSettings(multiple="ignored")) as server:
        (one,) = ask(server, [{"n": 3}])
    assert isinstance(one, ChatCompletion)
    assert len(one.choices) == 1


def test_reasoning_is_separated_or_in_the_text() -> None:
    with serve(ServerSettings(thinking="separated")) as server:
        (apart,) = ask(server, [{}])
    with serve(ServerSettings(thinking="in_text")) as server:
        (inside,) = ask(server, [{}])
    assert apart.choices[0].message.reasoning_content.startswith("The answer")
    assert text_of(inside).startswith("<think>\nThe answer")
    assert text_of(inside).endswith(text_of(apart))


def test_a_shared_prefix_is_counted_as_cached() -> None:
    documents = "The company reported revenue. " * 40
    bodies = [{"messages": [{"role": "user", "content": documents + last}]} for last in ("Who?", "When?")]
    with serve(ServerSettings(prefix_cache=True)) as server:
        cached = [ask(server, [body])[0].usage.prompt_tokens_details.cached_tokens for body in bodies]
    assert cached[0] == 0
    assert len(documents) / 4 - 16 <= cached[1] <= len(documents) / 4


def test_slots_queue_and_refuse_beyond_the_longest_queue() -> None:
    with serve(ServerSettings(slots=2, latency=0.05, max_queue=3)) as server:
        ask(server, [{"seed": seed} for seed in range(12)])
        stats = server.stats()
        assert stats.outcomes == {"answered": 5, "busy": 7}
        assert (stats.busy_max, stats.queue_max) == (2, 3)
        assert 1.5 < stats.full_busy_mean <= 2
        server.reset_stats()
        assert server.stats().outcomes == {}
        assert len(server.requests()) == 12


def test_a_client_that_goes_away_gives_its_slot_back() -> None:
    async def give_up(server: RunningServer) -> None:
        async with client_of(server) as client:
            with pytest.raises(openai.APITimeoutError):
                await create(client, {"timeout": 0.1})
            await create(client, {"seed": 2, "timeout": 20})

    with serve(ServerSettings(slots=1, latency=0.6)) as server:
        asyncio.run(give_up(server))
        assert [asked.outcome for asked in server.requests()] == ["abandoned", "answered"]
        assert server.requests()[0].seconds < 0.5


def test_a_script_says_the_answers() -> None:
    with serve(
        script=lambda body: [f"{body['messages'][0]['content']} {i}" for i in range(body["n"])]
    ) as server:
        (answer,) = ask(server, [{"n": 2}])
    assert [choice.message.content for choice in answer.choices] == ["question 0", "question 1"]


def test_a_killed_server_comes_back_on_its_port_and_remembers(tmp_path: Any) -> None:
    with ServerProcess(ServerSettings(log=str(tmp_path / "log.jsonl"))) as server:
        url = server.url
        ask(server, [{"seed": 1}])
        before: list[Asked] = server.requests()
        server.kill()
        assert isinstance(ask(server, [{"seed": 2}])[0], openai.APIConnectionError)
        server.restart()
        assert server.url == url
        assert server.requests() == before
        ask(server, [{"seed": 2}])
        assert [asked.outcome for asked in server.requests()] == ["answered", "answered"]


def ask(server: RunningServer, bodies: list[dict[str, Any]]) -> list[Any]:
    """The answers to all, asked at once; errors stand in their places."""

    async def run() -> list[Any]:
        async with client_of(server) as client:
            return await asyncio.gather(*(create(client, body) for body in bodies), return_exceptions=True)

    return asyncio.run(run())


def client_of(server: RunningServer) -> AsyncOpenAI:
    return AsyncOpenAI(
        base_url=server.url, api_key="wrong", max_retries=0, http_client=DefaultAioHttpClient()
    )


async def create(client: AsyncOpenAI, body: dict[str, Any]) -> Any:
    default = {"model": "mock", "messages": [{"role": "user", "content": "question"}]}
    return await client.chat.completions.create(**(default | body))


def text_of(completion: Any) -> str:
    text: str = completion.choices[0].message.content
    return text


def schema_format(model: type[BaseModel]) -> dict[str, Any]:
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": model.model_json_schema()}}
