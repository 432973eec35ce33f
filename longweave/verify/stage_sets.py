"""The training set of every stage, out of one pool (L1.5, arXiv 2512.12967).

In: entries, and for each stage its lengths, size and share of past samples. Out: for each stage the ids with
the weight and the reason each is in for, and what there was too little of.

*Fresh* samples fit a stage and no earlier one. *Past* ones fitted an earlier stage and are drawn again, so
that what was learnt at shorter lengths is not lost: without replacement, with the weight 1 / mean reward
under the lengths of this stage (difficulty-aware retrospective sampling, L1, arXiv 2505.17667), so that
those that are seldom solved come first. Each sample's key is log(u) / weight, u drawn from seed, stage and
id, and the largest keys win (Efraimidis and Spirakis 2006): the draw does not depend on the order of the
pool, and a sample that leaves the pool moves up those behind it and no others.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from longweave.verify.entries import Entry, LeftOut, Shortfall, draw
from longweave.verify.selection_settings import StageSettings


@dataclass(frozen=True, slots=True)
class Member:
    """A sample of a stage's set. ``weight`` is that of its draw (1 for fresh samples); ``why`` a sentence."""

    sample_id: str
    kind: Literal["fresh", "past"]
    weight: float
    why: str


@dataclass(frozen=True, slots=True)
class StageSet:
    """The set of one stage: ``members`` by id, and in ``left_out`` all others that fit the stage."""

    stage: StageSettings
    members: list[Member]
    left_out: list[LeftOut]
    shortfalls: list[Shortfall]


def build_stage_sets(
    entries: Iterable[Entry], stages: Sequence[StageSettings], template_tokens: int, seed: int
) -> list[StageSet]:
    """The sets of ``stages``, in their order.

    Args:
        entries: The pool: samples of the training split that were selected.
        stages: In the order they are trained.
        template_tokens: What the chat template adds to ``Entry.n_prompt_tokens``.
        seed: Decides the draws.
    """
    pool = sorted(entries, key=lambda entry: entry.sample_id)
    sets: list[StageSet] = []
    seen: set[str] = set()
    for stage in stages:
        fitting = [
            entry for entry in pool if entry.n_prompt_tokens + template_tokens <= stage.max_prompt_tokens
        ]
        fresh = [entry for entry in fitting if entry.sample_id not in seen]
        past = [entry for entry in fitting if entry.sample_id in seen]
        sets.append(_build(stage, fresh, past, seed))
        seen.update(entry.sample_id for entry in fresh)
    return sets


def _build(stage: StageSettings, fresh: list[Entry], past: list[Entry], seed: int) -> StageSet:
    left_out: list[LeftOut] = []
    if stage.all_solved == "drop":
        solved = {entry.sample_id for entry in fresh + past if _is_solved(entry, stage)}
        detail = f"solved every time at the lengths of {stage.name}"
        left_out += [LeftOut(sample_id, "all_solved", detail) for sample_id in solved]
        fresh = [entry for entry in fresh if entry.sample_id not in solved]
        past = [entry for entry in past if entry.sample_id not in solved]
    n_fresh, n_past = _divide(stage, len(fresh), len(past))
    shortfalls = _find_shortfalls(stage, fresh, past, n_fresh, n_past)
    drawn_fresh = sorted(fresh, key=lambda entry: (-draw(seed, stage.name, entry.sample_id), entry.sample_id))
    drawn_past = sorted(past, key=lambda entry: (-_key(entry, stage, seed), entry.sample_id))
    members = [_fresh_member(entry, stage) for entry in drawn_fresh[:n_fresh]]
    members += [_past_member(entry, stage) for entry in drawn_past[:n_past]]
    left_out += [LeftOut(entry.sample_id, "not_drawn", "fresh") for entry in drawn_fresh[n_fresh:]]
    left_out += [LeftOut(entry.sample_id, "not_drawn", "past") for entry in drawn_past[n_past:]]
    return StageSet(
        stage=stage,
        members=sorted(members, key=lambda member: member.sample_id),
        left_out=sorted(left_out),
        shortfalls=shortfalls,
    )


def _divide(stage: StageSettings, n_fresh: int, n_past: int) -> tuple[int, int]:
    """How many fresh and past samples are wanted. Without a size all fresh ones are, and as many past ones as
    make ``past_share`` of the set; if that is 1, all."""
    if stage.size is not None:
        past = round(stage.past_share * stage.size) if n_past else 0  # the first stage has no past
        return stage.size - past, past
    if stage.past_share == 1:
        return n_fresh, n_past
    if not n_past:  # the first stage has no past
        return n_fresh, 0
    return n_fresh, round(n_fresh * stage.past_share / (1 - stage.past_share))


def _is_solved(entry: Entry, stage: StageSettings) -> bool:
    rate = entry.rate(stage.name)
    return rate is not None and rate.passes == rate.n


def _mean_reward(entry: Entry, stage: StageSettings) -> float | None:
    rate = entry.rate(stage.name)
    return None if rate is None else rate.mean_reward


def weight(entry: Entry, stage: StageSettings) -> float:
    """1 / mean reward at this stage, at most ``unsolved_weight``; 1 where it was not measured."""
    mean = _mean_reward(entry, stage)
    return 1.0 if mean is None else min(stage.unsolved_weight, 1 / max(mean, 1e-9))


def _key(entry: Entry, stage: StageSettings, seed: int) -> float:
    return math.log(draw(seed, stage.name, entry.sample_id)) / weight(entry, stage)


def _fresh_member(entry: Entry, stage: StageSettings) -> Member:
    why = f"fresh: {entry.n_prompt_tokens} tokens fit {stage.name} and no earlier stage."
    return Member(entry.sample_id, "fresh", 1.0, why)


def _past_member(entry: Entry, stage: StageSettings) -> Member:
    mean, weighs = _mean_reward(entry, stage), weight(entry, stage)
    if mean is None:
        why = f"past: not measured at the lengths of {stage.name}, so drawn with weight 1."
    else:
        why = (
            f"past: mean reward {mean:.2f} at the lengths of {stage.name}, so drawn with weight {weighs:.3g}."
        )
    return Member(entry.sample_id, "past", weighs, why)


def _find_shortfalls(
    stage: StageSettings, fresh: Sequence[Entry], past: Sequence[Entry], n_fresh: int, n_past: int
) -> list[Shortfall]:
    found: list[Shortfall] = []
    for kind, wanted, had in (("fresh", n_fresh, len(fresh)), ("past", n_past, len(past))):
        if had < wanted:
            why = f"{stage.name}: {wanted} {kind} samples were wanted, and there are {had}."
            found.append(Shortfall(f"{stage.name}: {kind}", wanted, had, why))
    if not fresh and not past:
        why = f"{stage.name}: no sample of up to {stage.max_prompt_tokens} tokens is left: its set is empty."
        found.append(Shortfall(f"{stage.name}: all", 1, 0, why))
    unmeasured = sum(_mean_reward(entry, stage) is None for entry in past)
    if unmeasured and n_past:
        why = (
            f"{stage.name}: {unmeasured} of {len(past)} past samples were not measured at its lengths; "
            "they are drawn with weight 1."
        )
        found.append(Shortfall(f"{stage.name}: measured", len(past), len(past) - unmeasured, why))
    return found
