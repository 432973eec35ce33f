"""The line in which requests wait for a free place at a server.

Whoever belongs to the oldest record goes first: records are finished one after the other, and the requests
of one record, which share their documents, reach the server while it still has them in its prefix cache.
Among several servers, requests with the same documents go to the same one as long as it has room; one that
failed goes to another if it can.
"""

import asyncio
import heapq
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count

from longweave.synth.llm.endpoint import Server

_SPARE_SHARE = 4
_SPARE = 4


@dataclass(slots=True)
class Group:
    """The servers of a role, and how many of its requests may be in flight at most."""

    servers: Sequence[Server]
    most: int
    in_flight: int = 0
    waiting: "list[tuple[int, int, _Waiting]]" = field(default_factory=list)


@dataclass(slots=True)
class _Waiting:
    prefix: bytes
    avoided: Server | None
    place: "asyncio.Future[Server]"


class Line:
    """Gives out places at servers. It lives on one event loop."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._groups: list[Group] = []
        self._in_flight: dict[Server, int] = {}
        self._arrivals = count()
        self._timer: asyncio.TimerHandle | None = None
        self._changed = asyncio.Event()
        self._stopped: Exception | None = None

    def open_group(self, servers: Sequence[Server], most: int) -> Group:
        """A new group of ``servers``, which may be in other groups, too."""
        group = Group(servers, most)
        self._groups.append(group)
        for server in servers:
            self._in_flight.setdefault(server, 0)
        return group

    @property
    def in_flight(self) -> int:
        """Requests at servers."""
        return sum(self._in_flight.values())

    @property
    def limit(self) -> int:
        """How many may be there now."""
        return sum(server.limit for server in list(self._in_flight))

    @property
    def n_waiting(self) -> int:
        """Requests that have no place yet."""
        return sum(len(group.waiting) for group in self._groups)

    async def take(self, group: Group, order: int, prefix: bytes, avoided: Server | None = None) -> Server:
        """A place at one of the servers of ``group``; hand it back with ``give_back``.

        Args:
            group: Where the request may go.
            order: Of its record; smaller ones go first.
            prefix: Stands for its documents.
            avoided: Where it has just failed.
        """
        self.check_open()
        place: asyncio.Future[Server] = asyncio.get_running_loop().create_future()
        heapq.heappush(group.waiting, (order, next(self._arrivals), _Waiting(prefix, avoided, place)))
        self._hand_out()
        try:
            return await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled() and place.exception() is None:
                self.give_back(group, place.result())
            raise

    def check_open(self) -> None:
        """Raise the reason why no more places are handed out, if there is one."""
        if self._stopped is not None:
            raise self._stopped

    def give_back(self, group: Group, server: Server) -> None:
        """The request is no longer at ``server``."""
        self._in_flight[server] -= 1
        group.in_flight -= 1
        self._hand_out()

    def stop(self, reason: Exception) -> None:
        """Hand out no more places: whoever waits for one, now or later, gets ``reason``. The first counts."""
        if self._stopped is not None:
            return
        self._stopped = reason
        for group in self._groups:
            for _, _, waiting in group.waiting:
                if not waiting.place.done():
                    waiting.place.set_exception(reason)
            group.waiting.clear()
        self._changed.set()

    async def wait_until_short(self) -> None:
        """Wait until so few requests wait that the servers would soon have nothing to do."""
        while self._stopped is None and self.n_waiting > self.limit // _SPARE_SHARE + _SPARE:
            self._changed.clear()
            await self._changed.wait()

    async def wait_until_empty(self) -> None:
        """Wait until no request is at a server."""
        while self.in_flight:
            self._changed.clear()
            await self._changed.wait()

    def _hand_out(self) -> None:
        now = self._clock()
        while True:
            best: tuple[int, int, Group, Server] | None = None
            for group in self._groups:
                head = self._head_of(group)
                if head is None or group.in_flight >= group.most:
                    continue
                server = self._choose(group, head[2], now)
                if server is not None and (best is None or head[:2] < best[:2]):
                    best = (head[0], head[1], group, server)
            if best is None:
                break
            _, _, group, server = best
            _, _, waiting = heapq.heappop(group.waiting)
            group.in_flight += 1
            self._in_flight[server] += 1
            waiting.place.set_result(server)
        self._changed.set()
        self._wake_later(now)

    def _head_of(self, group: Group) -> tuple[int, int, _Waiting] | None:
        while group.waiting and group.waiting[0][2].place.done():  # cancelled
            heapq.heappop(group.waiting)
        return group.waiting[0] if group.waiting else None

    def _choose(self, group: Group, waiting: _Waiting, now: float) -> Server | None:
        free = [
            server
            for server in self._fit(group, waiting.avoided, now)
            if self._in_flight[server] < server.limit and server.opens_at() <= now
        ]
        if waiting.avoided in free and len(free) > 1:
            free.remove(waiting.avoided)
        if len(free) < 2:
            return free[0] if free else None
        if waiting.prefix:
            preferred = max(
                group.servers, key=lambda server: zlib.crc32(waiting.prefix + server.endpoint.encode())
            )
            if preferred in free:
                return preferred
        return min(free, key=lambda server: self._in_flight[server] / server.limit)

    def _fit(self, group: Group, avoided: Server | None, now: float) -> Sequence[Server]:
        """The servers of ``group`` without those that fail for everybody, as long as others work: such a one
        gets a single request at a time, and none that has failed there."""
        if not any(
            not (server.is_failing or server.is_down) and server.opens_at() <= now for server in group.servers
        ):
            return group.servers
        return [
            server
            for server in group.servers
            if not server.is_failing or (server is not avoided and not self._in_flight[server])
        ]

    def _wake_later(self, now: float) -> None:
        """Come back when the first closed server opens, if somebody waits for it."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        openings = [
            server.opens_at()
            for group in self._groups
            if group.waiting
            for server in group.servers
            if server.opens_at() > now
        ]
        if openings:
            delay = min(openings) - now
            self._timer = asyncio.get_running_loop().call_later(delay, self._hand_out)
