"""What the report is made of, beside samples: books, rejects, dropped samples, rounds, spending."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from longweave.synth.records import Sample


@dataclass(frozen=True, slots=True)
class StageBooks:
    """One line of the funnel: ``n_in == n_kept + sum(dropped.values())``. ``unit`` says what is counted;
    neighbouring stages with the same unit share one scale."""

    stage: str
    n_in: int
    n_kept: int
    dropped: Mapping[str, int]
    unit: str = "records"


class RejectedRow(NamedTuple):
    """A record that a stage dropped; ``found`` is what else it had found out, as JSON."""

    stage: str
    record_id: str
    reason: str
    detail: str
    found: str = ""


@dataclass(frozen=True, slots=True)
class DroppedSample:
    """A sample that ``step`` dropped, with the trials and checks it had by then."""

    step: str
    reason: str
    detail: str
    sample: Sample


class RoundLine(NamedTuple):
    """A question proposed in round ``number`` of a loop: why it was not kept, if it was not, and how many of
    the solver's tries were right."""

    task_type: str
    number: int
    reason: str
    question: str
    passes: int
    tries: int


@dataclass(frozen=True, slots=True)
class SpendingLine:
    """What a step has asked of a model in a role (see ``synth.llm.spending``): ``requests`` were sent,
    ``hits`` came from the store; ``cached`` of the ``prompt`` tokens were in the server's cache. ``money`` is
    None where the price is not known."""

    stage: str
    role: str
    model: str
    requests: int
    hits: int
    prompt: int
    cached: int
    completion: int
    money: float | None
