import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from longweave.verify.entries import Entry, PolicyRate
from longweave.verify.selection_settings import RECIPE_STAGES, SelectionSettings, StageSettings
from longweave.verify.stage_sets import StageSet, build_stage_sets, weight
from tests.verify.made_entries import make_entry, make_pool

SHORT = StageSettings(name="short", max_prompt_tokens=20_000, max_response_tokens=1_000)
LONG = StageSettings(name="long", max_prompt_tokens=60_000, max_response_tokens=1_000, past_share=0.5)


def build(entries: list[Entry], *stages: StageSettings, seed: int = 1) -> list[StageSet]:
    return build_stage_sets(entries, stages or (SHORT, LONG), template_tokens=10, seed=seed)


def ids(stage_set: StageSet, kind: str) -> set[str]:
    return {member.sample_id for member in stage_set.members if member.kind == kind}


def solved(name: str, mean: float, tokens: int = 9_000, stage: str = "long") -> Entry:
    rates = (PolicyRate(stage, 8, round(8 * mean), mean),)
    return make_entry(name, n_prompt_tokens=tokens, rates=rates)


def test_a_sample_is_fresh_in_the_first_stage_that_it_fits_with_the_template():
    entries = [make_entry(str(tokens), n_prompt_tokens=tokens) for tokens in (19_990, 19_991, 60_000)]
    short, long = build(entries)
    assert ids(short, "fresh") == {"19990"} and ids(short, "past") == set()
    assert ids(long, "fresh") == {"19991"} and ids(long, "past") == {"19990"}
    assert short.members[0].why == "fresh: 19990 tokens fit short and no earlier stage."


def test_the_past_makes_its_share_of_the_set():
    entries = make_pool(30, n_prompt_tokens=9_000) + make_pool(12, n_prompt_tokens=50_000)
    (_, long) = build(entries, SHORT, LONG.model_copy(update={"past_share": 0.25}))
    assert (len(ids(long, "fresh")), len(ids(long, "past"))) == (12, 4)


def test_a_size_is_divided_by_the_share_and_what_lacks_is_told():
    entries = make_pool(3, n_prompt_tokens=9_000) + make_pool(12, n_prompt_tokens=50_000)
    (_, long) = build(entries, SHORT, LONG.model_copy(update={"size": 10}))
    assert (len(ids(long, "fresh")), len(ids(long, "past"))) == (5, 3)
    assert "long: 5 past samples were wanted, and there are 3." in [short.why for short in long.shortfalls]
    assert {(reject.reason, reject.detail) for reject in long.left_out} == {("not_drawn", "fresh")}


def test_a_stage_of_past_samples_alone_takes_all_that_fits():
    entries = make_pool(3, n_prompt_tokens=9_000) + make_pool(2, n_prompt_tokens=50_000)
    (_, long) = build(entries, SHORT, LONG.model_copy(update={"past_share": 1}))
    assert len(ids(long, "past")) == 3 and len(ids(long, "fresh")) == 2


@pytest.mark.parametrize(("mean", "expected"), [(0.5, 2), (0.125, 8), (0.01, 16), (0, 16), (1, 1)])
def test_the_weight_is_one_over_the_mean_reward_up_to_that_of_one_never_solved(mean, expected):
    assert weight(solved("a", mean), LONG) == pytest.approx(expected)


def test_what_is_seldom_solved_is_drawn_more_often():
    entries = [solved(f"hard{n}", 0.0) for n in range(100)] + [solved(f"easy{n}", 0.8) for n in range(100)]
    (_, long) = build(entries, SHORT, LONG.model_copy(update={"size": 60, "past_share": 1}))
    hard = sum(name.startswith("hard") for name in ids(long, "past"))
    assert len(ids(long, "past")) == 60 and 50 < hard < 60


def test_the_draw_follows_the_weights():
    """One of two with weights 2 and 1: the first in two of three draws."""
    entries = [solved("twice", 0.5), solved("once", 1.0)]
    stage = LONG.model_copy(update={"size": 1, "past_share": 1, "all_solved": "keep"})
    wins = sum(ids(build(entries, SHORT, stage, seed=seed)[1], "past") == {"twice"} for seed in range(3000))
    assert abs(wins / 3000 - 2 / 3) < 0.03


def test_only_rewards_at_the_lengths_of_the_stage_count():
    past = solved("measured-elsewhere", 0.5, stage="short")
    (_, long) = build([past, make_entry("fresh", n_prompt_tokens=50_000)])
    (member,) = [member for member in long.members if member.kind == "past"]
    assert member.weight == 1
    assert member.why == "past: not measured at the lengths of long, so drawn with weight 1."
    assert [short.why for short in long.shortfalls] == [
        "long: 1 of 1 past samples were not measured at its lengths; they are drawn with weight 1."
    ]


@pytest.mark.parametrize(("all_solved", "kept"), [("drop", set()), ("keep", {"solved"})])
def test_what_is_always_solved_at_this_stage_stays_or_goes_as_set(all_solved, kept):
    entries = [solved("solved", 1.0), make_entry("fresh", n_prompt_tokens=50_000)]
    stage = LONG.model_copy(update={"all_solved": all_solved})
    short, long = build(entries, SHORT, stage)
    assert ids(short, "fresh") == {"solved"}
    assert ids(long, "past") == kept
    assert {reject.reason for reject in long.left_out} == ({"all_solved"} if not kept else set())


def test_a_stage_that_nothing_fits_says_so():
    (short,) = build([make_entry("a", n_prompt_tokens=50_000)], SHORT)
    assert short.members == []
    assert [fall.why for fall in short.shortfalls] == [
        "short: no sample of up to 20000 tokens is left: its set is empty."
    ]


def test_the_recipes_stages_take_every_sample_that_fits_once_as_fresh():
    lengths = (9_000, 30_000, 100_000, 125_000, 200_000)
    entries = [make_entry(str(tokens), n_prompt_tokens=tokens) for tokens in lengths]
    sets = build(entries, *RECIPE_STAGES)
    assert [sorted(ids(stage_set, "fresh")) for stage_set in sets] == [
        ["9000"],
        ["30000"],
        ["100000"],
        ["125000"],
    ]
    assert ids(sets[-1], "past") == {"9000", "30000", "100000"}


pools = st.lists(
    st.tuples(st.sampled_from([9_000, 50_000, 90_000]), st.sampled_from([None, 0.0, 0.25, 0.9, 1.0])),
    max_size=25,
).map(
    lambda rows: [
        make_entry(str(n), n_prompt_tokens=tokens) if mean is None else solved(str(n), mean, tokens)
        for n, (tokens, mean) in enumerate(rows)
    ]
)
sizes = st.one_of(st.none(), st.integers(1, 20))


@given(pools, sizes, st.floats(0, 1), st.integers(0, 3), st.randoms())
def test_every_sample_that_fits_is_in_or_out_once_and_order_changes_nothing(
    entries, size, share, seed, shuffler: random.Random
):
    stages = (SHORT, LONG.model_copy(update={"size": size, "past_share": share}))
    sets = build(entries, *stages, seed=seed)
    assert build(shuffler.sample(entries, len(entries)), *stages, seed=seed) == sets
    for stage_set in sets:
        in_or_out = [member.sample_id for member in stage_set.members] + [
            out.sample_id for out in stage_set.left_out
        ]
        fitting = [
            e.sample_id for e in entries if e.n_prompt_tokens + 10 <= stage_set.stage.max_prompt_tokens
        ]
        assert sorted(in_or_out) == sorted(fitting)
    assert size is None or len(sets[1].members) <= size


@given(pools, st.integers(0, 3))
def test_a_sample_that_leaves_moves_up_no_more_than_one(entries, seed):
    stage = LONG.model_copy(update={"size": 4, "past_share": 1})
    before = ids(build(entries, SHORT, stage, seed=seed)[1], "past")
    for gone in entries:
        after = ids(build([e for e in entries if e is not gone], SHORT, stage, seed=seed)[1], "past")
        assert before - {gone.sample_id} <= after and len(after - before) <= 1


@pytest.mark.parametrize(
    "settings",
    [
        {"stages": []},
        {"stages": [SHORT, SHORT]},
        {"quotas": [{"by": "task", "value": "numerical"}] * 2},
        {"quotas": [{"by": "task", "value": "numerical", "min_count": 3, "max_count": 2}]},
        {"quotas": [{"by": "task", "value": "numerical", "min_share": 0.3, "max_share": 0.2}]},
        {"quotas": [{"by": "colour", "value": "red"}]},
        {"balance": {"bin": 3}},
    ],
)
def test_settings_that_make_no_sense_are_refused(settings):
    with pytest.raises(ValidationError):
        SelectionSettings(**settings)
