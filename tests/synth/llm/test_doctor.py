import asyncio
import socket
from collections.abc import Mapping
from typing import Any

import pytest

from longweave.synth.llm.backends import Backend
from longweave.synth.llm.doctor import (
    Check,
    judge_context,
    judge_latency,
    judge_model,
    judge_several,
    judge_tokens,
)
from longweave.synth.llm.examine import examine_endpoint
from longweave.synth.llm.faults import Fault, Kind
from longweave.synth.llm.probe import ListedModel, Listing
from longweave.synth.llm.settings import RoleModel
from longweave.synth.tokens import load_tokenizer
from tests.model_server import Faults, ServerSettings, serve


class _FourLetters:
    """Counts as the scripted server does."""

    name = fingerprint = "four letters"
    additive = False

    def count(self, text: str) -> int:
        return -(-len(text) // 4)

    def count_many(self, texts: list[str]) -> list[int]:
        return [self.count(text) for text in texts]


def _examine(url: str, prompt_tokens: int = 0, timeout: float = 20.0, **role: Any) -> dict[str, Check]:
    model = RoleModel(**({"model": "mock", "endpoints": (url,)} | role))
    checks = asyncio.run(
        examine_endpoint(url, "judge", model, Backend(url), _FourLetters(), prompt_tokens, timeout)
    )
    assert len({check.what for check in checks}) == len(checks)
    for check in checks:
        assert check.seen and (check.verdict == "ok") == (check.fix == ""), check
    return {check.what: check for check in checks}


def _verdicts(checks: Mapping[str, Check]) -> dict[str, str]:
    return {what: check.verdict for what, check in checks.items()}


def test_a_server_that_can_all_is_ok_throughout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCTOR_KEY", "sk-right")
    with serve(ServerSettings(key="sk-right", max_model_len=32_768, thinking="separated")) as server:
        checks = _examine(server.url, prompt_tokens=20_000, api_key_env="DOCTOR_KEY")
    assert set(_verdicts(checks).values()) == {"ok"}
    assert list(checks) == [
        "reachable",
        "key",
        "model",
        "answer",
        "latency",
        "schema",
        "thinking",
        "n",
        "tokenizer",
        "context",
    ]
    assert checks["thinking"].seen == "separated by the server"
    assert checks["context"].seen == "32,768 tokens; the run needs 20,000 of prompt + 4,096 of answer"


def test_no_more_than_seven_small_requests_are_sent() -> None:
    with serve(ServerSettings()) as server:
        _examine(server.url)
        assert len(server.requests()) <= 7


def test_a_wrong_key_is_told_without_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCTOR_KEY", "sk-wrong-and-secret")
    with serve(ServerSettings(key="sk-right")) as server:
        checks = _examine(server.url, api_key_env="DOCTOR_KEY")
    assert _verdicts(checks) == {"reachable": "ok", "key": "failed"}
    assert "Incorrect API key" in checks["key"].seen
    assert checks["key"].fix == "Check the key in $DOCTOR_KEY."
    assert "secret" not in repr(checks)


def test_a_key_that_is_needed_and_not_named_is_asked_for() -> None:
    with serve(ServerSettings(key="sk-right")) as server:
        checks = _examine(server.url)
    assert checks["key"].fix == "Name the variable with the key in the role's api_key_env."


def test_a_key_that_is_not_in_the_environment_costs_no_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DOCTOR_KEY", raising=False)
    with serve(ServerSettings()) as server:
        checks = _examine(server.url, api_key_env="DOCTOR_KEY")
        assert server.requests() == []
    assert checks["key"].fix == "Set the environment variable DOCTOR_KEY."


def test_an_unknown_model_is_told_with_those_that_are_there() -> None:
    with serve(ServerSettings(models=("qwen-7b", "qwen-72b"))) as server:
        checks = _examine(server.url, model="qwen")
    assert _verdicts(checks) == {"reachable": "ok", "model": "failed"}
    assert "no 'qwen'" in checks["model"].seen
    assert "the server has 'qwen-7b', 'qwen-72b'" in checks["model"].seen


def test_a_port_without_a_server() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    checks = _examine(f"http://127.0.0.1:{port}/v1")
    assert _verdicts(checks) == {"reachable": "failed"}
    assert checks["reachable"].seen.startswith("nothing listens there: ")


def test_a_host_that_has_no_name() -> None:
    checks = _examine("http://nowhere.invalid/v1")
    assert checks["reachable"].seen.startswith("the name of the host is not known: ")


def test_a_server_that_takes_a_connection_and_says_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        checks = _examine(f"http://127.0.0.1:{silent.getsockname()[1]}/v1", timeout=0.3)
    assert checks["reachable"].seen == "no answer within 0.3 s"


def test_tls_to_a_server_that_has_none() -> None:
    with serve(ServerSettings()) as server:
        checks = _examine(server.url.replace("http:", "https:"))
    assert _verdicts(checks) == {"reachable": "failed"}
    assert checks["reachable"].seen.startswith("TLS fails: ")
    assert "http://" in checks["reachable"].fix


def test_a_url_without_v1_is_told_as_such() -> None:
    with serve(ServerSettings()) as server:
        checks = _examine(server.url.removesuffix("/v1"))
    assert checks["model"].fix == "Check model, and that the URL ends in /v1."


@pytest.mark.parametrize("schemas", ["ignored", "refused"])
def test_without_guided_decoding_the_schema_in_words_is_tried(schemas: Any) -> None:
    def read_words(body: Mapping[str, Any]) -> str:
        is_told = '"colour"' in body["messages"][-1]["content"]
        return '{"colour": "red", "number": 4, "is_even": true}' if is_told else "Red. Four."

    with serve(ServerSettings(schemas=schemas), read_words) as server:
        assert _examine(server.url)["schema"] == Check(
            "schema",
            "warning",
            "does not keep to json_schema, but to words",
            "Start the server with guided decoding.",
        )
        assert _examine(server.url, structured="words")["schema"].verdict == "ok"


def test_a_model_that_keeps_to_no_schema_fails_with_what_it_wrote() -> None:
    with serve(ServerSettings(schemas="refused"), script=lambda _: "Red, I guess.") as server:
        check = _examine(server.url)["schema"]
    assert check.verdict == "failed"
    assert "not_json" in check.seen and "Red, I guess." in check.seen


@pytest.mark.parametrize(
    ("multiple", "seen"),
    [
        ("ignored", "gives one answer whatever n says"),
        ("refused", "refuses several answers to one request"),
    ],
)
def test_a_server_that_gives_one_answer_at_a_time(multiple: Any, seen: str) -> None:
    with serve(ServerSettings(multiple=multiple)) as server:
        check = _examine(server.url)["n"]
        assert (check.verdict, check.seen) == ("warning", f"{seen}: every sample pays for the prompt")
        assert _examine(server.url, multiple="yes")["n"].verdict == "failed"
        assert _examine(server.url, multiple="no")["n"].seen == "not used (multiple: no)"


def test_a_context_that_is_too_short_for_the_run() -> None:
    with serve(ServerSettings(max_model_len=8_192)) as server:
        check = _examine(server.url, prompt_tokens=20_000)["context"]
    assert check.verdict == "failed"
    assert check.seen == "8,192 tokens; the run needs 20,000 of prompt + 4,096 of answer"


def test_thinking_in_the_answer_does_not_hide_it() -> None:
    with serve(ServerSettings(thinking="in_text")) as server:
        checks = _examine(server.url)
    assert checks["thinking"].seen == "in the answer, separated here"
    assert checks["schema"].verdict == "ok"


def test_a_server_that_fails_is_told_from_one_that_is_gone() -> None:
    with serve(ServerSettings(faults=Faults(failed=1.0))) as server:
        checks = _examine(server.url)
    assert _verdicts(checks) == {"reachable": "ok", "answer": "failed"}
    assert checks["answer"].seen == "the server failed: HTTP 500: Internal server error 500"


def test_what_a_server_writes_is_one_short_line_without_control_characters() -> None:
    def shout(body: Mapping[str, Any]) -> str:
        return "\x1b[31mred\n" * 5_000

    with serve(ServerSettings(models=("\x1b]0;evil\x07" * 9,) * 50), script=shout) as server:
        checks = _examine(server.url)
    shown = "".join(check.seen for check in checks.values())
    assert shown.isprintable()
    assert max(len(check.seen) for check in checks.values()) < 1_500


def test_a_refusal_cannot_move_the_cursor() -> None:
    fault = Fault(Kind.WRONG, "HTTP 404: \x1b[2Jno\r\nsuch\x07 model")
    assert judge_model("m", Listing(), fault).seen.isprintable()


def test_another_tokenizer_than_the_servers_is_told() -> None:
    model = RoleModel(model="mock")
    with serve(ServerSettings()) as server:
        checks = asyncio.run(
            examine_endpoint(server.url, "judge", model, Backend(server.url), load_tokenizer("qwen"), 0)
        )
    check = next(check for check in checks if check.what == "tokenizer")
    assert check.verdict == "warning"
    assert "by the run's tokenizer" in check.seen


def test_verdicts_at_their_borders() -> None:
    assert judge_context(24_160, 20_000, 4_096).verdict == "ok"
    assert judge_context(24_159, 20_000, 4_096).verdict == "failed"
    assert judge_context(None, 20_000, 4_096).verdict == "warning"
    assert judge_context(None, 0, 4_096).verdict == "ok"
    assert [judge_tokens(100, theirs).verdict for theirs in (100, 102, 97, 103)] == [
        "ok",
        "ok",
        "warning",
        "warning",
    ]
    assert judge_tokens(200, 230).seen == "230 tokens there, 200 by the run's tokenizer (+15.0%)"
    assert [judge_latency(seconds).verdict for seconds in (0.2, 10.0, 11.0)] == ["ok", "ok", "warning"]
    assert judge_several(2, RoleModel(model="m")).verdict == "ok"


def test_a_name_that_only_answers_is_not_the_same_as_one_that_is_listed() -> None:
    listing = Listing((ListedModel("qwen-7b", None),))
    assert judge_model("qwen-7b", listing, None).verdict == "ok"
    assert judge_model("qwen", listing, None).verdict == "warning"
    assert judge_model("qwen", Listing(), None).verdict == "ok"
    assert judge_model("qwen", Listing(listing.models, takes_any_name=True), None).verdict == "ok"
