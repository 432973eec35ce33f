"""How the steps of the knowledge graph run: stages over shards, a domain in a split each."""

from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa

from longweave.flows.corpus_step import document_paths
from longweave.flows.opened import open_once
from longweave.flows.settings import RunSettings
from longweave.flows.step import StepContext
from longweave.synth.documents import DocumentsById
from longweave.synth.llm.loop import Ask
from longweave.synth.splits import SPLITS
from longweave.synth.stage import Outcome, Stage

JSON_SCHEMA = pa.schema([("path_id", pa.string()), ("json", pa.string())])


def kg_shards(settings: RunSettings) -> list[str]:
    """Keys of all shards under ``kg/``: a domain in a split; none without ``kg``."""
    if settings.kg is None:
        return []
    return [f"{split}-kg-{domain}" for split in SPLITS for domain in settings.kg.passages]


@open_once
def open_documents(run: str) -> DocumentsById:
    """The documents of the run at ``run``, by id."""
    return DocumentsById(document_paths(run))


def run_kg(
    context: StepContext,
    name: str,
    folder: str,
    schema: pa.Schema,
    read: Callable[[str], Iterator[Any]],
    work: Callable[[Iterator[Any]], Iterator[Outcome]],
) -> None:
    """Make the shards of a stage; see ``synth.stage.Stage`` for what is given."""
    stage = Stage(name=name, folder=folder, schema=schema, read=read, work=work)
    context.run_stage(stage, kg_shards(context.settings))


def ask_kg(
    context: StepContext,
    name: str,
    folder: str,
    schema: pa.Schema,
    read: Callable[[str], Iterator[Any]],
    ask: Ask[Any],
    identify: Callable[[Any], str],
    expect: Callable[[str], int],
) -> None:
    """The same for a stage that asks models: ``ask`` gives the outcome of a record, ``identify`` its id."""
    stage = Stage(
        name=name,
        folder=folder,
        schema=schema,
        read=read,
        work=context.models.open().each_record(name, ask, identify),
        expect=expect,
        max_dropped=getattr(context.settings.limits, name),
    )
    context.run_asking(stage, kg_shards(context.settings))
