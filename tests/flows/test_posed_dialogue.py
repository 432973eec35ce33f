"""Conversations to proven samples at several lengths, with no model and no endpoint."""

from pathlib import Path

import pyarrow.parquet as pq

from longweave.flows.pipeline import STEPS, begin
from longweave.flows.posed_step import DIALOGUE_CANDIDATES, dialogue_shards
from longweave.flows.settings import RunSettings
from longweave.flows.step import open_context
from longweave.synth.stage import run_in_turn
from longweave.synth.verl_rows import sample_from_row
from tests.conftest import ROOT, SilentProgress


def run_with(out: Path, dialogue: dict[str, int] | None) -> RunSettings:
    source = str(ROOT / "data" / "sample" / "dialogue.jsonl.gz")
    settings = RunSettings.model_validate(
        {
            "corpus": {"sources": [{"name": "talk", "format": "jsonl", "paths": [source]}]},
            "dialogue": dialogue,
            "context": {"targets": [8_000, 20_000]},
            "verify": {"grounding": None, "robustness": None, "difficulty": None},
        }
    )
    with (
        begin(settings, str(out)) as run,
        open_context(run, settings, run_in_turn, SilentProgress()) as context,
    ):
        for step in STEPS:
            step(context)
    return settings


def test_dialogue_questions_are_posed_proven_and_exported_with_their_prefix(tmp_path: Path) -> None:
    settings = run_with(tmp_path / "run", {"questions_per_type": 3})
    assert dialogue_shards(settings) == ["train-dialogue", "val-dialogue"]
    rows = pq.read_table(tmp_path / "run" / "train").to_pylist()
    assert len(rows) == 33
    assert {row["target_tokens"] for row in rows} == {8_000, 20_000}
    for row in rows:
        assert row["data_source"] == "dialogue_memory"
        assert row["extra_info"]["prefix"] == row["prefix"]
        assert (row["prefix"] is not None) == (row["answer_kind"] == "ratio")
        assert row["answer"].startswith(row["prefix"] or "")
        sample = sample_from_row(row)
        assert sample.prefix == row["prefix"]
        assert "proof:dialogue" in {check.name for check in sample.checks}


def test_without_the_setting_no_dialogue_question_is_posed(tmp_path: Path) -> None:
    settings = run_with(tmp_path / "run", None)
    assert dialogue_shards(settings) == []
    assert not (tmp_path / "run" / DIALOGUE_CANDIDATES).exists()
