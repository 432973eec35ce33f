"""Where a model's quote stands in a text: word for word, white space and typographic marks aside."""

import re
from functools import lru_cache

_MARKS = str.maketrans("’‘“”–—−\u00a0", "''\"\"--- ")


def find_quote(text: str, quote: str, start: int, end: int) -> tuple[int, int] | None:
    """Where ``quote`` stands in ``text[start:end]``, as offsets into ``text``; None if it does not.

    Runs of white space are alike, and so are typographic marks and their plain forms; the quote may have
    marks around it that are not the text's.
    """
    words = quote.translate(_MARKS).strip(" \t\r\n\"'.…").split()
    if not words:
        return None
    shown = text[start:end].translate(_MARKS)
    pattern = _pattern(tuple(words))
    match = pattern.search(shown)
    while match is not None and _is_inside_word(shown, match.start(), match.end()):
        match = pattern.search(shown, match.start() + 1)
    return None if match is None else (start + match.start(), start + match.end())


@lru_cache(maxsize=64)
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(r"\s+".join(map(re.escape, words)))


def _is_inside_word(text: str, start: int, end: int) -> bool:
    """Whether ``text[start:end]`` begins or ends in the middle of a word, in scripts that put spaces between
    words. A footnote mark may stand before one ("1The"), or what a dash became ("\ufffdX")."""
    begins_inside = start > 0 and _is_cased(text[start - 1]) and _is_cased(text[start])
    ends_inside = end < len(text) and _is_cased(text[end - 1]) and _is_cased(text[end])
    return ends_inside or (begins_inside and text[start - 2 : start - 1] != "\ufffd")


def _is_cased(sign: str) -> bool:
    """Whether ``sign`` is a letter of a script with capitals."""
    return sign.lower() != sign.upper()
