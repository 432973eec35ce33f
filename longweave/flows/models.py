"""The models of a run: its answer store and its client, opened when the first stage asks.

What a run spends is booked in the store under an id of its own, which stands in the run directory beside the
store's path: another run at the same place is another account.
"""

import os
import posixpath
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from uuid import uuid4

from longweave.synth.errors import RunError, SettingsError
from longweave.synth.files import join_path, local_path, path_exists, read_json, write_json
from longweave.synth.funnel import read_funnel, write_funnel
from longweave.synth.llm.loop import Models, open_models
from longweave.synth.llm.settings import ModelSettings
from longweave.synth.llm.spending import SECONDS, list_spending
from longweave.synth.llm.store import AnswerStore
from longweave.synth.run_directory import RunDirectory
from longweave.synth.stage import Progress

STORE_FILE = "answers.sqlite"
_BOOKS_FILE = ".answers"


def store_path(settings: ModelSettings, run: str) -> str:
    """Where the answers of the run at ``run`` are kept.

    Raises:
        SettingsError: The run is not on this machine's disk, and no store is named.
    """
    if settings.answers.store is not None:
        named = settings.answers.store
        return named if "://" in named else os.path.abspath(named)
    place = local_path(run)
    if place is None:
        raise SettingsError(
            "a run that is not on this machine's disk needs one named",
            where="models.answers.store",
            fix="Set it to a file on this machine's disk.",
        )
    return join_path(posixpath.dirname(place.rstrip("/")), STORE_FILE)


@contextmanager
def open_store(settings: ModelSettings, run: RunDirectory) -> Iterator[AnswerStore]:
    """The answer store of ``run``, with the recorded answers that the settings name.

    Raises:
        InputError: A file of recorded answers cannot be used.
        RunError: The store cannot.
    """
    path = store_path(settings, run.url)
    books = run.path(_BOOKS_FILE)
    account = read_json(books)["account"] if path_exists(books) else uuid4().hex
    write_json(books, {"account": account, "store": path})
    with AnswerStore.open(path, account) as store:
        for file in settings.answers.files:
            store.import_file(file)
        yield store


def export_answers(run: RunDirectory, path: str) -> int:
    """Write the answers that ``run`` has used to the Parquet file at ``path``; returns how many.

    Raises:
        RunError: It has asked no model, or the file cannot be written.
    """
    if not path_exists(run.path(_BOOKS_FILE)):
        raise RunError("this run has asked no model", where=run.url)
    books = read_json(run.path(_BOOKS_FILE))
    with AnswerStore.open(books["store"], books["account"]) as store:
        return store.export(path)


class RunModels:
    """Opens the models of ``run`` for the first stage that asks, and keeps them open for the next ones."""

    def __init__(self, run: RunDirectory, settings: ModelSettings, progress: Progress) -> None:
        self._run, self._settings, self._progress = run, settings, progress
        self._opened = ExitStack()
        self._models: Models | None = None

    def __enter__(self) -> "RunModels":
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()
        self._models = None

    def open(self) -> Models:
        """The models of the run."""
        if self._models is None:
            store = self._opened.enter_context(open_store(self._settings, self._run))
            self._opened.callback(self._keep_books, store)
            self._models = self._opened.enter_context(open_models(self._settings, store, self._progress.warn))
        return self._models

    def _keep_books(self, store: AnswerStore) -> None:
        """Write what the run has spent into its funnel and into run.json."""
        lines = list_spending(store.spent(), self._settings.prices)
        write_funnel(self._run.url, read_funnel(self._run.url).with_models(lines))
        self._run.set_models([{key: line[key] for key in line if key not in SECONDS} for line in lines])
