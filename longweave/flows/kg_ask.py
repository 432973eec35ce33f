"""Graphs to candidates: paths, what is asked about each, and the questions in words."""

from collections.abc import Iterator
from functools import partial
from itertools import chain

import numpy as np

from longweave.flows.kg_graph import open_kg_graph, open_woven
from longweave.flows.kg_stages import JSON_SCHEMA, ask_kg, open_documents, run_kg
from longweave.flows.made import Made, keep_made
from longweave.flows.pools import make_pool, open_split_pool
from longweave.flows.settings import RunSettings
from longweave.flows.step import StepContext
from longweave.flows.tables_step import split_of_shard
from longweave.kg.ask import ask_question
from longweave.kg.constraints import Rejected
from longweave.kg.date_pairs import Pair, sample_date_pairs
from longweave.kg.paths import sample_paths
from longweave.kg.plan import Planner
from longweave.kg.plan_records import Plan
from longweave.kg.records import Path
from longweave.kg.timelines import Milestone, Timeline, sample_timelines
from longweave.synth.embedding import encode
from longweave.synth.files import join_path, read_rows
from longweave.synth.llm.client import Asker
from longweave.synth.records import (
    CANDIDATE_SCHEMA,
    Candidate,
    Dropped,
    Record,
    canonical_json,
    content_id,
    to_table,
)
from longweave.synth.splits import SPLITS
from longweave.synth.stage import Kept, Outcome, Reject, count_rows

PATHS = "kg/paths"
PLANS = "kg/plans"
KG_CANDIDATES = "kg/candidates"

_ENOUGH_GUESSES = 6


def sample_chains(context: StepContext) -> None:
    """Sample paths of each graph that need several documents and have one end."""
    if context.settings.kg is not None:
        sample = partial(_sample, context.run.url, context.settings)
        run_kg(context, "sample_chains", PATHS, JSON_SCHEMA, sample, keep_made)


def perturb_chains(context: StepContext) -> None:
    """Plan what is asked about each path, with descriptions for names."""
    if context.settings.kg is not None:
        for split in SPLITS:  # here, where nobody waits for it
            make_pool(context.run.url, split, context.settings.tokenizer)
        plan = partial(_plan, context.run.url, context.settings)
        run_kg(context, "perturb_chains", PLANS, JSON_SCHEMA, plan, keep_made)


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
    ask_kg(context, "ask_questions", KG_CANDIDATES, CANDIDATE_SCHEMA, read, ask, _name_plan, expect)


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


def _sample(run: str, settings: RunSettings, key: str) -> Iterator[Made]:
    assert settings.kg is not None
    graph, triples = open_kg_graph(run, key), open_woven(run, key)
    rng = np.random.default_rng(list(f"{settings.seed}:paths:{key}".encode()))
    paths = sample_paths(graph, triples.of_edge, settings.kg.paths, rng)
    pairs = sample_date_pairs(graph, triples.of_edge, settings.kg.paths, rng)
    timelines = sample_timelines(graph, triples.of_edge, settings.kg.paths, rng)
    for number, sampled in enumerate(chain(paths, pairs, timelines)):
        if isinstance(sampled, Rejected):
            yield Made(f"{key}:{number}", {}, JSON_SCHEMA, sampled.reason, sampled.detail)
            continue
        route = _Route.of(sampled)
        yield _write(route.route_id, route.model_dump(mode="json"))


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
            yield Made(route.route_id, {}, JSON_SCHEMA, plan.reason, plan.detail)
        else:
            yield _write(route.route_id, plan.model_dump(mode="json"))


def _prefer(path: Path, guesses: int) -> tuple[int, int, int]:
    """Paths come first that leave many answers to a reader who lacks a document; then those of few steps that
    go back along a relation, since many things may share its end; then those of many documents."""
    backward = sum(not hop.forward for hop in path.hops)
    return -min(guesses, _ENOUGH_GUESSES), backward, -len(path.doc_ids)


def _write(path_id: str, value: object) -> Made:
    return Made(path_id, {"path_id": path_id, "json": canonical_json(value)}, JSON_SCHEMA)


def _read_plans(run: str, key: str) -> Iterator[Plan]:
    rows = read_rows(join_path(run, PLANS, f"{key}.parquet"))
    return (Plan.model_validate_json(row["json"]) for row in rows)


def _name_plan(plan: Plan) -> str:
    return plan.path.path_id
