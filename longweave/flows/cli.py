"""The ``longweave`` command. An error is one line and exit code 2.

It takes the pipeline's steps itself, with worker processes. The same steps as Prefect flows are in
``flows.synthesize``; a flow needs Prefect's server, and the one that Prefect starts for a single run costs
many seconds before the first document is read, so a run on one machine does without.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from longweave.flows.dataset_step import verify_again
from longweave.flows.doctor import diagnose, findings_table
from longweave.flows.estimate import estimate_run
from longweave.flows.estimate_report import describe_estimate, forecast_table
from longweave.flows.graph_command import show_graph
from longweave.flows.models import export_answers
from longweave.flows.pipeline import synthesize
from longweave.flows.progress import ConsoleProgress, funnel_table
from longweave.flows.report_step import write_report
from longweave.flows.review_step import review_run
from longweave.flows.settings import IF_WORKER_DIES, RunSettings
from longweave.flows.stage_sets_step import make_stage_sets
from longweave.synth.config import load_settings
from longweave.synth.errors import LongweaveError
from longweave.synth.funnel import Funnel, read_funnel
from longweave.synth.run_directory import read_run
from longweave.synth.stage import Execute
from longweave.synth.workers import count_cores, open_processes

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Turn real documents into verified long-context training data.",
)
console = Console(soft_wrap=True)
_WIDE = 160

ConfigArgument = Annotated[Path, typer.Argument(help="Settings in YAML, such as pipeline.yaml.")]
OutOption = Annotated[
    str, typer.Option(help="Run directory: a path or an fsspec URL. [default: runs/CONFIG's name]")
]
SetOption = Annotated[list[str] | None, typer.Option("--set", help="A setting: name=value.")]

RunArgument = Annotated[str, typer.Argument(metavar="RUN", help="A run directory.")]


@app.command()
def run(config: ConfigArgument, out: OutOption = "", settings: SetOption = None) -> None:
    """Make a dataset, or continue a run that was stopped.

    Relative paths in CONFIG are relative to its folder.
    """
    loaded, target = _load(config, out, settings)
    with _working(loaded.execution.workers) as (execute, progress):
        made = synthesize(loaded, target, execute, progress)
    exported = made.funnel.stages["export"]
    console.print(f"{exported.kept:,} verified samples, {exported.tokens:,} tokens")
    for name, what in _LEFT.items():
        console.print(f"  {_shown(made.run.path(name))}  {what}", highlight=False)


@app.command()
def doctor(config: ConfigArgument, out: OutOption = "", settings: SetOption = None) -> None:
    """Look at all that a run needs, and ask every model server a few short questions.

    Exit code 1 if something fails.
    """
    loaded, target = _load(config, out, settings)
    with console.status("") as status:
        findings = list(diagnose(loaded, target, status.update))
    _print_table(findings_table(findings))
    if any(finding.check.verdict == "failed" for finding in findings):
        raise typer.Exit(1)


@app.command()
def estimate(
    config: ConfigArgument,
    out: OutOption = "",
    settings: SetOption = None,
    documents: Annotated[int, typer.Option(min=2, help="Documents of the pilot.")] = 32,
) -> None:
    """Predict calls, tokens, money and time of a run from a pilot on a few of its documents.

    What the pilot pays for is kept in the run's answer store: the run does not pay for it again.
    """
    loaded, target = _load(config, out, settings)
    with _working(loaded.execution.workers) as (execute, progress):
        found = estimate_run(loaded, target, documents, execute, progress)
    if found.forecasts:
        _print_table(forecast_table(found))
    for line in describe_estimate(found, loaded.models.budget):
        console.print(line, highlight=False, markup=False)


@app.command()
def answers(
    run_directory: RunArgument,
    file: Annotated[str, typer.Argument(help="Parquet file to write.")],
) -> None:
    """Write the model answers that RUN has used to FILE, from which a run can replay them.

    Name FILE in models.answers.files, and set models.answers.mode to replay.
    """
    n_answers = export_answers(read_run(_absolute(run_directory)), _absolute(file))
    console.print(f"{n_answers:,} answers in {file}", highlight=False)


@app.command()
def verify(run_directory: RunArgument) -> None:
    """Prove every exported sample of RUN again, from its row alone. Exit code 1 if one does not hold."""
    target = _absolute(run_directory)
    settings = RunSettings.model_validate(read_run(target).settings)
    with _working(settings.execution.workers) as (execute, progress):
        proof = verify_again(target, execute, progress)
    funnel = read_funnel(target)
    console.print(funnel_table(_shown(target), Funnel({**funnel.stages, "proof": proof})))
    if proof.kept != proof.n_in:
        raise typer.Exit(1)


@app.command()
def report(run_directory: RunArgument) -> None:
    """Write report.html of RUN again."""
    target = _absolute(run_directory)
    settings = RunSettings.model_validate(read_run(target).settings)
    console.print(_shown(write_report(target, settings)), highlight=False)


@app.command()
def select(
    run_directory: RunArgument,
    stage: Annotated[list[str] | None, typer.Option(help="Only this stage; may be repeated.")] = None,
    out: Annotated[str, typer.Option(help="Folder of the sets. [default: RUN/stages]")] = "",
    settings: SetOption = None,
) -> None:
    """Draw the training set of each stage from RUN's verified samples, without making them again.

    Settings are those of RUN with what is --set: selection.*, verify.screening, corpus.decontamination, or
    another policy in models.roles.policy to measure with.
    """
    target, folder = _absolute(run_directory), _absolute(out) if out else ""
    workers = RunSettings.model_validate(read_run(target).settings).execution.workers
    with _working(workers) as (execute, progress):
        for made in make_stage_sets(target, settings or [], stage or [], folder, execute, progress):
            exported = made.funnel.stages["export"]
            _say(f"{_shown(made.folder)}: {exported.kept:,} samples, {exported.tokens:,} tokens")
            for sentence in made.shortfalls:
                _say(f"  {sentence}")


@app.command()
def graph(
    run_directory: RunArgument,
    entity: Annotated[str, typer.Option(help="A name: what the graphs say of it.")] = "",
    graphml: Annotated[Path | None, typer.Option(help="Write the graph around it to this file.")] = None,
    radius: Annotated[int, typer.Option(min=1, max=10, help="How many hops around it.")] = 2,
) -> None:
    """Look into the knowledge graphs of RUN."""
    for line in show_graph(_absolute(run_directory), entity, graphml, radius):
        _say(line)


@app.command()
def review(
    run_directory: RunArgument,
    port: Annotated[
        int, typer.Option(min=0, max=65_535, help="Port on 127.0.0.1; 0 for any that is free.")
    ] = 0,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page.")] = True,
) -> None:
    """Step through the samples of RUN on a local page and mark them good or bad, until Ctrl-C.

    Marks are kept in RUN/marks.jsonl.
    """
    review_run(_absolute(run_directory), port, browser, _say)


def main() -> None:
    """Entry point of the command."""
    try:
        app()
    except LongweaveError as error:
        print(f"longweave: {error}", file=sys.stderr)
        sys.exit(2)


_LEFT = {
    "train": "verl-ready Parquet",
    "val": "the same, from other documents",
    "report.html": "what was made, to look at",
    "README.md": "dataset card",
}


@contextmanager
def _working(workers: int) -> Iterator[tuple[Execute, ConsoleProgress]]:
    try:
        n_workers = workers or count_cores()
        with (
            open_processes(n_workers, IF_WORKER_DIES) as execute,
            ConsoleProgress(console) as progress,
        ):
            yield execute, progress
    except KeyboardInterrupt:
        print("longweave: stopped; the same command goes on from here", file=sys.stderr)
        raise typer.Exit(130) from None


def _load(config: Path, out: str, settings: list[str] | None) -> tuple[RunSettings, str]:
    """The settings and the place of a run; from here on, paths are relative to the folder of CONFIG."""
    loaded = load_settings(config, RunSettings, settings or [])
    target = _absolute(out or f"runs/{config.stem}")
    os.chdir(config.resolve().parent)
    return loaded, target


def _say(line: str) -> None:
    console.print(line, highlight=False, markup=False)


def _print_table(table: Table) -> None:
    """``table`` in the width of the terminal, and wide where there is none."""
    wide = Console() if console.is_terminal else Console(width=_WIDE)
    wide.print(table)


def _absolute(path: str) -> str:
    return path if "://" in path else str(Path(path).resolve())


def _shown(path: str) -> str:
    """``path`` as short as it can be said from here."""
    return path if "://" in path else os.path.relpath(path)
