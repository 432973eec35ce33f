import math
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longweave.synth.llm.capacity import Capacity, work_of
from longweave.synth.llm.cohort import Ticket
from longweave.synth.llm.response import Usage
from tests.synth.llm.simulated_server import (
    BatchServer,
    Call,
    Draw,
    Server,
    Simulation,
    SlotServer,
    equal,
    faulty,
    proportional,
    unrelated,
)

MOST = 8192


def _simulate(server: Server, draw: Draw, seed: int = 0, most: int = MOST) -> Simulation:
    return Simulation(Capacity(most=most), server, draw, seed=seed)


def _best_speed(server: Server, draw: Draw, seconds: float) -> float:
    """Work per second when far more is sent than fits."""
    flooded = Simulation(Capacity(most=2000, start=2000), server, draw)
    flooded.run(seconds)
    return flooded.run(seconds).done


@pytest.mark.parametrize("latency", [0.2, 1.0])
@pytest.mark.parametrize(("slots", "within"), [(8, 14), (64, 16), (256, 19), (1000, 23)])
def test_slots_of_unknown_number_are_found_within_a_few_latencies(
    slots: int, within: float, latency: float
) -> None:
    simulation = _simulate(SlotServer(slots), equal(latency))
    simulation.run(within * latency)
    assert simulation.settled_at(0.95 * slots, 1.25 * slots) <= within * latency
    assert 0.95 * slots <= simulation.capacity.limit <= 1.25 * slots


@pytest.mark.parametrize("latency", [0.2, 1.0])
@pytest.mark.parametrize("slots", [8, 64, 256, 1000])
def test_once_found_all_slots_are_kept_busy_with_a_short_queue(slots: int, latency: float) -> None:
    simulation = _simulate(SlotServer(slots), equal(latency))
    simulation.run(20 * latency)
    then = simulation.run((60 if slots > 100 else 200) * latency)
    assert then.busy >= 0.95
    assert then.queued <= max(2, 0.17 * slots)


@pytest.mark.parametrize(("slots", "latency"), [(8, 0.2), (8, 0.4), (64, 0.2), (64, 0.4), (256, 0.5)])
def test_a_client_that_handles_bursts_one_by_one_does_not_overshoot(slots: int, latency: float) -> None:
    for seed in range(12):
        simulation = Simulation(
            Capacity(MOST),
            SlotServer(slots),
            equal(latency),
            seed=seed,
            turnaround=(0, 0.0005),
            thread=0.0006,
        )
        limits = _limits_until_answered(simulation, 20 * slots)
        later = sorted(limits[2 * len(limits) // 3 :])
        assert 0.9 * slots <= later[len(later) // 2] <= 1.75 * slots
        assert max(limits) <= 2 * slots


def _limits_until_answered(simulation: Simulation, calls: int) -> list[int]:
    """The limit every 20 milliseconds while there are so many calls and no more."""
    simulation.waiting = calls
    limits = []
    while simulation.answered < calls:
        simulation.run(0.02)
        limits.append(simulation.capacity.limit)
    return limits


@pytest.mark.parametrize("slots", [1, 2, 3, 4])
def test_a_start_above_a_small_servers_slots_comes_down(slots: int) -> None:
    simulation = _simulate(SlotServer(slots), equal(1.0))
    simulation.run(80)
    then = simulation.run(200)
    assert then.busy >= 0.93
    assert then.queued <= 1.5


@pytest.mark.parametrize("draw", [proportional(1.0), unrelated(1.0)], ids=["proportional", "unrelated"])
@pytest.mark.parametrize("slots", [8, 64, 256])
def test_latencies_that_differ_from_request_to_request_do_not_mislead(slots: int, draw: Draw) -> None:
    simulations = [_simulate(SlotServer(slots), draw, seed) for seed in range(4)]
    for simulation in simulations:
        simulation.run(20)
    spans = [simulation.run(60 if slots > 100 else 120) for simulation in simulations]
    assert sum(span.busy for span in spans) / len(spans) >= 0.9
    assert sum(span.queued for span in spans) / len(spans) <= 0.4 * slots


def test_short_requests_after_long_ones_of_the_same_latency_are_no_reason_to_send_fewer() -> None:
    """As when many records begin together: first all propose, then all judge."""
    drawn = count()
    simulation = _simulate(SlotServer(16), lambda rng: Call(5_300 if next(drawn) < 16 else 118, 1.0))
    limits = [simulation.capacity.limit]
    while simulation.answered < 100:
        simulation.run(0.1)
        limits.append(simulation.capacity.limit)
    assert min(limits) >= 8


@pytest.mark.parametrize("draw", [equal(1.0, work=300), proportional(1.0)], ids=["equal", "proportional"])
@pytest.mark.parametrize(
    ("alone", "each", "most", "memory"),
    [(0.0209, 0.00177, 32, math.inf), (0.0128, 0.0002, 256, math.inf), (0.0128, 0.0002, 1024, 60_000)],
    ids=["cpu: 44, 228, 401 tokens/s at 1, 8, 32", "gpu", "gpu with little memory"],
)
def test_a_server_that_batches_reaches_its_best_speed(
    alone: float, each: float, most: int, memory: float, draw: Draw
) -> None:
    latency = 300 * (alone + each * min(most, memory / 300))
    best = _best_speed(BatchServer(alone, each, most, memory), draw, 20 * latency)
    simulation = _simulate(BatchServer(alone, each, most, memory), draw)
    simulation.run(20 * latency)
    assert simulation.run(40 * latency).done >= 0.9 * best


@pytest.mark.parametrize("draw", [equal(1.0), proportional(1.0)], ids=["equal", "proportional"])
@pytest.mark.parametrize(("before", "after"), [(64, 32), (256, 64)])
def test_a_server_that_shrinks_is_followed(before: int, after: int, draw: Draw) -> None:
    server = SlotServer(before)
    simulation = _simulate(server, draw)
    simulation.run(100)
    server.slots = after
    simulation.run(60)
    then = simulation.run(60)
    assert then.busy >= 0.95
    assert then.queued <= 0.4 * after


def test_a_server_that_grows_after_a_long_calm_is_followed() -> None:
    server = SlotServer(16)
    simulation = _simulate(server, equal(1.0))
    simulation.run(1500)
    server.slots = 32
    simulation.run(80)
    assert simulation.run(60).busy >= 0.92


@pytest.mark.parametrize("draw", [equal(1.0), proportional(1.0)], ids=["equal", "proportional"])
@pytest.mark.parametrize(("before", "after"), [(8, 16), (64, 128), (64, 256)])
def test_a_server_that_grows_is_followed(before: int, after: int, draw: Draw) -> None:
    server = SlotServer(before)
    simulation = _simulate(server, draw)
    simulation.run(100)
    server.slots = after
    simulation.run(60)
    then = simulation.run(60)
    assert then.busy >= 0.92
    assert then.queued <= 0.5 * after


def test_random_refusals_failures_and_stragglers_do_not_bring_the_limit_down() -> None:
    draw = faulty(equal(1.0), refused=0.05, failed=0.05, stragglers=0.02)
    for seed in range(3):
        simulation = _simulate(SlotServer(64), draw, seed)
        simulation.run(20)
        then = simulation.run(100)
        assert then.busy >= 0.85
        assert then.queued <= 0.3 * 64


def _send_and_refuse(capacity: Capacity, refused: int) -> None:
    tickets = [capacity.begin(100.0) for _ in range(capacity.limit)]
    for ticket in tickets[:refused]:
        capacity.fail(ticket, 100.1, overloaded=True)


def test_a_few_refusals_change_nothing_and_many_lower_the_limit() -> None:
    few, many = (Capacity(most=MOST, start=40) for _ in range(2))
    _send_and_refuse(few, 9)  # five to spare, and one in ten
    _send_and_refuse(many, 10)
    assert (few.limit, many.limit) == (40, 28)


def test_failures_that_say_nothing_about_load_change_nothing() -> None:
    capacity = Capacity(most=MOST, start=40)
    for moment in range(100):
        tickets = [capacity.begin(float(moment)) for _ in range(40)]
        for ticket in tickets:
            capacity.fail(ticket, moment + 0.5, overloaded=False)
    assert (capacity.limit, capacity.in_flight) == (40, 0)


@pytest.mark.parametrize("slots", [8, 64, 256])
def test_a_server_that_refuses_what_does_not_fit_is_not_pressed(slots: int) -> None:
    simulation = _simulate(SlotServer(slots, refuses=True), equal(1.0))
    simulation.run(30)
    answered, sent = simulation.answered, simulation.sent
    then = simulation.run(100)
    assert then.busy >= 0.95
    assert (simulation.answered - answered) / (simulation.sent - sent) >= 0.95


def test_after_a_time_of_refusals_the_limit_recovers() -> None:
    simulation = _simulate(SlotServer(64), equal(1.0))
    simulation.run(40)
    healthy, simulation.draw = simulation.draw, faulty(equal(1.0), refused=1.0)
    simulation.run(30)
    assert simulation.capacity.limit < 8
    simulation.draw = healthy
    simulation.run(50)
    assert simulation.run(50).busy >= 0.95


def test_a_line_that_is_not_full_teaches_nothing_and_a_flood_afterwards_does_not_overshoot() -> None:
    server = SlotServer(64)
    simulation = _simulate(server, equal(1.0))
    simulation.waiting = 0
    for _ in range(300):
        simulation.arrive(5)
        simulation.run(1.1)
    assert simulation.limits == [(0.0, 8)]
    simulation.arrive(math.inf)
    simulation.run(15)
    assert max(limit for _, limit in simulation.limits) <= 2 * 64
    then = simulation.run(30)
    assert then.busy >= 0.95
    assert then.queued <= 0.3 * 64


def test_a_found_limit_outlasts_a_quiet_time() -> None:
    simulation = _simulate(SlotServer(64), equal(1.0))
    simulation.run(20)
    simulation.waiting = 0
    simulation.run(5)
    limit = simulation.capacity.limit
    for _ in range(100):
        simulation.arrive(3)
        simulation.run(1.1)
    assert simulation.capacity.limit == limit


def test_bursts_larger_than_the_server_are_no_reason_to_grow() -> None:
    simulation = _simulate(SlotServer(16), equal(1.0))
    simulation.waiting = 0
    for _ in range(60):
        simulation.arrive(100)
        simulation.run(9)
    assert simulation.capacity.limit <= 1.35 * 16


def test_the_limit_never_exceeds_most() -> None:
    simulation = _simulate(SlotServer(256), equal(1.0), most=50)
    simulation.run(20)
    assert simulation.run(50).busy * 256 >= 0.9 * 50
    assert max(limit for _, limit in simulation.limits) == 50
    assert Capacity(most=3).limit == 3


def test_little_delay_at_the_server_and_slow_sending_do_not_stop_the_search() -> None:
    simulation = Simulation(Capacity(MOST), SlotServer(64), equal(0.05), turnaround=(0.005, 0.01))
    simulation.run(2)
    assert simulation.run(10).busy >= 0.85


def test_the_same_history_gives_the_same_limits() -> None:
    first, second = (_simulate(SlotServer(20), unrelated(1.0), seed=5) for _ in range(2))
    first.run(60)
    second.run(60)
    assert first.limits == second.limits
    assert len(first.limits) > 3


@given(
    most=st.integers(1, 40),
    start=st.integers(1, 40),
    steps=st.lists(
        st.tuples(st.sampled_from("bbbeeefo"), st.integers(0, 50), st.floats(0, 5), st.floats(1e-3, 1e4)),
        max_size=400,
    ),
)
def test_whatever_happens_the_limit_stays_in_bounds_and_the_count_is_right(
    most: int, start: int, steps: list[tuple[str, int, float, float]]
) -> None:
    capacity = Capacity(most, start)
    out: list[Ticket] = []
    now = 1000.0
    for what, which, pause, work in steps:
        now += pause
        if what == "b":
            for _ in range(capacity.limit - capacity.in_flight):
                out.append(capacity.begin(now))
        elif out:
            ticket = out.pop(which % len(out))
            if what == "e":
                capacity.end(ticket, now, work)
            else:
                capacity.fail(ticket, now, overloaded=what == "o")
        assert 1 <= capacity.limit <= most
        assert capacity.in_flight == len(out)


@pytest.mark.parametrize(
    ("usage", "work"),
    [
        (Usage(), 1),
        (Usage(prompt=1000, cached=1000), 1),
        (Usage(completion=200), 200),
        (Usage(prompt=8000, completion=200), 2200),
        (Usage(prompt=8000, cached=6000, completion=200), 700),
        (Usage(prompt=10, cached=50, completion=4), 4),
    ],
)
def test_work_is_made_of_completion_and_uncached_prompt(usage: Usage, work: float) -> None:
    assert work_of(usage) == pytest.approx(work)
