"""The blocks and sections of all documents of a pool, as flat arrays that grow document by document."""

from array import array
from collections.abc import Sequence

from longweave.synth.blocks import Block, BlockKind
from longweave.synth.similar import bucket, row_words, words_of

KINDS: tuple[BlockKind, ...] = ("text", "table", "heading")
_SECTION_TERMS = 24


class BlockArrays:
    """Per block: its end in the document's characters and in the pool's bytes, tokens, kind and level.

    Per section: its first block, and the buckets of the words in its headings and row labels, which are
    ``section_terms[section_bounds[i]:section_bounds[i + 1]]``.
    """

    def __init__(self) -> None:
        self.ends = array("q")
        self.byte_ends = array("q")
        self.tokens = array("q")
        self.kinds = array("b")
        self.levels = array("b")
        self.section_starts = array("q")
        self.section_terms = array("i")
        self.section_bounds = array("q", [0])

    def add(self, text: str, closed: Sequence[Block], at: int) -> int:
        """Appends a document whose bytes start ``at``; returns how many bytes its text has."""
        ascii_only = text.isascii()
        here = at + (closed[0].start if ascii_only else count_bytes(text[: closed[0].start]))
        found: list[str] = []
        for i, block in enumerate(closed):
            body = text[block.start : block.end]
            here += len(body) if ascii_only else count_bytes(body)
            if i == 0 or (block.kind == "heading" and closed[i - 1].kind != "heading"):
                self._end_section(found if i else None)
                found = []
                self.section_starts.append(len(self.ends))
            if block.kind == "heading":
                found += words_of(body)
            elif block.kind == "table":
                found += row_words(body)
            self.ends.append(block.end)
            self.byte_ends.append(here)
            self.tokens.append(block.n_tokens)
            self.kinds.append(KINDS.index(block.kind))
            self.levels.append(block.level)
        self._end_section(found)
        return here - at

    def _end_section(self, words: list[str] | None) -> None:
        if words is not None:
            distinct = list(dict.fromkeys(words))[:_SECTION_TERMS]
            self.section_terms.extend(bucket(word) for word in distinct)
            self.section_bounds.append(len(self.section_terms))


def count_bytes(text: str) -> int:
    """Length of ``text`` as the pool stores it."""
    return len(text.encode("utf-8", "replace"))
