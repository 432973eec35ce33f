"""In-context learning: rules, definitions or labelled examples of a document applied to a new case.

``case_in_text``: the case is not new, it stands in the passages.
"""

from collections.abc import Sequence

from longweave.mase.task_type import Posed, Proposal, TaskType
from longweave.mase.types.copied import find_copied
from longweave.mase.types.labelled_answer import LabelledProposal, check_labelled, pose_labelled
from longweave.synth.answers import extract_answer
from longweave.synth.records import Dropped

_COPIED_WORDS = 12


def _check(proposal: Proposal, posed: Posed, passages: Sequence[str]) -> Dropped | None:
    if flaw := check_labelled(proposal, posed, passages):
        return flaw
    copied = find_copied(posed.question, passages, _COPIED_WORDS)
    return Dropped(reason="case_in_text", detail=copied) if copied else None


IN_CONTEXT_LEARNING = TaskType(
    name="in_context_learning",
    task="reading_comprehension",
    domains=("academic", "professional", "code", "general"),
    proposal=LabelledProposal,
    pose=pose_labelled,
    check=_check,
    extract=extract_answer,
    min_places=2,
    one_document=True,
)
