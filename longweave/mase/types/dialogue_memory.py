"""Dialogue memory: what was said, corrected, taken back and decided over a long conversation.

Where the answer is a speaker, the labels are all of them. ``not_said``: the answer has a word that nobody
says and no speaker is called by.
"""

from collections.abc import Sequence

from longweave.mase.task_type import Posed, Proposal, TaskType
from longweave.mase.types.labelled_answer import LabelledProposal, check_labelled, pose_labelled
from longweave.synth.answers import extract_answer
from longweave.synth.answers.texts import normalize_text
from longweave.synth.records import Dropped

_SHORTEST_TOLD = 4  # shorter words may be there for the grammar alone


def _check(proposal: Proposal, posed: Posed, passages: Sequence[str]) -> Dropped | None:
    if flaw := check_labelled(proposal, posed, passages):
        return flaw
    if posed.answer_kind == "number":
        return None  # it may be counted or computed
    said = {_stem(word) for passage in passages for word in normalize_text(passage).split()}
    for word in normalize_text(posed.answer).split():
        if len(word) >= _SHORTEST_TOLD and _stem(word) not in said:
            return Dropped(reason="not_said", detail=f"{word!r} of: {posed.answer}")
    return None


def _stem(word: str) -> str:
    return word.removesuffix("s")


DIALOGUE_MEMORY = TaskType(
    name="dialogue_memory",
    task="dialogue_memory",
    domains=("dialogue",),
    proposal=LabelledProposal,
    pose=pose_labelled,
    check=_check,
    extract=extract_answer,
    min_places=2,
    one_document=True,
)
