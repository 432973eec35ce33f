"""The graph holds what it was built from, whatever the order, and comes back from disk byte by byte."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from longweave.kg.columns import group_by_edge
from longweave.kg.graph import build_from_tables, build_graph, open_graph, save_graph, tabulate_edges
from longweave.kg.records import Edge, Node, from_arrow, to_arrow
from longweave.synth.errors import InputError
from tests.kg.made_graphs import Fact, gather, made_graph, made_triple, node_id, random_facts, real_triples

FACTS = st.lists(
    st.tuples(
        st.sampled_from("abcdefg"), st.sampled_from("rst"), st.sampled_from("abcdefg"), st.sampled_from("123")
    ),
    min_size=1,
    max_size=30,
)


@settings(deadline=None, max_examples=50)
@given(FACTS, st.randoms(use_true_random=False))
def test_every_record_comes_back_and_the_order_they_came_in_does_not_matter(
    facts: list[Fact], chance
) -> None:
    nodes, edges, _ = gather([made_triple(fact, {"a": "date"}) for fact in facts])
    graph = build_graph(nodes, edges)
    assert from_arrow(graph.nodes, Node) == sorted(nodes, key=lambda node: node.node_id)
    assert from_arrow(tabulate_edges(graph, 0, graph.n_edges), Edge) == sorted(
        edges, key=lambda edge: edge.edge_id
    )
    for edge in edges:
        assert graph.edge_record(graph.edge_number(edge.edge_id)) == edge
    chance.shuffle(nodes)
    chance.shuffle(edges)
    again = build_graph(nodes, edges)
    for name in ("starts", "neighbour", "edge", "step", "doc_starts", "docs", "node_ids", "edge_ids"):
        assert np.array_equal(getattr(again, name), getattr(graph, name))


@settings(deadline=None, max_examples=50)
@given(FACTS)
def test_the_halves_of_a_node_are_its_edges_in_either_direction(facts: list[Fact]) -> None:
    graph, _ = made_graph(facts)
    found = []
    for node in range(graph.n_nodes):
        halves = range(graph.starts[node], graph.starts[node + 1])
        found += [
            (
                graph.name(node),
                graph.relations[graph.step[half] >> 1],
                bool(graph.step[half] & 1),
                graph.name(graph.neighbour[half]),
            )
            for half in halves
        ]
        keys = [(graph.step[half], graph.neighbour[half], graph.edge[half]) for half in halves]
        assert keys == sorted(keys)
    stated = {fact[:3] for fact in facts}
    expected = [(a, r, True, b) for a, r, b in stated] + [(b, r, False, a) for a, r, b in stated]
    assert sorted(found) == sorted(expected)


def test_saving_and_opening_gives_the_same_bytes(tmp_path: Path) -> None:
    nodes, edges, _ = gather(real_triples())
    save_graph(build_graph(nodes, edges), tmp_path / "one")
    save_graph(build_graph(nodes[::-1], edges[::-1]), tmp_path / "two")
    save_graph(open_graph(tmp_path / "one"), tmp_path / "three")
    files = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert "edges.parquet" in files and "neighbour.npy" in files
    for other in ("two", "three"):
        for name in files:
            assert (tmp_path / other / name).read_bytes() == (tmp_path / "one" / name).read_bytes(), name


def test_an_opened_graph_is_mapped_and_says_what_was_saved(tmp_path: Path) -> None:
    nodes, edges, _ = gather(real_triples())
    save_graph(build_graph(nodes, edges), tmp_path)
    graph = open_graph(tmp_path)
    assert isinstance(graph.neighbour.base, np.memmap)
    alaska = graph.node_number(node_id("Alaska"))
    assert graph.node(alaska).doc_ids == ["sotu-1946-Truman", "sotu-1948-Truman"]
    with pytest.raises(KeyError):
        graph.node_number("nobody")


def test_a_folder_that_was_not_finished_is_not_opened(tmp_path: Path) -> None:
    graph, _ = made_graph([("a", "r", "b", "1")])
    save_graph(graph, tmp_path)
    (tmp_path / "vocabulary.json").unlink()
    with pytest.raises(InputError, match="no graph"):
        open_graph(tmp_path)


def test_an_edge_to_nowhere_and_an_id_twice_are_refused() -> None:
    nodes, edges, _ = gather([made_triple(("a", "r", "b", "1"), {})])
    with pytest.raises(InputError, match="the graph has no"):
        build_graph(nodes[:1], edges)
    with pytest.raises(InputError, match="share their node_id"):
        build_graph([*nodes, nodes[0]], edges)
    with pytest.raises(InputError, match="share their edge_id"):
        build_graph(nodes, [*edges, edges[0]])


@settings(deadline=None, max_examples=30)
@given(FACTS, st.randoms(use_true_random=False))
def test_triples_by_column_give_the_graph_of_their_records(facts: list[Fact], chance) -> None:
    triples = [made_triple(fact, {}) for fact in sorted(set(facts))]
    nodes, edges, of_edge = gather(triples)
    edge_of = {edge.edge_id: edge for edge in edges}
    rows = [
        {
            "edge_id": edge_id,
            "head": edge_of[edge_id].head,
            "relation": edge_of[edge_id].relation,
            "tail": edge_of[edge_id].tail,
            "triple_id": triple.triple_id,
            "doc_id": triple.doc_id,
        }
        for edge_id, some in of_edge.items()
        for triple in some
    ]
    rows.append(dict.fromkeys(rows[0], "") | {"triple_id": "of no edge", "doc_id": "1"})
    chance.shuffle(rows)
    graph = build_from_tables(to_arrow(nodes, Node), group_by_edge(pa.Table.from_pylist(rows)))
    assert from_arrow(tabulate_edges(graph, 0, graph.n_edges), Edge) == sorted(
        edges, key=lambda edge: edge.edge_id
    )


def test_no_edges_and_no_nodes_are_a_graph(tmp_path: Path) -> None:
    nodes, _, _ = gather([made_triple(("a", "r", "b", "1"), {})])
    for some in (nodes, []):
        save_graph(build_graph(some, []), tmp_path)
        assert open_graph(tmp_path).n_nodes == len(some)
        assert open_graph(tmp_path).n_edges == 0


def test_ten_million_edges_would_take_about_a_gigabyte() -> None:
    facts = random_facts(np.random.default_rng(0), n_nodes=1_000, n_edges=5_000, n_relations=20, n_docs=100)
    graph, _ = made_graph(facts)
    assert graph.n_bytes / graph.n_edges < 110
