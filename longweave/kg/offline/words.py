"""The word lists of the offline extractor, read from ``words.yaml``: what they mean stands there."""

from importlib.resources import files
from typing import Any

import yaml

from longweave.kg.records import EntityType

_READ: dict[str, Any] = yaml.safe_load(files(__package__).joinpath("words.yaml").read_text("utf-8"))


def _types(name: str) -> dict[str, EntityType]:
    """The type of each word of a list that is sorted by types."""
    return {word: kind for kind, words in _READ[name].items() for word in words.split()}


def _words(name: str) -> frozenset[str]:
    return frozenset(_READ[name].split())


CLASSES = _types("classes")
HEADS = {
    word.capitalize(): kind
    for word, kind in CLASSES.items()
    if kind not in ("person", "work", "product", "concept")
} | _types("heads")
PATIENTS = _types("patients")
AGENTS = _types("agents")
BY = _types("by")
RELEASED = _words("released")
KIN = _words("kin")
ROLES = KIN | _words("roles")
TITLES = _words("titles")
PRODUCTIONS = _words("productions")
MADE = _words("made")
MODALS = _words("modals")
DOUBTS = _words("doubts")
SUPPOSING = _words("supposing")
REPORTING = _words("reporting")
GOING_ON = _words("going_on")
SILENT_VERBS = _words("silent_verbs")
NAMING = _words("naming")
BARE_PREPOSITIONS = _words("bare_prepositions")
WITHIN = _words("within")
PARTS = _words("parts")
PLAIN_WORDS = _words("plain_words")
NAMED_SO = _words("named_so")
