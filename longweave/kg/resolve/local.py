"""Names within one document: a short form goes with the one full name it is short for.

Writers introduce a thing by its full name and go on with a short one, so the same short form is surer here
than across documents. A short form that fits two full names which are two things fits none.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from longweave.kg.resolve.lexicon import FUNCTION_WORDS
from longweave.kg.resolve.likeness import Rarity, compare_names, is_acronym_of
from longweave.kg.resolve.names import Name
from longweave.kg.resolve.persons import INITIALS
from longweave.kg.resolve.types import are_compatible

_CLEAR_LEAD = 0.1
_BONUS = 0.25
_SURE = 0.95
_FLOOR = 0.55
_MARK = 3
_MOST_FULLER = 60


def link_within(names: Sequence[Name], rarity: Rarity) -> Iterator[tuple[int, int, float, bool]]:
    """(place of one name, place of the other, score, whether the first is a short form of the second).

    Args:
        names: The different names of one document.
        rarity: See ``likeness``.
    """
    order = sorted(range(len(names)), key=lambda at: _rank(names[at]))
    fuller = _pair_longer(names, order)
    for one in order:
        found: list[tuple[float, int]] = []
        for other in fuller[one]:
            if are_compatible(names[one].type, names[other].type):
                score = score_within(names[one], names[other], rarity)
                if score >= _FLOOR:
                    found.append((score, other))
        found.sort(key=lambda pair: -pair[0])
        if found and _is_clear(found, names, rarity):
            score, other = found[0]
            yield one, other, score, len(names[one].tokens) < len(names[other].tokens)


def score_within(one: Name, other: Name, rarity: Rarity) -> float:
    """How sure it is that the names of one document are one thing's, 0…1."""
    if other.bracket and is_acronym_of_bracket(one, other):
        return 0.97
    score = compare_names(one, other, rarity)
    if one.type == other.type == "person":
        return min(score + _BONUS, _SURE) if 0 < score < INITIALS else score and max(score, _SURE)
    if is_acronym_of(one, other):
        return _SURE
    return score


def is_acronym_of_bracket(one: Name, other: Name) -> bool:
    """Whether ``one`` is what ``other`` has in brackets: "Toulouse Business School (TBS)"."""
    return one.text.strip(" ()") == other.bracket


def _rank(name: Name) -> tuple[int, int, str, str, str]:
    """Shorter names first."""
    return len(name.tokens), len(name.joined), name.key, name.type, name.text


def _pair_longer(names: Sequence[Name], order: Sequence[int]) -> dict[int, list[int]]:
    """For each place the places of later names in ``order`` that share a beginning, an ending or initials."""
    blocks: dict[str, list[int]] = defaultdict(list)
    fuller: dict[int, list[int]] = {}
    for one in reversed(order):
        marks = _marks_of(names[one])
        fuller[one] = sorted({other for mark in marks for other in blocks[mark][-_MOST_FULLER:]})
        for mark in marks:
            blocks[mark].append(one)
    return fuller


def _marks_of(name: Name) -> set[str]:
    marks = {token[:_MARK] for token in name.tokens if token not in FUNCTION_WORDS}
    marks.add(f"-{name.joined[-_MARK:]}")
    if len(name.tokens) == 1:
        marks |= {f"#{name.joined}", f"#{name.joined.removesuffix('s')}"}
    else:
        marks |= {f"#{name.initials}", f"#{''.join(token[0] for token in name.tokens)}"}
    if name.bracket:
        marks.add(f"#{name.bracket.casefold()}")
    return marks


def _is_clear(found: Sequence[tuple[float, int]], names: Sequence[Name], rarity: Rarity) -> bool:
    best, first = found[0]
    return all(
        best - score >= _CLEAR_LEAD or compare_names(names[first], names[other], rarity) >= _FLOOR
        for score, other in found[1:]
    )
