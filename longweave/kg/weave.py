"""Triples become nodes and edges: one node for a thing, one edge for a relation between two of them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from longweave.kg.records import Edge, Merge, Node, Triple
from longweave.kg.relations import build_edges, canonical_relations
from longweave.kg.resolve import Alarm, Mention, Resolution, build_nodes, find_alarms, settle, undo
from longweave.synth.embedding import Encode


@dataclass(frozen=True, slots=True)
class Woven:
    """A graph's nodes and edges, the merges that made its nodes, with those that were taken back, and the
    documents that may have lost theirs to wrong ones."""

    nodes: list[Node]
    edges: list[Edge]
    merges: list[Merge]
    alarms: list[Alarm]


def weave(
    triples: Sequence[Triple],
    resolution: Resolution,
    encode: Encode,
    decided: Collection[tuple[str, str]] | None,
    undone: Collection[str] = (),
) -> Woven:
    """The graph of ``triples``; their order does not matter.

    Args:
        triples: Of one graph.
        resolution: Of their mentions.
        encode: Embeds relations.
        decided: Doubtful pairs of mention keys that a model takes for one thing; None to go by thresholds.
        undone: Ids of merges to take back.
    """
    triples = list({triple.triple_id: triple for triple in triples}.values())
    settled = settle(resolution, decided)
    clusters = undo(settled, undone)
    nodes, node_of = build_nodes(triples, clusters)
    edges = build_edges(triples, node_of, canonical_relations(triples, encode))
    mentions = {mention.key: mention for mention in resolution.mentions}
    merges = [
        _name_ends(merge, mentions[merge.left], mentions[merge.right], merge.merge_id in undone)
        for merge in settled.merges
    ]
    return Woven(nodes, edges, merges, find_alarms(resolution.mentions, clusters, resolution.settings))


def _name_ends(merge: Merge, left: Mention, right: Mention, undone: bool) -> Merge:
    ends = {
        "undone": undone,
        "left_name": left.name,
        "left_doc": left.doc_id,
        "right_name": right.name,
        "right_doc": right.doc_id,
    }
    return merge.model_copy(update=ends)
