"""What an installed wheel holds: every package of the tree, and every file that its code reads."""

import tomllib
from pathlib import Path

from tests.conftest import ROOT

_SETUP = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]


def _tree() -> list[Path]:
    found = (path.relative_to(ROOT) for path in (ROOT / "longweave").rglob("*") if path.is_file())
    return [path for path in found if "__pycache__" not in path.parts and not path.name.startswith(".")]


def test_every_package_of_the_tree_is_listed() -> None:
    packages = {".".join(path.parent.parts) for path in _tree() if path.name == "__init__.py"}
    modules = {".".join(path.parent.parts) for path in _tree() if path.suffix == ".py"}
    assert sorted(_SETUP["packages"]) == sorted(packages)
    assert modules <= packages, "a folder with modules has no __init__.py"


def test_every_file_that_is_no_module_is_package_data() -> None:
    shipped = {
        path.relative_to(ROOT)
        for package, patterns in _SETUP["package-data"].items()
        for pattern in patterns
        for path in ROOT.joinpath(*package.split(".")).glob(pattern)
    }
    wanted = {path for path in _tree() if path.suffix != ".py"}
    assert len(wanted) >= 10
    assert sorted(wanted - shipped) == []


def test_no_pattern_of_package_data_is_idle() -> None:
    for package, patterns in _SETUP["package-data"].items():
        for pattern in patterns:
            assert list(ROOT.joinpath(*package.split(".")).glob(pattern)), f"{package}: {pattern}"
