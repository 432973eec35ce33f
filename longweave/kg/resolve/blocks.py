"""Which names are compared: those that share something rare. Near-linear in the number of names.

In: names. Out: pairs of places, each once. Names meet that share a rare word (common ones only in pairs with
a second word), that are equal but for spaces, that are neighbours in alphabetical order read forwards or
backwards (typing errors), or of which one is made of the other's initials.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from longweave.kg.resolve.lexicon import FUNCTION_WORDS, NICKNAMES
from longweave.kg.resolve.names import Name, fold_plural

Pairs = NDArray[np.int64]

_WINDOW = 3
_MAX_WORDS = 12


def pair_names(names: Sequence[Name], max_block: int) -> Pairs:
    """int64 of shape (pairs, 2), the smaller place first, sorted, each pair once.

    Args:
        names: In any order; equal names are places of their own.
        max_block: Blocks of more names are left out: their words tell nothing apart. Of more equal names,
            each meets so many next ones.
    """
    blocks: dict[str, list[int]] = defaultdict(list)
    for place, name in enumerate(names):
        for block in sorted(_blocks_of(name)):
            blocks[block].append(place)
    codes: list[Pairs] = [_sorted_neighbours(names)]
    total = len(names)
    rows: list[int] = []
    for block, members in blocks.items():
        if len(members) <= max_block:
            rows.extend(one * total + other for one, other in combinations(members, 2))
        elif block.startswith("joined "):
            rows.extend(_slide(members, total, max_block))
        elif block.startswith("word "):
            rows.extend(_split_block(members, names, block[5:], max_block))
    codes.append(np.array(rows, np.int64))
    unique = np.unique(np.concatenate(codes))
    return np.stack([unique // max(total, 1), unique % max(total, 1)], axis=1)


def _blocks_of(name: Name) -> Iterator[str]:
    for word in _words_of(name):
        yield f"word {word}"
    yield f"joined {name.joined}"
    if len(name.tokens) == 1 and 2 <= len(name.joined) <= 6:
        yield f"initials {name.joined}"
    elif len(name.tokens) > 1:
        yield f"initials {name.initials}"
        yield f"initials {''.join(token[0] for token in name.tokens)}"


def _words_of(name: Name) -> set[str]:
    return {
        fold_plural(NICKNAMES.get(token, token))
        for token in name.tokens[:_MAX_WORDS]
        if len(token) > 1 and token not in FUNCTION_WORDS
    }


def _split_block(members: Sequence[int], names: Sequence[Name], word: str, max_block: int) -> Iterator[int]:
    """The pairs of a block that is too large, among those that share a second word or its beginning."""
    parts: dict[str, list[int]] = defaultdict(list)
    for place in members:
        for other in sorted(_words_of(names[place]) - {word}):
            parts[other].append(place)
        if len(names[place].tokens) > 1:
            parts[f"{names[place].tokens[0][0]} {len(names[place].tokens)}"].append(place)
    for part in parts.values():
        if len(part) <= max_block:
            yield from (one * len(names) + other for one, other in combinations(part, 2))


def _slide(members: Sequence[int], total: int, width: int) -> Iterator[int]:
    """The pairs of members that are at most ``width`` places apart."""
    for at, one in enumerate(members):
        yield from (one * total + other for other in members[at + 1 : at + 1 + width])


def _sorted_neighbours(names: Sequence[Name]) -> Pairs:
    """Codes of the pairs that are at most ``_WINDOW`` places apart in either alphabetical order."""
    codes: list[Pairs] = [np.zeros(0, np.int64)]
    for step in (1, -1):
        order = np.array(
            sorted(range(len(names)), key=lambda place: (names[place].joined[::step], place)), np.int64
        )
        for distance in range(1, _WINDOW + 1):
            one, other = order[:-distance], order[distance:]
            codes.append(np.minimum(one, other) * len(names) + np.maximum(one, other))
    return np.concatenate(codes)
