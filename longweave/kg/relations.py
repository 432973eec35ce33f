"""Relation phrases become canonical ones with a direction, and triples become edges.

In: triples. Out: for each phrase with the types of its subject and object, the canonical phrase and whether
it is read the other way round: "was founded by" is "founded", flipped. Phrases are one relation if their
words are the same after rules for tense and voice, or if they mean nearly the same, join the same types, and
hold no opposite words.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from longweave.kg.leaders import follow_leaders
from longweave.kg.records import VALUE_TYPES, Edge, Triple
from longweave.kg.relation_words import INVERSES, OPPOSITES, SYNONYMS, lemma_of
from longweave.kg.resolve.mentions import mention_key
from longweave.synth.embedding import Encode
from longweave.synth.records import content_id

Signature = tuple[str, str, str]
"""Phrase, type of the subject, type of the object."""
Canon = Mapping[Signature, tuple[str, bool]]

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")
_BE = frozenset({"be", "get"})
_DROPPED = frozenset({"the", "a", "an", "its", "his", "her", "their", "also", "currently", "later", "then"})
_HAVE = frozenset({"have", "will", "would"})
_PREPOSITIONS = frozenset(
    {"of", "in", "at", "on", "by", "to", "for", "from", "with", "as", "be", "into", "over"}
)
_NEGATIONS = frozenset({"not", "never", "no", "n't", "without"})
_STRICT = 0.88


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase by rule: its lemmas, and whether subject and object are exchanged against them."""

    lemmas: tuple[str, ...]
    flipped: bool

    @property
    def text(self) -> str:
        """The lemmas, joined."""
        return " ".join(self.lemmas)


def canonical_relations(triples: Iterable[Triple], encode: Encode) -> Canon:
    """The canonical phrase of each phrase and types, and whether it is read the other way round.

    The canonical phrase of a cluster is its commonest one that is not flipped against it; where all are, the
    commonest of them, and none is read the other way round.
    """
    counts: Counter[Signature] = Counter(
        (triple.relation, triple.subject_type, triple.object_type) for triple in triples
    )
    rules = {signature: read_phrase(signature[0], signature[2]) for signature in sorted(counts)}
    groups: dict[tuple[str, str, str], list[Signature]] = defaultdict(list)
    for signature, phrase in rules.items():
        subject, object_ = signature[1], signature[2]
        ends = (object_, subject) if phrase.flipped else (subject, object_)
        groups[phrase.text, *ends].append(signature)
    roots = _join_similar(sorted(groups), _weigh(groups, counts), encode)
    straight: dict[str, Counter[str]] = defaultdict(Counter)
    inverse: dict[str, Counter[str]] = defaultdict(Counter)
    for group, members in groups.items():
        for signature in members:
            clusters = inverse if rules[signature].flipped else straight
            clusters[roots[group]][" ".join(signature[0].split())] += counts[signature]
    names = {root: _commonest(straight[root] or inverse[root]) for root in sorted(set(roots.values()))}
    return {
        signature: (names[roots[group]], bool(straight[roots[group]]) == rules[signature].flipped)
        for group, members in sorted(groups.items())
        for signature in members
    }


def _commonest(found: Mapping[str, int]) -> str:
    return min(found, key=lambda text: (-found[text], text))


def build_edges(triples: Iterable[Triple], node_of: Mapping[str, str], canon: Canon) -> list[Edge]:
    """The edges, sorted by id: one for each head, canonical relation and tail.

    Args:
        triples: In any order; the same triple twice counts once.
        node_of: Node id of each mention key.
        canon: Of ``canonical_relations`` over these triples.

    A triple whose two ends are one node states nothing between two things and makes no edge.
    """
    found: dict[tuple[str, str, str], dict[str, str]] = defaultdict(dict)
    for triple in triples:
        head = node_of[mention_key(triple.doc_id, triple.subject, triple.subject_type)]
        tail = node_of[mention_key(triple.doc_id, triple.object, triple.object_type)]
        relation, flipped = canon[triple.relation, triple.subject_type, triple.object_type]
        if head != tail:
            ends = (tail, relation, head) if flipped else (head, relation, tail)
            found[ends][triple.triple_id] = triple.doc_id
    edges = [
        Edge(
            edge_id=content_id("edge", *ends),
            head=ends[0],
            relation=ends[1],
            tail=ends[2],
            triple_ids=sorted(stated),
            doc_ids=sorted(set(stated.values())),
        )
        for ends, stated in found.items()
    ]
    return sorted(edges, key=lambda edge: edge.edge_id)


def read_phrase(text: str, object_type: str = "") -> Phrase:
    """The phrase without tense, articles and voice.

    The passive with "by" is the active, exchanged ("increased by" an amount is no passive); "has subsidiary"
    is "subsidiary of", exchanged; so are the phrases of ``INVERSES``.
    """
    words = [word.casefold() for word in _WORD.findall(text)]
    lemmas = [lemma_of(word) for word in words]
    kept = [at for at, lemma in enumerate(lemmas) if lemma not in _DROPPED]
    flipped = False
    if (
        len(kept) > 1
        and words[kept[-1]] == "by"
        and object_type not in VALUE_TYPES
        and _is_participle(words, lemmas, kept)
    ):
        kept, flipped = kept[:-1], True
    of: list[str] = []
    if (
        not flipped  # "had its books audited by" is "audited books of", exchanged once
        and len(kept) > 1
        and lemmas[kept[0]] == "have"
        and not _is_verb_group(words, lemmas, kept)
    ):
        kept, flipped, of = kept[1:], not flipped, ["of"]
    kept = [at for at in kept if lemmas[at] not in _HAVE] or kept
    if len(kept) > 1 and lemmas[kept[0]] in _BE:
        kept = kept[1:]
    plain = " ".join([lemmas[at] for at in kept] + of)
    plain = SYNONYMS.get(plain, plain)
    if plain in INVERSES:
        plain, flipped = INVERSES[plain], not flipped
    return Phrase(tuple(plain.split()) or (text.casefold().strip(),), flipped)


def _is_verb_group(words: Sequence[str], lemmas: Sequence[str], kept: Sequence[int]) -> bool:
    """Whether "have" helps a verb ("has written") or has what a preposition hangs on ("has offices in")."""
    rest = kept[1:]
    return (words[rest[0]] != lemmas[rest[0]] and not words[rest[0]].endswith("s")) or any(
        lemmas[at] in _PREPOSITIONS for at in rest
    )


def _is_participle(words: Sequence[str], lemmas: Sequence[str], kept: Sequence[int]) -> bool:
    """Whether the word before "by" is a verb's participle."""
    at = kept[-2]
    return words[at].endswith(("ed", "en", "wn", "ne")) or (
        words[at] != lemmas[at] and not words[at].endswith("s")
    )


def _weigh(
    groups: Mapping[tuple[str, str, str], Sequence[Signature]], counts: Mapping[Signature, int]
) -> dict[tuple[str, str, str], int]:
    """How many triples each group has."""
    return {group: sum(counts[signature] for signature in members) for group, members in groups.items()}


def _join_similar(
    groups: Sequence[tuple[str, str, str]], weights: Mapping[tuple[str, str, str], int], encode: Encode
) -> dict[tuple[str, str, str], str]:
    """The text of the cluster of each group: its own or that of a commoner group of nearly its meaning.

    Only groups of the same types are compared, the commonest first; each joins the most similar of those that
    stand for themselves, so that nothing chains.
    """
    texts = sorted({text for text, _, _ in groups})
    vectors = encode(texts)
    place = {text: number for number, text in enumerate(texts)}
    kinds: dict[tuple[str, ...], list[tuple[str, str, str]]] = defaultdict(list)
    for group in sorted(groups, key=lambda group: (-weights[group], group)):
        kinds[group[1:]].append(group)
    roots: dict[tuple[str, str, str], str] = {}
    for kind in kinds.values():
        said = [group[0] for group in kind]
        leaders = follow_leaders(vectors[[place[text] for text in said]], _STRICT, partial(_oppose, said))
        roots |= {group: "|".join(kind[leader]) for group, leader in zip(kind, leaders, strict=True)}
    return roots


def _oppose(said: Sequence[str], one: int, other: int) -> bool:
    return are_opposite(said[one], said[other])


def are_opposite(left: str, right: str) -> bool:
    """Whether one phrase has a word that the other denies: a negation, an opposite, another preposition or
    another number."""
    ours, theirs = set(left.split()), set(right.split())
    only_ours, only_theirs = ours - theirs, theirs - ours
    if bool(ours & _NEGATIONS) != bool(theirs & _NEGATIONS):
        return True
    if any(word.isdigit() for word in only_ours | only_theirs):
        return True
    families = dict(OPPOSITES[word] for word in sorted(only_ours) if word in OPPOSITES)
    others = [OPPOSITES[word] for word in sorted(only_theirs) if word in OPPOSITES]
    return any(families.get(family, member) != member for family, member in others)
