"""The offline extractor: what a chunk of a document states, as typed triples, by grammar alone.

In: a document and a range of its text. Out: triples whose quote is the verbatim sentence that states
them, together with the sentences before it from the one that holds the name, where a pronoun stands for
it. Tuned for precision: what is denied, supposed, asked, quoted or reported is left out, and so is a
pronoun with more than one candidate. The same chunk gives the same triples.
"""

from collections.abc import Iterable, Iterator

from spacy.tokens import Doc, Span

from longweave.kg.offline.fact import Fact
from longweave.kg.offline.mention import Mention
from longweave.kg.offline.names import Names, read_names
from longweave.kg.offline.nouns import read_nouns
from longweave.kg.offline.parse import parse_prose
from longweave.kg.offline.reading import Reading
from longweave.kg.offline.refer import Referents, find_referents
from longweave.kg.offline.things import find_mentions, plain_title
from longweave.kg.offline.verbs import read_verbs
from longweave.kg.offline.words import CLASSES
from longweave.kg.records import Triple
from longweave.synth.records import Document, Evidence

OFFLINE = "spacy"
"""The name of this extractor in a triple."""

_LONGEST_EVIDENCE = 400
_LONGEST_NAME = 90


def extract_offline(document: Document, start: int, end: int) -> list[Triple]:
    """The triples that ``document.text[start:end]`` states, in the order of the text, each once.

    ``triple.evidence.quote == document.text[evidence.start:evidence.end]`` always holds.
    """
    parsed = list(parse_prose(document.text, start, end, plain_title(document.title)))
    read = [(block, offset, find_mentions(block, document.title)) for offset, block in parsed]
    names = read_names(document.title, [(block, mentions) for block, _, mentions in read])
    referents = Referents(names)
    triples: dict[tuple[str, str, str], Triple] = {}
    for block, offset, mentions in read:
        for triple in _read_block(document, block, offset, mentions, names, referents):
            said = (triple.subject, triple.relation, triple.object)
            if said not in triples or (triple.time and not triples[said].time):
                triples[said] = triple
    return list(triples.values())


def _read_block(
    document: Document, block: Doc, offset: int, mentions: list[Mention], names: Names, referents: Referents
) -> Iterator[Triple]:
    for sentence in block.sents:
        own = [names.typed(mention) for mention in mentions if sentence.start <= mention.start < sentence.end]
        stands_for = find_referents(sentence, own, referents, offset)
        reading = Reading.of(sentence, own, stands_for)
        facts: Iterable[Fact] = (*read_verbs(reading), *read_nouns(reading))
        for fact in facts:
            triple = _prove(document, fact, sentence, offset, names, referents)
            if triple is not None:
                yield triple


def _prove(
    document: Document, fact: Fact, sentence: Span, offset: int, names: Names, referents: Referents
) -> Triple | None:
    """The triple of ``fact`` with its quote; None where it says nothing."""
    subject, object_ = names.full(fact.subject), names.full(fact.object)
    if not _is_sound(subject) or not _is_sound(object_) or subject[0].casefold() == object_[0].casefold():
        return None
    start, end = _trim(document.text, offset + sentence.start_char, offset + sentence.end_char)
    named = min((m.stated_at for m in (fact.subject, fact.object) if m.stated_at is not None), default=start)
    if end - named <= _LONGEST_EVIDENCE:
        start = min(start, named)
    evidence = Evidence.of(document, start, end)
    time = "" if fact.time is None else names.full(fact.time)[0]
    return Triple.of(subject, fact.relation, object_, evidence, OFFLINE, time)


def _is_sound(thing: tuple[str, str]) -> bool:
    """Whether a name is one: it has letters or is a value, is not too long, and is no class of things."""
    name, kind = thing
    if not name or len(name) > _LONGEST_NAME or not any(letter.isalnum() for letter in name):
        return False
    return kind in ("date", "number", "concept") or name.casefold() not in CLASSES


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
