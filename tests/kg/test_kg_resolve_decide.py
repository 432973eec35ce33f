"""A model decides the doubtful pairs: what it is shown, and what becomes of its answers."""

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from longweave.kg.resolve import (
    Decided,
    Link,
    Mention,
    Resolution,
    ResolveSettings,
    decide_pairs,
    open_pairs,
    resolve,
    settle,
)
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
        Mention.of("Horace White Greeley", "person", "d1"),
        Mention.of("Greeley", "person", "d1"),
        Mention.of("H. Greeley", "person", "d2"),
        Mention.of("Horace White Greeley", "person", "d3"),
    ]
    resolution = resolve(greeley, ResolveSettings(), encode)
    pairs = open_pairs(resolution)
    assert len(pairs) == 1
    assert {"H. Greeley"} < {mention.name for mention in pairs[0]}


def test_what_a_model_tells_apart_from_most_of_a_thing_does_not_join_it() -> None:
    names = ("Konstantin Wassermann", "Konstantin Wasserman", "Konstantin Wassermanns", "Konstantin Wasserma")
    keys = [Mention.of(name, "work", f"d{at}").key for at, name in enumerate(names)]
    mentions = sorted(
        (Mention.of(name, "work", f"d{at}") for at, name in enumerate(names)), key=lambda one: one.key
    )
    links = {
        (one, other): Link.of(keys[one], keys[other], 0.6 if one == 3 else 0.9, "string")
        for one in range(4)
        for other in range(one)
    }
    asked = Resolution(tuple(mentions), (), tuple(sorted(links.values())), ResolveSettings())
    same = [links[1, 0], links[2, 0], links[2, 1], links[3, 0]]
    found = settle(asked, {link.ends for link in same})
    assert len({found.of[key] for key in keys[:3]}) == 1
    assert found.of[keys[3]] != found.of[keys[0]]
    assert {merge.by for merge in found.merges} == {"model"}
    assert [(refused.link.ends, refused.reason) for refused in found.refused] == [
        (links[3, 0].ends, "weak_chain")
    ]
    assert len(set(settle(asked, set()).of.values())) == 4
    assert len(set(settle(asked, {link.ends for link in links.values()}).of.values())) == 1


def test_a_model_outweighs_fields_but_no_contradiction_of_names() -> None:
    fields = {"author": "Ada Byron", "year": "1843"}, {"author": "Ernst Zuse", "year": "1941"}
    notes = [Mention.of("Notes on engines", "work", f"d{at}", "", told) for at, told in enumerate(fields)]
    numbers = [Mention.of(f"Notes on engine {at}", "work", f"d{at}") for at in (1, 2)]
    for mentions, clusters in ((notes, 1), (numbers, 2)):
        ordered = tuple(sorted(mentions, key=lambda one: one.key))
        link = Link.of(ordered[0].key, ordered[1].key, 0.8, "string")
        asked = Resolution(ordered, (), (link,), ResolveSettings())
        assert len(set(settle(asked, {link.ends}).of.values())) == clusters
        assert len(set(settle(asked).of.values())) == 2
