"""Documents to candidates by way of tables: ``tables/facts/``, ``splits.json``, ``tables/candidates/``."""

from collections.abc import Iterator, Sequence
from functools import partial

from longweave.flows.corpus_step import DOCUMENTS, document_paths, document_shards
from longweave.flows.opened import open_once
from longweave.flows.settings import RunSettings
from longweave.flows.step import StepContext
from longweave.synth.documents import DocumentsById, read_documents
from longweave.synth.files import join_path, path_exists, read_json, read_row_groups, write_json
from longweave.synth.records import CANDIDATE_SCHEMA, Candidate, Document, to_table
from longweave.synth.splits import SPLITS, Split, SplitUnit, assign_splits
from longweave.synth.stage import Kept, Outcome, Reject, Stage, count_rows, each_record
from longweave.tables import (
    FACT_SCHEMA,
    Conflicts,
    Corpus,
    Fact,
    Posed,
    PoseSettings,
    from_arrow,
    load_items,
    load_pool,
    pose_questions,
    relate_document,
    to_arrow,
)

FACTS = "tables/facts"
CANDIDATES = "tables/candidates"
_SPLITS = "splits.json"


def relate_tables(context: StepContext) -> None:
    """Tables to facts; then, since companies are known now, the split of the documents.

    A document without facts is kept, with no rows: nothing is asked about it, but it still pads contexts.
    """
    run, settings = context.run, context.settings
    stage = Stage(
        name="relate_tables",
        folder=FACTS,
        schema=FACT_SCHEMA,
        read=partial(_read_documents, run.url),
        work=each_record(_relate, _id_of),
        expect=partial(count_rows, run.path(DOCUMENTS)),
    )
    context.run_stage(stage, document_shards(run.url))
    if not path_exists(run.path(_SPLITS)):
        splits = assign_splits(_split_units(run.url), settings.val_share, settings.seed)
        write_json(run.path(_SPLITS), splits)


def pose_queries(context: StepContext) -> None:
    """Questions whose answer SQL has computed, for each split on its own documents, kind by kind."""
    run, settings = context.run, context.settings
    stage = Stage(
        name="pose_queries",
        folder=CANDIDATES,
        schema=CANDIDATE_SCHEMA,
        read=partial(_pose, run.url, settings),
        work=each_record(_keep_posed, _plan_of),
    )
    context.run_stage(stage, candidate_shards())


def candidate_shards() -> list[str]:
    """Keys of the shards of ``tables/candidates/``: a query kind in a split, split by split."""
    return [f"{split}-{kind.kind}" for split in SPLITS for kind in load_pool().kinds]


def split_of_shard(key: str) -> Split:
    """The split of a shard of candidates, or of one made from it."""
    return next(split for split in SPLITS if key.startswith(f"{split}-"))


def read_splits(run: str) -> dict[str, Split]:
    """The split of every document."""
    splits: dict[str, Split] = read_json(join_path(run, _SPLITS))
    return splits


@open_once
def open_conflicts(run: str, split: Split) -> Conflicts:
    """What the documents of ``split`` state."""
    return Conflicts(_read_facts(run, split), load_pool())


def _read_documents(run: str, key: str) -> Iterator[Document]:
    return read_documents(join_path(run, DOCUMENTS, f"{key}.parquet"))


def _relate(document: Document) -> Outcome:
    return Kept(to_arrow(relate_document(document.title, document.text, document.doc_id)))


def _id_of(document: Document) -> str:
    return document.doc_id


def _split_units(run: str) -> Iterator[SplitUnit]:
    """Documents, those of one company together."""
    entity_of: dict[str, str] = {}
    for key in document_shards(run):
        for table in read_row_groups(join_path(run, FACTS, f"{key}.parquet"), ["doc_id", "entity"]):
            columns = (column.to_pylist() for column in table.columns)
            entity_of.update(zip(*columns, strict=True))
    for path in document_paths(run):
        for table in read_row_groups(path, ["doc_id", "domain", "n_tokens"]):
            for row in table.to_pylist():
                doc_id = row["doc_id"]
                yield SplitUnit(doc_id, entity_of.get(doc_id, doc_id), row["domain"], row["n_tokens"])


def _read_facts(run: str, split: Split) -> list[Fact]:
    splits = read_splits(run)
    return [
        fact
        for key in document_shards(run)
        for table in read_row_groups(join_path(run, FACTS, f"{key}.parquet"))
        for fact in from_arrow(table)
        if splits[fact.doc_id] == split
    ]


@open_once
def _open_corpus(run: str, split: Split, settings: PoseSettings) -> Corpus:
    return Corpus.of(_read_facts(run, split), DocumentsById(document_paths(run)), settings.limits())


def _pose(run: str, settings: RunSettings, key: str) -> Iterator[Posed]:
    split = split_of_shard(key)
    kinds: Sequence[str] = (key.removeprefix(f"{split}-"),)
    pool = load_pool()
    only = pool.model_copy(update={"kinds": [kind for kind in pool.kinds if kind.kind in kinds]})
    corpus = _open_corpus(run, split, settings.tables)
    return pose_questions(corpus, only, load_items(), settings.tables, settings.seed)


def _keep_posed(posed: Posed) -> Outcome:
    if posed.candidate is None:
        return Reject(posed.plan_id, posed.reason, posed.detail)
    return Kept(to_table([posed.candidate], Candidate))


def _plan_of(posed: Posed) -> str:
    return posed.plan_id
