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
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import cast

from longweave.kg.records import TYPES, VALUE_TYPES, EntityType, Statement, Triple
from longweave.synth.records import Document, Dropped, Evidence

_LONGEST_QUOTE, _LONGEST_NAME = 400, 160
_MARKS = str.maketrans("’‘“”–—−\u00a0", "''\"\"--- ")
_WORD = re.compile(r"\w+")
_POSSESSIVE = re.compile(r"(?<=\w)'s\b")
_SMALL_WORDS = "a an the of and or in on at for to by de la le von"
_SMALL = frozenset(_SMALL_WORDS.split())
_PRONOUN_WORDS = (
    "i we you he she it they me us him her them my our your his its their this that these those who which "
    "company corporation registrant nation country president author authors speaker"
)
_PRONOUNS = frozenset(_PRONOUN_WORDS.split())
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


def find_quote(text: str, quote: str, start: int, end: int) -> tuple[int, int] | None:
    """Where ``quote`` stands in ``text[start:end]``, as offsets into ``text``; None if it does not.

    Runs of white space are alike, and so are typographic marks and their plain forms; the quote may have
    marks around it that are not the text's.
    """
    words = quote.translate(_MARKS).strip(" \t\r\n\"'.…").split()
    if not words:
        return None
    match = _pattern(tuple(words)).search(text[start:end].translate(_MARKS))
    return None if match is None else (start + match.start(), start + match.end())


def names_thing(text: str, name: str) -> bool:
    """Whether the words of ``name`` that carry it all stand in ``text``; its order and small words aside."""
    there = set(words_of(text))
    wanted = carrying_words(name)
    return bool(wanted) and all(word in there or _stem(word) in there for word in wanted)


def names_partly(text: str, names: Sequence[str]) -> bool:
    """Whether ``text`` has the longest or the last word of any of ``names``: whoever has a full name may be
    called by a part of it."""
    there = set(words_of(text))
    return any(
        max(words, key=len) in there or words[-1] in there for name in names if (words := words_of(name))
    )


def words_of(text: str) -> list[str]:
    """Words in lower case without accents; a possessive counts as its noun."""
    return _WORD.findall(fold(text))


def carrying_words(name: str) -> list[str]:
    """The words of ``name`` that are not small ones; all where there are no others."""
    words = words_of(name)
    return [word for word in words if word not in _SMALL] or words


@lru_cache(maxsize=128)
def fold(text: str) -> str:
    """``text`` as names are compared: lower case, plain marks, no accents, no possessive endings."""
    plain = text.translate(_MARKS)
    if not plain.isascii():
        plain = "".join(c for c in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(c))
    return _POSSESSIVE.sub("", plain.casefold())


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
        if not words or all(word in _PRONOUNS or word in _SMALL for word in words):
            return Dropped(reason="no_name", detail=name)
    if statement.subject_type in VALUE_TYPES:
        return Dropped(reason="value_as_subject", detail=subject)
    if words_of(subject) == words_of(object_):
        return Dropped(reason="same_thing", detail=subject)
    relation = words_of(statement.relation)
    if not relation or (all(word in _SAYS_NOTHING for word in relation) and len(relation) < 3):
        return Dropped(reason="relation_says_nothing", detail=statement.relation)
    if not names_thing(quote, object_):
        return Dropped(reason="object_not_in_quote", detail=f"{object_}: {quote}")
    around = f"{document.title} {document.text[statement.start : statement.end]}"
    if not any(word in set(words_of(around)) for word in words_of(subject) if word not in _SMALL):
        return Dropped(reason="subject_not_in_text", detail=subject)
    return None


def _stem(word: str) -> str:
    return word[:-1] if word.endswith("s") and len(word) > 3 else word


@lru_cache(maxsize=64)
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    # Not inside a word; a footnote mark may stand before one ("1The"), or what a dash became ("\ufffdX").
    gap, letter = r"\s+", r"[^\W\d_]"
    before, after = rf"(?<!(?<!\ufffd){letter}(?={letter}))", rf"(?!(?<={letter}){letter})"
    return re.compile(f"{before}{gap.join(map(re.escape, words))}{after}")
