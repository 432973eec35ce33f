"""Documents to candidates that code alone poses and answers, with no model: ``kg/code/`` about sources, by
what their syntax says, ``mase/dialogue/`` about who says what in conversations.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

from longweave.flows.corpus_step import document_paths
from longweave.flows.settings import RunSettings
from longweave.flows.step import StepContext
from longweave.flows.tables_step import read_splits, split_of_shard
from longweave.kg.code import pose_code
from longweave.mase.dialogue import pose_dialogue
from longweave.synth.documents import read_documents
from longweave.synth.records import CANDIDATE_SCHEMA, Candidate, Document, Domain, to_table
from longweave.synth.splits import SPLITS
from longweave.synth.stage import Kept, Outcome, Stage, each_record

CODE_CANDIDATES = "kg/code"
DIALOGUE_CANDIDATES = "mase/dialogue"

Pose = Callable[[Sequence[Document]], Iterable[Candidate]]


def pose_code_questions(context: StepContext) -> None:
    """Pose questions whose chain of definitions, imports and calls crosses source files."""
    if (code := context.settings.code) is not None:
        pose = partial(pose_code, settings=code, seed=context.settings.seed)
        _run(context, "pose_code_questions", CODE_CANDIDATES, "code", pose, code_shards(context.settings))


def pose_dialogue_questions(context: StepContext) -> None:
    """Pose questions about who says what, and which of many look-alikes, in real conversations."""
    if (dialogue := context.settings.dialogue) is not None:
        pose = partial(pose_dialogue, settings=dialogue, seed=context.settings.seed)
        keys = dialogue_shards(context.settings)
        _run(context, "pose_dialogue_questions", DIALOGUE_CANDIDATES, "dialogue", pose, keys)


def code_shards(settings: RunSettings) -> list[str]:
    """Keys of the shards of code questions, one per split; none without ``code``."""
    return [] if settings.code is None else [f"{split}-code" for split in SPLITS]


def dialogue_shards(settings: RunSettings) -> list[str]:
    """Keys of the shards of questions about dialogues, one per split; none without ``dialogue``."""
    return [] if settings.dialogue is None else [f"{split}-dialogue" for split in SPLITS]


def _run(
    context: StepContext, name: str, folder: str, domain: Domain, pose: Pose, keys: Sequence[str]
) -> None:
    stage = Stage(
        name=name,
        folder=folder,
        schema=CANDIDATE_SCHEMA,
        read=partial(_pose, context.run.url, domain, pose),
        work=each_record(_keep, _id_of),
    )
    context.run_stage(stage, keys)


def _pose(run: str, domain: Domain, pose: Pose, key: str) -> Iterator[Candidate]:
    split, splits = split_of_shard(key), read_splits(run)
    documents = [
        document
        for path in document_paths(run)
        for document in read_documents(path)
        if document.domain == domain and splits[document.doc_id] == split
    ]
    return iter(pose(documents))


def _keep(candidate: Candidate) -> Outcome:
    return Kept(to_table([candidate], Candidate))


def _id_of(candidate: Candidate) -> str:
    return candidate.sample_id
