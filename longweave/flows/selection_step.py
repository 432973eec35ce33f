"""Which verified samples are shipped: ``checks/screening/``, then ``selected/``."""

from collections.abc import Iterator, Mapping
from functools import partial
from operator import attrgetter
from typing import NamedTuple

from longweave.corpus import find_contamination
from longweave.flows.checked import SCREENING, SELECTION, Gate, Pool, open_pool
from longweave.flows.opened import open_once
from longweave.flows.question_sets import open_benchmark, open_questions
from longweave.flows.settings import RunSettings
from longweave.flows.step import StepContext
from longweave.flows.tables_step import split_of_shard
from longweave.synth.errors import RunError
from longweave.synth.files import join_path, local_path, path_exists, read_json, write_json
from longweave.synth.records import CHECKED_SCHEMA, Check, Checked, Sample, content_id, to_table
from longweave.synth.stage import Kept, Outcome, Reject, Stage, each_record
from longweave.verify.balance import balance
from longweave.verify.contamination import Overlap, find_overlap, find_paraphrases
from longweave.verify.duplicates import find_repeats
from longweave.verify.entries import Entry, entry_of
from longweave.verify.marks import MARKS_FILE, Mark, read_marks
from longweave.verify.quotas import fill_quotas

SHORTFALLS = "selected/shortfalls.json"
"""What the selection could not meet: a list of sentences."""

_SCREENED = "checks/screening.json"
_LEFT_OUT = "selected/left_out.json"


class _Drop(NamedTuple):
    """Why a sample is not passed on."""

    reason: str
    detail: str


def screen_samples(context: StepContext) -> None:
    """Drop questions that others repeat, and what overlaps with a question set."""
    screen(context, open_pool(context.run.url, context.settings, before=SCREENING))


def screen(context: StepContext, pool: Pool) -> None:
    """Screen the samples of ``pool``, which may be another run's.

    Questions are compared all at once, for which contexts are not read; then each sample's own text with the
    question sets, shard by shard.
    """
    run, settings = context.run, context.settings
    open_questions(settings.corpus.decontamination)
    plan = run.path(_SCREENED)
    if not path_exists(plan):
        write_json(plan, _plan_screening(pool, settings))
    stage = Stage(
        name=SCREENING.step,
        folder=SCREENING.folder,
        schema=CHECKED_SCHEMA,
        read=partial(_read_placed, pool),
        work=each_record(partial(_screen, plan, settings), _id_of),
        expect=pool.count,
        max_dropped=settings.limits.screen_samples,
    )
    context.run_stage(stage, pool.keys)


def select_samples(context: StepContext) -> None:
    """Choose what is shipped: by people's marks, and for training by difficulty and quotas."""
    run, settings = context.run, context.settings
    select(context, open_pool(run.url, settings, before=SELECTION), run.url)


def select(context: StepContext, pool: Pool, reviewed: str) -> None:
    """Select among the samples of ``pool``; ``reviewed`` is the run whose marks count."""
    run, settings = context.run, context.settings
    plan = run.path(_LEFT_OUT)
    if not path_exists(plan):
        left_out, shortfalls = _plan_selection(list(read_entries(pool)), _read_marks(reviewed), settings)
        write_json(run.path(SHORTFALLS), shortfalls)
        write_json(plan, left_out)
    stage = Stage(
        name=SELECTION.step,
        folder=SELECTION.folder,
        schema=CHECKED_SCHEMA,
        read=pool.read_light,
        work=each_record(partial(_keep_planned, plan, SELECTION), attrgetter("sample_id")),
        expect=pool.count,
    )
    counts = context.run_stage(stage, pool.keys)
    if counts.n_in and not counts.kept:
        raise RunError(
            f"none of {counts.n_in} samples is selected",
            where=SELECTION.step,
            fix=f"See {SHORTFALLS} and rejects/{SELECTION.step}, and change selection.*.",
        )


def read_entries(pool: Pool) -> Iterator[Entry]:
    """What selection looks at of every sample of ``pool``, in order."""
    number = 0
    for key in pool.keys:
        split = split_of_shard(key)
        for sample in pool.read_light(key):
            yield entry_of(sample, split, number)
            number += 1


class _Placed(NamedTuple):
    """A sample and its ``place``, which no other has even if it is the same sample again."""

    place: str
    sample: Sample


def _read_placed(pool: Pool, key: str) -> Iterator[_Placed]:
    return (_Placed(f"{key}/{row}", sample) for row, sample in enumerate(pool.read(key)))


def _id_of(placed: _Placed) -> str:
    return placed.sample.sample_id


def _plan_screening(pool: Pool, settings: RunSettings) -> dict[str, _Drop]:
    """The samples that are dropped for what they ask, by id, and those that are there already, by place; each
    with the reason and what it was compared with."""
    screening, first = settings.verify.screening, dict[str, Entry]()
    again: dict[str, _Drop] = {}
    for place, entry in zip(_list_places(pool), read_entries(pool), strict=True):
        if first.setdefault(entry.sample_id, entry) is not entry:
            again[place] = _Drop("repeated_sample", f"{entry.sample_id} is there already")
    entries = list(first.values())
    benchmark = open_benchmark(settings.corpus.decontamination)
    asked = {
        found.sample_id: _Drop("asks_benchmark_question", found.why)
        for found in find_paraphrases(entries, benchmark, screening.contamination)
    }
    others = [entry for entry in entries if entry.sample_id not in asked]
    repeats = find_repeats(others, screening.repeats)
    return again | asked | {repeat.dropped: _Drop(repeat.kind, repeat.why) for repeat in repeats}


def _list_places(pool: Pool) -> Iterator[str]:
    return (f"{key}/{row}" for key in pool.keys for row in range(pool.count(key)))


def _plan_selection(
    entries: list[Entry], marks: Mapping[str, Mark], settings: RunSettings
) -> tuple[dict[str, _Drop], list[str]]:
    """The samples that are left out, with the reasons, and sentences on what could not be met. Difficulty and
    quotas are for what is trained on; what validates is only kept from what people found bad."""
    chosen, left_out = settings.selection, {}
    for entry in entries:
        mark = marks.get(entry.sample_id)
        if chosen.reviewed != "ignore" and mark is not None and mark.mark == "bad":
            left_out[entry.sample_id] = _Drop("marked_bad", mark.reason)
        elif chosen.reviewed == "good_only" and (mark is None or mark.mark != "good"):
            left_out[entry.sample_id] = _Drop("not_marked_good", "")
    training = [entry for entry in entries if entry.split == "train" and entry.sample_id not in left_out]
    balanced = balance(training, chosen.balance, settings.seed)
    selected = fill_quotas(balanced.kept, chosen.quotas, chosen.size, settings.seed)
    for sample_id, reason, detail in [*balanced.left_out, *selected.left_out]:
        left_out[sample_id] = _Drop(reason, detail)
    return left_out, [shortfall.why for shortfall in [*balanced.shortfalls, *selected.shortfalls]]


def _read_marks(run: str) -> Mapping[str, Mark]:
    folder = local_path(run)
    return {} if folder is None else read_marks(join_path(folder, MARKS_FILE))


def identify_marks(run: str) -> str:
    """A text that differs when people's marks of ``run`` do."""
    marks = _read_marks(run)
    return content_id(sorted((mark.sample_id, mark.mark) for mark in marks.values()))


def _screen(plan: str, settings: RunSettings, placed: _Placed) -> Outcome:
    sample, again = placed.sample, _read_plan(plan).get(placed.place)
    if again is not None:
        return Reject(sample.sample_id, *again)
    planned = _keep_planned(plan, SCREENING, sample)
    if isinstance(planned, Reject):
        return planned
    questions = open_questions(settings.corpus.decontamination)

    def find(text: str) -> Overlap | None:
        return next(iter(find_contamination(text, questions)), None)

    overlap = find_overlap(entry_of(sample, "train"), find, sample.prompt[0].content)
    if overlap is not None:
        return Reject(sample.sample_id, "contaminated", overlap.why)
    return planned


def _keep_planned(plan: str, gate: Gate, sample: Sample) -> Outcome:
    drop = _read_plan(plan).get(sample.sample_id)
    if drop is not None:
        return Reject(sample.sample_id, *drop)
    checked = Checked(sample_id=sample.sample_id, checks=[Check(name=gate.step, passed=True)])
    return Kept(to_table([checked], Checked))


@open_once
def _read_plan(path: str) -> dict[str, _Drop]:
    return {sample_id: _Drop(*drop) for sample_id, drop in read_json(path).items()}
