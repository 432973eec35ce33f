"""Drawn plans: companies meet in the right periods, and what a phrase would leave open is not drawn."""

from collections import Counter
from dataclasses import replace
from datetime import date
from itertools import pairwise

import numpy as np
import pytest

from longweave.tables.draw import Group, draw_plan, index_facts
from longweave.tables.items import load_items
from longweave.tables.kinds import load_pool
from longweave.tables.model import Period

ITEMS = load_items()


@pytest.fixture(scope="module")
def plans(facts):
    """Many plans of every kind."""
    index, pool, rng = index_facts(facts, ITEMS), load_pool(), np.random.default_rng(0)
    drawn = [draw_plan(kind, index, pool, ITEMS, rng, Counter()) for kind in pool.kinds for _ in range(40)]
    return [plan for plan in drawn if plan is not None]


def test_fiscal_years_meet_by_the_year_they_end_in(facts):
    index = index_facts(facts, ITEMS)
    year = index.reports["revenue"][Group(2024, 0, 12, True)]
    assert {entity: fact.period.end for entity, fact in year.items()} == {
        "Apple Inc.": date(2024, 9, 28),
        "Netflix Inc.": date(2024, 12, 31),
        "Union Pacific Corporation": date(2024, 12, 31),
        "Visa Inc.": date(2024, 9, 30),
    }
    balance = index.reports["total_assets"][Group(2024, 0, 12, True)]
    assert balance["Apple Inc."].period == Period(date(2024, 9, 28), 0)


def test_a_company_with_two_fiscal_years_in_one_calendar_year_is_left_out_of_it(facts):
    annual = [f for f in facts if f.item == "revenue" and f.period.months == 12 and not f.dims]
    revenue = next(f for f in annual if f.entity == "Visa Inc.")
    january = replace(revenue, fact_id="early", period=Period(date(revenue.period.end.year, 1, 1), 12))
    year = Group(revenue.period.end.year, 0, 12, True)
    assert "Visa Inc." in index_facts(facts, ITEMS).reports["revenue"][year]
    assert "Visa Inc." not in index_facts([*facts, january], ITEMS).reports["revenue"][year]


def test_every_plan_keeps_to_its_kind(plans):
    pool = load_pool()
    assert {plan.kind for plan in plans} == {kind.kind for kind in pool.kinds}
    for plan in plans:
        kind = pool.kind(plan.kind)
        assert len(plan.periods) == kind.periods
        assert len(plan.entities) == len(set(plan.entities))
        if kind.entities != "all":
            low, high = kind.entities
            assert low <= len(plan.entities) <= high
            assert {key.entity for key in plan.keys} == set(plan.entities)
        assert {key.item for key in plan.keys} == set(plan.items)
        assert not set(plan.items) & set(pool.not_asked)
        assert len({(k.entity, k.item, k.period_end, k.months) for k in plan.keys}) == len(plan.keys)


def test_periods_run_from_the_newest_and_durations_do_not_overlap(plans):
    for plan in plans:
        ends = sorted(
            {key.period_end for key in plan.keys if key.entity == plan.keys[0].entity}, reverse=True
        )
        for newer, older in pairwise(ends):
            assert (newer - older).days >= 27 * plan.periods[0].months


def test_thresholds_are_round_and_lie_between_the_values(plans, facts):
    thresholds = [plan for plan in plans if plan.threshold is not None]
    assert thresholds
    for plan in thresholds:
        assert float(f"{plan.threshold:.1e}") == pytest.approx(plan.threshold)
        values = [
            f.value
            for f in facts
            for k in plan.keys
            if (f.entity, f.item, f.period.end, f.period.months) == (k.entity, k.item, k.period_end, k.months)
            and k.item == plan.items[0]
        ]
        assert min(values) < plan.threshold < max(values)
