"""What one clause states, before it is proven."""

from dataclasses import dataclass

from longweave.kg.offline.mention import Mention


@dataclass(frozen=True, slots=True)
class Fact:
    """``relation`` is read from subject to object; ``time`` is the date that the clause gives."""

    subject: Mention
    relation: str
    object: Mention
    time: Mention | None = None
