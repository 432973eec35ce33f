"""Facts of nouns: "X is the capital of Y", "X, chairman of Y", "Y's brother X", "X, Alaska"."""

from collections.abc import Iterator

from spacy.tokens import Token

from longweave.kg.offline.fact import Fact
from longweave.kg.offline.mention import Mention
from longweave.kg.offline.places import read_brackets, read_place
from longweave.kg.offline.reading import Reading
from longweave.kg.offline.words import CLASSES, KIN, PARTS, PLAIN_WORDS, RELEASED, ROLES
from longweave.kg.records import VALUE_TYPES

_RANKS = ("vice", "deputy", "younger", "older", "eldest", "chief", "former", "founding", "honorary")
_QUOTES = ('"', "“", "”", "''", "``")


def read_nouns(reading: Reading) -> Iterator[Fact]:
    """The facts that nouns state."""
    for token in reading.sentence:
        if token.i in reading.same_as and reading.states(token):
            yield from _read_description(token, reading.same_as[token.i], reading)
        if token.dep_ == "poss":
            yield from _read_possessive(token, reading)
        mention = reading.by_root.get(token.i)
        if (
            mention is not None
            and mention.root == token.i
            and token.i in reading.inside
            and token.i not in reading.quoted
            and reading.is_told
        ):
            yield from _read_before(token, mention, reading)
            yield from read_place(token, mention, reading)
            yield from read_brackets(mention, reading)


def _read_description(noun: Token, owner: Mention, reading: Reading) -> Iterator[Fact]:
    """As in "is a Haitian singer", "is the capital of Y", "a 1986 film"."""
    phrase = _noun_phrase(noun)
    office = _find_office(noun, reading)
    if office is not None and owner.type == "person":
        yield Fact(owner, "is", office)
    if (
        noun.dep_ in ("attr", "appos", "conj")
        and noun.pos_ == "NOUN"
        and (
            _is_class(noun)
            or (owner.type == "person" and noun.lower_.endswith(_PERSONAL) and noun.lower_ not in ROLES)
        )
    ):
        name = _class_name(noun, reading)
        if name is not None:
            yield Fact(owner, "is a", name)
    for child in noun.children:
        inner = reading.inside.get(child.i)
        if (
            child.dep_ in ("amod", "compound", "nmod")
            and inner is not None
            and inner.type == "concept"
            and child.ent_type_ == "NORP"
        ):
            yield Fact(owner, "has nationality" if owner.type == "person" else "has origin", inner)
        if (
            child.dep_ in ("nummod", "compound", "amod", "nmod")
            and inner is not None
            and inner.type == "date"
            and noun.lower_ in RELEASED
        ):
            yield Fact(owner, "released in", inner)
        if (
            child.dep_ in ("compound", "nmod")
            and inner is not None
            and inner.root == child.i
            and noun.lower_ in ROLES
            and inner.type in ("organization", "place")
        ):
            yield Fact(owner, f"is {phrase} of", inner)
        if child.dep_ == "prep":
            yield from _read_prepositional(f"is {phrase}", child, owner, reading)


def _find_office(noun: Token, reading: Reading) -> Mention | None:
    """A capitalised role with its place: "Prime Minister of Fiji"."""
    if noun.lower_ not in ROLES or not noun.text[0].isupper() or noun.i + 2 >= reading.sentence.end:
        return None
    start = noun.i
    while start > reading.sentence.start and noun.doc[start - 1].text[0].isupper():
        if noun.doc[start - 1].head.i != noun.i or start - 1 in reading.inside:
            break
        start -= 1
    place = noun.i + (3 if noun.doc[noun.i + 2].lower_ == "the" else 2)
    of = reading.inside.get(place)
    if noun.doc[noun.i + 1].lower_ != "of" or of is None or of.type not in ("place", "organization"):
        return None
    span = noun.doc[start : of.end]
    return Mention(span.start, span.end, noun.i, span.text, "concept")


def _read_prepositional(
    relation: str, preposition: Token, owner: Mention, reading: Reading
) -> Iterator[Fact]:
    for pobj in preposition.children:
        if pobj.dep_ == "prep":
            yield from _read_prepositional(f"{relation} {preposition.lower_}", pobj, owner, reading)
        if pobj.dep_ != "pobj":
            continue
        for object_ in reading.all_at(pobj):
            if object_.type == "place" and preposition.lower_ in ("in", "at", "near", "on", "from"):
                for outer in reading.around(object_):
                    yield Fact(owner, f"{relation} in", outer)
            if (
                object_.type not in VALUE_TYPES
                and object_.root != owner.root
                and preposition.lower_
                not in (
                    "than",
                    "like",
                    "such",
                    "as",
                    "including",
                    "with",
                    "according",
                    "since",
                    "during",
                    "after",
                    "before",
                    "because",
                    "despite",
                    "under",
                )
            ):
                yield Fact(owner, f"{relation} {preposition.lower_}", object_)
        if (
            reading.at(pobj) is None
            and pobj.pos_ == "NOUN"
            and preposition.lower_ in ("of", "in", "on", "at")
        ):
            for inner in pobj.children:
                if inner.dep_ == "prep" and inner.lower_ in ("of", "in") and pobj.lower_ in PARTS:
                    yield from _read_prepositional(
                        f"{relation} {preposition.lower_} {_noun_phrase(pobj)}", inner, owner, reading
                    )


_PERSONAL = ("er", "or", "ist", "ian", "man", "woman", "ant", "person")


def _is_class(noun: Token) -> bool:
    return noun.lower_ in CLASSES or noun.lemma_.lower() in CLASSES


def _class_name(noun: Token, reading: Reading) -> Mention | None:
    """The class that a noun names, with the nouns before it: "ice hockey player"."""
    start = noun.i
    while start > reading.sentence.start:
        before = noun.doc[start - 1]
        is_part = before.head.i in range(start, noun.i + 1) and before.dep_ in ("compound", "amod", "nmod")
        if (
            not is_part
            or before.i in reading.inside
            or before.pos_ not in ("NOUN", "ADJ")
            or before.tag_ in ("JJS", "JJR")
        ):
            break
        start -= 1
    span = noun.doc[start : noun.i + 1]
    if noun.lower_ in KIN:
        return None
    hyphened = start > 1 and span[0].nbor(-1).text == "-" and not span[0].nbor(-1).whitespace_
    if hyphened:
        span = span[1:] if len(span) > 1 else noun.doc[start - 2 : noun.i + 1]
    while len(span) > 1 and span[0].pos_ == "ADJ" and span[0].lower_ in PLAIN_WORDS:
        span = span[1:]
    return Mention(span.start, span.end, noun.i, span.text, "concept")


def _read_possessive(token: Token, reading: Reading) -> Iterator[Fact]:
    """As in "Armenia's capital, Yerevan", "his brother Prince William"."""
    owner, noun = reading.by_root.get(token.i), token.head
    if owner is None or owner.type in VALUE_TYPES or noun.i in reading.quoted or not reading.is_told:
        return
    if noun.pos_ == "NOUN" and noun.i not in reading.inside and noun.lower_ in ROLES:
        bearer = reading.at(noun)
        if bearer is not None and bearer.root != owner.root and reading.states(noun):
            yield Fact(bearer, f"is {_noun_phrase(noun)} of", owner)
    if noun.lower_ in RELEASED and noun.i not in reading.inside and noun.tag_ == "NN":
        bearer = reading.at(noun)
        if (
            bearer is not None
            and bearer.type in ("work", "concept")
            and owner.type in ("person", "organization")
        ):
            yield Fact(bearer, f"is {noun.lower_} of", owner)
    named = reading.by_root.get(noun.i)
    if named is not None and noun.i in reading.inside and named.type not in VALUE_TYPES:
        roles = [part for part in noun.lefts if part.i > token.i and part.i not in reading.inside]
        role = roles[-1] if roles else None
        if role is not None and role.lower_ in ROLES and role.pos_ == "NOUN":
            yield Fact(named, f"is {_noun_phrase(role)} of", owner)
        elif role is not None and role.lower_ in RELEASED and named.type in ("work", "concept"):
            yield Fact(named, f"is {role.lower_} of", owner)
        elif named.type == "work" and owner.type in ("person", "organization"):
            yield Fact(named, "is work of", owner)
        elif named.type == "place" and owner.type == "place":
            yield Fact(named, "located in", owner)


def _read_before(token: Token, mention: Mention, reading: Reading) -> Iterator[Fact]:
    """As in "Eskom chairperson Ben Ngubane", "the French writer Huysmans", "the 1990 film Ghost"."""
    role = token.doc[mention.start - 1] if mention.start - 1 > reading.sentence.start else None
    if role is not None and role.text in _QUOTES and role.i > reading.sentence.start:
        role = role.nbor(-1)
    if role is None or role.pos_ != "NOUN" or role.i in reading.inside or role.tag_ == "NNS":
        return
    if not (role.head.i == token.i or role.i == token.head.i) or not (
        role.lower_ in ROLES or _is_class(role)
    ):
        return
    if _is_class(role) and CLASSES.get(role.lower_) == mention.type and (name := _class_name(role, reading)):
        yield Fact(mention, "is a", name)
    words = [role.lower_]
    index = role.i - 1
    while (
        index > reading.sentence.start
        and token.doc[index].pos_ in ("NOUN", "ADJ")
        and index not in reading.inside
    ):
        words.insert(0, token.doc[index].lower_)
        index -= 1
    before = reading.inside.get(index)
    if before is None or before.end != index + 1 or (not _is_class(role) and role.lower_ not in ROLES):
        return
    if before.type == "date" and role.lower_ in RELEASED and mention.type == "work":
        yield Fact(mention, "released in", before)
    elif token.doc[before.root].ent_type_ == "NORP" and before.type == "concept":
        yield Fact(mention, "has nationality" if mention.type == "person" else "has origin", before)
    elif (
        before.type in ("organization", "place", "work") and mention.type == "person" and role.lower_ in ROLES
    ):
        yield Fact(mention, f"is {' '.join(words)} of", before)


def _noun_phrase(noun: Token) -> str:
    """The noun with the nouns before it, and what makes it another role: "vice president"."""
    before = [
        child.lower_
        for child in noun.lefts
        if child.lower_ in _RANKS
        or (
            child.pos_ == "NOUN"
            and child.dep_ in ("compound", "amod", "nmod")
            and child.lower_ not in PLAIN_WORDS
        )
    ]
    return " ".join([*before, noun.lower_])
