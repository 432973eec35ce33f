"""A stage: a pure function over records, run shard by shard with the books kept.

``run_stage`` makes one output shard per key. ``read`` gives a key's input records, ``work`` turns them into
one ``Kept`` or ``Reject`` each; the runner counts what goes in and what comes out, and a shard that does not
balance ends the run. Kept rows go to ``<folder>/<key>.parquet``, rejects to
``rejects/<stage>/<key>.parquet``; the shard's counts stand in its own footer, and it gets its name last. So a
shard either is there with its counts and its rejects, or is made again: a run that was killed continues with
the first unfinished shard and gives the same bytes.
"""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from longweave.synth.errors import InputError, RunError
from longweave.synth.files import ParquetSink, join_path, open_whole, path_exists, read_footer
from longweave.synth.funnel import Counts, add_counts, check_balance, read_funnel, write_funnel
from longweave.synth.llm.meter import Meter
from longweave.synth.run_directory import RunDirectory

T = TypeVar("T")

REJECT_SCHEMA = pa.schema(
    [
        ("stage", pa.string()),
        ("record_id", pa.string()),
        ("reason", pa.string()),
        ("detail", pa.string()),
        ("found", pa.string()),
    ]
)
_COUNTS_KEY = "longweave"
_DETAIL_CHARS = 500

RECORD_ERRORS = (InputError, ValueError, LookupError, ArithmeticError, TypeError, RecursionError)
"""What one bad record may raise without ending the run; it becomes a reject with the reason ``error``."""


class Kept(NamedTuple):
    """A record that goes on, as ``rows`` of the stage's output: one, several, or none."""

    rows: pa.Table


class Reject(NamedTuple):
    """A record that does not: a ``reason`` that is counted, what was seen in a line, and as JSON what else
    the stage has ``found`` out and paid for."""

    record_id: str
    reason: str
    detail: str = ""
    found: str = ""


Outcome = Kept | Reject


@dataclass(frozen=True, slots=True)
class Stage(Generic[T]):
    """What a stage is. All of it can be pickled, so that shards can be made in other processes.

    ``read(key)`` yields the input records of a shard and ``work`` one outcome for each of them, in order.
    ``expect(key)`` is how many there must be, where another file knows. ``max_dropped`` is the share (0…1) of
    records that may be dropped before the run ends. ``tokens`` is the output column whose sum goes to the
    funnel.
    """

    name: str
    folder: str
    schema: pa.Schema
    read: Callable[[str], Iterator[T]]
    work: Callable[[Iterator[T]], Iterator[Outcome]]
    expect: Callable[[str], int] | None = None
    max_dropped: float = 1.0
    tokens: str | None = None

    def shard_path(self, run: str, key: str) -> str:
        """Where the output shard of ``key`` stands in the run at ``run``."""
        return join_path(run, self.folder, f"{key}.parquet")


class MadeShard(NamedTuple):
    """A shard's counts, and the seconds that it took now; 0 when it was there."""

    key: str
    counts: Counts
    seconds: float


Make = Callable[[str], MadeShard]
Execute = Callable[[Make, Sequence[str]], Iterator[MadeShard]]
"""Applies the function to every key, in any order, here or elsewhere."""


class Progress(Protocol):
    """Is told how a stage goes."""

    def begin(self, stage: str, shards: int) -> None:
        """A stage of so many shards begins."""

    def advance(self, stage: str, made: MadeShard) -> None:
        """One more shard is there."""

    def models(self, stage: str, meter: Meter) -> None:
        """How a stage that asks models goes; about twice a second, from a thread without an event loop."""

    def end(self, stage: str, counts: Counts) -> None:
        """The stage is done."""

    def warn(self, what: str) -> None:
        """Something that a person should look at; the run goes on."""


def each_record(
    work: Callable[[T], Outcome], identify: Callable[[T], str]
) -> Callable[[Iterator[T]], Iterator[Outcome]]:
    """``work`` over records one by one; a record that makes it fail is rejected with the reason ``error``."""
    return partial(_each_record, work, identify)


def _each_record(
    work: Callable[[T], Outcome], identify: Callable[[T], str], records: Iterator[T]
) -> Iterator[Outcome]:
    for record in records:
        try:
            yield work(record)
        except RECORD_ERRORS as error:
            yield Reject(identify(record), "error", f"{type(error).__name__}: {error}")


def run_in_turn(make: Make, keys: Sequence[str]) -> Iterator[MadeShard]:
    """Make the shards one after the other in this process."""
    return map(make, keys)


def run_stage(
    run: RunDirectory,
    stage: Stage[Any],
    keys: Sequence[str],
    execute: Execute = run_in_turn,
    progress: Progress | None = None,
) -> Counts:
    """Make the shards of ``keys`` that are not there, and enter the stage in the funnel.

    Raises:
        RunError: A shard cannot be written or does not balance, or more is dropped than may be.
    """
    if progress is not None:
        progress.begin(stage.name, len(keys))
    made: dict[str, MadeShard] = {}
    started = time.monotonic()
    is_there = {key: path_exists(stage.shard_path(run.url, key)) for key in keys}
    missing = [key for key in keys if not is_there[key]]
    there = (make_shard(run.url, stage, key) for key in keys if is_there[key])
    for shard in chain(there, execute(partial(make_shard, run.url, stage), missing)):
        made[shard.key] = shard
        if progress is not None:
            progress.advance(stage.name, shard)
    counts = add_counts(made[key].counts for key in keys)
    check_balance(counts, stage.name)
    seconds = time.monotonic() - started if missing else 0.0
    write_funnel(run.url, read_funnel(run.url).with_stage(stage.name, counts, seconds))
    if progress is not None:
        progress.end(stage.name, counts)
    if counts.n_in and counts.n_dropped > stage.max_dropped * counts.n_in:
        most = max(counts.dropped, key=lambda reason: (counts.dropped[reason], reason))
        raise RunError(
            f"{counts.n_dropped} of {counts.n_in} records dropped, {counts.dropped[most]} as {most}",
            where=stage.name,
            fix=f"See rejects/{stage.name}, or raise limits.{stage.name}.",
        )
    return counts


def make_shard(run: str, stage: Stage[Any], key: str) -> MadeShard:
    """Make the output shard of ``key`` in the run at ``run`` unless it is there.

    Raises:
        RunError: It cannot be written, or does not balance.
    """
    path = stage.shard_path(run, key)
    if path_exists(path):
        return MadeShard(key, read_counts(path), 0.0)
    started = time.monotonic()
    with ExitStack() as open_files:
        output = ParquetSink(open_files.enter_context(open_whole(path)), stage.schema)
        tally = _Tally(stage, join_path(run, "rejects", stage.name, f"{key}.parquet"), open_files)
        for outcome in stage.work(tally.count(stage.read(key))):
            if isinstance(outcome, Reject):
                tally.drop(outcome)
            else:
                tally.keep(outcome)
                output.write(outcome.rows)
        counts = tally.counts(output)
        where = f"{stage.name}/{key}"
        check_balance(counts, where)
        if stage.expect is not None and (expected := stage.expect(key)) != counts.n_in:
            raise RunError(
                f"{expected} records expected, {counts.n_in} read", where=where, fix="Start a new run."
            )
        output.close({_COUNTS_KEY: json.dumps(counts.to_json())})
        tally.close()
    return MadeShard(key, counts, time.monotonic() - started)


def read_counts(path: str) -> Counts:
    """The counts in the footer of a shard."""
    return Counts.from_json(json.loads(read_footer(path)[1][_COUNTS_KEY]))


def count_rows(folder: str, key: str) -> int:
    """The rows of the shard of ``key`` in ``folder``, for ``Stage.expect``."""
    return read_footer(join_path(folder, f"{key}.parquet"))[0]


class _Tally:
    """Counts what goes into a shard and what comes out, and writes what is dropped."""

    def __init__(self, stage: Stage[Any], path: str, open_files: ExitStack) -> None:
        self._stage, self._path, self._open_files = stage, path, open_files
        self._n_in = self._kept = self._tokens = 0
        self._dropped: Counter[str] = Counter()
        self._sink: ParquetSink | None = None

    def count(self, records: Iterator[T]) -> Iterator[T]:
        for record in records:
            self._n_in += 1
            yield record

    def keep(self, outcome: Kept) -> None:
        self._kept += 1
        if self._stage.tokens is not None:
            self._tokens += pc.sum(outcome.rows[self._stage.tokens]).as_py() or 0

    def drop(self, reject: Reject) -> None:
        self._dropped[reject.reason] += 1
        if self._sink is None:
            self._sink = ParquetSink(self._open_files.enter_context(open_whole(self._path)), REJECT_SCHEMA)
        row = reject._asdict() | {"stage": self._stage.name, "detail": reject.detail[:_DETAIL_CHARS]}
        self._sink.write(pa.Table.from_pylist([row], schema=REJECT_SCHEMA))

    def counts(self, output: ParquetSink) -> Counts:
        return Counts(self._n_in, self._kept, dict(self._dropped), output.n_rows, self._tokens)

    def close(self) -> None:
        if self._sink is not None:
            self._sink.close({})
