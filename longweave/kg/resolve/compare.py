"""How alike two mentions are, by their names, types and fields.

In: two mentions, and how rare words are. Out: 0…1; what is said about them is not looked at.
"""

from longweave.kg.resolve.fields import compare_fields
from longweave.kg.resolve.likeness import Rarity, compare_names
from longweave.kg.resolve.mentions import Mention
from longweave.kg.resolve.names import parse_name
from longweave.kg.resolve.types import are_compatible, are_near

_OTHER_TYPE = 0.85


def compare_mentions(one: Mention, other: Mention, rarity: Rarity) -> float:
    """0 for mentions that exclude each other, 1 for equal ones."""
    left, right = parse_name(one.name, one.type), parse_name(other.name, other.type)
    if not are_compatible(left.type, right.type):
        same = left.key == right.key and are_near(left.type, right.type)
        return _OTHER_TYPE if same else 0.0
    score = compare_names(left, right, rarity)
    if score and one.fields and other.fields:
        agreement = compare_fields(one.fields, other.fields)
        if agreement is not None:
            return 0.5 * score + 0.5 * agreement
    return score
