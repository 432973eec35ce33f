"""The settings of a run: each room's own, under its name, and those of the run as a whole."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from longweave.corpus.settings import CorpusSettings
from longweave.kg.code import CodeSettings
from longweave.kg.settings import KgSettings
from longweave.mase.dialogue import DialogueSettings
from longweave.mase.settings import MaseSettings
from longweave.synth.context import ContextSettings
from longweave.synth.llm.settings import ROLES, ModelSettings, Role, excluded_settings
from longweave.tables.settings import PoseSettings
from longweave.verify.selection_settings import SelectionSettings
from longweave.verify.settings import VerifySettings

MAKER_NAMES = ("tables", "kg", "kg_code", "mase", "dialogue")
"""The makers, as ``Candidate.maker`` names them."""


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ShardSettings(_Settings):
    """How large shards are. Smaller ones spread better over workers, and less is lost when a run is
    killed."""

    source_bytes: int = Field(
        default=64_000_000, ge=1, description="Source files are read together up to this size (as stored)."
    )
    document_tokens: int = Field(default=1_000_000, ge=1, description="Documents of one shard, in tokens.")
    samples: int = Field(default=64, ge=1, description="Candidates of one shard.")


class DropLimits(_Settings):
    """The largest share of records that a stage may drop before the run ends."""

    filter_corpus: float = Field(default=0.9, ge=0, le=1)
    deduplicate_corpus: float = Field(default=0.9, ge=0, le=1)
    judge_corpus: float = Field(default=0.9, ge=0, le=1)
    extract_facts: float = Field(default=0.5, ge=0, le=1)
    decide_names: float = Field(default=0.5, ge=0, le=1)
    ask_questions: float = Field(default=0.95, ge=0, le=1)
    evolve_clusters: float = Field(default=0.5, ge=0, le=1)
    keep_pairs: float = Field(default=0.98, ge=0, le=1)
    extend_context: float = Field(default=0.9, ge=0, le=1)
    verify_samples: float = Field(default=0.9, ge=0, le=1)
    screen_samples: float = Field(default=0.9, ge=0, le=1)
    check_grounding: float = Field(default=0.9, ge=0, le=1)
    check_robustness: float = Field(default=0.9, ge=0, le=1)
    measure_difficulty: float = Field(default=0.5, ge=0, le=1)


class ExecutionSettings(_Settings):
    """How the work is spread; nothing here changes what comes out."""

    workers: int = Field(default=0, ge=0, description="Shards made at once; 0 for one per core.")
    task_runner: Literal["processes", "ray"] = Field(
        default="processes",
        description="What makes the shards of the Prefect flows: processes here, or a Ray cluster.",
    )


class RunSettings(_Settings):
    """All settings of a run; pipeline.yaml is a commented example."""

    seed: int = Field(default=0, ge=0, description="Decides everything that is drawn.")
    tokenizer: str = Field(
        default="qwen", description="'qwen' (bundled), a tokenizer.json, or a model directory with one."
    )
    val_share: float = Field(
        default=0.2, ge=0, lt=1, description="Share of the corpus, by tokens, that is set aside for val/."
    )
    corpus: CorpusSettings
    models: ModelSettings = ModelSettings()
    tables: PoseSettings = PoseSettings()
    kg: KgSettings | None = None
    code: CodeSettings | None = None
    dialogue: DialogueSettings | None = None
    mase: MaseSettings | None = None
    context: ContextSettings = ContextSettings()
    verify: VerifySettings = VerifySettings()
    selection: SelectionSettings = SelectionSettings()
    shards: ShardSettings = ShardSettings()
    limits: DropLimits = DropLimits()
    execution: ExecutionSettings = ExecutionSettings()

    @model_validator(mode="after")
    def _check_makers(self) -> "RunSettings":
        difficulty = self.verify.difficulty
        named = {
            "context.maker_targets": self.context.maker_targets,
            "verify.difficulty.makers": (difficulty.makers if difficulty is not None else None) or (),
        }
        for where, makers in named.items():
            if unknown := sorted(set(makers) - set(MAKER_NAMES)):
                raise ValueError(f"{where}: no maker {', '.join(unknown)}; makers: {', '.join(MAKER_NAMES)}")
        return self

    def asked_roles(self) -> list[Role]:
        """The roles that a run with these settings asks."""
        asked: set[Role] = set()
        verify = self.verify
        if self.corpus.judge is not None:
            asked.add("judge")
        if self.kg is not None:
            asked.add("proposer")
            if self.kg.extract.extractor == "model" or self.kg.decide == "model":
                asked.add("extractor")
        if verify.grounding is not None:
            asked.add(verify.grounding.closed_book)
            if verify.grounding.ablation != "none":
                asked.add("solver")
        if verify.robustness is not None:
            asked |= {"solver", "verifier"}
        if verify.difficulty is not None:
            asked.add("policy")
        if verify.verdicts.judge and asked & {"solver", "policy"}:
            asked.add("judge")
        if self.mase is not None:  # its answers are judged by the verifier, whatever the gates do
            asked |= {"proposer", "solver", "verifier"}
        return [role for role in ROLES if role in asked]


IF_WORKER_DIES = "Often memory ran out: set execution.workers lower and run again; what is finished is kept."
"""What to do when a worker process was killed."""

EXCLUDED = {
    "execution": "shards are the same however many are made at once, and wherever",
    "limits": "they end a run, they do not change what it writes",
    **{f"models.{name}": reason for name, reason in excluded_settings().items()},
}
"""Settings that may differ from those a run was begun with, each with the reason."""
