"""Where the pieces of a context stand, and where their evidence then lies in the message."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from longweave.synth.errors import InputError
from longweave.synth.excerpt import Excerpt
from longweave.synth.pool import DistractorPool
from longweave.synth.prompt import ELLIPSIS, RenderedPrompt
from longweave.synth.records import Evidence, EvidencePosition, PieceRole


@dataclass(frozen=True, slots=True)
class ShownPiece:
    """A document as shown: ``body`` is its text with left-out marks; ``doc_spans`` the shown ranges of the
    document and ``offsets`` where each starts in ``body``; ``tokens_before`` the tokens of the body
    ahead of the middle of its evidence."""

    doc_id: str
    title: str
    role: PieceRole
    body: str
    n_tokens: int
    doc_spans: tuple[tuple[int, int], ...]
    offsets: tuple[int, ...]
    tokens_before: int = 0

    @classmethod
    def of(
        cls,
        pool: DistractorPool,
        number: int,
        excerpt: Excerpt,
        role: PieceRole,
        evidence: Sequence[tuple[int, int]] = (),
    ) -> "ShownPiece":
        """The piece that shows ``excerpt`` of the pool's document ``number``."""
        entry = pool.entries[number]
        n_blocks = entry.last - entry.first
        body: list[str] = []
        offsets: list[int] = []
        spans: list[tuple[int, int]] = []
        at = 0
        for first, last in excerpt.ranges:
            if first > 0:
                body.append(ELLIPSIS)
                at += len(ELLIPSIS)
            start = entry.lead if first == 0 else int(pool.ends[entry.first + first - 1])
            end = int(pool.ends[entry.first + last - 1])
            body.append(pool.text(number, first, last))
            offsets.append(at)
            spans.append((start, end))
            at += end - start
        if excerpt.ranges[-1][1] < n_blocks:
            body.append(ELLIPSIS)
        elif not body[-1].endswith("\n"):
            body.append("\n")
        piece = cls(
            doc_id=entry.doc_id,
            title=entry.title,
            role=role,
            body="".join(body),
            n_tokens=excerpt.n_tokens,
            doc_spans=tuple(spans),
            offsets=tuple(offsets),
        )
        if not evidence:
            return piece
        middle = sum(piece.offset_of(start) for start, _ in evidence) / len(evidence)
        return replace(piece, tokens_before=int(piece.n_tokens * middle / len(piece.body)))

    def offset_of(self, start: int) -> int:
        """Where character ``start`` of the document stands in ``body``.

        Raises:
            InputError: It is not shown.
        """
        for (first, last), offset in zip(self.doc_spans, self.offsets, strict=True):
            if first <= start < last:
                return offset + start - first
        raise InputError(
            f"character {start} is not shown", where=f"document {self.doc_id}", fix="Report this."
        )


def order_pieces(pieces: Sequence[ShownPiece], rng: np.random.Generator) -> list[ShownPiece]:
    """Distractors in random order, and the needed pieces, in random order too, among them: the evidence of
    the j-th of k lies in the j-th of k equal layers of the context, as nearly as whole pieces allow."""
    needed = [piece for piece in pieces if piece.role == "needed"]
    others = [piece for piece in pieces if piece.role != "needed"]
    needed = [needed[i] for i in rng.permutation(len(needed))]
    others = [others[i] for i in rng.permutation(len(others))]
    edges = np.concatenate([[0], np.cumsum([piece.n_tokens for piece in others])])
    total = sum(piece.n_tokens for piece in pieces)
    slots: list[int] = []
    ahead = 0
    for layer, piece in enumerate(needed):
        depth = (layer + rng.random()) / len(needed)
        wanted = depth * total - piece.tokens_before - ahead
        nearest = int(np.argmin(np.abs(edges - wanted)))
        slots.append(max(nearest, slots[-1] if slots else 0))
        ahead += piece.n_tokens
    ordered: list[ShownPiece] = []
    for i in range(len(others) + 1):
        ordered += [piece for piece, slot in zip(needed, slots, strict=True) if slot == i]
        ordered += others[i : i + 1]
    return ordered


def find_positions(
    evidence: Sequence[Evidence], ordered: Sequence[ShownPiece], prompt: RenderedPrompt
) -> list[EvidencePosition]:
    """Where each piece of evidence stands in the message; what stands there is its quote.

    Raises:
        InputError: It is not (a defect of this package, not of the data).
    """
    place = {piece.doc_id: i for i, piece in enumerate(ordered) if piece.role == "needed"}
    positions: list[EvidencePosition] = []
    for span in evidence:
        index = place[span.doc_id]
        start = prompt.bodies[index] + ordered[index].offset_of(span.start)
        end = start + len(span.quote)
        if prompt.message[start:end] != span.quote:
            raise InputError(
                f"{span.quote[:60]!r} is misplaced", where=f"document {span.doc_id}", fix="Report this."
            )
        positions.append(
            EvidencePosition(doc_id=span.doc_id, start=start, end=end, depth=start / len(prompt.message))
        )
    return positions
