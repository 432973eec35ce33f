"""How a run goes, for people: a moving view on a terminal; everywhere else a line per finished stage, and
for stages that ask models one about every half minute."""

import time
from collections.abc import Callable
from datetime import timedelta
from threading import Lock

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars
from rich.table import Table
from rich.text import Text

from longweave.synth.funnel import Counts, Funnel
from longweave.synth.llm.meter import Meter
from longweave.synth.stage import MadeShard

_REASONS_SHOWN = 4
_QUIET_SECONDS = 30.0
_SIZES = ((10**12, "T"), (10**9, "G"), (10**6, "M"), (10**4, "k"))


class ConsoleProgress:
    """A ``Progress`` on ``console``; use it as a context manager, so that the terminal is left in order.

    Args:
        console: Where it is written; whether it is a terminal decides what is.
        clock: Seconds.
    """

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self._console, self._clock = console, clock
        self._bars = Bars(
            SpinnerColumn(),
            TextColumn("{task.description:<20}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
        )
        self._lock = Lock()
        self._bar: TaskID | None = None
        self._meter: Meter | None = None
        self._began = self._said = 0.0
        self._live = Live(console=console, transient=True, get_renderable=self._view)

    def __enter__(self) -> "ConsoleProgress":
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def begin(self, stage: str, shards: int) -> None:
        """See ``Progress``."""
        self._bar, self._meter = self._bars.add_task(stage, total=shards), None
        self._began = self._said = self._clock()

    def advance(self, stage: str, made: MadeShard) -> None:
        """See ``Progress``. Where models are asked, the bar counts records and not shards."""
        if self._bar is not None and self._meter is None:
            self._bars.advance(self._bar)

    def models(self, stage: str, meter: Meter) -> None:
        """See ``Progress``."""
        with self._lock:
            self._meter = meter
            if self._bar is not None:
                self._bars.update(self._bar, completed=meter.done, total=meter.total)
            now = self._clock()
            is_due = not self._console.is_terminal and now - self._said >= _QUIET_SECONDS
            if is_due:
                self._said = now
        if is_due:
            self._console.print(f"{stage:<20} {describe_meter(meter)}", highlight=False, markup=False)

    def end(self, stage: str, counts: Counts) -> None:
        """See ``Progress``."""
        meter = self._meter
        if self._bar is not None:
            self._bars.remove_task(self._bar)
            self._bar = self._meter = None
        line = f"{describe_counts(stage, counts)}  {self._clock() - self._began:.1f} s"
        if meter is not None:
            line += f"  {describe_spending(meter)}"
        self._console.print(line, highlight=False, markup=False)

    def warn(self, what: str) -> None:
        """See ``Progress``."""
        self._console.print(f"warning: {what}", style="yellow", highlight=False, markup=False)

    def _view(self) -> Group:
        if self._meter is None:
            return Group(self._bars)
        return Group(self._bars, Text(f"  {describe_meter(self._meter)}", style="dim"))


def describe_counts(stage: str, counts: Counts) -> str:
    """One line: what a stage took in and kept, and the reasons it dropped most for."""
    reasons = sorted(counts.dropped.items(), key=lambda pair: (-pair[1], pair[0]))
    shown = ", ".join(f"{reason} {count}" for reason, count in reasons[:_REASONS_SHOWN])
    more = ", …" if len(reasons) > _REASONS_SHOWN else ""
    dropped = f"  dropped: {shown}{more}" if shown else ""
    return f"{stage:<20} {counts.n_in:>8,} in {counts.kept:>8,} kept{dropped}"


def describe_meter(meter: Meter) -> str:
    """One line: how far a stage that asks models is, how fast it goes, and what it has used."""
    parts = [f"{meter.done:,}/{meter.total:,} records"]
    if meter.seconds_left is not None:
        parts.append(f"{describe_seconds(meter.seconds_left)} left")
    parts += [
        f"{meter.requests_per_second:,.1f} requests/s",
        f"{shorten(meter.tokens_per_second)} tokens/s",
        describe_spending(meter),
        f"{meter.in_flight}/{meter.limit} in flight",
    ]
    if meter.waiting:
        parts.append(f"{meter.waiting:,} in line")
    return " · ".join(parts)


def describe_spending(meter: Meter) -> str:
    """Calls, tokens and, where prices are known, money."""
    spent = meter.spent
    said = f"{spent.requests:,} calls, {shorten(spent.tokens)} tokens"
    if spent.hits:
        said += f", {spent.hits:,} from the store"
    return said if meter.money is None else f"{said}, {describe_money(meter.money)} spent"


def describe_money(money: float) -> str:
    """Money with as many digits as matter."""
    return f"{money:,.2f}" if money >= 1 or money == 0 else f"{money:.3g}"


def describe_seconds(seconds: float) -> str:
    """Such as ``0:05:12``."""
    return str(timedelta(seconds=round(seconds)))


def shorten(number: float) -> str:
    """A large number in three digits or four, such as ``81.3 M``."""
    for size, letter in _SIZES:
        if number >= size:
            divisor = 1_000 if letter == "k" else size
            return f"{number / divisor:,.1f} {letter}"
    return f"{number:,.0f}"


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
