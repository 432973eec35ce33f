"""Manual outcome: what a documented call or procedure gives for inputs that the manual does not try.

``case_in_text``: the manual tries them itself.
"""

from collections.abc import Sequence

from longweave.mase.task_type import Posed, Proposal, TaskType
from longweave.mase.types.code_words import check_signs
from longweave.mase.types.copied import find_copied
from longweave.mase.types.short_answer import ShortProposal, check_short, pose_short
from longweave.synth.answers import extract_answer
from longweave.synth.records import Dropped

_COPIED_WORDS = 12


def _check(proposal: Proposal, posed: Posed, passages: Sequence[str]) -> Dropped | None:
    if flaw := check_short(proposal, posed) or check_signs(posed):
        return flaw
    copied = find_copied(posed.question, passages, _COPIED_WORDS)
    return Dropped(reason="case_in_text", detail=copied) if copied else None


MANUAL_OUTCOME = TaskType(
    name="manual_outcome",
    task="reading_comprehension",
    domains=("code", "professional"),
    proposal=ShortProposal,
    pose=pose_short,
    check=_check,
    extract=extract_answer,
    min_places=2,
    one_document=True,
    own_words=True,
)
