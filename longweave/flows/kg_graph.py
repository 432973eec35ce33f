"""The graphs of a run: woven once, opened by whoever needs them.

A run's own files are the nodes, the merges and the triples with their ends (``kg/nodes``, ``kg/merges``,
``kg/woven``); from them the arrays of a graph are built again wherever they are missing, such as on another
machine.
"""

import hashlib
import tempfile
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from longweave.flows.opened import open_once
from longweave.kg.columns import group_by_edge
from longweave.kg.graph import Graph, build_from_tables, open_graph, save_graph
from longweave.kg.records import (
    MERGE_SCHEMA,
    NODE_SCHEMA,
    TRIPLE_SCHEMA,
    Merge,
    Node,
    Triple,
    from_arrow,
    to_arrow,
)
from longweave.kg.resolve import Resolution
from longweave.kg.weave import weave
from longweave.synth.embedding import encode
from longweave.synth.errors import InputError
from longweave.synth.files import (
    ParquetSink,
    join_path,
    local_path,
    open_whole,
    path_exists,
    read_json,
    read_row_groups,
    read_rows,
    write_json,
)

WOVEN = "kg/woven"
NODES = "kg/nodes"
MERGES = "kg/merges"
ALARMS = "kg/alarms"
_GRAPHS = "kg/graphs"

WOVEN_SCHEMA = pa.schema(
    [
        *TRIPLE_SCHEMA,
        ("edge_id", pa.string()),
        ("head", pa.string()),
        ("edge_relation", pa.string()),
        ("tail", pa.string()),
    ]
)
_STATED = {
    "edge_id": "edge_id",
    "head": "head",
    "edge_relation": "relation",
    "tail": "tail",
    "triple_id": "triple_id",
    "doc_id": "doc_id",
}


@dataclass(frozen=True, slots=True)
class WovenTriples:
    """The triples of a graph by their id, and by that of their edge."""

    by_id: Mapping[str, Triple]
    of_edge: Mapping[str, Sequence[Triple]]


def weave_shard(
    run: str,
    key: str,
    triples: Sequence[Triple],
    resolution: Resolution,
    decided: Collection[tuple[str, str]] | None,
    undone: Collection[str],
) -> Iterator[dict[str, Any]]:
    """Rows of ``WOVEN_SCHEMA`` for ``triples``, ``edge_id`` empty where both ends are one thing. Nodes,
    merges and alarms are written beside."""
    woven = weave(triples, resolution, encode, decided, undone)
    _write_table(join_path(run, NODES, f"{key}.parquet"), to_arrow(woven.nodes, Node), NODE_SCHEMA)
    _write_table(join_path(run, MERGES, f"{key}.parquet"), to_arrow(woven.merges, Merge), MERGE_SCHEMA)
    write_json(join_path(run, ALARMS, f"{key}.json"), [asdict(alarm) for alarm in woven.alarms])
    edge_of = {triple_id: edge for edge in woven.edges for triple_id in edge.triple_ids}
    for triple in triples:
        edge = edge_of.get(triple.triple_id)
        ends = {"edge_id": "", "head": "", "edge_relation": "", "tail": ""}
        if edge is not None:
            ends = {
                "edge_id": edge.edge_id,
                "head": edge.head,
                "edge_relation": edge.relation,
                "tail": edge.tail,
            }
        yield triple.model_dump() | ends


def read_alarms(run: str, key: str) -> list[str]:
    """Sentences about documents of a shard that may have lost their names to wrong merges."""
    path = join_path(run, ALARMS, f"{key}.json")
    rows = read_json(path) if path_exists(path) else []
    return [
        f"{row['lost']} of {row['names']} names of {row['doc_id']} were merged with others by likeness; "
        f"look into kg/merges/{key}.parquet, and take wrong ones back with kg.undo"
        for row in rows
    ]


def read_undone(run: str, key: str) -> list[str]:
    """The ids of the merges of a shard that were taken back."""
    return [row["merge_id"] for row in read_rows(join_path(run, MERGES, f"{key}.parquet")) if row["undone"]]


@open_once
def open_kg_graph(run: str, key: str) -> Graph:
    """The graph of a shard, its arrays mapped from this machine's disk."""
    folder = _graph_folder(run, key)
    try:
        return open_graph(folder)
    except InputError:  # not there, or not whole
        save_graph(build_from_tables(_read_nodes(run, key), _read_edges(run, key)), folder)
        return open_graph(folder)


@open_once
def open_woven(run: str, key: str) -> WovenTriples:
    """The triples of the graph of a shard."""
    by_id: dict[str, Triple] = {}
    of_edge: dict[str, list[Triple]] = defaultdict(list)
    for row in _read_woven(run, key):
        triple = Triple.model_validate({name: row[name] for name in TRIPLE_SCHEMA.names})
        by_id[triple.triple_id] = triple
        of_edge[row["edge_id"]].append(triple)
    return WovenTriples(by_id, of_edge)


def read_triples(run: str, folder: str, key: str) -> Iterator[Triple]:
    """The triples of a shard."""
    for table in read_row_groups(join_path(run, folder, f"{key}.parquet"), TRIPLE_SCHEMA.names):
        yield from from_arrow(table, Triple)


def _read_nodes(run: str, key: str) -> pa.Table:
    tables = read_row_groups(join_path(run, NODES, f"{key}.parquet"))
    return pa.concat_tables([NODE_SCHEMA.empty_table(), *(table.cast(NODE_SCHEMA) for table in tables)])


def _read_edges(run: str, key: str) -> pa.Table:
    """The edges of ``EDGE_SCHEMA``, by columns: a few hundred bytes a triple."""
    tables = read_row_groups(join_path(run, WOVEN, f"{key}.parquet"), list(_STATED))
    renamed = [table.select(list(_STATED)).rename_columns(list(_STATED.values())) for table in tables]
    empty = pa.schema([(name, pa.string()) for name in _STATED.values()]).empty_table()
    return group_by_edge(pa.concat_tables([empty, *(table.cast(empty.schema) for table in renamed)]))


def _read_woven(run: str, key: str) -> Iterator[dict[str, Any]]:
    for table in read_row_groups(join_path(run, WOVEN, f"{key}.parquet")):
        yield from table.to_pylist()


def _graph_folder(run: str, key: str) -> Path:
    local = local_path(run)
    if local is not None:
        return Path(local, _GRAPHS, key)
    identity = hashlib.sha256()
    for table in read_row_groups(join_path(run, WOVEN, f"{key}.parquet"), ["triple_id", "edge_id"]):
        for column in ("triple_id", "edge_id"):
            identity.update("\n".join(table[column].to_pylist()).encode())
    return Path(tempfile.gettempdir(), "longweave", "graphs", identity.hexdigest()[:16])


def _write_table(path: str, table: pa.Table, schema: pa.Schema) -> None:
    with open_whole(path) as file:
        sink = ParquetSink(file, schema)
        sink.write(table)
        sink.close({})
