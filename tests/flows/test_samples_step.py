"""Pools of a run that is not on this machine's disk."""

import json
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import fsspec
import pytest

from longweave.flows import pools
from longweave.flows.corpus_step import filter_corpus
from longweave.flows.pipeline import begin
from longweave.flows.pools import make_pool
from longweave.flows.settings import RunSettings
from longweave.flows.step import open_context
from longweave.flows.tables_step import relate_tables
from longweave.synth.pool import build_pool, open_pool
from longweave.synth.stage import run_in_turn
from longweave.synth.tokens import load_tokenizer
from tests.conftest import SilentProgress

_URL = "memory://test_samples_step/run"


@pytest.fixture(autouse=True)
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where pools of runs elsewhere are kept during a test."""
    folder = tmp_path / "disk"
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    filesystem = fsspec.filesystem("memory")
    if filesystem.exists("/test_samples_step"):
        filesystem.rm("/test_samples_step", recursive=True)
    return folder


def _begin(folder: Path, weather: str) -> None:
    """Take the first steps of a run over one document that tells of the ``weather``."""
    row = {
        "doc_id": "diary",
        "title": "Diary",
        "text": f"It was a {weather} day, and nobody went out of the house before the evening.\n",
        "domain": "general",
        "source": "test",
        "license": "CC0-1.0",
    }
    (folder / "a.jsonl").write_text(json.dumps(row) + "\n")
    settings = RunSettings.model_validate(
        {
            "corpus": {
                "sources": [{"name": "made", "format": "jsonl", "paths": [f"{folder}/a.jsonl"]}],
                "filters": {"min_tokens": 0},
            },
            "val_share": 0,
        }
    )
    with (
        begin(settings, _URL) as run,
        open_context(run, settings, run_in_turn, SilentProgress()) as context,
    ):
        filter_corpus(context)
        relate_tables(context)


def _text_of(pool: Path) -> str:
    return open_pool(pool, load_tokenizer()).text(0)


def test_a_run_begun_again_at_the_same_place_has_a_pool_of_its_own(tmp_path: Path, disk: Path) -> None:
    _begin(tmp_path, "rainy")
    before = make_pool(_URL, "train", "qwen")
    assert "rainy" in _text_of(before)
    fsspec.filesystem("memory").rm("/test_samples_step", recursive=True)
    _begin(tmp_path, "sunny")
    now = make_pool(_URL, "train", "qwen")
    assert "sunny" in _text_of(now)
    assert len(list(disk.rglob("texts.bin"))) == 1, "the older pool still takes up the disk"


def test_a_pool_is_built_once_however_many_ask_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[Path] = []

    def build(documents: Any, tokenizer: Any, folder: Path) -> None:
        built.append(folder)
        build_pool(documents, tokenizer, folder)

    monkeypatch.setattr(pools, "build_pool", build)
    _begin(tmp_path, "rainy")
    with ThreadPoolExecutor(4) as workers:
        folders = set(workers.map(lambda _: make_pool(_URL, "train", "qwen"), range(4)))
    assert built == list(folders)


def test_what_a_killed_builder_left_is_built_anew(tmp_path: Path) -> None:
    _begin(tmp_path, "rainy")
    folder = make_pool(_URL, "train", "qwen")
    (folder / "complete").unlink()
    (folder / "texts.bin").write_bytes(b"half")
    assert "rainy" in _text_of(make_pool(_URL, "train", "qwen"))
