"""The documents that the repository ships."""

import gzip
import json
from collections import Counter
from pathlib import Path
from typing import get_args

from longweave.corpus import ReadLimits, Rejected, SourceSettings, read_source
from longweave.synth.records import Document, Domain

SAMPLE = Path(__file__).parents[2] / "data" / "sample"


def test_every_row_of_the_sample_is_a_document_and_every_domain_is_there() -> None:
    source = SourceSettings(name="sample", format="jsonl", paths=(f"{SAMPLE}/*.jsonl.gz",))
    items = list(read_source(source, ReadLimits(), len, {}))
    assert [str(item) for item in items if isinstance(item, Rejected)] == []
    domains = Counter(item.domain for item in items if isinstance(item, Document))
    assert set(domains) == set(get_args(Domain))


def test_files_are_small_reproducible_and_named_by_their_domain() -> None:
    files = sorted(SAMPLE.glob("*.jsonl.gz"))
    assert sum(file.stat().st_size for file in files) <= 8_000_000
    for file in files:
        content = file.read_bytes()
        assert len(content) <= 4 << 20
        assert content[4:8] == bytes(4), "the gzip header holds a time"
        domains = {json.loads(line)["domain"] for line in gzip.decompress(content).splitlines()}
        assert domains == {file.name.removesuffix(".jsonl.gz")}


def test_no_document_is_share_alike_copyleft_or_non_commercial() -> None:
    for file in SAMPLE.glob("*.jsonl.gz"):
        for line in gzip.decompress(file.read_bytes()).splitlines():
            licence = json.loads(line)["license"].upper()
            assert not any(mark in licence for mark in ("-SA", "GPL", "-NC", "-ND")), licence


def test_sources_name_every_kind_of_document() -> None:
    sources = (SAMPLE / "SOURCES.md").read_text(encoding="utf-8")
    for file in SAMPLE.glob("*.jsonl.gz"):
        for line in gzip.decompress(file.read_bytes()).splitlines():
            doc_id = json.loads(line)["doc_id"]
            assert f"`{doc_id.partition('-')[0]}-" in sources or doc_id in sources
