"""Names of persons: given names, initials, nicknames, surnames, generations.

In: two names of persons, taken apart. Out: how alike they are, and why they may not be one person's.
"""

from rapidfuzz.distance import JaroWinkler

from longweave.kg.resolve.lexicon import NICKNAMES
from longweave.kg.resolve.names import Name

SAME_ORDER = 0.95
INITIALS = 0.8
SHORT = 0.7
UNSURE = 0.6
_TYPO = 0.92
_MIN_TYPO = 5


def find_person_conflict(left: Name, right: Name) -> str:
    """One of "generations", "given_names", "initials"; "" if nothing speaks against one person."""
    if left.generation != right.generation and (
        (left.generation and right.generation) or min(len(left.tokens), len(right.tokens)) > 1
    ):
        return "generations" if left.generation and right.generation else ""
    if len(left.tokens) < 2 or len(right.tokens) < 2 or not _is_same(left.tokens[-1], right.tokens[-1]):
        return ""
    if not _can_be_same(left.tokens[0], right.tokens[0]):
        return "given_names"
    ours, theirs = left.tokens[1:-1], right.tokens[1:-1]
    if len(ours) == len(theirs) == 1 and not _can_be_same(ours[0], theirs[0]):
        return "initials"
    return ""


def compare_persons(left: Name, right: Name) -> float:
    """0…1: 1 for the same tokens, ``INITIALS`` where initials stand for given names, ``SHORT`` where one is
    part of the other; 0 where they do not go together."""
    short, full = sorted((left, right), key=lambda name: (len(name.tokens), len(name.key), name.key))
    places = _align(short.tokens, full.tokens)
    if places is None:
        return 0.0
    if left.generation != right.generation:
        return UNSURE
    if len(short.tokens) == 1:
        return SHORT if len(full.tokens) > 1 and len(short.tokens[0]) > 1 else 0.0
    if places[-1] != len(full.tokens) - 1:
        return SHORT if all(len(token) > 1 for token in short.tokens) else 0.0
    if all(len(short.tokens[place]) > 1 and len(full.tokens[at]) > 1 for place, at in enumerate(places)):
        return SAME_ORDER
    return INITIALS if places[0] == 0 else 0.0


def _align(short: tuple[str, ...], full: tuple[str, ...]) -> list[int] | None:
    """For each token of ``short`` its place in ``full``, in order; None if one has none."""
    places: list[int] = []
    start = 0
    for token in short:
        found = next((at for at in range(start, len(full)) if _can_be_same(token, full[at])), None)
        if found is None:
            return None
        places.append(found)
        start = found + 1
    return places


def _can_be_same(left: str, right: str) -> bool:
    """Equal, initial of the other, nickname of the other, or a typing error apart."""
    if len(left) == 1 or len(right) == 1:
        return left[0] == right[0]
    return _is_same(left, right) or NICKNAMES.get(left, left) == NICKNAMES.get(right, right)


def _is_same(left: str, right: str) -> bool:
    return left == right or (
        min(len(left), len(right)) >= _MIN_TYPO and JaroWinkler.similarity(left, right) >= _TYPO
    )
