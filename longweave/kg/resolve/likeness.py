"""How alike two names are, by their letters and words alone.

In: two names taken apart, and how rare words are. Out: 0…1.
"""

from collections.abc import Callable

from rapidfuzz.distance import JaroWinkler, Levenshtein

from longweave.kg.resolve.conflicts import find_conflict, lacks_number
from longweave.kg.resolve.lexicon import FUNCTION_WORDS, GENERIC, OPPOSED
from longweave.kg.resolve.names import Name, fold_plural
from longweave.kg.resolve.persons import compare_persons
from longweave.kg.resolve.places import is_adjective_of

Rarity = Callable[[str], float]
"""How much a word says, 0…1: rare words much, common ones little."""

_SOFT = 0.93
OTHER_HEAD = 0.6
_PREFIX = 4
_SPELLING = 0.9


def compare_names(left: Name, right: Name, rarity: Rarity) -> float:
    """0 for names that exclude each other, 1 for equal ones."""
    if find_conflict(left, right):
        return 0.0
    if left.key == right.key:
        return 1.0
    if left.type == right.type == "person":
        return compare_persons(left, right)
    if lacks_number(left, right):
        return 0.0
    if left.joined == right.joined:
        return 0.97
    if _is_adjective(left, right):
        return 0.7
    if tuple(map(fold_plural, left.tokens)) == tuple(map(fold_plural, right.tokens)):
        return 0.95
    words = _compare_words(left, right, rarity)
    if left.type != "work" and not _share_head(left, right):
        words = min(words, OTHER_HEAD)
    if any(token in OPPOSED for token in set(left.tokens) ^ set(right.tokens)):
        words = min(words, OTHER_HEAD)  # "Southern" tells it from its namesake, though none is "Northern"
    return max(_compare_spelling(left, right), words, compare_short(left, right))


def compare_short(left: Name, right: Name) -> float:
    """How surely one name is a short form of the other: an acronym, or a part; 0 if it is none."""
    short, full = sorted((left, right), key=lambda name: (len(name.tokens), len(name.joined), name.key))
    if find_conflict(short, full) or lacks_number(short, full):
        return 0.0
    if is_acronym_of(short, full):
        return 0.85
    if full.qualifier and not short.qualifier:
        if set(short.tokens) <= set(full.qualifier):
            return 0.0
        if short.tokens == full.head:
            return 0.85 if full.type == "place" else 0.7
    return _compare_part(short, full)


def is_acronym_of(short: Name, full: Name) -> bool:
    """Whether ``short`` is made of the first letters of the words of ``full``, or ``full`` says so in
    brackets."""
    if len(short.tokens) != 1 or len(full.tokens) < 2 or not short.text.strip(".").isupper():
        return False
    letters = short.joined.removesuffix("s") if short.text.endswith("s") else short.joined
    every = "".join(token[0] for token in full.tokens)
    return len(letters) >= 2 and letters in (full.initials, every)


def _is_adjective(left: Name, right: Name) -> bool:
    """Whether one is what people and things of the other are called: a people is not its country, but
    writers may mean the country."""
    return is_adjective_of(left.key, right.key) or is_adjective_of(right.key, left.key)


def _compare_part(short: Name, full: Name) -> float:
    """Names of which one is the other's words without some: the more so, the less the left-out words say.

    "Heathrow Airport" may be "London Heathrow Airport", but "Newark" is not "Newark Airport": what is left
    out must not say what it is, except for organizations, whose kind goes without saying.
    """
    ours, theirs = set(short.tokens), set(full.tokens)
    if len(short.tokens) == len(full.tokens) or not ours <= theirs or ours <= FUNCTION_WORDS:
        return 0.0
    left_out = theirs - ours - FUNCTION_WORDS
    type_ = short.type or full.type
    if left_out <= GENERIC.get(type_, frozenset()):
        return 0.8
    if any(word in OPPOSED for word in left_out):
        return 0.55
    if type_ == "organization":
        return 0.7
    return 0.65 if _share_head(short, full) else 0.6


def _share_head(left: Name, right: Name) -> bool:
    ours, theirs = left.head_word, right.head_word
    return ours == theirs or _compare_tokens(ours, theirs) >= _SOFT


def _compare_spelling(left: Name, right: Name) -> float:
    """Names a typing error or two apart; short names have no room for one, and another ending is none."""
    ours, theirs = left.joined, right.joined
    longest = max(len(ours), len(theirs))
    if min(len(ours), len(theirs)) < 5 or ours[0] != theirs[0]:
        return 0.0
    allowed = min(longest // 6, 3)
    distance = Levenshtein.distance(ours, theirs, score_cutoff=allowed)
    if distance > allowed:
        return 0.0
    if ours.startswith(theirs) or theirs.startswith(ours):
        return 0.6
    room = longest if len(left.tokens) > 1 and len(right.tokens) > 1 else longest * 0.6
    return 1 - 1.2 * distance / room


def _compare_words(left: Name, right: Name, rarity: Rarity) -> float:
    """Share of what their words say that both say; words may differ in spelling or be cut short."""
    ours = [token for token in left.tokens if token not in FUNCTION_WORDS]
    theirs = [token for token in right.tokens if token not in FUNCTION_WORDS]
    total = sum(map(rarity, ours)) + sum(map(rarity, theirs))
    if len(left.tokens) == len(right.tokens) == 1 or not ours or not theirs or not total:
        return 0.0
    shared = 0.0
    open_: list[str] = []
    for token in ours:
        if token in theirs:
            theirs.remove(token)
            shared += 2 * rarity(token)
        else:
            open_.append(token)
    for token in open_ if theirs else ():
        likeness = [_compare_tokens(token, other) for other in theirs]
        best = max(likeness)
        if best >= _SOFT:
            other = theirs.pop(likeness.index(best))
            shared += best * (rarity(token) + rarity(other))
            if not theirs:
                break
    return 0.93 * shared / total


def _compare_tokens(left: str, right: str) -> float:
    """0…1 for two different words: by spelling, or 0.95 if one is cut short."""
    short, long_ = (left, right) if len(left) <= len(right) else (right, left)
    if len(short) < _PREFIX or short[0] != long_[0] or short.isdigit():
        return 0.0
    if long_.startswith(short):
        return 0.95
    return float(JaroWinkler.similarity(left, right, score_cutoff=_SOFT))
