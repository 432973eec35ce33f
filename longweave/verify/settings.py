"""What a sample has to reach at each gate after the proof."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from longweave.synth.judge import VerdictSettings
from longweave.verify.selection_settings import ScreeningSettings


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class GroundingSettings(_Settings):
    """Does a sample need its documents? Asked without them, and with one of them missing."""

    closed_book: Literal["solver", "policy"] = Field(
        default="solver",
        description="Whose knowledge counts: that of the role solver, or of the policy to be trained.",
    )
    tries: int = Field(default=8, ge=1, description="Answers to every version of the prompt.")
    max_pass_rate: float = Field(
        default=0.2,
        ge=0,
        le=1,
        description="Dropped if more than this share is right without documents, corrected for guessing.",
    )
    ablation: Literal["all", "unproven", "none"] = Field(
        default="unproven",
        description="Which samples that need several documents are asked with each one missing: all, those "
        "whose maker does not prove by code that each is needed, or none.",
    )
    max_kept_share: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="Dropped if with one document missing more than this share of the pass rate of the role "
        "solver is left.",
    )


class RobustnessSettings(_Settings):
    """Is a sample still solved in its long context, and in longer ones? Asked by the role solver."""

    tries: int = Field(default=8, ge=1, description="Answers to every context.")
    k: int = Field(default=4, ge=1, description="For pass@k; at most as many as tries.")
    placements: int = Field(
        default=1,
        ge=0,
        description="Contexts of the same length with fresh distractors and the evidence elsewhere.",
    )
    longer: int = Field(
        default=1, ge=0, description="How many of the next longer context.targets are tried as well."
    )
    contested_share: float = Field(
        default=0.2,
        gt=0,
        le=1,
        description="If this share of the answers in the shipped context, and at least two, agree on another "
        "answer than the gold, the role verifier decides whether the documents support it too; 1: never.",
    )


class DifficultySettings(_Settings):
    """How often the policy that is to be trained solves a sample: asked by the role policy."""

    tries: int = Field(default=8, ge=1, description="Answers to every sample.")
    makers: tuple[str, ...] | None = Field(
        default=None, description="Only samples of these makers are measured; null for all."
    )


class VerifySettings(_Settings):
    """The gates after the proof. Of those that ask models, one that is left out is not run."""

    screening: ScreeningSettings = ScreeningSettings()
    verdicts: VerdictSettings = VerdictSettings()
    grounding: GroundingSettings | None = None
    robustness: RobustnessSettings | None = None
    difficulty: DifficultySettings | None = None
    longest_prompt: int = Field(
        default=131_072,
        ge=1,
        description="Longer prompts, in tokens, are not sent to a model.",
    )
    unchecked: Literal["keep", "drop"] = Field(
        default="drop",
        description="What becomes of a sample whose own prompt is longer; where it is kept, its check says "
        "that it was not asked about.",
    )
