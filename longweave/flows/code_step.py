"""Source trees to candidates, by what their syntax says: ``kg/code/``. No model is asked."""

from collections.abc import Iterator
from functools import partial

from longweave.flows.corpus_step import document_paths
from longweave.flows.settings import RunSettings
from longweave.flows.step import StepContext
from longweave.flows.tables_step import read_splits, split_of_shard
from longweave.kg.code import pose_code
from longweave.synth.documents import read_documents
from longweave.synth.records import CANDIDATE_SCHEMA, Candidate, to_table
from longweave.synth.splits import SPLITS
from longweave.synth.stage import Kept, Outcome, Stage, each_record

CODE_CANDIDATES = "kg/code"


def pose_code_questions(context: StepContext) -> None:
    """Pose questions whose chain of definitions, imports and calls crosses source files."""
    if context.settings.code is None:
        return
    stage = Stage(
        name="pose_code_questions",
        folder=CODE_CANDIDATES,
        schema=CANDIDATE_SCHEMA,
        read=partial(_pose, context.run.url, context.settings),
        work=each_record(_keep, _id_of),
    )
    context.run_stage(stage, code_shards(context.settings))


def code_shards(settings: RunSettings) -> list[str]:
    """Keys of the shards of code questions, one per split; none without ``code``."""
    return [] if settings.code is None else [f"{split}-code" for split in SPLITS]


def _pose(run: str, settings: RunSettings, key: str) -> Iterator[Candidate]:
    assert settings.code is not None
    split, splits = split_of_shard(key), read_splits(run)
    documents = [
        document
        for path in document_paths(run)
        for document in read_documents(path)
        if document.domain == "code" and splits[document.doc_id] == split
    ]
    return pose_code(documents, settings.code, settings.seed)


def _keep(candidate: Candidate) -> Outcome:
    return Kept(to_table([candidate], Candidate))


def _id_of(candidate: Candidate) -> str:
    return candidate.sample_id
