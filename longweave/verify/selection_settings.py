"""Settings of screening and selection: what repeats other questions, and what is trained on."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

GroupField = Literal["maker", "task", "question_type", "domain", "target_tokens"]
KeepOrDrop = Literal["keep", "drop"]

_SHARE = "Between 0 and 1."


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RepeatSettings(_Settings):
    """When two questions count as one. Similarities are cosines of sentence embeddings."""

    similarity: float = Field(
        default=0.85,
        gt=0,
        le=1,
        description="Questions with one answer over shared documents are the same from this similarity on.",
    )
    similarity_of_telling_answer: float = Field(
        default=0.75,
        gt=0,
        le=1,
        description="The same for a number of three digits or more, or a name over the same evidence.",
    )


class ContaminationSettings(_Settings):
    """When a question counts as a paraphrase of a benchmark's. Similarities are cosines of embeddings."""

    similarity: float = Field(
        default=0.78,
        gt=0,
        le=1,
        description="The same from this mean of the questions' and the answers' similarity on.",
    )
    similarity_of_question: float = Field(
        default=0.9,
        gt=0,
        le=1,
        description="Where the benchmark tells no answer: the same from this similarity of the questions on.",
    )


class ScreeningSettings(_Settings):
    """What is dropped before any model is asked: repeated questions, and questions of benchmarks."""

    repeats: RepeatSettings = RepeatSettings()
    contamination: ContaminationSettings = ContaminationSettings()


class BalanceSettings(_Settings):
    """How many samples of each difficulty are taken."""

    k: int = Field(default=1, ge=1, description="Difficulty is the policy's pass@k; 1: its pass rate.")
    bins: int = Field(default=8, ge=1, le=100, description="Bins of equal width over pass@k, 0 to 1.")
    group_by: tuple[GroupField, ...] = Field(
        default=("maker", "task"), description="Bins are evened out within each of these groups."
    )
    per_bin: int | None = Field(
        default=None,
        ge=1,
        description="Most samples of a bin in a group; none: what half of its bins can give.",
    )
    all_solved: KeepOrDrop = Field(default="drop", description="Samples that were always solved.")
    never_solved: KeepOrDrop = Field(default="keep", description="Samples that were never solved.")
    unmeasured: KeepOrDrop = Field(default="keep", description="Samples whose pass rate is not known.")


class QuotaSettings(_Settings):
    """How many samples with one value may or must be selected, as a number or as a share of the selection."""

    by: GroupField = Field(description="What is counted.")
    value: str = Field(description="Which value: a task, a question type, a domain, a maker or a length.")
    min_count: int = Field(default=0, ge=0, description="At least so many, as far as there are any.")
    max_count: int | None = Field(default=None, ge=0, description="Never more than so many.")
    min_share: float = Field(default=0, ge=0, le=1, description=f"At least this share. {_SHARE}")
    max_share: float = Field(default=1, ge=0, le=1, description=f"Never more than this share. {_SHARE}")

    @model_validator(mode="after")
    def _least_is_below_most(self) -> Self:
        if self.max_count is not None and self.min_count > self.max_count:
            raise ValueError(f"{self.by} {self.value!r}: min_count is over max_count")
        if self.min_share > self.max_share:
            raise ValueError(f"{self.by} {self.value!r}: min_share is over max_share")
        return self


class StageSettings(_Settings):
    """One stage of training and the samples it gets (L1.5, arXiv 2512.12967)."""

    name: str = Field(pattern=r"^[\w-]+$", description="Name of the stage, and of its folder.")
    max_prompt_tokens: int = Field(ge=1, description="Longest prompt, chat template included.")
    max_response_tokens: int = Field(ge=1, description="Longest response; policy trials are run with it.")
    size: int | None = Field(default=None, ge=1, description="Samples wanted; none: all that are fresh.")
    past_share: float = Field(
        default=0.2, ge=0, le=1, description="Share of the set drawn from what fitted an earlier stage."
    )
    unsolved_weight: float = Field(
        default=16.0,
        ge=1,
        description="Most weight of a past sample: that of one never solved (1 / mean reward has no limit).",
    )
    all_solved: KeepOrDrop = Field(default="drop", description="Samples always solved at this stage.")


RECIPE_STAGES = (
    StageSettings(name="full-20k", max_prompt_tokens=20_000, max_response_tokens=12_000),
    StageSettings(name="full-60k", max_prompt_tokens=60_000, max_response_tokens=20_000),
    StageSettings(name="full-120k", max_prompt_tokens=120_000, max_response_tokens=50_000),
    StageSettings(name="memory-128k", max_prompt_tokens=128_000, max_response_tokens=50_000, past_share=1),
)
"""The stages of L1.5, arXiv 2512.12967. The memory stage takes all that fits: its prompts are those of the
stages before."""


class SelectionSettings(_Settings):
    """Which verified samples are trained on."""

    reviewed: Literal["ignore", "drop_bad", "good_only"] = Field(
        default="drop_bad",
        description="Marks of people: not looked at; bad ones dropped; only those marked good kept.",
    )
    balance: BalanceSettings = BalanceSettings()
    quotas: tuple[QuotaSettings, ...] = ()
    size: int | None = Field(default=None, ge=1, description="Most samples selected; none: no limit.")
    stages: Annotated[tuple[StageSettings, ...], Field(min_length=1)] = Field(
        default=RECIPE_STAGES, description="The stages of training, in order."
    )

    @model_validator(mode="after")
    def _named_once(self) -> Self:
        quotas = [f"{quota.by} {quota.value!r}" for quota in self.quotas]
        stages = [stage.name for stage in self.stages]
        for kind, names in (("quota", quotas), ("stage", stages)):
            if repeated := sorted({name for name in names if names.count(name) > 1}):
                raise ValueError(f"more than one {kind} for {', '.join(repeated)}")
        return self
