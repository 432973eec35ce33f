"""Samples made anew from an assembled one: other documents or another question, and all records agree again.

``recompose`` renders the message, trims or adds padding until the target length is kept, and finds the
evidence where it now stands, so that only what was planted is wrong with a sample.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from longweave.synth.context import ContextSettings
from longweave.synth.place import ShownPiece, find_positions
from longweave.synth.prompt import (
    ELLIPSIS,
    PromptPiece,
    RenderedPrompt,
    answer_format,
    parse_prompt,
    render_prompt,
)
from longweave.synth.records import Document, Evidence, Message, Piece, PieceRole, Sample
from longweave.synth.tokens import Tokenizer

_LEAST = 200
_ROUNDS = 12
_SLACK = 8


@dataclass(frozen=True)
class Composer:
    """``padding`` are documents that no question of the benchmark is about."""

    settings: ContextSettings
    tokenizer: Tokenizer
    padding: Sequence[Document]

    def recompose(
        self, sample: Sample, pieces: Sequence[ShownPiece] | None = None, **changes: Any
    ) -> Sample | None:
        """``sample`` with ``pieces`` shown and ``changes`` made to its fields; None if its length cannot be
        kept."""
        changed = sample.model_copy(update=changes)
        fitted = self._fit(changed, list(pieces if pieces is not None else pieces_of(sample)))
        if fitted is None:
            return None
        shown, prompt, n_tokens = fitted
        return changed.model_copy(
            update={
                "n_prompt_tokens": n_tokens,
                "prompt": [Message(role="user", content=prompt.message)],
                "positions": find_positions(changed.evidence, shown, prompt),
                "context": [
                    Piece(
                        doc_id=piece.doc_id,
                        title=piece.title,
                        role=piece.role,
                        doc_spans=list(piece.doc_spans),
                        context_start=start,
                        context_end=end,
                        n_tokens=self.tokenizer.count(prompt.message[start:end]),
                    )
                    for piece, (start, end) in zip(shown, prompt.spans, strict=True)
                ],
            }
        )

    def _fit(
        self, sample: Sample, pieces: list[ShownPiece]
    ) -> tuple[list[ShownPiece], RenderedPrompt, int] | None:
        most = sample.target_tokens - self.settings.template_tokens
        least = sample.target_tokens * self.settings.fill - self.settings.template_tokens
        unused = [doc for doc in self.padding if doc.doc_id not in {piece.doc_id for piece in pieces}]
        for _ in range(_ROUNDS):
            prompt = _render(sample, pieces)
            n_tokens = self.tokenizer.count(prompt.message)
            if least <= n_tokens <= most:
                return pieces, prompt, n_tokens
            if n_tokens < least:
                if not unused:
                    return None
                pieces = [_whole(unused.pop(0)), *pieces]
            elif not self._trim(pieces, n_tokens - most + _SLACK):
                return None
        return None

    def _trim(self, pieces: list[ShownPiece], excess: int) -> bool:
        """Takes ``excess`` tokens or more from padding; whether there was any."""
        at = next(
            (i for i, piece in enumerate(pieces) if piece.role != "needed" and not is_planted(piece)), None
        )
        if at is None:
            return False
        shorter = self._shorten(pieces[at], excess)
        pieces[at : at + 1] = [] if shorter is None else [shorter]
        return True

    def _shorten(self, piece: ShownPiece, excess: int) -> ShownPiece | None:
        """The piece with so many tokens less of its last shown range; None if little would be left."""
        offset, (start, end) = piece.offsets[-1], piece.doc_spans[-1]
        lines = piece.body[offset : offset + end - start].splitlines(keepends=True)
        taken = 0
        while lines and taken < excess:
            taken += self.tokenizer.count(lines.pop())
        text = "".join(lines).rstrip("\n") + "\n"
        if len(text) < _LEAST:
            if len(piece.doc_spans) == 1:
                return None
            body = piece.body[: offset - len(ELLIPSIS)] + ELLIPSIS
            return replace(piece, body=body, doc_spans=piece.doc_spans[:-1], offsets=piece.offsets[:-1])
        spans = (*piece.doc_spans[:-1], (start, start + len(text)))
        return replace(piece, body=piece.body[:offset] + text + ELLIPSIS, doc_spans=spans)


def pieces_of(sample: Sample) -> list[ShownPiece]:
    """The documents of a sample's prompt, in order."""
    shown = parse_prompt(sample.prompt[0].content).documents
    return [
        make_piece(piece.doc_id, piece.title, piece.role, document.text, [(a, b) for a, b in piece.doc_spans])
        for piece, document in zip(sample.context, shown, strict=True)
    ]


def make_piece(
    doc_id: str, title: str, role: PieceRole, body: str, spans: Sequence[tuple[int, int]]
) -> ShownPiece:
    """A document as shown: ``body`` is its text in ``spans`` with marks where something is left out."""
    offsets = []
    at = len(ELLIPSIS) if body.startswith(ELLIPSIS) else 0
    for start, end in spans:
        offsets.append(at)
        at += end - start + len(ELLIPSIS)
    return ShownPiece(doc_id, title, role, body, 0, tuple(spans), tuple(offsets))


def plant_piece(title: str, body: str, doc_id: str, role: PieceRole = "random") -> ShownPiece:
    """A document that is in no corpus, shown whole; its id marks it for ``is_planted``."""
    text = body.strip("\n") + "\n"
    return make_piece(f"{doc_id}~", title, role, text, [(0, len(text))])


def is_planted(piece: ShownPiece) -> bool:
    """Whether ``plant_piece`` made it."""
    return piece.doc_id.endswith("~")


def cut_out(
    pieces: Sequence[ShownPiece], spans: Sequence[Evidence], doc_id: str, first: int, last: int
) -> tuple[list[ShownPiece], list[Evidence]]:
    """The pieces as if characters ``[first, last)`` of a piece's body had never been in its document, and of
    ``spans`` those that remain, where they then stand."""
    cut = find_piece(pieces, doc_id)
    start = document_offset(cut, first)
    gone = last - first
    end = start + gone
    shown = [(a - gone * (a >= end), b - gone * (b >= end)) for a, b in cut.doc_spans]
    body = cut.body[:first] + cut.body[last:]
    shorter = make_piece(doc_id, cut.title, cut.role, body, shown)
    left = []
    for span in spans:
        if span.doc_id != doc_id or span.end <= start:
            left.append(span)
        elif span.start >= end:
            left.append(span.model_copy(update={"start": span.start - gone, "end": span.end - gone}))
    return [shorter if piece is cut else piece for piece in pieces], left


def find_piece(pieces: Sequence[ShownPiece], doc_id: str) -> ShownPiece:
    """The piece of a document."""
    return next(piece for piece in pieces if piece.doc_id == doc_id)


def document_offset(piece: ShownPiece, at: int) -> int:
    """Where character ``at`` of the body stands in the document.

    Raises:
        StopIteration: It belongs to a mark.
    """
    return next(
        start + at - offset
        for (start, end), offset in zip(piece.doc_spans, piece.offsets, strict=True)
        if offset <= at < offset + end - start
    )


def quote_body(piece: ShownPiece, first: int, last: int) -> Evidence:
    """Characters ``[first, last)`` of the body as evidence."""
    start = document_offset(piece, first)
    return Evidence(doc_id=piece.doc_id, start=start, end=start + last - first, quote=piece.body[first:last])


def _render(sample: Sample, pieces: Sequence[ShownPiece]) -> RenderedPrompt:
    shown = [PromptPiece(piece.title, piece.body) for piece in pieces]
    return render_prompt(shown, sample.question, answer_format(sample.answer_kind))


def _whole(document: Document) -> ShownPiece:
    text = document.text.strip("\n") + "\n"
    return make_piece(document.doc_id, document.title, "random", text, [(0, len(text))])
