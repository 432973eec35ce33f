"""The prover of table questions: everything is derived again from the final prompt, nothing is taken on
trust.

From the user message alone the documents are parsed, their tables read, and the relation rebuilt (distractors
included). From the plan in ``reasoning`` the SQL and the question are written again. Kept is what then holds:

- the question in the prompt is the plan's own wording (``question_differs``),
- the SQL gives the answer that the sample states (``answer_missing``, ``answer_differs``),
- with any one needed document taken out a row is missing and the answer void (``document_not_needed``),
- no other document of the prompt states one of the rows (``evidence_repeated``; ``context`` names the
documents).
"""

import json
from collections.abc import Mapping, Sequence

from longweave.synth.prompt import parse_prompt
from longweave.synth.records import Dropped, Sample
from longweave.tables.items import Item
from longweave.tables.kinds import QueryPool
from longweave.tables.model import Fact
from longweave.tables.phrase import choose_format, phrase, print_answer
from longweave.tables.plan import RELATION_TABLES, Plan, holds_sql, plan_sql
from longweave.tables.pose import key_of
from longweave.tables.relate import relate_document
from longweave.tables.sql import QueryLimits, run_query, shut_in
from longweave.tables.store import open_relation


def prove(sample: Sample, pool: QueryPool, items: Mapping[str, Item], limits: QueryLimits) -> Dropped | None:
    """None when the sample's prompt proves its answer, else why it does not."""
    shown = parse_prompt(sample.prompt[-1].content)
    plan = Plan.model_validate(json.loads(sample.reasoning)["plan"])
    kind = pool.kind(plan.kind)
    if shown.question != sample.question or phrase(plan, kind, pool, items) != sample.question:
        return Dropped(reason="question_differs", detail=shown.question)
    if len(shown.documents) != len(sample.context):
        return Dropped(reason="context_differs", detail=f"{len(shown.documents)} documents in the prompt")
    facts_of = [relate_document(document.title, document.text) for document in shown.documents]
    facts_of = [
        [fact for fact in facts if fact.item in plan.items] for facts in facts_of
    ]  # all the SQL can reach
    everything = [fact for facts in facts_of for fact in facts]

    answer = _answer(plan, pool, items, everything, limits)
    if answer is None:
        return Dropped(reason="answer_missing", detail="the prompt's tables give no answer")
    if answer != sample.answer:
        return Dropped(
            reason="answer_differs", detail=f"the prompt's tables give {answer}, not {sample.answer}"
        )

    keys = {(key.entity, key.item, key.period_end, key.months) for key in plan.keys}
    states = [{key_of(fact) for fact in facts if not fact.dims} & keys for facts in facts_of]
    stating = [number for number, stated in enumerate(states) if stated]
    repeats = [number for number in stating if sample.context[number].doc_id not in sample.doc_ids]
    if repeats:
        titles = ", ".join(shown.documents[number].title for number in repeats)
        return Dropped(reason="evidence_repeated", detail=f"stated in {titles}")
    if {sample.context[number].doc_id for number in stating} != set(sample.doc_ids):
        return Dropped(reason="document_not_needed", detail="a document named as needed states no row")
    for number in stating if len(stating) > 1 else ():
        # Without this document the SQL finds a row too few, and so no answer, unless others state all of its
        # rows.
        if states[number] <= set().union(*(states[other] for other in stating if other != number)):
            return Dropped(reason="document_not_needed", detail=shown.documents[number].title)
    return None


def _answer(
    plan: Plan, pool: QueryPool, items: Mapping[str, Item], facts: Sequence[Fact], limits: QueryLimits
) -> str | None:
    """The printed answer over ``facts``; None when a row is missing, ambiguous, or the question does not
    hold."""
    kind = pool.kind(plan.kind)
    with open_relation(facts) as connection:
        shut_in(connection, limits)
        if run_query(connection, holds_sql(plan, kind), RELATION_TABLES, limits) != [(True,)]:
            return None
        rows = run_query(connection, plan_sql(plan, kind), RELATION_TABLES, limits)
    if len(rows) != 1 or rows[0][0] is None:
        return None
    return print_answer(rows[0][0], choose_format(plan, kind, pool))
