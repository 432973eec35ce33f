"""Verified samples to what a run leaves: ``train/``, ``val/``, the dataset card, the sources, the report."""

import time
from collections.abc import Iterator
from functools import partial

from longweave.corpus.settings import CorpusSettings
from longweave.flows.corpus_step import document_paths
from longweave.flows.opened import open_once
from longweave.flows.samples_step import prove_again, read_verified, verify_samples
from longweave.flows.settings import RunSettings
from longweave.flows.step import StepContext
from longweave.flows.tables_step import read_splits
from longweave.synth.card import Source, render_card, render_sources
from longweave.synth.export import DatasetSummary, export_samples
from longweave.synth.files import join_path, list_files, path_exists, read_footer, read_rows, write_text
from longweave.synth.funnel import Counts, add_counts, check_balance, read_funnel, write_funnel
from longweave.synth.run_directory import RunDirectory, read_run
from longweave.synth.splits import SPLITS
from longweave.synth.stage import Execute, MadeShard, Progress, Reject
from longweave.synth.verl_rows import sample_from_row
from longweave.verify.provers import index_questions
from longweave.verify.report import RejectedRow, StageBooks, build_report

CARD = "README.md"
REPORT = "report.html"
_PROOF = "proof"


def export(context: StepContext) -> None:
    """Write the dataset, its card and the report. The card is written last, so a run that has it is
    exported.

    Raises:
        RunError: Other samples are there than were verified, or a file cannot be written.
    """
    run, settings = context.run, context.settings
    if path_exists(run.path(CARD)):
        return
    context.progress.begin("export", 1)
    started = time.monotonic()
    summary = export_samples(read_verified(run.url, settings), read_splits(run.url), run.url)
    n_rows, n_tokens = summary.rows.total(), summary.tokens.total()
    funnel = read_funnel(run.url)
    verified = funnel.stages.get(verify_samples.__name__, Counts())
    counts = Counts(verified.kept, n_rows, {}, n_rows, n_tokens)
    check_balance(counts, "export")
    write_funnel(run.url, funnel.with_stage("export", counts, time.monotonic() - started))
    write_report(run.url, settings)
    sources = list(_read_sources(run.url))
    write_text(run.path("SOURCES.md"), render_sources(summary, sources))
    write_text(run.path(CARD), _render_card(run.url, settings.corpus, summary, sources))
    context.progress.end("export", counts)


def write_report(run: str, settings: RunSettings) -> str:
    """Write ``report.html`` of the run at ``run``; returns its path.

    Raises:
        RunError: There is no such run, or it cannot be written.
    """
    funnel = read_funnel(run)
    books = [StageBooks(name, c.n_in, c.kept, c.dropped) for name, c in funnel.stages.items()]
    split_rows: dict[str, int] = {
        split: sum(read_footer(path)[0] for path in _exported(run, split)) for split in SPLITS
    }
    page = build_report(
        _name_of(run), books, read_verified(run, settings), read_rejects(run, list(funnel.stages)), split_rows
    )
    write_text(join_path(run, REPORT), page)
    return join_path(run, REPORT)


def verify_again(run: str, execute: Execute, progress: Progress) -> Counts:
    """Put every exported row of the run at ``run`` through all gates again, from the row alone.

    Raises:
        RunError: There is no such run, or it has not been exported.
    """
    directory: RunDirectory = read_run(run)
    settings = RunSettings.model_validate(directory.settings)
    keys = [path for split in SPLITS for path in _exported(run, split)]
    progress.begin(_PROOF, len(keys))
    made: list[MadeShard] = []
    for shard in execute(partial(_prove_file, run, settings), keys):
        made.append(shard)
        progress.advance(_PROOF, shard)
    counts = add_counts(shard.counts for shard in made)
    progress.end(_PROOF, counts)
    return counts


def read_rejects(run: str, stages: list[str]) -> Iterator[RejectedRow]:
    """All rejects of a run, stage by stage."""
    for stage in stages:
        folder = join_path(run, "rejects", stage)
        for name in list_files(folder, ".parquet"):
            for row in read_rows(join_path(folder, name)):
                yield RejectedRow(row["stage"], row["record_id"], row["reason"], row["detail"])


def _prove_file(run: str, settings: RunSettings, path: str) -> MadeShard:
    asked_first = _index_exported(run)
    counts = []
    for row in read_rows(path):
        outcome = prove_again(sample_from_row(row), settings, asked_first)
        if isinstance(outcome, Reject):
            counts.append(Counts(1, 0, {outcome.reason: 1}))
        else:
            counts.append(Counts(1, 1, {}, 1, row["n_prompt_tokens"]))
    return MadeShard(path, add_counts(counts), 0.0)


@open_once
def _index_exported(run: str) -> dict[str, str]:
    return index_questions(
        (row["sample_id"], row["question"])
        for split in SPLITS
        for path in _exported(run, split)
        for row in read_rows(path, ["sample_id", "question"])
    )


def _exported(run: str, split: str) -> list[str]:
    folder = join_path(run, split)
    return [join_path(folder, name) for name in list_files(folder, ".parquet")]


def _read_sources(run: str) -> Iterator[Source]:
    for path in document_paths(run):
        for row in read_rows(path, ["doc_id", "title", "source", "license"]):
            yield Source(**row)


def _render_card(run: str, corpus: CorpusSettings, summary: DatasetSummary, sources: list[Source]) -> str:
    return render_card(
        _name_of(run),
        summary,
        sources,
        languages=() if "language" in corpus.filters.skip_rules else corpus.filters.languages,
        question_sets=[question_set.name for question_set in corpus.decontamination.sets],
    )


def _name_of(run: str) -> str:
    return run.rstrip("/").rpartition("/")[2]
