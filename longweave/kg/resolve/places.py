"""Countries under their usual names, and the adjectives that stand for them.

In: a name's key. Out: the key that stands for the same country, or the key itself.
"""

import re

from longweave.kg.resolve.lexicon import ADJECTIVES, COUNTRY_NAMES

_SUFFIX = re.compile(r"(?:ians?|eans?|ans?|ns?|ese|ish|is?|ic)$")
_ENDING = re.compile(r"(?:ia|y|a|e|o|i|land)$")
_MIN_STEM = 4
_LONGEST_ENDING = 4


def standard_place(key: str) -> str:
    """The usual key of the country or city that ``key`` is another name of; else ``key``."""
    return COUNTRY_NAMES.get(key, key)


def is_adjective_of(word: str, place: str) -> bool:
    """Whether ``word`` is what people and things of ``place`` are called: "irish" of "ireland".

    Irregular ones are listed; the others share all but the ending with the place.
    """
    if word in ADJECTIVES:
        return ADJECTIVES[word] == standard_place(place)
    ending = _SUFFIX.search(word)
    if not ending or word == place or len(word.split()) != len(place.split()):
        return False
    stem, bare = word[: ending.start()], _ENDING.sub("", place)
    return (
        len(stem) >= _MIN_STEM
        and place.startswith(stem)
        and len(place) - len(stem) <= _LONGEST_ENDING
        and (stem.startswith(bare) or bare.startswith(stem))
    )
