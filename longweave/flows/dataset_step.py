"""Verified samples to what a run leaves: ``train/``, ``val/``, the dataset card, the sources, the report."""

import time
from collections.abc import Iterator
from functools import partial

from longweave.corpus.settings import CorpusSettings
from longweave.flows.checked import SELECTION, Pool, open_pool
from longweave.flows.corpus_step import document_paths
from longweave.flows.report_step import exported_files, name_of, write_report
from longweave.flows.samples_step import prove_again
from longweave.flows.settings import RunSettings
from longweave.flows.step import StepContext
from longweave.flows.tables_step import read_splits
from longweave.synth.card import Source, render_card, render_sources
from longweave.synth.export import DatasetSummary, export_samples
from longweave.synth.files import path_exists, read_rows, write_text
from longweave.synth.funnel import Counts, add_counts, check_balance, read_funnel, write_funnel
from longweave.synth.records import Dropped
from longweave.synth.run_directory import RunDirectory, read_run
from longweave.synth.splits import SPLITS
from longweave.synth.stage import Execute, MadeShard, Progress
from longweave.synth.verl_rows import sample_from_row

CARD = "README.md"
_PROOF = "proof"


def export(context: StepContext) -> None:
    """Write the dataset, its cards and the report.

    Raises:
        RunError: Other samples are there than were selected, or a file cannot be written.
    """
    run, settings = context.run, context.settings
    write_dataset(context, open_pool(run.url, settings), run.url, SELECTION.step)


def write_dataset(context: StepContext, pool: Pool, made_by: str, last: str) -> None:
    """Write the samples of ``pool`` as a dataset with its cards into the run directory.

    The card is written last, so a directory that has it is complete.

    Args:
        context: Where it is written.
        pool: What is written.
        made_by: The run that has the documents; its report is written if it is this one.
        last: The stage whose books must say as many samples.

    Raises:
        RunError: They say another number, or a file cannot be written.
    """
    run = context.run
    if path_exists(run.path(CARD)):
        return
    context.progress.begin("export", 1)
    started = time.monotonic()
    summary = export_samples(pool.read_all(), read_splits(made_by), run.url)
    n_rows, n_tokens = summary.rows.total(), summary.tokens.total()
    funnel = read_funnel(run.url)
    selected = funnel.stages.get(last, Counts())
    counts = Counts(selected.kept, n_rows, {}, n_rows, n_tokens)
    check_balance(counts, "export")
    write_funnel(run.url, funnel.with_stage("export", counts, time.monotonic() - started))
    if made_by == run.url:
        write_report(run.url, context.settings)
    sources = list(_read_sources(made_by))
    write_text(run.path("SOURCES.md"), render_sources(summary, sources))
    write_text(run.path(CARD), _render_card(run.url, context.settings.corpus, summary, sources))
    context.progress.end("export", counts)


def verify_again(run: str, execute: Execute, progress: Progress) -> Counts:
    """Put every exported row of the run at ``run`` through all gates again, from the row alone.

    Raises:
        RunError: There is no such run, or it has not been exported.
    """
    directory: RunDirectory = read_run(run)
    settings = RunSettings.model_validate(directory.settings)
    keys = [path for split in SPLITS for path in exported_files(run, split)]
    progress.begin(_PROOF, len(keys))
    made: list[MadeShard] = []
    for shard in execute(partial(_prove_file, settings), keys):
        made.append(shard)
        progress.advance(_PROOF, shard)
    counts = add_counts(shard.counts for shard in made)
    progress.end(_PROOF, counts)
    return counts


def _prove_file(settings: RunSettings, path: str) -> MadeShard:
    counts = []
    for row in read_rows(path):
        outcome = prove_again(sample_from_row(row), settings)
        if isinstance(outcome, Dropped):
            counts.append(Counts(1, 0, {outcome.reason: 1}))
        else:
            counts.append(Counts(1, 1, {}, 1, row["n_prompt_tokens"]))
    return MadeShard(path, add_counts(counts), 0.0)


def _read_sources(run: str) -> Iterator[Source]:
    for path in document_paths(run):
        for row in read_rows(path, ["doc_id", "title", "source", "license"]):
            yield Source(**row)


def _render_card(run: str, corpus: CorpusSettings, summary: DatasetSummary, sources: list[Source]) -> str:
    return render_card(
        name_of(run),
        summary,
        sources,
        languages=() if "language" in corpus.filters.skip_rules else corpus.filters.languages,
        question_sets=[question_set.name for question_set in corpus.decontamination.sets],
    )
