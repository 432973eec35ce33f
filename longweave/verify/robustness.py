"""Is the sample solved in its long context, in another of the same length, and in longer ones?
The contextual robustness check of L1.5, over more than one context.

In: a sample, a model in the role solver, and ``Vary``, which puts the candidate into a fresh context. Out:
one trial per context, the shipped one first, and why the sample is dropped, if it is:

- ``not_solved``: no answer in the shipped context is right,
- ``not_solved_longer``: none in any of the longer contexts is,
- ``gold_contested``: a good share of the answers in the shipped context agree on something else, and the role
  verifier finds that the documents shown there support it too,
- ``not_judged``: no answer could be judged.

So what is shipped is a context that was itself checked.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from longweave.synth.answers import compare_answer, is_abstention
from longweave.synth.answers.texts import normalize_text
from longweave.synth.errors import InputError
from longweave.synth.judge import VerdictSettings
from longweave.synth.llm.client import Asker
from longweave.synth.llm.prompting import load_prompt
from longweave.synth.llm.request import Prompt
from longweave.synth.llm.typed import ModelAnswer
from longweave.synth.records import Dropped, Sample, Trial
from longweave.verify.grounding import Tried, describe
from longweave.verify.settings import RobustnessSettings
from longweave.verify.trials import prompt_as_shipped, seed_for, try_prompt

CHECK = "robustness"

Vary = Callable[[int, int], Awaitable[Sample | None]]
"""The candidate in another context of so many tokens, made with this seed; None if there is none."""


class Supported(ModelAnswer):
    """Which of two answers the documents support."""

    first: bool
    second: bool


async def check_robustness(
    sample: Sample,
    asker: Asker,
    settings: RobustnessSettings,
    verdicts: VerdictSettings,
    seed: int,
    vary: Vary,
    longer: Sequence[int],
) -> Tried:
    """The trials of ``sample``, whose shipped context is asked about before any other is made.

    Args:
        sample: With its context.
        asker: The models.
        settings: How many answers and contexts.
        verdicts: How answers are judged.
        seed: Decides the other contexts, with the sample's id.
        vary: Makes them.
        longer: Their lengths in tokens, beside the sample's own.

    Raises:
        AnswerError: The model gave no usable response.
        RunError: The run cannot go on.
    """

    async def attempt(shown: Sample, context_seed: int) -> Trial:
        return await try_prompt(
            shown,
            prompt_as_shipped(shown),
            "context",
            asker,
            settings.tries,
            verdicts,
            seed,
            k=settings.k,
            target_tokens=shown.target_tokens,
            depth=mean_depth(shown),
            context_seed=context_seed,
        )

    async def attempt_other(target: int, number: int) -> Trial | None:
        context_seed = seed_for(seed, sample.sample_id, target, number)
        other = await vary(target, context_seed)
        return None if other is None else await attempt(other, context_seed)

    shipped = await attempt(sample, sample.seed)
    if shipped.n == 0:
        detail = f"{shipped.unjudged} answers in the shipped context"
        return Tried(CHECK, [shipped], Dropped(reason="not_judged", detail=detail))
    if shipped.passes == 0:
        return Tried(CHECK, [shipped], Dropped(reason="not_solved", detail=describe(shipped)))
    wanted = [(sample.target_tokens, number) for number in range(1, settings.placements + 1)]
    wanted += [(target, 0) for target in longer]
    others = await asyncio.gather(*(attempt_other(*place) for place in wanted))
    trials = [shipped, *(trial for trial in others if trial is not None)]
    beyond = [trial for trial in trials if trial.target_tokens > sample.target_tokens and trial.n]
    if beyond and not any(trial.passes for trial in beyond):
        detail = " / ".join(map(describe, beyond))
        return Tried(CHECK, trials, Dropped(reason="not_solved_longer", detail=detail))
    rival = find_rival(sample, shipped, settings.contested_share)
    if rival is not None and await _supports(sample, rival, asker, verdicts.votes, seed):
        detail = f"the documents support {rival!r} too, not only {sample.answer!r}"
        return Tried(CHECK, trials, Dropped(reason="gold_contested", detail=detail))
    return Tried(CHECK, trials)


def mean_depth(sample: Sample) -> float:
    """The mean depth of the sample's evidence in its message, 0…1."""
    return round(sum(position.depth for position in sample.positions) / len(sample.positions), 4)


def find_rival(sample: Sample, trial: Trial, least_share: float) -> str | None:
    """The commonest wrong answer of ``trial``, if at least this share of its answers, and two of them, mean
    the same; None if not."""
    groups: list[list[str]] = []
    for answer, right in zip(trial.answers, trial.right, strict=True):
        if right is not False or not answer or is_abstention(answer):
            continue
        same = next((group for group in groups if _mean_the_same(sample, answer, group[0])), None)
        if same is None:
            groups.append([answer])
        else:
            same.append(answer)
    rival = max(groups, key=len, default=[])
    enough = max(least_share * trial.n, 2)
    return rival[0] if len(rival) >= enough else None


def _mean_the_same(sample: Sample, one: str, other: str) -> bool:
    if normalize_text(one) == normalize_text(other):
        return True
    try:
        return compare_answer(
            one, other, sample.answer_kind, 0.0, sample.unit, ordered=sample.ordered, prefix=sample.prefix
        ).correct
    except InputError:  # neither is of the kind that is asked for
        return False


async def _supports(sample: Sample, rival: str, asker: Asker, votes: int, seed: int) -> bool:
    """Whether most judgements of the verifier find that the shown documents support ``rival``. Which of the
    two answers comes first is drawn, so that its place says nothing."""
    own_seed = seed_for(seed, sample.sample_id, rival)
    rival_first = bool(own_seed % 2)
    first, second = (rival, sample.answer) if rival_first else (sample.answer, rival)
    asked = load_prompt(__package__, "contested.txt", question=sample.question, first=first, second=second)
    prompt = Prompt(asked, prompt_as_shipped(sample).documents)
    found = await asker.ask("verifier", prompt, Supported, seed=own_seed, n=votes)
    supported = [answer.value.first if rival_first else answer.value.second for answer in found]
    return 2 * sum(supported) > votes
