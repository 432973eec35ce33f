"""Mentions of one thing find each other: within their documents first, then across.

In: mentions, in any order. Out: ``Resolution``: pairs that are surely one thing, and pairs that are doubtful,
for a model or a threshold to decide (``settle``).
"""

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise, product

from longweave.kg.records import VALUE_TYPES
from longweave.kg.resolve.blocks import pair_names
from longweave.kg.resolve.clusters import Clusters, cluster
from longweave.kg.resolve.compare import compare_mentions
from longweave.kg.resolve.contexts import weigh_contexts
from longweave.kg.resolve.groups import find_root
from longweave.kg.resolve.likeness import Rarity, compare_names, compare_short
from longweave.kg.resolve.links import Link
from longweave.kg.resolve.local import link_within
from longweave.kg.resolve.mentions import Mention
from longweave.kg.resolve.names import Name, parse_name
from longweave.kg.resolve.namesakes import Company, link_namesakes, may_be_namesakes
from longweave.kg.resolve.settings import ResolveSettings
from longweave.kg.resolve.values import stands_alone, value_key
from longweave.synth.embedding import Encode

_ONLY_FORM = 0.15
_MOST_LIKELY = 0.88  # another thing of that short form may stand in documents that are not here
_SHORTENED = ("person", "organization", "")
_SHORT_FORM = 0.6
_MAX_FORMS = 6
_MOST_HEADS = 4
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
    """Mentions across ``documents`` that have one name, one type and, unless they may be namesakes, the same
    fields. ``heads`` are one mention of each of those that are surely one."""

    name: Name
    heads: tuple[Mention, ...]
    documents: frozenset[str]


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
    units, equal = _read_units((mention for mention in things if mention.key not in short), Company(ordered))
    across = [*equal, *_link_units(units, settings, rarity)]
    doubtful = [link for link in (*within, *across) if settings.doubtful <= link.score < settings.sure]
    sure = [link for link in (*within, *across) if link.score >= settings.sure]
    return Resolution(
        ordered,
        tuple(sorted({*_link_values(ordered), *sure})),
        tuple(sorted(weigh_contexts(doubtful, known, settings, encode))),
        settings,
    )


def settle(resolution: Resolution, decided: Collection[tuple[str, str]] | None = None) -> Clusters:
    """The clusters.

    Args:
        resolution: Of ``resolve``.
        decided: The doubtful pairs (left, right) that a model takes for one thing; None to go by
            ``settings.accept``.
    """
    known, rarity = resolution, measure_rarity(resolution.mentions)
    return cluster(known.mentions, known.sure, known.doubtful, decided, known.settings, rarity)


def measure_rarity(mentions: Iterable[Mention]) -> Rarity:
    """How much each word says: 1 for one in a single name, less for one in many."""
    names = {(parse_name(mention.name, mention.type).key) for mention in mentions}
    counts = Counter(token for name in names for token in set(name.split()))
    top = math.log(len(names) + 2)
    rates = {word: math.log((len(names) + 2) / count) / top for word, count in counts.items()}
    return lambda word: rates.get(word, 1.0)


def _link_values(mentions: Iterable[Mention]) -> Iterator[Link]:
    values: dict[tuple[str, str, str], list[Mention]] = defaultdict(list)
    for mention in mentions:
        if mention.type in VALUE_TYPES:
            scope = "" if stands_alone(mention.type, mention.name) else mention.doc_id
            values[mention.type, value_key(mention.type, mention.name), scope].append(mention)
    for group in values.values():
        yield from _chain(group)


def _chain(group: Sequence[Mention]) -> Iterator[Link]:
    for one, other in pairwise(group):
        yield Link.of(one.key, other.key, 1.0, "name")


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


def _read_units(things: Iterable[Mention], company: Company) -> tuple[list[_Unit], list[Link]]:
    """The units, sorted by name and type, and the links within them."""
    groups: dict[tuple[str, ...], list[Mention]] = defaultdict(list)
    for mention in things:
        name = parse_name(mention.name, mention.type)
        fields = () if may_be_namesakes(name) else sorted(mention.fields.items())
        groups[name.key, name.type, *(f"{field}={value}" for field, value in fields)].append(mention)
    units: list[_Unit] = []
    links: list[Link] = []
    for _, group in sorted(groups.items()):
        name = parse_name(group[0].name, group[0].type)
        within = list(link_namesakes(group, company) if may_be_namesakes(name) else _chain(group))
        links += within
        heads = _pick_heads(group, within)
        units.append(_Unit(name, heads, frozenset(mention.doc_id for mention in group)))
    return units, links


def _pick_heads(group: Sequence[Mention], links: Iterable[Link]) -> tuple[Mention, ...]:
    """The first of each of those that ``links`` of score 1 make one, up to ``_MOST_HEADS``."""
    parents = {mention.key: mention.key for mention in group}
    for link in links:
        if link.score == 1:
            left, right = sorted((find_root(parents, link.left), find_root(parents, link.right)))
            parents[right] = left
    return tuple(mention for mention in group if parents[mention.key] == mention.key)[:_MOST_HEADS]


def _link_units(units: Sequence[_Unit], settings: ResolveSettings, rarity: Rarity) -> Iterator[Link]:
    found: list[tuple[int, int, float]] = []
    for one, other in pair_names([unit.name for unit in units], settings.max_block).tolist():
        if not units[one].documents.isdisjoint(units[other].documents):
            continue  # what stands in one document was compared there
        score = max(
            compare_mentions(left, right, rarity)
            for left, right in product(units[one].heads, units[other].heads)
        )
        if score >= settings.doubtful:
            found.append((one, other, score))
    only = _find_only_forms(units, found, rarity)
    for one, other, _ in found:
        for left, right in product(units[one].heads, units[other].heads):
            score = compare_mentions(left, right, rarity)
            if (one, other) in only:
                score = max(score, min(score + _ONLY_FORM, _MOST_LIKELY))
            yield Link.of(left.key, right.key, score, "string")


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
