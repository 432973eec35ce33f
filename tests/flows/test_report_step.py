"""What the report of a run is told: samples that a gate dropped, what the selection lacked, the cost."""

import json
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from longweave.flows.report_step import REPORT, read_dropped, write_report
from longweave.flows.selection_step import SHORTFALLS
from longweave.flows.settings import RunSettings
from longweave.synth.funnel import read_funnel, write_funnel
from longweave.synth.stage import REJECT_SCHEMA


@pytest.fixture
def gated(undisturbed_run: Path, tmp_path: Path) -> tuple[Path, str]:
    """A run whose selection has dropped a sample, and the sample's id."""
    run = Path(shutil.copytree(undisturbed_run, tmp_path / "run"))
    shard = next(
        path for path in sorted((run / "selected").glob("*.parquet")) if pq.read_table(path).num_rows
    )
    kept = pq.read_table(shard)
    sample_id = kept["sample_id"][0].as_py()
    pq.write_table(kept.slice(1), shard)
    reject = {"stage": "select_samples", "record_id": sample_id, "reason": "over_quota", "detail": "12 of 12"}
    (run / "rejects" / "select_samples").mkdir(parents=True)
    path = run / "rejects" / "select_samples" / shard.name
    pq.write_table(pa.Table.from_pylist([reject], schema=REJECT_SCHEMA), path)
    return run, sample_id


def test_a_sample_that_a_gate_dropped_is_read_with_its_context(
    gated: tuple[Path, str], settings: RunSettings
) -> None:
    run, sample_id = gated
    (dropped,) = read_dropped(str(run), settings)
    assert (dropped.step, dropped.reason, dropped.detail) == ("select_samples", "over_quota", "12 of 12")
    assert dropped.sample.sample_id == sample_id and dropped.sample.prompt


def test_the_report_shows_what_was_dropped_what_was_lacking_and_what_it_cost(
    gated: tuple[Path, str], settings: RunSettings
) -> None:
    run, _ = gated
    (run / SHORTFALLS).write_text(json.dumps(["Maker paths: 0 of at least 9 samples; the pool has none."]))
    line = {"stage": "check_grounding", "role": "solver", "model": "solver-8b", "requests": 7_654, "hits": 3}
    used = {"prompt": 90_000, "cached": 45_000, "completion": 800, "money": 1.25, "retries": 0}
    write_funnel(str(run), read_funnel(str(run)).with_models([line | used]))
    assert write_report(str(run), settings) == str(run / REPORT)
    page = (run / REPORT).read_text()
    for said in ("over quota", "Maker paths: 0 of at least 9 samples", "7,654", "50%", "1.25"):
        assert said in page
