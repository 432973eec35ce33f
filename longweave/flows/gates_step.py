"""Verified samples through the gates that ask models: ``checks/grounding/``, ``checks/robustness/``,
``checks/difficulty/``. What a gate finds out is written, never the samples again; a gate that the settings
leave out is not run.
"""

import asyncio
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import NamedTuple

from longweave.flows.checked import DIFFICULTY, GROUNDING, ROBUSTNESS, Gate, Pool, open_pool
from longweave.flows.makers import MAKERS
from longweave.flows.samples_step import assemble_again, prove_again
from longweave.flows.settings import RunSettings
from longweave.flows.step import StepContext
from longweave.flows.tables_step import split_of_shard
from longweave.synth.llm.client import Asker
from longweave.synth.llm.loop import Ask
from longweave.synth.records import CHECKED_SCHEMA, Check, Checked, Sample, to_table, write_trials
from longweave.synth.splits import Split
from longweave.synth.stage import Kept, Outcome, Reject, Stage
from longweave.verify import difficulty, grounding, robustness
from longweave.verify.grounding import Tried
from longweave.verify.selection_settings import StageSettings
from longweave.verify.settings import VerifySettings
from longweave.verify.trials import fit_around

_CONTEXTS_TRIED = 3


class _Shown(NamedTuple):
    """A sample and the split whose documents may stand in its context."""

    split: Split
    sample: Sample


def check_grounding(context: StepContext) -> None:
    """Drop what is answered without documents, or without one that it claims to need."""
    settings = context.settings.verify.grounding
    if settings is None:
        return

    async def check(asker: Asker, shown: _Shown) -> Outcome:
        sample, whole = shown.sample, context.settings
        proven = MAKERS[sample.maker](whole).proves_necessity
        ablate = len(sample.doc_ids) > 1 and (
            settings.ablation == "all" or (settings.ablation == "unproven" and not proven)
        )
        around = fit_around(sample, whole.verify.longest_prompt) if ablate else None
        detail = ""
        if around is not None and proven:  # its proof may rest on all that is shown, such as whole tables
            needed = sum(piece.n_tokens for piece in sample.context if piece.role == "needed")
            detail = f"with documents left out {_say_too_long(needed, whole.verify)}"
            if whole.verify.unchecked == "drop":
                return Reject(sample.sample_id, "prompt_too_long", detail)
        elif around is not None:
            detail = f"documents shown by {around:,} characters around their evidence"
        found = await grounding.check_grounding(
            sample,
            asker,
            settings,
            whole.verify.verdicts,
            whole.seed,
            ablate=ablate and (around is None or not proven),
            around=around,
            detail=detail,
        )
        return _conclude(sample, found, checks=_weigh(sample, found, whole))

    _run(context, GROUNDING, open_pool(context.run.url, context.settings, before=GROUNDING), check)


def check_robustness(context: StepContext) -> None:
    """Drop what is never solved in its context, or in none of the longer ones."""
    settings = context.settings.verify.robustness
    if settings is None:
        return
    with ThreadPoolExecutor(1, "contexts") as one_by_one:  # a pool's caches are not for several threads

        async def check(asker: Asker, shown: _Shown) -> Outcome:
            sample, whole = shown.sample, context.settings
            if (unasked := _leave_unasked(sample, robustness.CHECK, whole)) is not None:
                return unasked

            async def vary(target: int, seed: int) -> Sample | None:
                make = partial(_make_context, context.run.url, whole, shown, target, seed)
                return await asyncio.get_running_loop().run_in_executor(one_by_one, make)

            longer = _longer_targets(sample, whole, settings.longer)
            verdicts = whole.verify.verdicts
            found = await robustness.check_robustness(
                sample, asker, settings, verdicts, whole.seed, vary, longer
            )
            return _conclude(sample, found)

        _run(context, ROBUSTNESS, open_pool(context.run.url, context.settings, before=ROBUSTNESS), check)


def measure_difficulty(context: StepContext) -> None:
    """Measure how often the policy that is to be trained solves each sample."""
    if context.settings.verify.difficulty is not None:
        measure(context, open_pool(context.run.url, context.settings, before=DIFFICULTY))


def measure(context: StepContext, pool: Pool, stage: StageSettings | None = None) -> None:
    """Measure the policy on the samples of ``pool``, with the lengths of a training ``stage`` if one is
    given."""
    settings = context.settings.verify.difficulty
    assert settings is not None
    name, max_tokens = (stage.name, stage.max_response_tokens) if stage is not None else ("", None)

    async def check(asker: Asker, shown: _Shown) -> Outcome:
        sample, whole = shown.sample, context.settings
        if stage is not None and not _is_drawn_from(shown, stage, whole):
            return _conclude(sample, Tried(difficulty.CHECK, [], detail=f"not asked: not for {name}"))
        if settings.makers is not None and sample.maker not in settings.makers:
            detail = f"not asked: {sample.maker} is not in verify.difficulty.makers"
            return _conclude(sample, Tried(difficulty.CHECK, [], detail=detail))
        if (unasked := _leave_unasked(sample, difficulty.CHECK, whole)) is not None:
            return unasked
        found = await difficulty.measure_difficulty(
            sample,
            asker,
            settings.tries,
            whole.verify.verdicts,
            whole.seed,
            stage=name,
            max_tokens=max_tokens,
        )
        hard = None if found.dropped else 1 - found.check.passes / found.check.k
        return _conclude(sample, found, hard)

    _run(context, DIFFICULTY, pool, check)


def _run(context: StepContext, gate: Gate, pool: Pool, check: Ask[_Shown]) -> None:
    def read(key: str) -> Iterator[_Shown]:
        split = split_of_shard(key)
        return (_Shown(split, sample) for sample in pool.read(key))

    stage = Stage(
        name=gate.step,
        folder=gate.folder,
        schema=CHECKED_SCHEMA,
        read=read,
        work=context.models.open().each_record(gate.step, check, lambda shown: shown.sample.sample_id),
        expect=pool.count,
        max_dropped=getattr(context.settings.limits, gate.step),
    )
    context.run_asking(stage, pool.keys)


def _is_drawn_from(shown: _Shown, stage: StageSettings, settings: RunSettings) -> bool:
    """Whether the stage may train on it: then it matters how often the policy solves it."""
    n_tokens = shown.sample.n_prompt_tokens + settings.context.template_tokens
    return shown.split == "train" and n_tokens <= stage.max_prompt_tokens


def _weigh(sample: Sample, found: Tried, settings: RunSettings) -> list[Check]:
    """What the maker records about the closed-book pass rate, if it does."""
    weigh = MAKERS[sample.maker](settings).weigh
    asked = [trial for trial in found.trials if trial.check == "closed_book" and trial.n]
    n, passes = sum(trial.n for trial in asked), sum(trial.passes for trial in asked)
    return [weigh(sample, passes / n)] if weigh is not None and n else []


def _conclude(
    sample: Sample, found: Tried, hard: float | None = None, checks: Sequence[Check] = ()
) -> Outcome:
    if found.dropped is not None:
        reason, detail = found.dropped.reason, found.dropped.detail
        return Reject(sample.sample_id, reason, detail, write_trials(found.trials))
    checked = Checked(
        sample_id=sample.sample_id, checks=[found.check, *checks], trials=found.trials, difficulty=hard
    )
    return Kept(to_table([checked], Checked))


def _leave_unasked(sample: Sample, name: str, settings: RunSettings) -> Outcome | None:
    """What becomes of a sample whose prompt is too long to be asked about; None if it is not."""
    detail = _say_too_long(sample.n_prompt_tokens, settings.verify)
    if not detail:
        return None
    if settings.verify.unchecked == "drop":
        return Reject(sample.sample_id, "prompt_too_long", detail)
    return _conclude(sample, Tried(name, [], detail=detail))


def _say_too_long(n_tokens: int, settings: VerifySettings) -> str:
    """That a prompt of so many tokens is not sent; empty if it is."""
    if n_tokens <= settings.longest_prompt:
        return ""
    return f"not asked: {n_tokens:,} tokens, verify.longest_prompt is {settings.longest_prompt:,}"


def _longer_targets(sample: Sample, settings: RunSettings, count: int) -> Sequence[int]:
    targets = settings.context.targets_of(sample.maker)
    longest = settings.verify.longest_prompt
    return [target for target in targets if sample.target_tokens < target <= longest][:count]


def _make_context(run: str, settings: RunSettings, shown: _Shown, target: int, seed: int) -> Sample | None:
    """The sample in another context that proves its answer too; None if none of a few does."""
    for number in range(_CONTEXTS_TRIED):
        other = assemble_again(run, settings, shown.split, shown.sample, target, seed + number)
        if isinstance(other, Sample) and isinstance(prove_again(other, settings), Sample):
            return other
    return None
