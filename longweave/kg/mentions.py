"""Names in texts: where they stand, and whether a text states a hop, the check by which a chain is kept from
being closed by a text that nobody extracted.

A text may state a relation of two things where it names both close together; where its title names one, it
may speak of it as "the Company" or "I" anywhere.

Names are found as words, whatever their case and marks. Those that are short, or words of the language as
well ("EU", "3M", "US", "WHO"), are found in their own case only, acronyms with full stops or without; those
of scripts that put no space between words, or join endings to them, stand anywhere.
"""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from longweave.kg.spelling import SMALL, fold, keep_case, words_of

_CLOSE = 400
_SHORT = 2
_PRONOUN_WORDS = (
    "i we you he she it they me us him her them my our your his its their this that these those who which"
)
PRONOUNS = frozenset(_PRONOUN_WORDS.split())
_WORD = re.compile(r"\w+")
_ARTICLE = re.compile(r"^\s*(?:the|an?)\s+", re.IGNORECASE)
_ACRONYM = re.compile(r"[A-Z](?:\. ?)?(?:[A-Z](?:\. ?)?)+")
_LAST_SPACED = "\u08ff"  # Hebrew and Arabic, before it, have no capitals, but words


def states_both(title: str, text: str, left: Sequence[str], right: Sequence[str]) -> bool:
    """Whether some name of ``left`` and some name of ``right`` stand within 400 characters of ``text``, or
    one in ``text`` and the other in ``title``."""
    lefts, rights = find_names(text, left), find_names(text, right)
    if (lefts and is_named(title, right)) or (rights and is_named(title, left)):
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
    return sorted(
        {match.start() for pattern, form in _forms(text, names) for match in pattern.finditer(form)}
    )


def is_named(text: str, names: Iterable[str]) -> bool:
    """Whether ``text`` holds any of ``names``."""
    return any(pattern.search(form) for pattern, form in _forms(text, names))


def is_short(name: str) -> bool:
    """Whether ``name`` is so short, or so like a word that is no name, that its case must tell."""
    words = words_of(name)
    is_word = len(words) == 1 and words[0] in PRONOUNS | SMALL
    return is_word or len("".join(words_of(_ARTICLE.sub("", name)))) <= _SHORT


def _forms(text: str, names: Iterable[str]) -> Iterator[tuple[re.Pattern[str], str]]:
    """Patterns of ``names``, each with the form of ``text`` that it is for."""
    in_any_case, in_their_case = _patterns(tuple(names))
    if in_any_case is not None:
        yield in_any_case, fold(text)
    if in_their_case is not None:
        yield in_their_case, keep_case(text)


@lru_cache(maxsize=4_096)
def _patterns(names: tuple[str, ...]) -> tuple[re.Pattern[str] | None, re.Pattern[str] | None]:
    long = {_write(fold(name)) for name in names if not is_short(name)}
    short = {_write_short(keep_case(_ARTICLE.sub("", name))) for name in names if is_short(name)}
    return _compile(long), _compile(short)


def _compile(written: set[str]) -> re.Pattern[str] | None:
    found = sorted(written - {""})
    return re.compile("|".join(found)) if found else None


def _write(name: str) -> str:
    """The pattern of a folded name: its words with anything but words between them, or, where words have no
    bounds, its characters."""
    if not any(map(is_joined, name)):
        return _bound(r"\W+".join(map(re.escape, _WORD.findall(name))))
    letters = name.strip()
    before, after = ("" if is_joined(letters[end]) else r"\b" for end in (0, -1))
    return before + r"\s+".join(map(re.escape, letters.split())) + after


def _write_short(name: str) -> str:
    """The pattern of a short name in its own case; "" for one that is nothing but a word ("I", "The")."""
    letters = "".join(_WORD.findall(name))
    if len(letters) > 1 and any(map(is_joined, letters)):
        return _write(name)
    if letters.casefold() in PRONOUNS | SMALL and not (len(letters) > 1 and letters.isupper()):
        return ""
    if _ACRONYM.fullmatch(name.strip()):
        inside = r"(?:\. ?)?".join(letters)
        return rf"(?<![A-Z]\.){_bound(inside)}(?!\.[A-Z]\b)"  # "US" is not in "U.S.A."
    return _bound(r"\W+".join(map(re.escape, _WORD.findall(name))))


def _bound(words: str) -> str:
    return rf"(?<!\w){words}(?!\w)" if words else ""


def is_joined(letter: str) -> bool:
    """Whether ``letter`` is of a script without capitals, whose words are not told apart by spaces alone."""
    return letter > _LAST_SPACED and unicodedata.category(letter) in ("Lo", "Lm", "Mn", "Mc")
