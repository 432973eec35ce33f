"""Sources to ``documents/``: read, filtered, without copies, cut into blocks with their token counts.

Two stages. ``filter_corpus`` reads the source files and puts every document through the rules; its shards
(``documents/ filtered``) follow the files. Then one look at all of them decides what is dropped as a copy,
and ``deduplicate_corpus`` writes the rest in shards of equal size, which all later stages follow.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any, NamedTuple

import fsspec
import numpy as np
import pyarrow as pa

from longweave.corpus import (
    DuplicateSettings,
    Rejected,
    SeenIds,
    Signature,
    SourceFile,
    SourceSettings,
    filter_document,
    find_contamination,
    find_duplicates,
    list_files,
    read_file,
    sign,
)
from longweave.flows.opened import open_once, open_tokenizer
from longweave.flows.question_sets import describe_match, measure_question_sets, open_questions
from longweave.flows.settings import RunSettings
from longweave.flows.step import StepContext
from longweave.synth.blocks import Block, cut_blocks
from longweave.synth.documents import STORED_SCHEMA, DocumentsById, store_document
from longweave.synth.errors import SettingsError
from longweave.synth.files import join_path, path_exists, read_json, read_row_groups, read_rows, write_json
from longweave.synth.records import Document, canonical_json
from longweave.synth.run_directory import RUN_FILE, RunDirectory
from longweave.synth.stage import Kept, Outcome, Reject, Stage, each_record

DOCUMENTS = "documents"
UNIQUE = "documents/unique"
_FILTERED = "documents/filtered"
_PLAN = "documents/plan.json"
_SOURCES = "documents/sources.json"
_FILE_NAME = re.compile(r"\w[\w.-]*")
_SIGNATURE_FIELDS = ("n_words", "exact", "samples", "complete_below")
_FILTERED_SCHEMA = (
    STORED_SCHEMA.append(pa.field("n_words", pa.int64()))
    .append(pa.field("exact", pa.binary()))
    .append(pa.field("samples", pa.list_(pa.uint64())))
    .append(pa.field("complete_below", pa.uint64()))
)


class ReadDocument(NamedTuple):
    """A document with its blocks, or what was found in its place."""

    found: Document | Rejected
    blocks: list[Block]


def filter_corpus(context: StepContext) -> None:
    """Read and filter the sources, and drop copies."""
    settings, run = context.settings, context.run
    source_shards = plan_sources(settings)
    run.pin_inputs(
        measure_sources(source_shards)
        | measure_question_sets(settings.corpus.decontamination)
        | {"tokenizer": open_tokenizer(settings.tokenizer).fingerprint}
    )
    write_json(run.path(_SOURCES), {key: _plan_shard(shard) for key, shard in source_shards.items()})
    open_questions(settings.corpus.decontamination)
    reading = Stage(
        name="filter_corpus",
        folder=_FILTERED,
        schema=_FILTERED_SCHEMA,
        read=partial(_read_source_shard, run.url, settings),
        work=each_record(partial(_filter, settings), _name_of),
        max_dropped=settings.limits.filter_corpus,
        tokens="n_tokens",
    )
    context.run_stage(reading, list(source_shards))
    if not path_exists(run.path(_PLAN)):
        plan = plan_documents(
            run, list(source_shards), settings.corpus.duplicates, settings.shards.document_tokens
        )
        write_json(run.path(_PLAN), plan)
    for alarm in read_json(run.path(_PLAN))["alarms"]:
        context.progress.warn(f"deduplicate_corpus: {alarm}")
    writing = Stage(
        name="deduplicate_corpus",
        folder=DOCUMENTS if settings.corpus.judge is None else UNIQUE,
        schema=STORED_SCHEMA,
        read=partial(_read_filtered, run.url),
        work=_drop_copies,
        expect=partial(_count_filtered, run.url),
        max_dropped=settings.limits.deduplicate_corpus,
        tokens="n_tokens",
    )
    context.run_stage(writing, document_shards(run.url))


def document_shards(run: str) -> list[str]:
    """Keys of the shards of ``documents/``, in order."""
    return list(read_json(join_path(run, _PLAN))["shards"])


def document_paths(run: str) -> list[str]:
    """Paths of the shards of ``documents/``, in order."""
    return [join_path(run, DOCUMENTS, f"{key}.parquet") for key in document_shards(run)]


def identify_documents(run: str) -> str:
    """A text that differs between runs whose documents do, even where both stood at the same path."""
    book = read_json(join_path(run, RUN_FILE))
    return canonical_json([book["fingerprint"], book["inputs"], read_json(join_path(run, _PLAN))])


class SourceShard(NamedTuple):
    """Files of one source that are read together, with their sizes in bytes."""

    source: SourceSettings
    files: tuple[SourceFile, ...]
    sizes: tuple[int, ...]


def plan_sources(settings: RunSettings) -> dict[str, SourceShard]:
    """The shards of the sources by key; files stay in the order of their source.

    Raises:
        InputError: A path of a source names nothing.
        SettingsError: The name of a source cannot stand in file names.
    """
    shards: dict[str, SourceShard] = {}
    for source in settings.corpus.sources:
        if not _FILE_NAME.fullmatch(source.name):
            raise SettingsError(
                f"{source.name!r} cannot name files",
                where="corpus.sources",
                fix="Use letters, digits, - _ and .",
            )
        files = list_files(source)
        sizes = [_size_of(file) for file in files]
        first, total, number = 0, 0, 0
        for last, size in enumerate(sizes, 1):
            total += size
            if total >= settings.shards.source_bytes or last == len(files):
                shard = SourceShard(source, tuple(files[first:last]), tuple(sizes[first:last]))
                shards[_source_key(source, number)] = shard
                first, total, number = last, 0, number + 1
    return shards


def _source_key(source: SourceSettings, number: int) -> str:
    return f"{source.name}-{number:04d}"


def _source_of(key: str) -> str:
    """The name of the source of a filtered shard, which is what alarms are about."""
    return key.rpartition("-")[0]


def measure_sources(shards: Mapping[str, SourceShard]) -> dict[str, object]:
    """The size of every source file, by source and name."""
    return {
        f"{shard.source.name}: {file.name}": size
        for shard in shards.values()
        for file, size in zip(shard.files, shard.sizes, strict=True)
    }


def plan_documents(
    run: RunDirectory, keys: Sequence[str], duplicates: DuplicateSettings, document_tokens: int
) -> dict[str, Any]:
    """Which filtered documents are dropped as copies, and the shards of all.

    ``dropped`` gives per filtered shard and row the reason and detail; ``shards`` gives per new shard the
    filtered shard and the range of its rows; ``alarms`` are what a person should look at; ``content`` differs
    where a document's words do.
    """
    signed, dropped = _read_signatures(run, keys)
    fetch = DocumentsById(run.path(_FILTERED, f"{key}.parquet") for key in keys)
    found = find_duplicates(signed.values(), lambda doc_id: fetch[doc_id].text, duplicates)
    shards: dict[str, tuple[str, int, int]] = {}
    for key in keys:
        start, tokens, row = 0, 0, 0
        for table in read_row_groups(run.path(_FILTERED, f"{key}.parquet"), ["doc_id", "n_tokens"]):
            for doc_id, n_tokens in zip(*(column.to_pylist() for column in table.columns), strict=True):
                copy = found.of.get(doc_id)
                if copy is not None and str(row) not in dropped.get(key, {}):
                    detail = f"{copy.containment:.0%} stands in {copy.kept_id}"
                    dropped.setdefault(key, {})[str(row)] = (f"duplicate_{copy.kind}", detail)
                row, tokens = row + 1, tokens + n_tokens
                if tokens >= document_tokens:
                    shards[f"{key}-{len(shards):05d}"] = (key, start, row)
                    start, tokens = row, 0
        if row > start:
            shards[f"{key}-{len(shards):05d}"] = (key, start, row)
    return {
        "content": _identify_content(signed.values()),
        "shards": shards,
        "dropped": dropped,
        "alarms": [str(alarm) for alarm in found.alarms],
    }


def _identify_content(signed: Iterable[Signature]) -> str:
    digest = hashlib.sha256()
    for signature in signed:
        digest.update(signature.doc_id.encode() + b"\0" + signature.exact)
    return digest.hexdigest()[:16]


def _read_signatures(
    run: RunDirectory, keys: Sequence[str]
) -> tuple[dict[str, Signature], dict[str, dict[str, tuple[str, str]]]]:
    """The signature of the first document with each id; the later ones as dropped, by shard and row."""
    signed: dict[str, Signature] = {}
    shard_of: dict[str, str] = {}
    dropped: dict[str, dict[str, tuple[str, str]]] = {}
    for key in keys:
        rows = read_rows(run.path(_FILTERED, f"{key}.parquet"), ["doc_id", *_SIGNATURE_FIELDS])
        for number, row in enumerate(rows):
            doc_id = row["doc_id"]
            if doc_id in signed:
                detail = f"{doc_id!r} stands in {shard_of[doc_id]} too"
                dropped.setdefault(key, {})[str(number)] = ("duplicate_id", detail)
                continue
            shard_of[doc_id] = key
            samples = np.array(row.pop("samples"), dtype=np.uint64)
            signed[doc_id] = Signature(source=_source_of(key), samples=samples, **row)
    return signed, dropped


class _BlockCutter:
    """Counts a text's tokens by cutting it into blocks, and keeps the last ones."""

    def __init__(self, tokenizer: str) -> None:
        self._tokenizer = open_tokenizer(tokenizer)
        self.blocks: list[Block] = []

    def __call__(self, text: str) -> int:
        self.blocks = cut_blocks(text, self._tokenizer)
        return sum(block.n_tokens for block in self.blocks)


def _plan_shard(shard: SourceShard) -> dict[str, Any]:
    return {"source": shard.source.name, "files": [asdict(file) for file in shard.files]}


def _read_source_shard(run: str, settings: RunSettings, key: str) -> Iterator[ReadDocument]:
    planned = _read_sources(run)[key]
    source = next(source for source in settings.corpus.sources if source.name == planned["source"])
    cutter = _BlockCutter(settings.tokenizer)
    seen: SeenIds = {}
    for file in planned["files"]:
        for found in read_file(SourceFile(**file), source, settings.corpus.limits, cutter, seen):
            yield ReadDocument(found, cutter.blocks)


@open_once
def _read_sources(run: str) -> dict[str, Any]:
    sources: dict[str, Any] = read_json(join_path(run, _SOURCES))
    return sources


def _filter(settings: RunSettings, read: ReadDocument) -> Outcome:
    if isinstance(read.found, Rejected):
        return Reject(read.found.where, read.found.reason, read.found.detail)
    document, corpus = read.found, settings.corpus
    dropped = filter_document(document, corpus.filters)
    if dropped is not None:
        return Reject(document.doc_id, dropped.reason, dropped.detail)
    matches = find_contamination(document.text, open_questions(corpus.decontamination))
    if matches:
        return Reject(document.doc_id, "contaminated", describe_match(matches[0]))
    signature = sign(document, corpus.duplicates)
    row = store_document(document, read.blocks)
    for name in _SIGNATURE_FIELDS:
        field = _FILTERED_SCHEMA.field(name)
        row = row.append_column(field, pa.array([getattr(signature, name)], type=field.type))
    return Kept(row)


def _name_of(read: ReadDocument) -> str:
    return read.found.where if isinstance(read.found, Rejected) else read.found.doc_id


class _Row(NamedTuple):
    """A filtered document as one row, and why it is dropped, if it is."""

    row: pa.Table
    dropped: tuple[str, str] | None


def _read_filtered(run: str, key: str) -> Iterator[_Row]:
    plan = _read_plan(run)
    filtered, start, stop = plan["shards"][key]
    dropped = plan["dropped"].get(filtered, {})
    number = 0
    for table in read_row_groups(join_path(run, _FILTERED, f"{filtered}.parquet")):
        kept = table.select(STORED_SCHEMA.names)
        for row in range(max(start - number, 0), min(stop - number, table.num_rows)):
            yield _Row(kept.slice(row, 1), dropped.get(str(number + row)))
        number += table.num_rows
        if number >= stop:
            return


def _drop_copies(rows: Iterator[_Row]) -> Iterator[Outcome]:
    for row, dropped in rows:
        if dropped is None:
            yield Kept(row)
        else:
            yield Reject(row["doc_id"][0].as_py(), *dropped)


def _count_filtered(run: str, key: str) -> int:
    _, start, stop = _read_plan(run)["shards"][key]
    return int(stop - start)


@open_once
def _read_plan(run: str) -> dict[str, Any]:
    plan: dict[str, Any] = read_json(join_path(run, _PLAN))
    return plan


def _size_of(file: SourceFile) -> int:
    if file.refused:
        return 0
    filesystem, path = fsspec.core.url_to_fs(file.path)
    return int(filesystem.size(path) or 0)
