"""Documents to triples: what is read, what an extractor says of it, and what the documents bear out."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import cast

import pyarrow as pa

from longweave.flows.corpus_step import document_paths
from longweave.flows.kg_stages import ask_kg, open_documents, run_kg
from longweave.flows.made import Made, keep_made
from longweave.flows.settings import RunSettings
from longweave.flows.step import StepContext
from longweave.flows.tables_step import read_splits, split_of_shard
from longweave.kg.chunks import Chunk, choose_chunks, cut_chunks
from longweave.kg.extract import extract_chunk
from longweave.kg.ground import ground_statement
from longweave.kg.records import STATEMENT_SCHEMA, TRIPLE_SCHEMA, Statement, Triple, to_arrow
from longweave.kg.schema import guide
from longweave.synth.documents import read_stored
from longweave.synth.embedding import encode
from longweave.synth.errors import SettingsError
from longweave.synth.files import join_path, read_rows
from longweave.synth.llm.client import Asker
from longweave.synth.records import Domain, Dropped, content_id
from longweave.synth.stage import Kept, Outcome, Reject, count_rows, each_record

CHUNKS = "kg/chunks"
STATEMENTS = "kg/statements"
TRIPLES = "kg/triples"

_CHUNK_SCHEMA = pa.schema([("doc_id", pa.string()), ("start", pa.int64()), ("end", pa.int64())])


def choose_passages(context: StepContext) -> None:
    """Choose which parts of the documents are read for facts."""
    if context.settings.kg is not None:
        run_kg(
            context,
            "choose_passages",
            CHUNKS,
            _CHUNK_SCHEMA,
            partial(_choose, context.run.url, context.settings),
            keep_made,
        )


def extract_facts(context: StepContext) -> None:
    """Have a model, or the offline parser, say what the chosen passages state."""
    settings, run = context.settings.kg, context.run.url
    if settings is None:
        return
    read = partial(_read_chunks, run)
    if settings.extract.extractor == "offline":
        work = each_record(partial(_extract_offline, run), _name_chunk)
        run_kg(context, "extract_facts", STATEMENTS, STATEMENT_SCHEMA, read, work)
        return
    extract = settings.extract

    async def ask(asker: Asker, chunk: Chunk) -> Outcome:
        document = open_documents(run)[chunk.doc_id]
        found = await extract_chunk(document, chunk, asker, extract, context.settings.seed)
        return Kept(to_arrow(found, Statement))

    expect = partial(count_rows, context.run.path(CHUNKS))
    ask_kg(context, "extract_facts", STATEMENTS, STATEMENT_SCHEMA, read, ask, _name_chunk, expect)


def ground_facts(context: StepContext) -> None:
    """Keep the statements that their document bears out, in the words that are quoted."""
    settings, run = context.settings.kg, context.run.url
    if settings is not None:
        work = each_record(partial(_ground, run, settings.extract.relations), _name_statement)
        run_kg(context, "ground_facts", TRIPLES, TRIPLE_SCHEMA, partial(_read_statements, run), work)


def _choose(run: str, settings: RunSettings, key: str) -> Iterator[Made]:
    assert settings.kg is not None
    extract = settings.kg.extract
    split, domain = split_of_shard(key), cast("Domain", key.rpartition("-")[2])
    splits = read_splits(run)
    chunks = [
        chunk
        for path in document_paths(run)
        for document, blocks in read_stored(path)
        if document.domain == domain and splits[document.doc_id] == split
        for chunk in cut_chunks(document, blocks, extract.chunk_tokens)
    ]
    share = settings.val_share if split == "val" else 1 - settings.val_share
    most = settings.kg.passages[domain]
    chosen = set(choose_chunks(chunks, None if most is None else max(1, round(most * share))))
    for chunk in chunks:
        row = {"doc_id": chunk.doc_id, "start": chunk.start, "end": chunk.end}
        reason = "" if chunk in chosen else "not_chosen"
        yield Made(f"{chunk.doc_id}:{chunk.start}", row, _CHUNK_SCHEMA, reason)


def _read_chunks(run: str, key: str) -> Iterator[Chunk]:
    return (Chunk(**row) for row in read_rows(join_path(run, CHUNKS, f"{key}.parquet")))


def _extract_offline(run: str, chunk: Chunk) -> Outcome:
    try:
        from longweave.kg.offline import extract_offline
    except ImportError as error:
        raise SettingsError(
            "spaCy or its English model is not installed",
            where="kg.extract.extractor = offline",
            fix="pip install 'longweave[offline]'",
        ) from error

    triples = extract_offline(open_documents(run)[chunk.doc_id], chunk.start, chunk.end)
    return Kept(to_arrow((Statement.of(triple, chunk.start, chunk.end) for triple in triples), Statement))


def _read_statements(run: str, key: str) -> Iterator[Statement]:
    rows = read_rows(join_path(run, STATEMENTS, f"{key}.parquet"))
    return (Statement.model_validate(row) for row in rows)


def _ground(run: str, relations: Sequence[str], statement: Statement) -> Outcome:
    grounded = ground_statement(statement, open_documents(run)[statement.doc_id])
    if isinstance(grounded, Dropped):
        return Reject(_name_statement(statement), grounded.reason, grounded.detail)
    triples = (
        [guided.as_triple() for guided in guide([grounded], relations, encode)] if relations else [grounded]
    )
    if not triples:
        return Reject(_name_statement(statement), "not_in_schema", grounded.relation)
    return Kept(to_arrow(triples, Triple))


def _name_chunk(chunk: Chunk) -> str:
    return f"{chunk.doc_id}:{chunk.start}"


def _name_statement(statement: Statement) -> str:
    return content_id(statement.model_dump())
