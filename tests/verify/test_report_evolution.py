"""How evolved questions are told in the report: by round and task type, and nothing of a run without any."""

from longweave.verify.report import RoundLine, build_report
from longweave.verify.report.evolution import list_evolution

LINES = [
    RoundLine("manual_outcome", 1, "", "What does it return?", 3, 4),
    RoundLine("manual_outcome", 1, "always_solved", "And what if none is given?", 4, 4),
    RoundLine("manual_outcome", 2, "", "What does it return once both of the two flags are set?", 1, 4),
    RoundLine("manual_outcome", 2, "declined", "", 0, 0),
    RoundLine("viewpoint_analysis", 1, "never_solved", "Which view do all three of them share?", 0, 4),
]


def test_rounds_are_counted_by_task_type_and_over_all() -> None:
    everything, manual, viewpoint = list_evolution(LINES)
    assert [one.name for one in (everything, manual, viewpoint)] == [
        "all task types",
        "manual outcome",
        "viewpoint analysis",
    ]
    first, second = manual.rows
    assert (first.number, first.n, first.kept, first.rate, first.reasons) == (
        1,
        2,
        1,
        "88%",
        "always solved 1",
    )
    assert (second.number, second.n, second.kept, second.rate) == (2, 2, 1, "25%")
    assert [row.n for row in everything.rows] == [3, 2]


def test_a_proposal_that_was_not_asked_counts_neither_for_the_rate_nor_for_the_length() -> None:
    manual = list_evolution(LINES)[1]
    assert [row.length for row in manual.rows] == ["5", "12"]
    assert manual.rows[1].length_width == 100.0
    (alone,) = list_evolution([LINES[3]])
    assert (alone.rows[0].rate, alone.rows[0].length) == ("–", "–")


def test_the_page_has_the_section_only_where_there_were_rounds() -> None:
    with_rounds = build_report("run", [], [], [], {}, rounds=[LINES[0], LINES[0]._replace(task_type="<b>x")])
    assert 'id="evolution"' in with_rounds and "&lt;b&gt;x" in with_rounds and "<b>x" not in with_rounds
    assert 'id="evolution"' not in build_report("run", [], [], [], {})
