"""Merges become clusters, without chains that join what excludes each other.

In: links between mentions. Out: clusters, and a record of every merge. Links are taken from the surest
down; one is refused that would put two contradicting mentions into one cluster, make a cluster too large, or
tie two clusters together that are not alike on the whole.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from longweave.kg.records import VALUE_TYPES, Merge
from longweave.kg.resolve.conflicts import find_conflict
from longweave.kg.resolve.fields import compare_fields
from longweave.kg.resolve.likeness import Rarity, compare_names
from longweave.kg.resolve.links import Link
from longweave.kg.resolve.mentions import Mention
from longweave.kg.resolve.names import Name, parse_name
from longweave.kg.resolve.settings import ResolveSettings
from longweave.kg.resolve.types import are_near

_LOOKED_AT = 12
_AVERAGE = 0.4
_AGREEMENT = 0.45


@dataclass(frozen=True, slots=True)
class Refused:
    """A link that did not become a merge, and why: "conflict", "too_large" or "weak_chain"."""

    link: Link
    reason: str


@dataclass(frozen=True, slots=True)
class Clusters:
    """``of`` gives each mention key the key of its cluster: the smallest of its members'."""

    of: Mapping[str, str]
    merges: tuple[Merge, ...]
    refused: tuple[Refused, ...]

    def members(self) -> dict[str, list[str]]:
        """The mention keys of each cluster, sorted."""
        groups: dict[str, list[str]] = {}
        for key in sorted(self.of):
            groups.setdefault(self.of[key], []).append(key)
        return groups


def cluster(
    mentions: Iterable[Mention], links: Iterable[Link], settings: ResolveSettings, rarity: Rarity
) -> Clusters:
    """Clusters of ``mentions`` by ``links``; which come first does not matter."""
    groups = _Groups({mention.key: mention for mention in mentions}, settings, rarity)
    merges: list[Merge] = []
    refused: list[Refused] = []
    for link in sorted(links, key=_by_strength):
        if groups.are_joined(link.left, link.right):
            continue
        if reason := groups.find_objection(link):
            refused.append(Refused(link, reason))
        else:
            groups.join(link.left, link.right)
            merges.append(link.as_merge())
    return Clusters(groups.numbered(), tuple(merges), tuple(refused))


def undo(clusters: Clusters, merge_ids: Collection[str]) -> Clusters:
    """The clusters without these merges; those that follow from the others stay."""
    kept = tuple(merge for merge in clusters.merges if merge.merge_id not in merge_ids)
    parents = {key: key for key in clusters.of}
    for merge in kept:
        left, right = sorted((_find(parents, merge.left), _find(parents, merge.right)))
        parents[right] = left
    return Clusters({key: _find(parents, key) for key in sorted(parents)}, kept, clusters.refused)


def _by_strength(link: Link) -> tuple[float, str, str, str]:
    return -link.score, link.left, link.right, link.by


def _find(parents: dict[str, str], key: str) -> str:
    root = key
    while parents[root] != root:
        root = parents[root]
    while parents[key] != root:
        parents[key], key = root, parents[key]
    return root


class _Groups:
    """Disjoint sets of mentions that know the different names and fields in them."""

    def __init__(self, mentions: Mapping[str, Mention], settings: ResolveSettings, rarity: Rarity) -> None:
        self._settings, self._rarity = settings, rarity
        self._parents = {key: key for key in mentions}
        self._names: dict[str, dict[tuple[str, str], Name]] = {}
        self._facts: dict[str, tuple[Mapping[str, str], ...]] = {}
        for key, mention in mentions.items():
            value = mention.type in VALUE_TYPES
            name = parse_name(mention.name, mention.type)
            self._names[key] = {} if value else {(name.key, name.type): name}
            self._facts[key] = (mention.fields,) if mention.fields else ()

    def are_joined(self, left: str, right: str) -> bool:
        return _find(self._parents, left) == _find(self._parents, right)

    def join(self, left: str, right: str) -> None:
        first, second = sorted((_find(self._parents, left), _find(self._parents, right)))
        self._parents[second] = first
        self._names[first] |= self._names.pop(second)
        facts = self._facts[first] + self._facts.pop(second)
        self._facts[first] = tuple({tuple(sorted(fact.items())): fact for fact in facts}.values())

    def find_objection(self, link: Link) -> str:
        left, right = _find(self._parents, link.left), _find(self._parents, link.right)
        ours, theirs = self._names[left], self._names[right]
        if len(ours.keys() | theirs.keys()) > self._settings.max_cluster:
            return "too_large"
        pairs = list(product(_first(ours), _first(theirs)))
        if any(find_conflict(one, other) or not are_near(one.type, other.type) for one, other in pairs):
            return "conflict"
        agreements = [
            agreement
            for one, other in product(self._facts[left][:_LOOKED_AT], self._facts[right][:_LOOKED_AT])
            if (agreement := compare_fields(one, other)) is not None
        ]
        if agreements and sum(agreements) < _AGREEMENT * len(agreements):
            return "conflict"
        if link.score < self._settings.sure and min(len(ours), len(theirs)) > 1:
            likeness = [compare_names(one, other, self._rarity) for one, other in pairs]
            if sum(likeness) < _AVERAGE * len(likeness):
                return "weak_chain"
        return ""

    def numbered(self) -> dict[str, str]:
        return {key: _find(self._parents, key) for key in sorted(self._parents)}


def _first(names: Mapping[tuple[str, str], Name]) -> Sequence[Name]:
    return [names[key] for key in sorted(names)[:_LOOKED_AT]]
