"""Gold set ``filter_docs``: what must be dropped, and what must be kept.

Each of its documents goes through the filter rules; those that pass are looked for as copies in the bundle's
corpus, where the set's near-duplicates have their originals. Every other document of the corpus goes through
the rules too, as the false drops on ordinary documents.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.gold.metric import Metric, read_jsonl
from longweave.corpus import (
    DuplicateSettings,
    FilterSettings,
    ReadLimits,
    Rejected,
    Signature,
    SourceSettings,
    filter_document,
    find_duplicates,
    read_source,
    sign,
)
from longweave.synth.records import Document
from longweave.synth.tokens import load_tokenizer


def measure(bundle: Path) -> Iterator[Metric]:
    """Drop precision and recall, recall per reason, false drops per domain of the set and of the whole
    corpus."""
    rows = [row for row in read_jsonl(bundle / "gold" / "filter_docs.jsonl.gz")]
    documents = {row["id"]: _document(row) for row in rows}
    corpus = _Corpus(bundle)
    copies = corpus.find_copies(rows, documents)
    dropped = {
        name
        for name, document in documents.items()
        if filter_document(document, FilterSettings()) is not None or name in copies
    }
    wanted = {row["id"] for row in rows if row["label"] == "drop"}
    yield Metric("filter", "drop_precision", len(dropped & wanted) / max(1, len(dropped)), len(dropped))
    yield Metric("filter", "drop_recall", len(dropped & wanted) / max(1, len(wanted)), len(wanted))
    by_reason: dict[str, list[bool]] = defaultdict(list)
    by_domain: dict[str, list[bool]] = defaultdict(list)
    for row in rows:
        if row["label"] == "drop":
            by_reason[row["reason"]].append(row["id"] in dropped)
        else:
            by_domain[row["domain"]].append(row["id"] in dropped)
    for reason, hits in sorted(by_reason.items()):
        yield Metric(f"filter/{reason}", "drop_recall", sum(hits) / len(hits), len(hits))
    for domain, hits in sorted(by_domain.items()):
        yield Metric(f"filter/{domain}", "false_drop_rate", sum(hits) / len(hits), len(hits))
    for domain, count in sorted(corpus.count.items()):
        yield Metric(f"filter/corpus/{domain}", "false_drop_rate", corpus.dropped[domain] / count, count)


class _Corpus:
    """The bundle's documents: signed and filtered in one pass, texts read again where copies are compared."""

    def __init__(self, bundle: Path) -> None:
        self.signed: list[Signature] = []
        self.count: Counter[str] = Counter()
        self.dropped: Counter[str] = Counter()
        self._texts: dict[str, str] = {}
        source = SourceSettings(name="corpus", format="jsonl", paths=(str(bundle / "corpus.jsonl.gz"),))
        count = load_tokenizer().count
        for document in read_source(source, ReadLimits(), count, {}):
            if isinstance(document, Rejected):
                continue
            self.signed.append(sign(document, DuplicateSettings()))
            self._texts[document.doc_id] = document.text
            self.count[document.domain] += 1
            self.dropped[document.domain] += filter_document(document, FilterSettings()) is not None

    def find_copies(self, rows: list[dict[str, Any]], documents: dict[str, Document]) -> set[str]:
        """Ids of the rows whose text is a copy of a corpus document; a row to keep is compared without those
        such rows show."""
        texts = self._texts | {name: document.text for name, document in documents.items()}
        shown = {row["doc_id"] for row in rows if row["label"] == "keep"}
        others = [signature for signature in self.signed if signature.doc_id not in shown]
        copies: set[str] = set()
        for label, pool in (("drop", self.signed), ("keep", others)):
            own = [sign(documents[row["id"]], DuplicateSettings()) for row in rows if row["label"] == label]
            copies |= (
                find_duplicates([*pool, *own], texts.__getitem__, DuplicateSettings()).of.keys()
                & documents.keys()
            )
        return copies


def _document(row: dict[str, Any]) -> Document:
    return Document(
        doc_id=row["id"],
        title=row["id"],
        text=row["text"],
        domain=row.get("domain") or "general",
        source="filter_docs",
        license=row["license"],
        n_tokens=load_tokenizer().count(row["text"]),
    )
