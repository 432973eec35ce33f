"""Candidates to samples in context whose answer is proven: ``samples/``, ``verified/``."""

from collections.abc import Iterator
from functools import partial
from operator import attrgetter

from longweave.flows.makers import MAKERS, candidate_files
from longweave.flows.opened import open_tokenizer
from longweave.flows.pools import make_pool, open_split_pool
from longweave.flows.settings import RunSettings
from longweave.flows.step import StepContext
from longweave.flows.tables_step import split_of_shard
from longweave.synth.context import assemble, choose_target, count_needed
from longweave.synth.files import join_path, read_footer, read_rows
from longweave.synth.records import (
    SAMPLE_SCHEMA,
    Candidate,
    Dropped,
    Sample,
    from_row,
    to_table,
)
from longweave.synth.splits import SPLITS, Split
from longweave.synth.stage import Kept, Outcome, Reject, Stage, count_rows, each_record
from longweave.verify.provers import verify_sample
from longweave.verify.structure import PromptLength

SAMPLES = "samples/assembled"
VERIFIED = "verified"


def extend_context(context: StepContext) -> None:
    """Candidates into contexts of one of the target lengths, padded with documents of their own split."""
    run, settings = context.run, context.settings
    for split in SPLITS:
        make_pool(run.url, split, settings.tokenizer)
    stage = Stage(
        name="extend_context",
        folder=SAMPLES,
        schema=SAMPLE_SCHEMA,
        read=partial(_read_candidates, run.url, settings),
        work=_Extend(run.url, settings),
        max_dropped=settings.limits.extend_context,
        tokens="n_prompt_tokens",
    )
    context.run_stage(stage, sample_shards(run.url, settings))


def verify_samples(context: StepContext) -> None:
    """Keep the samples whose structure and proof hold."""
    run, settings = context.run, context.settings
    stage = Stage(
        name="verify_samples",
        folder=VERIFIED,
        schema=SAMPLE_SCHEMA,
        read=partial(_read_samples, run.url),
        work=each_record(partial(_verify, settings), attrgetter("sample_id")),
        expect=partial(count_rows, run.path(SAMPLES)),
        max_dropped=settings.limits.verify_samples,
        tokens="n_prompt_tokens",
    )
    context.run_stage(stage, sample_shards(run.url, settings))


def sample_shards(run: str, settings: RunSettings) -> list[str]:
    """Keys of the shards of ``samples/`` and ``verified/``: slices of the shards of candidates."""
    size = settings.shards.samples
    keys = []
    for key, folder in candidate_files(settings):
        n_rows, _ = read_footer(join_path(run, folder, f"{key}.parquet"))
        keys += [f"{key}-{first // size:05d}" for first in range(0, n_rows, size)]
    return keys


def prove_again(sample: Sample, settings: RunSettings) -> Sample | Dropped:
    """Structure and proof of one sample, from what it holds alone."""
    length = PromptLength(settings.context.fill, settings.context.template_tokens)
    provers = {name: load(settings).prover for name, load in MAKERS.items()}
    return verify_sample(sample, provers, open_tokenizer(settings.tokenizer), length)


def assemble_again(
    run: str, settings: RunSettings, split: Split, candidate: Candidate, target: int, seed: int
) -> Sample | Dropped:
    """``candidate`` in a context of ``target`` tokens from the documents of its split."""
    pool = open_split_pool(run, split, settings.tokenizer)
    forbids = MAKERS[candidate.maker](settings).forbidden(run, split, candidate)
    return assemble(candidate, target, pool, settings.context, seed, lambda _, piece: forbids(piece))


class _Extend:
    """Puts candidates into contexts. Holds paths only, so that it can be sent to another process."""

    def __init__(self, run: str, settings: RunSettings) -> None:
        self._run, self._settings = run, settings

    def __call__(self, candidates: Iterator[tuple[Split, Candidate]]) -> Iterator[Outcome]:
        return each_record(self._extend, lambda pair: pair[1].sample_id)(candidates)

    def _extend(self, pair: tuple[Split, Candidate]) -> Outcome:
        split, candidate = pair
        extended = self._assemble(split, candidate)
        if isinstance(extended, Dropped):
            return Reject(candidate.sample_id, extended.reason, extended.detail)
        return Kept(to_table([extended], Sample))

    def _assemble(self, split: Split, candidate: Candidate) -> Sample | Dropped:
        context, seed = self._settings.context, self._settings.seed
        pool = open_split_pool(self._run, split, self._settings.tokenizer)
        needed = count_needed(candidate, pool, context)
        if isinstance(needed, Dropped):
            return needed
        target = choose_target(candidate, context, needed, seed)
        if target is None:
            return Dropped(reason="evidence_exceeds_target", detail=f"needs {needed} tokens")
        return assemble_again(self._run, self._settings, split, candidate, target, seed)


def _verify(settings: RunSettings, sample: Sample) -> Outcome:
    verified = prove_again(sample, settings)
    if isinstance(verified, Dropped):
        return Reject(sample.sample_id, verified.reason, verified.detail)
    return Kept(to_table([verified], Sample))


def _read_candidates(run: str, settings: RunSettings, key: str) -> Iterator[tuple[Split, Candidate]]:
    candidates, _, number = key.rpartition("-")
    size = settings.shards.samples
    first = int(number) * size
    folder = dict(candidate_files(settings))[candidates]
    rows = list(read_rows(join_path(run, folder, f"{candidates}.parquet")))[first : first + size]
    return ((split_of_shard(key), from_row(row, Candidate)) for row in rows)


def _read_samples(run: str, key: str) -> Iterator[Sample]:
    return (from_row(row, Sample) for row in read_rows(join_path(run, SAMPLES, f"{key}.parquet")))
