"""What ``longweave graph`` says and writes of a run with several graphs."""

import tracemalloc
from pathlib import Path

import networkx as nx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from longweave.flows.graph_command import show_graph
from longweave.flows.kg_graph import NODES, WOVEN, WOVEN_SCHEMA, open_kg_graph
from longweave.flows.opened import forget_opened
from longweave.flows.pipeline import begin
from longweave.flows.settings import RunSettings
from longweave.kg.records import Node, Triple, to_arrow
from tests.kg.made_graphs import Fact, gather, made_triple

TRAIN: list[Fact] = [("Truman", "met with", "Attlee", "1"), ("Attlee", "led", "Labour", "2")]
OTHER: list[Fact] = [("Apple", "sued", "Truman", "3")]


def write_graph(run: Path, key: str, triples: list[Triple]) -> None:
    nodes, edges, of_edge = gather(triples)
    by_id = {edge.edge_id: edge for edge in edges}
    rows = [
        triple.model_dump()
        | {
            "edge_id": edge_id,
            "head": by_id[edge_id].head,
            "edge_relation": by_id[edge_id].relation,
            "tail": by_id[edge_id].tail,
        }
        for edge_id, some in of_edge.items()
        for triple in some
    ]
    for folder, table in (
        (WOVEN, pa.Table.from_pylist(rows, schema=WOVEN_SCHEMA)),
        (NODES, to_arrow(nodes, Node)),
    ):
        (run / folder).mkdir(parents=True, exist_ok=True)
        pq.write_table(table, run / folder / f"{key}.parquet")


@pytest.fixture
def run(tmp_path: Path) -> Path:
    out = tmp_path / "run"
    (tmp_path / "one.jsonl").write_text('{"id": "1", "title": "t", "text": "t"}\n')
    settings = RunSettings.model_validate(
        {
            "corpus": {"sources": [{"name": "s", "format": "jsonl", "paths": [str(tmp_path / "one.jsonl")]}]},
            "models": {"default": {"endpoints": ["http://127.0.0.1:1/v1"], "model": "none"}},
            "kg": {"passages": {"general": 9, "professional": 9}},
        }
    )
    with begin(settings, str(out)):
        pass
    write_graph(out, "train-kg-general", [made_triple(fact, {}) for fact in TRAIN])
    write_graph(out, "val-kg-general", [])
    forget_opened()
    return out


def names_in(path: Path) -> set[str]:
    return {facts["name"] for _, facts in nx.read_graphml(path).nodes(data=True)}


def test_the_only_graph_with_nodes_is_written_to_the_file_itself(run: Path, tmp_path: Path) -> None:
    told = list(show_graph(str(run), "", tmp_path / "all.graphml", 2))
    assert told[-1] == f"{tmp_path / 'all.graphml'}: 3 nodes of train-kg-general"
    assert names_in(tmp_path / "all.graphml") == {"Truman", "Attlee", "Labour"}


def test_several_graphs_are_written_each_to_a_file_of_its_own(run: Path, tmp_path: Path) -> None:
    write_graph(run, "train-kg-professional", [made_triple(fact, {}) for fact in OTHER])
    told = list(show_graph(str(run), "", tmp_path / "all.graphml", 2))
    assert told[-2:] == [
        f"{tmp_path / 'all-train-kg-general.graphml'}: 3 nodes of train-kg-general",
        f"{tmp_path / 'all-train-kg-professional.graphml'}: 2 nodes of train-kg-professional",
    ]
    assert names_in(tmp_path / "all-train-kg-professional.graphml") == {"Apple", "Truman"}
    assert not (tmp_path / "all.graphml").exists()


def test_of_an_entity_the_graph_that_names_it_most_is_written(run: Path, tmp_path: Path) -> None:
    write_graph(run, "train-kg-professional", [made_triple(("Attlee", "met", "Apple", "3"), {})])
    list(show_graph(str(run), "attlee", tmp_path / "near.graphml", 1))
    assert names_in(tmp_path / "near.graphml") == {"Truman", "Attlee", "Labour"}


def test_a_graph_is_built_in_hundreds_of_bytes_an_edge(run: Path) -> None:
    triples = [made_triple((f"e{n}", "met", f"e{n + 1}", f"d{n % 50}"), {}) for n in range(4_000)]
    write_graph(run, "train-kg-professional", triples)
    tracemalloc.start()
    graph = open_kg_graph(str(run), "train-kg-professional")
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert graph.n_edges == 4_000
    assert most / graph.n_edges < 1_000
