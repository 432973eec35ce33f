import tempfile
from pathlib import Path

import fsspec
import pytest

from longweave.flows.pipeline import synthesize
from longweave.flows.settings import EXCLUDED, RunSettings
from longweave.synth.config import resolve_settings
from longweave.synth.errors import SettingsError
from longweave.synth.llm.settings import ROLES, RoleModel
from longweave.synth.stage import run_in_turn
from tests.conftest import SilentProgress


def test_a_run_in_memory_holds_the_same_files_as_one_on_disk(
    settings: RunSettings, undisturbed_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    made = synthesize(settings, "memory://test_pipeline/run", run_in_turn, SilentProgress())
    filesystem = fsspec.filesystem("memory")
    found = {
        path.removeprefix("/test_pipeline/run/"): filesystem.cat_file(path)
        for path in filesystem.find("/test_pipeline/run")
    }
    for path in undisturbed_run.rglob("*.parquet"):
        name = path.relative_to(undisturbed_run).as_posix()
        if not name.startswith("samples/pools/"):
            assert found[name] == path.read_bytes(), name
    assert found["report.html"] == (undisturbed_run / "report.html").read_bytes()
    assert made.funnel.stages["export"].kept >= 5


def test_a_source_name_that_would_leave_its_folder_is_refused(tmp_path: Path, settings: RunSettings) -> None:
    source = settings.corpus.sources[0].model_copy(update={"name": "../outside"})
    corpus = settings.corpus.model_copy(update={"sources": (source,)})
    with pytest.raises(SettingsError, match=r"corpus.sources: '\.\./outside' cannot name files"):
        synthesize(
            settings.model_copy(update={"corpus": corpus}),
            str(tmp_path / "run"),
            run_in_turn,
            SilentProgress(),
        )


def test_every_excluded_setting_exists_and_has_a_reason(settings: RunSettings) -> None:
    # `models.roles` and `models.default` hold what is set: here everything that can be
    role = {name: value.default for name, value in RoleModel.model_fields.items() if name != "model"}
    role |= {"endpoints": ["http://127.0.0.1/v1"], "api_key_env": "KEY"}
    models = {"default": role, "roles": dict.fromkeys(ROLES, role)}
    resolved = resolve_settings(RunSettings.model_validate({**settings.model_dump(), "models": models}))
    for name, reason in EXCLUDED.items():
        value = resolved
        for step in name.split("."):
            assert step in value, f"there is no {name}"
            value = value[step]
        assert len(reason) > 20
