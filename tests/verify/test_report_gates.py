"""The report on gates: what models answered, what was dropped and why, what was not checked, the cost."""

import random
import tracemalloc
from collections.abc import Iterator, Sequence

import pytest

from longweave.synth.records import Check, Sample, Trial
from longweave.verify.report import DroppedSample, RejectedRow, SpendingLine, StageBooks, build_report
from longweave.verify.report.charts import name_lengths
from longweave.verify.report.distributions import list_charts
from longweave.verify.report.funnel_rows import group_stages
from longweave.verify.report.gather import CARDS_PER_REASON, REASONS_PER_STEP, gather_dropped, gather_samples
from longweave.verify.report.passage import cut_passage
from longweave.verify.report.sample_card import Limits, make_card
from longweave.verify.report.trials import TrialFigures, list_kinds, make_heat_tables
from longweave.verify.report.unchecked import list_unchecked
from tests.made_samples import SALES, STANDARD, make_sample, renamed
from tests.made_trials import SOLVER, make_trial, make_tried
from tests.verify.test_report import ATTACK, Page, check_harmless

STAGES = [
    StageBooks("filter_corpus", 400, 300, {"too_short": 100}, "documents"),
    StageBooks("extend_context", 10, 10, {}, "samples"),
    StageBooks("check_grounding", 10, 6, {"known_without_documents": 4}, "samples"),
]
SPENDING = [
    SpendingLine("check_grounding", "solver", SOLVER, 1_200, 30, 2_000_000, 1_500_000, 90_000, 3.5),
    SpendingLine("check_grounding", "judge", "judge-32b", 100, 0, 50_000, 0, 9_000, None),
]


def known_by_heart(sample_id: str, **fields: object) -> DroppedSample:
    """A sample that the model answers without documents."""
    sample = make_sample(sample_id=sample_id, trials=[make_trial("closed_book", passes=4)], **fields)
    return DroppedSample("check_grounding", "known_without_documents", "4 of 4 right: 415285", sample)


def report(
    samples: Sequence[Sample] = (),
    dropped: Sequence[DroppedSample] = (),
    spending: Sequence[SpendingLine] = (),
    shortfalls: Sequence[str] = (),
) -> str:
    """The page of a run with gates."""
    return build_report(
        "demo",
        STAGES,
        samples,
        [],
        {"train": len(samples)},
        dropped=dropped,
        spending=spending,
        shortfalls=shortfalls,
    )


def figures_of(*samples: Sample) -> TrialFigures:
    """The trials of ``samples``."""
    figures = TrialFigures()
    for sample in samples:
        figures.add(sample)
    return figures


def unchecked(*samples: Sample, spending: Sequence[SpendingLine] = ()) -> list[str]:
    """What was not checked of ``samples``."""
    trials = TrialFigures()
    return list_unchecked(gather_samples(samples, trials), trials, spending)


def test_stages_that_count_the_same_share_a_scale() -> None:
    documents, samples = group_stages(STAGES)
    assert (documents.unit, samples.unit) == ("documents", "samples")
    assert [row.in_width for row in documents.rows + samples.rows] == [100, 100, 100]
    assert [row.kept_width for row in documents.rows + samples.rows] == [75, 100, 60]
    assert [row.share for row in samples.rows] == ["100%", "60%"]


def test_the_heat_table_adds_up_answers_by_length_and_depth() -> None:
    other = make_sample(trials=[make_trial(passes=4, target_tokens=8_000, depth=0.19)])
    (table,) = make_heat_tables(figures_of(make_tried(), other))
    assert table.model == SOLVER
    assert table.columns == ("0–20%", "20–40%", "40–60%", "60–80%", "80–100%", "all")
    assert [label for label, _ in table.rows] == ["8,000", "60,000", "all"]
    cells = {label: [(cell.n, cell.rate) for cell in row] for label, row in table.rows}
    assert cells["8,000"] == [(8, "88%"), (0, "–"), (0, "–"), (0, "–"), (0, "–"), (8, "88%")]
    assert cells["60,000"][4:] == [(4, "25%"), (4, "25%")]
    assert cells["all"] == [(8, "88%"), (0, "–"), (0, "–"), (0, "–"), (4, "25%"), (12, "67%")]


def test_models_have_heat_tables_of_their_own_and_a_trial_without_depth_a_column() -> None:
    trials = [make_trial(target_tokens=8_000, depth=1.0), make_trial(model="other", target_tokens=8_000)]
    other, solver = make_heat_tables(figures_of(make_sample(trials=trials)))
    assert (other.model, other.columns[-2:]) == ("other", ("no depth", "all"))
    assert (solver.model, solver.rows[0][1][4].n) == (SOLVER, 4)


def test_very_many_lengths_are_counted_by_doublings() -> None:
    labels = name_lengths(range(1_000, 200_000, 1_000))
    assert len(set(labels.values())) == 8
    assert (labels[1_000], labels[7_000], labels[8_000], labels[130_000]) == (
        "1–2 K",
        "4–8 K",
        "8–16 K",
        "128–256 K",
    )


def test_disagreements_of_rule_and_judge_are_counted_by_kind_of_trial() -> None:
    trials = [
        make_trial(n=10, passes=6, by_judge=2, denied=1, unjudged=3, target_tokens=8_000),
        make_trial("closed_book", n=10, passes=0),
    ]
    closed_book, context = list_kinds(figures_of(make_sample(trials=trials)))
    assert (closed_book.kind, closed_book.disagree) == ("without documents", "0%")
    assert (context.n, context.passes, context.by_judge, context.denied) == ("10", "6", "2", "1")
    assert (context.disagree, context.unjudged) == ("30%", "3")


def test_pass_rates_that_teach_nothing_are_counted_apart() -> None:
    rates = [0, 0, 0.125, 0.2, 0.5, 0.875, 1]
    samples = [make_tried(difficulty=1 - rate, sample_id=str(n)) for n, rate in enumerate(rates)]
    charts = {chart.title: chart for chart in list_charts(gather_samples(samples))}
    bars = charts["Difficulty: pass rate of the policy"].bars
    assert [(bar.label, bar.count) for bar in bars] == [
        ("never right", 2),
        ("0–20%", 1),
        ("20–40%", 1),
        ("40–60%", 1),
        ("60–80%", 0),
        ("80–100%", 1),
        ("always right", 1),
    ]
    assert charts["Pass rate of the solver in context"].note == "7 of 7 samples."


def test_no_chart_of_pass_rates_where_none_was_measured() -> None:
    titles = [chart.title for chart in list_charts(gather_samples([make_sample()]))]
    assert not [title for title in titles if "ass rate" in title]


def test_a_dropped_sample_is_shown_with_its_answers_and_the_reason() -> None:
    text = Page(report([make_tried()], [known_by_heart("a"), known_by_heart("b")])).text
    assert "2 dropped: known without documents. It is answered without any document." in text
    assert "Dropped because 4 of 4 right: 415285" in text
    assert "without documents 4 of 4 pass@1 1.00 (0.51–1.00) 415285 × 4 solver-8b" in text
    assert "6 kept, such as kept" in text


def test_a_trial_says_which_document_was_left_out_and_for_which_stage_it_counts() -> None:
    card = make_card(make_tried())
    assert [trial.version for trial in card.trials] == [
        "without documents",
        "needed documents alone",
        "document 3 left out",
        "in context",
        "in context",
        "policy, as shipped (full context 20k)",
    ]
    assert [(trial.length, trial.depth, trial.passes, trial.n) for trial in card.trials[3:5]] == [
        (8_000, "15%", 3, 4),
        (60_000, "95%", 1, 4),
    ]
    assert card.trials[0].answers == (("17", 4),)


def test_which_examples_are_shown_does_not_depend_on_the_order_of_samples() -> None:
    dropped = [known_by_heart(str(n)) for n in range(20)]
    forward, backward = gather_dropped(dropped), gather_dropped(reversed(dropped))
    assert forward.cards == backward.cards
    assert [len(cards) for cards in forward.cards.values()] == [CARDS_PER_REASON]


def test_answers_of_dropped_samples_count_and_those_not_recorded_are_said() -> None:
    unseen = DroppedSample("check_robustness", "not_solved", "0 of 4 right", make_sample(sample_id="c"))
    text = Page(report([], [known_by_heart("a"), unseen])).text
    assert "but for 1 that a gate dropped and whose answers there were not recorded" in text
    assert "without documents solver-8b 4 4 100%" in text


def test_what_was_not_checked_is_said() -> None:
    asked = make_tried()
    long = make_tried(
        sample_id="long",
        difficulty=None,
        trials=[trial for trial in asked.trials if trial.check not in ("context", "policy")],
        checks=[Check(name="robustness", passed=True, k=0, passes=0, detail="not asked: 9,000 tokens")],
    )
    said = unchecked(asked, long)
    assert "1 of 2 samples was not asked in a long context." in said
    assert (
        "1 of 2 samples was not asked for the check “robustness”, for example because of: 9,000 tokens."
        in said
    )
    assert "1 of 2 samples was not put to the check “grounding”." in said


def test_nothing_is_said_to_be_unchecked_where_all_was_checked() -> None:
    assert unchecked(make_tried()) == []
    assert "Every check was carried out on every sample." in Page(report([make_tried()])).text


def test_a_run_without_gates_says_that_no_model_was_asked() -> None:
    said = unchecked(make_sample())
    assert len(said) == 5
    assert all(sentence.startswith("None of the 1 samples") for sentence in said)


def test_single_document_samples_are_not_missed_where_a_document_is_left_out() -> None:
    single = make_sample(
        evidence=(SALES,), trials=[make_trial(kind) for kind in ("closed_book", "context", "policy")]
    )
    assert unchecked(single) == []


def test_unjudged_answers_and_unknown_prices_are_said() -> None:
    sample = make_tried(trials=[*make_tried().trials, make_trial("policy", n=0, passes=0, unjudged=5)])
    said = unchecked(sample, spending=SPENDING)
    assert "5 of 29 answers could not be judged; they count for nothing." in said
    assert "What judge-32b cost is not known: no price was given." in said


def test_costs_stand_with_their_sum() -> None:
    text = Page(report([make_tried()], spending=SPENDING)).text
    assert "check grounding solver solver-8b 1,200 30 2.0 M 75% 90.0 K 3.50" in text
    assert "check grounding judge judge-32b 100 0 50.0 K 0% 9,000 –" in text
    assert "all 1,300 30 2.0 M 73% 99.0 K 3.50" in text


def test_what_the_selection_could_not_meet_is_listed() -> None:
    sentence = "Domain literature: 0 of at least 20 samples; the pool has none."
    assert f"What the selection could not meet {sentence}" in Page(report(shortfalls=[sentence])).text
    assert "could not meet" not in report([make_tried()])


def test_a_context_of_very_many_documents_has_a_bounded_strip() -> None:
    shown = [renamed(STANDARD[0], f"filler-{n}") for n in range(400)] + list(STANDARD[1:])
    card = make_card(make_sample(shown))
    assert (card.n_pieces, len(card.pieces)) == (402, 69)
    assert (card.pieces[0].number, card.pieces[0].title) == ("1–6", "6 documents")
    assert [piece.role for piece in card.pieces[-2:]] == ["needed", "needed"]
    assert len(make_card(make_sample(shown), Limits(pieces=1_000)).pieces) == 402


def test_a_sample_that_was_dropped_for_its_structure_has_a_card_too() -> None:
    sample = make_sample()
    broken = sample.model_copy(update={"context": sample.context[:1]})
    assert make_card(broken).evidence == ()


def test_long_evidence_is_shown_without_its_middle() -> None:
    text = "a" * 5_000 + "b" * 5_000
    passage = cut_passage(text, 0, len(text), 0, len(text))
    assert len(passage.quote) < 1_000
    assert passage.quote.startswith("aaa") and passage.quote.endswith("bbb")


@pytest.mark.parametrize(
    "change",
    [
        {"trials": [make_trial(model=ATTACK, answers=[ATTACK], stage=ATTACK, left_out=ATTACK)]},
        {"checks": [Check(name=ATTACK, passed=False, k=0, detail=ATTACK)]},
        {"question_type": ATTACK, "trials": [make_trial("closed_book", answers=[ATTACK])]},
    ],
)
def test_no_answer_check_or_reason_can_write_markup(change: dict[str, object]) -> None:
    sample = make_sample(**change)
    spending = [SpendingLine(ATTACK, ATTACK, ATTACK, 1, 0, 1, 0, 1, None)]
    dropped = [DroppedSample(ATTACK, ATTACK, ATTACK, sample)]
    check_harmless(report([sample], dropped, spending, [ATTACK]))


def hostile_size(count: int) -> Iterator[Sample]:
    """Samples as large and as varied as they come: long texts, many kinds, many trials."""
    rng = random.Random(5)
    base = make_tried()
    trials = [
        Trial(
            check="context",
            model="m" * 80,
            n=8,
            passes=3,
            mean_score=0.4,
            target_tokens=rng.randrange(1_000, 200_000),
            depth=rng.random(),
            answers=[f"{'x' * 190}{n}" for n in range(8)],
        )
        for _ in range(40)
    ]
    for n in range(count):
        yield base.model_copy(
            update={
                "sample_id": f"{n}",
                "question": f"{n} " + "Why? " * 600,
                "question_type": f"kind {n % 500}",
                "target_tokens": 1_000 + n,
                "maker": f"maker {n % 100}",
                "trials": trials,
            }
        )


def test_the_page_of_twenty_thousand_samples_is_bounded() -> None:
    n = 20_000
    samples = list(hostile_size(1_000))
    many = (samples[i % 1_000].model_copy(update={"sample_id": f"s{i}"}) for i in range(n))
    dropped = (
        DroppedSample(f"gate {i % 12}", f"reason {i % 240}", "y" * 5_000, samples[i % 1_000])
        for i in range(2_000)
    )
    rejects = (RejectedRow(f"gate {i % 12}", f"{i}", f"reason {i % 500}", "z" * 500) for i in range(n))
    stages = [StageBooks(f"gate {i}", n, n - 1, {f"reason {k}": 1 for k in range(30)}) for i in range(20)]
    html = build_report(
        "large",
        stages,
        many,
        rejects,
        {"train": n},
        dropped=dropped,
        spending=[SPENDING[0]] * 500,
        shortfalls=["w" * 1_000] * 500,
    )
    assert len(html.encode()) < 3_000_000
    assert f"{n:,}" in html
    assert REASONS_PER_STEP < 20


def test_contexts_are_not_kept() -> None:
    size = 2_000_000

    def large() -> Iterator[Sample]:
        for n in range(30):
            sample = make_sample(sample_id=str(n))
            content = sample.prompt[0].content + "x" * size
            message = sample.prompt[0].model_copy(update={"content": content})
            yield sample.model_copy(update={"prompt": [message]})

    tracemalloc.start()
    gather_samples(large())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 6 * size
