"""Equal slots with a first-come-first-served queue, and how full both were over time."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class _Area:
    """Slot-seconds and queue-seconds up to a moment."""

    at: float
    busy: float = 0.0
    queued: float = 0.0

    def means(self, since: "_Area") -> tuple[float, float]:
        seconds = self.at - since.at
        if seconds <= 0:
            return 0.0, 0.0
        return (self.busy - since.busy) / seconds, (self.queued - since.queued) / seconds


@dataclass(slots=True)
class Load:
    """Time-weighted use since it was made. ``full`` is the first moment with every slot busy, ``last_start``
    the last moment a request began to be worked on."""

    began: _Area
    now: _Area
    full: _Area | None = None
    last_start: _Area | None = None
    busy_max: int = 0
    queue_max: int = 0

    def full_means(self) -> tuple[float, float, float]:
        """Seconds between ``full`` and ``last_start``, mean busy slots and mean queue in between."""
        if self.full is None or self.last_start is None:
            return 0.0, 0.0, 0.0
        return (self.last_start.at - self.full.at, *self.last_start.means(self.full))


@dataclass(slots=True)
class Slots:
    """``count`` slots; ``clock`` gives seconds."""

    count: int
    clock: Callable[[], float]
    busy: int = 0
    load: Load = field(init=False)
    _waiting: deque[asyncio.Future[None]] = field(default_factory=deque)

    def __post_init__(self) -> None:
        self.reset()

    @property
    def queued(self) -> int:
        """Requests that wait for a slot."""
        return len(self._waiting)

    def reset(self) -> None:
        """Start the load anew; what is busy or waiting stays so."""
        now = self.clock()
        self.load = Load(_Area(now), _Area(now))
        self._tell_peaks()

    def measure(self) -> Load:
        """The load up to now."""
        now, area = self.clock(), self.load.now
        passed = now - area.at
        self.load.now = _Area(now, area.busy + passed * self.busy, area.queued + passed * self.queued)
        return self.load

    async def take(self) -> None:
        """Wait for a slot. Each ``take`` that returns needs one ``give_back``."""
        if self.busy < self.count:
            self.measure()
            self.busy += 1
            self._tell_start()
            return
        turn = asyncio.get_running_loop().create_future()
        self.measure()
        self._waiting.append(turn)
        self._tell_peaks()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                self.measure()
                self._waiting.remove(turn)
            else:
                self.give_back()
            raise

    def give_back(self) -> None:
        """End the use of a slot; the longest waiting request gets it."""
        self.measure()
        for turn in list(self._waiting):
            if not turn.cancelled():
                self._waiting.remove(turn)
                turn.set_result(None)
                self._tell_start()
                return
        self.busy -= 1

    def _tell_start(self) -> None:
        self.load.last_start = self.load.now
        self._tell_peaks()

    def _tell_peaks(self) -> None:
        load = self.load
        load.busy_max, load.queue_max = max(load.busy_max, self.busy), max(load.queue_max, self.queued)
        if load.full is None and self.busy == self.count:
            load.full = load.now
