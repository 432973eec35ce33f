"""Mentions of one thing find each other: within their documents first, then across.

In: mentions, in any order. Out: ``Resolution``: pairs that are surely one thing, and pairs that are doubtful,
for a model or a threshold to decide (``settle``).
"""

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np

from longweave.kg.records import VALUE_TYPES
from longweave.kg.resolve.blocks import pair_names
from longweave.kg.resolve.clusters import Clusters, cluster
from longweave.kg.resolve.fields import compare_fields
from longweave.kg.resolve.likeness import Rarity, compare_names, compare_short
from longweave.kg.resolve.links import Link
from longweave.kg.resolve.local import link_within
from longweave.kg.resolve.mentions import Mention
from longweave.kg.resolve.names import Name, parse_name
from longweave.kg.resolve.settings import ResolveSettings
from longweave.kg.resolve.types import are_compatible, are_near
from longweave.kg.resolve.values import value_key
from longweave.synth.embedding import Encode

_USUAL_COSINE = 0.3
_ONLY_FORM = 0.15
_MOST_LIKELY = 0.88  # another thing of that short form may stand in documents that are not here
_SHORTENED = ("person", "organization", "")
_SHORT_FORM = 0.6
_MAX_FORMS = 6
_ONE_THING = 0.6


@dataclass(frozen=True, slots=True)
class Resolution:
    """What is known before anyone is asked. ``mentions`` are sorted by key."""

    mentions: tuple[Mention, ...]
    sure: tuple[Link, ...]
    doubtful: tuple[Link, ...]
    settings: ResolveSettings


@dataclass(frozen=True, slots=True)
class _Unit:
    """Mentions across documents that have one name, one type and the same fields."""

    name: Name
    mentions: tuple[Mention, ...]
    documents: frozenset[str]

    @property
    def fields(self) -> Mapping[str, str]:
        return self.mentions[0].fields

    @property
    def key(self) -> str:
        return self.mentions[0].key


def resolve(mentions: Iterable[Mention], settings: ResolveSettings, encode: Encode) -> Resolution:
    """Which mentions are surely one thing, and which may be.

    Args:
        mentions: Each key once; of equal keys the last counts.
        settings: Thresholds.
        encode: Embeds names with their context, where letters leave it open.
    """
    known = {mention.key: mention for mention in mentions}
    ordered = tuple(known[key] for key in sorted(known))
    rarity = measure_rarity(ordered)
    things = [mention for mention in ordered if mention.type not in VALUE_TYPES]
    within, short = _link_documents(things, rarity)
    units = _group(mention for mention in things if mention.key not in short)
    across = list(_link_units(units, settings, rarity))
    contexts = {
        mention.key: f"{mention.name}: {mention.context}"
        for mention in things
        if mention.context and not mention.fields
    }
    doubtful = [link for link in (*within, *across) if settings.doubtful <= link.score < settings.sure]
    sure = [link for link in (*within, *across) if link.score >= settings.sure]
    return Resolution(
        ordered,
        tuple(sorted({*_link_values(ordered), *_link_equal(units), *sure})),
        tuple(sorted(_weigh_context(doubtful, known, contexts, settings, encode))),
        settings,
    )


def settle(resolution: Resolution, decided: Collection[tuple[str, str]] | None = None) -> Clusters:
    """The clusters.

    Args:
        resolution: Of ``resolve``.
        decided: The doubtful pairs (left, right) that a model takes for one thing; None to go by
            ``settings.accept``.
    """
    settings = resolution.settings
    accepted = [
        link if decided is None else Link(link.left, link.right, link.score, "model")
        for link in resolution.doubtful
        if (link.score >= settings.accept if decided is None else (link.left, link.right) in decided)
    ]
    rarity = measure_rarity(resolution.mentions)
    return cluster(resolution.mentions, (*resolution.sure, *accepted), settings, rarity)


def measure_rarity(mentions: Iterable[Mention]) -> Rarity:
    """How much each word says: 1 for one in a single name, less for one in many."""
    names = {(parse_name(mention.name, mention.type).key) for mention in mentions}
    counts = Counter(token for name in names for token in set(name.split()))
    top = math.log(len(names) + 2)
    rates = {word: math.log((len(names) + 2) / count) / top for word, count in counts.items()}
    return lambda word: rates.get(word, 1.0)


def _link_values(mentions: Iterable[Mention]) -> Iterator[Link]:
    values: dict[tuple[str, str], list[Mention]] = defaultdict(list)
    for mention in mentions:
        if mention.type in VALUE_TYPES:
            values[mention.type, value_key(mention.type, mention.name)].append(mention)
    for group in values.values():
        yield from _chain(group)


def _link_equal(units: Iterable[_Unit]) -> Iterator[Link]:
    for unit in units:
        if not _needs_context(unit.name):
            yield from _chain(unit.mentions)


def _chain(group: Sequence[Mention]) -> Iterator[Link]:
    for one, other in pairwise(group):
        yield Link.of(one.key, other.key, 1.0, "name")


def _needs_context(name: Name) -> bool:
    """Whether the name alone does not say who is meant: a person by one name."""
    return name.type == "person" and len(name.tokens) == 1


def _link_documents(things: Sequence[Mention], rarity: Rarity) -> tuple[list[Link], set[str]]:
    """Links within documents, and the keys of the mentions that are short forms there."""
    documents: dict[str, list[Mention]] = defaultdict(list)
    for mention in things:
        documents[mention.doc_id].append(mention)
    links: list[Link] = []
    short: set[str] = set()
    for _, group in sorted(documents.items()):
        names = [parse_name(mention.name, mention.type) for mention in group]
        for one, other, score, is_short in link_within(names, rarity):
            links.append(Link.of(group[one].key, group[other].key, score, "string"))
            if is_short and score >= 0.9:
                short.add(group[one].key)
    return links, short


def _group(things: Iterable[Mention]) -> list[_Unit]:
    groups: dict[tuple[str, ...], list[Mention]] = defaultdict(list)
    for mention in things:
        name = parse_name(mention.name, mention.type)
        fields = sorted(f"{field}={value}" for field, value in mention.fields.items())
        groups[name.key, name.type, *fields].append(mention)
    return [
        _Unit(
            parse_name(group[0].name, group[0].type),
            tuple(group),
            frozenset(mention.doc_id for mention in group),
        )
        for _, group in sorted(groups.items())
    ]


def _link_units(units: Sequence[_Unit], settings: ResolveSettings, rarity: Rarity) -> Iterator[Link]:
    found: list[tuple[int, int, float]] = []
    for one, other in pair_names([unit.name for unit in units], settings.max_block).tolist():
        if not units[one].documents.isdisjoint(units[other].documents):
            continue  # what stands in one document was compared there
        score = _compare_units(units[one], units[other], rarity)
        if score >= settings.doubtful:
            found.append((one, other, score))
    only = _find_only_forms(units, found, rarity)
    for one, other, score in found:
        if (one, other) in only:
            score = max(score, min(score + _ONLY_FORM, _MOST_LIKELY))
        yield Link.of(units[one].key, units[other].key, score, "string")
    for unit in units:
        if _needs_context(unit.name):
            for left, right in pairwise(unit.mentions):
                yield Link.of(left.key, right.key, 0.7, "string")


def _find_only_forms(
    units: Sequence[_Unit], found: Iterable[tuple[int, int, float]], rarity: Rarity
) -> set[tuple[int, int]]:
    """Pairs of which one is a part of the other's name and of no other thing's name here."""
    fuller: dict[int, list[int]] = defaultdict(list)
    for one, other, _ in found:
        short, full = sorted((one, other), key=lambda place: len(units[place].name.tokens))
        if compare_short(units[short].name, units[full].name) >= _SHORT_FORM:
            fuller[short].append(full)
    return {
        (min(short, full), max(short, full))
        for short, fulls in fuller.items()
        if units[short].name.type in _SHORTENED
        and len(fulls) <= _MAX_FORMS
        and all(
            compare_names(units[one].name, units[other].name, rarity) >= _ONE_THING
            for one, other in combinations(fulls, 2)
        )
        for full in fulls
    }


def _compare_units(one: _Unit, other: _Unit, rarity: Rarity) -> float:
    if not are_compatible(one.name.type, other.name.type):
        same = one.name.key == other.name.key and are_near(one.name.type, other.name.type)
        return 0.85 if same else 0.0
    score = compare_names(one.name, other.name, rarity)
    if score and one.fields and other.fields:
        agreement = compare_fields(one.fields, other.fields)
        if agreement is not None:
            return 0.5 * score + 0.5 * agreement
    return score


def _weigh_context(
    links: Sequence[Link],
    known: Mapping[str, Mention],
    contexts: Mapping[str, str],
    settings: ResolveSettings,
    encode: Encode,
) -> Iterator[Link]:
    """The doubtful links, their scores moved by how alike the contexts are."""

    def is_told(link: Link) -> bool:
        """Whether both have a context, of different documents: names in one passage share theirs."""
        return (
            link.left in contexts
            and link.right in contexts
            and known[link.left].doc_id != known[link.right].doc_id
        )

    wanted: dict[str, None] = {}
    for link in sorted(links, key=lambda link: (-link.score, link.left, link.right)):
        if is_told(link):
            if len(wanted) + 2 > settings.max_embedded:
                break
            wanted |= {link.left: None, link.right: None}
    vectors = encode([contexts[key] for key in wanted])
    place = {key: row for row, key in enumerate(wanted)}
    for link in links:
        if is_told(link) and link.left in place and link.right in place:
            cosine = float(np.dot(vectors[place[link.left]], vectors[place[link.right]]))
            weight = settings.context_weight
            score = min(max(link.score + weight * (cosine - _USUAL_COSINE), 0.0), 1.0)
            yield Link(link.left, link.right, round(score, 4), "embedding")
        else:
            yield link
