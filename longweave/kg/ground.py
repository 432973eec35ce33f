"""Statements to triples: a fact counts only if the document says it, in the words that are quoted.

In: a ``Statement`` and its document. Out: a ``Triple`` whose evidence is verbatim, or ``Dropped``:

- ``quote_not_found``: the quote is not in the chunk, white space and typographic marks aside,
- ``quote_too_long``, ``name_too_long``, ``unknown_type``: it is not what was asked for,
- ``no_name``: subject or object is a pronoun, or has no letter or digit,
- ``object_not_in_quote``, ``subject_not_in_text``: the quote does not name the object, or neither the chunk
  nor the title the subject,
- ``value_as_subject``, ``same_thing``, ``relation_says_nothing``: it is no fact about two things.
"""

import re
from typing import cast

from longweave.kg.mentions import PRONOUNS, is_joined, is_named, is_short
from longweave.kg.records import TYPES, VALUE_TYPES, EntityType, Statement, Triple
from longweave.kg.resolve.values import SCALES
from longweave.kg.spelling import SMALL, carrying_words, fold, words_of
from longweave.kg.subjects import Passage, names_partly
from longweave.kg.values import read_date
from longweave.synth.quotes import find_quote as find_quote
from longweave.synth.records import Document, Dropped, Evidence

_LONGEST_QUOTE, _LONGEST_NAME = 400, 160
_STAND_IN_WORDS = "company corporation registrant nation country president author authors speaker"
_STAND_INS = PRONOUNS | frozenset(_STAND_IN_WORDS.split()) | SMALL
_VALUE_WORD = re.compile(r"\d+(?:[.,]\d+)*\w*|\w+")
_ACRONYMS = frozenset({"US", "WHO"})
_EMPTY_WORDS = "is are was were be been has have had of mentions mentioned related to with and"
_SAYS_NOTHING = frozenset(_EMPTY_WORDS.split())


def ground_statement(statement: Statement, document: Document) -> Triple | Dropped:
    """The triple that ``statement`` is, or why it is none. The quote's first place in the chunk is taken."""
    found = find_quote(document.text, statement.quote, statement.start, statement.end)
    if found is None:
        return Dropped(reason="quote_not_found", detail=statement.quote)
    dropped = _find_flaw(statement, document, document.text[found[0] : found[1]])
    if dropped is not None:
        return dropped
    return Triple.of(
        (" ".join(statement.subject.split()), cast("EntityType", statement.subject_type)),
        " ".join(statement.relation.split()).lower(),
        (" ".join(statement.object.split()), cast("EntityType", statement.object_type)),
        Evidence.of(document, *found),
        statement.extractor,
        " ".join(statement.time.split()),
    )


def names_thing(text: str, name: str, type_: EntityType | None) -> bool:
    """Whether the words of ``name`` that carry it all stand in ``text``, its order and small words aside; a
    short name as it is written, and so a date or an amount, next to each other and to nothing that makes
    another value of them ("$12" is not in "$12 million"). ``type_`` is None where it is not known."""
    if type_ in VALUE_TYPES or read_date(name) is not None:
        return _writes_value(text, name)
    if is_named(text, [name]):
        return True
    there = set(words_of(text))
    wanted = [] if is_short(name) else carrying_words(name)
    return bool(wanted) and all(word in there or _stem(word) in there for word in wanted)


def _find_flaw(statement: Statement, document: Document, quote: str) -> Dropped | None:
    subject, object_ = statement.subject, statement.object
    for type_ in (statement.subject_type, statement.object_type):
        if type_ not in TYPES:
            return Dropped(reason="unknown_type", detail=type_)
    if longest := max((subject, object_, statement.relation, statement.time), key=len)[_LONGEST_NAME:]:
        return Dropped(reason="name_too_long", detail=longest)
    if len(quote) > _LONGEST_QUOTE:
        return Dropped(reason="quote_too_long", detail=f"{len(quote)} characters")
    for name in (subject, object_):
        words = words_of(name)
        if all(word in _STAND_INS for word in words) and name.rpartition(" ")[2] not in _ACRONYMS:
            return Dropped(reason="no_name", detail=name)
    if statement.subject_type in VALUE_TYPES:
        return Dropped(reason="value_as_subject", detail=subject)
    if words_of(subject) == words_of(object_):
        return Dropped(reason="same_thing", detail=subject)
    relation = words_of(statement.relation)
    if not relation or (all(word in _SAYS_NOTHING for word in relation) and len(relation) < 3):
        return Dropped(reason="relation_says_nothing", detail=statement.relation)
    if not names_thing(quote, object_, cast("EntityType", statement.object_type)):
        return Dropped(reason="object_not_in_quote", detail=f"{object_}: {quote}")
    passage = Passage(document.title, document.text[statement.start : statement.end], document.text)
    if not names_partly(passage, [subject], cast("EntityType", statement.subject_type)):
        return Dropped(reason="subject_not_in_text", detail=subject)
    return None


def _writes_value(text: str, name: str) -> bool:
    if any(map(is_joined, name)):
        return re.search(rf"(?<!\d){re.escape(fold(name))}", fold(text)) is not None
    wanted, there = _value_words(name), _value_words(text)
    for at in range(len(there) - len(wanted) + 1 if wanted else 0):
        end = at + len(wanted)
        scaled = there[end - 1][-1].isdigit() and there[end : end + 1] and there[end] in SCALES
        if not scaled and sorted(there[at:end]) == sorted(wanted):
            return True
    return False


def _value_words(text: str) -> list[str]:
    """Words that carry a value, numbers whole."""
    return [_stem(word) for word in _VALUE_WORD.findall(fold(text)) if word not in ("of", "the")]


def _stem(word: str) -> str:
    return word[:-1] if word.endswith("s") and len(word) > 3 else word
