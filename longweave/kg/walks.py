"""Long walks from target entities over the relation-relevant part of a graph, thousands at a time.

A walk starts at what will be the answer and ends at what the question will start from, so its hops are read
backwards. ``open_subgraph`` leaves out, once per graph, what no path may use: barred relations, hops whose
relation leads to too many nodes, and, inside a path, hubs and values. ``walk_randomly`` and
``search_breadth`` then only have to see that no node comes twice; both prefer telling hops (rare relations
that lead to few nodes), and the former hops of another document than the one before.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from longweave.kg.columns import Int32s, Int64s
from longweave.kg.graph import Graph
from longweave.kg.path_settings import PathSettings

_FEWEST_NEIGHBOURS_OF_A_HUB = 20
_TRIES = 6
_SAME_DOCUMENT = np.float32(0.2)
_WIDEST = 2_000


@dataclass(frozen=True, eq=False)
class Lane:
    """Some halves of a graph, by the node they leave: those of ``u`` are ``starts[u] … starts[u + 1]``.

    ``lead`` is the node that they lead to, with the first document of their edge in the upper 32 bits: both
    are always wanted, and one look into memory is half of two. ``half`` is their number in the graph,
    ``weight`` (0…1) how telling the hop is; without weights, all are alike.
    """

    starts: Int64s
    lead: Int64s
    half: Int32s
    weight: NDArray[np.float32] | None


@dataclass(frozen=True, eq=False)
class Subgraph:
    """``inner`` leads to nodes that a path may pass through (``passable``, (n,)), ``outer`` to any that it
    may end at."""

    inner: Lane
    outer: Lane
    passable: NDArray[np.bool_]
    hub_degree: int


@dataclass(frozen=True, eq=False)
class Walks:
    """``nodes`` (b, h + 1), ``halves`` (b, h) and the first document of each, ``docs`` (b, h); walk ``i``
    uses the first ``lengths[i]`` hops, and -1 stands behind."""

    nodes: Int32s
    halves: Int32s
    docs: Int32s
    lengths: Int64s


def open_subgraph(graph: Graph, settings: PathSettings) -> Subgraph:
    """The part of ``graph`` that paths may use. Takes about 24 bytes a half."""
    hub_degree = find_hub_degree(graph, settings)
    fan_out = count_rivals(graph)
    barred = find_barred(graph, settings)
    usable = ~barred[graph.step >> 1] & (fan_out <= settings.max_fan_out)
    passable = (graph.degrees() <= hub_degree) & ~graph.is_value()
    weight = _weigh_relations(graph)[graph.step >> 1] / fan_out.astype(np.float32)
    return Subgraph(
        inner=select_lane(graph, usable & passable[graph.neighbour], weight),
        outer=select_lane(graph, usable, weight),
        passable=passable,
        hub_degree=hub_degree,
    )


def find_hub_degree(graph: Graph, settings: PathSettings) -> int:
    """The most halves that a node which is passed through may have."""
    if settings.max_degree is not None:
        return settings.max_degree
    if not graph.n_nodes:
        return _FEWEST_NEIGHBOURS_OF_A_HUB
    quantile = int(np.quantile(graph.degrees(), settings.hub_quantile, method="lower"))
    return max(quantile, _FEWEST_NEIGHBOURS_OF_A_HUB)


def find_barred(graph: Graph, settings: PathSettings) -> NDArray[np.bool_]:
    """(relations,) whether a relation says too little to be asked by."""
    barred = {relation.casefold() for relation in settings.barred_relations}
    return np.array([relation.casefold().strip() in barred for relation in graph.relations], dtype=bool)


def count_rivals(graph: Graph) -> Int32s:
    """(2m,) for each half, to how many halves its way back leads: 1 if it is told by its relation alone. Of a
    symmetric relation, both ways count."""
    n_halves = len(graph.step)
    if not n_halves:
        return np.empty(0, dtype=np.int32)
    said = np.where(graph.symmetric[graph.step >> 1], graph.step & ~1, graph.step)
    new = np.ones(n_halves, dtype=bool)
    new[1:] = said[1:] != said[:-1]
    new[graph.starts[:-1][graph.degrees() > 0]] = True
    run = np.cumsum(new, dtype=np.int32) - 1
    size = np.bincount(run).astype(np.int32)[run]
    of_edge = np.empty((2, graph.n_edges), dtype=np.int32)
    of_edge[graph.step & 1, graph.edge] = size
    return np.asarray(of_edge[(graph.step & 1) ^ 1, graph.edge])


def select_lane(graph: Graph, chosen: NDArray[np.bool_], weight: NDArray[np.float32] | None) -> Lane:
    """The ``chosen`` (2m,) halves of ``graph``."""
    half = np.flatnonzero(chosen).astype(np.int32)
    kept = np.concatenate([[0], np.cumsum(chosen, dtype=np.int64)])
    edge = graph.edge[half]
    first = graph.doc_starts[edge]
    has_doc = graph.doc_starts[edge + 1] > first
    doc = np.full(len(half), -1, dtype=np.int64)
    doc[has_doc] = graph.docs[first[has_doc]]
    return Lane(
        starts=kept[graph.starts],
        lead=(doc << 32) | graph.neighbour[half],
        half=half,
        weight=None if weight is None else weight[half],
    )


def _weigh_relations(graph: Graph) -> NDArray[np.float32]:
    """(relations,) between 0 and 1: the rarer, the more telling; 0.1 at least."""
    uses = np.bincount(graph.relation, minlength=len(graph.relations))
    bits = np.log1p(graph.n_edges) - np.log1p(uses)
    return np.asarray(np.maximum(bits / max(np.log1p(graph.n_edges), 1.0), 0.1), dtype=np.float32)


def walk_randomly(subgraph: Subgraph, targets: Int32s, hops: Int64s, rng: np.random.Generator) -> Walks:
    """From each of ``targets`` (b,) a walk of ``hops`` (b,) hops, shorter where it cannot go on.

    No node comes twice. The last hop may lead to a hub or a value.
    """
    n_walks, longest = len(targets), int(hops.max(initial=0))
    nodes = np.full(
        (longest + 1, n_walks), -1, dtype=np.int32
    )  # a row a step: what is compared lies together
    halves = np.full((longest, n_walks), -1, dtype=np.int32)
    docs = np.full((longest, n_walks), -1, dtype=np.int32)
    lengths = np.zeros(n_walks, dtype=np.int64)
    nodes[0] = targets
    for step in range(longest):
        going = lengths == step
        for lane, now in (
            (subgraph.inner, going & (hops > step + 1)),
            (subgraph.outer, going & (hops == step + 1)),
        ):
            if not len(lane.half) or not now.any():
                continue
            walkers: slice | Int64s = slice(None) if now.all() else np.flatnonzero(now)  # a slice is no copy
            drawn = _draw(lane, nodes[: step + 1, walkers], docs[max(step - 1, 0), walkers], rng)
            nodes[step + 1, walkers] = np.where(drawn.found, drawn.node, -1)
            docs[step, walkers] = np.where(drawn.found, drawn.doc, -1)
            halves[step, walkers] = np.where(drawn.found, lane.half.take(drawn.place, mode="clip"), -1)
            lengths[walkers] += drawn.found
    return Walks(nodes.T, halves.T, docs.T, lengths)


@dataclass(frozen=True, eq=False)
class _Draw:
    """A place in a lane for each of ``k`` walkers, the node and document there, and whether it may be
    taken."""

    place: Int64s
    node: Int32s
    doc: Int32s
    found: NDArray[np.bool_]


def _draw(lane: Lane, seen: Int32s, last_doc: Int32s, rng: np.random.Generator) -> _Draw:
    """A hop for each walker, who has ``seen`` (steps, k) nodes and comes by ``last_doc`` (k,).

    What is drawn is taken at once with the probability of its weight, times ``_SAME_DOCUMENT`` if the
    document is that of the hop before; otherwise it is the spare, and another is drawn.
    """
    here = seen[-1].astype(np.int64)
    low = lane.starts.take(here)
    room = lane.starts.take(here + 1) - low
    first, taken = _draw_once(lane, low, room, seen, last_doc, rng)
    again = np.flatnonzero(~taken & (room > 0))
    for _ in range(_TRIES - 1):
        if not len(again):
            break
        next_, taken = _draw_once(lane, low[again], room[again], seen[:, again], last_doc[again], rng)
        better = again[next_.found]
        for name in ("place", "node", "doc", "found"):
            getattr(first, name)[better] = getattr(next_, name)[next_.found]
        again = again[~taken]
    return first


def _draw_once(
    lane: Lane, low: Int64s, room: Int64s, seen: Int32s, last_doc: Int32s, rng: np.random.Generator
) -> tuple[_Draw, NDArray[np.bool_]]:
    """A draw for each walker, and whether it is taken at once."""
    place = (rng.random(len(low), dtype=np.float32) * room).astype(np.int64)
    place += low
    node, doc = _split(lane.lead.take(place, mode="clip"))  # without room, what is there is not looked at
    fresh = room > 0
    for row in seen:
        fresh &= row != node
    taken = fresh
    same = doc == last_doc
    if lane.weight is not None:
        chance = lane.weight.take(place, mode="clip") * np.where(same, _SAME_DOCUMENT, np.float32(1))
        taken = fresh & (rng.random(len(low), dtype=np.float32) < chance)
    elif same.any():
        taken = fresh & ~same
        unsure = np.flatnonzero(fresh & same)
        taken[unsure] = rng.random(len(unsure), dtype=np.float32) < _SAME_DOCUMENT
    return _Draw(place, node, doc, fresh), taken


def _split(lead: Int64s) -> tuple[Int32s, Int32s]:
    return lead.astype(np.int32), (lead >> 32).astype(np.int32)


def search_breadth(
    subgraph: Subgraph, target: int, max_hops: int, per_depth: int, rng: np.random.Generator
) -> Walks:
    """Shortest walks from ``target`` breadth first: up to ``per_depth`` to nodes at each distance.

    At most ``_WIDEST`` nodes of a distance are gone on from, drawn at random.
    """
    visited = frontier = np.array([target], dtype=np.int32)
    layers: list[_Layer] = []
    ends: list[_Layer] = []
    while len(layers) < max_hops and len(frontier):
        reached = _expand(subgraph.outer, frontier, visited, rng)
        visited = np.concatenate([visited, reached.nodes])
        ends.append(reached.select(rng.permutation(len(reached.nodes))[:per_depth]))
        inner = np.flatnonzero(subgraph.passable[reached.nodes])
        layers.append(reached.select(np.sort(rng.permutation(inner)[:_WIDEST])))
        frontier = layers[-1].nodes
    return _trace(target, layers, ends)


@dataclass(frozen=True, eq=False)
class _Layer:
    """Nodes at one distance, the place of each one's parent in the layer before, and the half between with
    its document."""

    nodes: Int32s
    parents: Int64s
    halves: Int32s
    docs: Int32s

    def select(self, places: Int64s) -> "_Layer":
        return _Layer(self.nodes[places], self.parents[places], self.halves[places], self.docs[places])


def _expand(lane: Lane, frontier: Int32s, visited: Int32s, rng: np.random.Generator) -> _Layer:
    """The new nodes next to ``frontier``, reached by the most telling of several halves, with chance mixed
    in."""
    low = lane.starts[frontier]
    room = lane.starts[frontier.astype(np.int64) + 1] - low
    parent = np.repeat(np.arange(len(frontier)), room)
    place = np.arange(len(parent)) + np.repeat(low - (np.cumsum(room) - room), room)
    node, doc = _split(lane.lead[place])
    chance = rng.random(len(node), dtype=np.float32)
    if lane.weight is not None:
        chance = chance ** (1 / np.maximum(lane.weight[place], np.float32(1e-3)))
    order = np.lexsort((-chance, node))
    node, parent, place, doc = node[order], parent[order], place[order], doc[order]
    first = np.ones(len(node), dtype=bool)
    first[1:] = node[1:] != node[:-1]
    first &= ~np.isin(node, visited)
    return _Layer(node[first], parent[first], lane.half[place[first]], doc[first])


def _trace(target: int, layers: list[_Layer], ends: list[_Layer]) -> Walks:
    """The walks to ``ends``, by their parents back to ``target``."""
    n_walks, longest = sum(len(end.nodes) for end in ends), len(layers)
    nodes = np.full((n_walks, longest + 1), -1, dtype=np.int32)
    halves = np.full((n_walks, longest), -1, dtype=np.int32)
    docs = np.full((n_walks, longest), -1, dtype=np.int32)
    lengths = np.zeros(n_walks, dtype=np.int64)
    row = 0
    for depth, end in enumerate(ends, start=1):
        here = slice(row, row + len(end.nodes))
        row += len(end.nodes)
        lengths[here] = depth
        nodes[here, 0] = target
        layer = end
        for at in range(depth, 0, -1):
            nodes[here, at], halves[here, at - 1], docs[here, at - 1] = layer.nodes, layer.halves, layer.docs
            if at > 1:
                layer = layers[at - 2].select(layer.parents)
    return Walks(nodes, halves, docs, lengths)
