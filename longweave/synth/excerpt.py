"""What is shown of a document: all of it, or an excerpt of whole sections that keeps every needed span.

In: a document's closed blocks (``synth.blocks.close_blocks``), the spans that a question needs (its evidence
and what the evidence can only be read with) and a token budget. Out: an ``Excerpt``, ranges of blocks with
their exact cost. A block is never cut, so neither is a table.

The smallest form holds the document's opening (its cover page, capped), the blocks with needed spans, and
for each of these its nearest heading and what introduces it. From there it grows: first to the
whole sections around the needed blocks, then by neighbouring sections, as long as they fit. What is shown
never breaks off at a heading whose section is not shown, but for the document's first block, which is always
shown.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from longweave.synth.blocks import Block
from longweave.synth.prompt import ELLIPSIS
from longweave.synth.tokens import Tokenizer

OPENING_TOKENS = 400
_OPENING_SHARE = 3
_INTRODUCTION_BLOCKS = 3
_INTRODUCTION_TOKENS = 250
_STUB_TOKENS = 60

Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Excerpt:
    """``ranges`` of block indices shown, in order and apart; ``n_tokens`` with the left-out marks."""

    ranges: tuple[Range, ...]
    n_tokens: int


class Outline:
    """A document's blocks with running token counts and the starts of its sections.

    A section runs from a heading (or a group of headings with nothing between them) to the next one.
    """

    def __init__(self, blocks: Sequence[Block], tokenizer: Tokenizer) -> None:
        self.blocks = blocks
        self.ends = [block.end for block in blocks]
        self.running = [0]
        for block in blocks:
            self.running.append(self.running[-1] + block.n_tokens)
        self.left_out_tokens = tokenizer.count(ELLIPSIS)
        self.sections = [
            i
            for i, block in enumerate(blocks)
            if i == 0 or (block.kind == "heading" and blocks[i - 1].kind != "heading")
        ]

    @property
    def n_tokens(self) -> int:
        """Tokens of the whole document."""
        return self.running[-1]

    def cost(self, ranges: Sequence[Range]) -> int:
        """Tokens of ``ranges`` and of a mark wherever something is left out."""
        if not ranges:
            return self.left_out_tokens
        gaps = len(ranges) - 1 + (ranges[0][0] > 0) + (ranges[-1][1] < len(self.blocks))
        return sum(self.running[b] - self.running[a] for a, b in ranges) + gaps * self.left_out_tokens

    def section_start(self, index: int) -> int:
        """First block of the section that holds block ``index``."""
        return self.sections[bisect_right(self.sections, index) - 1]

    def section_end(self, index: int) -> int:
        """One past the last block of the section that holds block ``index``."""
        after = bisect_right(self.sections, index)
        return self.sections[after] if after < len(self.sections) else len(self.blocks)

    def blocks_of(self, span: tuple[int, int]) -> range:
        """The blocks that a non-empty character span touches."""
        first = bisect_right(self.ends, span[0])
        last = bisect_left(self.ends, span[1])
        return range(first, min(last, len(self.blocks) - 1) + 1)


def show_whole(outline: Outline) -> Excerpt:
    """The whole document."""
    return Excerpt(((0, len(outline.blocks)),), outline.n_tokens)


def cut_excerpt(
    outline: Outline, needed: Sequence[tuple[int, int]], budget: int, rng: np.random.Generator
) -> Excerpt | None:
    """Whole sections with all ``needed`` character spans, in at most ``budget`` tokens.

    ``rng`` decides only in which order neighbouring sections are added, hence where in the excerpt the
    evidence lies. None when even the smallest form is larger than ``budget``.
    """
    if outline.n_tokens <= budget:
        return show_whole(outline)
    smallest = cut_smallest(outline, needed, budget, min(OPENING_TOKENS, budget // _OPENING_SHARE))
    if smallest is None:
        return None
    blocks = _needed_blocks(outline, needed)
    growing = _Growing(outline, smallest, budget, blocks - _lead_ins(outline, blocks))
    growing.fill_sections()
    growing.add_neighbours(rng)
    ranges = _without_bare_headings(outline, growing.ranges, blocks)
    return Excerpt(tuple(ranges), outline.cost(ranges))


def cut_smallest(
    outline: Outline, needed: Iterable[tuple[int, int]], budget: int, opening_tokens: int = OPENING_TOKENS
) -> Excerpt | None:
    """The smallest form that can be read: opening, needed blocks, their headings and introductions.

    The opening is capped at ``opening_tokens``, and gives way until only its first block is left.
    """
    blocks = _needed_blocks(outline, needed)
    kept = set(blocks)
    for index in blocks - _lead_ins(outline, blocks):
        kept.update(_introduction(outline, index))
    opening = max(1, bisect_right(outline.running, opening_tokens) - 1)
    while True:
        ranges = _without_bare_headings(outline, _as_ranges(kept.union(range(opening))), blocks)
        cost = outline.cost(ranges)
        if cost <= budget:
            return Excerpt(tuple(ranges), cost)
        if opening <= 1:
            return None
        opening -= 1


def cut_window(running: NDArray[np.int64], first: int, budget: int, left_out_tokens: int) -> Excerpt | None:
    """As many blocks from block ``first`` on as ``budget`` holds; None if not even one fits.

    ``running`` are the running token counts of a document's blocks, one more than there are blocks.
    """
    n_blocks = len(running) - 1
    room = budget - left_out_tokens * (first > 0)
    stop = int(np.searchsorted(running, running[first] + room, side="right")) - 1
    if stop < n_blocks:
        room -= left_out_tokens
        stop = int(np.searchsorted(running, running[first] + room, side="right")) - 1
    if stop <= first:
        return None
    marks = left_out_tokens * ((first > 0) + (stop < n_blocks))
    return Excerpt(((first, stop),), int(running[stop] - running[first]) + marks)


def cut_around(outline: Outline, index: int, start: int, size: int, room: int, least: int) -> Excerpt | None:
    """Block ``index`` with what stands before it from block ``start`` on, and what follows.

    It has ``size`` tokens or less if the block allows it, never more than ``room``; None when it would need
    more, or has fewer than ``least``. When ``start`` is the start of the block's section and that is too far
    away, only the block's heading and introduction are shown of what stands before it.
    """
    shown = [(start, index + 1)]
    if start == outline.section_start(index) and outline.cost(shown) > size:
        shown = _as_ranges([*_introduction(outline, index), index])
    *ahead, (first, stop) = shown
    while stop < len(outline.blocks) and outline.cost([*ahead, (first, stop + 1)]) <= size:
        stop += 1
    stop = _end_of_content(outline, index + 1, stop)
    while not ahead and first > 0 and outline.cost([(first, stop)]) < least:
        first = outline.section_start(first - 1)
    ranges = (*ahead, (first, stop))
    cost = outline.cost(ranges)
    return Excerpt(ranges, cost) if least <= cost <= room else None


def end_before_heading(outline: Outline, window: Excerpt) -> Excerpt | None:
    """``window`` without the headings it breaks off at; None when it has nothing else."""
    ranges = _without_bare_headings(outline, window.ranges, ())
    bare = all(outline.blocks[i].kind == "heading" for a, b in ranges for i in range(a, b))
    return None if bare else Excerpt(tuple(ranges), outline.cost(ranges))


def _end_of_content(outline: Outline, least: int, stop: int) -> int:
    """``stop``, or, if the last section shown breaks off before more than its heading and some words (a unit
    line, a running title) is shown, the end of the one before; not before ``least``."""
    while least < stop < len(outline.blocks):
        section = outline.section_start(stop - 1)
        if section < least or outline.section_start(stop) != section:
            break
        body = [block for block in outline.blocks[section:stop] if block.kind != "heading"]
        if any(block.kind == "table" for block in body) or sum(b.n_tokens for b in body) > _STUB_TOKENS:
            break
        stop = section
    return stop


def _needed_blocks(outline: Outline, needed: Iterable[tuple[int, int]]) -> set[int]:
    return {index for span in needed for index in outline.blocks_of(span)}


def _lead_ins(outline: Outline, needed: Collection[int]) -> set[int]:
    """Needed blocks right above a needed heading that are a few words of text: a running title or a company's
    name. They belong to that heading, not to the section that they end."""
    found: set[int] = set()
    for heading in outline.sections:
        at, tokens = heading - 1, 0
        while heading in needed and at in needed and outline.blocks[at].kind == "text":
            tokens += outline.blocks[at].n_tokens
            if tokens > _STUB_TOKENS:
                break
            found.add(at)
            at -= 1
    return found


def _without_bare_headings(outline: Outline, ranges: Iterable[Range], needed: Collection[int]) -> list[Range]:
    """``ranges`` without the headings that they break off at, unless something of their section is shown
    after them; the document's first block and the ``needed`` ones stay."""
    found: list[Range] = []
    for first, stop in sorted(ranges, reverse=True):
        following = found[-1][0] if found else len(outline.blocks)
        while first < stop < len(outline.blocks) and outline.blocks[stop - 1].kind == "heading":
            if stop == 1 or stop - 1 in needed or following < outline.section_end(stop - 1):
                break
            stop -= 1
        if first < stop:
            found.append((first, stop))
    return found[::-1]


def _introduction(outline: Outline, index: int) -> list[int]:
    """The nearest heading above a block, and the short paragraphs right above it if it is a table."""
    found: list[int] = []
    tokens = 0
    at = index - 1
    while outline.blocks[index].kind == "table" and at >= 0 and len(found) < _INTRODUCTION_BLOCKS:
        block = outline.blocks[at]
        tokens += block.n_tokens
        if block.kind != "text" or tokens > _INTRODUCTION_TOKENS:
            break
        found.append(at)
        at -= 1
    start = outline.section_start(index)
    while start < index and outline.blocks[start].kind == "heading":
        found.append(start)
        start += 1
    return found


def _as_ranges(indices: Iterable[int]) -> list[Range]:
    ranges: list[Range] = []
    for index in sorted(indices):
        if ranges and ranges[-1][1] == index:
            ranges[-1] = (ranges[-1][0], index + 1)
        else:
            ranges.append((index, index + 1))
    return ranges


class _Growing:
    """Ranges of shown blocks that grow outwards and merge where they meet, within the budget."""

    def __init__(self, outline: Outline, smallest: Excerpt, budget: int, needed: Collection[int]) -> None:
        self.outline = outline
        self.needed = needed
        self.ranges = list(smallest.ranges)
        self.budget = budget
        self.n_tokens = smallest.n_tokens

    def fill_sections(self) -> None:
        """Shows the whole sections of the needed blocks, the cheapest first; where one does not fit, those of
        its blocks around what is shown that do."""
        outline = self.outline
        wanted = {(outline.section_start(i), outline.section_end(i)) for i in self.needed}
        by_cost = sorted(wanted, key=lambda s: (outline.running[s[1]] - outline.running[s[0]], s))
        partly = [section for section in by_cost if not self._add(*section)]
        for start, end in partly:
            for a, b in self._around_needed():
                if start <= a and b <= end:
                    self._extend(a, b, start, end)

    def add_neighbours(self, rng: np.random.Generator) -> None:
        """Whole sections next to the ranges with needed blocks, by turns between ranges and their sides."""
        sides = [(edge, step) for a, b in self._around_needed() for edge, step in ((a, -1), (b, 1))]
        open_sides = [sides[i] for i in rng.permutation(len(sides))]
        while open_sides:
            still_open = []
            for edge, step in open_sides:
                section = self._next_section(edge, step)
                if section is not None and self._add(*section):
                    still_open.append((section[0] if step < 0 else section[1], step))
            open_sides = still_open

    def _around_needed(self) -> list[Range]:
        return [(a, b) for a, b in self.ranges if any(a <= index < b for index in self.needed)]

    def _next_section(self, edge: int, step: int) -> Range | None:
        """The section beyond ``edge``; None at the document's end or where a range is already shown."""
        index = edge - 1 if step < 0 else edge
        if not 0 <= index < len(self.outline.blocks) or any(a <= index < b for a, b in self.ranges):
            return None
        if step < 0:
            return self.outline.section_start(index), edge
        return edge, self.outline.section_end(index)

    def _extend(self, a: int, b: int, start: int, end: int) -> None:
        after, before = b < end, a > start
        while after or before:
            if after:
                after = self._add(b, b + 1)
                b += after
                after = after and b < end
            if before:
                before = self._add(a - 1, a)
                a -= before
                before = before and a > start

    def _add(self, start: int, end: int) -> bool:
        """Shows blocks ``[start, end)`` too if the budget allows; ranges that meet become one."""
        apart = [r for r in self.ranges if r[1] < start or r[0] > end]
        touching = [r for r in self.ranges if not (r[1] < start or r[0] > end)]
        merged = (min([start, *(a for a, _ in touching)]), max([end, *(b for _, b in touching)]))
        ranges = sorted([*apart, merged])
        cost = self.outline.cost(ranges)
        if cost > self.budget:
            return False
        self.ranges, self.n_tokens = ranges, cost
        return True
