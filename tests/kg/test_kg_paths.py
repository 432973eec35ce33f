"""Every constraint of a path, on hand-made chains with its reason, and on sampled paths against a plain
re-computation from the facts."""

from collections import Counter
from collections.abc import Iterator, Sequence

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from longweave.kg.constraints import Limits, Rejected
from longweave.kg.date_pairs import Pair, sample_date_pairs
from longweave.kg.follow import Chain, follow, needed_documents
from longweave.kg.graph import Graph
from longweave.kg.path_settings import PathSettings
from longweave.kg.paths import make_path, sample_paths
from longweave.kg.records import EntityType, Path, Triple
from longweave.kg.relation_words import is_symmetric
from longweave.kg.targets import draw_targets, score_targets
from longweave.kg.walks import count_rivals, open_subgraph, search_breadth, walk_randomly
from tests.kg.made_graphs import Fact, gather, made_graph, made_graph_of, node_id, random_facts, real_triples

OPEN = PathSettings(paths=10, attempts_per_path=100, max_hops=6, paths_per_answer=9, max_overlap=1)


def _chain(graph: Graph, text: str, anchor: int = 0) -> Chain:
    """The chain of ``A >r B <s C``: names with the relation of each hop, ``~`` for a space, and its direction
    between them."""
    names, edges, steps = text.split(), [], []
    number = {graph.name(node): node for node in range(graph.n_nodes)}
    for here, hop, there in zip(names[::2], names[1::2], names[2::2], strict=False):
        step = 2 * graph.relations.index(hop[1:].replace("~", " ")) + (hop[0] == ">")
        for half in range(graph.starts[number[here]], graph.starts[number[here] + 1]):
            if graph.step[half] == step and graph.neighbour[half] == number[there]:
                edges.append(int(graph.edge[half]))
                steps.append(step)
    assert len(edges) == len(names) // 2
    return Chain(tuple(number[name] for name in names[::2]), tuple(edges), tuple(steps), anchor)


def _judge(
    facts: Sequence[Fact],
    text: str,
    given_: PathSettings | None = None,
    types: dict[str, EntityType] | None = None,
    anchor: int = 0,
) -> Path | Rejected:
    graph, triples = made_graph(facts, types)
    given_ = given_ or PathSettings()
    return make_path(graph, _chain(graph, text, anchor), triples, Limits.of(graph, given_))


def _number(graph: Graph, path: Path) -> Chain:
    """The chain of ``path`` in ``graph``."""
    edges = [graph.edge_number(hop.edge_id) for hop in path.hops]
    steps = [2 * int(graph.relation[edge]) + hop.forward for edge, hop in zip(edges, path.hops, strict=True)]
    return Chain(tuple(map(graph.node_number, path.nodes)), tuple(edges), tuple(steps))


def _draw(path: Path, names: dict[str, str]) -> str:
    """``(A)-[r]->(B)<-[s]-(C)``"""
    parts = [f"({names[path.nodes[0]]})"]
    for hop, node in zip(path.hops, path.nodes[1:], strict=True):
        parts.append(f"-[{hop.relation}]->" if hop.forward else f"<-[{hop.relation}]-")
        parts.append(f"({names[node]})")
    return "".join(parts)


LINE: list[Fact] = [("A", "r", "B", "1"), ("B", "s", "C", "2"), ("C", "t", "D", "3")]


def test_a_chain_that_holds_every_constraint_is_a_path_with_its_evidence() -> None:
    path = _judge(LINE, "A >r B >s C >t D")
    assert isinstance(path, Path)
    assert path.nodes == [node_id(name) for name in "ABCD"]
    assert path.doc_ids == ["1", "2", "3"]
    assert [(hop.relation, hop.forward) for hop in path.hops] == [("r", True), ("s", True), ("t", True)]


@pytest.mark.parametrize(
    ("facts", "text", "reason", "detail"),
    [
        ([("A", "r", "B", "1"), ("B", "s", "A", "2")], "A >r B >s A", "repeated_node", "A"),
        ([("A", "r", "1990", "1"), ("C", "s", "1990", "2")], "A >r 1990 <s C", "value_inside", "1990"),
        ([*LINE, *(("B", "u", f"x{i}", "9") for i in range(30))], "A >r B >s C", "hub", "B: 32"),
        ([("A", "Is", "B", "1"), ("B", "s", "C", "2")], "A >Is B >s C", "barred_relation", "Is"),
        (
            [("A", "r", "B", "1"), ("B", "r", "C", "2"), ("C", "r", "D", "3")],
            "A >r B >r C >r D",
            "relation_repeated",
            "r: 3 times",
        ),
        (
            [("A", "r", "X", "1"), ("B", "r", "X", "2")],
            "A >r X <r B",
            "relation_repeated",
            "r: there and back",
        ),
        ([("A", "r", "B", "1"), ("B", "s", "C", "1")], "A >r B >s C", "too_few_documents", "1 of 2"),
        ([*LINE, ("B", "s", "E", "4")], "A >r B >s C", "not_unique", "C"),
        ([*LINE, ("A", "r", "F", "4"), ("F", "s", "E", "4")], "A >r B >s C", "not_unique", "C"),
        ([*LINE, ("A", "r", "B", "4")], "A >r B >s C", "not_necessary", ""),
        ([*LINE, ("A", "other", "B", "4")], "A >r B >s C", "not_necessary", ""),
        ([*LINE, ("B", "other", "A", "4")], "A >r B >s C", "not_necessary", ""),
        ([*LINE, ("A", "around", "C", "4")], "A >r B >s C", "not_necessary", ""),
        ([*LINE, ("A", "r", "F", "4"), ("F", "s", "C", "4")], "A >r B >s C", "not_necessary", ""),
    ],
)
def test_each_constraint_rejects_with_its_reason(
    facts: list[Fact], text: str, reason: str, detail: str
) -> None:
    made = _judge(facts, text, types={"1990": "date"})
    assert isinstance(made, Rejected)
    assert made.reason == reason
    assert made.detail == detail or not detail


def test_a_value_may_stand_at_either_end() -> None:
    facts: list[Fact] = [("A", "r", "1990", "1"), ("A", "s", "C", "2")]
    assert isinstance(_judge(facts, "1990 <r A >s C", types={"1990": "date"}), Path)
    assert isinstance(_judge(facts, "C <s A >r 1990", types={"1990": "date"}), Path)


def test_a_hop_of_two_documents_is_proved_by_one_that_is_needed_anyway() -> None:
    facts: list[Fact] = [*LINE, ("B", "s", "C", "1")]
    path = _judge(facts, "A >r B >s C >t D")
    assert isinstance(path, Path)
    assert [hop.doc_id for hop in path.hops] == ["1", "1", "3"]
    short = _judge(facts, "A >r B >s C")
    assert isinstance(short, Rejected) and short.reason == "too_few_documents"


def test_siblings_pass_where_the_answer_stays_unique_and_they_are_few() -> None:
    facts: list[Fact] = [
        ("A", "r", "X", "1"),
        ("B", "r", "X", "2"),
        ("B", "s", "C", "3"),
        ("C", "t", "D", "4"),
    ]
    assert isinstance(_judge(facts, "A >r X <r B >s C >t D"), Path)
    few = PathSettings(max_sibling_share=0.2)
    assert isinstance(_judge(facts, "A >r X <r B >s C >t D", few), Rejected)


def test_documents_must_be_as_many_as_the_setting_wants() -> None:
    facts: list[Fact] = [("A", "r", "B", "1"), ("B", "s", "C", "2"), ("C", "t", "D", "2")]
    assert isinstance(_judge(facts, "A >r B >s C >t D"), Path)
    strict = _judge(facts, "A >r B >s C >t D", PathSettings(documents_per_hop=1))
    assert strict == Rejected("too_few_documents", "2 of 3")


def test_following_goes_through_sets_and_can_leave_a_document_out() -> None:
    graph, _ = made_graph([*LINE, ("A", "r", "E", "4"), ("E", "s", "F", "4")])
    chain = _chain(graph, "A >r B >s C")
    both = follow(graph, chain.nodes[0], chain.steps)
    assert both is not None and {graph.name(node) for node in both} == {"C", "F"}
    rest = follow(graph, chain.nodes[0], chain.steps, without=graph.documents.index("4"))
    assert rest is not None and [graph.name(node) for node in rest] == ["C"]


# Against a plain re-computation from the facts.


@st.composite
def _graphs(draw: st.DrawFn) -> tuple[list[Fact], dict[str, EntityType]]:
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n_nodes = draw(st.integers(4, 40))
    n_edges = draw(st.integers(n_nodes, 3 * n_nodes))
    facts = random_facts(rng, n_nodes, n_edges, draw(st.integers(2, 30)), draw(st.integers(2, 30)))
    return facts, {f"e{node}": "date" for node in range(0, n_nodes, 6)}


@settings(deadline=None, max_examples=20)
@given(_graphs(), st.sampled_from((0.0, 0.5, 1.0)), st.integers(0, 9))
def test_every_sampled_path_holds_every_constraint(
    made: tuple[list[Fact], dict[str, EntityType]], breadth_first_share: float, seed: int
) -> None:
    facts, types = made
    graph, triples = made_graph(facts, types)
    given_ = OPEN.model_copy(
        update={"breadth_first_share": breadth_first_share, "max_degree": 8, "barred_relations": ("R1",)}
    )
    for path in _paths(sample_paths(graph, triples, given_, np.random.default_rng(seed))):
        _assert_constraints(facts, types, path, triples, given_)
        names = _names(path, facts)
        assert _follow_plainly(facts, names[0], path) == {names[-1]}
        for doc_id in path.doc_ids:
            left = [fact for fact in facts if fact[3] != doc_id]
            assert not _can_be_completed(left, names, [(names[0], path, names[-1])])


@settings(deadline=None, max_examples=20)
@given(_graphs(), st.integers(0, 9))
def test_every_sampled_pair_holds_them_too(made: tuple[list[Fact], dict[str, EntityType]], seed: int) -> None:
    facts, types = made
    graph, triples = made_graph(facts, types)
    given_ = OPEN.model_copy(update={"max_degree": 8, "max_overlap": 0.67})
    for pair in sample_date_pairs(graph, triples, given_, np.random.default_rng(seed)):
        if isinstance(pair, Rejected):
            continue
        path, names = pair.path, _names(pair.path, facts)
        _assert_constraints(facts, types, path, triples, given_)
        assert types.get(names[0]) == types.get(names[-1]) == "date"
        assert path.hops[0].doc_id != path.hops[-1].doc_id
        at = path.nodes.index(pair.anchor)
        assert 0 < at < len(path.hops)
        back = Path.of(
            path.nodes[at::-1],
            [hop.model_copy(update={"forward": not hop.forward}) for hop in path.hops[:at][::-1]],
        )
        on = Path.of(path.nodes[at:], path.hops[at:])
        legs = [(names[at], back, names[0]), (names[at], on, names[-1])]
        assert all(_follow_plainly(facts, start, leg) == {end} for start, leg, end in legs)
        for doc_id in path.doc_ids:
            left = [fact for fact in facts if fact[3] != doc_id]
            assert not _can_be_completed(left, names, legs)


def _paths(made: Iterator[Path | Rejected]) -> list[Path]:
    return [path for path in made if isinstance(path, Path)]


def _names(path: Path, facts: Sequence[Fact]) -> list[str]:
    name_of = {node_id(name): name for fact in facts for name in (fact[0], fact[2])}
    return [name_of[node] for node in path.nodes]


def _assert_constraints(
    facts: Sequence[Fact],
    types: dict[str, EntityType],
    path: Path,
    triples: dict[str, list[Triple]],
    given_: PathSettings,
) -> None:
    names = _names(path, facts)
    hops = list(zip(names, path.hops, names[1:], strict=False))
    assert len(path.nodes) == len(path.hops) + 1
    assert given_.min_hops <= len(path.hops) <= given_.max_hops
    assert len(set(names)) == len(names)
    for here, hop, there in hops:
        ends = (here, there) if hop.forward else (there, here)
        assert (ends[0], hop.relation, ends[1], hop.doc_id) in facts
        (triple,) = [triple for triple in triples[hop.edge_id] if triple.triple_id == hop.triple_id]
        assert (triple.subject, triple.object, triple.doc_id) == (*ends, hop.doc_id)
    edges = {fact[:3] for fact in facts}
    for name in names[1:-1]:
        assert types.get(name) != "date"
        assert sum((head == name) + (tail == name) for head, _, tail in edges) <= (given_.max_degree or 0)
    barred = {relation.casefold() for relation in given_.barred_relations}
    relations = [hop.relation for hop in path.hops]
    assert barred.isdisjoint(relation.casefold() for relation in relations)
    assert max(Counter(relations).values()) <= given_.max_same_relation
    siblings = [
        a.relation == b.relation and a.forward != b.forward
        for a, b in zip(path.hops, path.hops[1:], strict=False)
    ]
    assert sum(siblings) <= given_.max_sibling_share * len(path.hops)
    assert len(path.doc_ids) >= max(2, -(-len(path.hops) // 2))


def _follow_plainly(facts: Sequence[Fact], start: str, path: Path) -> set[str]:
    here = {start}
    for hop in path.hops:
        here = {
            (tail if hop.forward else head)
            for head, relation, tail, _ in facts
            if relation == hop.relation and (head if hop.forward else tail) in here
        }
    return here


def _can_be_completed(
    left: Sequence[Fact], names: Sequence[str], legs: Sequence[tuple[str, Path, str]]
) -> bool:
    """From the facts that are ``left``: along other edges between its nodes, or by its relations."""
    near: nx.Graph[str] = nx.Graph()
    near.add_nodes_from(names)
    near.add_edges_from((fact[0], fact[2]) for fact in left if fact[0] in names and fact[2] in names)
    by_relations = all(end in _follow_plainly(left, start, leg) for start, leg, end in legs)
    return nx.has_path(near, names[0], names[-1]) or by_relations


@settings(deadline=None, max_examples=20)
@given(_graphs(), st.integers(0, 9))
def test_needed_documents_are_those_without_which_nothing_is_left(
    made: tuple[list[Fact], dict[str, EntityType]], seed: int
) -> None:
    facts, types = made
    graph, triples = made_graph(facts, types)
    for path in _paths(sample_paths(graph, triples, OPEN, np.random.default_rng(seed))):
        names = _names(path, facts)
        needed = {graph.documents[doc] for doc in needed_documents(graph, _number(graph, path))}
        stated = {fact[3] for fact in facts}
        assert needed == {
            doc_id
            for doc_id in stated
            if not _can_be_completed(
                [fact for fact in facts if fact[3] != doc_id], names, [(names[0], path, names[-1])]
            )
        }
        assert needed == set(path.doc_ids)


# The sampler.


def _big() -> tuple[Graph, dict[str, list[Triple]]]:
    facts = random_facts(np.random.default_rng(0), n_nodes=300, n_edges=600, n_relations=40, n_docs=60)
    return made_graph(facts, {f"e{node}": "date" for node in range(0, 300, 10)})


@pytest.mark.parametrize("breadth_first_share", [0.0, 1.0])
def test_both_ways_of_walking_find_long_paths(breadth_first_share: float) -> None:
    graph, triples = _big()
    given_ = PathSettings(paths=60, breadth_first_share=breadth_first_share, min_hops=4)
    paths = _paths(sample_paths(graph, triples, given_, np.random.default_rng(0)))
    assert len(paths) == 60
    assert {len(path.hops) for path in paths} >= {4, 5, 6}
    assert len({path.nodes[-1] for path in paths}) >= 30


def test_the_same_seed_gives_the_same_paths_and_rejects() -> None:
    graph, triples = _big()
    made = [
        list(sample_paths(graph, triples, PathSettings(paths=20), np.random.default_rng(seed)))
        for seed in (5, 5, 6)
    ]
    assert made[0] == made[1] != made[2]


def test_no_two_paths_share_most_of_their_hops() -> None:
    graph, triples = _big()
    given_ = PathSettings(paths=100, max_overlap=0.5)
    paths = _paths(sample_paths(graph, triples, given_, np.random.default_rng(0)))
    for at, path in enumerate(paths):
        edges = {hop.edge_id for hop in path.hops}
        for before in paths[:at]:
            assert len(edges & {hop.edge_id for hop in before.hops}) <= len(edges) / 2


def test_an_answer_is_asked_for_no_more_often_than_set() -> None:
    graph, triples = _big()
    given_ = PathSettings(paths=200, paths_per_answer=1)
    paths = _paths(sample_paths(graph, triples, given_, np.random.default_rng(0)))
    assert Counter(path.nodes[-1] for path in paths).most_common(1)[0][1] == 1


def test_a_graph_without_edges_has_no_paths() -> None:
    graph, triples = made_graph([("A", "is", "B", "1")])
    rng = np.random.default_rng(0)
    assert _paths(sample_paths(graph, triples, OPEN, rng)) == []
    assert list(sample_date_pairs(graph, triples, OPEN, rng)) == []


@pytest.mark.parametrize("breadth_first_share", [0.0, 1.0])
def test_where_no_walk_is_long_enough_sampling_ends(breadth_first_share: float) -> None:
    graph, triples = made_graph([("A", "r", "B", "1"), ("C", "s", "1990", "2")], {"1990": "date"})
    given_ = OPEN.model_copy(update={"breadth_first_share": breadth_first_share})
    rng = np.random.default_rng(0)
    assert _paths(sample_paths(graph, triples, given_, rng)) == []
    assert list(sample_date_pairs(graph, triples, given_.model_copy(update={"min_hops": 4}), rng)) == []


@settings(deadline=None, max_examples=20)
@given(_graphs(), st.integers(0, 9))
def test_walks_keep_the_constraints_that_walking_enforces(
    made: tuple[list[Fact], dict[str, EntityType]], seed: int
) -> None:
    graph, _ = made_graph(*made)
    rng = np.random.default_rng(seed)
    subgraph = open_subgraph(graph, OPEN.model_copy(update={"max_degree": 6}))
    targets = rng.integers(0, graph.n_nodes, 50).astype(np.int32)
    hops = rng.integers(1, 7, 50)
    many = [walk_randomly(subgraph, targets, hops, rng)]
    many += [search_breadth(subgraph, int(target), 6, 3, rng) for target in targets[:5]]
    degrees, is_value = graph.degrees(), graph.is_value()
    for walks in many:
        for nodes, halves, length in zip(walks.nodes, walks.halves, walks.lengths, strict=True):
            walked = nodes[: length + 1]
            assert len(set(walked.tolist())) == length + 1
            assert (halves[length:] == -1).all()
            for here, half, there in zip(walked, halves, walked[1:], strict=False):
                assert graph.starts[here] <= half < graph.starts[here + 1]
                assert graph.neighbour[half] == there
            assert (degrees[walked[1:-1]] <= 6).all() and not is_value[walked[1:-1]].any()


def test_breadth_first_walks_are_shortest_ones() -> None:
    graph, _ = _big()
    subgraph = open_subgraph(graph, PathSettings(max_degree=10**6))
    plain: nx.Graph[int] = nx.Graph()
    source = np.repeat(np.arange(graph.n_nodes), graph.degrees())
    value = graph.is_value()
    for here, there in zip(source.tolist(), graph.neighbour.tolist(), strict=True):
        if not value[here] and not value[there]:
            plain.add_edge(here, there)
    start = next(node for node in plain if plain.degree[node] > 2)
    walks = search_breadth(subgraph, start, 5, 4, np.random.default_rng(0))
    assert set(walks.lengths.tolist()) == {1, 2, 3, 4, 5}
    for nodes, length in zip(walks.nodes, walks.lengths.tolist(), strict=True):
        if not value[nodes[length]]:
            assert nx.shortest_path_length(plain, start, int(nodes[length])) == length


def test_targets_are_neither_hubs_nor_lonely() -> None:
    facts: list[Fact] = [("hub", f"r{i}", f"leaf{i}", str(i)) for i in range(40)]
    facts += [("mid", f"s{i}", f"leaf{i}", str(i)) for i in range(4)]
    graph, _ = made_graph([*facts, ("leaf39", "is", "alone", "1")])
    number = {graph.name(node): node for node in range(graph.n_nodes)}
    scores = score_targets(graph, PathSettings())
    assert scores[number["hub"]] == 0 == scores[number["alone"]]
    assert scores[number["mid"]] > scores[number["leaf0"]] > scores[number["leaf9"]] > 0
    drawn = Counter(draw_targets(scores, 2_000, np.random.default_rng(0)).tolist())
    assert number["hub"] not in drawn and drawn[number["mid"]] > drawn[number["leaf9"]]


# On real sentences.


def test_real_sentences_join_over_their_documents() -> None:
    triples = real_triples()
    nodes, _, of_edge = gather(triples)
    graph, names = made_graph_of(triples), {node.node_id: node.name for node in nodes}
    given_ = PathSettings(paths=60, paths_per_answer=9, max_overlap=1)
    made = list(sample_paths(graph, of_edge, given_, np.random.default_rng(0)))
    paths = {_draw(path, names): path for path in made if isinstance(path, Path)}
    long = (
        "(Noam Chomsky)-[professor emeritus at]->(Massachusetts Institute of Technology)"
        "<-[made by a team from]-(study of ozone and crops)-[supported by]->(National Park Service)"
        "-[anticipates expenditures for highways with]->(Alaska)-[was to become a state with]->(Hawaii)"
    )
    assert paths[long].doc_ids == [
        "gum-interview_chomsky",
        "gum-news_warming",
        "sotu-1946-Truman",
        "sotu-1948-Truman",
    ]
    reasons = {one.reason for one in made if isinstance(one, Rejected)}
    assert reasons >= {"not_unique", "too_few_documents", "dead_end"}


def test_real_dates_are_joined_from_a_thing_between_them() -> None:
    triples = real_triples()
    nodes, _, of_edge = gather(triples)
    by_id = {node.node_id: node for node in nodes}
    pairs = [
        pair
        for pair in sample_date_pairs(made_graph_of(triples), of_edge, OPEN, np.random.default_rng(0))
        if isinstance(pair, Pair)
    ]
    assert {by_id[pair.anchor].name for pair in pairs} == {"National Park Service"}
    ends = {frozenset((by_id[pair.path.nodes[0]].name, by_id[pair.path.nodes[-1]].name)) for pair in pairs}
    assert ends == {frozenset(("July 28, 2014", "1948"))}


# Relations that say the same either way.

TREATY: list[Fact] = [("A", "r", "X", "1"), ("X", "borders", "C", "2")]


def test_a_symmetric_relation_is_followed_whichever_end_was_named_first() -> None:
    assert isinstance(_judge(TREATY, "A >r X >borders C"), Path)
    turned: Fact = ("D", "borders", "X", "4")
    made = _judge([*TREATY, turned], "A >r X >borders C")
    assert made == Rejected("not_unique", "C")
    assert isinstance(_judge([*TREATY, ("D", "surrounds", "X", "4")], "A >r X >borders C"), Path)


def test_a_document_is_not_needed_where_another_states_its_hop_the_other_way_round() -> None:
    facts: list[Fact] = [*TREATY, ("A", "r", "Y", "1"), ("C", "borders", "Y", "4")]
    made = _judge(facts, "A >r X >borders C")
    assert isinstance(made, Rejected) and made.reason == "not_necessary"


def test_two_hops_of_a_symmetric_relation_are_there_and_back() -> None:
    facts: list[Fact] = [("A", "is married to", "B", "1"), ("B", "is married to", "C", "2")]
    made = _judge(facts, "A >is~married~to B >is~married~to C")
    assert made == Rejected("relation_repeated", "is married to: there and back")


def test_the_fan_out_of_a_symmetric_relation_counts_both_ways() -> None:
    facts: list[Fact] = [("A", "met with", "B", "1"), ("C", "met with", "A", "2"), ("A", "saw", "D", "3")]
    graph, _ = made_graph([*facts, ("E", "saw", "A", "3")])
    number = {graph.name(node): node for node in range(graph.n_nodes)}
    source = np.repeat(np.arange(graph.n_nodes), graph.degrees())
    towards = {
        graph.name(int(here)): int(count)
        for here, there, count in zip(source, graph.neighbour, count_rivals(graph), strict=True)
        if there == number["A"]
    }
    assert towards == {"B": 2, "C": 2, "D": 1, "E": 1}


def test_phrases_are_symmetric_whatever_their_tense() -> None:
    both = (
        "borders;is married to;was also married to;is a partner of;joined with;met with;met;cooperated with;"
        "shares a border with;has signed a treaty with;met in Paris with;is near"
    )
    one = "joined;was founded by;met in;is bordered by;begins with;with;was replaced with;is the father of"
    assert all(map(is_symmetric, both.split(";")))
    assert not any(map(is_symmetric, one.split(";")))
