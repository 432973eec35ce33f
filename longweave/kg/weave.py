"""Triples become nodes and edges: one node for a thing, one edge for a relation between two of them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from longweave.kg.records import Edge, Merge, Node, Triple
from longweave.kg.relations import build_edges, canonical_relations
from longweave.kg.resolve import (
    Alarm,
    ResolveSettings,
    build_nodes,
    find_alarms,
    mentions_of,
    resolve,
    settle,
)
from longweave.synth.embedding import Encode


@dataclass(frozen=True, slots=True)
class Woven:
    """A graph's nodes and edges, the merges that made its nodes (``resolve.undo`` takes them back), and the
    documents that may have lost theirs to wrong ones."""

    nodes: list[Node]
    edges: list[Edge]
    merges: list[Merge]
    alarms: list[Alarm]


def weave(
    triples: Sequence[Triple],
    settings: ResolveSettings,
    encode: Encode,
    decided: Collection[tuple[str, str]] | None,
) -> Woven:
    """The graph of ``triples``; their order does not matter.

    Args:
        triples: Of one graph.
        settings: How names become things.
        encode: Embeds names and relations.
        decided: Doubtful pairs of mention keys that a model takes for one thing; None to go by thresholds.
    """
    resolution = resolve(mentions_of(triples), settings, encode)
    clusters = settle(resolution, decided)
    nodes, node_of = build_nodes(triples, clusters)
    edges = build_edges(triples, node_of, canonical_relations(triples, encode))
    return Woven(nodes, edges, list(clusters.merges), find_alarms(resolution.mentions, clusters, settings))
