"""Two mentions that may be one thing, and how sure that is."""

from dataclasses import dataclass
from typing import Literal

from longweave.kg.records import Merge
from longweave.synth.records import content_id

By = Literal["name", "string", "embedding", "model"]


@dataclass(frozen=True, slots=True, order=True)
class Link:
    """``left`` and ``right`` are mention keys in order; ``score`` (0…1) says how alike they are, ``by`` what
    says so."""

    left: str
    right: str
    score: float
    by: By

    @classmethod
    def of(cls, one: str, other: str, score: float, by: By) -> "Link":
        """The link between two mentions, whichever comes first."""
        return cls(min(one, other), max(one, other), round(score, 4), by)

    @property
    def ends(self) -> tuple[str, str]:
        """The mention keys, in order."""
        return self.left, self.right

    @property
    def merge_id(self) -> str:
        """The id of the merge that the link may become; it tells it from a link with another reason."""
        return content_id("merge", self.left, self.right, self.by)

    def as_merge(self) -> Merge:
        """The merge that the link becomes."""
        return Merge(merge_id=self.merge_id, left=self.left, right=self.right, by=self.by, score=self.score)
