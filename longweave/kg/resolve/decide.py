"""A model decides the doubtful pairs, several a request.

In: pairs of mentions. Out: those that are one thing, and those on which there is no usable answer; these stay
apart, and it is known that nobody decided them.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from longweave.kg.resolve.clusters import find_open, join_sure
from longweave.kg.resolve.groups import Groups
from longweave.kg.resolve.match import Resolution, measure_rarity
from longweave.kg.resolve.mentions import Mention
from longweave.kg.resolve.settings import ResolveSettings
from longweave.synth.llm.client import Asker
from longweave.synth.llm.errors import AnswerError
from longweave.synth.llm.prompting import load_prompt
from longweave.synth.llm.request import Prompt
from longweave.synth.llm.typed import ModelAnswer
from longweave.synth.records import content_id

Pair = tuple[Mention, Mention]

_PROMPTS = "longweave.kg"
_SHOWN_NAME = 160
_SHOWN_CONTEXT = 300


class SameThings(ModelAnswer):
    """The numbers of the pairs that are one thing."""

    same: list[int]


@dataclass(frozen=True, slots=True)
class Decided:
    """``same`` and ``undecided`` are pairs of mention keys (left, right)."""

    same: frozenset[tuple[str, str]]
    undecided: frozenset[tuple[str, str]]


def open_pairs(resolution: Resolution) -> list[Pair]:
    """The doubtful pairs that are worth asking about: the likeliest one for each two clusters that the sure
    merges leave, in the order of their keys."""
    groups = Groups(resolution.mentions, resolution.settings, measure_rarity(resolution.mentions))
    join_sure(groups, resolution.sure)
    mentions = {mention.key: mention for mention in resolution.mentions}
    return [(mentions[link.left], mentions[link.right]) for link in find_open(groups, resolution.doubtful)]


async def decide_pairs(pairs: Sequence[Pair], asker: Asker, settings: ResolveSettings, seed: int) -> Decided:
    """Ask about ``pairs``, ``settings.pairs_per_request`` at once.

    Raises:
        RunError: The run cannot go on.
    """
    size = settings.pairs_per_request
    batches = [pairs[start : start + size] for start in range(0, len(pairs), size)]
    answers = await asyncio.gather(*(_decide_batch(batch, asker, seed) for batch in batches))
    same: set[tuple[str, str]] = set()
    undecided: set[tuple[str, str]] = set()
    for batch, numbers in zip(batches, answers, strict=True):
        keys = [(left.key, right.key) for left, right in batch]
        if numbers is None:
            undecided.update(keys)
        else:
            same.update(keys[number - 1] for number in numbers)
    return Decided(frozenset(same), frozenset(undecided))


async def _decide_batch(batch: Sequence[Pair], asker: Asker, seed: int) -> list[int] | None:
    """The numbers (from 1) of the pairs that are one thing; None without a usable answer."""

    def check(answer: SameThings) -> str | None:
        wrong = [number for number in answer.same if not 1 <= number <= len(batch)]
        return f"there is no pair {wrong[0]}" if wrong else None

    shown = "\n\n".join(_show_pair(number, pair) for number, pair in enumerate(batch, start=1))
    prompt = Prompt(load_prompt(_PROMPTS, "same_thing.txt", count=str(len(batch)), pairs=shown))
    own_seed = int(content_id(seed, [(left.key, right.key) for left, right in batch])[:7], 16)
    try:
        (answer,) = await asker.ask("extractor", prompt, SameThings, seed=own_seed, check=check)
    except AnswerError:
        return None
    return answer.value.same


def _show_pair(number: int, pair: Pair) -> str:
    lines = [f"Pair {number}"]
    for letter, mention in zip("AB", pair, strict=True):
        kind = f" ({mention.type})" if mention.type else ""
        fields = "; ".join(f"{name}: {value}" for name, value in sorted(mention.fields.items()))
        said = " ".join((fields or mention.context).split())[:_SHOWN_CONTEXT]
        name = " ".join(mention.name.split())[:_SHOWN_NAME]
        lines.append(f"{letter}: {name}{kind}" + (f" | {said}" if said else ""))
    return "\n".join(lines)
