"""What every step is given."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from longweave.flows.settings import RunSettings
from longweave.synth.funnel import Counts
from longweave.synth.run_directory import RunDirectory
from longweave.synth.stage import Execute, Progress, Stage, run_stage


@dataclass(frozen=True, slots=True)
class StepContext:
    """The run, its settings, and how its shards are made and reported."""

    run: RunDirectory
    settings: RunSettings
    execute: Execute
    progress: Progress

    def run_stage(self, stage: Stage[Any], keys: Sequence[str]) -> Counts:
        """Make the shards of ``stage``; see ``synth.stage.run_stage``."""
        return run_stage(self.run, stage, keys, self.execute, self.progress)
