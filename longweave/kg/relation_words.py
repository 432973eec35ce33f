"""Words of relation phrases: base forms, phrases that say the same, inverses, opposites, and phrases that say
the same either way.

All are lower case. ``lemma_of`` goes by rules and a list of irregular verbs (``relation_words.yaml``): it
needs no dictionary, because both sides of a comparison are treated alike.
"""

import re
from importlib.resources import files
from typing import Any

import yaml

_WORDS: dict[str, Any] = yaml.safe_load(
    files("longweave.kg").joinpath("relation_words.yaml").read_text(encoding="utf-8")
)
_BASE: dict[str, str] = {
    form: forms.split()[0] for forms in _WORDS["irregular"].split("|") for form in forms.split()
} | {"founded": "establish"}
"""Form → base form. "Founded" is no form of "find"."""

SYNONYMS: dict[str, str] = {
    phrase.strip(): canonical
    for canonical, phrases in _WORDS["synonyms"].items()
    for phrase in phrases.split("|")
}
"""Base forms of phrases that say the same."""

INVERSES: dict[str, str] = _WORDS["inverses"]
"""Base form of a phrase → that of the relation which it reads the other way round."""

_SYMMETRIC = frozenset(phrase.strip() for phrase in _WORDS["symmetric"].split("|"))
_SYMMETRIC_WITH = frozenset(_WORDS["symmetric_with"].split())
_WORD = re.compile(r"\w+")
_WITHOUT_SENSE = frozenset({"a", "an", "the", "also", "later", "then", "once", "now", "jointly", "closely"})
_BEFORE_PLACES = frozenset({"at", "in", "on", "before", "after", "near"})
_HELPING = frozenset({"be", "have", "will", "would"})

_VOWELS = frozenset("aeiou")
_SILENT_E = re.compile(
    r"(?:at|uc|ir|iv|as|ar|us|ur|or|ag|rg|ng|ov|al|iz|os|uid|rs|ud|ib|ic|dg|id|ut|ul|yz|ok|ad|ced)$"
)
_NO_E = re.compile(
    r"(?:ait|eat|oat|oin|ain|eed|oid|eal|ail|isit|imit|edit|osit|ibit|ter|per|der|ead|ook|eek|oad|ign|ing|nor|bor"
    r"|tor|nal|tal|ual|ear|oor|our|air|eir|min|pen|son|gin)$"
)
_SIBILANTS = ("s", "x", "ch", "sh", "z", "i")


def lemma_of(word: str) -> str:
    """The base form of ``word`` by its ending: "acquired", "acquires" and "acquiring" are one."""
    if word in _BASE:
        return _BASE[word]
    for ending in ("ing", "ed", "es", "s"):
        stem = word[: -len(ending)]
        if word.endswith(ending) and len(stem) >= 3 and _VOWELS & set(stem):
            if ending == "s":
                return word if word.endswith(("ss", "us", "is")) else stem
            if ending == "es" and not stem.endswith(_SIBILANTS):
                return word[:-1]
            return _restore(stem)
    return word


def _restore(stem: str) -> str:
    """The verb that a stem before "-ed", "-ing" or "-es" is of."""
    if stem.endswith("i"):
        return stem[:-1] + "y"
    if stem[-1] == stem[-2] and stem[-1] not in "lsz":
        return stem[:-1]
    has_e = _SILENT_E.search(stem) and stem[-2] in "aeiourndgc" and not _NO_E.search(stem)
    return stem + "e" if has_e or stem.endswith(("v", "c", "u")) else stem


def is_symmetric(phrase: str) -> bool:
    """Whether "X ``phrase`` Y" says "Y ``phrase`` X" as well, as in "borders" and "was married to"."""
    words = (lemma_of(word) for word in _WORD.findall(phrase.casefold()))
    kept = [word for word in words if word not in _WITHOUT_SENSE]
    while kept and kept[0] in _HELPING:
        kept = kept[1:]
    if len(kept) > 1 and kept[-1] == "with":
        return kept[-2] in _SYMMETRIC_WITH or (kept[0] in _SYMMETRIC_WITH and kept[1] in _BEFORE_PLACES)
    return " ".join(kept) in _SYMMETRIC


def _index_opposites() -> dict[str, tuple[int, int]]:
    index: dict[str, tuple[int, int]] = {}
    for family, line in enumerate(_WORDS["opposed"]):
        for member, words in enumerate(line.split("|")):
            for word in words.split():
                index.setdefault(word, (family, member))
    return index


OPPOSITES: dict[str, tuple[int, int]] = _index_opposites()
"""Word → (family, member): two words of one family and different members are opposites. A word of several
families keeps the first."""
