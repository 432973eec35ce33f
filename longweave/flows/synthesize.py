"""The pipeline as Prefect flows: ``synthesize``, and under it one flow per step with one task per shard;
``weave_graph`` and ``evolve_general``, which take the steps of one maker after the first ones; ``select``,
which draws the training sets of a run.

In: ``RunSettings`` (a form in Prefect's page) and the run directory. Tasks are given keys, not records; the
shards they make are on disk. What is there already is not made again, so a flow that failed or was cancelled
is simply run again. The funnel and a few samples are kept as artifacts.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from functools import partial
from itertools import islice
from typing import Any

from prefect import Flow, flow, task
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.futures import PrefectFuture
from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner

from longweave.flows.checked import open_pool
from longweave.flows.flow_progress import FlowProgress
from longweave.flows.kg_step import WEAVING
from longweave.flows.mase_step import EVOLVING
from longweave.flows.pipeline import ASKING, FIRST, STEPS, Step, begin
from longweave.flows.settings import IF_WORKER_DIES, ExecutionSettings, RunSettings
from longweave.flows.stage_sets_step import make_stage_sets
from longweave.flows.step import open_context
from longweave.synth.card import escape_markdown
from longweave.synth.errors import SettingsError
from longweave.synth.funnel import Funnel, read_funnel
from longweave.synth.llm.loop import SHARDS_AT_ONCE
from longweave.synth.records import Sample
from longweave.synth.run_directory import read_run
from longweave.synth.stage import Execute, MadeShard, Make, run_in_turn
from longweave.synth.workers import count_cores, open_processes

_AHEAD = 4
_CARDS = 6
_SHARED: ContextVar[Execute | None] = ContextVar("execute of the flow above", default=None)


@flow(name="synthesize", persist_result=False)
def synthesize(settings: RunSettings, out: str = "runs/prefect") -> None:
    """Turn the documents of ``settings.corpus`` into verified samples in the run directory ``out``."""
    _take(STEPS, settings, out)
    with begin(settings, out) as run:
        run.set_status("complete")
    _keep_artifacts(out, settings)


@flow(name="weave_graph", persist_result=False)
def weave_graph(settings: RunSettings, out: str = "runs/prefect") -> None:
    """Weave the knowledge graphs of ``settings.kg`` and ask multi-hop questions, as far as candidates.

    ``synthesize`` goes on from there, in the same run directory.
    """
    if settings.kg is None:
        raise SettingsError("no graph is asked for", where="kg", fix="Set kg, if only to {}.")
    _take((*FIRST, *WEAVING), settings, out)


@flow(name="evolve_general", persist_result=False)
def evolve_general(settings: RunSettings, out: str = "runs/prefect") -> None:
    """Evolve questions about the clusters of ``settings.mase``, as far as candidates.

    ``synthesize`` goes on from there, in the same run directory.
    """
    if settings.mase is None:
        raise SettingsError("no task type is asked for", where="mase", fix="Set mase.clusters.")
    _take((*FIRST, *EVOLVING), settings, out)


@flow(name="select", persist_result=False)
def select(run: str, stages: list[str] = [], changes: list[str] = [], out: str = "") -> None:  # noqa: B006
    """Draw the training sets of ``stages`` (all, if none is named) from the verified samples of ``run``.

    ``changes`` are settings that are to differ from the run's, such as "selection.size=1000".
    """
    execution = RunSettings.model_validate(read_run(run).settings).execution
    with _executing(execution) as execute:
        for made in make_stage_sets(run, changes, stages, out, execute, FlowProgress()):
            create_table_artifact(
                _funnel_rows(made.funnel), key="stage-set", description=f"{made.folder}: who is in it"
            )


def _take(steps: Sequence[Step], settings: RunSettings, out: str) -> None:
    with _executing(settings.execution):
        for step in steps:
            step_flow = STAGE_FLOWS[step.__name__]
            if step not in ASKING:
                step_flow = step_flow.with_options(task_runner=_task_runner(settings.execution))
            step_flow(settings, out)


def _as_flow(step: Step) -> Flow[[RunSettings, str], None]:
    threads: TaskRunner[Any] = ThreadPoolTaskRunner(
        max_workers=SHARDS_AT_ONCE if step in ASKING else count_cores()
    )

    @flow(name=step.__name__, description=step.__doc__, persist_result=False, task_runner=threads)
    def take_step(settings: RunSettings, out: str) -> None:
        progress = FlowProgress()
        asking = partial(_run_in_tasks, run_in_turn, SHARDS_AT_ONCE)
        with (
            begin(settings, out) as run,
            _executing(settings.execution) as execute,
            open_context(run, settings, execute, progress, lambda _: asking) as context,
        ):
            step(context)

    return take_step


STAGE_FLOWS = {step.__name__: _as_flow(step) for step in STEPS}
"""The flow of each step, by its name."""


@task(name="shard", task_run_name="{key}", cache_policy=NO_CACHE, persist_result=False)
def make_shard_task(execute: Execute, make: Make, key: str) -> MadeShard:
    """Make one shard."""
    return next(execute(make, [key]))


@contextmanager
def _executing(execution: ExecutionSettings) -> Iterator[Execute]:
    """An ``Execute`` that makes every shard in a task: in a process of this machine that the task waits for,
    or on a Ray cluster. Within another such block it is the same one."""
    shared = _SHARED.get()
    if shared is not None:
        yield shared
        return
    n_workers = execution.workers or count_cores()
    with ExitStack() as opened:
        inner: Execute = run_in_turn
        if execution.task_runner == "processes":
            inner = opened.enter_context(open_processes(n_workers, IF_WORKER_DIES))
        execute = partial(_run_in_tasks, inner, n_workers)
        token = _SHARED.set(execute)
        try:
            yield execute
        finally:
            _SHARED.reset(token)


def _run_in_tasks(inner: Execute, n_workers: int, make: Make, keys: Sequence[str]) -> Iterator[MadeShard]:
    waiting = iter(keys)
    running: deque[PrefectFuture[MadeShard]] = deque()
    for key in islice(waiting, n_workers * _AHEAD):
        running.append(make_shard_task.submit(inner, make, key))
    while running:
        yield running.popleft().result()
        for key in islice(waiting, 1):
            running.append(make_shard_task.submit(inner, make, key))


def _task_runner(execution: ExecutionSettings) -> TaskRunner[Any]:
    if execution.task_runner != "ray":
        return ThreadPoolTaskRunner(max_workers=execution.workers or count_cores())
    try:
        from prefect_ray import RayTaskRunner
    except ImportError as error:
        raise SettingsError(
            "prefect-ray is not installed",
            where="execution.task_runner = ray",
            fix="Install longweave[ray], or choose processes.",
        ) from error
    runner: TaskRunner[Any] = RayTaskRunner()
    return runner


def _keep_artifacts(out: str, settings: RunSettings) -> None:
    funnel = read_funnel(out)
    create_table_artifact(_funnel_rows(funnel), key="funnel", description=f"What {out} kept and dropped")
    if funnel.models:
        lines = [dict(line) for line in funnel.models]
        create_table_artifact(lines, key="spending", description=f"What {out} asked of models")
    shown = islice(open_pool(out, settings).read_all(), _CARDS)
    create_markdown_artifact(
        "\n".join(map(_describe_sample, shown)), key="samples", description=f"Samples of {out}"
    )


def _funnel_rows(funnel: Funnel) -> list[dict[str, Any]]:
    return [
        {
            "stage": stage,
            "in": counts.n_in,
            "kept": counts.kept,
            "dropped": ", ".join(f"{reason} {n}" for reason, n in counts.to_json()["dropped"].items()),
            "tokens": counts.tokens,
            "seconds": funnel.seconds.get(stage, 0.0),
        }
        for stage, counts in funnel.stages.items()
    ]


def _describe_sample(sample: Sample) -> str:
    titles = {piece.doc_id: piece.title for piece in sample.context}
    documents = "; ".join(escape_markdown(titles[doc_id]) for doc_id in sample.doc_ids)
    return (
        f"### {escape_markdown(sample.question)}\n\n**{escape_markdown(sample.answer)}**\n\n"
        f"{sample.question_type}, {sample.n_prompt_tokens:,} tokens; from {documents}\n"
    )
