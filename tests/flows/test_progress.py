import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from longweave.flows.progress import ConsoleProgress, describe_meter, describe_money, shorten
from longweave.synth.funnel import Counts
from longweave.synth.llm.meter import Gauge, Meter, RateWindow
from longweave.synth.llm.spending import Spent
from longweave.synth.stage import MadeShard


class _Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def _meter(done: int, **changed: object) -> Meter:
    values: dict[str, object] = {
        "done": done,
        "total": 400,
        "spent": Spent(requests=done, retries=3, hits=7, prompt=2_000 * done, completion=30 * done),
        "money": 0.125,
        "requests_per_second": 12.25,
        "tokens_per_second": 24_867.0,
        "in_flight": 31,
        "limit": 32,
        "waiting": 12,
        "seconds_left": 312.4,
    }
    return Meter(**(values | changed))  # type: ignore[arg-type]


def test_a_rate_is_that_of_the_last_seconds_only() -> None:
    window = RateWindow(10.0)
    assert window.per_second() == 0
    for second in range(31):
        window.note(float(second), 100 * min(second, 20))
    assert window.per_second() == 0  # nothing since second 20
    for second in range(31, 36):
        window.note(float(second), 2_000 + 40 * (second - 30))
    assert window.per_second() == pytest.approx(200 / 10)


@given(
    st.lists(st.tuples(st.floats(0.01, 5), st.integers(0, 100)), min_size=1, max_size=80),
    st.floats(0.5, 20),
)
def test_a_rate_lies_between_the_slowest_and_the_fastest_step(
    steps: list[tuple[float, int]], seconds: float
) -> None:
    window, now, total = RateWindow(seconds), 0.0, 0
    window.note(now, total)
    for pause, more in steps:
        now, total = now + pause, total + more
        window.note(now, total)
    rates = [more / pause for pause, more in steps]
    assert min(rates) - 1e-6 <= window.per_second() <= max(rates) * (1 + 1e-9) + 1e-6


def test_the_gauge_predicts_the_end_from_the_pace_of_records() -> None:
    gauge = Gauge()
    meters = [
        gauge.read(
            float(second),
            done=4 * second,
            total=400,
            spent=Spent(requests=8 * second, prompt=900 * second, completion=100 * second),
            money=None,
            in_flight=5,
            limit=8,
            waiting=2,
        )
        for second in range(26)
    ]
    assert meters[0].seconds_left is None
    assert meters[25].seconds_left == pytest.approx(300 / 4)
    assert meters[25].requests_per_second == pytest.approx(8)
    assert meters[25].tokens_per_second == pytest.approx(1_000)


def test_a_stage_that_has_stopped_has_no_end() -> None:
    gauge = Gauge()
    reading = {"total": 9, "spent": Spent(), "money": None, "in_flight": 0, "limit": 1, "waiting": 0}
    for second in range(100):
        meter = gauge.read(float(second), done=min(second, 5), **reading)  # type: ignore[arg-type]
    assert meter.seconds_left is None


def test_without_a_terminal_there_is_a_line_every_half_minute_and_one_at_the_end() -> None:
    written, clock = io.StringIO(), _Clock()
    with ConsoleProgress(Console(file=written, width=300, force_terminal=False), clock) as progress:
        progress.begin("judge_corpus", 4)
        for done in range(0, 140):
            clock.now += 0.5
            progress.models("judge_corpus", _meter(done))
        progress.end("judge_corpus", Counts(400, 390, {"low_quality": 10}))
    lines = written.getvalue().splitlines()
    assert len(lines) == 3, "70 seconds"
    assert lines[0] == (
        "judge_corpus         59/400 records · 0:05:12 left · 12.2 requests/s · 24.9 k tokens/s · "
        "59 calls, 119.8 k tokens, 7 from the store, 0.125 spent · 31/32 in flight · 12 in line"
    )
    assert lines[2] == (
        "judge_corpus              400 in      390 kept  dropped: low_quality 10  70.0 s  "
        "139 calls, 282.2 k tokens, 7 from the store, 0.125 spent"
    )


def test_a_stage_without_models_says_nothing_of_them() -> None:
    written, clock = io.StringIO(), _Clock()
    with ConsoleProgress(Console(file=written, width=300, force_terminal=False), clock) as progress:
        progress.begin("judge_corpus", 1)
        progress.models("judge_corpus", _meter(5))
        progress.end("judge_corpus", Counts(5, 5))
        progress.begin("relate_tables", 1)
        progress.advance("relate_tables", MadeShard("0", Counts(5, 5), 1.0))
        progress.end("relate_tables", Counts(5, 5))
    assert written.getvalue().splitlines()[1] == "relate_tables               5 in        5 kept  0.0 s"


def test_on_a_terminal_the_meter_moves_in_place_and_is_gone_at_the_end() -> None:
    written = io.StringIO()
    console = Console(file=written, width=200, force_terminal=True, color_system=None, legacy_windows=False)
    with ConsoleProgress(console) as progress:
        progress.begin("judge_corpus", 4)
        progress.models("judge_corpus", _meter(120))
        progress.advance("judge_corpus", MadeShard("0", Counts(5, 5), 1.0))
        console.print(progress._view())
        progress.end("judge_corpus", Counts(400, 400))
    shown = written.getvalue()
    assert "120/400" in shown and "31/32 in flight" in shown
    assert "121/400" not in shown, "a shard was counted as a record"


def test_what_a_warning_quotes_is_not_read_as_markup() -> None:
    written = io.StringIO()
    with ConsoleProgress(Console(file=written, width=300, force_terminal=False)) as progress:
        progress.warn("waiting for http://[::1]:8000/v1 [bold](connection refused, 12 s)")
    assert written.getvalue() == (
        "warning: waiting for http://[::1]:8000/v1 [bold](connection refused, 12 s)\n"
    )


def test_money_is_shown_only_where_prices_are_known() -> None:
    assert "spent" not in describe_meter(_meter(5, money=None))
    assert "0.00 spent" in describe_meter(_meter(0, money=0.0))


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (0, "0"),
        (9_999, "9,999"),
        (10_000, "10.0 k"),
        (1_000_000, "1.0 M"),
        (81_340_000, "81.3 M"),
        (2.5e9, "2.5 G"),
    ],
)
def test_large_numbers_are_short(number: float, said: str) -> None:
    assert shorten(number) == said


@pytest.mark.parametrize(
    ("money", "said"), [(0, "0.00"), (0.00012, "0.00012"), (3.456, "3.46"), (1_234.5, "1,234.50")]
)
def test_small_money_is_not_rounded_away(money: float, said: str) -> None:
    assert describe_money(money) == said
