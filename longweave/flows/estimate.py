"""What a run will use, from a pilot on a few of its documents.

The sources are read and filtered as the run would do it, which asks no model; so the number of documents is
known. The pilot takes a sample of them, every so many in the order of source and length, through all steps up
to the last that asks. Both happen in a folder beside the run's, which is removed at the end; the pilot's
answers stay in the run's own store, so that the run will not pay for them again.
"""

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import fsspec
import numpy as np
import pyarrow as pa

from longweave.corpus import SourceSettings
from longweave.flows.corpus_step import DOCUMENTS, UNIQUE, document_shards, filter_corpus
from longweave.flows.mase_step import evolve_clusters
from longweave.flows.models import open_store, store_path
from longweave.flows.pipeline import ASKING, STEPS, begin
from longweave.flows.settings import DropLimits, RunSettings
from longweave.flows.step import open_context
from longweave.synth.errors import RunError
from longweave.synth.files import (
    ParquetSink,
    join_path,
    open_whole,
    path_exists,
    read_row_groups,
    write_text,
)
from longweave.synth.funnel import Counts, Funnel, read_funnel
from longweave.synth.llm.answer_files import read_answers
from longweave.synth.llm.forecast import Forecast, forecast, sent_per_answer
from longweave.synth.llm.meter import Meter
from longweave.synth.llm.response import Response, Usage
from longweave.synth.llm.settings import AnswerSettings
from longweave.synth.llm.spending import Account, Spent, cost_of_all, sum_spent
from longweave.synth.records import DOCUMENT_SCHEMA
from longweave.synth.run_directory import RunDirectory
from longweave.synth.stage import Execute, MadeShard, Progress

_NO_LIMITS = DropLimits(**dict.fromkeys(DropLimits.model_fields, 1.0))
_SHORTEST = 0.01
_MARK = ".estimate"
_LAST_ASKING = max(STEPS.index(step) for step in ASKING)


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a run over ``documents`` documents will use, from a pilot over ``piloted`` of them.

    The pilot used ``spent`` (``money``: None where a price is not known) in ``seconds``. ``paces`` are the
    requests a second of the stages in the pilot; one that sent none is not there. ``store`` is where the
    pilot's answers are kept; empty where they are not.
    """

    documents: int
    piloted: int
    forecasts: Sequence[Forecast]
    paces: Mapping[str, float]
    spent: Spent
    money: float | None
    seconds: float
    store: str


def estimate_run(
    settings: RunSettings, out: str, documents: int, execute: Execute, progress: Progress
) -> Estimate:
    """Predict the run in ``out`` from a pilot over at most ``documents`` of its documents.

    Raises:
        LongweaveError: As ``pipeline.synthesize``; answers that were paid for are kept.
    """
    if not settings.asked_roles():
        return Estimate(0, 0, (), {}, Spent(), None, 0.0, "")
    began = time.monotonic()
    with _scratch_folder(f"{out.rstrip('/')}.estimate") as scratch:
        sample = join_path(scratch, "sample.parquet")
        n_all = _draw_sample(settings, join_path(scratch, "all"), sample, documents, execute, progress)
        share = min(documents / max(n_all, 1), 1.0)
        pilot = _pilot_settings(settings, store_path(settings.models, out), scratch, sample, share)
        watched = _Watched(progress)
        with begin(pilot, join_path(scratch, "pilot")) as run:
            with open_context(run, pilot, execute, watched) as context:
                for step in STEPS[: _LAST_ASKING + 1]:
                    step(context)
            spent, usages = _read_books(run, pilot)
        funnel = read_funnel(run.url)
        prices = settings.models.prices
        return Estimate(
            documents=n_all,
            piloted=min(documents, n_all),
            forecasts=list(_forecast_accounts(settings, spent, usages, funnel, n_all, documents)),
            paces=_find_paces(spent, funnel, watched.most_in_flight),
            spent=sum_spent(spent.values()),
            money=cost_of_all(spent, prices) if all(used.model in prices for used in spent) else None,
            seconds=time.monotonic() - began,
            store=pilot.models.answers.store or "" if settings.models.answers.mode != "off" else "",
        )


def choose_documents(sizes: Sequence[tuple[str, int]], n: int, seed: int) -> list[int]:
    """Indexes of ``n`` documents that stand for all: every so many in the order of source and length.

    Args:
        sizes: Source and tokens of every document.
        n: How many; all where there are no more.
        seed: Decides where the counting begins.
    """
    order = sorted(range(len(sizes)), key=lambda index: (*sizes[index], index))
    if n >= len(order):
        return sorted(order)
    step = len(order) / n
    first = np.random.default_rng(seed).random() * step
    return sorted(order[math.floor(first + number * step)] for number in range(n))


class _Watched:
    """A ``Progress`` that passes on what stages tell that ask, and notes their most requests in flight."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._asking = {step.__name__ for step in ASKING}
        self.most_in_flight: dict[str, int] = {}

    def begin(self, stage: str, shards: int) -> None:
        if stage in self._asking:
            self._progress.begin(stage, shards)

    def advance(self, stage: str, made: MadeShard) -> None:
        if stage in self._asking:
            self._progress.advance(stage, made)

    def models(self, stage: str, meter: Meter) -> None:
        self.most_in_flight[stage] = max(self.most_in_flight.get(stage, 0), meter.in_flight)
        self._progress.models(stage, meter)

    def end(self, stage: str, counts: Counts) -> None:
        if stage in self._asking:
            self._progress.end(stage, counts)

    def warn(self, what: str) -> None:
        self._progress.warn(what)


@contextmanager
def _scratch_folder(folder: str) -> Iterator[str]:
    """An empty ``folder`` that is removed at the end; what a killed estimate left of it is removed now.

    Raises:
        RunError: Something else is there.
    """
    filesystem, inner = fsspec.core.url_to_fs(folder)
    mark = join_path(folder, _MARK)
    if filesystem.exists(inner) and not path_exists(mark):
        raise RunError(
            "there is a folder of that name", where=folder, fix="Move it, or choose another --out."
        )
    if filesystem.exists(inner):
        filesystem.rm(inner, recursive=True)
    write_text(mark, "Made by `longweave estimate`, which removes this folder.\n")
    try:
        yield folder
    finally:
        filesystem.rm(inner, recursive=True)


def _draw_sample(
    settings: RunSettings, folder: str, sample: str, n: int, execute: Execute, progress: Progress
) -> int:
    """Filter all sources in ``folder`` and write ``n`` of the documents to ``sample``; how many there are."""
    with begin(settings, folder) as run, open_context(run, settings, execute, progress) as context:
        filter_corpus(context)
    stored = DOCUMENTS if settings.corpus.judge is None else UNIQUE
    paths = {key: join_path(folder, stored, f"{key}.parquet") for key in document_shards(folder)}
    sizes = [
        (key.rsplit("-", 2)[0], n_tokens)
        for key, path in paths.items()
        for table in read_row_groups(path, ["n_tokens"])
        for n_tokens in table["n_tokens"].to_pylist()
    ]
    chosen = np.array(choose_documents(sizes, n, settings.seed), dtype=np.int64)
    with open_whole(sample) as file:
        sink, first = ParquetSink(file, DOCUMENT_SCHEMA), 0
        for path in paths.values():
            for table in read_row_groups(path, DOCUMENT_SCHEMA.names):
                last = first + table.num_rows
                sink.write(table.take(pa.array(chosen[(chosen >= first) & (chosen < last)] - first)))
                first = last
        sink.close({})
    return len(sizes)


def _pilot_settings(
    settings: RunSettings, store: str, scratch: str, sample: str, share: float
) -> RunSettings:
    """The settings of the run for the documents in ``sample``, which are a ``share`` of all; nothing a model
    is asked differs, but for fewer clusters to ask about."""
    answers = settings.models.answers.model_copy(update={"store": store})
    if answers.mode == "off":
        answers = AnswerSettings(mode="record", store=join_path(scratch, "answers.sqlite"))
    source = SourceSettings(name="pilot", format="parquet", paths=(sample,))
    return settings.model_copy(
        update={
            "corpus": settings.corpus.model_copy(update={"sources": (source,)}),
            "models": settings.models.model_copy(update={"answers": answers}),
            "limits": _NO_LIMITS,
            "mase": settings.mase and settings.mase.scaled(share),
        }
    )


def _read_books(
    run: RunDirectory, settings: RunSettings
) -> tuple[dict[Account, Spent], dict[Account, list[Usage]]]:
    """What the run has spent, and the usage of every answer that it used, stored ones included."""
    answers = run.path("answers.parquet")
    with open_store(settings.models, run) as store:
        spent = store.spent()
        store.export(answers)
    usages: dict[Account, list[Usage]] = {}
    for some in read_answers(answers):
        for answer in some:
            account = Account(answer.stage, answer.role, answer.model)
            usages.setdefault(account, []).append(Response.parse(answer.raw).usage)
    return spent, usages


def _forecast_accounts(
    settings: RunSettings,
    spent: Mapping[Account, Spent],
    usages: Mapping[Account, Sequence[Usage]],
    funnel: Funnel,
    n_all: int,
    n_piloted: int,
) -> Iterator[Forecast]:
    for account, answers in sorted(usages.items()):
        n_records = funnel.stages[account.stage].n_in
        yield forecast(
            account,
            answers,
            n_records=n_records,
            records=_predict_records(settings, account.stage, n_records, max(n_all / n_piloted, 1.0)),
            sent_per_answer=sent_per_answer(spent.get(account, Spent()), len(answers)),
            price=settings.models.prices.get(account.model),
        )


def _predict_records(settings: RunSettings, stage: str, piloted: int, times: float) -> int:
    """As many times more as there are documents; the clusters of evolved questions are given."""
    if stage == evolve_clusters.__name__ and settings.mase is not None:
        return sum(settings.mase.clusters.values())
    return round(piloted * times)


def _find_paces(
    spent: Mapping[Account, Spent], funnel: Funnel, most_in_flight: Mapping[str, int]
) -> dict[str, float]:
    """Requests a second of each stage, had there always been as many in flight as at most in the pilot, whose
    beginning and end are slow; no less than it came to over the whole stage."""
    paces: dict[str, float] = {}
    for stage in {account.stage for account in spent}:
        own = sum_spent(used for account, used in spent.items() if account.stage == stage)
        if own.requests:
            steady = most_in_flight.get(stage, 0) * own.requests / max(own.server_seconds, _SHORTEST)
            paces[stage] = max(steady, own.requests / max(funnel.seconds[stage], _SHORTEST))
    return paces
