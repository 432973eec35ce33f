"""Words that carry no identity in English names, and words that decide it: what ``words.yaml`` says.

All are lower case, without accents or full stops, as ``names.parse_name`` writes tokens.
"""

from importlib.resources import files
from typing import Any

import yaml

_WORDS: dict[str, Any] = yaml.safe_load(
    files("longweave.kg.resolve").joinpath("words.yaml").read_text(encoding="utf-8")
)

ARTICLES = frozenset(_WORDS["articles"].split())
FUNCTION_WORDS = frozenset(_WORDS["function_words"].split())
HONORIFICS = frozenset(_WORDS["honorifics"].split())
SURE_TITLES = frozenset(_WORDS["sure_titles"].split())
COMMON_GIVEN = frozenset(_WORDS["common_given"].split())
COMMON_SURNAMES = frozenset(_WORDS["common_surnames"].split())
CROWDED_SURNAMES = frozenset(_WORDS["crowded_surnames"].split())
LEGAL_FORMS = frozenset(_WORDS["legal_forms"].split())
PREPOSITIONS = frozenset(_WORDS["prepositions"].split())
ROMANS = {word: str(number) for number, word in enumerate(_WORDS["romans"].split(), start=1)}
GENERATIONS = ROMANS | {"jr": "jr", "junior": "jr", "sr": "sr", "senior": "sr"}
"""What stands after a person's name and tells bearers of it apart."""

NUMBER_WORDS = {
    word: str(number)
    for kind in ("ordinals", "cardinals")
    for number, word in enumerate(_WORDS[kind].split(), start=1)
}
OPPOSED: dict[str, tuple[int, int]] = {
    word: (family, member)
    for family, line in enumerate(_WORDS["opposed"])
    for member, words in enumerate(line.split("|"))
    for word in words.split()
}
"""Word → (family, member): two words of one family and different members exclude each other."""

GENERIC: dict[str, frozenset[str]] = {
    type_: frozenset(words.split()) for type_, words in _WORDS["generic"].items()
}
"""By type, words that say what kind of thing a name names: leaving them out makes its short form."""

NICKNAMES: dict[str, str] = {
    short: full for full, shorts in _WORDS["nicknames"].items() for short in shorts.split()
}
"""Short form of a given name → the name."""


def _split_list(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


_COUNTRIES = [[_split_list(part) for part in line.split("|")] for line in _WORDS["countries"]]
COUNTRY_NAMES: dict[str, str] = {other: names[0] for names, others, _ in _COUNTRIES for other in others}
"""Other name of a country or city → its usual one."""

ADJECTIVES: dict[str, str] = {word: names[0] for names, _, words in _COUNTRIES for word in words}
"""What people and things of a country are called → its usual name."""
