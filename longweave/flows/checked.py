"""The samples of a run as they stand after its gates: those of ``verified/`` that every gate has kept, with
the checks and trials that each has added.
"""

from collections.abc import Iterator
from typing import NamedTuple

from longweave.flows.samples_step import VERIFIED, sample_shards
from longweave.flows.settings import RunSettings
from longweave.synth.files import join_path, read_rows
from longweave.synth.records import Checked, Sample, from_row
from longweave.synth.stage import count_rows

_LARGE: dict[str, list[object]] = {"context": [], "prompt": []}


class Gate(NamedTuple):
    """A gate after the proof: the step that runs it and the folder of what it finds out."""

    step: str
    folder: str


SCREENING = Gate("screen_samples", "checks/screening")
GROUNDING = Gate("check_grounding", "checks/grounding")
ROBUSTNESS = Gate("check_robustness", "checks/robustness")
DIFFICULTY = Gate("measure_difficulty", "checks/difficulty")
SELECTION = Gate("select_samples", "selected")


def gates_of(settings: RunSettings, before: Gate | None = None) -> list[Gate]:
    """The gates that a run with ``settings`` has, in order; those ahead of ``before``."""
    asked = {
        GROUNDING: settings.verify.grounding,
        ROBUSTNESS: settings.verify.robustness,
        DIFFICULTY: settings.verify.difficulty,
    }
    there = [SCREENING, *(gate for gate, chosen in asked.items() if chosen is not None), SELECTION]
    return there if before is None else there[: there.index(before)]


def read_selected(run: str, settings: RunSettings) -> Iterator[Sample]:
    """The samples that are shipped, in order."""
    for key in sample_shards(run, settings):
        yield from read_checked(run, settings, key)


def read_checked(run: str, settings: RunSettings, key: str, before: Gate | None = None) -> Iterator[Sample]:
    """The samples of a shard that all gates (those ahead of ``before``) have kept, in order."""
    found = [_read_results(run, gate, key) for gate in gates_of(settings, before)]
    for row in read_rows(join_path(run, VERIFIED, f"{key}.parquet")):
        results = [result.get(row["sample_id"]) for result in found]
        if all(result is not None for result in results):
            yield _add(from_row(row, Sample), [result for result in results if result is not None])


def expect_checked(run: str, settings: RunSettings, key: str, before: Gate) -> int:
    """How many samples ``read_checked`` gives."""
    gates = gates_of(settings, before)
    return count_rows(join_path(run, gates[-1].folder if gates else VERIFIED), key)


def _read_results(run: str, gate: Gate, key: str) -> dict[str, Checked]:
    rows = read_rows(join_path(run, gate.folder, f"{key}.parquet"))
    return {row["sample_id"]: from_row(row, Checked) for row in rows}


def _add(sample: Sample, results: list[Checked]) -> Sample:
    measured = [result.difficulty for result in results if result.difficulty is not None]
    return sample.model_copy(
        update={
            "checks": [*sample.checks, *(check for result in results for check in result.checks)],
            "trials": [*sample.trials, *(trial for result in results for trial in result.trials)],
            "difficulty": measured[-1] if measured else sample.difficulty,
        }
    )
