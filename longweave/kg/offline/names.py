"""Names made whole: each mention by the fullest name and the best-founded type that the chunk gives it."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from spacy.tokens import Doc, Token

from longweave.kg.offline.mention import Mention
from longweave.kg.offline.things import plain_title
from longweave.kg.offline.words import AGENTS, BY, CLASSES, PATIENTS, TITLES
from longweave.kg.records import VALUE_TYPES, EntityType


@dataclass(frozen=True, slots=True)
class Names:
    """``types`` by name, ``whole`` by short name; ``subject`` is what the document is about, if it is named.
    ``classes`` are the head nouns that the text gives a name ("film")."""

    types: dict[str, EntityType]
    whole: dict[str, str]
    classes: dict[str, frozenset[str]]
    subject: Mention | None

    def typed(self, mention: Mention) -> Mention:
        """``mention`` with the type that its name has in the whole chunk."""
        return replace(mention, type=self.full(mention)[1])

    def full(self, mention: Mention) -> tuple[str, EntityType]:
        """The name and type under which ``mention`` goes into a triple."""
        if mention.type in VALUE_TYPES:
            return mention.name, mention.type
        name = self.whole.get(mention.name, mention.name)
        return name, self.types.get(name, mention.type)


def read_names(title: str, blocks: Sequence[tuple[Doc, list[Mention]]]) -> Names:
    """What the names of a chunk stand for."""
    votes: dict[str, Counter[EntityType]] = defaultdict(Counter)
    classes: dict[str, set[str]] = defaultdict(set)
    for block, mentions in blocks:
        roots = {mention.root: mention for mention in mentions}
        for mention in mentions:
            if mention.type not in VALUE_TYPES:
                votes[mention.name][mention.type] += (
                    2 if mention.sure else 1 if mention.type != "concept" else 0
                )
        for mention in mentions:
            if mention.start and block[mention.start - 1].text in TITLES - {"-"}:
                votes[mention.name]["person"] += 3
            if _is_born(block, mention):
                votes[mention.name]["person"] += 7
        for mention in mentions:
            if mention.type not in VALUE_TYPES and (kind := _read_verb(block[mention.root])) is not None:
                votes[mention.name][kind] += 3
        for name, noun in _read_classes(block, roots):
            classes[name].add(noun)
            votes[name][CLASSES[noun]] += 7
    subject = _find_subject(title, blocks, classes, votes)
    whole = _find_whole(votes, blocks)
    for short, long in whole.items():
        votes[long].update(votes[short])
    types: dict[str, EntityType] = {
        name: max(sorted(counts), key=lambda kind, counts=counts: counts[kind])  # type: ignore[misc]
        for name, counts in votes.items()
        if any(counts.values())
    }
    return Names(types, whole, {name: frozenset(nouns) for name, nouns in classes.items()}, subject)


def _read_classes(block: Doc, roots: dict[int, Mention]) -> Iterable[tuple[str, str]]:
    """Names with the class noun that a copula or an apposition gives them."""
    for token in block:
        noun = token.lower_ if token.lower_ in CLASSES else token.lemma_.lower()
        if noun not in CLASSES or token.i in roots:
            continue
        if token.dep_ == "attr" and token.head.lemma_ == "be":
            named = [child for child in token.head.children if child.dep_ == "nsubj"]
        elif token.dep_ == "appos":
            named = [token.head]
        else:
            named = [child for child in token.children if child.dep_ == "appos"]
        for child in named:
            if child.i in roots and _is_single(child) and roots[child.i].type not in VALUE_TYPES:
                yield roots[child.i].name, noun


def _read_verb(root: Token) -> EntityType | None:
    """What the verb that governs a name says about it."""
    if root.dep_ in ("nsubjpass", "dobj"):
        return PATIENTS.get(root.head.lemma_) if root.dep_ == "nsubjpass" else None
    if root.dep_ == "nsubj":
        return AGENTS.get(root.head.lemma_)
    if root.dep_ == "pobj" and root.head.dep_ == "agent":
        return BY.get(root.head.head.lemma_)
    return None


def _is_born(block: Doc, mention: Mention) -> bool:
    """Whether the text tells of a birth or a life span: it speaks of a person."""
    after = block[mention.end : mention.end + 8]
    if len(after) and after[0].text == "(" and mention.type not in VALUE_TYPES:
        inner = after.text.partition(")")[0]
        dates = re.findall(r"[A-Z][a-z]+ \d{1,2}, \d{4}|\d{1,2} [A-Z][a-z]+ \d{4}", inner)
        if re.search(r"\bborn\b", inner) or (dates and re.search(r"[–—-]", inner)):
            return True
    root = block[mention.root]
    return root.dep_ == "nsubjpass" and root.head.lower_ == "born"


def _is_single(token: Token) -> bool:
    return not any(child.dep_ == "conj" for child in token.children)


def _find_subject(
    title: str,
    blocks: Sequence[tuple[Doc, list[Mention]]],
    classes: dict[str, set[str]],
    votes: dict[str, Counter[EntityType]],
) -> Mention | None:
    """The thing that the document is named after, by its name in the text."""
    name = plain_title(title)
    for _, mentions in blocks:
        for mention in mentions:
            if mention.name.casefold() == name.casefold():
                return mention
    return None


def _find_whole(
    votes: dict[str, Counter[EntityType]], blocks: Sequence[tuple[Doc, list[Mention]]]
) -> dict[str, str]:
    """Surnames and bracketed short forms with the one longer name that they stand for."""
    whole: dict[str, str] = {}
    by_last: dict[str, set[str]] = defaultdict(set)
    for name, counts in votes.items():
        words = name.split()
        if len(words) > 1 and counts["person"] and counts["person"] == max(counts.values()):
            by_last[words[-1]].add(name)
    for name, counts in votes.items():
        longer = by_last.get(name, set())
        if len(longer) == 1 and not counts["place"]:
            whole[name] = next(iter(longer))
    for block, mentions in blocks:
        by_start = {mention.start: mention for mention in mentions}
        for mention in mentions:
            after = block[mention.end] if mention.end < len(block) else None
            short = by_start.get(mention.end + 1)
            if (
                after is not None
                and after.text == "("
                and short is not None
                and _abbreviates(short.name, mention.name)
            ):
                whole.setdefault(short.name, mention.name)
    return whole


def _abbreviates(short: str, name: str) -> bool:
    letters = "".join(word[0] for word in name.replace("-", " ").split() if word[0].isupper())
    return len(short) > 1 and short.isupper() and short == letters
