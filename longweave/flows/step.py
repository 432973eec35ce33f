"""What every step is given."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from longweave.flows.models import RunModels
from longweave.flows.settings import RunSettings
from longweave.flows.watch import watch_stage
from longweave.synth.files import path_exists
from longweave.synth.funnel import Counts
from longweave.synth.llm.loop import Models
from longweave.synth.run_directory import RunDirectory
from longweave.synth.stage import Execute, MadeShard, Make, Progress, Stage, run_stage


@dataclass(frozen=True, slots=True)
class StepContext:
    """The run, its settings, its models, and how its shards are made and reported.

    ``execute_asking`` gives the ``Execute`` for stages that ask models: their shards stay in this process.
    """

    run: RunDirectory
    settings: RunSettings
    execute: Execute
    progress: Progress
    models: RunModels
    execute_asking: Callable[[Models], Execute]

    def run_stage(self, stage: Stage[Any], keys: Sequence[str]) -> Counts:
        """Make the shards of ``stage``; see ``synth.stage.run_stage``."""
        return run_stage(self.run, stage, keys, self.execute, self.progress)

    def run_asking(self, stage: Stage[Any], keys: Sequence[str]) -> Counts:
        """Make the shards of ``stage``, whose work asks models and which knows its ``expect``."""
        models = self.models.open()
        assert stage.expect is not None
        sizes = {key: stage.expect(key) for key in keys}
        n_done = sum(sizes[key] for key in keys if path_exists(stage.shard_path(self.run.url, key)))
        inner = self.execute_asking(models)

        def execute(make: Make, missing: Sequence[str]) -> Iterator[MadeShard]:
            with watch_stage(stage.name, models, n_done, sum(sizes.values()), self.progress):
                yield from inner(make, missing)

        return run_stage(self.run, stage, keys, execute, self.progress)


@contextmanager
def open_context(
    run: RunDirectory,
    settings: RunSettings,
    execute: Execute,
    progress: Progress,
    execute_asking: Callable[[Models], Execute] = attrgetter("execute"),
) -> Iterator[StepContext]:
    """What the steps of ``run`` are given; models that they open are closed at the end of the block."""
    with RunModels(run, settings.models, progress) as models:
        yield StepContext(run, settings, execute, progress, models, execute_asking)
