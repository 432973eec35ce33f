"""The task types that the loop evolves: one line each."""

from longweave.mase.task_type import TaskType
from longweave.mase.types.code_repository import CODE_REPOSITORY
from longweave.mase.types.dialogue_memory import DIALOGUE_MEMORY
from longweave.mase.types.in_context_learning import IN_CONTEXT_LEARNING
from longweave.mase.types.manual_outcome import MANUAL_OUTCOME
from longweave.mase.types.narrative import NARRATIVE_CAUSAL, NARRATIVE_HYPOTHETICAL
from longweave.mase.types.reading_comprehension import READING_COMPREHENSION
from longweave.mase.types.viewpoint_analysis import VIEWPOINT_ANALYSIS

_TYPES = (
    VIEWPOINT_ANALYSIS,
    IN_CONTEXT_LEARNING,
    MANUAL_OUTCOME,
    CODE_REPOSITORY,
    READING_COMPREHENSION,
    NARRATIVE_CAUSAL,
    NARRATIVE_HYPOTHETICAL,
    DIALOGUE_MEMORY,
)
TASK_TYPES: dict[str, TaskType] = {task_type.name: task_type for task_type in _TYPES}
