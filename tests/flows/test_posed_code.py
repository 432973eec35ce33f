"""Source files to proven samples, with no model and no endpoint."""

import gzip
import json
from pathlib import Path

import pytest

from longweave.flows.pipeline import STEPS, begin
from longweave.flows.posed_step import CODE_CANDIDATES, code_shards
from longweave.flows.samples_step import VERIFIED, verify_samples
from longweave.flows.settings import RunSettings
from longweave.flows.step import open_context
from longweave.synth.files import read_rows
from longweave.synth.records import Sample, from_row
from longweave.synth.stage import run_in_turn
from tests.conftest import ROOT, SilentProgress

_PACKAGES = ("code-click", "code-flask", "code-requests", "code-httpx")


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of four packages of the sample."""
    folder = tmp_path_factory.mktemp("sources")
    with gzip.open(ROOT / "data" / "sample" / "code.jsonl.gz", "rt") as file:
        lines = [line for line in file if json.loads(line)["doc_id"].startswith(_PACKAGES)]
    (folder / "code.jsonl").write_text("".join(lines))
    return folder


def run_with(sources: Path, out: Path, code: dict[str, int] | None) -> RunSettings:
    settings = RunSettings.model_validate(
        {
            "corpus": {"sources": [{"name": "code", "format": "jsonl", "paths": [str(sources / "*.jsonl")]}]},
            "code": code,
            "val_share": 0,
            "context": {"targets": [12_000], "fill": 0.9},
            "verify": {"grounding": None, "robustness": None, "difficulty": None},
        }
    )
    with (
        begin(settings, str(out)) as run,
        open_context(run, settings, run_in_turn, SilentProgress()) as context,
    ):
        for step in STEPS[: STEPS.index(verify_samples) + 1]:
            step(context)
    return settings


def test_code_questions_are_posed_put_into_context_and_proven(sources: Path, tmp_path: Path) -> None:
    settings = run_with(sources, tmp_path / "run", {"questions_per_sort": 1})
    assert code_shards(settings) == ["train-code", "val-code"]
    posed = list(read_rows(str(tmp_path / "run" / CODE_CANDIDATES / "train-code.parquet")))
    samples = [
        from_row(row, Sample)
        for path in sorted((tmp_path / "run" / VERIFIED).glob("*-code-*.parquet"))
        for row in read_rows(str(path))
    ]
    assert len(posed) >= 5
    assert len(samples) >= 0.9 * len(posed)
    for sample in samples:
        assert sample.maker == "kg_code"
        assert "proof:kg_code" in {check.name for check in sample.checks}
        assert len(sample.doc_ids) >= 2


def test_without_the_setting_no_code_question_is_posed(sources: Path, tmp_path: Path) -> None:
    settings = run_with(sources, tmp_path / "run", None)
    assert code_shards(settings) == []
    assert not (tmp_path / "run" / CODE_CANDIDATES).exists()
