"""Settings of path sampling."""

from math import ceil

from pydantic import BaseModel, ConfigDict, Field, model_validator

UNINFORMATIVE = (
    "be",
    "is",
    "is a",
    "is an",
    "is the",
    "was",
    "are",
    "has",
    "have",
    "of",
    "in",
    "with",
    "and",
    "about",
    "related to",
    "relates to",
    "is related to",
    "associated with",
    "is associated with",
    "mentions",
    "is mentioned in",
    "refers to",
    "includes",
    "include",
    "says",
    "say",
    "said",
    "tell",
    "told",
    "see also",
    "same as",
)


class PathSettings(BaseModel):
    """Which paths are sampled, and how many."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    paths: int = Field(default=200, ge=1, description="Paths to sample per graph.")
    attempts_per_path: int = Field(default=200, ge=1, description="Walks allowed per path kept.")
    min_hops: int = Field(default=2, ge=2, le=10, description="Fewest hops of a path.")
    max_hops: int = Field(default=10, ge=2, le=10, description="Most hops of a path.")
    breadth_first_share: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="Share of the paths that are looked for breadth first; the others by random walk.",
    )
    documents_per_hop: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="Distinct documents that a path needs for each of its hops.",
    )
    fewest_documents: int = Field(
        default=2, ge=2, description="Distinct documents that a path needs, however short it is."
    )
    hub_quantile: float = Field(
        default=0.995,
        gt=0,
        le=1,
        description="Nodes with more neighbours than this share of all nodes have are not passed through.",
    )
    max_degree: int | None = Field(
        default=None, ge=2, description="The same as a number of neighbours; it replaces the quantile."
    )
    max_fan_out: int = Field(
        default=20,
        ge=1,
        description="A hop is not taken where its relation leads to more nodes than this.",
    )
    max_same_relation: int = Field(default=2, ge=1, description="Hops of a path that may share a relation.")
    max_sibling_share: float = Field(
        default=0.25,
        ge=0,
        le=1,
        description="At most this share of the hops may go to a sibling: back by the relation just taken.",
    )
    paths_per_answer: int = Field(default=2, ge=1, description="Paths that may end at one node.")
    max_overlap: float = Field(
        default=0.67,
        ge=0,
        le=1,
        description="At most this share of a path's hops may be those of one path sampled before.",
    )
    barred_relations: tuple[str, ...] = Field(
        default=UNINFORMATIVE, description="Relations that say too little to be asked by."
    )

    @model_validator(mode="after")
    def _check_hops(self) -> "PathSettings":
        if self.min_hops > self.max_hops:
            raise ValueError("min_hops is greater than max_hops")
        return self

    def min_documents(self, hops: int) -> int:
        """Distinct documents that a path of so many hops needs."""
        return max(self.fewest_documents, ceil(hops * self.documents_per_hop))
