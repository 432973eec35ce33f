"""A small real corpus: quarterly reports of companies of the sample, and short documents to pad with."""

import gzip
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from longweave.flows.pipeline import synthesize
from longweave.flows.settings import RunSettings
from longweave.synth.funnel import Counts
from longweave.synth.llm.meter import Meter
from longweave.synth.stage import MadeShard, run_in_turn

ROOT = Path(__file__).parents[1]
_REPORTS = (
    "edgar-AAPL-10q-2025-08-01",
    "sec10q-AAPL-2022Q3",
    "edgar-UNP-10q-2025-07-24",
    "sec10q-INTC-2023Q1",
)
_PADDING = {"academic": 12, "general": 12}


class SilentProgress:
    """A ``Progress`` that says nothing."""

    def begin(self, stage: str, shards: int) -> None: ...

    def advance(self, stage: str, made: MadeShard) -> None: ...

    def models(self, stage: str, meter: Meter) -> None: ...

    def end(self, stage: str, counts: Counts) -> None: ...

    def warn(self, what: str) -> None: ...


@pytest.fixture(scope="session")
def small_corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two JSON-lines files."""
    folder = tmp_path_factory.mktemp("corpus")
    reports = [line for line in _read_lines("professional") if json.loads(line)["doc_id"] in _REPORTS]
    assert len(reports) == len(_REPORTS)
    (folder / "reports.jsonl").write_text("".join(reports))
    padding = [line for domain, count in _PADDING.items() for line in _read_lines(domain)[:count]]
    (folder / "padding.jsonl").write_text("".join(padding))
    return folder


@pytest.fixture(scope="session")
def small_settings(small_corpus: Path) -> dict[str, Any]:
    """Settings that make a few samples of the small corpus within seconds."""
    return {
        "seed": 3,
        "val_share": 0.3,
        "corpus": {"sources": [{"name": "small", "format": "jsonl", "paths": [f"{small_corpus}/*.jsonl"]}]},
        "tables": {"questions_per_kind": 1},
        "context": {"targets": [8_000, 20_000]},
        "shards": {"source_bytes": 1, "document_tokens": 100_000, "samples": 4},
    }


@pytest.fixture(scope="session")
def undisturbed_run(small_settings: Mapping[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A complete run with the small settings, made in this process; not to be changed."""
    out = tmp_path_factory.mktemp("undisturbed") / "run"
    synthesize(RunSettings.model_validate(small_settings), str(out), run_in_turn, SilentProgress())
    return out


@pytest.fixture
def config(small_settings: Mapping[str, Any], tmp_path: Path) -> Path:
    """The small settings as a file."""
    path = tmp_path / "small.yaml"
    path.write_text(yaml.safe_dump(dict(small_settings)))
    return path


@pytest.fixture
def settings(small_settings: Mapping[str, Any]) -> RunSettings:
    """The small settings."""
    return RunSettings.model_validate(small_settings)


def _read_lines(domain: str) -> list[str]:
    with gzip.open(ROOT / "data" / "sample" / f"{domain}.jsonl.gz", "rt") as file:
        return file.readlines()
