"""The command as a user meets it: in a process of its own."""

import json
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.run_files import read_data_files

ROOT = Path(__file__).parents[2]


def _longweave(*arguments: str | Path, cwd: Path = ROOT) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", "from longweave.flows.cli import main; main()", *map(str, arguments)]
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=environment, timeout=240)


def test_run_makes_a_dataset_whose_books_balance(undisturbed_run: Path) -> None:
    stages = json.loads((undisturbed_run / "funnel.json").read_text())["stages"]
    assert [row["stage"] for row in stages] == [
        "filter_corpus",
        "deduplicate_corpus",
        "relate_tables",
        "pose_queries",
        "extend_context",
        "verify_samples",
        "screen_samples",
        "select_samples",
        "export",
    ]
    for row in stages:
        assert row["in"] == row["kept"] + sum(row["dropped"].values())
    exported = sum(pq.read_metadata(path).num_rows for path in undisturbed_run.glob("*/part-*.parquet"))
    assert exported == stages[-1]["kept"] >= 5
    rejected = sum(pq.read_metadata(path).num_rows for path in undisturbed_run.glob("rejects/*/*.parquet"))
    assert rejected == sum(sum(row["dropped"].values()) for row in stages)
    for name in ("README.md", "SOURCES.md", "report.html"):
        assert (undisturbed_run / name).stat().st_size > 500


def test_no_clock_is_in_any_file_but_the_funnel(undisturbed_run: Path, config: Path, tmp_path: Path) -> None:
    done = _longweave("run", config, "--out", tmp_path / "run", "--set", "execution.workers=1")
    assert done.returncode == 0, done.stderr
    assert read_data_files(tmp_path / "run") == read_data_files(undisturbed_run)


def test_verify_proves_the_exported_rows_again(undisturbed_run: Path) -> None:
    done = _longweave("verify", undisturbed_run)
    assert done.returncode == 0, done.stderr
    kept = json.loads((undisturbed_run / "funnel.json").read_text())["stages"][-1]["kept"]
    proof = next(line for line in done.stdout.splitlines() if line.startswith("│ proof"))
    assert [cell.strip() for cell in proof.strip("│").split("│")][1:3] == [str(kept), str(kept)]


def test_verify_fails_when_a_row_was_tampered_with(undisturbed_run: Path, tmp_path: Path) -> None:
    (tmp_path / "run.json").write_bytes((undisturbed_run / "run.json").read_bytes())
    (tmp_path / "funnel.json").write_bytes((undisturbed_run / "funnel.json").read_bytes())
    table = pq.read_table(next((undisturbed_run / "train").glob("*.parquet")))
    answers = ["1" + answer for answer in table["answer"].to_pylist()]
    place = table.schema.get_field_index("answer")
    (tmp_path / "train").mkdir()
    pq.write_table(table.set_column(place, "answer", [answers]), tmp_path / "train" / "part-00000.parquet")
    done = _longweave("verify", tmp_path)
    assert done.returncode == 1
    assert f"0 kept  dropped: answer_differs {len(answers)}" in done.stdout


def test_report_is_written_again(undisturbed_run: Path) -> None:
    page = undisturbed_run / "report.html"
    before = page.read_bytes()
    page.unlink()
    done = _longweave("report", undisturbed_run)
    assert done.returncode == 0, done.stderr
    assert page.read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "nowhere.yaml"], "nowhere.yaml: cannot be read: No such file or directory. Check the path."),
        (
            ["run", "{config}", "--set", "context.fill=2"],
            "context.fill = 2: input should be less than or equal",
        ),
        (["run", "{config}", "--set", "colour=blue"], "colour: there is no such setting"),
        (["run", "{config}", "--set", "tokenizer=/nowhere"], "tokenizer: no tokenizer at /nowhere"),
        (["run", "{config}", "--out", "{config}/run"], "cannot be made: not a directory"),
        (["run", "{config}", "--out", "/proc/longweave"], "/proc/longweave: cannot be made"),
        (["verify", "{tmp}"], "not a run directory"),
        (["report", "{tmp}/nowhere"], "not a run directory"),
    ],
)
def test_errors_are_one_line_and_exit_code_2(
    arguments: list[str], said: str, config: Path, tmp_path: Path
) -> None:
    done = _longweave(*(argument.format(config=config, tmp=tmp_path) for argument in arguments), cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.startswith("longweave: ")
    assert done.stderr.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["small.yaml"], "a mistake leaves a run directory"


def test_a_source_that_names_nothing_is_one_line(config: Path, tmp_path: Path) -> None:
    setting = "corpus.sources=[{name: s, format: jsonl, paths: [nowhere/*.jsonl]}]"
    done = _longweave("run", config, "--out", tmp_path / "run", "--set", setting)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "nowhere/*.jsonl" in done.stderr
    assert not (tmp_path / "run").exists()


def test_a_changed_setting_is_refused_with_the_difference_named(config: Path, undisturbed_run: Path) -> None:
    before = read_data_files(undisturbed_run)
    done = _longweave("run", config, "--out", undisturbed_run, "--set", "seed=4", "--set", "val_share=0.1")
    assert done.returncode == 2
    assert "was begun with other settings: seed: 3 → 4, val_share: 0.3 → 0.1" in done.stderr
    assert read_data_files(undisturbed_run) == before
