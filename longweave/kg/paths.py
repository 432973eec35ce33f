"""Paths of a graph that make multi-hop questions (L1.5 §3, b).

``sample_paths`` draws target entities by how informative they are, walks from them over the relation-relevant
subgraph, at random and breadth first, and yields each chain that holds every constraint as a ``Path`` from
where the question starts to its answer, and every other one as ``Rejected`` with its reason. A path's hops
name the one triple that proves each of them; without any one of their documents it cannot be completed.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from longweave.kg.constraints import Limits, Overlaps, Rejected, find_flaw
from longweave.kg.evidence import choose_evidence
from longweave.kg.follow import Chain
from longweave.kg.graph import Graph
from longweave.kg.path_settings import PathSettings
from longweave.kg.records import Hop, Path, Triple
from longweave.kg.targets import draw_targets, score_targets
from longweave.kg.walks import Subgraph, Walks, open_subgraph, search_breadth, walk_randomly

_BATCH = 512
_PER_DEPTH = 2


def sample_paths(
    graph: Graph,
    triples_of_edge: Mapping[str, Sequence[Triple]],
    settings: PathSettings,
    rng: np.random.Generator,
) -> Iterator[Path | Rejected]:
    """Up to ``settings.paths`` paths, with what was rejected on the way.

    ``triples_of_edge`` holds the triples of every edge by its id. A walk that was taken before is not told
    again.
    """
    subgraph, limits = open_subgraph(graph, settings), Limits.of(graph, settings)
    scores = score_targets(graph, settings)
    taken: Counter[int] = Counter()
    seen, overlaps = set[Chain](), Overlaps(settings.max_overlap)
    kept = 0
    for _ in range(-(-settings.paths * settings.attempts_per_path // _BATCH)):
        for chain in _draw_chains(graph, subgraph, scores, settings, rng):
            if kept >= settings.paths:
                return
            answer = chain.nodes[-1]
            if chain in seen or not scores[answer]:
                continue
            seen.add(chain)
            made = overlaps.check(chain) or make_path(graph, chain, triples_of_edge, limits)
            yield made
            if isinstance(made, Path):
                kept += 1
                overlaps.add(chain)
                taken[answer] += 1
                if taken[answer] >= settings.paths_per_answer:
                    scores[answer] = 0.0


def _draw_chains(
    graph: Graph,
    subgraph: Subgraph,
    scores: np.ndarray[tuple[int], np.dtype[np.float64]],
    settings: PathSettings,
    rng: np.random.Generator,
) -> list[Chain]:
    """About ``_BATCH`` chains in random order, the share of the settings of them breadth first."""
    n_wide = round(_BATCH * settings.breadth_first_share)
    targets = draw_targets(scores, _BATCH - n_wide, rng)
    hops = rng.integers(settings.min_hops, settings.max_hops + 1, size=len(targets))
    chains = list(read_chains(graph, walk_randomly(subgraph, targets, hops, rng)))
    for target in draw_targets(scores, -(-n_wide // (_PER_DEPTH * settings.max_hops)), rng).tolist():
        walks = search_breadth(subgraph, target, settings.max_hops, _PER_DEPTH, rng)
        chains += [chain for chain in read_chains(graph, walks) if len(chain.edges) >= settings.min_hops]
    return [chains[at] for at in rng.permutation(len(chains))]


def read_chains(graph: Graph, walks: Walks) -> Iterator[Chain]:
    """The walks the other way round: from the start of the question to its answer."""
    edges = graph.edge[walks.halves]
    steps = graph.step[walks.halves] ^ 1
    for nodes, edge, step, length in zip(walks.nodes, edges, steps, walks.lengths.tolist(), strict=True):
        yield Chain(
            tuple(nodes[: length + 1][::-1].tolist()),
            tuple(edge[:length][::-1].tolist()),
            tuple(step[:length][::-1].tolist()),
        )


def make_path(
    graph: Graph, chain: Chain, triples_of_edge: Mapping[str, Sequence[Triple]], limits: Limits
) -> Path | Rejected:
    """The path of ``chain`` with its evidence, or the constraint that it breaks."""
    if len(chain.edges) < limits.settings.min_hops:
        return Rejected("dead_end", f"after {len(chain.edges)} hops")
    if flaw := find_flaw(graph, chain, limits):
        return flaw
    proofs = choose_evidence(graph, chain, triples_of_edge, limits.settings)
    if isinstance(proofs, Rejected):
        return proofs
    hops = [
        Hop(
            edge_id=proof.edge_id,
            relation=graph.relations[step >> 1],
            forward=bool(step & 1),
            triple_id=proof.triple.triple_id,
            doc_id=proof.triple.doc_id,
        )
        for proof, step in zip(proofs, chain.steps, strict=True)
    ]
    return Path.of([graph.node_id(node) for node in chain.nodes], hops)
