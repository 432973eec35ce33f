"""What is asked about a path: paradigms in turn, answers by arithmetic, and why some paths are not asked."""

import pytest

from longweave.kg.checks import hidden_names
from longweave.kg.graph import build_graph
from longweave.kg.plan import PARADIGMS, SHARES, Computation, Plan, PlanNode, answer_of, clue_names
from longweave.kg.records import EntityType, Path
from longweave.kg.values import read_date, read_number
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
    assert [fact.object for fact in plan.facts[2:]] == [[CLOSED], ["Ulmen Strike"]]


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
    assert dropped == Dropped(reason="named_by_clue", detail="Gorge of Tobias Venn’s Fall")


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


def test_a_path_that_starts_with_a_value_uses_it_as_a_clue() -> None:
    plan = planned(OPENED, BRIDGE, VENN, WORKS)
    assert [node.name for node in plan.nodes] == [BRIDGE, VENN, WORKS] and plan.anchor == 0
    clue, named = plan.start.clues
    assert (clue.kind, clue.said) == ("temporal", "a year ending in 7 in the early 20th century")
    assert named.said == GORGE
    assert plan.path == path_along(BRIDGE, VENN, WORKS)
    assert [fact.object for fact in plan.facts[2:]] == [[OPENED], [GORGE]]
    assert plan.doc_ids == ["builders", "lives", "gorge"]


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


def node(name: str, type_: EntityType) -> PlanNode:
    return PlanNode(name=name, type=type_, aliases=[name])


@pytest.mark.parametrize(
    ("first", "last", "computation", "expected"),
    [
        ("March 12, 1947", "1945", Computation(kind="years_between"), "2"),
        ("1945", "1945", Computation(kind="years_between"), None),
        ("July 4", "1945", Computation(kind="years_between"), None),
        ("1945", "the early 1950s", Computation(kind="years_between"), None),
        ("A", "12 May 1947", Computation(kind="year_shifted", years=-7), "1940"),
        ("A", "1947-1950", Computation(kind="year_shifted", years=-7), None),
        ("A", "$2.3 billion", Computation(kind="amount_scaled", factor=3.0), "6900000000"),
        ("A", "7.1 percent", Computation(kind="amount_scaled", factor=1.2), "8.52"),
        ("A", "a dozen", Computation(kind="amount_scaled", factor=3.0), None),
        ("A", "B", None, "B"),
    ],
)
def test_answers_follow_from_the_values_at_the_ends(
    first: str, last: str, computation: Computation | None, expected: str | None
) -> None:
    found = answer_of([node(first, "date"), node(last, "date")], computation)
    if expected is None:
        assert isinstance(found, Dropped) and found.reason == "no_arithmetic"
    else:
        assert not isinstance(found, Dropped) and found.text == expected


def test_values_are_read_as_they_are_written() -> None:
    assert read_date("4 July 1976") == read_date("1976-07-04") == (1976, 7, 4)
    assert read_date("May 1947") == (1947, 5, 0) and read_date("in the 1950s of old") is None
    dollars = read_number("$2.3 billion")
    assert dollars is not None and (dollars.value, dollars.unit) == (2.3e9, "$")
    loss = read_number("-1,200 jobs lost")
    assert loss is not None and (loss.value, loss.unit) == (-1200, "jobs lost")
    assert read_number("twelve") is None


def test_no_more_than_a_few_plans_end_with_one_fact() -> None:
    own, path = planner(per_last_fact=1), path_along(BRIDGE, VENN, WORKS)
    assert isinstance(own.plan(path, node_id(BRIDGE)), Plan)
    assert reason(own.plan(path, node_id(BRIDGE))) == "last_fact_repeated"


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
