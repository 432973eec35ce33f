"""The exported dataset: rows, files, and the promise that no document stands in both splits."""

import resource
from pathlib import Path

import datasets
import pyarrow.parquet as pq
import pytest

from longweave.synth.errors import RunError
from longweave.synth.export import export_samples
from longweave.synth.records import Check, Document, Sample
from longweave.synth.splits import Split
from longweave.synth.verl_rows import VERL_SCHEMA, row_from_sample, sample_from_row
from tests.made_samples import APPLE, STANDARD, UNION_PACIFIC, VISA, Shown, make_sample, quote

SPLITS: dict[str, Split] = {doc.doc_id: "train" for doc in (APPLE, UNION_PACIFIC, VISA)}


def copy_of(document: Document, name: str) -> Document:
    """Another document with the same text."""
    return document.model_copy(
        update={"doc_id": f"{name}-{document.doc_id}", "title": f"{name} {document.title}"}
    )


def val_sample(question: str = "What did the copy of Apple's report say total net sales were?") -> Sample:
    """A sample over documents of its own."""
    apple, visa = copy_of(APPLE, "val"), copy_of(VISA, "val")
    shown = (Shown(apple, "needed"), Shown(visa, "random"))
    return make_sample(
        shown, question, evidence=(quote(apple, "391,035"),), support=[], answer="391035", unit=None
    )


def splits_of(*samples: Sample) -> dict[str, Split]:
    """``SPLITS``, and every other shown document in val."""
    shown: dict[str, Split] = {piece.doc_id: "val" for sample in samples for piece in sample.context}
    return shown | SPLITS


def many(count: int) -> list[Sample]:
    """``count`` samples that differ in id and question only."""
    return [
        make_sample(question=f"Case {n}: what is the sum of both?", sample_id=f"s{n:04d}")
        for n in range(count)
    ]


def files_of(folder: Path) -> dict[str, bytes]:
    """Every file below ``folder`` with its bytes."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_row_holds_what_verl_reads() -> None:
    sample = make_sample(difficulty=0.25)
    row = row_from_sample(sample, 5, "val")
    assert row["data_source"] == "numerical"
    assert row["prompt"] == [{"role": "user", "content": sample.prompt[0].content}]
    assert row["ability"] == "sum"
    assert row["reward_model"] == {"style": "rule", "ground_truth": "415285"}
    assert row["extra_info"] == {
        "index": 5,
        "split": "val",
        "n_docs": 2,
        "sample_id": sample.sample_id,
        "question": sample.question,
        "question_type": "sum",
        "domain": "professional",
        "answer_kind": "number",
        "ordered": False,
        "tolerance": 0.01,
        "unit": "millions of US dollars",
        "prefix": None,
        "n_prompt_tokens": sample.n_prompt_tokens,
        "target_tokens": sample.target_tokens,
        "difficulty": 0.25,
    }


def test_no_column_has_a_name_that_verl_fills_itself() -> None:
    taken = {"index", "raw_prompt", "tools_kwargs", "interaction_kwargs", "images", "videos", "audios", "uid"}
    assert taken.isdisjoint(VERL_SCHEMA.names)
    assert set(row_from_sample(make_sample(), 0, "train")) == set(VERL_SCHEMA.names)


def test_a_sample_is_equal_after_the_round_trip_through_parquet(tmp_path: Path) -> None:
    sample = make_sample(checks=[Check(name="structure", passed=True)], difficulty=None)
    plain = make_sample(question="No unit?", tolerance=None, unit=None, support=[], checks=[])
    export_samples([sample, plain], SPLITS, str(tmp_path))
    rows = pq.read_table(tmp_path / "train" / "part-00000.parquet").to_pylist()
    assert [sample_from_row(row) for row in rows] == [sample, plain]


def test_hugging_face_datasets_loads_both_splits(tmp_path: Path) -> None:
    train, val = make_sample(), val_sample()
    export_samples([train, val], splits_of(val), str(tmp_path))
    files = {split: str(tmp_path / split / "*.parquet") for split in ("train", "val")}
    loaded = datasets.load_dataset("parquet", data_files=files, cache_dir=str(tmp_path / "cache"))
    assert {split: len(loaded[split]) for split in loaded} == {"train": 1, "val": 1}
    assert sample_from_row(loaded["train"][0]) == train
    assert sample_from_row(loaded["val"][0]) == val


def test_a_split_that_lost_its_samples_keeps_no_file(tmp_path: Path) -> None:
    val = val_sample()
    export_samples([make_sample(), val], splits_of(val), str(tmp_path))
    export_samples([make_sample()], SPLITS, str(tmp_path))
    assert list(files_of(tmp_path)) == ["train/part-00000.parquet"]


def test_no_samples_are_an_empty_summary(tmp_path: Path) -> None:
    assert export_samples([], SPLITS, str(tmp_path)).rows.total() == 0


def test_rows_keep_their_order_and_count_from_zero_in_each_split(tmp_path: Path) -> None:
    val = val_sample()
    export_samples([*many(2), val, *many(4)[2:]], splits_of(val), str(tmp_path))
    train = pq.read_table(tmp_path / "train").to_pylist()
    assert [(row["sample_id"], row["extra_info"]["index"]) for row in train] == [
        ("s0000", 0),
        ("s0001", 1),
        ("s0002", 2),
        ("s0003", 3),
    ]
    assert pq.read_table(tmp_path / "val").to_pylist()[0]["extra_info"]["index"] == 0


@pytest.mark.parametrize("doc_id", [VISA.doc_id, APPLE.doc_id], ids=["distractor", "needed"])
def test_a_sample_over_documents_of_both_splits_ends_the_export(tmp_path: Path, doc_id: str) -> None:
    sample, before = make_sample(), val_sample()
    with pytest.raises(RunError, match=rf"sample {sample.sample_id} .*{doc_id} \(val\)"):
        export_samples([before, sample], splits_of(before) | {doc_id: "val"}, str(tmp_path))
    assert files_of(tmp_path) == {}


def test_a_document_without_a_split_ends_the_export(tmp_path: Path) -> None:
    splits = {doc_id: split for doc_id, split in SPLITS.items() if doc_id != VISA.doc_id}
    with pytest.raises(RunError, match=rf"{VISA.doc_id} \(no split\)"):
        export_samples([make_sample()], splits, str(tmp_path))


def test_long_prompts_are_written_in_small_row_groups_and_several_files(tmp_path: Path) -> None:
    samples = many(10)
    one = len(samples[0].prompt[0].content)
    export_samples(samples, SPLITS, str(tmp_path), row_group_chars=2 * one - 10, file_chars=4 * one - 20)
    files = [pq.ParquetFile(tmp_path / "train" / f"part-{n:05d}.parquet") for n in range(3)]
    sizes = [[f.metadata.row_group(g).num_rows for g in range(f.num_row_groups)] for f in files]
    assert sizes == [[2, 2], [2, 2], [2]]
    ids = [row["sample_id"] for row in pq.read_table(tmp_path / "train").to_pylist()]
    assert ids == [sample.sample_id for sample in samples]


def test_the_same_samples_give_the_same_bytes_and_an_older_export_leaves_nothing(tmp_path: Path) -> None:
    once, again = tmp_path / "once", tmp_path / "again"
    chars = len(many(1)[0].prompt[0].content)
    export_samples(many(6), SPLITS, str(once))
    export_samples(many(9), SPLITS, str(again), row_group_chars=chars, file_chars=chars)
    assert len(files_of(again)) == 9
    export_samples(many(6), SPLITS, str(again))
    assert files_of(again) == files_of(once)
    assert list(files_of(once)) == ["train/part-00000.parquet"]


def test_the_export_goes_to_any_filesystem() -> None:
    export_samples([make_sample()], SPLITS, "memory://export-test/run")
    table = pq.read_table("export-test/run/train/part-00000.parquet", filesystem=_memory())
    assert table.num_rows == 1


def _memory():  # type: ignore[no-untyped-def]
    import fsspec

    return fsspec.filesystem("memory")


def test_a_disk_that_takes_no_more_gives_one_clear_line(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, hard))
    try:
        with pytest.raises(RunError, match=r"part-00000.parquet: cannot be written: file too large"):
            export_samples([make_sample()], SPLITS, str(tmp_path))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert files_of(tmp_path) == {}


def test_an_unwritable_folder_gives_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("a file, not a folder")
    with pytest.raises(RunError, match="cannot be written"):
        export_samples([make_sample()], SPLITS, str(tmp_path / "run"))


def test_the_summary_counts_what_was_written(tmp_path: Path) -> None:
    val = val_sample()
    summary = export_samples([*many(3), val], splits_of(val), str(tmp_path))
    assert summary.rows == {"train": 3, "val": 1}
    assert summary.multi_document == {"train": 3, "val": 0}
    assert summary.counts["question_type"]["sum"] == {"train": 3, "val": 1}
    assert summary.tokens["val"] == val.n_prompt_tokens
    assert {doc_id for doc_id, split in summary.shown.items() if split == "train"} == {
        shown.document.doc_id for shown in STANDARD
    }
