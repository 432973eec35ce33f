"""Settings from a YAML file and the command line, into the pydantic model that the caller hands in.

``load_settings`` reads and checks them; everything that is wrong is told at once, a line each: which setting,
what it is, what is allowed. ``fingerprint_settings`` identifies what decides a run's results; settings that
cannot change them are excluded by the caller, each with its reason. ``compare_settings`` names what differs.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from longweave.synth.errors import SettingsError
from longweave.synth.records import canonical_json

S = TypeVar("S", bound=BaseModel)

_SHOWN = 60


def load_settings(path: Path, model: type[S], overrides: Sequence[str] = ()) -> S:
    """The settings of the YAML file at ``path`` with ``overrides`` ("a.b=value", the value in YAML) on top.

    Raises:
        SettingsError: The file cannot be read, or a setting is unknown or not allowed.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise SettingsError(f"cannot be read: {reason}", where=str(path), fix="Check the path.") from error
    values = _parse_yaml(text, str(path))
    if values is None:
        values = {}
    if not isinstance(values, dict):
        raise SettingsError("not a mapping of settings", where=str(path), fix="Write lines like 'seed: 7'.")
    for override in overrides:
        _set_value(values, override)
    return check_settings(values, model, str(path))


def override_settings(values: Mapping[str, Any], model: type[S], overrides: Sequence[str]) -> S:
    """Resolved settings with ``overrides`` ("a.b=value", the value in YAML) on top.

    Raises:
        SettingsError: A setting is unknown or not allowed.
    """
    changed: dict[str, Any] = deepcopy(dict(values))
    for override in overrides:
        _set_value(changed, override)
    return check_settings(changed, model, "--set")


def check_settings(values: Mapping[str, Any], model: type[S], where: str) -> S:
    """``values`` as ``model``.

    Raises:
        SettingsError: One line for each value that is not allowed.
    """
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise SettingsError("; ".join(_describe_errors(error)), where=where) from error


def resolve_settings(settings: BaseModel) -> dict[str, Any]:
    """All settings with their defaults, as JSON values."""
    resolved: dict[str, Any] = settings.model_dump(mode="json")
    return resolved


def fingerprint_settings(resolved: Mapping[str, Any], excluded: Iterable[str]) -> str:
    """16 hexadecimal digits that are equal for settings with equal results.

    Args:
        resolved: As ``resolve_settings`` gives them.
        excluded: Dotted names of settings that cannot change a result, or of groups of them.
    """
    counted = {name: value for name, value in _flatten(resolved) if not _is_under(name, excluded)}
    return hashlib.sha256(canonical_json(counted).encode()).hexdigest()[:16]


def compare_settings(
    old: Mapping[str, Any], new: Mapping[str, Any], excluded: Iterable[str] = ()
) -> list[str]:
    """A line "name: old → new" for each setting that differs and is not ``excluded``."""
    before, after = dict(_flatten(old)), dict(_flatten(new))
    names = [*before, *(name for name in after if name not in before)]
    return [
        f"{name}: {_show(before, name)} → {_show(after, name)}"
        for name in names
        if not _is_under(name, excluded) and _show(before, name) != _show(after, name)
    ]


def _parse_yaml(text: str, where: str) -> Any:
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{where}, line {mark.line + 1}" if mark is not None else where
        problem = getattr(error, "problem", None) or str(error)
        raise SettingsError(
            f"not YAML: {problem}", where=place, fix="Mind indentation and quotes."
        ) from error


def _set_value(values: dict[str, Any], override: str) -> None:
    name, equals, written = override.partition("=")
    steps = name.strip().split(".")
    if not equals or not all(steps):
        raise SettingsError(f"not a setting: {override!r}", where="--set", fix="Write --set name=value.")
    inner = values
    for step in steps[:-1]:
        found = inner.get(step)
        if found is None:
            found = inner[step] = {}
        if not isinstance(found, dict):
            raise SettingsError(f"{step} holds no settings", where=f"--set {override}", fix="Check the name.")
        inner = found
    inner[steps[-1]] = _parse_yaml(written, f"--set {override}")


def _describe_errors(error: ValidationError) -> Iterator[str]:
    for problem in error.errors(include_url=False):
        name = ".".join(str(step) for step in problem["loc"]) or "settings"
        if problem["type"] == "extra_forbidden":
            yield f"{name}: there is no such setting"
        elif problem["type"] == "missing":
            yield f"{name}: must be given"
        else:
            message = problem["msg"][:1].lower() + problem["msg"][1:]
            yield f"{name} = {_shorten(problem['input'])}: {message}"


def _flatten(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, dict):  # an empty one says nothing
            yield from _flatten(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _is_under(name: str, groups: Iterable[str]) -> bool:
    return any(name == group or name.startswith(f"{group}.") for group in groups)


def _show(values: Mapping[str, Any], name: str) -> str:
    return canonical_json(values[name]) if name in values else "(none)"


def _shorten(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"
