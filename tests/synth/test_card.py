"""The dataset card: what loaders read from it, what people do, and that documents cannot write into it."""

from pathlib import Path

import datasets
import pytest
import yaml

from longweave.synth.card import Source, escape_markdown, render_card, render_sources
from longweave.synth.errors import RunError
from longweave.synth.export import DatasetSummary, export_samples
from longweave.synth.verl_rows import VERL_SCHEMA
from tests.made_samples import APPLE, UNION_PACIFIC, VISA, make_sample

SOURCES = [Source.of(document) for document in (APPLE, UNION_PACIFIC, VISA)]


def summary() -> DatasetSummary:
    """Two samples of two lengths in train, one in val."""
    found = DatasetSummary()
    found.add(make_sample(target_tokens=20_000), "train")
    found.add(make_sample(target_tokens=8_000, question_type="lookup", doc_ids=[APPLE.doc_id]), "train")
    found.add(make_sample(target_tokens=8_000), "val")
    return found


def test_the_front_matter_names_both_splits() -> None:
    card = render_card('demo: "one"', summary(), SOURCES)
    front = yaml.safe_load(card.split("---\n")[1])
    assert front["pretty_name"] == 'demo: "one"'
    assert front["size_categories"] == ["n<1K"]
    assert front["configs"] == [
        {
            "config_name": "default",
            "data_files": [
                {"split": "train", "path": "train/*.parquet"},
                {"split": "val", "path": "val/*.parquet"},
            ],
        }
    ]


def test_a_split_without_samples_is_not_promised() -> None:
    only_train = DatasetSummary()
    only_train.add(make_sample(), "train")
    front = yaml.safe_load(render_card("demo", only_train, SOURCES).split("---\n")[1])
    assert [part["split"] for part in front["configs"][0]["data_files"]] == ["train"]


def test_the_folder_loads_by_its_card(tmp_path: Path) -> None:
    splits = {document.doc_id: "train" for document in (APPLE, UNION_PACIFIC, VISA)}
    exported = export_samples([make_sample()], splits, str(tmp_path))  # type: ignore[arg-type]
    (tmp_path / "README.md").write_text(render_card("demo", exported, SOURCES))
    (tmp_path / "verified").mkdir()
    (tmp_path / "verified" / "part-0.parquet").write_bytes(b"another table of the run")
    loaded = datasets.load_dataset(str(tmp_path), cache_dir=str(tmp_path / "cache"))
    assert {split: len(loaded[split]) for split in loaded} == {"train": 1}


def test_counts_stand_under_their_headings() -> None:
    card = render_card("demo", summary(), SOURCES)
    assert "| samples | 2 | 1 |" in card
    assert "| needing two or more documents | 1 | 1 |" in card
    assert "| 8000 | 1 | 1 |\n| 20000 | 1 | 0 |" in card
    assert "| sum | 1 | 1 |\n| lookup | 1 | 0 |" in card
    assert "| SEC EDGAR public filing | 3 |" in card


def test_every_column_is_explained() -> None:
    card = render_card("demo", summary(), SOURCES)
    rows = [line.split(" | ") for line in card.splitlines() if line.startswith("| `")]
    assert [row[0].strip("| `") for row in rows] == VERL_SCHEMA.names
    assert all(len(row[1]) > 5 for row in rows)


def test_every_shown_document_is_attributed() -> None:
    cc = SOURCES[0]._replace(license="CC BY 4.0", source="a journal")
    unused = Source("other", "Never shown", "nowhere", "CC BY 4.0")
    text = render_sources(summary(), [cc, *SOURCES[1:], unused])
    assert "## CC BY 4.0" in text and f"| {APPLE.title} | a journal | {APPLE.doc_id} |" in text
    assert all(document.title in text for document in (APPLE, UNION_PACIFIC, VISA))
    assert "Never shown" not in text


def test_a_document_of_unknown_licence_is_not_passed_over() -> None:
    with pytest.raises(RunError, match=VISA.doc_id):
        render_card("demo", summary(), SOURCES[:2])


def test_titles_cannot_write_markdown_or_html() -> None:
    title = "Report | <script>alert(1)</script>\n# [x](http://evil) `a`"
    assert escape_markdown(title) == (r"Report \| \<script\>alert(1)\</script\> \# \[x\](http://evil) \`a\`")
    text = render_sources(summary(), [SOURCES[0]._replace(title=title), *SOURCES[1:]])
    assert "<script" not in text.replace(r"\<script", "") and "\n# [" not in text
