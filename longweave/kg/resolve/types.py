"""Which types of two mentions allow that they are one thing."""

from longweave.kg.records import VALUE_TYPES

_NEAR = tuple(
    frozenset(pair)
    for pair in (
        ("organization", "place"),
        ("organization", "product"),
        ("organization", "work"),
        ("organization", "concept"),
        ("organization", "event"),
        ("product", "work"),
        ("product", "concept"),
        ("product", "substance"),
        ("work", "concept"),
        ("work", "event"),
        ("event", "concept"),
        ("substance", "concept"),
        ("organism", "concept"),
        ("organism", "substance"),
    )
)
"""Types that extractors give to one thing by turns: a newspaper is an organization and a work."""


def are_compatible(left: str, right: str) -> bool:
    """Whether the types are equal, or one is unknown and the other no value."""
    if left == right:
        return True
    return (not left and right not in VALUE_TYPES) or (not right and left not in VALUE_TYPES)


def are_near(left: str, right: str) -> bool:
    """Whether equal names of these types can be one thing's."""
    return are_compatible(left, right) or frozenset((left, right)) in _NEAR
