from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict, Field

from longweave.synth.config import (
    check_settings,
    compare_settings,
    fingerprint_settings,
    load_settings,
    resolve_settings,
)
from longweave.synth.errors import SettingsError


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")
    share: float = Field(default=0.5, ge=0, le=1)
    targets: tuple[int, ...] = (8_000,)


class Outer(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str
    inner: Inner = Inner()
    workers: int = 0


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "settings.yaml"
    path.write_text("name: sample\ninner:\n  share: 0.25\n")
    return path


def test_file_gives_settings_and_defaults_fill_the_rest(config: Path) -> None:
    settings = load_settings(config, Outer)
    assert (settings.name, settings.inner.share, settings.inner.targets) == ("sample", 0.25, (8_000,))


def test_overrides_are_yaml_and_reach_inner_settings(config: Path) -> None:
    settings = load_settings(config, Outer, ["inner.targets=[4000, 9000]", "name=other", "workers=3"])
    assert (settings.inner.targets, settings.name, settings.workers) == ((4_000, 9_000), "other", 3)
    assert settings.inner.share == 0.25


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("inner.share=2", "inner.share = 2: input should be less than or equal to 1"),
        ("inner.shares=1", "inner.shares: there is no such setting"),
        ("inner.targets=many", "inner.targets = 'many': input should be a valid tuple"),
        ("name.first=x", "name holds no settings"),
        ("name", "not a setting: 'name'"),
        ("=3", "not a setting: '=3'"),
        ("name=[", "--set name=[, line 1: not YAML"),
    ],
)
def test_what_is_wrong_is_said_by_name(config: Path, override: str, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(config, Outer, [override])
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_all_errors_are_told_at_once(config: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(config, Outer, ["inner.share=-1", "workers=few", "colour=blue"])
    for name in ("inner.share = -1", "workers = 'few'", "colour: there is no such setting"):
        assert name in str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"name: [1, 2\nx: 1", "line 2: not YAML"),
        (b"- a\n- b\n", "not a mapping of settings"),
        (b"name: \xff\xfe", "not UTF-8 text"),
        (b"", "name: must be given"),
    ],
)
def test_bad_files_give_one_line(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "settings.yaml"
    path.write_bytes(content)
    with pytest.raises(SettingsError) as caught:
        load_settings(path, Outer)
    assert said in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"nowhere.yaml: cannot be read: No such file"):
        load_settings(tmp_path / "nowhere.yaml", Outer)


def test_yaml_that_would_run_code_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "settings.yaml"
    path.write_text("name: !!python/object/apply:os.getcwd []\n")
    with pytest.raises(SettingsError, match="not YAML"):
        load_settings(path, Outer)


def test_fingerprint_counts_every_setting_but_the_excluded() -> None:
    one = resolve_settings(check_settings({"name": "a"}, Outer, "test"))
    more_workers = {**one, "workers": 4}
    other_share = {**one, "inner": {**one["inner"], "share": 0.1}}
    assert fingerprint_settings(one, ["workers"]) == fingerprint_settings(more_workers, ["workers"])
    assert fingerprint_settings(one, []) != fingerprint_settings(more_workers, [])
    assert fingerprint_settings(one, ["workers"]) != fingerprint_settings(other_share, ["workers"])
    assert fingerprint_settings(one, ["inner"]) == fingerprint_settings(other_share, ["inner"])


def test_fingerprint_does_not_depend_on_the_order_of_settings() -> None:
    assert fingerprint_settings({"a": 1, "b": 2}, []) == fingerprint_settings({"b": 2, "a": 1}, [])


def test_differences_are_named_old_to_new() -> None:
    old = {"name": "a", "inner": {"share": 0.5, "targets": [8000]}, "gone": 1}
    new = {"name": "a", "inner": {"share": 0.25, "targets": [8000]}, "workers": 2}
    assert compare_settings(old, new) == [
        "inner.share: 0.5 → 0.25",
        "gone: 1 → (none)",
        "workers: (none) → 2",
    ]
    assert compare_settings(old, new, ["inner", "gone", "workers"]) == []
