"""How fast an endpoint is with so many requests in flight, seen from the requests alone.

A cohort is requests that were sent one after the other while the line was full at one limit. By Little's law
the endpoint does ``in flight x work / seconds`` per second, ``work`` and ``seconds`` summed over the cohort.

Answers come in bursts when many requests were sent at once and all take equally long. No window of time is
cut out, and the first and last requests of a cohort count for less, so it does not matter at which point of a
burst it begins and ends.

What is sent right after the limit was raised belongs to no cohort. It meets an endpoint where the queue that
comes with the new limit has yet to form, and which therefore seems faster than it is.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

LEAST_ANSWERED = 3
"""A measure takes at least so many answers."""
_FULL = 0.85
"""Share of the limit in flight from which on the line counts as full."""
_STARVED = 0.75
"""Share of the limit below which the mean in flight shows that there was not enough to send."""
_PATIENCE = 3.0
"""A request that takes this many times as long as is usual is a straggler: nobody waits for it, and it counts
for no more than that, so that a few of them do not hide what the others show."""
_DOUBT = 0.2
_DOUBTS = 2
"""As if so many requests more had been off by this share: a handful that agree by chance prove little."""
_DOUBTFUL_SHARE = 0.2
_DOUBTFUL_VARIANCE = 0.2
"""Before anything is known, a fifth of a request's time is taken to grow with its work. More would make an
endpoint seem slow whose first requests were long and the next short, as when records begin together."""
_FORGETTING = 0.8
_GROWTH = 1.25
_SPARE_REFUSALS = 5
_REFUSED_SHARE = 0.1


@dataclass(slots=True, eq=False)
class Ticket:
    """A request that was sent at ``sent``, while cohort number ``cohort`` was watched."""

    sent: float
    cohort: int
    place: int
    """In the cohort, from 0 on; -1 if it is not in it."""
    seconds: float = 0.0
    work: float = 0.0
    ended: bool = False


@dataclass(frozen=True, slots=True)
class Measure:
    """What ``count`` requests showed about an endpoint at ``limit``.

    ``in_flight`` is the mean over time. ``work`` and ``seconds`` are weighted sums over the requests,
    ``spread`` is that of the squared seconds by which they were off the mean for their work.
    """

    limit: int
    in_flight: float
    count: int
    work: float
    seconds: float
    spread: float

    @property
    def speed(self) -> float:
        """Work per second of the whole endpoint."""
        return self.in_flight * self.work / self.seconds

    @property
    def error(self) -> float:
        """Standard error of ``speed``, as a share of it."""
        doubt = _DOUBTS * (_DOUBT * self.seconds / self.count) ** 2
        return math.sqrt(self.spread + doubt) / self.seconds

    @property
    def deviation(self) -> float:
        """How far one request is off the mean, as a share of it."""
        return math.sqrt(self.spread * self.count) / self.seconds

    def __add__(self, other: Self) -> "Measure":
        count = self.count + other.count
        in_flight = (self.in_flight * self.count + other.in_flight * other.count) / count
        return Measure(
            self.limit,
            in_flight,
            count,
            self.work + other.work,
            self.seconds + other.seconds,
            self.spread + other.spread,
        )


@dataclass(frozen=True, slots=True)
class Effort:
    """How the time of a request depends on its work: ``share`` of it grows with the work, the rest is the
    same for all. ``usual`` is the work that the first requests had on average; ``variance`` and
    ``covariance`` are sums over earlier requests, of their work and its time as shares of the mean."""

    usual: float = 0.0
    variance: float = 0.0
    covariance: float = 0.0

    @property
    def share(self) -> float:
        """Between 0, where work does not matter, and 1, where time is in proportion to it."""
        doubtful = self.covariance + _DOUBTFUL_SHARE * _DOUBTFUL_VARIANCE
        return min(max(doubtful / (self.variance + _DOUBTFUL_VARIANCE), 0.0), 1.0)

    def of(self, work: float) -> float:
        """What ``work`` amounts to, in the same unit."""
        return self.usual + self.share * (work - self.usual)

    def learn(self, tickets: Sequence[Ticket]) -> "Effort":
        """With what ``tickets`` show, all answered and of one cohort; what is older counts for less."""
        if not tickets:
            return self
        mean_work = sum(ticket.work for ticket in tickets) / len(tickets)
        mean_seconds = sum(ticket.seconds for ticket in tickets) / len(tickets)
        offs = [(ticket.work / mean_work - 1, ticket.seconds / mean_seconds - 1) for ticket in tickets]
        return Effort(
            self.usual or mean_work,
            _FORGETTING * self.variance + sum(work**2 for work, _ in offs),
            _FORGETTING * self.covariance + sum(work * seconds for work, seconds in offs),
        )


class Cohort:
    """The requests that are watched at one limit. ``number`` tells it from other cohorts.

    They are measured when there are ``size`` of which at most the share ``tail`` is still out. Unless the
    endpoint ``is_settled``, as it is where the limit was not raised, they begin with the first answer to a
    request of this limit that comes while the line is full.
    """

    def __init__(self, number: int, limit: int, size: int, tail: float, *, is_settled: bool) -> None:
        self._number, self._limit, self._size, self._tail = number, limit, size, tail
        self._is_settled = is_settled
        self._members: list[Ticket] = []
        self._ended = self._answered = 0
        self._seconds = 0.0
        self._area_before = 0.0
        self._sent = self._refused = 0

    def send(self, now: float, in_flight: int, area: float) -> Ticket:
        """A request was sent and is the ``in_flight``-th. None that exceeds a lowered limit begins a cohort.

        ``area`` is the integral of the requests in flight over time so far.
        """
        self._sent += 1
        place = -1
        if self._members or (self._is_settled and in_flight <= self._limit):
            place = len(self._members)
        ticket = Ticket(now, self._number, place)
        if place == 0:
            self._area_before = area
        if place >= 0:
            self._members.append(ticket)
        return ticket

    def end(self, ticket: Ticket, in_flight: int, *, overloaded: bool = False) -> None:
        """A request sent in the days of this cohort has ended, one of ``in_flight``."""
        self._refused += overloaded
        if ticket.work > 0 and in_flight >= _FULL * self._limit:
            self._is_settled = True
        if 0 <= ticket.place < self._size:
            self._count(ticket)

    @property
    def is_overloaded(self) -> bool:
        """Whether more requests were refused than happens by chance at an endpoint with a few hiccups."""
        return self._refused > _SPARE_REFUSALS + _REFUSED_SHARE * self._sent

    def is_due(self, now: float) -> bool:
        """Whether those that are to be measured next have ended or had their time."""
        if len(self._members) < self._size:
            return False
        if self._size - self._ended <= self._tail * self._size:
            return True
        age = now - self._members[self._size - 1].sent
        return self._answered > 0 and age > _PATIENCE * self._seconds / self._answered

    def measure(self, now: float, area: float, effort: "Effort") -> Measure | None:
        """What those show that are due; the next measure takes more of them.

        None if they show nothing: there was not enough to send, or they failed. ``effort`` is what earlier
        cohorts have shown.
        """
        members = self._members[: self._size]
        duration = now - members[0].sent
        in_flight = (area - self._area_before) / duration if duration > 0 else 0.0
        counted = [ticket for ticket in members if not ticket.ended or ticket.work > 0]
        if in_flight < _STARVED * self._limit or self._answered < LEAST_ANSWERED:
            return None
        self._size = math.ceil(self._size * _GROWTH)
        for ticket in self._members[len(members) : self._size]:
            if ticket.ended:
                self._count(ticket)
        return _measure(self._limit, in_flight, counted, now, self.learn(effort))

    def learn(self, effort: "Effort") -> "Effort":
        """``effort`` with what the answered ones show of it."""
        return effort.learn([ticket for ticket in self._members if ticket.ended and ticket.work > 0])

    def _count(self, ticket: Ticket) -> None:
        self._ended += 1
        self._answered += ticket.work > 0
        self._seconds += ticket.seconds


def _measure(limit: int, in_flight: float, tickets: list[Ticket], now: float, effort: Effort) -> Measure:
    """Requests without an answer count as usual ones that took at least as long as they have been out."""
    answered = [ticket for ticket in tickets if ticket.ended]
    mean_work = sum(effort.of(ticket.work) for ticket in answered) / len(answered)
    mean_seconds = sum(ticket.seconds for ticket in answered) / len(answered)
    most = _PATIENCE * mean_seconds / mean_work
    pairs = [
        (work, min(ticket.seconds, most * max(work, mean_work)))
        if ticket.ended
        else (mean_work, min(max(now - ticket.sent, mean_seconds), most * mean_work))
        for ticket, work in ((ticket, effort.of(ticket.work)) for ticket in tickets)
    ]
    weights = [math.sin(math.pi * (place + 0.5) / len(pairs)) for place in range(len(pairs))]
    weighted = [
        (weight * work, weight * seconds) for weight, (work, seconds) in zip(weights, pairs, strict=True)
    ]
    work, seconds = sum(work for work, _ in weighted), sum(seconds for _, seconds in weighted)
    pace = seconds / work
    spread = sum((seconds - pace * work) ** 2 for work, seconds in weighted)
    return Measure(limit, in_flight, len(pairs), work, seconds, spread)
