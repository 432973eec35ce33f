"""Path sampling against NetworkX: the same walks on a graph of 1 M nodes and 10 M edges.

The graph is made with numpy from a seed: both ends of an edge are drawn with a probability that falls off as
a power of the node's rank, so that a few nodes have thousands of neighbours; each edge is stated by one
document of its region, as facts are. A path is a random walk of four hops that repeats no node, passes no
node of more than a cap of neighbours and rests on two documents at least.

NetworkX has no walk that fits (its ``generate_random_paths`` takes a dense matrix), so the baseline walks an
``nx.Graph`` that holds the document on each edge, and draws a neighbour again, as often as ours does, where
it may not be taken: 2.7 times as fast as listing the neighbours that may be. Its degrees are looked up in a
list. Each runs in a process of its own, so that its memory is its own.

Then ``sample_paths`` is timed on the same graph, with every constraint, uniqueness and needed documents among
them, and the triples that prove each hop: what the walks come to. It has no baseline.
"""

import json
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

import networkx as nx
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from benchmarks.speed.memory import peak_mb
from longweave.kg.graph import Graph, build_from_tables
from longweave.kg.path_settings import PathSettings
from longweave.kg.paths import sample_paths
from longweave.kg.records import EDGE_SCHEMA, NODE_SCHEMA, Path, Triple
from longweave.kg.walks import Subgraph, Walks, select_lane, walk_randomly
from longweave.synth.records import Evidence

NODES, EDGES = 1_000_000, 10_000_000
_RELATIONS = 500
_DOCUMENTS = 200_000
_HOPS = 4
_MAX_DEGREE = 500
_TRIES = 6
_BATCH = 50_000
_SECONDS = 10.0

Ints = NDArray[np.int64]


def run() -> Iterator[dict[str, Any]]:
    """Paths a second and memory of both, and their ratio."""
    ours = _call("longweave")
    sampler = _call("sampler")
    theirs = _call("networkx")
    yield {"benchmark": "paths", "nodes": NODES, "edges": EDGES, **ours}
    yield {"benchmark": "paths", "nodes": NODES, "edges": EDGES, **sampler}
    yield {"benchmark": "paths", "nodes": NODES, **theirs}
    yield {
        "benchmark": "paths",
        "what": "paths per second",
        "ratio": round(ours["paths_s"] / theirs["paths_s"], 1),
    }


def _call(whose: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.speed.paths", whose],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def _make_edges() -> tuple[Ints, Ints, Ints]:
    """Head, tail and document of each edge; no edge joins a node with itself."""
    rng = np.random.default_rng(0)
    head, tail = ((NODES * rng.random(EDGES) ** 1.8).astype(np.int64) for _ in range(2))
    tail = np.where(head == tail, (tail + 1) % NODES, tail)
    names = rng.permutation(NODES)
    head, tail = names[head], names[tail]
    document = (head * _DOCUMENTS // NODES + rng.integers(0, 3, EDGES)) % _DOCUMENTS
    return head, tail, document


def _walk_ours() -> dict[str, Any]:
    nodes, edges = _tabulate(*_make_edges())
    started = time.perf_counter()
    graph = build_from_tables(nodes, edges)
    built = time.perf_counter() - started
    del nodes, edges
    started = time.perf_counter()
    passable = graph.degrees() <= _MAX_DEGREE
    lane = select_lane(graph, passable[graph.neighbour], None)
    subgraph = Subgraph(lane, lane, passable, _MAX_DEGREE)
    opened = time.perf_counter() - started
    rng = np.random.default_rng(1)
    starts = np.flatnonzero(passable & (graph.degrees() > 0)).astype(np.int32)
    n_walks = n_paths = 0
    began = time.perf_counter()
    while time.perf_counter() - began < _SECONDS:
        walks = walk_randomly(subgraph, rng.choice(starts, _BATCH), np.full(_BATCH, _HOPS), rng)
        n_paths += len(_keep_spread(walks))
        n_walks += _BATCH
    return {
        "who": "longweave",
        "paths_s": round(n_paths / (time.perf_counter() - began)),
        "kept_share": round(n_paths / n_walks, 3),
        "build_seconds": round(built, 1),
        "open_seconds": round(opened, 1),
        "array_mb": round(graph.n_bytes / 1e6),
        "bytes_per_edge": round(graph.n_bytes / EDGES, 1),
        "subgraph_mb": round(sum(part.nbytes for part in _parts(subgraph)) / 1e6),
        "peak_mb": peak_mb(),
    }


class _Triples(Mapping[str, Sequence[Triple]]):
    """The one triple of each edge of ``graph``, made when it is asked for."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    def __getitem__(self, edge_id: str) -> Sequence[Triple]:
        edge = self._graph.edge_number(edge_id)
        relation = self._graph.relations[self._graph.relation[edge]]
        quote = f"{self._graph.name(int(self._graph.head[edge]))} {relation} this."
        doc_id = self._graph.documents[self._graph.edge_docs(edge)[0]]
        evidence = Evidence(doc_id=doc_id, start=0, end=len(quote), quote=quote)
        return [Triple.of(("head", "person"), relation, ("tail", "person"), evidence, "made")]

    def __iter__(self) -> Iterator[str]:
        return map(self._graph.edge_id, range(len(self)))

    def __len__(self) -> int:
        return self._graph.n_edges


def _sample() -> dict[str, Any]:
    """What all of ``sample_paths`` takes: paths of four hops until the time is over."""
    graph = build_from_tables(*_tabulate(*_make_edges()))
    settings = PathSettings(paths=EDGES, min_hops=_HOPS, max_hops=_HOPS, max_degree=_MAX_DEGREE)
    made: Counter[str] = Counter()
    started = time.perf_counter()
    sampled = sample_paths(graph, _Triples(graph), settings, np.random.default_rng(1))
    first = next(sampled)
    began = time.perf_counter()
    for one in chain([first], sampled):
        made["paths" if isinstance(one, Path) else one.reason] += 1
        if time.perf_counter() - began > _SECONDS:
            break
    seconds = time.perf_counter() - began
    return {
        "who": "longweave, all constraints",
        "paths_s": round(made["paths"] / seconds),
        "kept_share": round(made["paths"] / made.total(), 3),
        "rejected": {reason: count for reason, count in made.most_common() if reason != "paths"},
        "open_seconds": round(began - started, 1),
        "peak_mb": peak_mb(),
    }


def _parts(subgraph: Subgraph) -> list[NDArray[Any]]:
    lane = subgraph.inner
    return [lane.starts, lane.lead, lane.half]


def _keep_spread(walks: Walks) -> NDArray[np.int32]:
    """The walks of full length that rest on two documents at least."""
    docs = walks.docs
    spread = (docs[:, 1:] != docs[:, :1]).any(axis=1)
    return np.asarray(walks.nodes[spread & (walks.lengths == _HOPS)])


def _tabulate(head: Ints, tail: Ints, document: Ints) -> tuple[pa.Table, pa.Table]:
    """The graph as tables of nodes and edges, a triple per edge."""
    rng = np.random.default_rng(2)
    types = pa.DictionaryArray.from_arrays(
        pa.array(rng.integers(0, 2, NODES), pa.int32()), ["person", "place"]
    )
    ids = _name(np.arange(NODES))
    ones = pa.array(np.arange(NODES + 1), pa.int32())
    nodes = pa.Table.from_arrays(
        [
            ids,
            ids,
            types.cast(pa.string()),
            pa.ListArray.from_arrays(ones, ids),
            pa.ListArray.from_arrays(ones, ids),
            pa.array(np.ones(NODES, dtype=np.int64)),
        ],
        schema=NODE_SCHEMA,
    )
    edge_ids = _name(np.arange(EDGES))
    ones = pa.array(np.arange(EDGES + 1), pa.int32())
    edges = pa.Table.from_arrays(
        [
            edge_ids,
            ids.take(pa.array(head)),
            _name(rng.integers(0, _RELATIONS, EDGES)),
            ids.take(pa.array(tail)),
            pa.ListArray.from_arrays(ones, edge_ids),
            pa.ListArray.from_arrays(ones, _name(document)),
        ],
        schema=EDGE_SCHEMA,
    )
    return nodes, edges


def _name(numbers: Ints) -> pa.Array:
    """16 hexadecimal digits for each number."""
    digits = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)
    text = digits[(numbers[:, None] >> np.arange(60, -4, -4)) & 15].tobytes()
    offsets = np.arange(0, 16 * len(numbers) + 1, 16, dtype=np.int32)
    return pa.StringArray.from_buffers(len(numbers), pa.py_buffer(offsets), pa.py_buffer(text))


def _walk_theirs() -> dict[str, Any]:
    head, tail, document = (part.tolist() for part in _make_edges())
    started = time.perf_counter()
    graph: nx.Graph[int] = nx.Graph()
    graph.add_nodes_from(range(NODES))
    graph.add_edges_from((h, t, {"doc": d}) for h, t, d in zip(head, tail, document, strict=True))
    built = time.perf_counter() - started
    del head, tail, document
    degree = [graph.degree[node] for node in range(NODES)]
    starts = [node for node in range(NODES) if 0 < degree[node] <= _MAX_DEGREE]
    rng = random.Random(1)
    n_walks = n_paths = 0
    began = time.perf_counter()
    while time.perf_counter() - began < _SECONDS:
        path = _walk_networkx(graph, degree, rng.choice(starts), rng)
        n_paths += path is not None
        n_walks += 1
    seconds = time.perf_counter() - began
    return {
        "who": "networkx",
        "edges": graph.number_of_edges(),
        "paths_s": round(n_paths / seconds),
        "kept_share": round(n_paths / n_walks, 3),
        "build_seconds": round(built, 1),
        "peak_mb": peak_mb(),
    }


def _walk_networkx(
    graph: "nx.Graph[int]", degree: list[int], start: int, rng: random.Random
) -> list[int] | None:
    path, documents = [start], set()
    for _ in range(_HOPS):
        around = graph[path[-1]]
        options = list(around)
        for _ in range(_TRIES):
            node = rng.choice(options)
            if degree[node] <= _MAX_DEGREE and node not in path:
                break
        else:
            return None
        path.append(node)
        documents.add(around[node]["doc"])
    return path if len(documents) >= 2 else None


if __name__ == "__main__":
    whose = {"longweave": _walk_ours, "sampler": _sample, "networkx": _walk_theirs}
    print(json.dumps(whose[sys.argv[1]]()))
