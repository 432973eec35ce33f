"""Clusters of mentions become nodes, and documents that lost theirs raise an alarm.

In: the triples and the clusters of their mentions. Out: nodes with ids that their members decide.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from longweave.kg.records import TYPES, Node, Triple
from longweave.kg.resolve.clusters import Clusters
from longweave.kg.resolve.mentions import Mention, mention_key
from longweave.kg.resolve.settings import ResolveSettings
from longweave.synth.records import content_id


@dataclass(frozen=True, slots=True)
class Alarm:
    """A document ``lost`` so many of its ``names`` to clusters of other names."""

    doc_id: str
    lost: int
    names: int


@dataclass(slots=True)
class _Members:
    names: Counter[str]
    types: Counter[str]
    documents: set[str]
    keys: set[str]


def build_nodes(triples: Iterable[Triple], clusters: Clusters) -> tuple[list[Node], dict[str, str]]:
    """The nodes, sorted by id, and the node id of each mention key.

    A node's name is the fullest of its usual ones: the longest of those that at least a quarter as many
    triples use as the commonest.
    """
    groups: dict[str, _Members] = {}
    for key, name, type_, doc_id in _names_in(triples):
        root = clusters.of[key]
        members = groups.setdefault(root, _Members(Counter(), Counter(), set(), set()))
        members.names[name] += 1
        members.types[type_] += 1
        members.documents.add(doc_id)
        members.keys.add(key)
    nodes: dict[str, Node] = {}
    node_of: dict[str, str] = {}
    for root in sorted(groups):
        members = groups[root]
        node_id = content_id("node", sorted(members.keys))
        nodes[node_id] = Node(
            node_id=node_id,
            name=choose_name(members.names),
            type=min(TYPES, key=lambda type_: (-members.types[type_], type_)),
            aliases=sorted(members.names),
            doc_ids=sorted(members.documents),
            n_mentions=members.names.total(),
        )
        node_of |= dict.fromkeys(sorted(members.keys), node_id)
    return [nodes[node_id] for node_id in sorted(nodes)], node_of


def choose_name(names: Mapping[str, int]) -> str:
    """The fullest usual name: of those used at least a quarter as often as the commonest, the one with the
    most words, then the longest, then the first in order."""
    usual = max(names.values()) / 4
    return min(
        (name for name, count in names.items() if count >= usual),
        key=lambda name: (-len(name.split()), -len(name), name),
    )


def find_alarms(mentions: Iterable[Mention], clusters: Clusters, settings: ResolveSettings) -> list[Alarm]:
    """Documents of which nearly all names stand in clusters by likeness, not by name, sorted by id.

    That is what a chain of wrong merges looks like, or a document that is another's copy.
    """
    merged = {key for merge in clusters.merges if merge.by != "name" for key in (merge.left, merge.right)}
    documents: dict[str, list[Mention]] = defaultdict(list)
    elsewhere: dict[str, set[str]] = defaultdict(set)
    for mention in mentions:
        documents[mention.doc_id].append(mention)
        elsewhere[clusters.of[mention.key]].add(mention.doc_id)
    alarms: list[Alarm] = []
    for doc_id, group in sorted(documents.items()):
        lost = sum(
            mention.key in merged and len(elsewhere[clusters.of[mention.key]]) > 1 for mention in group
        )
        if len(group) >= settings.alarm_names and lost >= settings.lost_share * len(group):
            alarms.append(Alarm(doc_id, lost, len(group)))
    return alarms


def _names_in(triples: Iterable[Triple]) -> Iterator[tuple[str, str, str, str]]:
    """Mention key, name, type and document of each subject and object."""
    for triple in triples:
        for name, type_ in ((triple.subject, triple.subject_type), (triple.object, triple.object_type)):
            yield mention_key(triple.doc_id, name, type_), name, type_, triple.doc_id
