"""Persons of one name in several documents: one person, or namesakes?

In: the mentions of one name, and what else stands in their documents. Out: links. Two are surely one who have
a fact in common, or are told of together with the same other things; they are likely one if their documents
name the same things, or if few people bear that name; otherwise it is open, and a model has to say. A fact of
which a person has only one, and in which they differ, makes them two.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, pairwise

from longweave.kg.records import VALUE_TYPES
from longweave.kg.resolve.fields import compare_fields
from longweave.kg.resolve.lexicon import COMMON_GIVEN, COMMON_SURNAMES, CROWDED_SURNAMES
from longweave.kg.resolve.links import Link
from longweave.kg.resolve.mentions import Mention
from longweave.kg.resolve.names import Name, parse_name
from longweave.kg.resolve.values import stands_alone, value_key

_FULL_NAME = 3
_AGREE, _DIFFER = 0.8, 0.45
_NEAR, _FAR = 0.7, 1.5
_LIKELY, _OPEN, _SINGLE = 0.85, 0.6, 0.675
_FEWEST_DOCUMENTS = 10
_ALL_PAIRS = 30
_NEXT = 15


def may_be_namesakes(name: Name) -> bool:
    """Whether the name alone does not say who is meant: a person's that has less than three parts."""
    return name.type == "person" and len(name.tokens) < _FULL_NAME and not name.generation


def is_common(name: Name) -> bool:
    """Whether many people bear a name of two parts."""
    first, last = name.tokens[0], name.tokens[-1]
    return (first in COMMON_GIVEN and last in COMMON_SURNAMES) or not CROWDED_SURNAMES.isdisjoint(
        (first, last)
    )


class Company:
    """What stands beside each mention, in its document and in what is said about it. A name weighs the more,
    the fewer documents have it."""

    def __init__(self, mentions: Iterable[Mention]) -> None:
        self._named: dict[str, dict[str, str]] = defaultdict(dict)
        for mention in mentions:
            if mention.type not in VALUE_TYPES:
                self._named[mention.doc_id][mention.name] = parse_name(mention.name, mention.type).key
            elif mention.type == "date" and stands_alone("date", mention.name):
                self._named[mention.doc_id][mention.name] = value_key("date", mention.name)
        documents = Counter(key for named in self._named.values() for key in set(named.values()))
        total = max(len(self._named), _FEWEST_DOCUMENTS)
        self._weight = {key: math.log(total / count) for key, count in documents.items()}

    def far(self, mention: Mention) -> frozenset[str]:
        """The names in its document that are not made of its own words."""
        own = set(parse_name(mention.name, mention.type).tokens)
        named = self._named[mention.doc_id].values()
        return frozenset(key for key in named if own.isdisjoint(key.split()))

    def near(self, mention: Mention, far: frozenset[str]) -> frozenset[str]:
        """Those of ``far`` that what is said about it names."""
        named = self._named[mention.doc_id].items()
        return frozenset(key for name, key in named if key in far and name in mention.context)

    def weigh(self, shared: Iterable[str]) -> float:
        """How much it says that two have ``shared`` in common."""
        return sum(self._weight[key] for key in sorted(shared))


def link_namesakes(mentions: Sequence[Mention], company: Company) -> Iterator[Link]:
    """Links between mentions of one name in different documents: score 1 for those that are surely one.

    A single name is too common for its company to say much.
    """
    if len(mentions) < 2:
        return
    name = parse_name(mentions[0].name, mentions[0].type)
    single = len(name.tokens) == 1
    bare = _SINGLE if single else _OPEN if is_common(name) else _LIKELY
    far = {mention.key: frozenset() if single else company.far(mention) for mention in mentions}
    near = {mention.key: company.near(mention, far[mention.key]) for mention in mentions}
    in_row = {(one.key, other.key) for one, other in pairwise(mentions)}
    for one, other in _pair(mentions):
        agreement = compare_fields(one.fields, other.fields)
        if agreement is not None and agreement < _DIFFER:
            continue
        shared = company.weigh(near[one.key] & near[other.key])
        if shared >= _NEAR or (agreement is not None and agreement > _AGREE):
            yield Link.of(one.key, other.key, 1.0, "name")
        elif company.weigh(far[one.key] & far[other.key]) >= _FAR:
            yield Link.of(one.key, other.key, _LIKELY, "string")
        elif (one.key, other.key) in in_row:
            yield Link.of(one.key, other.key, bare, "string")


def _pair(mentions: Sequence[Mention]) -> Iterator[tuple[Mention, Mention]]:
    """All pairs of a few mentions; of many, each with its next ones."""
    if len(mentions) <= _ALL_PAIRS:
        yield from combinations(mentions, 2)
        return
    for at, one in enumerate(mentions):
        yield from ((one, other) for other in mentions[at + 1 : at + 1 + _NEXT])
