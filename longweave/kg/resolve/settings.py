"""Settings of entity resolution."""

from pydantic import BaseModel, ConfigDict, Field, model_validator


class ResolveSettings(BaseModel):
    """How names become things."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sure: float = Field(default=0.95, ge=0, le=1, description="Names at least this alike are one thing.")
    doubtful: float = Field(
        default=0.55, ge=0, le=1, description="Names less alike than this are two; between, a model decides."
    )
    accept: float = Field(
        default=0.725,
        ge=0,
        le=1,
        description="Doubtful names at least this alike are one thing where no model decides.",
    )
    context_weight: float = Field(
        default=0.3, ge=0, le=1, description="Share of what is said about two names in how alike they are."
    )
    max_block: int = Field(
        default=40, ge=2, description="Names that share a word are compared if at most so many do."
    )
    max_cluster: int = Field(default=200, ge=2, description="Different names that one thing may have.")
    max_embedded: int = Field(
        default=10_000, ge=0, description="Texts embedded at most, for the most alike of the doubtful pairs."
    )
    lost_share: float = Field(
        default=0.9,
        gt=0,
        le=1,
        description="A document raises an alarm when this share of its names is merged by similarity.",
    )
    alarm_names: int = Field(default=5, ge=1, description="Documents with fewer names raise no alarm.")
    pairs_per_request: int = Field(default=12, ge=1, le=50, description="Pairs a model decides at once.")

    @model_validator(mode="after")
    def _check_order(self) -> "ResolveSettings":
        if not self.doubtful <= self.accept <= self.sure:
            raise ValueError("doubtful, accept and sure must rise in this order")
        return self
