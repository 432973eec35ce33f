"""Screening, selection and export of 20,000 samples of 34,000 tokens, and the memory that it takes.

A run over the sample corpus is made up to its verified samples; these are multiplied, each copy with a number
of its own in its question, and the last steps are taken over a tenth of them and over all: minutes, and the
ratio of the peak memory of any process of the larger one to that of the smaller.
"""

import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import count, cycle, islice
from pathlib import Path
from time import monotonic
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.speed.memory import SAMPLE, peak_mb
from longweave.flows.pipeline import STEPS, begin
from longweave.flows.samples_step import VERIFIED, verify_samples
from longweave.flows.selection_step import screen_samples
from longweave.flows.settings import RunSettings
from longweave.flows.step import open_context
from longweave.flows.tables_step import CANDIDATES, candidate_shards
from longweave.synth.files import ParquetSink, open_whole
from longweave.synth.funnel import Counts, read_funnel
from longweave.synth.llm.meter import Meter
from longweave.synth.records import CANDIDATE_SCHEMA, SAMPLE_SCHEMA
from longweave.synth.stage import Execute, MadeShard
from longweave.synth.workers import count_cores, open_processes

SIZES = (2_000, 20_000)
_TOKENS = 34_000
_SHARD = 64
_FIRST = STEPS[: STEPS.index(verify_samples) + 1]
_LAST = STEPS[STEPS.index(screen_samples) :]


def run() -> Iterator[dict[str, Any]]:
    """A line per size, and the ratio of their peaks."""
    peaks: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        made = str(Path(folder, "made"))
        _call("make", made, "0")
        for size in SIZES:
            target = str(Path(folder, str(size)))
            _call("multiply", target, str(size), made)
            measured = _call("select", target, str(size))
            peaks.append(measured["peak_mb"])
            yield {"benchmark": "selection", "samples": size, **measured}
    yield {"benchmark": "selection", "what": "peak memory", "ratio": round(peaks[1] / peaks[0], 2)}


def _call(what: str, *arguments: str) -> dict[str, Any]:
    """One part in a process of its own, so that its peak is its own."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.speed.selection", what, *arguments],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def _settings() -> RunSettings:
    return RunSettings.model_validate(
        {
            "corpus": {
                "sources": [{"name": "sample", "format": "jsonl", "paths": [str(SAMPLE / "*.jsonl.gz")]}]
            },
            "tables": {"questions_per_kind": 3},
            "context": {"targets": [_TOKENS]},
            "shards": {"samples": _SHARD},
        }
    )


def _make(folder: str, execute: Execute) -> dict[str, Any]:
    with begin(_settings(), folder) as run, open_context(run, _settings(), execute, _Silent()) as context:
        for step in _FIRST:
            step(context)
    return {}


def _multiply(folder: str, size: int, made: str) -> dict[str, Any]:
    """Another run over the same documents with ``size`` verified samples, all of the training split."""
    Path(folder).mkdir()
    for name in ("run.json", "splits.json", "documents"):
        Path(folder, name).symlink_to(Path(made, name))
    keys = candidate_shards()
    training = [key for key in keys if key.startswith("train-")]
    sources = [path for key in training for path in sorted(Path(made, VERIFIED).glob(f"{key}-*.parquet"))]
    rows = (row for path in cycle(sources) for row in pq.read_table(path).to_pylist())
    numbers = count()
    for key in keys:
        n_rows = len(range(training.index(key), size, len(training))) if key in training else 0
        _write_candidates(Path(folder, CANDIDATES, f"{key}.parquet"), n_rows)
        for shard, first in enumerate(range(0, n_rows, _SHARD)):
            some = islice(rows, min(_SHARD, n_rows - first))
            _write_verified(Path(folder, VERIFIED, f"{key}-{shard:05d}.parquet"), some, numbers)
    return {}


def _write_candidates(path: Path, n_rows: int) -> None:
    """Empty rows: only their number is looked at from here on."""
    with open_whole(str(path)) as file:
        nulls = {field.name: pa.nulls(n_rows, field.type) for field in CANDIDATE_SCHEMA}
        pq.write_table(pa.table(nulls, schema=CANDIDATE_SCHEMA), file)


def _write_verified(path: Path, rows: Iterator[dict[str, Any]], numbers: Iterator[int]) -> None:
    """Each row as a sample of its own: another id, question and answer."""
    with open_whole(str(path)) as file:
        sink = ParquetSink(file, SAMPLE_SCHEMA)
        for row, number in zip(rows, numbers, strict=False):
            own = {"sample_id": f"{number:016x}", "question": f"In case {number}: {row['question']}"}
            sink.write(pa.Table.from_pylist([row | own | {"answer": str(number)}], schema=SAMPLE_SCHEMA))
        sink.close({})


def _select(folder: str, execute: Execute) -> dict[str, Any]:
    took: dict[str, float] = {}
    with begin(_settings(), folder) as run, open_context(run, _settings(), execute, _Silent()) as context:
        for step in _LAST:
            began = monotonic()
            step(context)
            took[f"{step.__name__}_seconds"] = round(monotonic() - began, 1)
    exported = read_funnel(folder).stages["export"]
    return {
        "tokens": exported.tokens,
        "exported": exported.kept,
        "minutes": round(sum(took.values()) / 60, 2),
        **took,
        "peak_mb": peak_mb(),
    }


class _Silent:
    """A ``Progress`` that says nothing."""

    def begin(self, stage: str, shards: int) -> None: ...

    def advance(self, stage: str, made: MadeShard) -> None: ...

    def models(self, stage: str, meter: Meter) -> None: ...

    def end(self, stage: str, counts: Counts) -> None: ...

    def warn(self, what: str) -> None: ...


def _work(what: str, folder: str, size: str, *made: str) -> dict[str, Any]:
    if what == "multiply":
        return _multiply(folder, int(size), *made)
    with open_processes(count_cores(), "") as execute:
        made_now = (_make if what == "make" else _select)(folder, execute)
    if "peak_mb" in made_now:  # the workers have ended only now
        workers = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e3
        made_now["peak_mb"] = round(max(made_now["peak_mb"], workers), 1)
    return made_now


if __name__ == "__main__":
    print(json.dumps(_work(*sys.argv[1:])))
