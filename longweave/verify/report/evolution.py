"""How questions that were evolved in rounds grew: how often they were solved, and how long they are."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from longweave.verify.report.charts import percent, shorten, spaced
from longweave.verify.report.inputs import RoundLine

_MOST_ROUNDS, _MOST_TYPES, _MOST_REASONS = 20, 40, 4
_NAME = 60


@dataclass(frozen=True, slots=True)
class RoundRow:
    """The proposals of one round. ``rate`` is the solver's pass rate over all that were asked, ``length`` the
    mean number of words of the questions; widths are in percent, of 1 and of the longest round."""

    number: int
    n: int
    kept: int
    rate: str
    rate_width: float
    length: str
    length_width: float
    reasons: str


@dataclass(frozen=True, slots=True)
class EvolvedType:
    """A task type, round by round."""

    name: str
    rows: tuple[RoundRow, ...]


def list_evolution(lines: Iterable[RoundLine]) -> list[EvolvedType]:
    """The rounds of all task types together, if there are several, then of each."""
    by_type: dict[str, list[RoundLine]] = defaultdict(list)
    for line in lines:
        by_type[line.task_type].append(line)
    named = sorted(by_type.items())[:_MOST_TYPES]
    if len(by_type) > 1:
        everything = [line for _, own in sorted(by_type.items()) for line in own]
        named = [("all task types", everything), *named]
    return [EvolvedType(shorten(spaced(name), _NAME), _rows_of(own)) for name, own in named]


def _rows_of(lines: Sequence[RoundLine]) -> tuple[RoundRow, ...]:
    rounds: dict[int, list[RoundLine]] = defaultdict(list)
    for line in lines:
        rounds[line.number].append(line)
    lengths = {number: _mean_length(own) for number, own in rounds.items()}
    longest = max(lengths.values(), default=0.0) or 1.0
    rows = []
    for number, own in sorted(rounds.items())[:_MOST_ROUNDS]:
        tries, passes = sum(line.tries for line in own), sum(line.passes for line in own)
        dropped = Counter(line.reason for line in own if line.reason)
        ranked = sorted(dropped.items(), key=lambda item: (-item[1], item[0]))[:_MOST_REASONS]
        rows.append(
            RoundRow(
                number=number,
                n=len(own),
                kept=sum(not line.reason for line in own),
                rate=percent(passes, tries),
                rate_width=round(100 * passes / tries, 1) if tries else 0.0,
                length=f"{lengths[number]:.0f}" if lengths[number] else "–",
                length_width=round(100 * lengths[number] / longest, 1),
                reasons=", ".join(f"{spaced(reason)} {count}" for reason, count in ranked),
            )
        )
    return tuple(rows)


def _mean_length(lines: Sequence[RoundLine]) -> float:
    asked = [len(line.question.split()) for line in lines if line.question]
    return sum(asked) / len(asked) if asked else 0.0
