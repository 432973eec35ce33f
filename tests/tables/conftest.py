"""Real filings of the sample corpus, read and related once per session."""

import gzip
import json
from pathlib import Path

import pytest

from longweave.synth.records import Document
from longweave.tables.pose import Corpus
from longweave.tables.relate import relate_document
from longweave.tables.sql import QueryLimits

SAMPLE = Path(__file__).parents[2] / "data" / "sample"
TICKERS = ("AAPL-10k", "NFLX-10k", "UNP-10k", "V-10k", "UNP-10q")


def read_sample(domain):
    with gzip.open(SAMPLE / f"{domain}.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [Document(**json.loads(line)) for line in lines]


@pytest.fixture(scope="session")
def filings():
    documents = read_sample("professional")
    return {d.doc_id: d for d in documents if any(ticker in d.doc_id for ticker in TICKERS)}


@pytest.fixture(scope="session")
def padding():
    """Speeches and news without tables."""
    return read_sample("general")


@pytest.fixture(scope="session")
def facts(filings):
    return [fact for doc in filings.values() for fact in relate_document(doc.title, doc.text, doc.doc_id)]


@pytest.fixture(scope="session")
def corpus(filings, facts):
    return Corpus.of(facts, filings, QueryLimits())
