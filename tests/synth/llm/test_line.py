"""Places at servers: whose turn it is, and at which server."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from longweave.synth.errors import RunError
from longweave.synth.llm.backends import Backend
from longweave.synth.llm.capacity import Capacity
from longweave.synth.llm.endpoint import Server
from longweave.synth.llm.faults import Fault, Kind
from longweave.synth.llm.line import Line
from longweave.synth.llm.settings import RoleModel


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def server(name: str, most: int = 1) -> Server:
    url = f"http://{name}.invalid/v1"
    made = Server(url, RoleModel(model="m", endpoints=(url,)), Backend(url))
    made.capacity = Capacity(most)
    return made


def on_a_loop(test: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    def run() -> None:
        asyncio.run(test())

    run.__name__ = test.__name__
    return run


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


@on_a_loop
async def test_requests_of_older_records_go_first() -> None:
    line, only = Line(Clock()), server("a")
    group = line.open_group([only], 9)
    await line.take(group, 1, b"")
    served: list[int] = []

    async def ask(order: int) -> None:
        await line.take(group, order, b"")
        served.append(order)
        line.give_back(group, only)

    asking = [asyncio.create_task(ask(order)) for order in (5, 2, 9, 3)]
    await settle()
    assert (line.n_waiting, line.in_flight) == (4, 1)
    line.give_back(group, only)
    await asyncio.gather(*asking)
    assert served == [2, 3, 5, 9]


@on_a_loop
async def test_two_roles_share_the_places_of_a_server_and_each_keeps_to_its_own_most() -> None:
    line, shared = Line(Clock()), server("a", most=8)
    many, few = line.open_group([shared], 8), line.open_group([shared], 2)
    waiting = [asyncio.create_task(line.take(few, order, b"")) for order in range(3)]
    waiting += [asyncio.create_task(line.take(many, order, b"")) for order in range(10, 20)]
    await settle()
    assert (few.in_flight, many.in_flight) == (2, 6)
    for task in waiting:
        task.cancel()


@on_a_loop
async def test_requests_with_the_same_documents_go_to_the_same_server_while_it_has_room() -> None:
    servers = [server(name, most=2) for name in "abc"]
    line = Line(Clock())
    group = line.open_group(servers, 99)
    first = await line.take(group, 1, b"documents")
    second = await line.take(group, 2, b"documents")
    assert first is second
    third = await line.take(group, 3, b"documents")
    assert third is not first, "its places are taken, and others are free"


@on_a_loop
async def test_a_server_that_asks_for_a_pause_gets_it_and_then_more_requests() -> None:
    clock, only = Clock(), server("a", most=4)
    line = Line(clock)
    group = line.open_group([only], 9)
    for _ in range(3):
        only.note_fault(Fault(Kind.BUSY, "later", wait=0.05), clock.now)
    asking = asyncio.create_task(line.take(group, 1, b""))
    await settle()
    assert not asking.done()
    clock.now += 0.06
    assert await asyncio.wait_for(asking, 5) is only


@on_a_loop
async def test_a_single_busy_answer_does_not_stop_the_others() -> None:
    clock, only = Clock(), server("a", most=4)
    only.note_fault(Fault(Kind.BUSY, "later", wait=60.0), clock.now)
    assert only.opens_at() <= clock.now


@on_a_loop
async def test_only_single_requests_try_a_server_that_is_down() -> None:
    clock, only = Clock(), server("a", most=8)
    line = Line(clock)
    group = line.open_group([only], 99)
    for _ in range(3):
        only.note_fault(Fault(Kind.GONE, "refused"), clock.now)
    clock.now += 60
    asking = [asyncio.create_task(line.take(group, order, b"")) for order in range(6)]
    await settle()
    assert line.in_flight == 1
    only.note_answer(clock.now)
    line.give_back(group, only)
    await settle()
    assert line.in_flight == 5
    for task in asking:
        task.cancel()


@on_a_loop
async def test_whoever_waits_when_the_line_is_stopped_hears_the_first_reason() -> None:
    line, only = Line(Clock()), server("a")
    group = line.open_group([only], 9)
    await line.take(group, 1, b"")
    waiting = asyncio.create_task(line.take(group, 2, b""))
    await settle()
    line.stop(RunError("the first"))
    line.stop(RunError("the second"))
    with pytest.raises(RunError, match="the first"):
        await waiting
    with pytest.raises(RunError, match="the first"):
        await line.take(group, 3, b"")


@on_a_loop
async def test_a_request_that_is_given_up_leaves_its_place_to_the_next() -> None:
    line, only = Line(Clock()), server("a")
    group = line.open_group([only], 9)
    await line.take(group, 1, b"")
    second, third = (asyncio.create_task(line.take(group, order, b"")) for order in (2, 3))
    await settle()
    second.cancel()
    await settle()
    line.give_back(group, only)
    assert await asyncio.wait_for(third, 5) is only
    assert line.in_flight == 1


@on_a_loop
async def test_a_failed_request_goes_to_another_server_and_waits_for_it_where_the_first_fails_for_all() -> (
    None
):
    bad, good = server("a"), server("b")
    line = Line(Clock())
    group = line.open_group([bad, good], 99)
    assert await line.take(group, 1, b"", avoided=bad) is good
    assert await line.take(group, 2, b"", avoided=bad) is bad, "it may do better with another try"
    line.give_back(group, bad)
    bad.failing.update({b"1", b"2", b"3"})
    third = asyncio.create_task(line.take(group, 3, b"", avoided=bad))
    await settle()
    assert not third.done()
    line.give_back(group, good)
    assert await asyncio.wait_for(third, 5) is good


@on_a_loop
async def test_a_server_that_fails_for_all_gets_one_request_at_a_time_while_another_one_works() -> None:
    bad, good = server("a", most=8), server("b", most=8)
    line = Line(Clock())
    group = line.open_group([bad, good], 99)
    bad.failing.update({b"1", b"2", b"3"})
    taken = [await line.take(group, order, b"") for order in range(8)]
    assert taken.count(bad) == 1
    bad.note_answer(1.0)
    assert [await line.take(group, order, b"") for order in range(4)].count(bad) == 4
