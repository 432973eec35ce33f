"""What the demo promises: ``pipeline.yaml`` over the documents of ``data/sample``."""

import json
import subprocess
import sys
from collections.abc import Mapping
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.conftest import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1_200)]

_COLUMNS = [
    "sample_id",
    "maker",
    "evidence",
    "question_type",
    "target_tokens",
    "n_prompt_tokens",
    "doc_ids",
    "context",
]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run directory of the demo."""
    out = tmp_path_factory.mktemp("demo") / "run"
    program = "from longweave.flows.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program, "run", "pipeline.yaml", "--out", str(out)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=1_100,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return out


@pytest.fixture(scope="module")
def rows(demo: Path) -> dict[str, list[dict[str, Any]]]:
    """The exported rows by split."""
    return {
        split: [
            row
            for path in sorted((demo / split).iterdir())
            for row in pq.read_table(path, columns=_COLUMNS).to_pylist()
        ]
        for split in ("train", "val")
    }


def test_the_demo_is_a_hundred_samples_of_many_kinds_and_lengths(
    rows: Mapping[str, list[dict[str, Any]]],
) -> None:
    every = [*rows["train"], *rows["val"]]
    assert len(every) >= 100
    assert len({row["sample_id"] for row in every}) == len(every)
    assert len({row["question_type"] for row in every}) >= 15
    assert len({row["target_tokens"] for row in every}) >= 3
    assert all(0.98 * row["target_tokens"] <= row["n_prompt_tokens"] <= row["target_tokens"] for row in every)


def test_most_samples_of_the_demo_need_several_filings(rows: Mapping[str, list[dict[str, Any]]]) -> None:
    every = [*rows["train"], *rows["val"]]
    assert len({doc_id for row in every for doc_id in row["doc_ids"]}) >= 12
    assert sum(len(row["doc_ids"]) >= 2 for row in every) > len(every) / 2


def test_the_graph_gives_multi_hop_samples_of_all_paradigms(rows: Mapping[str, list[dict[str, Any]]]) -> None:
    multi_hop = [row for row in [*rows["train"], *rows["val"]] if row["maker"] == "kg"]
    assert len(multi_hop) >= 20
    assert {row["question_type"] for row in multi_hop} == {"multi_fact", "temporal", "causal", "hypothetical"}
    assert sum(len(row["doc_ids"]) for row in multi_hop) >= 3 * len(multi_hop)
    assert sum(len(row["evidence"]) for row in multi_hop) >= 3 * len(multi_hop)
    assert sum(row["maker"] == "kg_code" for row in [*rows["train"], *rows["val"]]) >= 20


def test_rounds_and_conversations_give_samples_too(
    rows: Mapping[str, list[dict[str, Any]]], demo: Path
) -> None:
    every = [*rows["train"], *rows["val"]]
    evolved = [row for row in every if row["maker"] == "mase"]
    assert len(evolved) >= 20 and len({row["question_type"] for row in evolved}) >= 4
    kept = [
        row["number"]
        for path in (demo / "mase" / "rounds").glob("*.parquet")
        for row in pq.read_table(path, columns=["number", "reason"]).to_pylist()
        if not row["reason"]
    ]
    assert {1, 2} <= set(kept)
    dialogue = [row for row in every if row["maker"] == "dialogue"]
    assert len(dialogue) >= 40 and len({row["target_tokens"] for row in dialogue}) >= 3


def test_no_document_of_the_demo_stands_in_both_splits(rows: Mapping[str, list[dict[str, Any]]]) -> None:
    train, val = ({piece["doc_id"] for row in rows[split] for piece in row["context"]} for split in rows)
    assert train and val
    assert not train & val


def test_the_books_of_the_demo_balance(demo: Path, rows: Mapping[str, list[dict[str, Any]]]) -> None:
    stages = {row["stage"]: row for row in json.loads((demo / "funnel.json").read_text())["stages"]}
    for stage, row in stages.items():
        assert row["in"] == row["kept"] + sum(row["dropped"].values()), stage
        rejects = (demo / "rejects" / stage).glob("*.parquet")
        assert sum(pq.read_metadata(path).num_rows for path in rejects) == sum(row["dropped"].values()), stage
    gates = ("check_grounding", "check_robustness", "measure_difficulty", "select_samples", "export")
    ways = (
        ("filter_corpus", "deduplicate_corpus", "relate_tables"),
        ("extend_context", "verify_samples", "screen_samples", *gates),
    )
    for before, after in chain.from_iterable(map(pairwise, ways)):
        assert stages[before]["kept"] == stages[after]["in"], (before, after)
    posed = (
        "pose_queries",
        "ask_questions",
        "pose_code_questions",
        "pose_dialogue_questions",
        "keep_pairs",
    )
    assert sum(stages[step]["rows"] for step in posed) == stages["extend_context"]["in"]
    assert stages["export"]["kept"] == len(rows["train"]) + len(rows["val"])
