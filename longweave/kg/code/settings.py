"""Settings of questions about code."""

from pydantic import BaseModel, ConfigDict, Field, model_validator


class CodeSettings(BaseModel):
    """How many questions are posed about source trees, and how far their chains reach."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    questions_per_sort: int = Field(default=10, ge=1, description="Questions to keep per sort.")
    min_hops: int = Field(default=3, ge=2, description="Fewest hops of a chain.")
    max_hops: int = Field(default=8, ge=2, description="Most hops of a chain.")
    max_steps: int = Field(
        default=3, ge=1, description="Most steps that the question spells out before it asks."
    )
    min_documents: int = Field(
        default=2,
        ge=2,
        description="Fewest documents that a chain needs, those not counted that only pass a name on.",
    )
    two_document_share: float = Field(
        default=0.35, ge=0, le=1, description="At most this share of a sort needs only two documents."
    )
    max_support_chars: int = Field(
        default=14_000,
        ge=0,
        description="Most characters of classes and functions that one question needs to be shown whole.",
    )
    plain_answer_share: float = Field(
        default=0.04,
        ge=0,
        le=1,
        description="At most this share of all questions has None, True, False, 0 or 1 as its answer.",
    )
    same_answer: int = Field(default=3, ge=1, description="Questions of all sorts that may have one answer.")
    same_way: int = Field(
        default=4,
        ge=1,
        description="Questions of all sorts that may start in one class or function, or share two steps.",
    )
    described_share: float = Field(
        default=0.3,
        ge=0,
        le=1,
        description="Share of questions whose start is described by its docstring, where it can be.",
    )
    starts_tried: int = Field(
        default=4_000, ge=1, description="Definitions from which chains are followed, drawn by the seed."
    )

    @model_validator(mode="after")
    def _check_hops(self) -> "CodeSettings":
        if self.min_hops > self.max_hops:
            raise ValueError("min_hops is greater than max_hops")
        return self
