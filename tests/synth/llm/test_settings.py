"""Who answers in which role, and what of it decides a run's results."""

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from longweave.synth.config import compare_settings, fingerprint_settings, resolve_settings
from longweave.synth.errors import SettingsError
from longweave.synth.llm.settings import ModelSettings, excluded_settings

URL = "http://127.0.0.1:8000/v1"


def settings(**models: Any) -> ModelSettings:
    return ModelSettings.model_validate({"default": {"endpoints": [URL], "model": "m"}, **models})


def fingerprint(of: ModelSettings) -> str:
    return fingerprint_settings(resolve_settings(of), excluded_settings())


def test_a_role_takes_from_the_default_what_it_does_not_say_itself() -> None:
    chosen = settings(
        default={"endpoints": [URL], "model": "large", "temperature": 0.5, "max_tokens": 100},
        roles={"judge": {"model": "small", "temperature": 0}},
    )
    judge, solver = chosen.role("judge"), chosen.role("solver")
    assert (judge.model, judge.temperature, judge.max_tokens, judge.endpoints) == ("small", 0, 100, (URL,))
    assert (solver.model, solver.temperature) == ("large", 0.5)


def test_a_role_nobody_answers_in_is_named_with_what_to_set() -> None:
    with pytest.raises(SettingsError, match=r"models\.roles\.solver: no model .* models\.default\.model"):
        ModelSettings().role("solver")
    with pytest.raises(SettingsError, match="no endpoints for the role solver"):
        ModelSettings.model_validate({"default": {"model": "m"}}).role("solver")


def test_a_key_is_not_sent_to_the_endpoints_of_a_role_that_names_its_own() -> None:
    chosen = settings(
        default={"endpoints": [URL], "model": "m", "api_key_env": "THE_KEY"},
        roles={"judge": {"endpoints": ["http://elsewhere/v1"]}, "writer": {"model": "other"}},
    )
    assert chosen.role("judge").api_key_env is None
    assert chosen.role("writer").api_key_env == chosen.role("solver").api_key_env == "THE_KEY"


def test_a_replay_needs_no_endpoint() -> None:
    replay = ModelSettings.model_validate({"default": {"model": "m"}, "answers": {"mode": "replay"}})
    assert replay.role("judge").endpoints == ()


@pytest.mark.parametrize(
    "endpoint",
    [
        "127.0.0.1:8000",
        "http://a:99999/v1",
        "ftp://a/v1",
        "http://user:secret@a/v1",
        "http://a/v1?key=secret",
        "vllm:m",
    ],
)
def test_an_endpoint_that_is_none_or_holds_a_key_is_refused(endpoint: str) -> None:
    with pytest.raises(ValidationError):
        settings(default={"endpoints": [endpoint], "model": "m"})


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ({"stream": True}, "stream cannot be set here"),
        ({"messages": [], "n": 2}, "messages, n cannot be set here"),
        ({"since": date(2024, 1, 1)}, "must be JSON"),
        ({"bias": float("nan")}, "must be JSON"),
    ],
)
def test_a_field_of_the_request_that_is_ours_or_cannot_be_sent_is_refused(
    extra: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValidationError, match=said):
        settings(default={"endpoints": [URL], "model": "m", "extra": extra})


def test_a_budget_in_money_needs_every_price() -> None:
    with pytest.raises(ValidationError, match="price of m"):
        settings(budget={"money": 5})
    settings(budget={"money": 5}, prices={"m": {"input": 1, "output": 2}})


@pytest.mark.parametrize(
    "change",
    [
        {"default": {"endpoints": ["http://other:1/v1"], "model": "m", "timeout": 5, "concurrency": 3}},
        {"roles": {"judge": {"api_key_env": "KEY", "structured": "words"}}},
        {"roles": {"judge": {}}},
        {"budget": {"calls": 5}, "prices": {"m": {"input": 1, "output": 2}}, "patience": 1},
        {"answers": {"mode": "off", "store": "/elsewhere"}},
    ],
)
def test_how_answers_are_fetched_may_change_in_a_run(change: dict[str, Any]) -> None:
    assert fingerprint(settings(**change)) == fingerprint(settings())
    assert not compare_settings(
        resolve_settings(settings()), resolve_settings(settings(**change)), excluded_settings()
    )


@pytest.mark.parametrize(
    "change",
    [
        {"default": {"endpoints": [URL], "model": "other"}},
        {"default": {"endpoints": [URL], "model": "m", "max_tokens": 9}},
        {"roles": {"judge": {"temperature": 0}}},
        {"roles": {"judge": {"extra": {"top_k": 1}}}},
        {"roles": {"judge": {"broken_retries": 0}}},
    ],
)
def test_what_decides_answers_may_not(change: dict[str, Any]) -> None:
    assert fingerprint(settings(**change)) != fingerprint(settings())
