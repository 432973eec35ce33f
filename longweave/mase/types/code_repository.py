"""Code repository: what a call gives or a change affects, followed across the files of packages."""

from collections.abc import Sequence

from longweave.mase.task_type import Posed, Proposal, TaskType
from longweave.mase.types.code_words import check_signs
from longweave.mase.types.short_answer import ShortProposal, check_short, pose_short
from longweave.synth.answers import extract_answer
from longweave.synth.records import Dropped


def _check(proposal: Proposal, posed: Posed, passages: Sequence[str]) -> Dropped | None:
    return check_short(proposal, posed) or check_signs(posed)


CODE_REPOSITORY = TaskType(
    name="code_repository",
    task="reading_comprehension",
    domains=("code",),
    proposal=ShortProposal,
    pose=pose_short,
    check=_check,
    extract=extract_answer,
    min_places=2,
    own_words=True,
)
