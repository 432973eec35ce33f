"""The export of a run: its books, and what its card says of the corpus."""

import json
import shutil
from pathlib import Path

import pytest
import yaml

from longweave.flows.dataset_step import export
from longweave.flows.settings import RunSettings
from longweave.flows.step import open_context
from longweave.synth.config import resolve_settings
from longweave.synth.errors import RunError
from longweave.synth.funnel import Counts, read_funnel, write_funnel
from longweave.synth.run_directory import RunDirectory
from longweave.synth.stage import run_in_turn
from tests.conftest import SilentProgress


@pytest.fixture
def unexported(undisturbed_run: Path, tmp_path: Path) -> Path:
    """A run of which everything is there but the card."""
    shutil.copytree(undisturbed_run, tmp_path / "run")
    (tmp_path / "run" / "README.md").unlink()
    return tmp_path / "run"


def _export(run: Path, settings: RunSettings) -> None:
    directory = RunDirectory(str(run), resolve_settings(settings))
    with open_context(directory, settings, run_in_turn, SilentProgress()) as context:
        export(context)


def _with_corpus(settings: RunSettings, **corpus: object) -> RunSettings:
    resolved = resolve_settings(settings)
    return RunSettings.model_validate({**resolved, "corpus": {**resolved["corpus"], **corpus}})


def test_the_export_takes_in_what_was_verified_and_notes_its_seconds(undisturbed_run: Path) -> None:
    funnel = read_funnel(str(undisturbed_run))
    exported = funnel.stages["export"]
    assert exported.n_in == exported.kept == funnel.stages["select_samples"].kept
    assert funnel.seconds["export"] > 0


def test_samples_that_were_not_verified_end_the_export(unexported: Path, settings: RunSettings) -> None:
    funnel = read_funnel(str(unexported))
    kept = funnel.stages["select_samples"].kept
    write_funnel(str(unexported), funnel.with_stage("select_samples", Counts(kept + 1, kept + 1), 0.0))
    with pytest.raises(RunError, match=f"export: the books do not balance: {kept + 1} in, {kept} kept"):
        _export(unexported, settings)
    assert not (unexported / "README.md").exists()


def test_documents_without_facts_go_on(undisturbed_run: Path) -> None:
    stages = {
        row["stage"]: row for row in json.loads((undisturbed_run / "funnel.json").read_text())["stages"]
    }
    assert stages["relate_tables"]["kept"] == stages["deduplicate_corpus"]["kept"] == 28
    assert not (undisturbed_run / "rejects" / "relate_tables").exists()


def test_the_card_claims_only_what_was_done(undisturbed_run: Path) -> None:
    card = (undisturbed_run / "README.md").read_text()
    assert yaml.safe_load(card.split("---\n")[1])["language"] == ["en"]
    assert "freed of duplicates.\n2. " in card
    assert "overlap" not in card


def test_the_card_names_the_question_sets_that_were_kept_clean(
    unexported: Path, settings: RunSettings
) -> None:
    sets = [{"name": "held <out>", "paths": ["a.jsonl"]}, {"name": "quiz", "paths": ["b.jsonl"]}]
    _export(unexported, _with_corpus(settings, decontamination={"sets": sets}))
    card = (unexported / "README.md").read_text()
    assert "overlap with a question set to be kept clean were dropped: held \\<out\\>, quiz.\n2. " in card


@pytest.mark.parametrize(
    ("filters", "languages"),
    [({"languages": ["de", "no"]}, ["de", "no"]), ({"skip_rules": ["language"]}, None)],
)
def test_the_card_names_the_languages_that_were_let_in(
    unexported: Path, settings: RunSettings, filters: dict[str, object], languages: list[str] | None
) -> None:
    _export(unexported, _with_corpus(settings, filters=filters))
    front = yaml.safe_load((unexported / "README.md").read_text().split("---\n")[1])
    assert front.get("language") == languages
