"""Timelines: each date of a document of its own, every hop told by one of them; checked against a plain
re-computation from the facts."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from longweave.kg.constraints import Rejected
from longweave.kg.follow import Chain
from longweave.kg.path_settings import PathSettings
from longweave.kg.records import EntityType, Hop
from longweave.kg.timelines import Timeline, _choose_documents, _Dated, sample_timelines
from longweave.kg.values import year_of
from tests.kg.made_graphs import Fact, Stated, gather, made_graph, made_graph_of, node_id, real_triples
from tests.kg.made_timelines import BRIDGE, CLOSED, OPENED, OUTSIDE, VENN, WORKS, timeline

OPEN = PathSettings(paths=20, attempts_per_path=100, min_hops=3, max_hops=6, max_degree=12, max_overlap=1)
LINE: list[Fact] = [
    ("A", "opened in", "1901", "1"),
    ("A", "r", "B", "1"),
    ("B", "honoured in", "1911", "2"),
    ("B", "s", "C", "2"),
    ("C", "closed in", "1921", "3"),
]
YEARS: dict[str, EntityType] = {str(year): "date" for year in range(1900, 1930)}


def sample(
    facts: Sequence[Fact], given_: PathSettings = OPEN, seed: int = 0
) -> tuple[list[Timeline], list[Rejected]]:
    graph, triples = made_graph(facts, YEARS | {"long ago": "date"})
    made = list(sample_timelines(graph, triples, given_, np.random.default_rng(seed)))
    return (
        [one for one in made if isinstance(one, Timeline)],
        [one for one in made if isinstance(one, Rejected)],
    )


def reasons(facts: Sequence[Fact]) -> set[str]:
    """Why walks from end to end of ``facts`` became no timelines; none did."""
    made, rejected = sample(facts, OPEN.model_copy(update={"min_hops": 4}))
    assert made == []
    return {one.reason for one in rejected}


def test_a_path_between_dates_with_a_third_one_on_its_way_is_a_timeline() -> None:
    sampled = timeline()
    names = {node_id(name): name for name in (BRIDGE, VENN, WORKS, OPENED, CLOSED, OUTSIDE)}
    assert [names[node] for node in sampled.path.nodes] in (
        [OPENED, BRIDGE, VENN, WORKS, CLOSED],
        [CLOSED, WORKS, VENN, BRIDGE, OPENED],
    )
    assert names[sampled.anchor] == VENN
    third = sampled.milestone
    assert (third.place, names[third.node]) == (2, OUTSIDE)
    assert (third.hop.relation, third.hop.forward, third.hop.doc_id) == ("was decorated in", True, "lives")
    ends = {sampled.path.hops[0].doc_id, sampled.path.hops[-1].doc_id}
    assert ends == {"crossing", "register"} and len(sampled.path.hops) == 4


def test_three_dates_of_a_line_are_found() -> None:
    made, _ = sample(LINE)
    assert {one.milestone.node for one in made} == {node_id("1911")}
    assert {one.anchor for one in made} == {node_id("B")}


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ([fact for fact in LINE if fact[2] != "1911"], {"not_necessary"}),
        ([*LINE, ("B", "honoured in", "1911", "3")], {"not_necessary"}),
        ([*LINE, ("C", "closed in", "1921", "2")], {"not_necessary"}),
        ([*LINE, ("B", "honoured in", "1912", "4")], {"not_necessary"}),
        ([(*fact[:3], "3") if fact[2] == "1911" else fact for fact in LINE], {"not_necessary"}),
        ([(*fact[:3], "4") if fact[2] == "C" else fact for fact in LINE], {"not_necessary"}),
        ([(*fact[:2], "1901", fact[3]) if fact[2] == "1911" else fact for fact in LINE], {"not_necessary"}),
        (
            [(*fact[:2], "long ago", fact[3]) if fact[2] == "1921" else fact for fact in LINE],
            {"not_necessary"},
        ),
        ([*LINE, ("C", "closed in", "1922", "4")], {"not_unique"}),
        ([(fact[0], "is", *fact[2:]) if fact[2] == "1921" else fact for fact in LINE], set()),
    ],
    ids=[
        "two dates only",
        "another of the three documents tells the third date",
        "another of the three documents tells the last date",
        "two third dates of one relation",
        "two dates of one document",
        "a hop that none of the three documents tells",
        "two dates of one year",
        "an end without a year",
        "two ends of one relation",
        "a relation that says too little",
    ],
)
def test_what_could_be_answered_with_fewer_documents_or_in_two_ways_is_no_timeline(
    facts: list[Fact], expected: set[str]
) -> None:
    assert reasons(facts) == expected


def test_a_third_date_is_the_only_one_that_the_question_can_lead_to() -> None:
    facts: list[Fact] = [
        ("A", "opened in", "1901", "1"),
        ("A", "r", "B", "1"),
        ("A", "painted in", "1911", "2"),
        ("B", "s", "C", "3"),
        ("C", "closed in", "1921", "3"),
    ]
    made, _ = sample(facts, OPEN.model_copy(update={"min_hops": 4}))
    assert node_id("1911") in {one.milestone.node for one in made}
    assert {one.anchor for one in made} == {node_id("B")}
    rival: list[Fact] = [("E", "r", "B", "9"), ("E", "painted in", "1899", "9")]
    made, _ = sample([*facts, *rival], OPEN.model_copy(update={"min_hops": 4}))
    thirds = {one.milestone.node for one in made}
    assert not thirds & {node_id("1911"), node_id("1899")}, "it is not said which of the two was painted"


def test_of_documents_that_tell_a_date_that_is_chosen_which_tells_the_hops_as_well() -> None:
    made, _ = sample([*LINE, ("B", "honoured in", "1911", "0"), ("A", "r", "B", "5")])
    assert {one.milestone.hop.doc_id for one in made} == {"2"}, "the one that joins B and C"


def test_of_two_third_dates_that_of_the_thing_furthest_from_the_ends_is_taken() -> None:
    facts: list[Fact] = [*LINE, ("A", "painted in", "1905", "4"), ("C", "t", "D", "3")]
    facts.append(("D", "left in", "1925", "3"))
    made, _ = sample(facts, OPEN.model_copy(update={"min_hops": 4}))
    places = {(len(one.path.hops), one.milestone.place) for one in made}
    assert (4, 2) in places and all(place == 2 for hops, place in places if hops == 4)


def test_there_are_no_more_than_are_wanted_and_none_without_dates() -> None:
    facts = [fact for number in range(12) for fact in renumber(LINE, number)]
    made, _ = sample(facts, OPEN.model_copy(update={"paths": 5}))
    assert len(made) == 5
    assert sample([fact for fact in LINE if fact[2] in "BC"]) == ([], [])


def renumber(facts: Sequence[Fact], number: int) -> list[Fact]:
    """The same facts of other things and documents."""
    return [
        (f"{head}{number}", relation, tail if tail.isdigit() else f"{tail}{number}", f"{doc_id}.{number}")
        for head, relation, tail, doc_id in facts
    ]


# Against a plain re-computation from the facts.


@st.composite
def dated_facts(draw: st.DrawFn) -> list[Fact]:
    """Things joined at random, most of them with dates."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n_things, n_docs = draw(st.integers(3, 10)), draw(st.integers(3, 8))
    facts: set[Fact] = set()
    for _ in range(2 * n_things):
        head, tail = rng.choice(n_things, size=2, replace=False)
        facts.add((f"t{head}", f"r{rng.integers(6)}", f"t{tail}", f"d{rng.integers(n_docs)}"))
    for _ in range(2 * n_things):
        relation = ("opened in", "closed in", "sold in")[rng.integers(3)]
        year = str(1900 + rng.integers(30))
        facts.add((f"t{rng.integers(n_things)}", relation, year, f"d{rng.integers(n_docs)}"))
    again = [(*fact[:3], f"d{rng.integers(n_docs)}") for fact in sorted(facts) if rng.random() < 0.2]
    return sorted(facts | set(again))


@settings(deadline=None, max_examples=30)
@given(dated_facts(), st.integers(0, 9))
def test_every_timeline_needs_its_three_documents_and_no_other(facts: list[Fact], seed: int) -> None:
    made, _ = sample(facts, seed=seed)
    for one in made:
        assert_timeline(facts, one)


def test_random_graphs_do_hold_timelines() -> None:
    facts = [fact for number in range(8) for fact in renumber(LINE, number)]
    facts += [(f"C{number}", "leads to", f"A{number + 1}", f"3.{number}") for number in range(7)]
    made, _ = sample(facts)
    assert len(made) == OPEN.paths and len({one.anchor for one in made}) >= 6
    for one in made:
        assert_timeline(facts, one)


def assert_timeline(facts: Sequence[Fact], one: Timeline) -> None:
    name_of = {node_id(name): name for fact in facts for name in (fact[0], fact[2])}
    names = [name_of[node] for node in one.path.nodes]
    hops, third = one.path.hops, one.milestone
    assert OPEN.min_hops <= len(hops) <= OPEN.max_hops and len(set(names)) == len(names) == len(hops) + 1
    assert 0 < third.place < len(hops)
    years = [year_of(name) for name in (names[0], name_of[third.node], names[-1])]
    assert None not in years and len(set(years)) == 3
    dates = [
        (*said(names[0], names[1], hops[0]), hops[0].doc_id),
        (*said(names[third.place], name_of[third.node], third.hop), third.hop.doc_id),
        (*said(names[-2], names[-1], hops[-1]), hops[-1].doc_id),
    ]
    own = {doc_id for *_, doc_id in dates}
    assert len(own) == 3
    for *fact, doc_id in dates:
        assert {other[3] for other in facts if list(other[:3]) == fact} & own == {doc_id}
    between = list(zip(names[1:-1], hops[1:-1], names[2:-1], strict=False))
    for here, hop, there in between:
        assert (*said(here, there, hop), hop.doc_id) in facts and hop.doc_id in own
    at = one.path.nodes.index(one.anchor)
    assert 0 < at < len(hops)
    assert follow(facts, {names[at]}, hops[at:]) == {names[-1]}
    assert follow(facts, {names[at]}, turn(hops[:at])) == {names[0]}
    way = hops[at : third.place] or turn(hops[third.place : at])
    assert follow(facts, {names[at]}, [*way, third.hop]) == {name_of[third.node]}


def turn(hops: Sequence[Hop]) -> list[Hop]:
    """The way back."""
    return [hop.model_copy(update={"forward": not hop.forward}) for hop in hops[::-1]]


def said(here: str, there: str, hop: Hop) -> tuple[str, str, str]:
    return (here, hop.relation, there) if hop.forward else (there, hop.relation, here)


def follow(facts: Sequence[Fact], here: set[str], hops: Sequence[Hop]) -> set[str]:
    for hop in hops:
        here = {
            tail if hop.forward else head
            for head, relation, tail, _ in facts
            if relation == hop.relation and (head if hop.forward else tail) in here
        }
    return here


@settings(deadline=None, max_examples=10)
@given(dated_facts(), st.integers(0, 9))
def test_the_same_seed_gives_the_same_timelines(facts: list[Fact], seed: int) -> None:
    assert sample(facts, seed=seed) == sample(facts[::-1], seed=seed)


# On real sentences.

EXPECTED: Stated = (
    "sotu-1946-Truman",
    "The Federal expenditure estimates for the fiscal year 1947 include 53 million dollars",
    ("National Park Service", "organization"),
    "expected to spend on highways in",
    ("1947", "date"),
)


def test_real_dates_of_three_documents_are_a_timeline() -> None:
    triples = real_triples(EXPECTED)
    nodes, _, of_edge = gather(triples)
    names = {node.node_id: node.name for node in nodes}
    rng = np.random.default_rng(0)
    made = [
        one
        for one in sample_timelines(made_graph_of(triples), of_edge, OPEN, rng)
        if isinstance(one, Timeline)
    ]
    assert {frozenset(names[node] for node in (one.path.nodes[0], one.path.nodes[-1])) for one in made} == {
        frozenset(("July 28, 2014", "1948"))
    }
    for one in made:
        assert names[one.anchor] == "National Park Service" == names[one.path.nodes[one.milestone.place]]
        assert names[one.milestone.node] == "1947"
        assert {one.path.hops[0].doc_id, one.path.hops[-1].doc_id, one.milestone.hop.doc_id} == {
            "gum-news_warming",
            "sotu-1946-Truman",
            "sotu-1948-Truman",
        }


def test_of_many_documents_that_state_a_date_the_first_are_looked_at() -> None:
    many = [f"d{number:03}" for number in range(400)]
    facts: list[Fact] = [
        (thing, relation, year, doc_id)
        for doc_id in many
        for thing, relation, year in (("A", "began", "1939"), ("B", "peaked", "1942"), ("B", "ended", "1945"))
    ]
    facts.append(("A", "led to", "B", "other"))
    graph, _ = made_graph(facts, dict.fromkeys(("1939", "1942", "1945"), "date"))
    number = {graph.relations[graph.relation[edge]]: edge for edge in range(graph.n_edges)}
    edges = tuple(number[one] for one in ("began", "led to", "ended"))
    nodes = tuple(graph.node_number(node_id(name)) for name in ("1939", "A", "B", "1945"))
    dated = _Dated(number["peaked"], 1, graph.node_number(node_id("1942")))
    assert _choose_documents(graph, Chain(nodes, edges, (0, 1, 1), 1), dated) is None
