"""What a task type is: a prompt file, a typed proposal, how it is posed, and what it must hold.

A type is one module in ``mase/types/`` with a ``TaskType``, registered in ``mase/types/__init__.py``, and the
file ``prompts/propose_<name>.txt``. The loop (``mase.evolve``) does all else.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from longweave.synth.llm.typed import ModelAnswer
from longweave.synth.records import AnswerKind, Domain, Dropped, Task


class Proposal(ModelAnswer):
    """What a proposer answers. ``quotes`` are verbatim spans of the passages from which ``answer`` follows,
    as ``reasoning`` shows; a proposer that cannot pose a good question says ``usable: false`` and names the
    ``problem``."""

    reasoning: str
    problem: str
    usable: bool
    question: str
    answer: str
    quotes: list[str]


@dataclass(frozen=True, slots=True)
class Posed:
    """A proposal as it is asked: ``question`` with all that the solver has to read, such as options.

    ``chance`` (0…1) is how often a guess is right; ``tolerance`` and ``unit`` are those of a number.
    """

    question: str
    answer: str
    answer_kind: AnswerKind
    chance: float = 0.0
    tolerance: float | None = None
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class TaskType:
    """A kind of task that the loop evolves.

    ``pose(proposal, turn)`` makes the question that is asked; ``turn`` counts the proposals of the type over
    all clusters and rounds, for whatever must be balanced over them (the letter of the right option).
    ``check(proposal, posed, passages)`` is what this type demands beyond ``mase.checks``, which hold for all;
    ``passages`` are the texts that the proposer was shown. ``min_places`` is how many separate places its
    quotes must come from. ``one_document`` says that the passages of a cluster come from one document;
    else from different ones. ``own_words`` says that an answer may be put in words that stand in no document:
    it computes, or tells why. ``extract`` takes the prediction out of a response.
    """

    name: str
    task: Task
    domains: tuple[Domain, ...]
    proposal: type[Proposal]
    pose: Callable[[Proposal, int], Posed]
    check: Callable[[Proposal, Posed, Sequence[str]], Dropped | None]
    extract: Callable[[str], str]
    min_places: int = 1
    one_document: bool = False
    own_words: bool = False
