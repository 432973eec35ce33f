"""Entity resolution: one node for one thing, across documents.

``mentions_of`` triples → ``resolve`` → (``decide_pairs`` of ``open_pairs``) → ``settle`` → ``build_nodes``.
"""

from longweave.kg.resolve.clusters import Clusters, Refused, undo
from longweave.kg.resolve.decide import Decided, decide_pairs, open_pairs
from longweave.kg.resolve.links import Link
from longweave.kg.resolve.match import Resolution, resolve, settle
from longweave.kg.resolve.mentions import Mention, mention_key, mentions_of
from longweave.kg.resolve.nodes import Alarm, build_nodes, find_alarms
from longweave.kg.resolve.settings import ResolveSettings

__all__ = [
    "Alarm",
    "Clusters",
    "Decided",
    "Link",
    "Mention",
    "Refused",
    "Resolution",
    "ResolveSettings",
    "build_nodes",
    "decide_pairs",
    "find_alarms",
    "mention_key",
    "mentions_of",
    "open_pairs",
    "resolve",
    "settle",
    "undo",
]
