"""The things that a parsed block names: spaCy's entities, repaired, with names and dates that it missed.

Later finders only add what does not overlap: dates, the title of the document, quoted titles, entities,
other proper names.
"""

import re
from collections.abc import Iterator

from spacy.tokens import Doc, Span, Token

from longweave.kg.offline.mention import Mention
from longweave.kg.offline.words import CLASSES, HEADS, ROLES, TITLES
from longweave.kg.records import EntityType

_TYPES: dict[str, EntityType] = {
    "PERSON": "person",
    "ORG": "organization",
    "GPE": "place",
    "LOC": "place",
    "FAC": "place",
    "EVENT": "event",
    "WORK_OF_ART": "work",
    "LAW": "work",
    "PRODUCT": "product",
    "LANGUAGE": "concept",
    "NORP": "concept",
    "MONEY": "number",
    "PERCENT": "number",
    "QUANTITY": "number",
    "CARDINAL": "number",
}
_MONTH = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December"
    r"|Jan\.?|Feb\.?|Mar\.?|Apr\.?|Aug\.?|Sept?\.?|Oct\.?|Nov\.?|Dec\.?)"
)
_MONTHS = re.compile(rf"{_MONTH}(?: \d{{1,2}})?")
_YEAR = r"(?:1\d{3}|20\d{2})"
_FULL_DATE = re.compile(
    rf"\b(?:\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {_MONTH},? {_YEAR}|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?, ?{_YEAR}"
    rf"|{_MONTH},? {_YEAR})\b"
)
_LONE_YEAR = re.compile(rf"\b{_YEAR}\b(?!s|[-–/]\d|,\d|\.\d)")
_NUMBER = re.compile(r"\d{1,5}[A-Z]?|[IVX]+")
_QUOTES = ('"', "“", "”", "''", "``")


def find_mentions(block: Doc, title: str) -> list[Mention]:
    """The mentions of ``block`` in its order, none overlapping; ``title`` is the document's."""
    taken: dict[int, Mention] = {}
    finders = (
        _find_dates(block),
        _find_quoted(block),
        _find_joined(block),
        _find_title(block, title),
        _find_entities(block),
        _find_proper(block),
    )
    for finder in finders:
        for mention in finder:
            if not any(index in taken for index in range(mention.start, mention.end)):
                taken.update(dict.fromkeys(range(mention.start, mention.end), mention))
    found = sorted(set(taken.values()), key=lambda mention: mention.start)
    return [mention for mention in found if not _is_called_so(block, mention)]


def _is_called_so(block: Doc, mention: Mention) -> bool:
    """Whether a capitalised noun with an article is no name: "the Magician"."""
    if mention.end - mention.start > 1 or mention.type not in ("person", "concept") or " " in mention.name:
        return False
    token = block[mention.start]
    articles = [child for child in token.children if child.dep_ in ("det", "poss") and child.i < token.i]
    return bool(articles) and token.ent_type_ not in ("NORP", "LANGUAGE") and not token.text.isupper()


def _mention(span: Span, kind: EntityType, sure: bool = True) -> Mention:
    return Mention(span.start, span.end, span.root.i, span.text, kind, sure)


def _find_dates(block: Doc) -> Iterator[Mention]:
    for match in _FULL_DATE.finditer(block.text):
        span = block.char_span(*match.span())
        if span is not None:
            yield _mention(span, "date")
    for match in _LONE_YEAR.finditer(block.text):
        span = block.char_span(*match.span())
        if span is not None and _is_year(span[0]):
            yield _mention(span, "date")


def _is_year(token: Token) -> bool:
    if token.ent_type_ == "DATE":
        return True
    before = token.nbor(-1).lower_ if token.i else ""
    return token.dep_ == "pobj" and before in ("in", "since", "until", "of", "by", "from", "after", "before")


def _find_title(block: Doc, title: str) -> Iterator[Mention]:
    """Where the block names what the document is about."""
    name = plain_title(title)
    if not 3 <= len(name) <= 60 or not name[:1].isupper():
        return
    for match in re.finditer(rf"\b{re.escape(name)}(?!\w)", block.text):
        span = block.char_span(*match.span())
        if span is not None and not _goes_on(span):
            yield _mention(
                span, _head_type(span[-1].text) or _TYPES.get(span.root.ent_type_, "concept"), False
            )


def _goes_on(span: Span) -> bool:
    """Whether a longer name begins with these words."""
    after = span.doc[span.end] if span.end < len(span.doc) else None
    before = span.doc[span.start - 1] if span.start else None
    return bool(
        (after is not None and after.pos_ == "PROPN" and span.root.head == after)
        or (
            before is not None
            and before.pos_ == "PROPN"
            and before.dep_ == "compound"
            and before.head == span.root
        )
    )


def plain_title(title: str) -> str:
    """A title without what tells it from others: "Mercury (planet)" is Mercury."""
    return re.sub(r"\s*\([^()]*\)$", "", title).strip()


def _find_quoted(block: Doc) -> Iterator[Mention]:
    """Titles in quotes, which the parser was given as one token."""
    for token in block[1:-1] if len(block) > 2 else ():
        before, after = token.nbor(-1).text, token.nbor(1).text
        if before in _QUOTES and after in _QUOTES and token.text[0].isupper() and len(token) > 1:
            yield _mention(block[token.i : token.i + 1], "work")


def _find_joined(block: Doc) -> Iterator[Mention]:
    """Names that the parser was given as one token."""
    for token in block:
        if " " in token.text and any(char.isalpha() for char in token.text):
            kind = _head_type(token.text.split()[-1])
            found = _TYPES.get(token.ent_type_, "concept")
            kind = kind or ("concept" if found == "number" else found)
            yield _mention(block[token.i : token.i + 1], kind, False)


def _find_entities(block: Doc) -> Iterator[Mention]:
    for entity in block.ents:
        kind = _TYPES.get(entity.label_)
        if kind is None:
            continue
        if kind == "number" and any(char.isdigit() for char in entity.text):
            yield _mention(entity, kind)
        whole = _repair(entity)
        if kind == "number" or whole is None:
            continue
        if not any(char.isupper() for char in whole.text) or all(token.is_digit for token in whole):
            continue
        told = _head_type(whole[-1].text)
        yield _mention(
            whole, told or kind, told is not None or entity.label_ in ("PERSON", "GPE", "LOC", "NORP")
        )


def _head_type(word: str) -> EntityType | None:
    return HEADS.get(word)


def _repair(span: Span) -> Span | None:
    """The whole proper name: with its neighbours of the same name, without articles, titles and marks."""
    block, start, end = span.doc, span.start, span.end
    sentence = span.sent
    while end < sentence.end and _joins(block[end - 1], block[end]):
        end += 1
    while (
        start > sentence.start and _joins(block[start - 1], block[start]) and block[start - 1].pos_ == "PROPN"
    ):
        start -= 1
    while start < end and (_is_edge(block[start]) or block[start].is_lower):
        start += 1
    end = _with_number(block, start, end)
    while end > start and (_is_mark(block[end - 1]) or block[end - 1].tag_ in ("POS", "IN", "CC", "DT")):
        end -= 1
    while start < end and block[start].lower_ in ROLES and block[start].is_lower:
        start += 1
    if start >= end:
        return None
    name = block[start:end]
    return None if _is_broken(name) or _is_class(name) else name


def _is_class(span: Span) -> bool:
    """Whether all words only say what sort of thing is meant: "Commander in Chief", "President"."""
    words = [(token.lower_, token.lower_.removesuffix("s")) for token in span if not token.is_stop]
    if len(words) == 1:
        return any(word in ROLES or word in CLASSES for word in words[0])
    return all(any(word in ROLES for word in forms) for forms in words)


def _with_number(block: Doc, start: int, end: int) -> int:
    """The end of a name with the number that belongs to it: "Apollo 11"."""
    if start < end < len(block) and block[end - 1].pos_ == "PROPN":
        token = block[end]
        if (
            _NUMBER.fullmatch(token.text)
            and token.head.i <= token.i
            and token.ent_type_ not in ("DATE", "MONEY")
        ):
            return end + 1
    return end


def _joins(left: Token, right: Token) -> bool:
    return (
        left.pos_ == "PROPN" and right.pos_ == "PROPN" and left.dep_ == "compound" and left.head.i >= right.i
    )


def _is_edge(token: Token) -> bool:
    return token.tag_ in ("DT", "POS", "PRP$") or _is_mark(token) or token.text in TITLES


def _is_mark(token: Token) -> bool:
    return (token.is_punct or token.is_space) and token.text not in (".", ")")


def _is_broken(span: Span) -> bool:
    text = span.text
    return text.count("(") != text.count(")") or text.count('"') % 2 == 1 or "  " in text


def _find_proper(block: Doc) -> Iterator[Mention]:
    """Runs of proper nouns that are no entity to spaCy."""
    start: int | None = None
    for index in range(len(block) + 1):
        token = block[index] if index < len(block) else None
        inside = (
            token is not None
            and token.pos_ == "PROPN"
            and token.text[0].isalnum()
            and not (start is not None and token.is_sent_start)
        )
        if inside and start is None:
            start = index
        elif not inside and start is not None:
            span = block[start:index]
            start = index if token is not None and token.pos_ == "PROPN" and token.is_sent_start else None
            span = block[span.start : _with_number(block, span.start, span.end)]
            while len(span) > 1 and _is_edge(span[0]):
                span = span[1:]
            if (
                span.text[0].isupper()
                and len(span.text) > 1
                and not _is_class(span)
                and not _is_edge(span[0])
            ):
                told = _head_type(span[-1].text)
                yield _mention(span, told or "concept", told is not None)
