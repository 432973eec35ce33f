"""What the reviewer is given to step through, and how it is searched."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, get_args

from longweave.synth.records import Sample
from longweave.verify.marks import Mark

KEPT = "kept"
Facet = Literal["task", "question_type", "target_tokens", "maker", "outcome"]
FACETS: tuple[Facet, ...] = get_args(Facet)
UNMARKED = "unmarked"


@dataclass(frozen=True, slots=True)
class Entry:
    """A sample as the list shows it. ``outcome`` is ``KEPT``, or the step that dropped it with the reason;
    ``folded`` is the question in lower case."""

    sample_id: str
    question: str
    folded: str
    task: str
    question_type: str
    maker: str
    target_tokens: int
    outcome: str


@dataclass(frozen=True, slots=True)
class ShelvedSample:
    """A sample with what gates found out, and what was seen where one dropped it."""

    sample: Sample
    detail: str


class Shelf(Protocol):
    """The samples of a run in a fixed order, counted from 0."""

    @property
    def name(self) -> str:
        """The run's."""

    @property
    def entries(self) -> Sequence[Entry]:
        """All samples."""

    def read(self, number: int) -> ShelvedSample:
        """One of them."""


def search(
    entries: Sequence[Entry], chosen: Mapping[Facet, str], words: str, marked: str, marks: Mapping[str, Mark]
) -> list[int]:
    """The numbers of the entries whose facets are as ``chosen``, whose question holds all ``words``, and
    whose mark is ``marked`` (``good``, ``bad`` or ``UNMARKED``; any when empty)."""
    wanted = words.casefold().split()
    return [
        number
        for number, entry in enumerate(entries)
        if all(str(getattr(entry, facet)) == value for facet, value in chosen.items())
        and all(word in entry.folded for word in wanted)
        and (not marked or _mark_of(entry, marks) == marked)
    ]


def count_marked(entries: Iterable[Entry], marks: Mapping[str, Mark]) -> int:
    """How many of ``entries`` are marked."""
    return sum(entry.sample_id in marks for entry in entries)


def list_choices(entries: Sequence[Entry]) -> dict[str, list[dict[str, Any]]]:
    """The values of each facet with how many entries have them."""
    choices: dict[str, list[dict[str, Any]]] = {}
    for facet in FACETS:
        counts = Counter(getattr(entry, facet) for entry in entries)
        choices[facet] = [{"value": str(value), "count": counts[value]} for value in sorted(counts)]
    return choices


def _mark_of(entry: Entry, marks: Mapping[str, Mark]) -> str:
    mark = marks.get(entry.sample_id)
    return UNMARKED if mark is None or mark.mark is None else mark.mark
