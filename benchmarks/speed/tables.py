"""Table parsing in MB/s on the filings of the sample corpus, against ``pandas.read_html`` with lxml in the
same run.

``find`` is ``find_tables`` (every cell with its character span), ``read`` is ``read_tables`` (finding
included: headers, sections, typed numbers, units). pandas parses the same texts into frames of raw values.
MB are millions of characters; times are of the processor, each the best of ``ROUNDS`` passes.
"""

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from time import process_time

import pandas as pd

from benchmarks.gold.metric import read_jsonl
from longweave.tables.cells import type_cell
from longweave.tables.find import find_tables
from longweave.tables.labels import measure_after, measure_of
from longweave.tables.read import read_tables
from longweave.tables.units import parse_unit_note

SAMPLE = Path(__file__).parents[2] / "data" / "sample" / "professional.jsonl.gz"
ROUNDS = 2
CHARACTERS = 4_000_000


def run() -> Iterator[dict[str, object]]:
    """One line per step: MB/s and the ratio to pandas."""
    texts = _filings()
    baseline = _speed(_read_with_pandas, texts)
    yield {"benchmark": "tables", "step": "pandas.read_html(flavor='lxml')", "mb_per_s": round(baseline, 2)}
    for step, function in (("find", find_tables), ("read", read_tables)):
        speed = _speed(function, texts)
        yield {
            "benchmark": "tables",
            "step": step,
            "mb_per_s": round(speed, 2),
            "ratio_to_pandas": round(speed / baseline, 1),
        }


def _filings() -> list[str]:
    """Filings with HTML tables, up to about ``CHARACTERS`` in all."""
    texts: list[str] = []
    for row in read_jsonl(SAMPLE):
        if "<table" in row["text"] and sum(map(len, texts)) < CHARACTERS:
            texts.append(row["text"])
    return texts


def _speed(function: Callable[[str], object], texts: list[str]) -> float:
    best = float("inf")
    for _ in range(ROUNDS):
        for cache in (type_cell, parse_unit_note, measure_of, measure_after):
            cache.cache_clear()
        start = process_time()
        for text in texts:
            function(text)
        best = min(best, process_time() - start)
    return sum(map(len, texts)) / 1e6 / best


def _read_with_pandas(text: str) -> object:
    return pd.read_html(io.StringIO(text), flavor="lxml")
