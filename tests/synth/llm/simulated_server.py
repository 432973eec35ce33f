"""A client with a `Capacity` and a server, both in simulated time: minutes take milliseconds.

The client behaves like the line: it sends as long as the limit allows and something waits, and takes a few
milliseconds from an answer to the next request. With a `thread` it does one thing at a time, like an event
loop.
"""

import heapq
import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

import numpy as np

from longweave.synth.llm.capacity import Capacity
from longweave.synth.llm.cohort import Ticket


@dataclass(slots=True, eq=False)
class Call:
    """A request on its way: ``seconds`` is how long it takes a server with slots, ``outcome`` how it ends."""

    work: float
    seconds: float
    outcome: str = "answered"
    ticket: Ticket | None = None


Draw = Callable[[np.random.Generator], Call]
Job = Callable[[], None]

_TURNS_TO_CONNECT = 4


def equal(seconds: float, work: float = 1.0) -> Draw:
    return lambda rng: Call(work, seconds)


def proportional(seconds: float, sigma: float = 0.6) -> Draw:
    """Work differs, and the time with it; `seconds` on average."""

    def draw(rng: np.random.Generator) -> Call:
        size = rng.lognormal(-sigma * sigma / 2, sigma)
        return Call(300 * size, seconds * size)

    return draw


def unrelated(seconds: float, sigma: float = 0.6) -> Draw:
    """Work and time differ, and have nothing to do with each other."""

    def draw(rng: np.random.Generator) -> Call:
        size, duration = rng.lognormal(-sigma * sigma / 2, sigma, 2)
        return Call(300 * size, seconds * duration)

    return draw


def faulty(draw: Draw, *, refused: float = 0.0, failed: float = 0.0, stragglers: float = 0.0) -> Draw:
    """Some are refused at once, some fail after their time, some take 20 times as long."""

    def draw_faulty(rng: np.random.Generator) -> Call:
        call = draw(rng)
        luck = rng.random()
        if luck < refused:
            call.outcome = "refused"
        elif luck < refused + failed:
            call.outcome = "failed"
        elif luck < refused + failed + stragglers:
            call.seconds *= 20
        return call

    return draw_faulty


class Server(Protocol):
    """Takes calls and gives them back when they are done; `advance` brings it to a moment."""

    def take(self, call: Call, now: float) -> None: ...
    def next_end(self) -> float: ...
    def advance(self, now: float) -> list[Call]: ...
    def busy(self) -> float: ...
    def queued(self) -> int: ...


@dataclass
class SlotServer:
    """`slots` calls at a time, the others wait in turn; with `refuses`, they are refused instead."""

    slots: int
    refuses: bool = False
    _running: list[tuple[float, int, Call]] = field(default_factory=list)
    _queue: deque[Call] = field(default_factory=deque)
    _count: int = 0

    def take(self, call: Call, now: float) -> None:
        if call.outcome == "refused" or (self.refuses and len(self._running) >= self.slots):
            call.outcome, call.seconds = "refused", 0.0
            self._run(call, now)
        elif len(self._running) < self.slots:
            self._run(call, now)
        else:
            self._queue.append(call)

    def next_end(self) -> float:
        return self._running[0][0] if self._running else math.inf

    def advance(self, now: float) -> list[Call]:
        done = []
        while self._running and self._running[0][0] <= now:
            done.append(heapq.heappop(self._running)[2])
        while self._queue and len(self._running) < self.slots:
            self._run(self._queue.popleft(), now)
        return done

    def busy(self) -> float:
        return min(len(self._running), self.slots) / self.slots

    def queued(self) -> int:
        return len(self._queue)

    def _run(self, call: Call, now: float) -> None:
        self._count += 1
        heapq.heappush(self._running, (now + call.seconds, self._count, call))


@dataclass
class BatchServer:
    """Continuous batching: every running call makes a token in `alone + each * running` seconds.

    At most `most` run, and no more than `memory` tokens together; the others wait in turn.
    """

    alone: float
    each: float
    most: int
    memory: float = math.inf
    _running: list[tuple[float, int, Call]] = field(default_factory=list)
    _queue: deque[Call] = field(default_factory=deque)
    _tokens: float = 0.0
    _now: float = 0.0
    _held: float = 0.0
    _count: int = 0

    def speed(self, running: float) -> float:
        """Tokens per second with so many running."""
        return running / (self.alone + self.each * running)

    def take(self, call: Call, now: float) -> None:
        self._pass(now)
        self._queue.append(call)
        self._admit()

    def next_end(self) -> float:
        if not self._running:
            return math.inf
        left = self._running[0][0] - self._tokens
        return self._now + max(left, 0.0) * (self.alone + self.each * len(self._running))

    def advance(self, now: float) -> list[Call]:
        self._pass(now)
        done = []
        while self._running and self._running[0][0] <= self._tokens + 1e-9:
            call = heapq.heappop(self._running)[2]
            self._held -= call.work
            done.append(call)
        self._admit()
        return done

    def busy(self) -> float:
        return len(self._running) / self.most

    def queued(self) -> int:
        return len(self._queue)

    def _pass(self, now: float) -> None:
        if self._running:
            self._tokens += (now - self._now) / (self.alone + self.each * len(self._running))
        self._now = now

    def _admit(self) -> None:
        while (
            self._queue and len(self._running) < self.most and self._held + self._queue[0].work <= self.memory
        ):
            call = self._queue.popleft()
            self._count += 1
            self._held += call.work
            heapq.heappush(self._running, (self._tokens + call.work, self._count, call))


@dataclass
class Span:
    """What was between two moments: means over time, `done` is work per second."""

    busy: float
    queued: float
    done: float
    limit: float


class Thread:
    """The only thread of an event loop: jobs take turns, in the order in which they came, and each `seconds`,
    more or less."""

    def __init__(self, seconds: float, rng: np.random.Generator) -> None:
        self._seconds, self._rng = seconds, rng
        self._jobs: deque[tuple[Job, float]] = deque()
        self._ends = math.inf

    def add(self, job: Job, now: float, share: float = 1.0) -> None:
        """`job` takes this share of what others take."""
        self._jobs.append((job, share))
        if len(self._jobs) == 1:
            self._start(now)

    def next_end(self) -> float:
        return self._ends

    def advance(self, now: float) -> None:
        if self._ends <= now:
            job, _ = self._jobs.popleft()
            self._ends = math.inf
            if self._jobs:
                self._start(now)
            job()

    def _start(self, now: float) -> None:
        _, share = self._jobs[0]
        self._ends = now + share * self._seconds * self._rng.uniform(0.5, 1.5)


class Simulation:
    """A client at a server. Something always waits to be sent, unless `waiting` is set and calls `arrive`.

    Args:
        capacity: Of the client.
        server: Which answers.
        draw: Makes the requests.
        seed: Of all that is random.
        turnaround: Seconds from an answer to the next request, between these two.
        thread: Seconds for which each answer, each request and each new connection keeps the client's only
            thread busy. What comes meanwhile waits, which the client takes for latency. To connect takes
            several turns, so a request for which there is a connection overtakes those that need a new one.
    """

    def __init__(
        self,
        capacity: Capacity,
        server: Server,
        draw: Draw,
        *,
        seed: int = 0,
        turnaround: tuple[float, float] = (0.002, 0.005),
        thread: float = 0.0,
    ) -> None:
        self.capacity, self.server, self.draw = capacity, server, draw
        self.now = 0.0
        self.limits: list[tuple[float, int]] = [(0.0, capacity.limit)]
        self.sent = self.answered = 0
        self.waiting = math.inf
        self._rng = np.random.default_rng(seed)
        self._turnaround = turnaround
        self._wakes: list[float] = [0.0]
        self._busy = self._queued = self._done = self._limit = 0.0
        self._thread = Thread(thread, self._rng) if thread else None
        self._taken = self._connected = 0

    def arrive(self, calls: float) -> None:
        """So many more wait in the line."""
        self.waiting += calls
        heapq.heappush(self._wakes, self.now)

    def run(self, seconds: float) -> Span:
        """Go on for so long; what happened in it."""
        self._busy = self._queued = self._done = self._limit = 0.0
        until = self.now + seconds
        while True:
            moment = min(
                self.server.next_end(),
                self._wakes[0] if self._wakes else math.inf,
                self._thread.next_end() if self._thread else math.inf,
            )
            if moment > until:
                break
            self._pass(moment)
            for call in self.server.advance(moment):
                self._do(partial(self._end, call))
            if self._thread:
                self._thread.advance(moment)
            woken = False
            while self._wakes and self._wakes[0] <= moment:
                heapq.heappop(self._wakes)
                woken = True
            if woken:
                self._send()
        self._pass(until)
        return Span(self._busy / seconds, self._queued / seconds, self._done / seconds, self._limit / seconds)

    def settled_at(self, low: float, high: float) -> float:
        """When the limit first was between `low` and `high`."""
        return next((moment for moment, limit in self.limits if low <= limit <= high), math.inf)

    def _do(self, job: Job) -> None:
        if self._thread:
            self._thread.add(job, self.now)
        else:
            job()

    def _pass(self, moment: float) -> None:
        duration = moment - self.now
        self._busy += self.server.busy() * duration
        self._queued += self.server.queued() * duration
        self._limit += self.capacity.limit * duration
        self.now = moment

    def _send(self) -> None:
        while self.waiting > 0 and self._taken < self.capacity.limit:
            self.waiting -= 1
            self._taken += 1
            self.sent += 1
            self._do(partial(self._begin, self.draw(self._rng)))

    def _begin(self, call: Call) -> None:
        call.ticket = self.capacity.begin(self.now)
        if self.capacity.in_flight > self._connected:
            self._connected += 1
            self._connect(call, _TURNS_TO_CONNECT)
        else:
            self.server.take(call, self.now)

    def _connect(self, call: Call, turns: int) -> None:
        if turns and self._thread:
            self._thread.add(partial(self._connect, call, turns - 1), self.now, 1 / _TURNS_TO_CONNECT)
        else:
            self.server.take(call, self.now)

    def _end(self, call: Call) -> None:
        assert call.ticket is not None
        self._taken -= 1
        if call.outcome == "answered":
            self.answered += 1
            self._done += call.work
            self.capacity.end(call.ticket, self.now, call.work)
        else:
            self.capacity.fail(call.ticket, self.now, overloaded=call.outcome == "refused")
        if self.capacity.limit != self.limits[-1][1]:
            self.limits.append((self.now, self.capacity.limit))
        pause = 1.0 if call.outcome == "refused" else self._rng.uniform(*self._turnaround)
        heapq.heappush(self._wakes, self.now + pause)
