"""``documents/unique/`` to ``documents/``: what a model finds fit, where the settings ask for a judgement."""

from functools import partial

from longweave.corpus.judge import judge_document
from longweave.flows.corpus_step import DOCUMENTS, UNIQUE, document_shards
from longweave.flows.settings import RunSettings
from longweave.flows.step import StepContext
from longweave.synth.blocks import Block
from longweave.synth.documents import STORED_SCHEMA, read_stored, store_document
from longweave.synth.files import join_path
from longweave.synth.llm.client import Asker
from longweave.synth.records import Document
from longweave.synth.stage import Kept, Outcome, Reject, Stage, count_rows

_StoredDocument = tuple[Document, list[Block]]


def judge_corpus(context: StepContext) -> None:
    """Drop the documents that a model judges to be poor; nothing is done without ``corpus.judge``."""
    run, settings = context.run, context.settings
    if settings.corpus.judge is None:
        return
    stage = Stage(
        name="judge_corpus",
        folder=DOCUMENTS,
        schema=STORED_SCHEMA,
        read=lambda key: read_stored(join_path(run.url, UNIQUE, f"{key}.parquet")),
        work=context.models.open().each_record("judge_corpus", partial(_judge, settings), _id_of),
        expect=partial(count_rows, run.path(UNIQUE)),
        max_dropped=settings.limits.judge_corpus,
        tokens="n_tokens",
    )
    context.run_asking(stage, document_shards(run.url))


async def _judge(settings: RunSettings, asker: Asker, stored: _StoredDocument) -> Outcome:
    document, blocks = stored
    assert settings.corpus.judge is not None
    dropped = await judge_document(document, asker, settings.corpus.judge, settings.seed)
    if dropped is not None:
        return Reject(document.doc_id, dropped.reason, dropped.detail)
    return Kept(store_document(document, blocks))


def _id_of(stored: _StoredDocument) -> str:
    return stored[0].doc_id
