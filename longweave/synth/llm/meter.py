"""How a stage that asks models goes at one moment, for those who watch.

``Gauge.read`` makes a ``Meter`` of running totals, about twice a second; the rates in it are those of the
last seconds. The clock is handed in.
"""

from collections import deque
from dataclasses import dataclass

from longweave.synth.llm.spending import Spent

_LATELY = 10.0
_RECORDS_LATELY = 60.0


@dataclass(frozen=True, slots=True)
class Meter:
    """``done`` of ``total`` records have ended; ``spent`` is what they have used in this start of the run,
    and ``money`` what that costs (None where no price is known). ``per_second`` rates are those of the last
    ten seconds. ``in_flight`` requests of at most ``limit`` are at servers, ``waiting`` have no place there
    yet. ``seconds_left`` is None as long as nothing is known."""

    done: int
    total: int
    spent: Spent
    money: float | None
    requests_per_second: float
    tokens_per_second: float
    in_flight: int
    limit: int
    waiting: int
    seconds_left: float | None


class RateWindow:
    """How fast a running total has grown lately.

    Args:
        seconds: What "lately" means.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._noted: deque[tuple[float, float]] = deque()

    def note(self, now: float, total: float) -> None:
        """The total is ``total`` at ``now`` (seconds, never smaller than before)."""
        self._noted.append((now, total))
        while len(self._noted) > 2 and self._noted[1][0] <= now - self._seconds:
            self._noted.popleft()

    def per_second(self) -> float:
        """Growth per second between the first and the last note of the window; 0 with fewer than two."""
        if len(self._noted) < 2:
            return 0.0
        (began, first), (ended, last) = self._noted[0], self._noted[-1]
        return (last - first) / (ended - began) if ended > began else 0.0


class Gauge:
    """Reads the meter of one stage."""

    def __init__(self) -> None:
        self._requests, self._tokens = RateWindow(_LATELY), RateWindow(_LATELY)
        self._records = RateWindow(_RECORDS_LATELY)

    def read(
        self,
        now: float,
        *,
        done: int,
        total: int,
        spent: Spent,
        money: float | None,
        in_flight: int,
        limit: int,
        waiting: int,
    ) -> Meter:
        """The meter at ``now``; everything else as ``Meter`` has it."""
        self._requests.note(now, spent.requests)
        self._tokens.note(now, spent.tokens)
        self._records.note(now, done)
        pace = self._records.per_second()
        return Meter(
            done=done,
            total=total,
            spent=spent,
            money=money,
            requests_per_second=self._requests.per_second(),
            tokens_per_second=self._tokens.per_second(),
            in_flight=in_flight,
            limit=limit,
            waiting=waiting,
            seconds_left=(total - done) / pace if pace > 0 else None,
        )
