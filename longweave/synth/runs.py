"""The running text of a document in runs of whole blocks, without its tables: what a model is shown of it."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from longweave.synth.blocks import Block
from longweave.synth.records import Document

_SENTENCE_END = re.compile(r"(?<=[.!?])[\"”’)]*\s+(?=[A-Z\"“‘(])")


class Run(NamedTuple):
    """Characters ``[start, end)`` of a document, of about ``n_tokens``."""

    start: int
    end: int
    n_tokens: int


def cut_runs(document: Document, blocks: Sequence[Block], max_tokens: int) -> Iterator[Run]:
    """The running text of ``document`` in order, in runs of at most about ``max_tokens``.

    A block that is longer alone is cut at the ends of sentences.
    """
    run: Run | None = None
    for piece in _pieces(document.text, blocks, max_tokens):
        if run is not None and (run.n_tokens + piece.n_tokens > max_tokens or piece.start != run.end):
            yield run
            run = None
        run = piece if run is None else Run(run.start, piece.end, run.n_tokens + piece.n_tokens)
    if run is not None:
        yield run


def _pieces(text: str, blocks: Sequence[Block], max_tokens: int) -> Iterator[Run]:
    """Blocks of text and headings, long ones in parts."""
    for block in blocks:
        if block.kind == "table":
            continue
        if block.n_tokens <= max_tokens:
            yield Run(block.start, block.end, block.n_tokens)
            continue
        per_token = (block.end - block.start) / block.n_tokens
        start = block.start
        for stop in _sentence_ends(text, block):
            if stop - start >= max_tokens * per_token / 2:
                yield Run(start, stop, round((stop - start) / per_token))
                start = stop
        if start < block.end:
            yield Run(start, block.end, round((block.end - start) / per_token))


def _sentence_ends(text: str, block: Block) -> Iterable[int]:
    return (match.end() for match in _SENTENCE_END.finditer(text, block.start, block.end))
