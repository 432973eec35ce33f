"""Descriptions instead of names: each fits one node of the graph, as a plain search over its facts finds."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from longweave.kg.clues import Clue, Option, collect_options, say_year
from longweave.kg.graph import Graph, build_graph
from longweave.kg.perturb import DescribeSettings, Description, describe
from longweave.kg.records import Edge, EntityType, Hop, Node, Triple
from longweave.kg.values import year_of
from longweave.synth.records import Dropped
from tests.kg.made_graphs import Fact, made_graph, node_id, random_facts

DATES = ["1900", "1901", "March 12, 1947", "1945", "1955", "2000", "2001", "May 1947"]
AMOUNTS = ["3 ships", "30 ships", "300 ships", "5 million dollars"]


def number_of(graph: Graph, name: str) -> int:
    return next(node for node in range(graph.n_nodes) if graph.name(node) == name)


def tell(
    facts: list[Fact],
    name: str,
    avoid: tuple[str, ...] = (),
    types: dict[str, EntityType] | None = None,
    barred: tuple[str, ...] = (),
    seed: int = 0,
    common: tuple[str, ...] = (),
    documents: tuple[str, ...] = (),
) -> Description | Dropped:
    graph, of_edge = made_graph(facts, types)
    triples = by_id(of_edge)
    avoided = [number_of(graph, one) for one in avoid]
    wanted = DescribeSettings(barred, 0.5)
    rng = np.random.default_rng(seed)
    told = describe(
        graph,
        number_of(graph, name),
        avoided,
        wanted,
        lambda said: float(said not in common),
        rng,
        None,
        triples,
        documents,
    )
    if isinstance(told, Description):
        for clue in told.clues:
            for edge_id, triple_id in zip(clue.edge_ids, clue.triple_ids, strict=True):
                assert triple_id in {triple.triple_id for triple in of_edge[edge_id]}
    return told


def by_id(of_edge: dict[str, list[Triple]]) -> dict[str, Triple]:
    return {triple.triple_id: triple for some in of_edge.values() for triple in some}


def docs_of(told: Description | Dropped, facts: list[Fact]) -> list[str]:
    """The documents of the triples that prove a description, each once."""
    _, of_edge = made_graph(facts)
    doc_of = {triple.triple_id: triple.doc_id for some in of_edge.values() for triple in some}
    return list(dict.fromkeys(doc_of[one] for clue in clues_of(told) for one in clue.triple_ids))


def rare(said: str) -> float:
    return 1.0


def clues_of(told: Description | Dropped) -> list[Clue]:
    assert isinstance(told, Description), told
    return told.clues


# A plain reading of clues, which knows nothing of how they were made.


def facts_of(graph: Graph) -> list[tuple[int, str, int]]:
    return [
        (int(head), graph.relations[relation], int(tail))
        for head, relation, tail in zip(graph.head, graph.relation, graph.tail, strict=True)
    ]


def ends_of(graph: Graph, clue: Clue) -> set[tuple[int, int]]:
    """Every node that has a fact of the clue's relation and direction, with the fact's other end."""
    return {
        (head, tail) if clue.forward else (tail, head)
        for head, relation, tail in facts_of(graph)
        if relation == clue.relation
    }


def fits_year(name: str, said: str) -> bool:
    year = year_of(name)
    found = re.fullmatch(
        r"a year ending in (\d) in the (early|middle of the|late) (\d+)(?:st|nd|rd|th) century", said
    )
    assert found is not None
    if year is None or year % 10 != int(found[1]):
        return False
    first = 100 * (int(found[3]) - 1) + 1
    third = {"early": (0, 33), "middle of the": (33, 66), "late": (66, 100)}[found[2]]
    return first + third[0] <= year < first + third[1]


def fits_plainly(graph: Graph, clue: Clue) -> set[int]:
    if clue.kind == "temporal":
        return {node for node, other in ends_of(graph, clue) if fits_year(graph.name(other), clue.said)}
    return {node for node, other in ends_of(graph, clue) if graph.name(other) == clue.said}


def size_of(name: str) -> tuple[float, str]:
    year = year_of(name)
    if name in AMOUNTS:
        scale = 1_000_000 if "million" in name else 1
        unit = name.split()[-1]
        return float(name.split()[0]) * scale, unit
    assert year is not None
    return float(f"{year}{'0312' if 'March' in name else '0500' if 'May' in name else '0000'}"), str(
        len(name.split())
    )


def fits_rank(graph: Graph, clue: Clue) -> set[int]:
    """The nodes that come out on top of any group which the words may mean."""
    found = re.fullmatch(r"the (largest|smallest|latest|earliest) of the (\d+) that share: (.+)", clue.said)
    assert found is not None
    best = set()
    for forward in (True, False):
        for relation in graph.relations:
            for other in range(graph.n_nodes):
                if found[3] != f"{relation} {graph.name(other)}":
                    continue
                probe = Clue(
                    kind="relational", relation=relation, forward=forward, said="", edge_ids=[], triple_ids=[]
                )
                group = {node for node, end in ends_of(graph, probe) if end == other}
                values = {
                    node: [graph.name(end) for one, end in ends_of(graph, clue) if one == node]
                    for node in group
                }
                if len(group) != int(found[2]) or any(len(some) != 1 for some in values.values()):
                    continue
                sizes = {node: size_of(some[0]) for node, some in values.items()}
                if len({unit for _, unit in sizes.values()}) > 1:
                    continue
                order = sorted(group, key=lambda node: sizes[node], reverse=found[1] in ("largest", "latest"))
                if sizes[order[0]] != sizes[order[1]]:
                    best.add(order[0])
    return best


def fits_all(graph: Graph, clues: list[Clue]) -> set[int]:
    """The nodes that fit every one of ``clues``; all where these name nothing to look up."""
    fits = set(range(graph.n_nodes))
    if all(clue.kind == "temporal" for clue in clues):
        return fits
    for clue in clues:
        fits &= fits_rank(graph, clue) if clue.kind == "superlative" else fits_plainly(graph, clue)
    return fits


def check_description(graph: Graph, node: int, told: Description, avoid: set[int]) -> None:
    fits = fits_all(graph, told.clues)
    for at, clue in enumerate(told.clues):
        assert node in (fits_rank if clue.kind == "superlative" else fits_plainly)(graph, clue)
        rest = [*told.clues[:at], *told.clues[at + 1 :]]
        assert fits_all(graph, rest) != {node} or any(one.kind == "superlative" for one in rest)
        edges = [graph.edge_number(edge_id) for edge_id in clue.edge_ids]
        assert edges
        if clue.kind != "superlative":
            spoken = {int(end[edges[0]]) for end in (graph.head, graph.tail)}
            assert node in spoken and not (spoken - {node}) & avoid
    assert fits == {node} or any(clue.kind == "superlative" for clue in told.clues)
    assert not {graph.name(one) for one in (avoid | {node})} & {clue.said for clue in told.clues}


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 10_000), n_edges=st.integers(4, 40))
def test_a_description_fits_one_node_and_speaks_of_none_to_be_avoided(seed: int, n_edges: int) -> None:
    rng = np.random.default_rng(seed)
    facts = random_facts(rng, 10, n_edges, 3, 4)
    for node in range(10):
        for values, relation in ((DATES, "in"), (AMOUNTS, "has")):
            if rng.random() < 0.7:
                facts.append((f"e{node}", relation, str(rng.choice(values)), "d0"))
    types: dict[str, EntityType] = {date: "date" for date in DATES}
    types |= {amount: "number" for amount in AMOUNTS}
    graph, of_edge = made_graph(sorted(set(facts)), types)
    wanted = DescribeSettings(("r2",), 0.5)
    things = np.flatnonzero(~graph.is_value())
    for node in things.tolist():
        avoid = {int(one) for one in rng.choice(things, size=2)}

        def tell_it(node: int = node, avoid: set[int] = avoid) -> Description | Dropped:
            chance = np.random.default_rng(seed)
            return describe(graph, node, sorted(avoid), wanted, rare, chance, None, by_id(of_edge), ["d0"])

        told = tell_it()
        if isinstance(told, Description):
            assert all(clue.relation != "r2" for clue in told.clues)
            check_description(graph, node, told, avoid)
            again = tell_it()
            assert again == told
        else:
            assert told.reason == "not_describable"


HEADS: list[Fact] = [("Bunche", "won", "Nobel Prize", "1"), ("Bunche", "was born in", "Detroit", "2")]


def test_one_fact_is_enough_where_nobody_shares_it() -> None:
    types: dict[str, EntityType] = {"Bunche": "person", "Detroit": "place"}
    told = tell(HEADS, "Bunche", avoid=("Nobel Prize",), types=types)
    (clue,) = clues_of(told)
    assert (clue.kind, clue.relation, clue.forward, clue.said) == ("place", "was born in", True, "Detroit")
    assert isinstance(told, Description) and told.type == "person"


def test_two_facts_are_taken_where_each_is_shared() -> None:
    facts: list[Fact] = [
        *HEADS,
        ("Marshall", "won", "Nobel Prize", "1"),
        ("Ford", "was born in", "Detroit", "2"),
    ]
    assert {clue.said for clue in clues_of(tell(facts, "Bunche"))} == {"Nobel Prize", "Detroit"}


def test_the_direction_of_a_fact_counts() -> None:
    facts: list[Fact] = [("A", "defeated", "B", "1"), ("B", "defeated", "C", "1")]
    (of_a,) = clues_of(tell(facts, "A", avoid=("C",)))
    (of_c,) = clues_of(tell(facts, "C", avoid=("A",)))
    assert (of_a.said, of_a.forward, of_c.said, of_c.forward) == ("B", True, "B", False)


def test_a_fact_is_told_in_the_words_of_the_document_that_proves_it() -> None:
    graph, of_edge = made_graph([("A", "defeated", "B", "1")], {})
    ((_, (triple,)),) = of_edge.items()
    stated = triple.model_copy(update={"subject": "B", "relation": "lost the case to", "object": "A"})
    wanted, rng = DescribeSettings((), 0.5), np.random.default_rng(0)
    told = describe(graph, number_of(graph, "A"), [], wanted, rare, rng, None, {triple.triple_id: stated}, [])
    (clue,) = clues_of(told)
    assert (clue.relation, clue.forward, clue.said) == ("lost the case to", False, "B")


@pytest.mark.parametrize(
    ("facts", "avoid", "barred"),
    [
        ([*HEADS], ("Nobel Prize", "Detroit"), ()),
        ([*HEADS], ("Detroit",), ("won",)),
        ([("Bunche", "won", "Nobel Prize", "1"), ("Marshall", "won", "Nobel Prize", "1")], (), ()),
        ([("Bunche", "won it in", "1950", "1")], (), ()),
    ],
)
def test_what_nothing_tells_from_others_is_not_describable(
    facts: list[Fact], avoid: tuple[str, ...], barred: tuple[str, ...]
) -> None:
    told = tell(facts, "Bunche", avoid, {"1950": "date"}, barred)
    assert isinstance(told, Dropped) and told.reason == "not_describable" and "Bunche" in told.detail


def test_a_role_and_an_organization_are_told_apart() -> None:
    types: dict[str, EntityType] = {"Acme": "organization"}
    (role,) = clues_of(tell([("Bunche", "was president of", "Acme", "1")], "Bunche", types=types))
    (member,) = clues_of(tell([("Bunche", "joined", "Acme", "1")], "Bunche", types=types))
    assert (role.kind, member.kind) == ("role", "institutional")


SHARED: list[Fact] = [
    ("Acme", "is based in", "Detroit", "1"),
    ("Beta", "is based in", "Detroit", "1"),
    ("Acme", "was founded in", "1901", "1"),
    ("Beta", "was founded in", "1955", "2"),
]
YEARS: dict[str, EntityType] = {"1901": "date", "1955": "date", "May 1901": "date", "1911": "date"}


def test_a_year_is_told_roughly() -> None:
    for seed in range(6):
        clues = clues_of(tell(SHARED, "Beta", types=YEARS, seed=seed))
        assert "1955" not in " ".join(clue.said for clue in clues)
        kinds = {clue.kind for clue in clues}
        assert kinds in ({"institutional", "temporal"}, {"superlative"})
        assert [clue.names for clue in clues if clue.kind != "temporal"] == ["Detroit"]


def test_a_rank_rests_on_the_facts_of_all_that_are_ranked() -> None:
    only: list[Fact] = [*SHARED, ("Gamma", "was founded in", "1955", "3")]
    found = [clues_of(tell(only, "Beta", types=YEARS, seed=seed)) for seed in range(12)]
    ranks = [clue for clues in found for clue in clues if clue.kind == "superlative"]
    assert ranks, "never ranked"
    for rank in ranks:
        assert rank.said == "the latest of the 2 that share: is based in Detroit"
        assert len(rank.edge_ids) == 4
    told = tell(only, "Beta", types=YEARS, common=("Detroit",))
    assert isinstance(told, Dropped), "what it is ranked among cannot be found"


@pytest.mark.parametrize(
    "beta",
    [
        [("Beta", "was founded in", "1901", "2")],
        [("Beta", "was founded in", "May 1901", "2")],
        [("Beta", "was founded in", "1911", "2"), ("Beta", "was founded in", "1955", "3")],
        [],
    ],
    ids=["equal", "less exact", "two dates", "unknown"],
)
def test_nothing_is_ranked_that_cannot_be_compared(beta: list[Fact]) -> None:
    for seed in range(8):
        told = tell([*SHARED[:3], *beta], "Acme", types=YEARS, seed=seed)
        if isinstance(told, Description):
            assert all(clue.kind != "superlative" for clue in told.clues)


@pytest.mark.parametrize(
    ("year", "said"),
    [
        (1900, "a year ending in 0 in the late 19th century"),
        (1901, "a year ending in 1 in the early 20th century"),
        (1933, "a year ending in 3 in the early 20th century"),
        (1934, "a year ending in 4 in the middle of the 20th century"),
        (1966, "a year ending in 6 in the middle of the 20th century"),
        (1967, "a year ending in 7 in the late 20th century"),
        (2000, "a year ending in 0 in the late 20th century"),
        (2001, "a year ending in 1 in the early 21st century"),
        (1066, "a year ending in 6 in the middle of the 11th century"),
        (1215, "a year ending in 5 in the early 13th century"),
    ],
)
def test_a_veiled_year_is_of_its_own_century(year: int, said: str) -> None:
    assert say_year(year) == said


@given(st.integers(1, 2400))
def test_three_or_four_years_fit_a_veiled_one(year: int) -> None:
    fitting = [other for other in range(1, 2500) if say_year(other) == say_year(year)]
    assert year in fitting and len(fitting) in (3, 4)
    assert len({(other - 1) // 100 for other in fitting}) == 1


def by_value(facts: list[Fact], name: str, value: str, types: dict[str, EntityType]) -> Description | Dropped:
    graph, of_edge = made_graph(facts, types)
    node, other = number_of(graph, name), number_of(graph, value)
    at = next(edge for edge in range(graph.n_edges) if (graph.head[edge], graph.tail[edge]) == (node, other))
    hop = Hop(
        edge_id=graph.edge_id(at),
        relation=graph.relations[graph.relation[at]],
        forward=False,
        triple_id=of_edge[graph.edge_id(at)][0].triple_id,
        doc_id="1",
    )
    wanted = DescribeSettings((), 0.5)
    return describe(graph, node, [], wanted, rare, np.random.default_rng(0), hop, by_id(of_edge), [])


def test_a_path_that_starts_with_a_date_tells_it_roughly_beside_a_named_clue() -> None:
    facts: list[Fact] = [
        *SHARED,
        ("Beta", "was led by", "Mary Stone", "2"),
        ("Gamma", "was led by", "Mary Stone", "3"),
    ]
    rough, named = clues_of(by_value(facts, "Beta", "1955", YEARS))
    assert (rough.kind, rough.said) == ("temporal", "a year ending in 5 in the middle of the 20th century")
    assert named.said in ("Detroit", "Mary Stone")


def test_a_value_alone_describes_nothing() -> None:
    told = by_value([("Acme", "lost", "14%", "1")], "Acme", "14%", {"14%": "number"})
    assert isinstance(told, Dropped) and told.reason == "not_describable"


def test_an_amount_is_told_as_it_is() -> None:
    facts: list[Fact] = [("Acme", "has", "30 ships", "1"), ("Acme", "is in", "Detroit", "2")]
    facts.append(("Beta", "is in", "Detroit", "2"))
    first, second = clues_of(by_value(facts, "Acme", "30 ships", {"30 ships": "number"}))
    assert (first.said, second.said) == ("30 ships", "Detroit")


def test_what_many_documents_name_does_not_describe() -> None:
    told = tell(HEADS, "Bunche", avoid=("Nobel Prize",), common=("Detroit",))
    assert isinstance(told, Dropped) and told.reason == "not_describable"


def test_one_fact_is_told_where_one_is_enough() -> None:
    assert len(clues_of(tell(HEADS, "Bunche"))) == 1


CHOICE: list[Fact] = [
    ("Bunche", "won", "Nobel Prize", "first"),
    ("Bunche", "was born in", "Detroit", "last"),
    ("Bunche", "led", "UN", "far"),
    ("Marshall", "won", "Nobel Prize", "far"),
    ("Marshall", "led", "Army", "far"),
]


@pytest.mark.parametrize("seed", range(4))
def test_facts_of_documents_that_are_needed_anyway_go_before_others(seed: int) -> None:
    told = tell(CHOICE, "Bunche", documents=("first", "last"), seed=seed)
    assert {clue.said for clue in clues_of(told)} == {"Detroit"}
    assert docs_of(told, CHOICE) == ["last"]


@pytest.mark.parametrize("seed", range(4))
def test_of_the_documents_that_are_needed_the_first_go_before_the_last(seed: int) -> None:
    both: list[Fact] = [*CHOICE, ("Bunche", "wrote", "Diary", "first")]
    told = tell(both, "Bunche", documents=("first", "last"), seed=seed)
    assert {clue.said for clue in clues_of(told)} == {"Diary"}


@pytest.mark.parametrize("seed", range(4))
def test_a_fact_is_proven_from_a_document_that_is_needed_anyway(seed: int) -> None:
    facts: list[Fact] = [("Bunche", "won", "Nobel Prize", doc_id) for doc_id in ("a", "m", "z")]
    assert docs_of(tell(facts, "Bunche", documents=("x", "m"), seed=seed), facts) == ["m"]
    assert docs_of(tell(facts, "Bunche", documents=("z", "m"), seed=seed), facts) == ["z"]


@pytest.mark.parametrize("seed", range(4))
def test_facts_of_further_documents_share_one_where_they_can(seed: int) -> None:
    facts: list[Fact] = [
        *(("Bunche", "won", "Nobel Prize", doc_id) for doc_id in ("a", "m")),
        *(("Bunche", "was born in", "Detroit", doc_id) for doc_id in ("m", "z")),
        ("Marshall", "won", "Nobel Prize", "q"),
        ("Ford", "was born in", "Detroit", "q"),
    ]
    told = tell(facts, "Bunche", documents=("x",), seed=seed)
    assert docs_of(told, facts) == ["m"] and len(clues_of(told)) == 2


def test_a_symmetric_fact_fits_whoever_is_at_either_end() -> None:
    facts: list[Fact] = [("Bunche", "met with", "Nehru", "1"), ("Nehru", "met with", "Marshall", "2")]
    told = tell(facts, "Bunche")
    assert isinstance(told, Dropped) and told.reason == "not_describable"
    assert len(clues_of(tell(facts[:1], "Bunche"))) == 1


def test_a_value_is_left_out_where_it_tells_nothing_more() -> None:
    facts: list[Fact] = [("Acme", "has", "30 ships", "1"), ("Acme", "is in", "Detroit", "2")]
    (clue,) = clues_of(by_value(facts, "Acme", "30 ships", {"30 ships": "number"}))
    assert clue.said == "Detroit"


def options_of(facts: list[Fact], types: dict[str, EntityType], node: str, *avoid: str) -> list[Option]:
    graph, _ = made_graph(facts, types)
    return collect_options(graph, graph.node_number(node_id(node)), _numbers(graph, *avoid), [])


def _numbers(graph: Graph, *names: str) -> list[int]:
    return [graph.node_number(node_id(name)) for name in names]


def test_a_rank_does_not_rest_on_what_is_hidden() -> None:
    facts: list[Fact] = [
        ("P1", "was built by", "Acme", "a"),
        ("P2", "was built by", "Acme", "b"),
        ("P1", "was opened in", "1907", "a"),
        ("P2", "was opened in", "1931", "b"),
    ]
    types: dict[str, EntityType] = {"1907": "date", "1931": "date", "P1": "product", "P2": "product"}

    def ranks(*avoid: str) -> list[str]:
        kinds = [option.clue.kind for option in options_of(facts, types, "P1", *avoid)]
        return [kind for kind in kinds if kind == "superlative"]

    assert ranks() == ["superlative"]
    assert ranks("1931") == ranks("P2") == ranks("1907") == []


def test_a_clue_by_a_name_that_others_bear_fits_what_they_are_joined_to_as_well() -> None:
    def node(node_id: str, name: str, type_: EntityType) -> Node:
        return Node(node_id=node_id, name=name, type=type_, aliases=[name], doc_ids=["d"], n_mentions=1)

    def edge(edge_id: str, head: str, tail: str) -> Edge:
        return Edge(
            edge_id=edge_id, head=head, relation="founded", tail=tail, triple_ids=["t"], doc_ids=["d"]
        )

    people = [node("n1", "John Smith", "person"), node("n2", "John Smith", "person")]
    firms = [node("n3", "Acme", "organization"), node("n4", "Bolt", "organization")]
    graph = build_graph([*people, *firms], [edge("e1", "n1", "n3"), edge("e2", "n2", "n4")])
    (option,) = collect_options(graph, 2, [], [])
    assert option.fits == {2, 3}


def test_a_date_told_roughly_fits_what_has_such_a_year() -> None:
    years = {"X": "1905", "Y": "May 1915", "Z": "1945", "W": "1906"}
    facts: list[Fact] = [(name, "was founded in", year, "a") for name, year in years.items()]
    types: dict[str, EntityType] = dict.fromkeys(years.values(), "date")
    graph, _ = made_graph(facts, types)
    (option,) = options_of(facts, types, "X")
    assert option.fits == set(_numbers(graph, "X", "Y"))
