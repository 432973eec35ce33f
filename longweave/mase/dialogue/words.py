"""The words of a turn, and which of them are worth asking for."""

import re
from functools import cache, lru_cache
from importlib.resources import files

_OUTER = "".join(chr(c) for c in range(33, 127) if not chr(c).isalnum()) + "“”‘’…"
_PART = re.compile(r"[a-z0-9]+")
_SUFFIXES = ("ing", "ers", "ies", "ed", "es", "er", "ly", "y", "e", "s")
_SHORTEST = 4
_LONGEST_ENDING = 4


@lru_cache(maxsize=200_000)
def tokens_of(words: str) -> tuple[str, ...]:
    """The words in lower case without punctuation around them or a possessive s ("Morgan's" is "morgan")."""
    stripped = (token.strip(_OUTER) for token in words.lower().replace("’", "'").split())
    return tuple(token.removesuffix("'s") for token in stripped if token)


def is_term(word: str) -> bool:
    """Whether ``word`` has a meaning of its own: letters alone, and none of the words that everybody says."""
    return len(word) >= _SHORTEST and word.isascii() and word.isalpha() and word not in _stop_words()


def mentions(words: str, term: str) -> bool:
    """Whether ``term`` is one of the words, in capitals or not."""
    return term.lower() in tokens_of(words)


def resembles(words: str, term: str) -> bool:
    """Whether one of the words is another form of ``term`` or is joined with it: readers may differ on
    whether "tests" or "test-run" mentions "test"."""
    term = term.lower()
    stem = _stem(term)
    for token in tokens_of(words):
        if token == term:
            continue
        for part in _PART.findall(token):
            if part.startswith(stem) and len(part) <= len(stem) + _LONGEST_ENDING:
                return True
    return False


def _stem(term: str) -> str:
    for suffix in _SUFFIXES:
        if term.endswith(suffix) and len(term) - len(suffix) >= _SHORTEST:
            return term.removesuffix(suffix)
    return term


def collapse(text: str) -> str:
    """``text`` in lower case with single spaces."""
    return " ".join(text.casefold().split())


def says(text: str, phrase: str) -> bool:
    """Whether the words of ``phrase`` stand in ``text`` one after the other."""
    words = r"\W+".join(re.escape(word) for word in re.findall(r"\w+", phrase))
    return bool(words) and re.search(rf"(?<!\w){words}(?!\w)", text, re.IGNORECASE) is not None


@cache
def _stop_words() -> frozenset[str]:
    return frozenset((files(__package__) / "stop_words.txt").read_text("utf-8").split())
