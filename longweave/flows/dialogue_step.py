"""Conversations to candidates whose answers code derives: ``mase/dialogue/``. No model is asked."""

from collections.abc import Iterator
from functools import partial

from longweave.flows.corpus_step import document_paths
from longweave.flows.settings import RunSettings
from longweave.flows.step import StepContext
from longweave.flows.tables_step import read_splits, split_of_shard
from longweave.mase.dialogue import pose_dialogue
from longweave.synth.documents import read_documents
from longweave.synth.records import CANDIDATE_SCHEMA, Candidate, to_table
from longweave.synth.splits import SPLITS
from longweave.synth.stage import Kept, Outcome, Stage, each_record

DIALOGUE_CANDIDATES = "mase/dialogue"


def pose_dialogue_questions(context: StepContext) -> None:
    """Pose questions about who says what, and which of many look-alikes, in real conversations."""
    if context.settings.dialogue is None:
        return
    stage = Stage(
        name="pose_dialogue_questions",
        folder=DIALOGUE_CANDIDATES,
        schema=CANDIDATE_SCHEMA,
        read=partial(_pose, context.run.url, context.settings),
        work=each_record(_keep, _id_of),
    )
    context.run_stage(stage, dialogue_shards(context.settings))


def dialogue_shards(settings: RunSettings) -> list[str]:
    """Keys of the shards of questions about dialogues, one per split; none without ``dialogue``."""
    return [] if settings.dialogue is None else [f"{split}-dialogue" for split in SPLITS]


def _pose(run: str, settings: RunSettings, key: str) -> Iterator[Candidate]:
    assert settings.dialogue is not None
    split, splits = split_of_shard(key), read_splits(run)
    documents = [
        document
        for path in document_paths(run)
        for document in read_documents(path)
        if document.domain == "dialogue" and splits[document.doc_id] == split
    ]
    return pose_dialogue(documents, settings.dialogue, settings.seed)


def _keep(candidate: Candidate) -> Outcome:
    return Kept(to_table([candidate], Candidate))


def _id_of(candidate: Candidate) -> str:
    return candidate.sample_id
