"""The training set of one stage out of a finished run, which is not made again.

A set is a run directory of its own, with its books, rejects, ``train/`` and ``val/``, cards and settings. It
begins with the samples that all gates of the run but the last have kept; these are screened and selected
anew, with whatever settings differ from the run's, measured with the policy under the lengths of the stage,
and drawn.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from operator import attrgetter
from typing import Any, NamedTuple

from longweave.flows.checked import DIFFICULTY, SCREENING, SELECTION, Pool, open_pool
from longweave.flows.dataset_step import write_dataset
from longweave.flows.gates_step import measure
from longweave.flows.models import store_path
from longweave.flows.opened import forget_opened, open_once
from longweave.flows.question_sets import measure_question_sets
from longweave.flows.selection_step import identify_marks, read_entries, screen, select
from longweave.flows.settings import EXCLUDED, RunSettings
from longweave.flows.step import StepContext, open_context
from longweave.synth.config import override_settings, resolve_settings
from longweave.synth.errors import SettingsError
from longweave.synth.files import join_path, path_exists, read_json, write_json
from longweave.synth.funnel import Funnel, read_funnel
from longweave.synth.records import CHECKED_SCHEMA, Check, Checked, Sample, to_table
from longweave.synth.run_directory import RUN_FILE, open_run, read_run
from longweave.synth.stage import Execute, Kept, Outcome, Progress, Reject, Stage, each_record
from longweave.verify.entries import LeftOut
from longweave.verify.selection_settings import StageSettings
from longweave.verify.stage_sets import build_stage_sets

_DRAW, _DRAWN = "draw_stage_set", "drawn"
_SET = "stage_set.json"


class MadeSet(NamedTuple):
    """A stage's set: where it is, its books, and sentences on what there was too little of."""

    folder: str
    funnel: Funnel
    shortfalls: list[str]


def make_stage_sets(
    run: str, changes: Sequence[str], names: Sequence[str], out: str, execute: Execute, progress: Progress
) -> Iterator[MadeSet]:
    """The sets of the stages ``names``, or of all, one after the other.

    Args:
        run: A run whose samples are verified.
        changes: What is to differ from its settings, as "name=value".
        names: Names in ``selection.stages``.
        out: Folder of the sets' folders; if empty, the folder ``stages`` of the run.
        execute: Makes shards.
        progress: Is told how it goes.

    Raises:
        LongweaveError: As ``make_stage_set``; there is no such stage.
    """
    settings = override_settings(read_run(run).settings, RunSettings, changes)
    known = {stage.name: stage for stage in settings.selection.stages}
    if unknown := [name for name in names if name not in known]:
        raise SettingsError(
            f"no stage {', '.join(unknown)}", where="--stage", fix=f"There are: {', '.join(known)}."
        )
    for name in names or known:
        folder = join_path(out or join_path(run, "stages"), name)
        yield make_stage_set(run, known[name], settings, folder, execute, progress)


def make_stage_set(
    run: str, stage: StageSettings, settings: RunSettings, out: str, execute: Execute, progress: Progress
) -> MadeSet:
    """Make the set of ``stage`` in ``out``, or continue it.

    Args:
        run: A run whose samples are verified.
        stage: One of ``settings.selection.stages``.
        settings: Those of the run, but for what is to be selected in another way.
        out: Folder of the set.
        execute: Makes shards.
        progress: Is told how it goes.

    Raises:
        LongweaveError: One clear line; what is finished stays, and the next call goes on from there.
    """
    forget_opened()
    made_with = RunSettings.model_validate(read_run(run).settings)
    settings = _share_answers(settings, run)
    pool = open_pool(run, made_with, before=SELECTION)
    if settings.verify.difficulty is not None and not path_exists(join_path(out, RUN_FILE)):
        settings.models.role("policy")
    with (
        open_run(out, resolve_settings(settings), EXCLUDED, settings.seed) as target,
        open_context(target, settings, execute, progress) as context,
    ):
        target.pin_inputs(
            {
                "run": read_json(join_path(run, RUN_FILE))["fingerprint"],
                "stage": stage.name,
                "marks": identify_marks(run),
                **measure_question_sets(settings.corpus.decontamination),
            }
        )
        screen(context, pool)
        pool = pool.after(target.path(SCREENING.folder))
        select(context, pool, run)
        pool = pool.after(target.path(SELECTION.folder))
        if settings.verify.difficulty is not None:
            measure(context, pool, stage)
            pool = pool.after(target.path(DIFFICULTY.folder))
        _draw(context, pool, stage)
        pool = pool.after(target.path(_DRAWN))
        write_dataset(context, pool, run, _DRAW)
        target.set_status("complete")
        return MadeSet(out, read_funnel(out), read_json(target.path(_SET))["shortfalls"])


def _share_answers(settings: RunSettings, run: str) -> RunSettings:
    """The settings with the run's own store of answers, which holds those of its recorded files too."""
    answers = settings.models.answers
    if settings.verify.difficulty is None or answers.mode == "off":
        return settings
    shared = answers.model_copy(update={"store": store_path(settings.models, run), "files": []})
    models = settings.models.model_copy(update={"answers": shared})
    return settings.model_copy(update={"models": models})


def _draw(context: StepContext, pool: Pool, stage: StageSettings) -> None:
    plan = context.run.path(_SET)
    if not path_exists(plan):
        write_json(plan, _plan_set(pool, stage, context.settings))
    work = Stage(
        name=_DRAW,
        folder=_DRAWN,
        schema=CHECKED_SCHEMA,
        read=pool.read_light,
        work=each_record(partial(_take, plan), attrgetter("sample_id")),
        expect=pool.count,
    )
    context.run_stage(work, pool.keys)


def _plan_set(pool: Pool, stage: StageSettings, settings: RunSettings) -> dict[str, object]:
    """Who is in the set with which weight and why, who is not, and what there was too little of."""
    entries = list(read_entries(pool))
    training = [entry for entry in entries if entry.split == "train"]
    template = settings.context.template_tokens
    sets = build_stage_sets(training, settings.selection.stages, template, settings.seed)
    drawn = next(found for found in sets if found.stage.name == stage.name)
    members = {
        member.sample_id: {"kind": member.kind, "weight": member.weight, "why": member.why}
        for member in drawn.members
    }
    validating = {
        entry.sample_id: {"kind": "validation", "weight": 1.0, "why": "validation: it fits."}
        for entry in entries
        if entry.split == "val" and entry.n_prompt_tokens + template <= stage.max_prompt_tokens
    }
    return {
        "stage": stage.model_dump(),
        "shortfalls": [shortfall.why for shortfall in drawn.shortfalls],
        "members": members | validating,
        "left_out": {left.sample_id: (left.reason, left.detail) for left in drawn.left_out},
    }


def _take(plan: str, sample: Sample) -> Outcome:
    book = _read_set(plan)
    member = book["members"].get(sample.sample_id)
    if member is None:
        stage = book["stage"]
        too_long = f"{sample.n_prompt_tokens} tokens, {stage['name']} takes {stage['max_prompt_tokens']}"
        left = LeftOut(sample.sample_id, *book["left_out"].get(sample.sample_id, ("too_long", too_long)))
        return Reject(*left)
    check = Check(name=f"stage:{book['stage']['name']}", passed=True, detail=str(member["why"]))
    return Kept(to_table([Checked(sample_id=sample.sample_id, checks=[check])], Checked))


@open_once
def _read_set(path: str) -> dict[str, Any]:
    book: dict[str, Any] = read_json(path)
    return book
