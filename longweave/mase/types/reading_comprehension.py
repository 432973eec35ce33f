"""Reading comprehension: a short answer that follows from several documents together."""

from collections.abc import Sequence

from longweave.mase.task_type import Posed, Proposal, TaskType
from longweave.mase.types.short_answer import ShortProposal, check_short, pose_short
from longweave.synth.answers import extract_answer
from longweave.synth.records import Dropped


def _check(proposal: Proposal, posed: Posed, passages: Sequence[str]) -> Dropped | None:
    return check_short(proposal, posed)


READING_COMPREHENSION = TaskType(
    name="reading_comprehension",
    task="reading_comprehension",
    domains=("general", "professional", "academic", "literature", "dialogue"),
    proposal=ShortProposal,
    pose=pose_short,
    check=_check,
    extract=extract_answer,
    min_places=2,
)
