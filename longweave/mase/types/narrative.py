"""Narratives: why something came about, over several steps; and what would have followed otherwise.

``no_supposition``: the question does not suppose anything.
"""

import re
from collections.abc import Sequence

from longweave.mase.task_type import Posed, Proposal, TaskType
from longweave.mase.types.short_answer import ShortProposal, check_short, pose_short
from longweave.synth.answers import extract_answer
from longweave.synth.records import Dropped

_IF = re.compile(r"\b(?:if|had|were|without|suppos\w+|unless|but for|instead of)\b", re.IGNORECASE)
_WOULD = re.compile(r"\b(?:would|could|might)\b", re.IGNORECASE)


def _check_cause(proposal: Proposal, posed: Posed, passages: Sequence[str]) -> Dropped | None:
    return check_short(proposal, posed)


def _check_supposition(proposal: Proposal, posed: Posed, passages: Sequence[str]) -> Dropped | None:
    if flaw := check_short(proposal, posed):
        return flaw
    supposes = _IF.search(posed.question) and _WOULD.search(posed.question)
    return None if supposes else Dropped(reason="no_supposition", detail=posed.question)


NARRATIVE_CAUSAL = TaskType(
    name="narrative_causal",
    task="reading_comprehension",
    domains=("literature",),
    proposal=ShortProposal,
    pose=pose_short,
    check=_check_cause,
    extract=extract_answer,
    min_places=2,
    one_document=True,
    own_words=True,
)

NARRATIVE_HYPOTHETICAL = TaskType(
    name="narrative_hypothetical",
    task="reading_comprehension",
    domains=("literature",),
    proposal=ShortProposal,
    pose=pose_short,
    check=_check_supposition,
    extract=extract_answer,
    min_places=2,
    one_document=True,
    own_words=True,
)
