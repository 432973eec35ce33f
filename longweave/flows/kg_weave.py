"""Triples to graphs: which names are one thing, and one node and edge for each thing and relation."""

from collections.abc import Iterator, Sequence
from functools import partial

import pyarrow as pa

from longweave.flows.kg_graph import WOVEN, WOVEN_SCHEMA, read_alarms, read_triples, read_undone, weave_shard
from longweave.flows.kg_pairs import PAIR_SCHEMA, PAIRS, count_open, find_pairs, read_open, read_resolution
from longweave.flows.kg_read import TRIPLES
from longweave.flows.kg_stages import ask_kg, kg_shards, run_kg
from longweave.flows.made import Made, keep_made
from longweave.flows.step import StepContext
from longweave.kg.records import Triple
from longweave.kg.resolve import Mention, ResolveSettings, decide_pairs
from longweave.kg.settings import KgSettings
from longweave.synth.files import join_path, read_rows
from longweave.synth.llm.client import Asker
from longweave.synth.stage import Kept, Outcome, Reject

DECISIONS = "kg/decisions"

_DECISION_SCHEMA = pa.schema([("left", pa.string()), ("right", pa.string())])

Pairs = Sequence[tuple[Mention, Mention]]


def pair_names(context: StepContext) -> None:
    """Find the names that are surely one thing, and those of which it is doubtful."""
    settings, run = context.settings.kg, context.run.url
    if settings is not None:
        run_kg(context, "pair_names", PAIRS, PAIR_SCHEMA, partial(_pair, run, settings.resolve), keep_made)


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

    ask_kg(context, "decide_names", DECISIONS, _DECISION_SCHEMA, read, ask, _name_pairs, expect)


def weave_entities(context: StepContext) -> None:
    """Give each thing one node and each relation one edge, across documents."""
    settings, run = context.settings.kg, context.run.url
    if settings is not None:
        run_kg(context, "weave_entities", WOVEN, WOVEN_SCHEMA, partial(_weave, run, settings), keep_made)
        keys = kg_shards(context.settings)
        for key in keys:
            for alarm in read_alarms(run, key):
                context.progress.warn(alarm)
        if settings.undo:
            undone = {merge_id for key in keys for merge_id in read_undone(run, key)}
            for merge_id in sorted(set(settings.undo) - undone):
                context.progress.warn(
                    f"kg.undo: no graph of this run has the merge {merge_id}; see kg/merges"
                )


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


def _name_pairs(pairs: Pairs) -> str:
    return pairs[0][0].key
