import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from longweave.flows import corpus_step
from longweave.flows.corpus_step import document_paths, filter_corpus, plan_sources
from longweave.flows.pipeline import begin
from longweave.flows.settings import RunSettings
from longweave.flows.step import open_context
from longweave.synth.blocks import cut_blocks
from longweave.synth.documents import read_stored
from longweave.synth.errors import InputError, RunError
from longweave.synth.files import read_rows
from longweave.synth.funnel import read_funnel
from longweave.synth.stage import MadeShard, Make, run_in_turn
from longweave.synth.tokens import load_tokenizer
from tests.conftest import ROOT, SilentProgress
from tests.trained_tokenizer import QWEN_SPLIT, train_tokenizer


class _Warned(SilentProgress):
    def __init__(self) -> None:
        self.said: list[str] = []

    def warn(self, what: str) -> None:
        self.said.append(what)


def _document(number: int, text: str, **fields: object) -> dict[str, object]:
    return {
        "doc_id": f"doc-{number}",
        "title": f"Story {number}",
        "text": text,
        "domain": "general",
        "source": "test",
        "license": "CC0-1.0",
        **fields,
    }


@cache
def _novel() -> str:
    with gzip.open(ROOT / "data" / "sample" / "literature.jsonl.gz", "rt") as lines:
        return max((json.loads(line)["text"] for line in lines), key=len)


def _story(number: int) -> str:
    """A passage of a novel, another one for every number."""
    return _novel()[20_000 + number * 5_000 :][:4_000]


def _run(settings: RunSettings, out: Path, progress: SilentProgress | None = None) -> None:
    progress = progress or SilentProgress()
    with begin(settings, str(out)) as run, open_context(run, settings, run_in_turn, progress) as context:
        filter_corpus(context)


def _settings(folder: Path, **corpus: object) -> RunSettings:
    sources = [{"name": "made", "format": "jsonl", "paths": [f"{folder}/*.jsonl"]}]
    return RunSettings.model_validate(
        {"corpus": {"sources": sources, **corpus}, "shards": {"source_bytes": 1}}
    )


def _rejects(out: Path) -> dict[str, str]:
    return {
        row["record_id"]: row["reason"]
        for path in sorted((out / "rejects").rglob("*.parquet"))
        for row in read_rows(str(path))
    }


def test_documents_are_stored_with_the_blocks_that_tile_them(
    settings: RunSettings, undisturbed_run: Path
) -> None:
    tokenizer = load_tokenizer(settings.tokenizer)
    stored = [pair for path in document_paths(str(undisturbed_run)) for pair in read_stored(path)]
    assert len(stored) == 28
    for document, blocks in stored[:5]:
        assert blocks == cut_blocks(document.text, tokenizer)
        assert document.n_tokens == sum(block.n_tokens for block in blocks) == tokenizer.count(document.text)


def test_bad_rows_are_rejected_with_their_place_and_the_others_kept(tmp_path: Path) -> None:
    rows = [
        json.dumps(_document(1, _story(1))),
        '{"doc_id": "broken',
        json.dumps(_document(2, "   ")),
        json.dumps(_document(1, _story(3))),
        json.dumps(_document(4, _story(4) + "</document>")),
        json.dumps(_document(5, "Too short.")),
        json.dumps(_document(6, _story(6), domain="poetry")),
    ]
    (tmp_path / "a.jsonl").write_text("\n".join(rows))
    (tmp_path / "b.jsonl").write_bytes(b"")
    (tmp_path / "c.jsonl").write_bytes(b'{"text": "\xff"}\n')
    _run(_settings(tmp_path), tmp_path / "run")
    assert _rejects(tmp_path / "run") == {
        "a.jsonl:2": "invalid_json",
        "a.jsonl:3": "no_text",
        "a.jsonl:4": "duplicate_id",
        "a.jsonl:5": "reserved_marker",
        "a.jsonl:7": "unknown_domain",
        "b.jsonl": "empty_file",
        "c.jsonl:1": "invalid_utf8",
        "doc-5": _rejects(tmp_path / "run")["doc-5"],
    }
    counts = read_funnel(str(tmp_path / "run")).stages["filter_corpus"]
    assert (counts.n_in, counts.kept, counts.n_dropped) == (9, 1, 8)


def test_copies_in_other_files_are_dropped_and_a_losing_source_is_reported(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps(_document(1, _story(1))) + "\n")
    others = [
        _document(2, _story(1)),
        _document(1, _story(2)),
        _document(3, _story(1) + " The end."),
        _document(4, _story(1) + " No more."),
        _document(5, _story(6)),
    ]
    (tmp_path / "b.jsonl").write_text("".join(json.dumps(row) + "\n" for row in others))
    warned = _Warned()
    _run(_settings(tmp_path), tmp_path / "run", warned)
    counts = read_funnel(str(tmp_path / "run")).stages["deduplicate_corpus"]
    assert (counts.n_in, counts.kept) == (6, 2)
    assert counts.dropped == {"duplicate_id": 1, "duplicate_near": 3}
    assert warned.said == ["deduplicate_corpus: source 'made' loses 3 of 5 documents as duplicates"]


def test_documents_that_overlap_a_question_set_are_dropped_with_the_match(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(_document(n, _story(n * 3))) + "\n" for n in (1, 2)))
    questions = tmp_path / "questions"
    questions.mkdir()
    asked = " ".join(_story(3).split()[40:70])
    (questions / "set.jsonl").write_text(json.dumps({"id": "q7", "question": asked}) + "\n")
    sets = {"sets": [{"name": "held out", "paths": [f"{questions}/*.jsonl"], "fields": ["question"]}]}
    _run(_settings(tmp_path, decontamination=sets), tmp_path / "run")
    rejected = [
        row
        for path in (tmp_path / "run" / "rejects" / "filter_corpus").glob("*.parquet")
        for row in read_rows(str(path))
    ]
    assert {row["reason"] for row in rejected} == {"contaminated"}
    assert rejected[0]["detail"].startswith("held out, row q7, question: '")


def test_a_question_set_that_cannot_be_read_ends_the_run(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps(_document(1, _story(1))) + "\n")
    (tmp_path / "set.json").write_text("{")
    sets = {"sets": [{"name": "held out", "paths": [f"{tmp_path}/set.json"]}]}
    with pytest.raises(InputError, match=r"held out: a row cannot be read: set.json:1: invalid_json"):
        _run(_settings(tmp_path, decontamination=sets), tmp_path / "run")


def test_a_corpus_that_is_nearly_all_bad_ends_the_run(tmp_path: Path) -> None:
    rows = [json.dumps(_document(1, _story(1))), *["{"] * 19]
    (tmp_path / "a.jsonl").write_text("\n".join(rows))
    with pytest.raises(RunError, match=r"filter_corpus: 19 of 20 records dropped, 19 as invalid_json"):
        _run(_settings(tmp_path), tmp_path / "run")


def test_a_source_that_has_changed_is_refused_on_return(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps(_document(1, _story(1))) + "\n")
    _run(_settings(tmp_path), tmp_path / "run")
    with (tmp_path / "a.jsonl").open("a") as file:
        file.write(json.dumps(_document(2, _story(2))) + "\n")
    with pytest.raises(RunError, match=r"its input has changed since it began: made: a.jsonl"):
        _run(_settings(tmp_path), tmp_path / "run")


def test_a_tokenizer_that_has_changed_is_refused_on_return(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps(_document(1, _story(1))) + "\n")
    tokenizer = train_tokenizer(tmp_path / "tokenizer.json", None)
    settings = _settings(tmp_path).model_copy(update={"tokenizer": str(tokenizer)})
    _run(settings, tmp_path / "run")
    _run(settings, tmp_path / "run")
    train_tokenizer(tokenizer, QWEN_SPLIT)
    with pytest.raises(RunError, match=r"its input has changed since it began: tokenizer\. Restore it"):
        _run(settings, tmp_path / "run")


def test_only_the_planner_lists_the_source_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in (1, 2):
        (tmp_path / f"{number}.jsonl").write_text(json.dumps(_document(number, _story(number))) + "\n")
    listing = corpus_step.list_files

    def execute(make: Make, keys: Sequence[str]) -> Iterator[MadeShard]:
        monkeypatch.delattr(corpus_step, "list_files")
        yield from run_in_turn(make, keys)
        monkeypatch.setattr(corpus_step, "list_files", listing, raising=False)

    settings = _settings(tmp_path)
    with (
        begin(settings, str(tmp_path / "run")) as run,
        open_context(run, settings, execute, SilentProgress()) as context,
    ):
        filter_corpus(context)
    assert read_funnel(str(tmp_path / "run")).stages["filter_corpus"].kept == 2
    planned = json.loads((tmp_path / "run" / "documents" / "sources.json").read_text())
    assert [(key, shard["source"], shard["files"][0]["name"]) for key, shard in planned.items()] == [
        ("made-0000", "made", "1.jsonl"),
        ("made-0001", "made", "2.jsonl"),
    ]


def test_source_files_are_read_together_up_to_the_size_of_a_shard(small_settings: Mapping[str, Any]) -> None:
    together = dict(small_settings) | {"shards": {"source_bytes": 10**9}}
    assert list(plan_sources(RunSettings.model_validate(small_settings))) == ["small-0000", "small-0001"]
    assert list(plan_sources(RunSettings.model_validate(together))) == ["small-0000"]
