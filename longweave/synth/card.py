"""The dataset card of a run, ``README.md``, and the list of its documents, ``SOURCES.md``.

In: what was exported and where the documents came from. Out: Markdown, the same for the same input. The
card's front matter is what Hugging Face reads: one configuration with the splits that have samples.
Titles, sources and licences are text of the documents, so they are escaped.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined

from longweave.synth.errors import RunError
from longweave.synth.export import FACETS, DatasetSummary
from longweave.synth.records import Document
from longweave.synth.splits import SPLITS, Split
from longweave.synth.verl_rows import VERL_SCHEMA

_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~&!])")
_BLANKS = re.compile(r"\s+")
_FACET_NAMES = {
    "task": "Task",
    "question_type": "Question type",
    "target_tokens": "Context length (tokens)",
    "domain": "Domain",
    "answer_kind": "Answer",
}


class Source(NamedTuple):
    """Where a document came from and under which terms."""

    doc_id: str
    title: str
    source: str
    license: str

    @classmethod
    def of(cls, document: Document) -> "Source":
        """The source of ``document``."""
        return cls(document.doc_id, document.title, document.source, document.license)


class LicenseShare(NamedTuple):
    """How many shown documents stand under one licence."""

    license: str
    documents: int


def render_card(
    name: str,
    summary: DatasetSummary,
    sources: Iterable[Source],
    *,
    languages: Sequence[str] = (),
    question_sets: Sequence[str] = (),
) -> str:
    """``README.md``.

    Args:
        name: The run's name.
        summary: What ``export_samples`` wrote.
        sources: Of the corpus's documents; those that no prompt shows are ignored.
        languages: ISO 639-1 codes of the documents' languages; none where they are not known.
        question_sets: Names of the question sets that no document overlaps with.
    """
    shown = select_shown(summary, sources)
    total = sum(summary.rows.values())
    return (
        _templates()
        .get_template("card.md.jinja")
        .render(
            name=name,
            splits=[split for split in SPLITS if summary.rows[split]],
            summary=summary,
            total=total,
            size=next((label for limit, label in _SIZES if total < limit), "n>1M"),
            facets={_FACET_NAMES[facet]: _in_order(summary.counts[facet]) for facet in FACETS},
            columns=VERL_SCHEMA.names,
            languages=languages,
            question_sets=question_sets,
            licenses=count_licenses(shown),
            n_documents=len(shown),
        )
    )


def render_sources(summary: DatasetSummary, sources: Iterable[Source]) -> str:
    """``SOURCES.md``: every document that a prompt shows, by licence, with title, source and split."""
    shown = select_shown(summary, sources)
    by_license = {
        share.license: [source for source in shown if source.license == share.license]
        for share in count_licenses(shown)
    }
    return _templates().get_template("sources.md.jinja").render(by_license=by_license, split_of=summary.shown)


def select_shown(summary: DatasetSummary, sources: Iterable[Source]) -> list[Source]:
    """The sources of the documents that stand in a prompt, by title and id.

    Raises:
        RunError: A shown document has no source, so its licence is not known.
    """
    shown = {source.doc_id: source for source in sources if source.doc_id in summary.shown}
    if unknown := sorted(summary.shown.keys() - shown.keys()):
        raise RunError(
            f"no source is known for {len(unknown)} shown documents, {unknown[0]} among them",
            where="dataset card",
            fix="Hand in the sources of all documents of the run.",
        )
    return sorted(shown.values(), key=lambda source: (source.title, source.doc_id))


def count_licenses(sources: Sequence[Source]) -> list[LicenseShare]:
    """Licences with their documents, the most frequent first."""
    counts = Counter(source.license for source in sources)
    return [LicenseShare(*item) for item in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]


def escape_markdown(text: str) -> str:
    """``text`` on one line, none of it read as Markdown or HTML."""
    return _BLANKS.sub(" ", _MARKUP.sub(r"\\\1", text)).strip()


def _in_order(counts: Mapping[str, Counter[Split]]) -> list[tuple[str, Counter[Split]]]:
    """Lengths ascending, everything else by how often it occurs."""
    if counts and all(value.isdigit() for value in counts):
        return sorted(counts.items(), key=lambda item: int(item[0]))
    return sorted(counts.items(), key=lambda item: (-item[1].total(), item[0]))


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("longweave.synth", "."),
        undefined=StrictUndefined,
        autoescape=False,  # Markdown: every text of a document goes through the filter ``md`` instead
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["md"] = escape_markdown
    environment.filters["thousands"] = lambda number: f"{number:,}"
    return environment
