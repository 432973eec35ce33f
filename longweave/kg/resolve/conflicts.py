"""What shows that two names cannot be one thing's, however alike they are.

In: two names taken apart. Out: the reason, or "" if nothing speaks against them.
"""

from longweave.kg.resolve.lexicon import OPPOSED
from longweave.kg.resolve.names import Name
from longweave.kg.resolve.persons import find_person_conflict


def find_conflict(left: Name, right: Name) -> str:
    """Why two names exclude each other: "numbers", "senses", "opposites", or a reason between persons.

    A name without a number does not exclude one with a number: see ``lacks_number``.
    """
    if left.numbers and right.numbers and left.numbers != right.numbers:
        return "numbers"
    if _differ_in_sense(left.sense, right.sense):
        return "senses"
    if left.type == right.type == "person":
        return find_person_conflict(left, right)
    return "opposites" if _are_opposed(left, right) else ""


def _differ_in_sense(ours: frozenset[str], theirs: frozenset[str]) -> bool:
    """Whether brackets tell two things of one name apart: by other years, or by nothing in common."""
    years = [{word for word in sense if word.isdigit()} for sense in (ours, theirs)]
    if all(years) and not (years[0] <= years[1] or years[1] <= years[0]):
        return True
    return bool(ours and theirs) and ours.isdisjoint(theirs)


def lacks_number(left: Name, right: Name) -> bool:
    """Whether one name has a number that the other lacks: "Apollo" and "Apollo 11"."""
    return left.numbers != right.numbers


def _are_opposed(left: Name, right: Name) -> bool:
    ours, theirs = _opposed_words(left, right), _opposed_words(right, left)
    return any(theirs.get(family, member) != member for family, member in ours.items())


def _opposed_words(name: Name, other: Name) -> dict[int, int]:
    """Family → member, of the words that the other name does not have."""
    return dict(OPPOSED[token] for token in name.tokens if token in OPPOSED and token not in other.tokens)
