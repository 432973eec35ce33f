"""A graph for people: what is known of an entity as text, and NetworkX and GraphML of its surroundings."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import networkx as nx
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from longweave.kg.graph import Graph
from longweave.kg.records import TYPES, Triple
from longweave.synth.files import write_text

_MOST_NODES = 5_000
_SUGGESTED = 10
_LONGEST_QUOTE = 240
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def find_entities(graph: Graph, name: str) -> list[int]:
    """The nodes that ``name`` is an alias of, whatever its case, those of most mentions first."""
    return _match(graph, name.strip().casefold(), whole=True)


def _match(graph: Graph, name: str, whole: bool) -> list[int]:
    lists = graph.nodes["aliases"].combine_chunks()
    lists = lists.combine_chunks() if isinstance(lists, pa.ChunkedArray) else lists
    aliases = pc.list_flatten(lists).to_pylist()
    owners = pc.list_parent_indices(lists).to_numpy()
    found = {
        int(owner)
        for alias, owner in zip(aliases, owners, strict=True)
        if (alias.casefold() == name if whole else name in alias.casefold())
    }
    mentions = graph.nodes["n_mentions"]
    return sorted(found, key=lambda node: (-mentions[node].as_py(), node))


def describe_entity(
    graph: Graph, name: str, triples_of_edge: Mapping[str, Sequence[Triple]] | None = None
) -> list[str]:
    """Lines about every entity called ``name``: its relations with their documents and, where the triples are
    given, quotes. If there is none, the names that contain it."""
    nodes = find_entities(graph, name)
    if nodes:
        return [line for node in nodes for line in _describe(graph, node, triples_of_edge or {})]
    similar = _match(graph, name.strip().casefold(), whole=False)[:_SUGGESTED]
    return [f"No entity is called {name!r}."] + [f"  {_label(graph, node)}" for node in similar]


def _describe(graph: Graph, node: int, triples_of_edge: Mapping[str, Sequence[Triple]]) -> list[str]:
    record = graph.node(node)
    others = [alias for alias in record.aliases if alias != record.name]
    lines = [_label(graph, node)]
    if others:
        lines.append(f"  also: {'; '.join(others)}")
    halves = range(int(graph.starts[node]), int(graph.starts[node + 1]))
    lines.append(f"  {len(halves)} relations in {len(record.doc_ids)} documents")
    for half in halves:
        step, edge = int(graph.step[half]), int(graph.edge[half])
        relation, other = graph.relations[step >> 1], _label(graph, int(graph.neighbour[half]))
        lines.append(f"  -[{relation}]-> {other}" if step & 1 else f"  <-[{relation}]- {other}")
        triples = triples_of_edge.get(graph.edge_id(edge), ())
        lines += [f"      {_cite(triple)}" for triple in triples]
        quoted = {triple.doc_id for triple in triples}
        unquoted = [graph.documents[doc] for doc in graph.edge_docs(edge)]
        lines += [f"      {doc_id}" for doc_id in unquoted if doc_id not in quoted]
    return lines


def _label(graph: Graph, node: int) -> str:
    return f"{graph.name(node)} ({TYPES[graph.types[node]]})"


def _cite(triple: Triple) -> str:
    when = f" ({triple.time})" if triple.time else ""
    return f"{triple.doc_id}{when}: “{_shorten(triple.evidence.quote)}”"


def _shorten(quote: str) -> str:
    text = " ".join(quote.split())
    return text if len(text) <= _LONGEST_QUOTE else text[: _LONGEST_QUOTE - 1] + "…"


def to_networkx(graph: Graph, around: int | None = None, radius: int = 2) -> "nx.MultiDiGraph[str]":
    """The whole of ``graph``, or all within ``radius`` hops of node ``around``, by node id.

    Nodes have ``name``, ``type``, ``aliases`` and ``mentions``, edges ``relation`` and ``documents``, several
    values joined by ``; ``. Around a node, at most ``_MOST_NODES`` nodes are shown, the nearest ones.
    """
    numbers = np.arange(graph.n_nodes) if around is None else _surround(graph, around, radius)
    shown: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    for record in graph.nodes.take(pa.array(numbers)).to_pylist():
        shown.add_node(
            record["node_id"],
            name=record["name"],
            type=record["type"],
            aliases="; ".join(record["aliases"]),
            mentions=record["n_mentions"],
        )
    inside = np.zeros(graph.n_nodes, dtype=bool)
    inside[numbers] = True
    for edge in np.flatnonzero(inside[graph.head] & inside[graph.tail]).tolist():
        shown.add_edge(
            graph.node_id(graph.head[edge]),
            graph.node_id(graph.tail[edge]),
            key=graph.edge_id(edge),
            relation=graph.relations[graph.relation[edge]],
            documents="; ".join(graph.documents[doc] for doc in graph.edge_docs(edge)),
        )
    return shown


def _surround(graph: Graph, node: int, radius: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    inside = dict.fromkeys([node])
    frontier = [node]
    for _ in range(radius):
        reached = [
            other
            for here in frontier
            for other in graph.neighbour[graph.starts[here] : graph.starts[here + 1]].tolist()
        ]
        frontier = [other for other in dict.fromkeys(reached) if other not in inside]
        inside |= dict.fromkeys(frontier)
    return np.array(sorted(list(inside)[:_MOST_NODES]), dtype=np.int64)


def write_graphml(shown: "nx.MultiDiGraph[str]", path: Path) -> None:
    """Write what ``to_networkx`` gave as GraphML. Characters that XML cannot hold are left out.

    Raises:
        RunError: It cannot be written.
    """
    clean: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    for node, facts in shown.nodes(data=True):
        clean.add_node(node, **_clean(facts))
    for head, tail, key, facts in shown.edges(keys=True, data=True):
        clean.add_edge(head, tail, key=key, **_clean(facts))
    write_text(str(path), "\n".join(nx.generate_graphml(clean)) + "\n")


def _clean(facts: Mapping[str, str | int]) -> dict[str, str | int]:
    return {key: _NOT_XML.sub("", value) if isinstance(value, str) else value for key, value in facts.items()}
