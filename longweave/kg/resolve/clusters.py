"""Merges become clusters, without chains that join what excludes each other.

In: links between mentions. Out: clusters, and a record of every merge. Sure links are taken from the surest
down; one is refused that would put two contradicting mentions into one cluster, or make a cluster too large.
Then the clusters are joined that doubtful links tie together, those first that are most alike on the mean of
their links (average linkage): one likely link does not join what other links tell apart.
"""

import heapq
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from longweave.kg.records import Merge
from longweave.kg.resolve.groups import Groups, find_root
from longweave.kg.resolve.likeness import Rarity
from longweave.kg.resolve.links import Link
from longweave.kg.resolve.mentions import Mention
from longweave.kg.resolve.settings import ResolveSettings

_ALIKE = 0.6
_MAJORITY = 0.5

Bond = dict[Link, float]
"""The links between two clusters, and what each is worth, 0…1."""


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
    mentions: Iterable[Mention],
    sure: Iterable[Link],
    doubtful: Iterable[Link],
    decided: Collection[tuple[str, str]] | None,
    settings: ResolveSettings,
    rarity: Rarity,
) -> Clusters:
    """Clusters of ``mentions``; which link comes first does not matter.

    Args:
        mentions: Each key once.
        sure: Links that hold unless something contradicts.
        doubtful: Links of which the likely ones hold, if their clusters are alike on the whole.
        decided: The doubtful links (left, right) that a model takes for one thing; those of ``find_open``
            that are not among them, it takes for two. None to go by ``settings.accept``.
        settings: Thresholds.
        rarity: See ``likeness``.
    """
    groups = Groups(mentions, settings, rarity)
    merges, refused = join_sure(groups, sure)
    if decided is None:
        worth = {link: link.score for link in doubtful}
    else:
        asked = {*find_open(groups, doubtful), *(link for link in doubtful if link.ends in decided)}
        worth = {
            Link(link.left, link.right, link.score, "model"): float(link.ends in decided) for link in asked
        }
    more, unfit = _join_alike(groups, worth, settings)
    still = [one for one in (*refused, *unfit) if groups.find(one.link.left) != groups.find(one.link.right)]
    return Clusters(groups.all(), (*merges, *more), tuple(still))


def join_sure(groups: Groups, links: Iterable[Link]) -> tuple[list[Merge], list[Refused]]:
    """Join what ``links`` tie together, the surest first; what was merged, and what was refused."""
    merges: list[Merge] = []
    refused: list[Refused] = []
    for link in sorted(links, key=_by_strength):
        left, right = groups.find(link.left), groups.find(link.right)
        if left == right:
            continue
        if reason := groups.find_objection(left, right, link.score):
            refused.append(Refused(link, reason))
        else:
            groups.join(left, right)
            merges.append(link.as_merge())
    return merges, refused


def find_open(groups: Groups, doubtful: Iterable[Link]) -> list[Link]:
    """The likeliest doubtful link for each two of ``groups``, sorted."""
    best: dict[tuple[str, str], Link] = {}
    for link in doubtful:
        left, right = sorted((groups.find(link.left), groups.find(link.right)))
        if left != right:
            best[left, right] = min(best.get((left, right), link), link, key=_by_strength)
    return sorted(best.values())


def undo(clusters: Clusters, merge_ids: Collection[str]) -> Clusters:
    """The clusters without these merges; those that follow from the others stay."""
    kept = tuple(merge for merge in clusters.merges if merge.merge_id not in merge_ids)
    parents = {key: key for key in clusters.of}
    for merge in kept:
        left, right = sorted((find_root(parents, merge.left), find_root(parents, merge.right)))
        parents[right] = left
    return Clusters({key: find_root(parents, key) for key in sorted(parents)}, kept, clusters.refused)


def _join_alike(
    groups: Groups, worth: Mapping[Link, float], settings: ResolveSettings
) -> tuple[list[Merge], list[Refused]]:
    """Join the two groups that are most alike, again and again, while any are alike enough."""
    bonds = _tie(groups, worth)
    grown: Counter[str] = Counter()
    queue: list[tuple[float, float, Link, str, str, int]] = []

    def line_up(left: str, right: str) -> None:
        bond = bonds[left][right]
        best = min(bond, key=lambda link: (-bond[link], _by_strength(link)))
        if bond[best] >= settings.accept:
            told = [] if best.by == "model" else groups.compare_told(left, right)
            scores = told or [bond[link] for link in sorted(bond)]
            mean = sum(scores) / len(scores)
            stamp = grown[left] + grown[right]
            first, second = sorted((left, right))
            heapq.heappush(queue, (-mean, -best.score, best, first, second, stamp))

    for left, others in bonds.items():
        for right in others:
            if left < right:
                line_up(left, right)
    merges: list[Merge] = []
    refused: dict[Link, str] = {}
    while queue:
        lack, _, best, left, right, stamp = heapq.heappop(queue)
        if right not in bonds.get(left, {}) or stamp != grown[left] + grown[right]:
            continue
        if reason := _object(groups, best, left, right, -lack):
            refused[best] = reason
            continue
        merges.append(best.as_merge())
        kept = groups.join(left, right)
        _retie(bonds, kept, right if kept == left else left)
        grown[kept] += 1
        for other in bonds[kept]:
            line_up(kept, other)
    return merges, [Refused(link, reason) for link, reason in sorted(refused.items())]


def _object(groups: Groups, best: Link, left: str, right: str, mean: float) -> str:
    """Why two groups that are alike by ``mean`` are not one; a model saw what is known of both, and only a
    contradiction outweighs it."""
    if best.by == "model":
        return "weak_chain" if mean < _MAJORITY else groups.find_contradiction(left, right)
    return "weak_chain" if mean < _ALIKE else groups.find_objection(left, right, best.score)


def _tie(groups: Groups, worth: Mapping[Link, float]) -> dict[str, dict[str, Bond]]:
    """What ties each group to others; a bond stands at both of its ends."""
    bonds: dict[str, dict[str, Bond]] = defaultdict(dict)
    for link, value in sorted(worth.items()):
        left, right = groups.find(link.left), groups.find(link.right)
        if left != right:
            bond = bonds[left].setdefault(right, {})
            bonds[right][left] = bond
            bond[link] = value
    return dict(bonds)


def _retie(bonds: dict[str, dict[str, Bond]], kept: str, gone: str) -> None:
    """Hand the bonds of ``gone`` over to ``kept``, which it is part of now."""
    ours, theirs = bonds[kept], bonds.pop(gone)
    del ours[gone], theirs[kept]
    for other, bond in theirs.items():
        del bonds[other][gone]
        ours[other] = bonds[other][kept] = ours.get(other, {}) | bond


def _by_strength(link: Link) -> tuple[float, str, str, str]:
    return -link.score, link.left, link.right, link.by
