"""How a run goes, for people: a moving line on a terminal, and one quiet line per finished stage
everywhere."""

import time

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars
from rich.table import Table

from longweave.synth.funnel import Counts, Funnel
from longweave.synth.stage import MadeShard

_REASONS_SHOWN = 4


class ConsoleProgress:
    """A ``Progress`` on ``console``; use it as a context manager, so that the terminal is left in order."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bars = Bars(
            SpinnerColumn(),
            TextColumn("{task.description:<20}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._bar: TaskID | None = None
        self._began = 0.0

    def __enter__(self) -> "ConsoleProgress":
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def begin(self, stage: str, shards: int) -> None:
        """See ``Progress``."""
        self._bar, self._began = self._bars.add_task(stage, total=shards), time.monotonic()

    def advance(self, stage: str, made: MadeShard) -> None:
        """See ``Progress``."""
        if self._bar is not None:
            self._bars.advance(self._bar)

    def end(self, stage: str, counts: Counts) -> None:
        """See ``Progress``."""
        if self._bar is not None:
            self._bars.remove_task(self._bar)
            self._bar = None
        seconds = time.monotonic() - self._began
        self._console.print(f"{describe_counts(stage, counts)}  {seconds:.1f} s", highlight=False)

    def warn(self, what: str) -> None:
        """See ``Progress``."""
        self._console.print(f"warning: {what}", style="yellow", highlight=False, markup=False)


def describe_counts(stage: str, counts: Counts) -> str:
    """One line: what a stage took in and kept, and the reasons it dropped most for."""
    reasons = sorted(counts.dropped.items(), key=lambda pair: (-pair[1], pair[0]))
    shown = ", ".join(f"{reason} {count}" for reason, count in reasons[:_REASONS_SHOWN])
    more = ", …" if len(reasons) > _REASONS_SHOWN else ""
    dropped = f"  dropped: {shown}{more}" if shown else ""
    return f"{stage:<20} {counts.n_in:>8,} in {counts.kept:>8,} kept{dropped}"


def funnel_table(title: str, funnel: Funnel) -> Table:
    """The books of a run as a table."""
    table = Table(title=title, title_justify="left")
    table.add_column("stage")
    for name in ("in", "kept", "tokens"):
        table.add_column(name, justify="right")
    table.add_column("dropped")
    for stage, counts in funnel.stages.items():
        reasons = ", ".join(f"{reason} {count:,}" for reason, count in counts.to_json()["dropped"].items())
        tokens = f"{counts.tokens:,}" if counts.tokens else ""
        table.add_row(stage, f"{counts.n_in:,}", f"{counts.kept:,}", tokens, reasons)
    return table
