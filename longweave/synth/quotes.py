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
    match = _pattern(tuple(words)).search(text[start:end].translate(_MARKS))
    return None if match is None else (start + match.start(), start + match.end())


@lru_cache(maxsize=64)
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    # Not inside a word; a footnote mark may stand before one ("1The"), or what a dash became ("\ufffdX").
    gap, letter = r"\s+", r"[^\W\d_]"
    before, after = rf"(?<!(?<!\ufffd){letter}(?={letter}))", rf"(?!(?<={letter}){letter})"
    return re.compile(f"{before}{gap.join(map(re.escape, words))}{after}")
