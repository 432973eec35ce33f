"""``longweave review``: the samples of a run on a shelf, and the server that shows them on this machine."""

import secrets
import socket
import webbrowser
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from getpass import getuser
from threading import Thread
from typing import NamedTuple

import uvicorn

from longweave.flows.checked import add_findings, gates_of
from longweave.flows.report_step import name_of, read_reasons
from longweave.flows.samples_step import VERIFIED
from longweave.flows.settings import RunSettings
from longweave.synth.errors import RunError
from longweave.synth.files import (
    join_path,
    list_files,
    local_path,
    path_exists,
    read_row_group,
    read_row_groups,
    read_rows,
)
from longweave.synth.records import Checked, Sample, Trial, from_row, read_trials
from longweave.synth.run_directory import read_run
from longweave.verify.marks import MARKS_FILE, MarkBook
from longweave.verify.report import RejectedRow
from longweave.verify.review import KEPT, Entry, ShelvedSample, make_app

_LISTED = ("sample_id", "question", "task", "question_type", "maker", "target_tokens")
_REMEMBERED = 4
_HOST = "127.0.0.1"


class _Place(NamedTuple):
    """Where a sample stands: its shard, row group and row there."""

    key: str
    group: int
    row: int


class RunShelf:
    """The samples of ``verified/`` of a run, in order, with what its gates found out.

    The list is read once, without contexts; a sample is read with its row group when it is asked for, and the
    last few are remembered.

    Raises:
        RunError: The run has no ``verified/``.
    """

    def __init__(self, run: str, settings: RunSettings) -> None:
        self.name = name_of(run)
        self._run, self._gates = run, gates_of(settings)
        self._places: list[_Place] = []
        self._rejects: dict[str, RejectedRow] = {}
        self._recent: OrderedDict[int, ShelvedSample] = OrderedDict()
        folder = join_path(run, VERIFIED)
        shards = list_files(folder, ".parquet")
        if not shards:
            raise RunError(
                f"has no {VERIFIED}/ with samples to review",
                where=run,
                fix="Give a run directory in which samples have been verified.",
            )
        self._entries: list[Entry] = []
        for shard in shards:
            self._list(join_path(folder, shard), shard.removesuffix(".parquet"))

    @property
    def entries(self) -> Sequence[Entry]:
        """All samples."""
        return self._entries

    def read(self, number: int) -> ShelvedSample:
        """The sample with that number.

        Raises:
            RunError: Its file cannot be read.
        """
        if number not in self._recent:
            place, entry = self._places[number], self._entries[number]
            table = read_row_group(join_path(self._run, VERIFIED, f"{place.key}.parquet"), place.group)
            sample = from_row(table.slice(place.row, 1).to_pylist()[0], Sample)
            reject = self._rejects.get(entry.sample_id)
            detail, found = (reject.detail, read_trials(reject.found)) if reject is not None else ("", [])
            self._recent[number] = ShelvedSample(self._add_findings(sample, place.key, found), detail)
            while len(self._recent) > _REMEMBERED:
                self._recent.popitem(last=False)
        return self._recent[number]

    def _list(self, path: str, key: str) -> None:
        dropped: dict[str, str] = {}
        for gate in self._gates:
            for sample_id, reject in read_reasons(self._run, gate, key).items():
                dropped[sample_id] = f"{gate.step}: {reject.reason}"
                self._rejects[sample_id] = reject
        for group, table in enumerate(read_row_groups(path, _LISTED)):
            for row, values in enumerate(table.to_pylist()):
                self._places.append(_Place(key, group, row))
                self._entries.append(_entry_of(values, dropped))

    def _add_findings(self, sample: Sample, key: str, last: list[Trial]) -> Sample:
        added = add_findings(sample, self._findings(sample.sample_id, key))
        return added.model_copy(update={"trials": [*added.trials, *last]})

    def _findings(self, sample_id: str, key: str) -> list[Checked]:
        paths = [join_path(self._run, gate.folder, f"{key}.parquet") for gate in self._gates]
        return [
            from_row(row, Checked)
            for path in paths
            if path_exists(path)
            for row in read_rows(path)
            if row["sample_id"] == sample_id
        ]


def review_run(run: str, port: int, open_page: bool, say: Callable[[str], None]) -> None:
    """Serve the review page of the run at ``run`` until Ctrl-C.

    Args:
        run: Path of the run directory.
        port: Where to listen on 127.0.0.1; 0 for any free port.
        open_page: Whether to open the page in a browser.
        say: Told the address at the start, and at the end how far the review has come.

    Raises:
        RunError: There is no such run on this machine, nothing to review in it, or the port is taken.
    """
    settings = RunSettings.model_validate(read_run(run).settings)
    folder = local_path(run)
    if folder is None:
        raise RunError("is not on this machine's disk", where=run, fix="Copy it here and review the copy.")
    with _listen(port) as listening:
        shelf = RunShelf(run, settings)
        book = MarkBook(join_path(folder, MARKS_FILE))
        book.read()
        own_port = listening.getsockname()[1]
        token = secrets.token_urlsafe(24)
        app = make_app(shelf, book, token=token, port=own_port, now=_now, reviewer=_reviewer())
        address = f"http://{_HOST}:{own_port}/?token={token}"
        say(f"{len(shelf.entries):,} samples to review at {address} (Ctrl-C ends it)")
        if open_page:
            Thread(target=webbrowser.open, args=[address], daemon=True).start()
        _serve(app, listening)
    marked = book.read()
    n_marked = sum(entry.sample_id in marked for entry in shelf.entries)
    say(f"{n_marked:,} of {len(shelf.entries):,} samples are marked in {book.path}")


def _serve(app: object, listening: socket.socket) -> None:
    config = uvicorn.Config(
        app,  # type: ignore[arg-type]
        lifespan="off",
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=2,
    )
    with suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[listening])


def _listen(port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((_HOST, port))
        listening.listen()
    except OSError as error:
        listening.close()
        raise RunError(
            "is taken" if port else f"no port is free: {error.strerror}",
            where=f"port {port}",
            fix="Choose another --port, or leave it out.",
        ) from error
    return listening


def _entry_of(values: Mapping[str, object], dropped: Mapping[str, str]) -> Entry:
    question = str(values["question"])
    return Entry(
        sample_id=str(values["sample_id"]),
        question=question,
        folded=question.casefold(),
        task=str(values["task"]),
        question_type=str(values["question_type"]),
        maker=str(values["maker"]),
        target_tokens=int(str(values["target_tokens"])),
        outcome=dropped.get(str(values["sample_id"]), KEPT),
    )


def _reviewer() -> str:
    try:
        return getuser()
    except (OSError, KeyError):  # no such user on this machine, as in a container
        return ""


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
