"""The client against a scripted server: what is asked, what is stored, what is asked again."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import pytest

from longweave.synth.llm.client import Asker, open_client
from longweave.synth.llm.errors import AnswerError, MissingAnswerError
from longweave.synth.llm.request import Prompt
from longweave.synth.llm.settings import ModelSettings
from longweave.synth.llm.spending import Spent, sum_spent
from longweave.synth.llm.store import AnswerStore
from longweave.synth.llm.typed import ModelAnswer
from tests.model_server import ServerSettings, serve
from tests.synth.llm.asking import opened_store, settings_for

T = TypeVar("T")
PROMPT = Prompt("What is six times seven?", "<text>\nSix times seven is 42.\n</text>")


class Product(ModelAnswer):
    value: int


class Asked:
    """A script that answers in turn and keeps what it was asked."""

    def __init__(self, *answers: str) -> None:
        self.bodies: list[Mapping[str, Any]] = []
        self._answers = answers

    def __call__(self, body: Mapping[str, Any]) -> list[str]:
        self.bodies.append(body)
        answer = self._answers[min(len(self.bodies), len(self._answers)) - 1]
        return [answer] * (body.get("n") or 1)


def ask(settings: ModelSettings, folder: Path, question: Callable[[Asker], Awaitable[T]]) -> tuple[T, Spent]:
    """The answer to ``question``, and what the run has spent until then."""

    async def run(store: AnswerStore) -> T:
        async with open_client(settings, store, lambda _: None) as client:
            return await question(client.for_stage("test"))

    with opened_store(folder) as store:
        return asyncio.run(run(store)), sum_spent(store.spent().values())


async def product(asker: Asker) -> int:
    (answer,) = await asker.ask("solver", PROMPT, Product, seed=1)
    return answer.value.value


def test_a_typed_question_goes_out_with_its_documents_first_and_its_schema(tmp_path: Path) -> None:
    script = Asked('{"value": 42}')
    with serve(script=script) as server:
        settings = settings_for(server.url, temperature=0.2, extra={"top_k": 20})
        value, spent = ask(settings, tmp_path, product)
    assert value == 42
    (body,) = script.bodies
    (message,) = body["messages"]
    assert message == {"role": "user", "content": f"{PROMPT.documents}\n\n{PROMPT.instruction}"}
    assert body["response_format"]["json_schema"]["schema"]["properties"] == {"value": {"type": "integer"}}
    assert (body["temperature"], body["top_k"], body["seed"]) == (0.2, 20, 1)
    assert (spent.requests, spent.retries, spent.hits) == (1, 0, 0)
    assert spent.prompt > 0 and spent.completion > 0


def test_a_broken_answer_is_asked_for_again_with_another_seed_and_only_the_good_one_counts(
    tmp_path: Path,
) -> None:
    script = Asked('{"value": "many"}', '{"value": 42}')
    with serve(script=script) as server:
        value, spent = ask(settings_for(server.url), tmp_path, product)
    assert value == 42
    assert script.bodies[0]["seed"] != script.bodies[1]["seed"]
    assert (spent.requests, spent.retries) == (2, 1)


def test_a_second_run_pays_nothing_even_for_what_was_broken(tmp_path: Path) -> None:
    script = Asked('{"value": "many"}', '{"value": 42}')
    with serve(script=script) as server:
        settings = settings_for(server.url)
        ask(settings, tmp_path, product)
        value, spent = ask(settings, tmp_path, product)
    assert value == 42
    assert len(script.bodies) == 2
    assert (spent.requests, spent.hits) == (2, 2)


def test_an_answer_that_stays_broken_is_rejected_with_its_raw_text(tmp_path: Path) -> None:
    script = Asked("I would rather not say.")
    with serve(script=script) as server, pytest.raises(AnswerError) as raised:
        ask(settings_for(server.url, broken_retries=2), tmp_path, product)
    assert raised.value.reason == "answer_not_json"
    assert raised.value.raw == "I would rather not say."
    assert "3 tries" in str(raised.value) and "I would rather not say." in str(raised.value)
    assert len(script.bodies) == 3


def test_a_greedy_question_is_not_asked_in_the_same_way_twice(tmp_path: Path) -> None:
    script = Asked("I would rather not say.", '{"value": 42}')
    with serve(script=script) as server:
        ask(settings_for(server.url, temperature=0), tmp_path, product)
    assert [body["temperature"] for body in script.bodies] == [0, 0.5]


def test_a_field_set_to_null_is_left_out_and_another_takes_its_place(tmp_path: Path) -> None:
    script = Asked('{"value": 42}')
    extra = {"max_tokens": None, "temperature": None, "max_completion_tokens": 99}
    with serve(script=script) as server:
        ask(settings_for(server.url, extra=extra), tmp_path, product)
    assert "max_tokens" not in script.bodies[0] and "temperature" not in script.bodies[0]
    assert script.bodies[0]["max_completion_tokens"] == 99


@pytest.mark.parametrize(
    ("extra", "sent"),
    [
        ({}, {"max_tokens": 9}),
        ({"max_tokens": None, "max_completion_tokens": 200}, {"max_completion_tokens": 9}),
    ],
)
def test_one_question_may_have_another_length_than_its_role(
    extra: dict[str, Any], sent: dict[str, int], tmp_path: Path
) -> None:
    script = Asked("42")
    with serve(script=script) as server:
        ask(
            settings_for(server.url, extra=extra),
            tmp_path,
            lambda asker: asker.ask_text("solver", PROMPT, seed=1, max_tokens=9),
        )
    (body,) = script.bodies
    assert {name: body[name] for name in body if name.startswith("max_")} == sent


def test_a_text_that_a_check_refuses_is_asked_for_again(tmp_path: Path) -> None:
    script = Asked("perhaps", "42")
    check = lambda text: None if text.isdigit() else "no number"  # noqa: E731
    with serve(script=script) as server:
        (answer,), _ = ask(
            settings_for(server.url),
            tmp_path,
            lambda asker: asker.ask_text("solver", PROMPT, seed=1, check=check),
        )
    assert answer.value == "42" and len(script.bodies) == 2


def test_a_role_that_insists_on_schemas_does_not_fall_back_to_words(tmp_path: Path) -> None:
    with serve(ServerSettings(schemas="refused")) as server:
        with pytest.raises(AnswerError) as raised:
            ask(settings_for(server.url, structured="json_schema"), tmp_path, product)
        assert len(server.requests()) == 1
    assert raised.value.reason == "request_refused"


def test_what_a_check_refuses_is_broken(tmp_path: Path) -> None:
    async def even(asker: Asker) -> int:
        answers = await asker.ask(
            "solver", PROMPT, Product, seed=1, check=lambda it: "odd" if it.value % 2 else None
        )
        return answers[0].value.value

    script = Asked('{"value": 41}', '{"value": 42}')
    with serve(script=script) as server:
        assert ask(settings_for(server.url), tmp_path, even)[0] == 42


async def three_texts(asker: Asker) -> list[str]:
    return [answer.value for answer in await asker.ask_text("solver", PROMPT, seed=5, n=3)]


def test_several_answers_are_one_request_where_the_server_gives_several(tmp_path: Path) -> None:
    with serve(ServerSettings()) as server:
        texts, spent = ask(settings_for(server.url), tmp_path, three_texts)
        again, spent_again = ask(settings_for(server.url), tmp_path, three_texts)
    assert len(set(texts)) == 3
    assert again == texts
    assert (spent.requests, spent_again.requests, spent_again.hits) == (1, 1, 1)


@pytest.mark.parametrize(("multiple", "requests"), [("ignored", 3), ("refused", 4)])
def test_a_server_that_gives_one_answer_at_a_time_is_asked_for_each(
    tmp_path: Path, multiple: Any, requests: int
) -> None:
    with serve(ServerSettings(multiple=multiple)) as server:
        settings = settings_for(server.url)
        texts, spent = ask(settings, tmp_path, three_texts)
        again, spent_again = ask(settings, tmp_path, three_texts)
    assert len(set(texts)) == 3
    assert again == texts
    assert (spent.requests, spent_again.requests) == (requests, requests)


def test_answers_given_one_by_one_serve_where_several_would_be_asked_for_at_once(tmp_path: Path) -> None:
    with serve(ServerSettings()) as server:
        singly, _ = ask(settings_for(server.url, multiple="no"), tmp_path, three_texts)
        together, spent = ask(settings_for(server.url), tmp_path, three_texts)
    assert together == singly
    assert (spent.requests, spent.hits) == (3, 3)


@pytest.mark.parametrize("schemas", ["ignored", "refused"])
def test_a_server_without_schemas_gets_them_in_words(tmp_path: Path, schemas: Any) -> None:
    async def products(asker: Asker) -> None:
        for seed in range(4):
            await asker.ask("solver", PROMPT, Product, seed=seed)

    def script(body: Mapping[str, Any]) -> str:
        return '{"value": 42}' if "one JSON object" in body["messages"][0]["content"] else "42, I think."

    with serve(ServerSettings(schemas=schemas), script) as server:
        _, spent = ask(settings_for(server.url), tmp_path, products)
        last = server.requests()[-3:]
    assert [request.outcome for request in last] == ["answered"] * 3
    assert spent.requests <= 8, "it is found out once, not for every question"


def test_the_same_question_asked_twice_at_a_time_is_sent_once(tmp_path: Path) -> None:
    async def twice(asker: Asker) -> list[int]:
        return list(await asyncio.gather(product(asker), product(asker)))

    script = Asked('{"value": 42}')
    with serve(script=script) as server:
        values, spent = ask(settings_for(server.url), tmp_path, twice)
    assert values == [42, 42]
    assert len(script.bodies) == spent.requests == 1


def test_replay_asks_nobody_and_says_which_answer_is_missing(tmp_path: Path) -> None:
    with serve(script=Asked('{"value": 42}')) as server:
        ask(settings_for(server.url), tmp_path, product)
    replay = ModelSettings.model_validate(
        {"default": {"model": "mock", "max_tokens": 200}, "answers": {"mode": "replay"}}
    )
    assert ask(replay, tmp_path, product)[0] == 42
    with pytest.raises(MissingAnswerError, match=r"test: no recorded answer .* solver .* mock"):
        ask(replay, tmp_path, three_texts)


def test_off_neither_uses_nor_keeps_answers_but_counts_what_they_cost(tmp_path: Path) -> None:
    script = Asked('{"value": 42}')
    with serve(script=script) as server:
        settings = settings_for(server.url, answers={"mode": "off"})
        ask(settings, tmp_path, product)
        _, spent = ask(settings, tmp_path, product)
    assert len(script.bodies) == 2
    assert (spent.requests, spent.hits) == (2, 0)


def test_thinking_is_kept_apart_from_the_answer(tmp_path: Path) -> None:
    async def thought(asker: Asker) -> tuple[str, str]:
        (answer,) = await asker.ask_text("solver", PROMPT, seed=1)
        return answer.value, answer.reasoning

    for thinking in ("separated", "in_text"):
        with serve(ServerSettings(thinking=thinking), script=Asked("42")) as server:  # type: ignore[arg-type]
            (text, reasoning), _ = ask(settings_for(server.url), tmp_path / thinking, thought)
        assert text == "42"
        assert "should have 2 characters" in reasoning


def test_a_key_is_read_from_the_environment_and_stands_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THE_KEY", "sk-very-secret")
    with serve(ServerSettings(key="sk-very-secret")) as server:
        settings = settings_for(server.url, api_key_env="THE_KEY")
        ask(settings, tmp_path, product)
    assert "very-secret" not in json.dumps(settings.model_dump(mode="json"))
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert written and b"very-secret" not in written
