"""Documents to candidates by evolving questions: the steps under ``mase/``.

``clusters/`` what is asked about → ``rounds/`` what was proposed, and what became of it → ``candidates/``.
There is one shard per task type and split.
"""

from collections.abc import Iterator
from functools import partial
from threading import Lock

import numpy as np
import pyarrow as pa

from longweave.flows.corpus_step import document_paths
from longweave.flows.kg_stages import open_documents
from longweave.flows.made import Made, keep_made
from longweave.flows.settings import RunSettings
from longweave.flows.step import StepContext
from longweave.flows.tables_step import read_splits, split_of_shard
from longweave.mase.checks import KeptQuestions
from longweave.mase.clusters import choose_clusters as choose
from longweave.mase.evolve import evolve_cluster
from longweave.mase.passages import Cut, cut_passages
from longweave.mase.records import CLUSTER_SCHEMA, ROUND_SCHEMA, Cluster, Round
from longweave.mase.settings import MaseSettings
from longweave.mase.shown import OpenCluster, open_cluster
from longweave.mase.task_type import TaskType
from longweave.mase.types import TASK_TYPES
from longweave.synth.documents import read_stored
from longweave.synth.embedding import encode
from longweave.synth.files import join_path, read_rows
from longweave.synth.llm.client import Asker
from longweave.synth.records import CANDIDATE_SCHEMA, Candidate, to_table
from longweave.synth.splits import SPLITS
from longweave.synth.stage import Kept, Outcome, Reject, Stage, count_rows

CLUSTERS = "mase/clusters"
ROUNDS = "mase/rounds"
MASE_CANDIDATES = "mase/candidates"

_READING = Lock()  # the shards of a stage that asks are read in threads, and the open documents are shared


def mase_shards(settings: RunSettings) -> list[str]:
    """Keys of all shards under ``mase/`` of evolved questions: a task type in a split; none without
    ``mase``."""
    if settings.mase is None:
        return []
    return [f"{split}-mase-{name}" for split in SPLITS for name in settings.mase.clusters]


def choose_clusters(context: StepContext) -> None:
    """Choose the passages that questions are to be asked about, and those that the solver sees besides."""
    if context.settings.mase is None:
        return
    run, keys = context.run, mase_shards(context.settings)
    stage = Stage(
        name="choose_clusters",
        folder=CLUSTERS,
        schema=CLUSTER_SCHEMA,
        read=partial(_choose, run.url, context.settings),
        work=keep_made,
    )
    context.run_stage(stage, keys)
    for name, wanted in context.settings.mase.clusters.items():
        found = sum(count_rows(run.path(CLUSTERS), key) for key in keys if task_type_of(key).name == name)
        if found < wanted:
            domains = ", ".join(TASK_TYPES[name].domains)
            context.progress.warn(
                f"choose_clusters: the documents give {found} of {wanted} for {name}; more of {domains}, or "
                "a smaller mase.cluster_tokens, give more"
            )


def evolve_clusters(context: StepContext) -> None:
    """Have models propose, solve and verify questions about each cluster, round by round."""
    mase, run = context.settings.mase, context.run
    if mase is None:
        return
    seed = context.settings.seed

    async def ask(asker: Asker, opened: OpenCluster) -> Outcome:
        task_type = TASK_TYPES[opened.cluster.task_type]
        rounds = await evolve_cluster(opened, task_type, asker, mase, seed)
        return Kept(pa.Table.from_pylist([made.model_dump() for made in rounds], schema=ROUND_SCHEMA))

    stage = Stage(
        name="evolve_clusters",
        folder=ROUNDS,
        schema=ROUND_SCHEMA,
        read=partial(_read_clusters, run.url),
        work=context.models.open().each_record("evolve_clusters", ask, _name_cluster),
        expect=partial(count_rows, run.path(CLUSTERS)),
        max_dropped=context.settings.limits.evolve_clusters,
    )
    context.run_asking(stage, mase_shards(context.settings))


def keep_pairs(context: StepContext) -> None:
    """Keep the pairs of the rounds that kept one, but for those that another cluster asks as well."""
    if context.settings.mase is None:
        return
    stage = Stage(
        name="keep_pairs",
        folder=MASE_CANDIDATES,
        schema=CANDIDATE_SCHEMA,
        read=partial(_read_rounds, context.run.url),
        work=partial(_keep_pairs, context.settings.mase),
        expect=partial(count_rows, context.run.path(ROUNDS)),
        max_dropped=context.settings.limits.keep_pairs,
    )
    context.run_stage(stage, mase_shards(context.settings))


EVOLVING = (choose_clusters, evolve_clusters, keep_pairs)
"""The steps of this maker, in order."""


def task_type_of(key: str) -> TaskType:
    """The task type of a shard."""
    return TASK_TYPES[key.removeprefix(f"{split_of_shard(key)}-mase-")]


def _choose(run: str, settings: RunSettings, key: str) -> Iterator[Made]:
    assert settings.mase is not None
    split, task_type = split_of_shard(key), task_type_of(key)
    wanted = settings.mase.clusters[task_type.name]
    n_val = min(round(wanted * settings.val_share), wanted)
    most = n_val if split == "val" else wanted - n_val
    rng = np.random.default_rng(list(f"{settings.seed}:clusters:{key}".encode()))
    cuts = _cut_documents(run, settings.mase, key)
    for cluster in choose(cuts, task_type, most, settings.mase, encode, rng):
        yield Made(cluster.cluster_id, cluster.model_dump(), CLUSTER_SCHEMA)


def _cut_documents(run: str, settings: MaseSettings, key: str) -> Iterator[list[Cut]]:
    split, domains, splits = split_of_shard(key), task_type_of(key).domains, read_splits(run)
    for path in document_paths(run):
        for document, blocks in read_stored(path):
            if document.domain in domains and splits[document.doc_id] == split:
                yield cut_passages(document, blocks, settings.passage_tokens)


def _read_clusters(run: str, key: str) -> Iterator[OpenCluster]:
    for row in read_rows(join_path(run, CLUSTERS, f"{key}.parquet")):
        with _READING:
            opened = open_cluster(Cluster.model_validate(row), open_documents(run))
        yield opened


def _name_cluster(opened: OpenCluster) -> str:
    return opened.cluster.cluster_id


def _read_rounds(run: str, key: str) -> Iterator[Round]:
    rows = read_rows(join_path(run, ROUNDS, f"{key}.parquet"))
    return (Round.model_validate(row) for row in rows)


def _keep_pairs(settings: MaseSettings, rounds: Iterator[Round]) -> Iterator[Outcome]:
    kept = KeptQuestions(encode, settings.max_similarity)
    for made in rounds:
        record_id = f"{made.cluster_id}:{made.number}"
        if made.reason:
            yield Reject(record_id, made.reason, made.detail)
        elif (dropped := kept.check(made.question)) is not None:
            yield Reject(record_id, dropped.reason, dropped.detail)
        else:
            kept.add(made.question)
            yield Kept(to_table([Candidate.model_validate_json(made.candidate)], Candidate))
