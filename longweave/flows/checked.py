"""The samples of a run as they stand after some of its gates: those of ``verified/`` that each gate has kept,
with the checks and trials that it has added.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from longweave.flows.samples_step import VERIFIED, sample_shards
from longweave.flows.settings import RunSettings
from longweave.synth.files import join_path, read_rows
from longweave.synth.records import SAMPLE_SCHEMA, Checked, Sample, from_row
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


@dataclass(frozen=True, slots=True)
class Pool:
    """Samples by shard: those in ``verified/`` of ``run`` that every one of the folders ``found`` names.

    Holds paths only, so that it can be sent to another process.
    """

    run: str
    keys: tuple[str, ...]
    found: tuple[str, ...]

    def after(self, folder: str) -> "Pool":
        """What is left of it after the gate that wrote ``folder``."""
        return replace(self, found=(*self.found, folder))

    def read(self, key: str) -> Iterator[Sample]:
        """The samples of a shard in order, with all that the gates have added."""
        return self._read(key, None)

    def read_light(self, key: str) -> Iterator[Sample]:
        """The same with empty contexts and prompts, which are not read."""
        return self._read(key, [name for name in SAMPLE_SCHEMA.names if name not in _LARGE])

    def read_all(self) -> Iterator[Sample]:
        """The samples of all shards."""
        for key in self.keys:
            yield from self.read(key)

    def count(self, key: str) -> int:
        """How many samples a shard has."""
        return count_rows(self.found[-1] if self.found else join_path(self.run, VERIFIED), key)

    def _read(self, key: str, columns: Sequence[str] | None) -> Iterator[Sample]:
        found = [_read_results(folder, key) for folder in self.found]
        given: set[str] = set()  # screening has let one of two equal samples through
        for row in read_rows(join_path(self.run, VERIFIED, f"{key}.parquet"), columns):
            results = [result.get(row["sample_id"]) for result in found]
            if all(result is not None for result in results) and not (found and row["sample_id"] in given):
                given.add(row["sample_id"])
                sample = from_row(row if columns is None else {**_LARGE, **row}, Sample)
                yield add_findings(sample, [result for result in results if result is not None])


def gates_of(settings: RunSettings, before: Gate | None = None) -> list[Gate]:
    """The gates that a run with ``settings`` has, in order; those ahead of ``before``."""
    asked = {
        GROUNDING: settings.verify.grounding,
        ROBUSTNESS: settings.verify.robustness,
        DIFFICULTY: settings.verify.difficulty,
    }
    there = [SCREENING, *(gate for gate, chosen in asked.items() if chosen is not None), SELECTION]
    return there if before is None else there[: there.index(before)]


def open_pool(run: str, settings: RunSettings, before: Gate | None = None) -> Pool:
    """The samples of ``run`` that all gates have kept, or those ahead of ``before``."""
    found = tuple(join_path(run, gate.folder) for gate in gates_of(settings, before))
    return Pool(run, tuple(sample_shards(run, settings)), found)


def _read_results(folder: str, key: str) -> dict[str, Checked]:
    rows = read_rows(join_path(folder, f"{key}.parquet"))
    return {row["sample_id"]: from_row(row, Checked) for row in rows}


def add_findings(sample: Sample, results: Sequence[Checked]) -> Sample:
    """``sample`` with what gates have found out about it."""
    measured = [result.difficulty for result in results if result.difficulty is not None]
    return sample.model_copy(
        update={
            "checks": [*sample.checks, *(check for result in results for check in result.checks)],
            "trials": [*sample.trials, *(trial for result in results for trial in result.trials)],
            "difficulty": measured[-1] if measured else sample.difficulty,
        }
    )
