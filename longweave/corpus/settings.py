"""Settings of the corpus room: where documents come from, which are kept, what they must not contain."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from longweave.synth.records import Domain

SourceFormat = Literal["jsonl", "parquet", "folder", "python"]
DocumentField = Literal["doc_id", "title", "text", "domain", "source", "license", "meta"]
RuleName = Literal[
    "length",
    "markup",
    "lists",
    "tables",
    "garbled",
    "repetition",
    "boilerplate",
    "templates",
    "language",
]


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FixedValues(_Settings):
    """Values that every document of a source gets where its row has none of its own."""

    domain: Domain | None = None
    source: str | None = None
    license: str | None = None


class SourceSettings(_Settings):
    """One source of documents."""

    name: str = Field(min_length=1, description="Short name; begins the ids of documents that have none.")
    format: SourceFormat = Field(
        description="jsonl (plain or .gz), parquet, folder (txt, md, html files), or python (a source tree)."
    )
    paths: Annotated[tuple[str, ...], Field(min_length=1)] = Field(
        description="Files or folders: local paths or fsspec URLs, with * ? ** as wildcards."
    )
    fields: dict[DocumentField, str] = Field(
        default={}, description="Which column holds which field; a field not named here has its own name."
    )
    values: FixedValues = Field(default=FixedValues(), description="Fixed domain, source or license.")

    @model_validator(mode="after")
    def _files_need_values(self) -> Self:
        if self.format in ("folder", "python") and (
            self.values.domain is None or self.values.license is None
        ):
            raise ValueError(
                f"source {self.name!r}: files carry no domain and license; set both under values"
            )
        return self


class ReadLimits(_Settings):
    """What one document and one file may cost; more is rejected, not read."""

    max_document_bytes: int = Field(
        default=50_000_000, ge=1_000, description="Longest row or file, in bytes as stored (uncompressed)."
    )
    max_expansion: int = Field(
        default=200, ge=2, description="A compressed file that grows by more than this factor is not read on."
    )


class FilterSettings(_Settings):
    """Which documents are kept."""

    min_tokens: int = Field(default=96, ge=0, description="Shortest document, in tokens.")
    max_tokens: int = Field(default=10_000_000, ge=1, description="Longest document, in tokens.")
    languages: Annotated[tuple[str, ...], Field(min_length=1)] = Field(
        default=("en",),
        description="ISO 639-1 codes of the languages kept; code has none and is always kept.",
    )
    min_tables: int = Field(
        default=0, ge=0, description="Where tables are wanted: fewest sound tables a document must have."
    )
    skip_rules: tuple[RuleName, ...] = Field(default=(), description="Rules that are not applied.")


class DuplicateSettings(_Settings):
    """When two documents count as copies."""

    threshold: float = Field(
        default=0.8,
        gt=0,
        le=1,
        description="Share of a document's shingles found in another that makes it a copy.",
    )
    shingle_words: int = Field(default=5, ge=1, le=50, description="Words per shingle.")
    alarm_share: float = Field(
        default=0.5,
        gt=0,
        le=1,
        description="A source (of five documents or more) that loses more than this share raises an alarm.",
    )
    max_cluster: int = Field(
        default=1_000,
        ge=1,
        description="Most near copies that one document stands for; further ones are kept, with an alarm.",
    )


class QuestionSet(_Settings):
    """A question set that training documents must not overlap with."""

    name: str = Field(min_length=1)
    paths: Annotated[tuple[str, ...], Field(min_length=1)] = Field(
        description="JSON-lines files, plain or .gz."
    )
    fields: Annotated[tuple[str, ...], Field(min_length=1)] = Field(
        default=("question", "answer", "context"), description="Columns compared: text, or lists of texts."
    )
    id_field: str = Field(
        default="id", description="Column with the row's id; else its line number is recorded."
    )


class DecontaminationSettings(_Settings):
    """Which overlap with a question set counts."""

    sets: tuple[QuestionSet, ...] = ()
    ngram_words: int = Field(default=13, ge=2, le=50, description="Words in a row that make an overlap.")
    min_words: int = Field(
        default=8,
        ge=2,
        le=50,
        description="A text shorter than ngram_words counts as a whole from this length on.",
    )
    max_rows_per_ngram: int = Field(
        default=10,
        ge=1,
        description="Word runs found in more rows of a set are stock phrases and do not count.",
    )


class JudgeSettings(_Settings):
    """A model's judgement of every document that the rules keep, by the role ``judge``."""

    max_tokens: int = Field(
        default=2_000,
        ge=100,
        description="Most of a document that the model sees: beginning, middle and end.",
    )
    min_score: int = Field(
        default=3, ge=1, le=5, description="Least score for each of quality, accuracy and coherence."
    )


class CorpusSettings(_Settings):
    """All of the corpus room."""

    sources: Annotated[tuple[SourceSettings, ...], Field(min_length=1)]
    limits: ReadLimits = ReadLimits()
    filters: FilterSettings = FilterSettings()
    duplicates: DuplicateSettings = DuplicateSettings()
    decontamination: DecontaminationSettings = DecontaminationSettings()
    judge: JudgeSettings | None = Field(default=None, description="Left out: no model judges documents.")

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [source.name for source in self.sources]
        if len(set(names)) < len(names):
            raise ValueError("two sources have the same name")
        return self
