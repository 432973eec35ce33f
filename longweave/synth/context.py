"""Context extension: a candidate's documents, padded with distractors to a target length, as one prompt.

In: a candidate, the pool, a target in tokens and a seed. Out: a ``Sample`` whose user message, with the
tokens reserved for the chat template, is at most the target and at least ``fill`` of it; or ``Dropped``:

- ``document_missing``: a needed document is not in the pool,
- ``evidence_mismatch``: a span of the candidate is not what its document says there,
- ``evidence_exceeds_target``: even the smallest excerpts with all evidence are larger than the target,
- ``pool_exhausted``: the pool has not enough documents to fill the context.

Needed documents are shown whole if they all fit, else as excerpts of whole sections; their places are spread
over the depth of the context. Half of the padding, by tokens, is similar to them and half is random. All
lengths are sums of block counts made when the documents were read; only titles and the question are
counted here. The same arguments give the same bytes.
"""

from collections.abc import Sequence

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from longweave.synth.allot import NeededDocument, allot_needed, find_needed
from longweave.synth.distract import Forbids, choose_distractors, forbids_nothing
from longweave.synth.place import ShownPiece, find_positions, order_pieces
from longweave.synth.pool import DistractorPool
from longweave.synth.prompt import (
    PromptPiece,
    answer_format,
    count_frame,
    render_prompt,
)
from longweave.synth.records import Candidate, Dropped, Message, Piece, Sample, content_id

_SHORTEST_PIECE = 100
_TRIES = 5


class ContextSettings(BaseModel):
    """How long contexts are and what fills them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    targets: tuple[int, ...] = Field(
        default=(8_000, 20_000, 60_000, 120_000), min_length=1, description="Prompt lengths in tokens."
    )
    maker_targets: dict[str, tuple[int, ...]] = Field(
        default={},
        description="Prompt lengths for the samples of a maker, where they are not to be those of targets.",
    )
    fill: float = Field(
        default=0.98, gt=0, le=1, description="Least share of the target that a prompt fills."
    )
    hard_share: float = Field(
        default=0.5, ge=0, le=1, description="Share of the padding, by tokens, that is similar."
    )
    needed_share: float = Field(
        default=0.6,
        gt=0,
        le=1,
        description="Most that excerpts of needed documents take of the target, if they do not fit whole; "
        "only the smallest that hold the evidence may take more.",
    )
    template_tokens: int = Field(
        default=32, ge=0, description="Tokens of each target that are left to the chat template."
    )

    def targets_of(self, maker: str) -> list[int]:
        """The prompt lengths for samples of ``maker``, each once, ascending."""
        return sorted(set(self.maker_targets.get(maker, self.targets)))


def choose_target(
    candidate: Candidate, settings: ContextSettings, needed_tokens: int, seed: int
) -> int | None:
    """One of the maker's targets that can hold ``needed_tokens``, all equally likely; None if none can.

    Args:
        candidate: Decides, with ``seed``, which target it is.
        settings: The targets.
        needed_tokens: What ``count_needed`` says.
        seed: The run's seed.
    """
    fitting = [target for target in settings.targets_of(candidate.maker) if needed_tokens <= target]
    if not fitting:
        return None
    return fitting[int(_generator("target", candidate.sample_id, seed).integers(len(fitting)))]


def count_needed(candidate: Candidate, pool: DistractorPool, settings: ContextSettings) -> int | Dropped:
    """Tokens of the smallest prompt that holds all evidence; the chat template included."""
    needed = find_needed(candidate, pool)
    if isinstance(needed, Dropped):
        return needed
    frame = count_frame(pool.tokenizer, candidate.question, answer_format(candidate.answer_kind))
    tags = sum(pool.count_tags(document.title, 99) for document in needed)
    return settings.template_tokens + frame + tags + sum(document.smallest for document in needed)


def assemble(
    candidate: Candidate,
    target: int,
    pool: DistractorPool,
    settings: ContextSettings,
    seed: int,
    forbids: Forbids = forbids_nothing,
) -> Sample | Dropped:
    """The candidate in a context of ``target`` tokens, or why there is none.

    Args:
        candidate: All its ``doc_ids`` must be in the pool.
        target: Any number of tokens, the chat template included.
        pool: Where its documents and the distractors come from.
        settings: See ``ContextSettings``.
        seed: With the candidate and the target it decides everything random.
        forbids: The maker's word on what may not stand beside its candidate.
    """
    needed = find_needed(candidate, pool)
    if isinstance(needed, Dropped):
        return needed
    asked = answer_format(candidate.answer_kind)
    most = target - settings.template_tokens
    least = int(np.ceil(target * settings.fill)) - settings.template_tokens
    budget = most
    for _ in range(_TRIES):
        rng = _generator(candidate.sample_id, target, seed)
        pieces = _choose_pieces(
            candidate, needed, budget, budget - least, target, pool, settings, rng, forbids
        )
        if isinstance(pieces, Dropped):
            return pieces
        ordered = order_pieces(pieces, rng)
        prompt = render_prompt(
            [PromptPiece(piece.title, piece.body) for piece in ordered], candidate.question, asked
        )
        counts = [
            pool.count_tags(piece.title, index) + piece.n_tokens for index, piece in enumerate(ordered, 1)
        ]
        if pool.tokenizer.additive:
            n_tokens = count_frame(pool.tokenizer, candidate.question, asked) + sum(counts)
        else:
            n_tokens = pool.tokenizer.count(prompt.message)
        if least <= n_tokens <= most:
            break
        budget += most - n_tokens if n_tokens > most else (most - n_tokens) // 2
    else:
        return Dropped(reason="pool_exhausted", detail=f"{n_tokens} of {target} tokens")
    shown = [
        Piece(
            doc_id=piece.doc_id,
            title=piece.title,
            role=piece.role,
            doc_spans=list(piece.doc_spans),
            context_start=start,
            context_end=end,
            n_tokens=count,
        )
        for piece, (start, end), count in zip(ordered, prompt.spans, counts, strict=True)
    ]
    return Sample(
        **{name: getattr(candidate, name) for name in Candidate.model_fields},
        target_tokens=target,
        n_prompt_tokens=n_tokens,
        context=shown,
        positions=find_positions(candidate.evidence, ordered, prompt),
        prompt=[Message(role="user", content=prompt.message)],
    )


def _choose_pieces(
    candidate: Candidate,
    needed: Sequence[NeededDocument],
    budget: int,
    slack: int,
    target: int,
    pool: DistractorPool,
    settings: ContextSettings,
    rng: np.random.Generator,
    forbids: Forbids,
) -> list[ShownPiece] | Dropped:
    """What is shown, in no order yet; together with the frame at most ``budget`` tokens and at least
    ``slack`` less. Tags are counted with the longest index that a context of this size can have."""
    longest_index = 10 ** len(str(target // _SHORTEST_PIECE)) - 1
    frame = count_frame(pool.tokenizer, candidate.question, answer_format(candidate.answer_kind))

    def count_tags(title: str) -> int:
        return pool.count_tags(title, longest_index)

    room = budget - frame - sum(count_tags(document.title) for document in needed)
    shares = allot_needed(needed, room, int(room * settings.needed_share), rng)
    if isinstance(shares, Dropped):
        return shares
    pieces = [
        ShownPiece.of(pool, document.number, excerpt, "needed", document.evidence)
        for document, excerpt in zip(needed, shares, strict=True)
    ]
    padding = room - sum(piece.n_tokens for piece in pieces)
    distractors = choose_distractors(
        candidate, needed, padding, slack, settings.hard_share, pool, count_tags, rng, forbids
    )
    return distractors if isinstance(distractors, Dropped) else [*pieces, *distractors]


def _generator(*parts: object) -> np.random.Generator:
    return np.random.default_rng(int(content_id(*parts), 16))
