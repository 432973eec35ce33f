"""What pronouns and "the film" stand for, where one antecedent is obvious; all others stand for nothing."""

from dataclasses import dataclass, field

from spacy.tokens import Span, Token

from longweave.kg.offline.mention import Mention
from longweave.kg.offline.names import Names
from longweave.kg.offline.words import CLASSES
from longweave.kg.records import VALUE_TYPES

_HE = frozenset(["he", "him", "his", "himself"])
_SHE = frozenset(["she", "her", "hers", "herself"])
_IT = frozenset(["it", "its", "itself"])
_SUBJECTS = ("nsubj", "nsubjpass")


@dataclass(slots=True)
class Referents:
    """What the sentences so far were about.

    ``persons`` and ``things`` are those that the last sentence named, ``focus`` is what its subject was;
    ``is_lost`` says that its subject was a pronoun for which nothing stands. ``stated_at`` is, by name, the
    offset of the sentence that last named it; ``genders`` are pronouns that a person has had.
    """

    names: Names
    persons: dict[str, Mention] = field(default_factory=dict)
    things: dict[str, Mention] = field(default_factory=dict)
    focus: Mention | None = None
    is_lost: bool = False
    stated_at: dict[str, int] = field(default_factory=dict)
    genders: dict[str, str] = field(default_factory=dict)


def find_referents(
    sentence: Span, mentions: list[Mention], referents: Referents, offset: int
) -> dict[int, Mention]:
    """The pronouns and definite nouns of ``sentence`` (token indices) with what they stand for.

    ``referents`` is brought up to the end of the sentence.
    """
    names = referents.names
    here = offset + sentence.start_char
    named = [mention for mention in mentions if mention.type not in VALUE_TYPES]
    persons = [
        mention
        for mention in named
        if names.full(mention)[1] == "person"
        and sentence.doc[mention.root].dep_ not in ("compound", "nmod", "amod")
    ]
    found: dict[int, Mention] = {}
    for token in sentence:
        mention = _refer(token, sentence, persons, named, referents)
        if mention is not None:
            stated = referents.stated_at.get(names.full(mention)[0], here)
            found[token.i] = names.typed(mention).standing(token.i, token.i + 1, token.i, stated)
    _remember(sentence, named, found, referents, here)
    return found


def _refer(
    token: Token, sentence: Span, persons: list[Mention], named: list[Mention], referents: Referents
) -> Mention | None:
    word = token.lower_
    if word in _HE | _SHE and token.pos_ == "PRON":
        return _agree(_find_person(token, persons, referents), "he" if word in _HE else "she", referents)
    if word in _IT and token.pos_ == "PRON":
        return _find_thing(token, sentence, named, referents)
    if word in CLASSES and _is_definite(token):
        return _find_class(word, referents)
    return None


def _find_person(token: Token, persons: list[Mention], referents: Referents) -> Mention | None:
    """The one person before the pronoun in its sentence, else the last sentence's subject or only person,
    else whom the document is about."""
    full = referents.names.full
    before = {full(mention)[0]: mention for mention in persons if mention.end <= token.i}
    if before:
        only = next(iter(before.values()))
        focus = referents.focus
        is_subject = token.doc[only.root].dep_ in _SUBJECTS
        alone = focus is None or full(focus)[1] != "person" or full(focus)[0] in before
        return only if len(before) == 1 and (is_subject or alone) else None
    if referents.focus is not None and full(referents.focus)[1] == "person":
        return referents.focus
    if len(referents.persons) == 1 and not referents.is_lost:
        return next(iter(referents.persons.values()))
    subject = referents.names.subject
    is_theirs = subject is not None and full(subject)[1] == "person" and not referents.persons
    return subject if is_theirs else None


def _agree(mention: Mention | None, gender: str, referents: Referents) -> Mention | None:
    """``mention``, unless it has been called by the other pronoun."""
    if mention is None:
        return None
    name = referents.names.full(mention)[0]
    return mention if referents.genders.setdefault(name, gender) == gender else None


def _find_thing(token: Token, sentence: Span, named: list[Mention], referents: Referents) -> Mention | None:
    """The subject of the sentence before "its", else that of the last sentence, else its only thing."""
    full = referents.names.full
    before = [m for m in named if m.end <= token.i and full(m)[1] not in ("person", "concept")]
    subjects = [m for m in before if token.doc[m.root].dep_ in _SUBJECTS]
    if before:
        if token.lower_ == "its" and len(subjects) == 1 and len({full(m)[0] for m in before}) == 1:
            return subjects[0]
        return None
    focus = referents.focus
    if focus is not None and full(focus)[1] != "person":
        return focus
    about = referents.names.subject
    if focus is None and not referents.things and about is not None and full(about)[1] != "person":
        return about
    return None


def _is_definite(token: Token) -> bool:
    """Whether the noun stands alone after "the" or "this"."""
    children = [child for child in token.children if child.dep_ not in ("punct", "cc", "conj", "case")]
    return len(children) == 1 and children[0].lower_ in ("the", "this") and token.dep_ != "attr"


def _find_class(word: str, referents: Referents) -> Mention | None:
    """The one thing that the text calls a ``word``: what the document is about, else what was named last."""
    names = referents.names
    bearers = sorted(name for name, nouns in names.classes.items() if word in nouns)
    about = names.subject
    if about is not None and names.full(about)[0] in bearers:
        return about
    if len(bearers) == 1:
        return referents.persons.get(bearers[0]) or referents.things.get(bearers[0])
    return None


def _remember(
    sentence: Span, named: list[Mention], found: dict[int, Mention], referents: Referents, here: int
) -> None:
    full = referents.names.full
    for mention in named:
        referents.stated_at[full(mention)[0]] = here
    everyone = [*named, *found.values()]
    referents.persons = {full(m)[0]: m for m in everyone if full(m)[1] == "person"}
    referents.things = {full(m)[0]: m for m in everyone if full(m)[1] not in ("person", "concept")}
    by_root = {mention.root: mention for mention in everyone}
    main = [child for child in sentence.root.children if child.dep_ in _SUBJECTS]
    referents.is_lost = bool(main) and main[0].pos_ == "PRON" and main[0].i not in found
    if main and not any(child.dep_ == "conj" for child in main[0].children):
        referents.focus = by_root.get(main[0].i)
    else:
        referents.focus = None
