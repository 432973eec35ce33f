"""Does a text state a hop? The check by which a chain is kept from being closed by a text that nobody
extracted.

A text may state a relation of two things where it names both close together; where its title names one, it
may speak of it as "the Company" or "I" anywhere. Names are found as words, whatever their case and marks.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from functools import lru_cache

from longweave.kg.ground import fold, words_of

_CLOSE = 400
_SHORTEST = 3


def states_both(title: str, text: str, left: Sequence[str], right: Sequence[str]) -> bool:
    """Whether some name of ``left`` and some name of ``right`` stand within 400 characters of ``text``, or
    one in ``text`` and the other in ``title``."""
    lefts, rights = find_names(text, left), find_names(text, right)
    if (lefts and find_names(title, right)) or (rights and find_names(title, left)):
        return True
    if not lefts or not rights:
        return False
    for at in lefts:
        number = bisect_left(rights, at - _CLOSE)
        if number < len(rights) and rights[number] <= at + _CLOSE:
            return True
    return False


def find_names(text: str, names: Iterable[str]) -> list[int]:
    """Where any of ``names`` begins, ascending, in ``text`` without its accents and possessive endings."""
    pattern = _pattern(tuple(names))
    return [match.start() for match in pattern.finditer(fold(text))] if pattern else []


def is_named(text: str, names: Iterable[str]) -> bool:
    """Whether ``text`` holds any of ``names``."""
    pattern = _pattern(tuple(names))
    return pattern is not None and pattern.search(fold(text)) is not None


@lru_cache(maxsize=4_096)
def _pattern(names: tuple[str, ...]) -> re.Pattern[str] | None:
    forms = {tuple(words_of(name)) for name in names}
    written = sorted(
        r"\W+".join(map(re.escape, words)) for words in forms if len("".join(words)) >= _SHORTEST
    )
    return re.compile(rf"(?<!\w)(?:{'|'.join(written)})(?!\w)") if written else None
