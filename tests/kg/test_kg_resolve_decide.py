"""A model decides the doubtful pairs: what it is shown, and what becomes of its answers."""

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from longweave.kg.resolve import Decided, Mention, ResolveSettings, decide_pairs, open_pairs, resolve, settle
from longweave.synth.llm.client import open_client
from tests.kg.test_kg_resolve import encode
from tests.model_server import serve
from tests.synth.llm.asking import opened_store, settings_for

MENTIONS = [
    Mention.of("NASA", "organization", "d1", "NASA launched the probe"),
    Mention.of(
        "National Aeronautics and Space Administration", "organization", "d2", "the agency was founded"
    ),
    Mention.of("Tribune", "organization", "d3", "Greeley edited the Tribune"),
    Mention.of("New-York Tribune", "organization", "d4", "a newspaper of Greeley"),
    Mention.of("Tribune Publishing", "organization", "d5", "a publisher in Chicago"),
]


def decide(tmp_path: Path, answer: Callable[[str], object], size: int = 12) -> tuple[Decided, list[str]]:
    """What is decided on ``MENTIONS``, and the prompts."""
    seen: list[str] = []
    resolved = ResolveSettings(pairs_per_request=size)
    pairs = open_pairs(resolve(MENTIONS, resolved, encode))

    def script(body: Mapping[str, Any]) -> str:
        seen.append(body["messages"][0]["content"])
        return json.dumps(answer(seen[-1]))

    async def run() -> Decided:
        with opened_store(tmp_path) as store:
            async with open_client(settings_for(server.url), store, print) as client:
                return await decide_pairs(pairs, client.for_stage("resolve"), resolved, seed=3)

    with serve(script=script) as server:
        return asyncio.run(run()), seen


def same_agency(prompt: str) -> object:
    shown = re.findall(r"Pair (\d+)\nA: ([^(]*) \(.*\nB: ([^(]*) \(", prompt)
    return {"same": [int(number) for number, *names in shown if "NASA" in names]}


def test_the_pairs_that_the_model_names_become_one_thing(tmp_path: Path) -> None:
    decided, prompts = decide(tmp_path, same_agency)
    assert len(prompts) == 1
    assert "NASA (organization) | NASA launched the probe" in prompts[0]
    found = settle(resolve(MENTIONS, ResolveSettings(), encode), decided.same)
    assert found.of[MENTIONS[0].key] == found.of[MENTIONS[1].key]
    assert [merge.by for merge in found.merges] == ["model"]
    assert decided.undecided == frozenset()


def test_pairs_go_out_in_batches(tmp_path: Path) -> None:
    pairs = open_pairs(resolve(MENTIONS, ResolveSettings(), encode))
    decided, prompts = decide(tmp_path, same_agency, size=1)
    assert len(prompts) == len(pairs) > 1
    assert len(decided.same) == 1


@pytest.mark.parametrize("wrong", [{"same": [99]}, {"same": [0]}, {"same": "all"}, {}])
def test_pairs_without_a_usable_answer_stay_apart_and_are_known(tmp_path: Path, wrong: object) -> None:
    decided, _ = decide(tmp_path, lambda _: wrong)
    pairs = open_pairs(resolve(MENTIONS, ResolveSettings(), encode))
    assert decided.undecided == {(left.key, right.key) for left, right in pairs}
    assert not decided.same


def test_pairs_that_sure_merges_settle_are_not_asked_about() -> None:
    greeley = [
        Mention.of("Horace Greeley", "person", "d1"),
        Mention.of("Greeley", "person", "d1"),
        Mention.of("H. Greeley", "person", "d2"),
        Mention.of("Horace Greeley", "person", "d3"),
    ]
    resolution = resolve(greeley, ResolveSettings(), encode)
    pairs = open_pairs(resolution)
    assert len(pairs) == 1
    assert {"H. Greeley"} < {mention.name for mention in pairs[0]}
