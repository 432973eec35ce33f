"""Questions posed on real filings: answers recomputed by hand from the same rows, and rejects with their
reason."""

import json
import statistics
from dataclasses import replace
from datetime import date

import pytest

from longweave.tables.items import load_items
from longweave.tables.kinds import load_pool
from longweave.tables.plan import AskedPeriod, Key, Plan
from longweave.tables.pose import Corpus, pose, pose_questions
from longweave.tables.settings import PoseSettings
from longweave.tables.sql import QueryLimits

SETTINGS = PoseSettings(questions_per_kind=4)
ENDS = {
    "Apple Inc.": date(2024, 9, 28),
    "Netflix Inc.": date(2024, 12, 31),
    "Union Pacific Corporation": date(2024, 12, 31),
    "Visa Inc.": date(2024, 9, 30),
}
# From the filings' income statements for fiscal 2024, in millions of U.S. dollars.
NET_INCOME = {
    "Apple Inc.": 93736,
    "Netflix Inc.": 8711.631,
    "Union Pacific Corporation": 6747,
    "Visa Inc.": 19743,
}
REVENUE = {
    "Apple Inc.": 391035,
    "Netflix Inc.": 39001,
    "Union Pacific Corporation": 24250,
    "Visa Inc.": 35926,
}


def plan_for(kind, entities, items=("net_income",), **more):
    return Plan(
        kind=kind,
        entities=list(entities),
        items=list(items),
        unit="USD",
        periods=[AskedPeriod(months=12, year=2024, fiscal_year=True)],
        keys=[Key(entity=e, item=i, period_end=ENDS[e], months=12) for e in entities for i in items],
        phrasing=0,
        **more,
    )


def ask(corpus, plan):
    pool = load_pool()
    return pose(plan, pool.kind(plan.kind), corpus, pool, load_items(), SETTINGS, seed=1)


@pytest.fixture(scope="module")
def posed(corpus):
    return list(pose_questions(corpus, load_pool(), load_items(), SETTINGS, seed=3))


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        ("sum", str(round(sum(NET_INCOME.values())))),
        ("average", str(round(statistics.mean(NET_INCOME.values())))),
        ("median", str(round(statistics.median(NET_INCOME.values())))),
        ("highest", "Apple Inc."),
        ("lowest", "Union Pacific Corporation"),
        ("spread", str(93736 - 6747)),
        ("lead_over_second", str(93736 - 19743)),
        ("rank_of", "1"),
        ("share_of_total", f"{100 * 93736 / sum(NET_INCOME.values()):.1f}"),
    ],
)
def test_answers_over_four_companies_match_the_printed_statements(corpus, kind, answer):
    candidate = ask(corpus, plan_for(kind, NET_INCOME)).candidate
    assert candidate is not None
    assert candidate.answer == answer
    assert len(candidate.doc_ids) == 4


def test_several_steps_pick_the_leader_by_one_item_and_ask_for_another(corpus):
    posed = ask(corpus, plan_for("item_of_leader", NET_INCOME, items=("revenue", "net_income")))
    assert posed.candidate is not None
    assert posed.candidate.answer == "93736"


def test_a_ratio_is_given_in_percent(corpus):
    plan = plan_for("ratio", ["Visa Inc."], items=("net_income", "revenue"), ratio="net profit margin")
    plan = plan.model_copy(update={"periods": [AskedPeriod(months=12, year=2024, end=ENDS["Visa Inc."])]})
    candidate = ask(corpus, plan).candidate
    assert candidate is not None
    assert candidate.answer == f"{100 * 19743 / 35926:.1f}"
    assert "net income divided by revenue" in candidate.question


def test_a_threshold_that_decides_nothing_is_degenerate(corpus):
    plan = plan_for("count_over", NET_INCOME, threshold=1e6)
    assert ask(corpus, plan).reason == "degenerate"


def test_two_values_for_one_row_are_ambiguous_never_guessed(filings, facts):
    restated = [
        replace(f, fact_id="restated", value=f.value + 5e6)
        for f in facts
        if (f.entity, f.item, f.period.end) == ("Visa Inc.", "net_income", ENDS["Visa Inc."]) and not f.dims
    ][:1]
    torn = Corpus.of([*facts, *restated], filings, QueryLimits())
    assert ask(torn, plan_for("sum", NET_INCOME)).reason == "ambiguous"


def test_every_candidate_quotes_its_rows_verbatim(posed, filings):
    for candidate in (p.candidate for p in posed if p.candidate is not None):
        rows = json.loads(candidate.reasoning)["rows"]
        assert {row["doc_id"] for row in rows} == set(candidate.doc_ids)
        for span in [*candidate.evidence, *candidate.support]:
            assert filings[span.doc_id].text[span.start : span.end] == span.quote


def test_questions_name_every_company_and_the_unit(posed):
    for candidate in (p.candidate for p in posed if p.candidate is not None):
        plan = json.loads(candidate.reasoning)["plan"]
        assert all(entity in candidate.question for entity in plan["entities"])
        assert "{" not in candidate.question
        assert candidate.unit


def test_kinds_are_many_and_most_questions_need_several_documents(posed):
    kept = [p.candidate for p in posed if p.candidate is not None]
    assert len({candidate.question_type for candidate in kept}) >= 20
    assert sum(len(candidate.doc_ids) >= 2 for candidate in kept) > len(kept) / 2


def test_the_same_seed_poses_the_same_questions_and_another_seed_others(corpus, posed):
    again = list(pose_questions(corpus, load_pool(), load_items(), SETTINGS, seed=3))
    other = list(pose_questions(corpus, load_pool(), load_items(), SETTINGS, seed=4))
    assert again == posed
    assert other != posed
