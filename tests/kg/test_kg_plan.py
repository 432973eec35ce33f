"""What is asked about a path: paradigms in turn, answers by arithmetic, and why some paths are not asked."""

import pytest

from longweave.kg.answers import SHARES, answer_of
from longweave.kg.checks import hidden_names
from longweave.kg.graph import build_graph
from longweave.kg.guesses import MANY
from longweave.kg.plan import find_repeated_value
from longweave.kg.plan_records import PARADIGMS, Plan, clue_names
from longweave.kg.records import Path, Triple
from longweave.synth.records import Dropped
from tests.kg.made_graphs import gather, made_graph_of, node_id
from tests.kg.made_plans import (
    BRIDGE,
    CLOSED,
    DOCUMENTS,
    GORGE,
    OPENED,
    STAFF,
    STRIKE,
    TRIPLES,
    VENN,
    WORKS,
    path_along,
    plan_amount,
    plan_fact,
    plan_shift,
    plan_years,
    planned,
    planner,
)
from tests.kg.made_timelines import BETWEEN, OUTSIDE, documents, plan_timeline, timeline, timeline_planner


def test_a_plan_holds_the_facts_of_its_hops_and_of_its_clues() -> None:
    plan = plan_fact()
    assert (plan.paradigm, plan.answer, plan.answer_kind, plan.unit) == ("multi_fact", WORKS, "text", None)
    assert plan.chain == "(Karelin Bridge)-[was designed by]->(Tobias Venn)-[founded]->(Norrland Cable Works)"
    assert [fact.evidence.doc_id for fact in plan.facts] == ["builders", "lives", "gorge"]
    assert plan.doc_ids == ["builders", "lives", "gorge"] and plan.hops == 3
    assert clue_names(plan.start.clues) == [GORGE]
    assert all(
        fact.evidence.quote in DOCUMENTS[fact.evidence.doc_id].text and fact.subject and fact.object
        for fact in plan.facts
    )
    assert hidden_names(plan) == [BRIDGE, WORKS, VENN]
    assert Plan.model_validate_json(plan.model_dump_json()) == plan


def test_a_hop_that_is_taken_backwards_keeps_the_order_of_its_sentence() -> None:
    plan = planned(CLOSED, WORKS, VENN, BRIDGE)
    assert plan.chain == "(Norrland Cable Works)<-[founded]-(Tobias Venn)<-[was designed by]-(Karelin Bridge)"
    assert (plan.facts[0].subject, plan.facts[0].object) == ([VENN], [WORKS])
    assert plan.answer == BRIDGE
    assert [fact.object for fact in plan.facts[2:]] == [[STRIKE]], "the year of its closure adds nothing"


def test_an_edge_that_reads_the_other_way_round_keeps_the_order_of_its_sentence() -> None:
    nodes, edges, _ = gather(TRIPLES)
    edges = [
        edge.model_copy(update={"head": edge.tail, "relation": "designed", "tail": edge.head})
        if edge.relation == "was designed by"
        else edge
        for edge in edges
    ]
    path = path_along(BRIDGE, VENN, WORKS)
    turned = path.hops[0].model_copy(update={"relation": "designed", "forward": False})
    own = planner(graph=build_graph(nodes, edges))
    plan = own.plan(Path.of(path.nodes, [turned, path.hops[1]]), node_id(BRIDGE))
    assert isinstance(plan, Plan)
    assert plan.chain == "(Karelin Bridge)<-[designed]-(Tobias Venn)-[founded]->(Norrland Cable Works)"
    assert (plan.facts[0].subject, plan.facts[0].object) == ([BRIDGE], [VENN])


def test_a_clue_that_would_name_what_is_hidden_is_not_told() -> None:
    telling = TRIPLES[0].model_copy(update={"object": "Gorge of Tobias Venn’s Fall"})
    triples = [telling, *TRIPLES[2:]]
    own = planner(graph=made_graph_of(triples), triples=triples)
    dropped = own.plan(path_along(BRIDGE, VENN, WORKS), node_id(BRIDGE))
    assert dropped == Dropped(reason="named_by_clue", detail="spans Gorge of Tobias Venn’s Fall")


def test_paradigms_are_taken_in_turn_where_a_path_allows_several() -> None:
    own = planner()
    strike, closed = path_along(BRIDGE, VENN, WORKS, STRIKE), path_along(BRIDGE, VENN, WORKS, CLOSED)
    made = [own.plan(path, node_id(BRIDGE)) for path in (strike, strike, closed, closed, strike, strike)]
    assert [one.paradigm for one in made if isinstance(one, Plan)] == [
        "multi_fact",
        "causal",
        "hypothetical",
        "multi_fact",
        "causal",
        "multi_fact",
    ]
    assert set(PARADIGMS) == {"multi_fact", "causal", "temporal", "hypothetical"}


def test_the_years_between_two_dates_are_computed() -> None:
    plan = plan_years()
    assert (plan.paradigm, plan.answer, plan.answer_kind, plan.unit) == ("temporal", "24", "number", "years")
    assert plan.anchor == 1 and plan.nodes[0].name == OPENED and plan.nodes[-1].name == CLOSED
    assert {OPENED, CLOSED} <= set(hidden_names(plan))


def test_a_date_is_supposed_to_be_earlier_or_later() -> None:
    plans = [plan_shift(seed) for seed in range(12)]
    signs = set()
    for plan in plans:
        assert plan.paradigm == "hypothetical" and plan.computation is not None
        years = plan.computation.years
        signs.add(years > 0)
        assert plan.computation.said == f"{abs(years)} years {'later' if years > 0 else 'earlier'}"
        assert (plan.answer, plan.answer_kind, plan.unit) == (str(1931 + years), "number", None)
    assert signs == {True, False}
    assert plan_shift(3) == plan_shift(3)


def test_an_amount_is_supposed_to_be_larger_or_smaller() -> None:
    answers = {plan_amount(seed).answer for seed in range(30)}
    assert answers == {"600", "900", "1440", "1800", "3600"}
    plan = plan_amount()
    assert plan.unit == "workers" and plan.computation is not None
    assert SHARES[plan.computation.said] == plan.computation.factor


def test_a_path_that_starts_with_a_value_uses_it_as_a_clue_where_that_tells_more() -> None:
    twin = TRIPLES[0].model_copy(update={"triple_id": "twin", "subject": "Lower Footbridge"})
    triples = [*TRIPLES, twin]
    own = planner(graph=made_graph_of(triples), triples=triples)
    plan = own.plan(path_along(OPENED, BRIDGE, VENN, WORKS), node_id(OPENED))
    assert isinstance(plan, Plan)
    assert [node.name for node in plan.nodes] == [BRIDGE, VENN, WORKS] and plan.anchor == 0
    clue, named = plan.start.clues
    assert (clue.kind, clue.said) == ("temporal", "a year ending in 7 in the early 20th century")
    assert named.said == GORGE
    assert plan.path == path_along(BRIDGE, VENN, WORKS)
    assert [fact.object for fact in plan.facts[2:]] == [[OPENED], [GORGE]]
    assert plan.doc_ids == ["builders", "lives", "gorge"]


def test_a_value_that_tells_nothing_more_is_dropped_with_its_hop() -> None:
    plan = planned(OPENED, BRIDGE, VENN, WORKS)
    assert plan.path == path_along(BRIDGE, VENN, WORKS) and plan.anchor == 0
    assert [clue.said for clue in plan.start.clues] == [GORGE]
    assert OPENED not in [name for fact in plan.facts for name in fact.object]


def reason(made: Plan | Dropped) -> str:
    assert isinstance(made, Dropped), made
    return made.reason


def test_each_path_that_is_not_asked_has_its_reason() -> None:
    path, bridge = path_along(BRIDGE, VENN, WORKS), node_id(BRIDGE)
    assert reason(planner().plan(path_along(STRIKE, WORKS), node_id(STRIKE))) == "not_describable"
    assert reason(planner(max_commonness=0.1).plan(path, bridge)) == "common_knowledge"
    one_each = planner(per_paradigm=1)
    assert isinstance(one_each.plan(path, bridge), Plan)
    assert reason(one_each.plan(path, bridge)) == "enough_of_paradigm"
    nodes, edges, _ = gather([triple for triple in TRIPLES if triple.doc_id == "register"])
    alone = planner(graph=build_graph(nodes, edges))
    assert reason(alone.plan(path_along(WORKS, STAFF), node_id(WORKS))) == "one_document"
    mixed = path_along(OPENED, BRIDGE, VENN, WORKS, STAFF)
    assert reason(planner().plan(mixed, node_id(VENN))) == "not_describable"
    assert reason(planner().plan(mixed, bridge)) == "no_paradigm"


def test_a_document_whose_facts_another_may_state_is_not_needed() -> None:
    register = DOCUMENTS["register"].model_copy(update={"text": "Norrland Cable Works: Tobias Venn, 1931."})
    documents = [*(one for name, one in DOCUMENTS.items() if name != "register"), register]
    path = path_along(BRIDGE, VENN, WORKS, CLOSED)
    dropped = planner(documents=documents).plan(path, node_id(BRIDGE))
    assert reason(dropped) == "stated_elsewhere"
    assert isinstance(dropped, Dropped) and "Short lives of engineers" in dropped.detail


def test_no_more_than_a_few_plans_end_with_one_fact() -> None:
    own, path = planner(per_asked_fact=1), path_along(BRIDGE, VENN, WORKS)
    assert isinstance(own.plan(path, node_id(BRIDGE)), Plan)
    assert reason(own.plan(path, node_id(BRIDGE))) == "fact_repeated"


def test_a_last_fact_that_names_something_else_is_a_shortcut() -> None:
    triples = [
        triple.model_copy(update={"relation": "founded before the Ulmen Strike the"})
        if triple.relation == "founded"
        else triple
        for triple in TRIPLES
    ]
    nodes, edges, _ = gather(triples)
    own = planner(graph=build_graph(nodes, edges), triples=triples)
    along = path_along(BRIDGE, VENN, WORKS)
    edge = next(edge for edge in edges if edge.head == node_id(VENN) and edge.tail == node_id(WORKS))
    last = along.hops[-1].model_copy(update={"edge_id": edge.edge_id, "relation": edge.relation})
    path = Path.of(along.nodes, [along.hops[0], last])
    assert reason(own.plan(path, node_id(BRIDGE))) == "shortcut"


def test_a_path_on_which_the_answer_can_be_guessed_is_not_asked() -> None:
    own, path = planner(fewest_guesses=2), path_along(BRIDGE, VENN, WORKS)
    assert own.count_guesses(path, node_id(BRIDGE)) == 1
    dropped = own.plan(path, node_id(BRIDGE))
    assert dropped == Dropped(reason="guessable", detail=f"1 left: {WORKS}")
    moe, mills, footbridge = "Ida Moe", "Moe Mills", "Lower Footbridge"
    decoys = [
        Triple.of((moe, "person"), "founded", (mills, "organization"), TRIPLES[3].evidence, "made"),
        Triple.of((footbridge, "product"), "was designed by", (moe, "person"), TRIPLES[2].evidence, "made"),
    ]
    for more, left in ((decoys[:1], 1), (decoys, 2)):  # one bridge only has a designer, or two have
        triples = [*TRIPLES, *more]
        own = planner(graph=made_graph_of(triples), triples=triples, fewest_guesses=left)
        assert own.count_guesses(path, node_id(BRIDGE)) == 2, "by the path alone"
        plan = own.plan(path, node_id(BRIDGE))
        assert isinstance(plan, Plan) and plan.guesses == left
        assert plan.joints[-1].alike == ["Ida Moe -[founded]-> Moe Mills"]


def test_a_plan_that_is_dropped_counts_for_nothing() -> None:
    own, path = planner(fewest_guesses=2, per_paradigm=1), path_along(BRIDGE, VENN, WORKS)
    assert reason(own.plan(path, node_id(BRIDGE))) == "guessable"
    assert not own.used and not own.asked_facts


# With a third date on the way.


@pytest.mark.parametrize(
    ("third", "answers"),
    [(OUTSIDE, [BRIDGE, "40", "40"]), (BETWEEN, [VENN, "14", "14"])],
    ids=["a sum", "a difference"],
)
def test_a_timeline_is_asked_about_in_every_paradigm(third: str, answers: list[str]) -> None:
    plans = [plan_timeline(third, turn) for turn in range(1, 5)]
    assert [plan.paradigm for plan in plans] == list(PARADIGMS)
    assert [plan.answer for plan in plans[:3]] == answers
    for plan in plans:
        assert plan.milestone is not None and plan.milestone.name == third and plan.milestone.place == 2
        assert plan.n_told == 5 and plan.hops == 6, "four hops, a third date, a clue"
        assert [fact.object for fact in plan.dates] == [[OPENED], [CLOSED], [third]]
        assert len({fact.evidence.doc_id for fact in plan.dates}) == 3 == len(plan.doc_ids)
        assert plan.guesses == MANY, "who lacks a document lacks a term"
        assert {OPENED, CLOSED, third} <= set(hidden_names(plan))
        assert clue_names(plan.start.clues) == ["Tromvik"]
        assert answer_of(plan.nodes, plan.milestone, plan.computation) == (
            plan.answer,
            plan.answer_kind,
            plan.unit,
            plan.computation,
        )
        assert Plan.model_validate_json(plan.model_dump_json()) == plan
    assert plans[3].computation is not None and plans[3].computation.years


def test_each_of_three_dates_counts_as_asked_for() -> None:
    own, sampled = timeline_planner(per_asked_fact=1), timeline()
    plan = own.plan(sampled.path, sampled.anchor, sampled.milestone)
    assert isinstance(plan, Plan)
    own.asked.clear()
    for hop in (sampled.path.hops[0], sampled.path.hops[-1], sampled.milestone.hop):
        own.asked_facts.clear()
        own.asked_facts[hop.edge_id] = 1
        assert reason(own.plan(sampled.path, sampled.anchor, sampled.milestone)) == "fact_repeated"
    own.asked_facts.clear()
    own.asked_facts[sampled.path.hops[1].edge_id] = 1
    assert isinstance(own.plan(sampled.path, sampled.anchor, sampled.milestone), Plan)


def test_three_dates_are_compared_once_whatever_paradigm_is_next() -> None:
    own, sampled = timeline_planner(per_asked_fact=9), timeline()
    assert isinstance(own.plan(sampled.path, sampled.anchor, sampled.milestone), Plan)
    again = own.plan(sampled.path, sampled.anchor, sampled.milestone)
    assert reason(again) == "fact_repeated", "another wording of the same sum teaches nothing"


def test_whose_date_lies_between_is_asked_of_three_things_only() -> None:
    sampled, own = timeline(), timeline_planner()
    at_an_end = sampled.milestone.model_copy(update={"place": 1})
    plan = own.plan(sampled.path, sampled.anchor, at_an_end)
    assert isinstance(plan, Plan) and plan.paradigm == "temporal"


def test_a_date_that_another_needed_document_tells_is_not_asked_about() -> None:
    sampled = timeline()
    for doc_id, said, thing in (
        ("register", "Tobias Venn had his medal of 1899.", "was decorated in"),
        ("crossing", "In 1899 we met Tobias Venn.", "was decorated in"),
        ("register", "The Karelin Bridge is of 1907.", "was opened in"),
    ):
        own, one = timeline_planner(), documents()[doc_id]
        own.documents = documents() | {doc_id: one.model_copy(update={"text": f"{one.text}\n{said}\n"})}
        dropped = own.plan(sampled.path, sampled.anchor, sampled.milestone)
        assert dropped == Dropped(reason="stated_elsewhere", detail=f"{thing}: {documents()[doc_id].title}")


def test_a_date_may_be_told_by_its_year_near_the_thing_or_beside_its_title() -> None:
    third, closed = plan_timeline().dates[2], plan_timeline().dates[1]
    texts: dict[str, tuple[str, str]] = {
        "same": ("", "Tobias Venn: 1899."),
        "far": ("", f"Tobias Venn. {'x ' * 300} 1899."),
        "no year": ("", "Tobias Venn, the year before 1900."),
        "a longer number": ("", "Tobias Venn bought 18990 stamps."),
        "title": ("The life of Tobias Venn", f"{'x ' * 300} 1899"),
        "year in title": ("The year 1899", "Tobias Venn"),
        "works": ("", "The NORRLAND cable works, closed June 3, 1931."),
    }
    repeated = {name for name, one in texts.items() if find_repeated_value(third, {name: one})}
    assert repeated == {"same", "title", "year in title"}
    assert [name for name, one in texts.items() if find_repeated_value(closed, {name: one})] == ["works"]
    own = {third.evidence.doc_id: texts["same"]}
    assert find_repeated_value(third, own) is None, "its own document may"
    turned = third.model_copy(update={"subject": third.object, "object": third.subject})
    assert find_repeated_value(turned, {"other": texts["same"]}) == "other"
