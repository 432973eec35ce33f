"""Which nodes are worth asking for (L1.5 §3: target entities)."""

import numpy as np
from numpy.typing import NDArray

from longweave.kg.columns import Int32s
from longweave.kg.graph import Graph
from longweave.kg.path_settings import PathSettings
from longweave.kg.walks import find_barred, find_hub_degree

_USUAL_NEIGHBOURS = 4.0
_SPREAD = 1.5


def score_targets(graph: Graph, settings: PathSettings) -> NDArray[np.float64]:
    """(n,) how informative each node is as an answer, 0 for one that cannot be reached or is a hub.

    The product of three factors between 0 and 1:

    - degree: 1 at four halves, falling off to both sides as a bell over its logarithm. With one, a thing is
      hardly described; with hundreds, it is what anybody would guess.
    - rarity: the mean over its halves of ``1 - log(1 + uses of the relation) / log(1 + edges)``.
    - documents: ``1 - 0.5 ** (documents that state its edges)``, so that a path to it can leave its document.
    """
    degrees = graph.degrees()
    if not graph.n_edges:
        return np.zeros(graph.n_nodes)
    source = np.repeat(np.arange(graph.n_nodes), degrees)
    uses = np.bincount(graph.relation, minlength=len(graph.relations))
    rarity = 1 - np.log1p(uses) / np.log1p(graph.n_edges)
    rarity = np.where(find_barred(graph, settings), 0.0, np.maximum(rarity, 0.05))
    mean = np.bincount(source, weights=rarity[graph.step >> 1], minlength=graph.n_nodes) / np.maximum(
        degrees, 1
    )
    bell = np.exp(-((np.log(np.maximum(degrees, 1) / _USUAL_NEIGHBOURS) / _SPREAD) ** 2) / 2)
    score = bell * mean * (1 - 0.5 ** _count_documents(graph))
    score[(degrees == 0) | (degrees > find_hub_degree(graph, settings))] = 0.0
    return np.asarray(score)


def draw_targets(scores: NDArray[np.float64], n: int, rng: np.random.Generator) -> Int32s:
    """``n`` nodes, each drawn with the probability of its score; none if all scores are 0."""
    running = np.cumsum(scores)
    if not len(running) or running[-1] <= 0:
        return np.empty(0, dtype=np.int32)
    drawn = np.searchsorted(running, rng.random(n) * running[-1], side="right")
    return np.asarray(np.minimum(drawn, len(scores) - 1), dtype=np.int32)


def _count_documents(graph: Graph) -> NDArray[np.float64]:
    """(n,) documents that state a node's edges, no more than 10 counted and those of two edges twice."""
    per_edge = np.diff(graph.doc_starts)
    edge = np.repeat(np.arange(graph.n_edges), per_edge)
    node = np.concatenate([graph.head[edge], graph.tail[edge]]).astype(np.int64)
    pairs = np.unique(node * max(len(graph.documents), 1) + np.concatenate([graph.docs, graph.docs]))
    counts = np.bincount(pairs // max(len(graph.documents), 1), minlength=graph.n_nodes)
    return np.minimum(counts, 10).astype(np.float64)
