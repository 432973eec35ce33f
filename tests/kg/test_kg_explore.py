"""What people see of an entity, and what other tools read of the graph."""

from pathlib import Path

import networkx as nx
import numpy as np

from longweave.kg.explore import describe_entity, find_entities, to_networkx, write_graphml
from longweave.kg.graph import build_graph
from tests.kg.made_graphs import gather, made_graph, made_graph_of, node_id, random_facts, real_triples


def test_an_entity_is_told_with_its_relations_documents_and_quotes() -> None:
    triples = real_triples()
    _, _, of_edge = gather(triples)
    assert describe_entity(made_graph_of(triples), "alaska", of_edge) == [
        "Alaska (place)",
        "  2 relations in 2 documents",
        "  <-[anticipates expenditures for highways with]- National Park Service (organization)",
        "      sotu-1946-Truman: “Additional expenditures for highways totaling 36 million dollars are "
        "anticipated by the Forest Service, National Park Service, and the Territory of Alaska.”",
        "  -[was to become a state with]-> Hawaii (place)",
        "      sotu-1948-Truman: “I believe that the time has come for Alaska and Hawaii to be admitted to "
        "the Union as States.”",
    ]


def test_when_a_fact_held_is_told_with_its_document() -> None:
    triples = [triple.model_copy(update={"time": "1948"}) for triple in real_triples()]
    _, _, of_edge = gather(triples)
    lines = describe_entity(made_graph_of(triples), "Hawaii", of_edge)
    assert any(line.startswith("      sotu-1948-Truman (1948): “I believe") for line in lines)


def test_without_triples_the_documents_are_named() -> None:
    lines = describe_entity(made_graph_of(real_triples()), "Social Security Act")
    assert lines[2:] == ["  -[enacted in]-> 1935 (date)", "      sotu-1969-Johnson"]


def test_an_entity_is_found_by_any_alias_whatever_its_case() -> None:
    nodes, edges, _ = gather(real_triples())
    nodes = [
        node.model_copy(update={"aliases": ["MIT", node.name]}) if node.name.startswith("Massachu") else node
        for node in nodes
    ]
    graph = build_graph(nodes, edges)
    (found,) = find_entities(graph, " mit ")
    assert graph.name(found) == "Massachusetts Institute of Technology"
    assert describe_entity(graph, "mit")[1] == "  also: MIT"
    assert find_entities(graph, "Institute") == []


def test_an_unknown_name_gets_those_that_contain_it() -> None:
    assert describe_entity(made_graph_of(real_triples()), "National") == [
        "No entity is called 'National'.",
        "  National Park Service (organization)",
        "  National Science Foundation (organization)",
    ]


def test_all_that_networkx_is_given_is_around_the_node() -> None:
    graph = made_graph_of(real_triples())
    whole = to_networkx(graph)
    assert (len(whole), whole.number_of_edges()) == (graph.n_nodes, graph.n_edges)
    near = to_networkx(graph, graph.node_number(node_id("Alaska")), radius=1)
    assert {facts["name"] for _, facts in near.nodes(data=True)} == {
        "Alaska",
        "Hawaii",
        "National Park Service",
    }
    (facts,) = near.get_edge_data(node_id("Alaska"), node_id("Hawaii")).values()
    assert facts == {"relation": "was to become a state with", "documents": "sotu-1948-Truman"}


def test_the_surroundings_are_those_that_networkx_finds() -> None:
    facts = random_facts(np.random.default_rng(0), n_nodes=60, n_edges=70, n_relations=5, n_docs=9)
    graph, _ = made_graph(facts)
    whole = to_networkx(graph)
    for radius in (0, 1, 3):
        ours = to_networkx(graph, 7, radius)
        theirs = nx.ego_graph(whole, graph.node_id(7), radius, undirected=True)
        assert set(ours) == set(theirs)
        assert set(ours.edges(keys=True)) == set(theirs.edges(keys=True))


def test_graphml_is_read_back_without_what_xml_cannot_hold(tmp_path: Path) -> None:
    graph, _ = made_graph([("A\x00 & <B>", "r\x1b", "C", "1")])
    write_graphml(to_networkx(graph), tmp_path / "graph.graphml")
    first = (tmp_path / "graph.graphml").read_bytes()
    read = nx.read_graphml(tmp_path / "graph.graphml")
    assert {facts["name"] for _, facts in read.nodes(data=True)} == {"A & <B>", "C"}
    assert [facts["relation"] for _, _, facts in read.edges(data=True)] == ["r"]
    write_graphml(to_networkx(graph), tmp_path / "graph.graphml")
    assert (tmp_path / "graph.graphml").read_bytes() == first
