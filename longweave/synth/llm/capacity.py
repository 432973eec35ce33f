"""How many requests an endpoint can serve at once, found from how long they take.

``Capacity`` is told when a request is sent and when it ends, and says how many may be in flight. It has no
clock and draws no random numbers: the same calls give the same limits. It raises the limit as long as the
endpoint does more per second with it, and no further: what is sent beyond that only waits at the server.
Later it tries now and then whether more would help or fewer would do, and so follows an endpoint that
changes.
"""

import math

from longweave.synth.llm.cohort import Cohort, Effort, Measure, Ticket
from longweave.synth.llm.level_search import search_level
from longweave.synth.llm.response import Usage

_PROMPT_WORK = 0.25
_LEAST = 1e-6


def work_of(usage: Usage) -> float:
    """How much a response was to make, in completion tokens; 1 where the server does not say.

    A prompt token counts for a quarter, since those of a prompt are read together; servers differ, and
    providers charge about that. One that the server had in its prefix cache counts for nothing.
    """
    return usage.completion + _PROMPT_WORK * max(usage.prompt - usage.cached, 0) or 1.0


class Capacity:
    """The limit of one endpoint, between 1 and ``most``; it begins with ``start``.

    The caller sends no more than ``limit`` allows and tells the end of each request once, with times in
    seconds that never go back. As long as it sends clearly fewer, nothing is learned and the limit stays.
    """

    def __init__(self, most: int, start: int = 8) -> None:
        self._search = search_level(min(start, most), most)
        self._trial = next(self._search)
        self._effort = Effort()
        self._cohorts = 0
        self._cohort = self._open_cohort(is_settled=False)
        self._in_flight = 0
        self._area = self._now = 0.0

    @property
    def limit(self) -> int:
        """How many requests may be in flight now."""
        return self._trial.limit

    @property
    def in_flight(self) -> int:
        """How many are."""
        return self._in_flight

    def begin(self, now: float) -> Ticket:
        """A request was sent. Its ticket goes to ``end`` or ``fail``."""
        self._pass_time(now)
        self._in_flight += 1
        return self._cohort.send(now, self._in_flight, self._area)

    def end(self, ticket: Ticket, now: float, work: float) -> None:
        """It was answered. ``work`` is how much was to be done, above 0, in a unit of which the endpoint does
        about the same per second whatever it is asked."""
        ticket.seconds, ticket.work = max(now - ticket.sent, _LEAST), max(work, _LEAST)
        self._leave(ticket, now, overloaded=False)

    def fail(self, ticket: Ticket, now: float, overloaded: bool) -> None:
        """It failed; ``overloaded`` if it was refused or not answered in time."""
        self._leave(ticket, now, overloaded=overloaded)

    def _leave(self, ticket: Ticket, now: float, *, overloaded: bool) -> None:
        self._pass_time(now)
        self._in_flight -= 1
        ticket.ended = True
        if ticket.cohort == self._cohorts:
            self._cohort.end(ticket, self._in_flight + 1, overloaded=overloaded)
            self._look()

    def _pass_time(self, now: float) -> None:
        self._area += self._in_flight * (now - self._now)
        self._now = now

    def _look(self) -> None:
        """Go on with the search if the cohort has shown something."""
        if self._cohort.is_overloaded:
            self._go_on(None)
        elif self._cohort.is_due(self._now):
            measure = self._cohort.measure(self._now, self._area, self._effort)
            if measure is None:
                self._cohort = self._open_cohort(is_settled=False)
            elif self._trial.is_enough(measure):
                self._go_on(measure)

    def _go_on(self, measure: Measure | None) -> None:
        self._effort = self._cohort.learn(self._effort)
        before = self._trial.limit
        self._trial = self._search.send(measure)
        self._cohort = self._open_cohort(is_settled=self._trial.limit <= before)

    def _open_cohort(self, *, is_settled: bool) -> Cohort:
        trial = self._trial
        self._cohorts += 1
        size = max(math.ceil(trial.rounds * trial.limit), trial.least)
        return Cohort(self._cohorts, trial.limit, size, trial.tail, is_settled=is_settled)
