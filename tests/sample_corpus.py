"""The sample corpus and the document pool made of it, as tests use them."""

import gzip
import json
from dataclasses import dataclass
from pathlib import Path

from longweave.synth.blocks import cut_blocks
from longweave.synth.pool import DistractorPool, build_pool, open_pool
from longweave.synth.records import Document
from longweave.synth.tokens import load_tokenizer

SAMPLE = Path(__file__).parents[1] / "data" / "sample"


@dataclass(frozen=True)
class SampleCorpus:
    """The documents by id and the pool that holds them."""

    documents: dict[str, Document]
    pool: DistractorPool

    @property
    def filings(self) -> list[Document]:
        """Documents of more than 50,000 characters with HTML tables."""
        return [d for d in self.documents.values() if len(d.text) > 50_000 and d.text.count("<table") > 20]


def read_sample() -> dict[str, Document]:
    """All documents of ``data/sample`` by id, in file order."""
    documents: dict[str, Document] = {}
    for path in sorted(SAMPLE.glob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                document = Document.model_validate(json.loads(line))
                documents[document.doc_id] = document
    return documents


def pool_sample(folder: Path) -> SampleCorpus:
    """The sample corpus with its pool in ``folder``."""
    documents = read_sample()
    tokenizer = load_tokenizer()
    build_pool(((d, cut_blocks(d.text, tokenizer)) for d in documents.values()), tokenizer, folder)
    return SampleCorpus(documents, open_pool(folder, tokenizer))
