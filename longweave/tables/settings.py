"""Settings of the tables room."""

from pydantic import BaseModel, ConfigDict, Field

from longweave.tables.sql import QueryLimits


class PoseSettings(BaseModel):
    """How many questions are posed, and what one query may use."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    questions_per_kind: int = Field(
        default=10, ge=1, description="Questions to keep per query kind and split."
    )
    attempts_per_question: int = Field(default=20, ge=1, description="Draws allowed per question kept.")
    single_document_share: float = Field(
        default=0.3,
        ge=0,
        le=1,
        description="At most this share of a kind's questions may rest on one document.",
    )
    query_seconds: float = Field(default=30.0, gt=0, description="Wall-clock limit of one query.")
    query_memory_mb: int = Field(default=256, ge=32, description="Memory limit of one query, in MB.")

    def limits(self) -> QueryLimits:
        """The limits as the SQL runner takes them."""
        return QueryLimits(memory_mb=self.query_memory_mb, seconds=self.query_seconds)
