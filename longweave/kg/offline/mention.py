"""A thing or value that a sentence names, and where."""

from dataclasses import dataclass, replace

from longweave.kg.records import EntityType


@dataclass(frozen=True, slots=True)
class Mention:
    """Tokens ``[start, end)`` of a block with the ``root`` that the rest of the sentence hangs on.

    ``sure`` says that the type is more than a guess. ``stated_at`` is where, in the text of the document, the
    sentence begins that names what a pronoun stands for; None for a name itself.
    """

    start: int
    end: int
    root: int
    name: str
    type: EntityType
    sure: bool = True
    stated_at: int | None = None

    def standing(self, start: int, end: int, root: int, stated_at: int) -> "Mention":
        """The same thing where a pronoun or "the film" stands for it."""
        return replace(self, start=start, end=end, root=root, stated_at=stated_at)
