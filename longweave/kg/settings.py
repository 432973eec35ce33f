"""Settings of this room."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from longweave.kg.path_settings import PathSettings
from longweave.kg.resolve import ResolveSettings
from longweave.synth.records import Domain


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ExtractSettings(_Settings):
    """What is read for facts, and by whom."""

    extractor: Literal["model", "offline"] = Field(
        default="model", description="'model' asks the role extractor; 'offline' reads with spaCy's parser."
    )
    chunk_tokens: int = Field(default=1_000, ge=100, description="Text that is read at once.")
    most_facts: int = Field(default=20, ge=1, le=100, description="Facts wanted of one reading of a chunk.")
    relations: tuple[str, ...] = Field(
        default=(), description="The only relations that are wanted, as a schema names them; empty for any."
    )
    passes: int = Field(default=1, ge=1, le=3, description="From 2 on the model is asked what it has missed.")


class KgSettings(_Settings):
    """Multi-hop questions over a knowledge graph."""

    passages: dict[Domain, int | None] = Field(
        default={"general": None, "professional": None, "academic": None, "literature": None},
        min_length=1,
        description="The domains that are read, each with a graph of its own per split, and how many "
        "passages of each (null: all), those that join documents first.",
    )
    extract: ExtractSettings = ExtractSettings()
    decide: Literal["model", "threshold"] = Field(
        default="model", description="Who decides whether two names that are doubtful are one thing."
    )
    resolve: ResolveSettings = ResolveSettings()
    undo: tuple[str, ...] = Field(
        default=(), description="Merges to take back, by their merge_id in kg/merges of an earlier run."
    )
    paths: PathSettings = PathSettings()
    max_commonness: float = Field(
        default=1.0,
        ge=0,
        le=1,
        description="Paths whose facts are more common than this are not asked about.",
    )
    clue_rarity: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="How rare a name must be that describes the start: 1 in one document, 0 in all.",
    )
    per_paradigm: int = Field(
        default=200,
        ge=1,
        description="Plans per graph and paradigm (multi-fact, temporal, causal, hypothetical).",
    )
    per_asked_fact: int = Field(default=3, ge=1, description="Plans that may ask for the same fact.")
    fewest_guesses: int = Field(
        default=2,
        ge=1,
        description="Answers that must be left to choose from for a reader who lacks one of the documents.",
    )
    tries: int = Field(default=3, ge=1, le=8, description="Wordings to ask for until one passes its checks.")
