"""Distractors: the documents that pad a context to its length, half similar to the needed ones, half random.

Never among them: a document that the candidate names, a near-duplicate of one, a document already in the
context, a text that holds the row or line of a piece of evidence, and what the maker's ``forbids`` refuses.
Documents are shown whole where they fit. Of a similar one that does not, a part is shown: the whole table
of figures whose rows and headings are most like the evidence's, with its heading, unit line and column heads,
and what follows it; the nearest text where the evidence is in no table or the document has none. The last
random one is cut so that the context is full.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from longweave.synth.allot import NeededDocument
from longweave.synth.excerpt import Excerpt, Outline, cut_around, cut_window, end_before_heading
from longweave.synth.place import ShownPiece
from longweave.synth.pool import DistractorPool
from longweave.synth.records import Candidate, Dropped, PieceRole
from longweave.synth.similar import (
    bucket,
    count_amounts,
    is_near_duplicate,
    names_year,
    row_words,
    words_of,
)

Forbids = Callable[[Candidate, ShownPiece], bool]

_SMALLEST_HARD = 300
_USUAL_HARD = 1_000
_SMALLEST_WINDOW = 40
_HARD_PIECES = 3
_FEWEST_AMOUNTS = 5
_HEAD_CHARS = 2_000
_SECTIONS_BACK = 4
_LEAST_OF_BEST = 0.5
_TABLES_KEPT = 1_000
_LEAST_SIMILAR = 0.02
_NOISE = 0.15
_CLOSING_TRIED = 24
_ROW_CHARS = 400
_SHORTEST_ROW = 12


def forbids_nothing(candidate: Candidate, piece: ShownPiece) -> bool:
    """Every document may stand beside the candidate's."""
    return False


def choose_distractors(
    candidate: Candidate,
    needed: Sequence[NeededDocument],
    padding: int,
    slack: int,
    hard_share: float,
    pool: DistractorPool,
    count_tags: Callable[[str], int],
    rng: np.random.Generator,
    forbids: Forbids,
) -> list[ShownPiece] | Dropped:
    """Pieces that take, with their tags, at most ``padding`` tokens and at least ``slack`` less.

    ``count_tags`` gives the tokens of a title's opening and closing tags. ``pool_exhausted`` if there are not
    enough documents.
    """
    if padding <= slack:
        return []
    for may_cut in (True, False):  # a part uses up its whole document: a small pool may only last without
        choice = _Choice(candidate, needed, pool, count_tags, forbids, padding)
        choice.take_similar(int(padding * hard_share), rng, may_cut)
        choice.take_random(slack, rng)
        if choice.left <= slack:
            return choice.pieces
    return Dropped(reason="pool_exhausted", detail=f"{choice.left} of {padding} tokens cannot be filled")


class _Choice:
    """The distractors of one context as they are chosen; ``left`` tokens are still to fill."""

    def __init__(
        self,
        candidate: Candidate,
        needed: Sequence[NeededDocument],
        pool: DistractorPool,
        count_tags: Callable[[str], int],
        forbids: Forbids,
        left: int,
    ) -> None:
        self.candidate = candidate
        self.needed = needed
        self.pool = pool
        self.count_tags = count_tags
        self.forbids = forbids
        self.pieces: list[ShownPiece] = []
        self.left = left
        self.rows, words = _read_evidence(needed, pool)
        self.terms = np.unique(np.array([bucket(word) for word in words], dtype=np.int32))
        self.in_tables = any(
            document.outline.blocks[i].kind == "table"
            for document in needed
            for span in document.evidence
            for i in document.outline.blocks_of(span)
        )
        self.closed = {document.number for document in needed}

    def take_similar(self, share: int, rng: np.random.Generator, may_cut: bool) -> None:
        """Up to ``share`` tokens of the most similar documents, with a little chance in their order; parts
        of those that are too long if ``may_cut``."""
        left = share
        for number in _rank_similar(self.pool, self.needed, share, rng):
            if left < _SMALLEST_HARD:
                return
            room = left - self._tags(number)
            if self.pool.n_tokens[number] <= room:
                left -= self._take(number, self._whole(number), "hard")
            elif may_cut and number not in self.closed and not self._resembles(number):
                size = min(room, max(share // _HARD_PIECES, _USUAL_HARD))
                left -= self._take(number, self._closest_part(number, size, room), "hard")

    def _closest_part(self, number: int, size: int, room: int) -> Excerpt | None:
        """The part of a document that distracts most, of about ``size`` tokens and at most ``room``."""
        outline = self.pool.outline(number)
        if self.in_tables and any(block.kind == "table" for block in outline.blocks):
            return self._closest_table(number, outline, size, room)
        start = self.pool.closest_section(number, self.terms)
        body = (i for i in range(start, outline.section_end(start)) if outline.blocks[i].kind != "heading")
        return cut_around(outline, next(body, start), start, size, room, _SMALLEST_HARD)

    def _closest_table(self, number: int, outline: Outline, size: int, room: int) -> Excerpt | None:
        """The best table of figures that fits: one that says its year, if any does."""
        tables = _read_tables(self.pool, number)
        without_year: Excerpt | None = None
        scores = tables.score(self.terms, self.pool.index.idf)
        for at in np.argsort(-scores, kind="stable").tolist():
            index = tables.blocks[at]
            if scores[at] < _LEAST_OF_BEST * scores.max():
                break
            if outline.blocks[index].n_tokens >= room:
                continue
            text = self.pool.text(number, index, index + 1)
            if count_amounts(text) < _FEWEST_AMOUNTS:
                continue
            start = self._find_start(number, outline, index, text)
            own = outline.section_start(index) if start is None else start
            part = cut_around(outline, index, own, size, room, _SMALLEST_HARD)
            if part is not None and start is not None:
                return part
            without_year = without_year or part
        return without_year

    def _find_start(self, number: int, outline: Outline, index: int, table: str) -> int | None:
        """The start of the table's section, or of the last one before it from which on a year is said: a
        table that goes on after a subheading has its column heads there."""
        head, stop = table[:_HEAD_CHARS], index
        for _ in range(_SECTIONS_BACK):
            start = outline.section_start(max(stop - 1, 0))
            if names_year(self.pool.text(number, start, stop) + head):
                return start
            if start == 0:
                break
            head, stop = "", start
        return None

    def take_random(self, slack: int, rng: np.random.Generator) -> None:
        """Random documents whole until one does not fit; what is left then is closed up by parts."""
        order = (int(number) for number in rng.permutation(len(self.pool)))
        waiting: list[int] = []
        for number in order:
            if self.pool.n_tokens[number] + self._tags(number) > self.left:
                waiting = [number]
                break
            self._take(number, self._whole(number), "random")
            if self.left <= slack // 2:
                return
        self._close_up(waiting, order, slack, rng)

    def _close_up(
        self, waiting: list[int], order: Iterator[int], slack: int, rng: np.random.Generator
    ) -> None:
        """Takes, of the next documents, the part that leaves least unfilled, until ``slack`` or less is."""
        while self.left > slack // 2:
            waiting += [
                number for number, _ in zip(order, range(_CLOSING_TRIED - len(waiting)), strict=False)
            ]
            if not waiting:
                return
            fits: list[tuple[int, int, Excerpt]] = []
            for number in waiting:
                excerpt = self._closing_window(number, rng)
                if excerpt is not None:
                    fits.append((self.left - self._tags(number) - excerpt.n_tokens, number, excerpt))
            for _, number, excerpt in sorted(fits, key=lambda fit: fit[:2]):
                without_stub = end_before_heading(self.pool.outline(number), excerpt)
                if self._take(number, without_stub, "random"):
                    waiting.remove(number)
                    break
            else:
                waiting = []

    def _closing_window(self, number: int, rng: np.random.Generator) -> Excerpt | None:
        """A part of at most ``left`` tokens: from the start of a random section of a long document, else
        from its first block."""
        starts = self.pool.section_starts(number)
        long = self.pool.n_tokens[number] > 4 * self.left
        first = int(starts[rng.integers(len(starts))]) if long else 0
        room = self.left - self._tags(number)
        return self._window(number, first, room) or self._window(number, 0, room)

    def _take(self, number: int, excerpt: Excerpt | None, role: PieceRole) -> int:
        """Adds a document if it may stand here; returns the tokens that it takes, 0 if it may not."""
        if excerpt is None or number in self.closed or self._resembles(number):
            return 0
        piece = ShownPiece.of(self.pool, number, excerpt, role)
        if any(row in piece.body for row in self.rows) or self.forbids(self.candidate, piece):
            return 0
        self.closed.add(number)
        self.pieces.append(piece)
        taken = piece.n_tokens + self._tags(number)
        self.left -= taken
        return taken

    def _resembles(self, number: int) -> bool:
        sketches = self.pool.sketches
        return any(is_near_duplicate(sketches[number], sketches[document.number]) for document in self.needed)

    def _tags(self, number: int) -> int:
        return self.count_tags(self.pool.entries[number].title)

    def _whole(self, number: int) -> Excerpt:
        entry = self.pool.entries[number]
        return Excerpt(((0, entry.last - entry.first),), entry.n_tokens)

    def _window(self, number: int, first: int, room: int) -> Excerpt | None:
        window = cut_window(self.pool.running_of(number), first, room, self.pool.left_out_tokens)
        return window if window is not None and window.n_tokens >= _SMALLEST_WINDOW else None


def _rank_similar(
    pool: DistractorPool, needed: Sequence[NeededDocument], share: int, rng: np.random.Generator
) -> Iterable[int]:
    scores = pool.score_similar([document.number for document in needed])
    noisy = scores * (1 + _NOISE * rng.standard_normal(len(scores)).astype(np.float32))
    enough = min(len(scores), 64 + share // _SMALLEST_HARD)
    top: NDArray[np.int64] = np.argpartition(-noisy, enough - 1)[:enough]
    top = top[np.lexsort((top, -noisy[top]))]
    return [int(number) for number in top if scores[number] >= _LEAST_SIMILAR]


@dataclass(frozen=True, slots=True)
class _Tables:
    """A document's tables: their blocks, and the buckets of the words in the rows and section headings of
    the i-th, ``terms[bounds[i]:bounds[i + 1]]``."""

    blocks: tuple[int, ...]
    terms: NDArray[np.int32]
    bounds: NDArray[np.int64]

    def score(self, wanted: NDArray[np.int32], idf: NDArray[np.float32]) -> NDArray[np.float64]:
        """What each table shares with ``wanted``, weighted by how rare it is."""
        weights = np.where(np.isin(self.terms, wanted), idf[self.terms], np.float32(0))
        running = np.concatenate([[0], np.cumsum(weights, dtype=np.float64)])
        return np.asarray(running[self.bounds[1:]] - running[self.bounds[:-1]])


@lru_cache(maxsize=_TABLES_KEPT)
def _read_tables(pool: DistractorPool, number: int) -> _Tables:
    blocks = pool.outline(number).blocks
    text, lead = pool.text(number), blocks[0].start
    found: list[int] = []
    terms: list[int] = []
    bounds = [0]
    headings: list[str] = []
    for i, block in enumerate(blocks):
        body = text[block.start - lead : block.end - lead] if block.kind != "text" else ""
        if block.kind == "heading":
            headings = [*headings, *words_of(body)] if blocks[i - 1].kind == "heading" else words_of(body)
        elif block.kind == "table":
            found.append(i)
            terms += sorted({bucket(word) for word in (*headings, *row_words(body))})
            bounds.append(len(terms))
    return _Tables(tuple(found), np.array(terms, dtype=np.int32), np.array(bounds, dtype=np.int64))


_HTML_ROW = re.compile(r"<tr\b.*?</tr\s*>", re.IGNORECASE | re.DOTALL)


def _read_evidence(needed: Sequence[NeededDocument], pool: DistractorPool) -> tuple[list[str], list[str]]:
    """The rows or lines that evidence stands in, as written, and the words around evidence: those of the
    rows and of the headings above them."""
    rows: dict[str, None] = {}
    words: list[str] = []
    for document in needed:
        for start, end in document.evidence:
            touched = document.outline.blocks_of((start, end))
            block = pool.text(document.number, touched.start, touched.stop)
            begin = document.outline.blocks[touched.start].start
            row = _row_around(block, start - begin, end - begin)
            if len(row) >= _SHORTEST_ROW:
                rows[row] = None
            words += words_of(row)
            section = document.outline.section_start(touched.start)
            if document.outline.blocks[section].kind == "heading":
                words += words_of(pool.text(document.number, section, section + 1))
    return list(rows), words


def _row_around(block: str, start: int, end: int) -> str:
    opened, closed = block.rfind("<tr", 0, start), block.find("</tr", end)
    if opened >= 0 and closed >= 0 and block.rfind("</tr", opened, start) < 0:
        row = _HTML_ROW.match(block, opened)
        if row is not None and row.end() > end:
            return row.group()
    first = max(block.rfind("\n", 0, start) + 1, start - _ROW_CHARS // 2)
    stop = block.find("\n", end)
    return block[first : min(len(block) if stop < 0 else stop, end + _ROW_CHARS // 2)].strip()
