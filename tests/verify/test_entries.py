from longweave.synth.records import Trial
from longweave.verify.entries import PolicyRate, Span, draw, entry_of
from tests.made_samples import APPLE, UNION_PACIFIC, make_sample


def policy(stage: str, n: int, passes: int, mean_score: float) -> Trial:
    return Trial(check="policy", model="m", n=n, passes=passes, mean_score=mean_score, stage=stage)


def test_an_entry_says_what_selection_needs_and_where_the_evidence_lies():
    sample = make_sample()
    entry = entry_of(sample, "val", 3)
    assert (entry.sample_id, entry.split, entry.order) == (sample.sample_id, "val", 3)
    assert entry.doc_ids == {APPLE.doc_id, UNION_PACIFIC.doc_id}
    first = sample.evidence[0]
    assert Span(first.doc_id, first.start, first.end) in entry.evidence
    assert entry.value("target_tokens") == str(sample.target_tokens)
    assert entry.pass_rate is None and entry.rate("full-20k") is None


def test_the_policys_trials_are_pooled_by_stage_and_no_others_count():
    trials = [
        policy("full-20k", 8, 2, 0.25),
        policy("full-20k", 8, 6, 0.75),
        policy("full-60k", 4, 0, 0.1),
        Trial(check="context", model="m", n=8, passes=8, mean_score=1.0),
    ]
    entry = entry_of(make_sample(trials=trials), "train")
    assert entry.rates == (PolicyRate("full-20k", 16, 8, 0.5), PolicyRate("full-60k", 4, 0, 0.1))
    assert entry.pass_rate == 8 / 20


def test_a_recorded_difficulty_decides_the_pass_rate():
    entry = entry_of(make_sample(difficulty=0.25, trials=[policy("", 4, 0, 0.0)]), "train")
    assert entry.pass_rate == 0.75


def test_answers_that_could_not_be_judged_are_no_rate():
    assert entry_of(make_sample(trials=[policy("", 0, 0, 0.0)]), "train").pass_rate is None


def test_a_draw_depends_on_its_arguments_alone_and_parts_are_kept_apart():
    assert draw(7, "a", "b") == draw(7, "a", "b")
    assert len({draw(7, "a", "b"), draw(8, "a", "b"), draw(7, "ab"), draw(7, "b", "a")}) == 4
    draws = [draw(1, str(number)) for number in range(2000)]
    assert 0 < min(draws) < max(draws) < 1
    assert abs(sum(draws) / 2000 - 0.5) < 0.02
