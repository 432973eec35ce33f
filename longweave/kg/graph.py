"""The knowledge graph: nodes and edges as compressed sparse arrays.

``build_graph`` takes the nodes and edges of one split and domain; ``save_graph`` writes them as Parquet for
people and as ``.npy`` arrays, which ``open_graph`` maps into memory, so that an opened graph takes only the
memory of what is looked at. Nodes and edges are numbered in the order of their ids: the same records give the
same bytes, in whatever order they come.

An edge takes 48 bytes, 4 for each document and, touched only when a path is written out, 24 for its id and
those of its document list's start, and 16 for each triple: ten million edges are about one gigabyte.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from longweave.kg.columns import (
    Bytes,
    Int32s,
    Int64s,
    decode,
    find_id,
    list_starts,
    look_up,
    number_values,
    sort_lists,
    to_bytes,
)
from longweave.kg.records import (
    EDGE_SCHEMA,
    NODE_SCHEMA,
    TYPES,
    VALUE_TYPES,
    Edge,
    Node,
    from_arrow,
    to_arrow,
)
from longweave.kg.relation_words import is_symmetric
from longweave.kg.spelling import words_of
from longweave.kg.values import year_of
from longweave.synth.errors import InputError
from longweave.synth.files import ROW_GROUP_ROWS, ParquetSink, make_folder, open_whole, write_json

_VALUE_CODES = np.array([TYPES.index(value) for value in sorted(VALUE_TYPES)], dtype=np.int8)


@dataclass(frozen=True, eq=False)
class Graph:
    """``n`` nodes and ``m`` edges by number.

    Each edge is held twice, once at either end: the *halves* ``starts[u] … starts[u + 1]`` leave node ``u``.
    A half has the node it leads to (``neighbour``), its ``edge`` and its ``step``: twice the number of the
    relation, and one more if it leads from head to tail; ``step ^ 1`` is the way back. The halves of a node
    are sorted by step, then neighbour, then edge.
    """

    nodes: pa.Table
    """The ``Node`` records, by number."""
    relations: tuple[str, ...]
    documents: tuple[str, ...]
    node_ids: Bytes
    types: NDArray[np.int8]
    """(n,) numbers in ``TYPES``."""
    starts: Int64s
    """(n + 1,)"""
    neighbour: Int32s
    """(2m,)"""
    edge: Int32s
    """(2m,)"""
    step: Int32s
    """(2m,)"""
    head: Int32s
    tail: Int32s
    relation: Int32s
    """(m,) each"""
    doc_starts: Int64s
    """(m + 1,): edge ``e`` is stated by ``docs[doc_starts[e]:doc_starts[e + 1]]``, ascending."""
    docs: Int32s
    edge_ids: Bytes
    triple_starts: Int64s
    triple_ids: Bytes

    @property
    def n_nodes(self) -> int:
        """Number of nodes."""
        return len(self.types)

    @property
    def n_edges(self) -> int:
        """Number of edges, each counted once."""
        return len(self.head)

    @property
    def n_bytes(self) -> int:
        """Bytes of all arrays, the table of the nodes not counted."""
        return sum(getattr(self, name).nbytes for name in _ARRAYS)

    def degrees(self) -> Int64s:
        """(n,) number of halves at each node."""
        return np.diff(self.starts)

    @cached_property
    def symmetric(self) -> NDArray[np.bool_]:
        """(relations,) whether a relation says the same read either way, whichever end is its head."""
        return np.array([is_symmetric(relation) for relation in self.relations], dtype=bool)

    def is_value(self) -> NDArray[np.bool_]:
        """(n,) whether a node is a date or a number."""
        return np.isin(self.types, _VALUE_CODES)

    @cached_property
    def years(self) -> Int32s:
        """(n,) the year of each date, 0 for what is none."""
        years = np.zeros(self.n_nodes, dtype=np.int32)
        values = np.flatnonzero(self.is_value())
        years[values] = [year_of(name) or 0 for name in self.nodes["name"].take(values).to_pylist()]
        return years

    @cached_property
    def namesakes(self) -> dict[int, list[int]]:
        """For each thing whose name others bear as well: those others."""
        bearers: dict[tuple[str, ...], set[int]] = defaultdict(set)
        things = np.flatnonzero(~self.is_value())
        for node, aliases in zip(
            things.tolist(), self.nodes["aliases"].take(things).to_pylist(), strict=True
        ):
            for alias in aliases:
                bearers[tuple(words_of(alias))].add(node)
        shared = {words: nodes for words, nodes in bearers.items() if len(nodes) > 1}
        return {
            node: sorted(others)
            for node in set().union(*shared.values())
            if (others := shared.get(tuple(words_of(self.name(node))), set()) - {node})
        }

    def node_number(self, node_id: str) -> int:
        """The number of a node.

        Raises:
            KeyError: There is no such node.
        """
        return find_id(self.node_ids, node_id)

    def edge_number(self, edge_id: str) -> int:
        """The number of an edge.

        Raises:
            KeyError: There is no such edge.
        """
        return find_id(self.edge_ids, edge_id)

    def node_id(self, node: int) -> str:
        """The id of a node."""
        return str(self.node_ids[node], "ascii")

    def edge_id(self, edge: int) -> str:
        """The id of an edge."""
        return str(self.edge_ids[edge], "ascii")

    def name(self, node: int) -> str:
        """The name of a node."""
        return str(self.nodes["name"][node].as_py())

    def node(self, node: int) -> Node:
        """The record of a node."""
        return from_arrow(self.nodes.slice(node, 1), Node)[0]

    def edge_docs(self, edge: int) -> Int32s:
        """Numbers of the documents that state an edge, ascending."""
        return self.docs[self.doc_starts[edge] : self.doc_starts[edge + 1]]

    def edge_record(self, edge: int) -> Edge:
        """The record of an edge."""
        return from_arrow(tabulate_edges(self, edge, edge + 1), Edge)[0]


_ARRAYS = tuple(
    field.name for field in fields(Graph) if field.name not in {"nodes", "relations", "documents"}
)


def build_graph(nodes: Iterable[Node], edges: Iterable[Edge]) -> Graph:
    """The graph of ``nodes`` and ``edges``.

    Raises:
        InputError: Two records share an id, or an edge joins a node that is not there.
    """
    return build_from_tables(to_arrow(nodes, Node), to_arrow(edges, Edge))


def build_from_tables(nodes: pa.Table, edges: pa.Table) -> Graph:
    """The same of Arrow tables (``NODE_SCHEMA``, ``EDGE_SCHEMA``), without a Python object per edge.

    Raises:
        InputError: Two records share an id, or an edge joins a node that is not there.
    """
    nodes, edges = _sort(nodes, "node_id"), _sort(edges, "edge_id")
    relation, relations = number_values(edges["relation"])
    doc, documents = number_values(pc.list_flatten(edges["doc_ids"]))
    head, tail = (look_up(edges[end], nodes["node_id"]) for end in ("head", "tail"))
    doc_starts, docs = sort_lists(list_starts(edges["doc_ids"]), doc)
    starts, neighbour, edge, step = _join_halves(len(nodes), head, tail, relation)
    return Graph(
        nodes=nodes,
        relations=relations,
        documents=documents,
        node_ids=to_bytes(nodes["node_id"]),
        types=look_up(nodes["type"], pa.chunked_array([pa.array(TYPES)])).astype(np.int8),
        starts=starts,
        neighbour=neighbour,
        edge=edge,
        step=step,
        head=head,
        tail=tail,
        relation=relation,
        doc_starts=doc_starts,
        docs=docs,
        edge_ids=to_bytes(edges["edge_id"]),
        triple_starts=list_starts(edges["triple_ids"]),
        triple_ids=to_bytes(pc.list_flatten(edges["triple_ids"])),
    )


def _sort(table: pa.Table, key: str) -> pa.Table:
    table = table.take(pc.sort_indices(table[key])).combine_chunks()
    if len(pc.unique(table[key])) < len(table):
        raise InputError(f"two rows of the graph share their {key}", where="graph", fix="Merge them before.")
    return table


def _join_halves(
    n_nodes: int, head: Int32s, tail: Int32s, relation: Int32s
) -> tuple[Int64s, Int32s, Int32s, Int32s]:
    """Starts, neighbours, edges and steps of all halves, sorted as ``Graph`` says."""
    n_edges = len(head)
    source = np.concatenate([head, tail])
    target = np.concatenate([tail, head])
    step = np.concatenate([2 * relation + 1, 2 * relation])
    order = np.lexsort((target, step, source))  # stable, so the edge decides at last
    starts = np.concatenate([[0], np.cumsum(np.bincount(source, minlength=n_nodes))]).astype(np.int64)
    edge = (order % max(n_edges, 1)).astype(np.int32)
    return starts, target[order].astype(np.int32), edge, step[order].astype(np.int32)


def tabulate_edges(graph: Graph, first: int, last: int) -> pa.Table:
    """The edges ``[first, last)`` as a table of ``EDGE_SCHEMA``."""
    here = slice(first, last)

    def gather(starts: Int64s, values: Iterable[str]) -> pa.Array:
        offsets = starts[first : last + 1] - starts[first]
        return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), pa.array(values, pa.string()))

    docs = graph.docs[graph.doc_starts[first] : graph.doc_starts[last]]
    triples = graph.triple_ids[graph.triple_starts[first] : graph.triple_starts[last]]
    columns = [
        pa.array(decode(graph.edge_ids[here]), pa.string()),
        pa.array(decode(graph.node_ids[graph.head[here]]), pa.string()),
        pa.array([graph.relations[relation] for relation in graph.relation[here]], pa.string()),
        pa.array(decode(graph.node_ids[graph.tail[here]]), pa.string()),
        gather(graph.triple_starts, decode(triples)),
        gather(graph.doc_starts, [graph.documents[doc] for doc in docs]),
    ]
    return pa.Table.from_arrays(columns, schema=EDGE_SCHEMA)


def save_graph(graph: Graph, folder: Path) -> None:
    """Write ``graph`` into ``folder``, which is made; the same graph gives the same bytes.

    Raises:
        RunError: It cannot be written.
    """
    make_folder(str(folder))
    for name in _ARRAYS:
        with open_whole(str(folder / f"{name}.npy")) as file:
            np.save(file, getattr(graph, name))
    with open_whole(str(folder / "edges.parquet")) as file:
        sink = ParquetSink(file, EDGE_SCHEMA)
        for table in _edge_tables(graph):
            sink.write(table)
        sink.close({})
    with open_whole(str(folder / "nodes.parquet")) as file:
        pq.write_table(graph.nodes, file, compression="zstd")
    write_json(
        str(folder / _VOCABULARY),
        {"relations": list(graph.relations), "documents": list(graph.documents)},
    )


_VOCABULARY = "vocabulary.json"  # written last: a folder without it is not complete


def _edge_tables(graph: Graph) -> Iterator[pa.Table]:
    for first in range(0, graph.n_edges, ROW_GROUP_ROWS):
        yield tabulate_edges(graph, first, min(first + ROW_GROUP_ROWS, graph.n_edges))


def open_graph(folder: Path) -> Graph:
    """The graph in ``folder``, its arrays mapped into memory.

    Raises:
        InputError: There is no complete graph in ``folder``.
    """
    if not (folder / _VOCABULARY).is_file():
        raise InputError("no graph", where=str(folder), fix="Build it with save_graph first.")
    vocabulary = json.loads((folder / _VOCABULARY).read_text(encoding="utf-8"))
    arrays: dict[str, Any] = {
        name: np.asarray(np.load(folder / f"{name}.npy", mmap_mode="r")) for name in _ARRAYS
    }
    return Graph(
        nodes=pq.read_table(folder / "nodes.parquet").cast(NODE_SCHEMA),
        relations=tuple(vocabulary["relations"]),
        documents=tuple(vocabulary["documents"]),
        **arrays,
    )
