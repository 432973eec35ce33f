"""Short answers that may be one of a fixed set: classes, grades, the speakers of a conversation.

The proposal lists the whole set, so that it is known how often a guess is right. Reasons: those of a short
answer, and ``too_few_labels`` (two at most, a guess would do), ``labels_alike``, ``not_a_label`` (the answer
is none of them), ``label_not_in_text`` (no passage names it).
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from pydantic import Field

from longweave.mase.task_type import Posed, Proposal
from longweave.mase.types.short_answer import ShortProposal, check_short, pose_short
from longweave.synth.answers.texts import normalize_text
from longweave.synth.records import Dropped

_FEWEST_LABELS = 3


class LabelledProposal(ShortProposal):
    """A proposal with what its answer could be."""

    labels: list[str] = Field(
        description="All that could be the answer, the right one too, if that is a fixed set; else empty."
    )


def pose_labelled(proposal: Proposal, turn: int) -> Posed:
    """The question as it stands, with the chance that one of the labels, guessed, is right."""
    labels = cast(LabelledProposal, proposal).labels
    return replace(pose_short(proposal, turn), chance=1 / len(labels) if labels else 0.0)


def check_labelled(proposal: Proposal, posed: Posed, passages: Sequence[str]) -> Dropped | None:
    """What is wrong with the answer or its labels; None if nothing is."""
    labels = cast(LabelledProposal, proposal).labels
    if (flaw := check_short(proposal, posed)) or not labels:
        return flaw
    plain = [normalize_text(label) for label in labels]
    if len(labels) < _FEWEST_LABELS:
        return Dropped(reason="too_few_labels", detail="; ".join(labels))
    if len(set(plain)) < len(plain):
        return Dropped(reason="labels_alike", detail="; ".join(labels))
    if normalize_text(posed.answer) not in plain:
        return Dropped(reason="not_a_label", detail=f"{posed.answer!r}, of: {'; '.join(labels)}")
    shown = [f" {normalize_text(passage)} " for passage in passages]
    for label, words in zip(labels, plain, strict=True):
        if not any(f" {words} " in passage for passage in shown):
            return Dropped(reason="label_not_in_text", detail=label)
    return None
