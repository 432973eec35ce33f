"""Which verified samples are shipped: ``checks/screening/``, then ``selected/``."""

from collections.abc import Iterator
from functools import partial
from operator import attrgetter

from longweave.flows.checked import SCREENING, SELECTION, Gate, expect_checked, read_checked
from longweave.flows.samples_step import sample_shards
from longweave.flows.settings import RunSettings
from longweave.flows.step import StepContext
from longweave.synth.records import CHECKED_SCHEMA, Check, Checked, Sample, to_table
from longweave.synth.stage import Kept, Outcome, Stage, each_record


def screen_samples(context: StepContext) -> None:
    """Drop near-duplicate questions and what overlaps with a question set."""
    _run(context, SCREENING)


def select_samples(context: StepContext) -> None:
    """Choose what is shipped."""
    _run(context, SELECTION)


def _run(context: StepContext, gate: Gate) -> None:
    run, settings = context.run, context.settings
    stage = Stage(
        name=gate.step,
        folder=gate.folder,
        schema=CHECKED_SCHEMA,
        read=partial(_read, run.url, settings, gate),
        work=each_record(partial(_keep, gate), attrgetter("sample_id")),
        expect=partial(expect_checked, run.url, settings, before=gate),
    )
    context.run_stage(stage, sample_shards(run.url, settings))


def _read(run: str, settings: RunSettings, gate: Gate, key: str) -> Iterator[Sample]:
    return read_checked(run, settings, key, before=gate)


def _keep(gate: Gate, sample: Sample) -> Outcome:
    checked = Checked(sample_id=sample.sample_id, checks=[Check(name=gate.step, passed=True)])
    return Kept(to_table([checked], Checked))
