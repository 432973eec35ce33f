"""Documents to candidates by way of a knowledge graph: the steps under ``kg/``.

``chunks/`` what is read → ``statements/`` what an extractor says → ``triples/`` what the documents bear out →
``pairs/`` which names may be one thing → ``decisions/`` which of the doubtful ones are → ``woven/`` triples
between nodes → ``paths/`` → ``plans/`` what is asked about each → ``candidates/`` in words. There is one
graph per split and domain.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import chain
from typing import Any, cast

import numpy as np
import pyarrow as pa

from longweave.flows.corpus_step import document_paths
from longweave.flows.kg_graph import (
    WOVEN_SCHEMA,
    open_kg_graph,
    open_woven,
    read_alarms,
    read_triples,
    weave_shard,
)
from longweave.flows.kg_pairs import PAIR_SCHEMA, PAIRS, count_open, find_pairs, read_open, read_resolution
from longweave.flows.made import Made, keep_made
from longweave.flows.opened import open_once
from longweave.flows.pools import make_pool, open_split_pool
from longweave.flows.settings import RunSettings
from longweave.flows.step import StepContext
from longweave.flows.tables_step import read_splits, split_of_shard
from longweave.kg.ask import ask_question
from longweave.kg.chunks import Chunk, choose_chunks, cut_chunks
from longweave.kg.constraints import Rejected
from longweave.kg.date_pairs import Pair, sample_date_pairs
from longweave.kg.extract import extract_chunk
from longweave.kg.ground import ground_statement
from longweave.kg.paths import sample_paths
from longweave.kg.plan import Planner
from longweave.kg.plan_records import Plan
from longweave.kg.records import STATEMENT_SCHEMA, TRIPLE_SCHEMA, Path, Statement, Triple, to_arrow
from longweave.kg.resolve import Mention, ResolveSettings, decide_pairs
from longweave.kg.schema import guide
from longweave.kg.settings import KgSettings
from longweave.kg.timelines import Milestone, Timeline, sample_timelines
from longweave.synth.documents import DocumentsById, read_stored
from longweave.synth.embedding import encode
from longweave.synth.errors import SettingsError
from longweave.synth.files import join_path, read_rows
from longweave.synth.llm.client import Asker
from longweave.synth.llm.loop import Ask
from longweave.synth.records import (
    CANDIDATE_SCHEMA,
    Candidate,
    Domain,
    Dropped,
    Record,
    canonical_json,
    content_id,
    to_table,
)
from longweave.synth.splits import SPLITS
from longweave.synth.stage import Kept, Outcome, Reject, Stage, count_rows, each_record

CHUNKS = "kg/chunks"
STATEMENTS = "kg/statements"
TRIPLES = "kg/triples"
DECISIONS = "kg/decisions"
WOVEN = "kg/woven"
PATHS = "kg/paths"
PLANS = "kg/plans"
KG_CANDIDATES = "kg/candidates"

_CHUNK_SCHEMA = pa.schema([("doc_id", pa.string()), ("start", pa.int64()), ("end", pa.int64())])
_DECISION_SCHEMA = pa.schema([("left", pa.string()), ("right", pa.string())])
_ENOUGH_GUESSES = 6
_JSON_SCHEMA = pa.schema([("path_id", pa.string()), ("json", pa.string())])

Pairs = Sequence[tuple[Mention, Mention]]


def kg_shards(settings: RunSettings) -> list[str]:
    """Keys of all shards under ``kg/``: a domain in a split; none without ``kg``."""
    if settings.kg is None:
        return []
    return [f"{split}-kg-{domain}" for split in SPLITS for domain in settings.kg.passages]


def choose_passages(context: StepContext) -> None:
    """Choose which parts of the documents are read for facts."""
    if context.settings.kg is not None:
        _run(
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
        _run(context, "extract_facts", STATEMENTS, STATEMENT_SCHEMA, read, work)
        return
    extract = settings.extract

    async def ask(asker: Asker, chunk: Chunk) -> Outcome:
        document = open_documents(run)[chunk.doc_id]
        found = await extract_chunk(document, chunk, asker, extract, context.settings.seed)
        return Kept(to_arrow(found, Statement))

    expect = partial(count_rows, context.run.path(CHUNKS))
    _ask(context, "extract_facts", STATEMENTS, STATEMENT_SCHEMA, read, ask, _name_chunk, expect)


def ground_facts(context: StepContext) -> None:
    """Keep the statements that their document bears out, in the words that are quoted."""
    settings, run = context.settings.kg, context.run.url
    if settings is not None:
        work = each_record(partial(_ground, run, settings.extract.relations), _name_statement)
        _run(context, "ground_facts", TRIPLES, TRIPLE_SCHEMA, partial(_read_statements, run), work)


def pair_names(context: StepContext) -> None:
    """Find the names that are surely one thing, and those of which it is doubtful."""
    settings, run = context.settings.kg, context.run.url
    if settings is not None:
        _run(context, "pair_names", PAIRS, PAIR_SCHEMA, partial(_pair, run, settings.resolve), keep_made)


def decide_names(context: StepContext) -> None:
    """Have a model decide which doubtful names are one thing."""
    settings, run = context.settings.kg, context.run.url
    if settings is None or settings.decide != "model":
        return
    resolving = settings.resolve

    async def ask(asker: Asker, pairs: Pairs) -> Outcome:
        decided = await decide_pairs(pairs, asker, resolving, context.settings.seed)
        if decided.undecided:
            return Reject(_name_pairs(pairs), "undecided", f"{len(decided.undecided)} pairs stay apart")
        rows = [{"left": left, "right": right} for left, right in sorted(decided.same)]
        return Kept(pa.Table.from_pylist(rows, schema=_DECISION_SCHEMA))

    def read(key: str) -> Iterator[Pairs]:
        doubtful = read_open(run, key, _read_distinct(run, key))
        size = resolving.pairs_per_request
        return (doubtful[first : first + size] for first in range(0, len(doubtful), size))

    def expect(key: str) -> int:
        return -(-count_open(run, key) // resolving.pairs_per_request)

    _ask(context, "decide_names", DECISIONS, _DECISION_SCHEMA, read, ask, _name_pairs, expect)


def weave_entities(context: StepContext) -> None:
    """Give each thing one node and each relation one edge, across documents."""
    settings, run = context.settings.kg, context.run.url
    if settings is not None:
        _run(context, "weave_entities", WOVEN, WOVEN_SCHEMA, partial(_weave, run, settings), keep_made)
        for key in kg_shards(context.settings):
            for alarm in read_alarms(run, key):
                context.progress.warn(alarm)


def sample_chains(context: StepContext) -> None:
    """Sample paths of each graph that need several documents and have one end."""
    if context.settings.kg is not None:
        sample = partial(_sample, context.run.url, context.settings)
        _run(context, "sample_chains", PATHS, _JSON_SCHEMA, sample, keep_made)


def perturb_chains(context: StepContext) -> None:
    """Plan what is asked about each path, with descriptions for names."""
    if context.settings.kg is not None:
        for split in SPLITS:  # here, where nobody waits for it
            make_pool(context.run.url, split, context.settings.tokenizer)
        plan = partial(_plan, context.run.url, context.settings)
        _run(context, "perturb_chains", PLANS, _JSON_SCHEMA, plan, keep_made)


def ask_questions(context: StepContext) -> None:
    """Have a model put the plans into words."""
    settings, run = context.settings.kg, context.run.url
    if settings is None:
        return

    async def ask(asker: Asker, plan: Plan) -> Outcome:
        asked = await ask_question(plan, open_documents(run), asker, settings.tries, context.settings.seed)
        if isinstance(asked, Dropped):
            return Reject(plan.path.path_id, asked.reason, asked.detail)
        return Kept(to_table([asked], Candidate))

    expect = partial(count_rows, context.run.path(PLANS))
    read = partial(_read_plans, run)
    _ask(context, "ask_questions", KG_CANDIDATES, CANDIDATE_SCHEMA, read, ask, _name_plan, expect)


WEAVING = (
    choose_passages,
    extract_facts,
    ground_facts,
    pair_names,
    decide_names,
    weave_entities,
    sample_chains,
    perturb_chains,
    ask_questions,
)
"""The steps of this maker, in order."""


def _run(
    context: StepContext,
    name: str,
    folder: str,
    schema: pa.Schema,
    read: Callable[[str], Iterator[Any]],
    work: Callable[[Iterator[Any]], Iterator[Outcome]],
) -> None:
    stage = Stage(name=name, folder=folder, schema=schema, read=read, work=work)
    context.run_stage(stage, kg_shards(context.settings))


def _ask(
    context: StepContext,
    name: str,
    folder: str,
    schema: pa.Schema,
    read: Callable[[str], Iterator[Any]],
    ask: Ask[Any],
    identify: Callable[[Any], str],
    expect: Callable[[str], int],
) -> None:
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


@open_once
def open_documents(run: str) -> DocumentsById:
    """The documents of the run at ``run``, by id."""
    return DocumentsById(document_paths(run))


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


def _read_distinct(run: str, key: str) -> list[Triple]:
    """The triples of a shard, each once: a fact of two overlapping passages is one."""
    return list({one.triple_id: one for one in read_triples(run, TRIPLES, key)}.values())


def _pair(run: str, resolving: ResolveSettings, key: str) -> Iterator[Made]:
    for merge_id, row in find_pairs(_read_distinct(run, key), resolving):
        yield Made(merge_id, row, PAIR_SCHEMA)


def _weave(run: str, settings: KgSettings, key: str) -> Iterator[Made]:
    decided = None
    if settings.decide == "model":
        rows = read_rows(join_path(run, DECISIONS, f"{key}.parquet"))
        decided = {(row["left"], row["right"]) for row in rows}
    triples = _read_distinct(run, key)
    resolution = read_resolution(run, key, triples, settings.resolve)
    for woven in weave_shard(run, key, triples, resolution, decided, settings.undo):
        yield Made(woven["triple_id"], woven, WOVEN_SCHEMA, "" if woven["edge_id"] else "ends_are_one_thing")


def _sample(run: str, settings: RunSettings, key: str) -> Iterator[Made]:
    assert settings.kg is not None
    graph, triples = open_kg_graph(run, key), open_woven(run, key)
    rng = np.random.default_rng(list(f"{settings.seed}:paths:{key}".encode()))
    paths = sample_paths(graph, triples.of_edge, settings.kg.paths, rng)
    pairs = sample_date_pairs(graph, triples.of_edge, settings.kg.paths, rng)
    timelines = sample_timelines(graph, triples.of_edge, settings.kg.paths, rng)
    for number, sampled in enumerate(chain(paths, pairs, timelines)):
        if isinstance(sampled, Rejected):
            yield Made(f"{key}:{number}", {}, _JSON_SCHEMA, sampled.reason, sampled.detail)
            continue
        route = _Route.of(sampled)
        yield _write(route.route_id, route.model_dump(mode="json"))


class _Route(Record):
    """A sampled path with the node that a question about it starts from, and a third date if it has one."""

    path: Path
    anchor: str
    third: Milestone | None = None

    @classmethod
    def of(cls, sampled: Path | Pair | Timeline) -> "_Route":
        if isinstance(sampled, Path):
            return cls(path=sampled, anchor=sampled.nodes[0])
        third = sampled.milestone if isinstance(sampled, Timeline) else None
        return cls(path=sampled.path, anchor=sampled.anchor, third=third)

    @property
    def route_id(self) -> str:
        if self.third is None:
            return self.path.path_id
        return content_id(self.path.path_id, self.third.model_dump(mode="json"))


def _plan(run: str, settings: RunSettings, key: str) -> Iterator[Made]:
    assert settings.kg is not None
    rows = read_rows(join_path(run, PATHS, f"{key}.parquet"))
    routes = [_Route.model_validate_json(row["json"]) for row in rows]
    if not routes:
        return
    rng = np.random.default_rng(list(f"{settings.seed}:plans:{key}".encode()))
    graph = open_kg_graph(run, key)
    pool = open_split_pool(run, split_of_shard(key), settings.tokenizer)
    triples = open_woven(run, key).by_id
    planner = Planner(graph, triples, open_documents(run), pool.rarity, settings.kg, rng, encode)
    guesses = {one.route_id: planner.count_guesses(one.path, one.anchor, one.third) for one in routes}
    for route in sorted(routes, key=lambda one: _prefer(one.path, guesses[one.route_id])):
        plan = planner.plan(route.path, route.anchor, route.third)
        if isinstance(plan, Dropped):
            yield Made(route.route_id, {}, _JSON_SCHEMA, plan.reason, plan.detail)
        else:
            yield _write(route.route_id, plan.model_dump(mode="json"))


def _prefer(path: Path, guesses: int) -> tuple[int, int, int]:
    """Paths come first that leave many answers to a reader who lacks a document; then those of few steps that
    go back along a relation, since many things may share its end; then those of many documents."""
    backward = sum(not hop.forward for hop in path.hops)
    return -min(guesses, _ENOUGH_GUESSES), backward, -len(path.doc_ids)


def _write(path_id: str, value: object) -> Made:
    return Made(path_id, {"path_id": path_id, "json": canonical_json(value)}, _JSON_SCHEMA)


def _read_plans(run: str, key: str) -> Iterator[Plan]:
    rows = read_rows(join_path(run, PLANS, f"{key}.parquet"))
    return (Plan.model_validate_json(row["json"]) for row in rows)


def _name_chunk(chunk: Chunk) -> str:
    return f"{chunk.doc_id}:{chunk.start}"


def _name_statement(statement: Statement) -> str:
    return content_id(statement.model_dump())


def _name_pairs(pairs: Pairs) -> str:
    return pairs[0][0].key


def _name_plan(plan: Plan) -> str:
    return plan.path.path_id
