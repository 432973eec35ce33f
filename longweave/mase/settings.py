"""Settings of the loop that evolves questions."""

import math
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, field_validator, model_validator

from longweave.mase.types import TASK_TYPES


class MaseSettings(BaseModel):
    """Which task types are evolved, over how much text, and which questions are kept."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    clusters: dict[str, PositiveInt] = Field(
        min_length=1, description="Clusters per task type, those of val included; see docs/mase.md."
    )
    cluster_tokens: int = Field(default=16_000, ge=500, description="Tokens that the proposer is shown.")
    passage_tokens: int = Field(default=2_000, ge=100, description="Tokens of one passage, at most about.")
    distractor_tokens: int = Field(
        default=16_000, ge=0, description="Tokens that the solver is shown besides, of other documents."
    )
    rounds: int = Field(default=4, ge=1, description="Proposals per cluster at most.")
    patience: int = Field(
        default=2, ge=1, description="A cluster ends after so many proposals in a row of which none is kept."
    )
    history: int = Field(
        default=3, ge=0, description="Solved pairs of the cluster that the proposer sees, the newest."
    )
    tries: int = Field(default=8, ge=1, description="Answers of the solver to each question.")
    votes: int = Field(default=8, ge=1, description="Judgements of the verifier on each prediction.")
    min_passes: int = Field(
        default=1, ge=0, description="A question is too hard if fewer of the tries are right."
    )
    min_failures: int = Field(
        default=1, ge=0, description="A question is too easy if fewer of the tries are wrong."
    )
    max_similarity: float = Field(
        default=0.85, gt=0, le=1, description="Of a question to a kept one, by words or by embedding."
    )

    def scaled(self, share: float) -> Self:
        """With this share (0…1) of the clusters of each type, one at least."""
        fewer = {name: max(1, math.ceil(share * n)) for name, n in self.clusters.items()}
        return self.model_copy(update={"clusters": fewer})

    @field_validator("clusters")
    @classmethod
    def _check_types(cls, clusters: dict[str, int]) -> dict[str, int]:
        if unknown := sorted(clusters.keys() - TASK_TYPES.keys()):
            raise ValueError(f"no task type {', '.join(unknown)}; there are {', '.join(TASK_TYPES)}")
        return clusters

    @model_validator(mode="after")
    def _check_sizes(self) -> Self:
        if self.min_passes + self.min_failures > self.tries:
            raise ValueError("min_passes and min_failures together exceed tries: nothing could be kept")
        if 2 * self.passage_tokens > self.cluster_tokens:
            raise ValueError("cluster_tokens must hold two passages of passage_tokens")
        return self
