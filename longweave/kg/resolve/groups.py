"""Disjoint sets of mentions that know what is in them: which of them may become one.

In: mentions, then pairs of them to join. Out: the set of each mention, and what speaks against joining two.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from typing import TypeVar

from longweave.kg.records import VALUE_TYPES
from longweave.kg.resolve.compare import compare_mentions
from longweave.kg.resolve.conflicts import find_conflict
from longweave.kg.resolve.fields import compare_fields
from longweave.kg.resolve.likeness import Rarity, compare_names
from longweave.kg.resolve.mentions import Mention
from longweave.kg.resolve.names import Name, parse_name
from longweave.kg.resolve.settings import ResolveSettings
from longweave.kg.resolve.types import are_near

K = TypeVar("K", tuple[str, str], tuple[str, ...])
V = TypeVar("V")

_LOOKED_AT = 12
_AVERAGE = 0.4
_AGREEMENT = 0.45


class Groups:
    """Disjoint sets of mentions with the different names and fields in each. A set is called by the smallest
    key in it."""

    def __init__(self, mentions: Iterable[Mention], settings: ResolveSettings, rarity: Rarity) -> None:
        self._settings, self._rarity = settings, rarity
        self._parents: dict[str, str] = {}
        self._names: dict[str, dict[tuple[str, str], Name]] = {}
        self._told: dict[str, dict[tuple[str, ...], Mention]] = {}
        for mention in sorted(mentions, key=lambda mention: mention.key):
            key, name = mention.key, parse_name(mention.name, mention.type)
            self._parents[key] = key
            self._names[key] = {} if mention.type in VALUE_TYPES else {(name.key, name.type): name}
            self._told[key] = {_facts_of(mention, name): mention} if mention.fields else {}

    def find(self, key: str) -> str:
        """The set that ``key`` is in."""
        return find_root(self._parents, key)

    def join(self, left: str, right: str) -> str:
        """Make the sets ``left`` and ``right`` one, and say which."""
        first, second = sorted((left, right))
        self._parents[second] = first
        self._names[first] |= self._names.pop(second)
        told = self._told[first]
        for facts, mention in self._told.pop(second).items():
            told.setdefault(facts, mention)
        return first

    def all(self) -> dict[str, str]:
        """The set of each key."""
        return {key: self.find(key) for key in sorted(self._parents)}

    def find_contradiction(self, left: str, right: str) -> str:
        """Why two sets cannot be one, whoever says so: "too_large", "conflict" of their names or types; ""
        if nothing forbids it."""
        ours, theirs = self._names[left], self._names[right]
        if len(ours.keys() | theirs.keys()) > self._settings.max_cluster:
            return "too_large"
        pairs = product(_first(ours), _first(theirs))
        if any(find_conflict(one, other) or not are_near(one.type, other.type) for one, other in pairs):
            return "conflict"
        return ""

    def find_objection(self, left: str, right: str, score: float) -> str:
        """Why two sets that are alike by ``score`` at one place are not one: a contradiction, a "conflict" of
        their fields, or "weak_chain" if their names are unlike on the whole."""
        if reason := self.find_contradiction(left, right):
            return reason
        agreements = [
            agreement
            for one, other in product(_first(self._told[left]), _first(self._told[right]))
            if (agreement := compare_fields(one.fields, other.fields)) is not None
        ]
        if agreements and sum(agreements) < _AGREEMENT * len(agreements):
            return "conflict"
        ours, theirs = self._names[left], self._names[right]
        if score < self._settings.sure and min(len(ours), len(theirs)) > 1:
            likeness = [
                compare_names(one, other, self._rarity)
                for one, other in product(_first(ours), _first(theirs))
            ]
            if sum(likeness) < _AVERAGE * len(likeness):
                return "weak_chain"
        return ""

    def compare_told(self, left: str, right: str) -> list[float]:
        """How alike the mentions of two sets are of which fields are known: each of one with each of the
        other, up to ``_LOOKED_AT`` of both."""
        return [
            compare_mentions(one, other, self._rarity)
            for one, other in product(_first(self._told[left]), _first(self._told[right]))
        ]


def find_root(parents: dict[str, str], key: str) -> str:
    """The end of the way up from ``key``, which is shortened."""
    root = key
    while parents[root] != root:
        root = parents[root]
    while parents[key] != root:
        parents[key], key = root, parents[key]
    return root


def _facts_of(mention: Mention, name: Name) -> tuple[str, ...]:
    return name.key, *(f"{field}={value}" for field, value in sorted(mention.fields.items()))


def _first(known: Mapping[K, V]) -> Sequence[V]:
    return [known[key] for key in sorted(known)[:_LOOKED_AT]]
