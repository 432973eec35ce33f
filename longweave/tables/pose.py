"""Pose questions: from the relation's rows to candidates whose answer SQL has computed.

For every kind, companies, items and periods are drawn with a seeded generator from what the relation holds
(``CorpusIndex``), the SQL is executed, and a plan is kept only if its rows are unambiguous, its condition
holds and it has not been asked before. Rejects carry the reason: ``ambiguous``, ``missing``, ``degenerate``,
``repeated``.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import perm
from typing import Self

import duckdb
import numpy as np

from longweave.synth.records import Candidate, Document, Evidence, canonical_json, content_id
from longweave.tables.draw import CorpusIndex, draw_plan, index_facts
from longweave.tables.items import Item
from longweave.tables.kinds import Kind, QueryPool
from longweave.tables.model import Fact
from longweave.tables.phrase import choose_format, phrase, print_answer
from longweave.tables.plan import RELATION_TABLES, Key, Plan, holds_sql, lineage_sql, plan_sql
from longweave.tables.settings import PoseSettings
from longweave.tables.sql import QueryLimits, Scalar, run_query, shut_in
from longweave.tables.store import open_relation

RowKey = tuple[str, str, date, int]


@dataclass(frozen=True, slots=True)
class Posed:
    """One attempt: a candidate, or the reason why there is none."""

    plan_id: str
    candidate: Candidate | None
    reason: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Corpus:
    """What questions are posed on: the facts of one split with their documents and the relation over them
    (shut in)."""

    facts: Sequence[Fact]
    documents: Mapping[str, Document]
    connection: duckdb.DuckDBPyConnection
    stated: Mapping[RowKey, Sequence[Fact]]

    @classmethod
    def of(cls, facts: Sequence[Fact], documents: Mapping[str, Document], limits: QueryLimits) -> Self:
        """The corpus of ``facts``; ``documents`` by id."""
        connection = open_relation(fact for fact in facts if fact.canonical)
        shut_in(connection, limits)
        stated: dict[RowKey, list[Fact]] = defaultdict(list)
        for fact in facts:
            if not fact.dims:
                stated[key_of(fact)].append(fact)
        return cls(facts, documents, connection, stated)


def pose_questions(
    corpus: Corpus, pool: QueryPool, items: Mapping[str, Item], settings: PoseSettings, seed: int
) -> Iterator[Posed]:
    """Attempts for every kind, until ``settings.questions_per_kind`` are kept or the attempts are used up.

    Each kind has a generator of its own (seed and kind name), so adding a kind changes no other question.
    """
    index = index_facts(corpus.facts, items)
    for kind in pool.kinds:
        rng = np.random.default_rng(list(f"{seed}:{kind.kind}".encode()))
        yield from _pose_kind(kind, corpus, index, pool, items, settings, seed, rng)


def _pose_kind(
    kind: Kind,
    corpus: Corpus,
    index: CorpusIndex,
    pool: QueryPool,
    items: Mapping[str, Item],
    settings: PoseSettings,
    seed: int,
    rng: np.random.Generator,
) -> Iterator[Posed]:
    seen: set[str] = set()
    kept: Counter[bool] = Counter()
    used: Counter[str] = Counter()
    single_limit = round(settings.questions_per_kind * settings.single_document_share)
    for _ in range(settings.questions_per_kind * settings.attempts_per_question):
        if kept.total() >= settings.questions_per_kind:
            return
        plan = draw_plan(kind, index, pool, items, rng, used)
        if plan is None:
            continue
        plan_id = content_id(plan.model_dump(mode="json", exclude={"phrasing"}))
        if plan_id in seen:
            continue
        seen.add(plan_id)
        on_one_document = len({fact.doc_id for fact in choose_rows(plan.keys, corpus.stated)}) == 1
        if on_one_document and kept[True] >= single_limit:
            continue
        posed = pose(plan, kind, corpus, pool, items, settings, seed)
        if posed.candidate is not None:
            kept[on_one_document] += 1
            used.update(plan.items)
        yield posed


def pose(
    plan: Plan,
    kind: Kind,
    corpus: Corpus,
    pool: QueryPool,
    items: Mapping[str, Item],
    settings: PoseSettings,
    seed: int,
) -> Posed:
    """Execute ``plan`` and make its candidate, or say why not."""
    plan_id = content_id(plan.model_dump(mode="json", exclude={"phrasing"}))

    def ask(sql: str) -> Sequence[tuple[Scalar, ...]]:
        return run_query(corpus.connection, sql, RELATION_TABLES, settings.limits())

    rows = ask(lineage_sql(plan, kind))
    if len(rows) != len(plan.keys):
        detail = f"{kind.kind}: {len(rows)} rows for {len(plan.keys)} keys, {canonical_json(plan.items)}"
        return Posed(plan_id, None, "ambiguous", detail)
    if ask(holds_sql(plan, kind)) != [(True,)]:
        return Posed(plan_id, None, "degenerate", f"{kind.kind}: {canonical_json(plan.items)}")
    answers = ask(plan_sql(plan, kind))
    if len(answers) != 1 or answers[0][0] is None:
        return Posed(plan_id, None, "degenerate", f"{kind.kind}: no answer")
    form = choose_format(plan, kind, pool)
    answer = print_answer(answers[0][0], form)
    if form.kind == "number" and kind.answer != "count" and float(answer) == 0:
        return Posed(plan_id, None, "degenerate", f"{kind.kind}: the answer rounds to zero")
    facts = choose_rows(plan.keys, corpus.stated)
    documents = {fact.doc_id: corpus.documents[fact.doc_id] for fact in facts}
    reasoning = {
        "kind": kind.kind,
        "plan": plan.model_dump(mode="json"),
        "sql": plan_sql(plan, kind),
        "rows": [row_of(fact) for fact in facts],
    }
    question = phrase(plan, kind, pool, items)
    candidate = Candidate(
        sample_id=content_id("tables", question, answer, sorted(documents)),
        maker="tables",
        task="numerical",
        question_type=kind.kind,
        domain=next(iter(documents.values())).domain,
        question=question,
        answer=answer,
        answer_kind=form.kind,
        ordered=form.kind == "list",
        tolerance=form.tolerance,
        unit=form.unit,
        chance=guess_chance(plan, kind),
        evidence=[Evidence.of(documents[f.doc_id], f.start, f.end) for f in facts],
        support=[
            Evidence.of(documents[doc_id], start, end)
            for doc_id, start, end in sorted({(f.doc_id, s.start, s.end) for f in facts for s in f.depends})
        ],
        doc_ids=sorted(documents),
        reasoning=canonical_json(reasoning),
        seed=seed,
    )
    return Posed(plan_id, candidate)


def guess_chance(plan: Plan, kind: Kind) -> float:
    """How probable it is that a blind guess among what the question names is right; 0 for an amount."""
    entities = len({key.entity for key in plan.keys})
    choices = {
        "company": entities,
        "companies": perm(entities, plan.k or entities),
        "rank": entities,
        "count": entities + 1,
        "period": len(plan.periods),
    }
    return 1 / choices[kind.answer] if kind.answer in choices else 0.0


def choose_rows(keys: Sequence[Key], stated: Mapping[RowKey, Sequence[Fact]]) -> list[Fact]:
    """One fact per key, from as few documents as cover all keys (greedily; ties by document id and
    position)."""
    wanted = {(key.entity, key.item, key.period_end, key.months) for key in keys}
    chosen: dict[RowKey, Fact] = {}
    while len(chosen) < len(wanted):
        missing = wanted - chosen.keys()
        covers = Counter(doc_id for key in missing for doc_id in {fact.doc_id for fact in stated[key]})
        best = min(covers, key=lambda doc_id: (-covers[doc_id], doc_id))
        for key in missing:
            here = [fact for fact in stated[key] if fact.doc_id == best]
            if here:
                chosen[key] = min(here, key=lambda fact: (fact.statement == "equity", fact.start))
    return sorted(chosen.values(), key=lambda fact: (fact.doc_id, fact.start))


def key_of(fact: Fact) -> RowKey:
    """What identifies the row of a fact without dimensions."""
    return (fact.entity, fact.item, fact.period.end, fact.period.months)


def row_of(fact: Fact) -> dict[str, object]:
    """A fact as the proof shows it: where it stands and what was read there."""
    return {
        "fact_id": fact.fact_id,
        "doc_id": fact.doc_id,
        "entity": fact.entity,
        "item": fact.item,
        "label": fact.label,
        "period_end": fact.period.end.isoformat(),
        "months": fact.period.months,
        "value": fact.value,
        "unit": fact.unit,
        "shown": fact.shown,
        "table": fact.table,
        "row": fact.row,
        "cell": fact.cell,
        "start": fact.start,
        "end": fact.end,
    }
