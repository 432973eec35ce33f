"""Facts of verbs: who did what to whom, where and when, in main, relative and participle clauses."""

from collections.abc import Iterator
from itertools import pairwise

from spacy.tokens import Token

from longweave.kg.offline.fact import Fact
from longweave.kg.offline.mention import Mention
from longweave.kg.offline.reading import Reading, list_joined
from longweave.kg.offline.words import (
    BARE_PREPOSITIONS,
    GOING_ON,
    KIN,
    MADE,
    NAMING,
    PRODUCTIONS,
    SILENT_VERBS,
)
from longweave.kg.records import VALUE_TYPES

_SUBJECTS = ("nsubj", "nsubjpass")


def read_verbs(reading: Reading) -> Iterator[Fact]:
    """The facts that the verbs of a sentence state."""
    for token in reading.sentence:
        if (
            token.pos_ != "VERB"
            or not token.is_alpha
            or token.i in reading.inside
            or not reading.states(token)
        ):
            continue
        subjects, passive = _find_subjects(token, reading)
        subjects = [subject for subject in subjects if subject.type not in VALUE_TYPES]
        if subjects:
            yield from _read_clause(token, subjects, passive, reading)


def _find_subjects(verb: Token, reading: Reading) -> tuple[list[Mention], bool]:
    """The subjects of ``verb``, and whether it is in the passive."""
    for child in verb.children:
        if child.dep_ in _SUBJECTS:
            passive = child.dep_ == "nsubjpass"
            if child.tag_ in ("WDT", "WP"):
                return (reading.all_at(verb.head)[-1:] if verb.dep_ == "relcl" else []), passive
            return reading.all_at(child), passive
    if verb.dep_ == "acl" and verb.tag_ in ("VBN", "VBD", "VBG"):
        return _find_described(verb, reading), verb.tag_ != "VBG"
    if verb.dep_ == "conj" and verb.head.pos_ in ("VERB", "AUX"):
        subjects, passive = _find_subjects(verb.head, reading)
        own = any(child.dep_ == "auxpass" for child in verb.children)
        active = any(child.dep_ == "dobj" for child in verb.children) or verb.tag_ != "VBN"
        return subjects, own or (passive and not active)
    if verb.dep_ == "xcomp" and verb.head.lemma_ in GOING_ON and verb.head.pos_ == "VERB":
        return _find_subjects(verb.head, reading)[0], False
    if verb.dep_ == "advcl" and not any(child.dep_ == "mark" for child in verb.children):
        subjects, passive = _find_subjects(verb.head, reading)
        if verb.tag_ == "VBN":
            return subjects, True
        return (subjects, False) if verb.tag_ == "VBG" and not passive else ([], False)
    return ([], False) if verb.pos_ != "AUX" else (_copula_subjects(verb, reading), False)


def _copula_subjects(verb: Token, reading: Reading) -> list[Mention]:
    return [m for child in verb.children if child.dep_ == "nsubj" for m in reading.all_at(child)]


def _find_described(verb: Token, reading: Reading) -> list[Mention]:
    """What a participle describes: the noun before it, or the work whose maker that noun is."""
    noun = verb.head
    mention = reading.at(noun)
    if mention is None or verb.i < noun.i:
        return []
    if verb.lemma_ in PRODUCTIONS and mention.type in ("person", "organization", "place"):
        first = noun
        while first.dep_ == "conj" and first.head.i < first.i:
            first = first.head
        if first.dep_ == "pobj" and first.head.lower_ == "by":
            maker = first.head.head
            if maker.pos_ == "VERB":
                return _find_subjects(maker, reading)[0]
            work = reading.at(maker)
            return [] if work is None else [work]
        return [] if mention.type != "organization" else [mention]
    return [mention]


def _read_clause(verb: Token, subjects: list[Mention], passive: bool, reading: Reading) -> Iterator[Fact]:
    word = _verb_phrase(verb)
    if word is None:
        return
    time = _find_time(verb, reading)
    objects = [child for child in verb.children if child.dep_ in ("dobj", "attr", "oprd")]
    for child in objects:
        if verb.lemma_ in NAMING or (
            verb.lemma_ in SILENT_VERBS and verb.lemma_ not in ("become", "include")
        ):
            continue
        relation = f"was {word}" if passive else word
        for object_ in reading.all_at(child):
            if object_.type == "number" and child.dep_ != "dobj":
                continue
            yield from _join(subjects, relation, object_, time)
            is_made = verb.lemma_ in MADE and object_.type not in ("person", *VALUE_TYPES)
            if time is not None and is_made and (participle := _find_participle(verb)) is not None:
                yield Fact(object_, f"{participle} in", time)
    noun = objects[0] if len(objects) == 1 and reading.at(objects[0]) is None else None
    yield from _read_prepositions(verb, word, subjects, passive, noun, bool(objects), time, reading)


def _read_prepositions(
    verb: Token,
    word: str,
    subjects: list[Mention],
    passive: bool,
    noun: Token | None,
    has_object: bool,
    time: Mention | None,
    reading: Reading,
) -> Iterator[Fact]:
    """Facts of "released by", "born in", "obtained doctorate from"."""
    places = [child for child in verb.children if child.dep_ in ("prep", "agent")]
    for preposition in list(places):
        for pobj in preposition.children:
            date = reading.by_root.get(pobj.i)
            if date is not None and date.type == "date":  # what follows a date belongs to the verb
                places += [child for child in pobj.children if child.dep_ in ("prep", "agent")]
    for preposition in _with_conjuncts(places):
        for relation, pobj in _complete(word, preposition):
            for object_ in reading.all_at(pobj):
                if object_.type == "number" or preposition.lower_ in BARE_PREPOSITIONS:
                    continue
                if object_.type == "date":
                    if preposition.lower_ in ("in", "on", "since") and (passive or not has_object):
                        yield from _join(subjects, relation, object_, None)
                elif preposition.lower_ == "by" and not passive:
                    continue
                elif noun is None and not has_object:
                    yield from _join(subjects, relation, object_, time)
                    if object_.type == "place" and preposition.lower_ in ("in", "at", "near"):
                        for outer in reading.around(object_):
                            yield from _join(subjects, f"{word} in", outer, time)
                elif noun is not None and not _is_vague(noun, reading):
                    full = f"{word} {_noun_phrase(noun)} {relation.removeprefix(word).strip()}"
                    yield from _join(subjects, full, object_, time)
    if noun is not None and not _is_vague(noun, reading):
        for preposition in noun.children:
            if preposition.dep_ != "prep" or preposition.lower_ in BARE_PREPOSITIONS:
                continue
            for pobj in preposition.children:
                for object_ in reading.all_at(pobj) if pobj.dep_ == "pobj" else []:
                    if object_.type not in VALUE_TYPES:
                        relation = f"{word} {_noun_phrase(noun)} {preposition.lower_}"
                        yield from _join(subjects, relation, object_, time)


def _complete(word: str, preposition: Token) -> Iterator[tuple[str, Token]]:
    """The relation with each noun that ``preposition`` governs; "as president of" goes on to its "of"."""
    for pobj in preposition.children:
        if pobj.dep_ == "prep":
            yield from _complete(f"{word} {preposition.lower_}", pobj)
        if pobj.dep_ != "pobj":
            continue
        yield f"{word} {preposition.lower_}", pobj
        if preposition.lower_ in ("as", "for", "at", "in", "to", "by") and pobj.pos_ in ("NOUN", "PROPN"):
            noun = _noun_phrase(pobj)
            if preposition.lower_ != "as" and pobj.lower_ in KIN:
                continue
            for inner in pobj.children:
                if inner.dep_ == "prep" and inner.lower_ in ("of", "for", "at", "in") and pobj.pos_ == "NOUN":
                    for place in inner.children:
                        if place.dep_ == "pobj":
                            yield f"{word} {preposition.lower_} {noun} {inner.lower_}", place


def _join(subjects: list[Mention], relation: str, object_: Mention, time: Mention | None) -> Iterator[Fact]:
    words = relation.split()
    if any(left == right for left, right in pairwise(words)):
        return
    stated = None if time is None or object_.type == "date" else time
    for subject in subjects:
        if subject.root != object_.root:
            yield Fact(subject, relation, object_, stated)


def _find_time(verb: Token, reading: Reading) -> Mention | None:
    """The one date of the clause."""
    dates = []
    for child in verb.children:
        if child.dep_ in ("npadvmod", "tmod") and child.i in reading.by_root:
            dates.append(reading.by_root[child.i])
        if child.dep_ == "prep" and child.lower_ in ("in", "on", "since", "by", "during"):
            dates.extend(reading.by_root[p.i] for p in child.children if p.i in reading.by_root)
        if child.dep_ == "dobj" or child.dep_ == "prep":
            for part in child.subtree:
                if (
                    part.dep_ == "prep"
                    and part.lower_ in ("in", "on")
                    and part.head in (child, *child.children)
                ):
                    dates.extend(reading.by_root[p.i] for p in part.children if p.i in reading.by_root)
    dates = [date for date in dict.fromkeys(dates) if date.type == "date"]
    return dates[0] if len(dates) == 1 else None


def _verb_phrase(verb: Token) -> str | None:
    """The verb with its particle: "took over"; None for verbs that state nothing without their object."""
    if verb.lemma_ in ("say", "tell", "ask", "think", "believe", "claim"):
        return None
    particle = [child.lower_ for child in verb.children if child.dep_ == "prt"]
    return " ".join([verb.lower_, *particle])


def _find_participle(verb: Token) -> str | None:
    """The past participle, where the form in the text gives it."""
    if verb.tag_ == "VBN" or verb.lower_.endswith("ed"):
        return verb.lower_
    return {"wrote": "written", "built": "built", "won": "won"}.get(verb.lower_)


def _is_vague(noun: Token, reading: Reading) -> bool:
    """Whether a noun between verb and preposition is unfit for a relation phrase."""
    return (
        noun.pos_ != "NOUN"
        or any(child.dep_ in ("relcl", "neg", "poss") and child.dep_ != "poss" for child in noun.children)
        or any(child.lower_ in ("no", "any", "every", "each", "some") for child in noun.children)
    )


def _noun_phrase(noun: Token) -> str:
    """The noun with the nouns before it: "record deal"."""
    before = [child.lower_ for child in noun.lefts if child.dep_ in ("compound",) and child.pos_ == "NOUN"]
    return " ".join([*before, noun.lower_])


def _with_conjuncts(prepositions: list[Token]) -> list[Token]:
    return [part for preposition in prepositions for part in list_joined(preposition)]
