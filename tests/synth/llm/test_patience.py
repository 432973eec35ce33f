"""Faults told apart by what helps, and what is done about them."""

import httpx2
import openai
import pytest

from longweave.synth.llm.backends import Backend
from longweave.synth.llm.endpoint import Server
from longweave.synth.llm.errors import AnswerError, EndpointError
from longweave.synth.llm.faults import Fault, Kind, explain, read_retry_after
from longweave.synth.llm.patience import Course, bear, is_doubtful
from longweave.synth.llm.request import Prompt, Request
from longweave.synth.llm.settings import RoleModel

URL = "http://a.invalid/v1"
ROLE = RoleModel(model="m", endpoints=(URL,))
REQUEST = Request("judge", "m", Prompt("Go."), {"max_tokens": 5}, seed=1)


def status_error(status: int, message: str = "", **headers: str) -> openai.APIStatusError:
    request = httpx2.Request("POST", URL)
    response = (
        httpx2.Response(
            status,
            json={"error": {"message": message}},
            headers={k.replace("_", "-"): v for k, v in headers.items()},
        )
        if message
        else httpx2.Response(status, headers={k.replace("_", "-"): v for k, v in headers.items()})
    )
    response.request = request
    return openai.APIStatusError(message, response=response, body={"message": message} if message else None)


@pytest.mark.parametrize(
    ("status", "message", "kind"),
    [
        (401, "Incorrect API key provided", Kind.WRONG),
        (403, "The key has no access to this model", Kind.WRONG),
        (403, "Your chosen model requires moderation and your input was flagged", Kind.REFUSED),
        (308, "Permanent Redirect", Kind.WRONG),
        (404, "The model `x` does not exist.", Kind.WRONG),
        (402, "Payment required", Kind.WRONG),
        (429, "You exceeded your current quota: insufficient_quota", Kind.WRONG),
        (429, "Rate limit reached", Kind.BUSY),
        (503, "Service unavailable", Kind.GONE),
        (502, "Bad gateway", Kind.GONE),
        (504, "Gateway timeout", Kind.SLOW),
        (500, "Internal server error", Kind.FAILED),
        (
            400,
            "This model's maximum context length is 8192 tokens. However, you requested 9000",
            Kind.TOO_LONG,
        ),
        (400, "the request exceeds the available context size (4096 tokens)", Kind.TOO_LONG),
        (413, "", Kind.REFUSED),
        (422, "temperature must be below 2", Kind.REFUSED),
    ],
)
def test_a_status_says_what_kind_of_fault_it_is(status: int, message: str, kind: Kind) -> None:
    fault = explain(status_error(status, message))
    assert fault.kind is kind
    assert str(status) in fault.detail or kind is Kind.BUSY


def test_an_overloaded_server_that_says_when_to_come_back_is_busy_and_not_gone() -> None:
    fault = explain(status_error(503, "overloaded", retry_after="7"))
    assert (fault.kind, fault.wait) == (Kind.BUSY, 7.0)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "2.5"}, 2.5),
        ({"retry-after-ms": "300", "retry-after": "1"}, 0.3),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after-ms": "inf"}, None),
        ({"retry-after": "Fri, 99 Foo 2024 00:00:00 +9999999999"}, None),
        ({}, None),
    ],
)
def test_retry_after_is_read_in_all_its_forms(headers: dict[str, str], seconds: float | None) -> None:
    assert read_retry_after(headers) == seconds


def course_of(fault: Fault, times: int, server: Server, patience: float = 60.0, step: float = 1.0) -> float:
    """The wait after ``fault`` has come ``times`` times, ``step`` seconds apart."""
    course, wait = Course(began=0.0), 0.0
    for number in range(times):
        now = number * step
        server.note_fault(fault, now)
        wait = bear(fault, REQUEST, ROLE, server, [server], course, now, patience)
    return wait


def a_server() -> Server:
    return Server(URL, ROLE, Backend(URL))


def test_waits_grow_from_one_failure_to_the_next() -> None:
    fault = Fault(Kind.FAILED, "HTTP 500")
    waits = [course_of(fault, times, a_server()) for times in range(1, 6)]
    assert waits == sorted(waits) and waits[-1] > 4 * waits[0]


def test_a_request_that_fails_while_others_are_answered_is_rejected() -> None:
    fault, working = Fault(Kind.FAILED, "HTTP 500"), a_server()
    working.note_answer(3.0)
    with pytest.raises(AnswerError) as raised:
        course_of(fault, 6, working)
    assert raised.value.reason == "server_failed"


def test_a_request_that_fails_all_alone_is_in_doubt_when_the_patience_is_over_until_another_is_answered() -> (
    None
):
    fault, server, course = Fault(Kind.FAILED, "HTTP 500"), a_server(), Course(began=0.0)

    def is_in_doubt(now: float) -> bool:
        return is_doubtful(fault, server, [server], course, now, 60.0)

    for now in range(61):
        assert not is_in_doubt(now), "answers may take longer than six tries"
        bear(fault, REQUEST, ROLE, server, [server], course, now, 60.0)
    assert is_in_doubt(61)
    server.note_answer(61.0)
    assert not is_in_doubt(62)
    with pytest.raises(AnswerError):
        bear(fault, REQUEST, ROLE, server, [server], course, 62, 60.0)


def test_a_server_that_drops_a_request_is_asked_another_before_it_counts_as_gone() -> None:
    dropped, server, course = Fault(Kind.GONE, "Server disconnected"), a_server(), Course(began=0.0)
    for now in range(61):
        assert not is_doubtful(dropped, server, [server], course, now, 60.0)
        server.note_fault(dropped, now)
    assert is_doubtful(dropped, server, [server], course, 61, 60.0)
    refused = Fault(Kind.GONE, "connection refused", was_sent=False)
    assert not is_doubtful(refused, server, [server], course, 61, 60.0), "nobody is there to be asked"


def test_a_server_that_fails_for_all_as_long_as_the_patience_lasts_ends_the_run() -> None:
    fault = Fault(Kind.FAILED, "HTTP 500")
    assert course_of(fault, 61, a_server(), patience=60.0) > 0
    with pytest.raises(EndpointError, match="fails all the time"):
        course_of(fault, 62, a_server(), patience=60.0)


def test_a_server_that_asks_to_wait_for_days_is_left_alone_while_another_one_works() -> None:
    days, busy, works = Fault(Kind.BUSY, "HTTP 429", wait=90_000.0), a_server(), a_server()
    assert bear(days, REQUEST, ROLE, busy, [busy, works], Course(began=0.0), 1.0, 60.0) == 0.0
    assert busy.opens_at() == 90_001.0
    with pytest.raises(EndpointError, match="asks to wait 90000 s"):
        bear(days, REQUEST, ROLE, works, [busy, works], Course(began=0.0), 1.0, 60.0)


def test_retry_after_is_honoured_unless_it_is_longer_than_the_patience() -> None:
    assert course_of(Fault(Kind.BUSY, "HTTP 429", wait=7.0), 1, a_server()) == 7.0
    with pytest.raises(EndpointError, match="asks to wait 3600 s"):
        course_of(Fault(Kind.BUSY, "HTTP 429", wait=3600.0), 1, a_server())


def test_a_server_that_is_gone_is_waited_for_as_long_as_the_patience_lasts() -> None:
    gone = Fault(Kind.GONE, "connection refused", was_sent=False)
    assert course_of(gone, 60, a_server(), patience=60.0) == 0.0
    with pytest.raises(EndpointError, match="does not answer for 61 s: connection refused"):
        course_of(gone, 62, a_server(), patience=60.0)


def test_a_gone_server_does_not_end_the_run_while_another_one_works() -> None:
    gone, works, course = a_server(), a_server(), Course(began=0.0)
    fault = Fault(Kind.GONE, "connection refused")
    for now in range(500):
        gone.note_fault(fault, float(now))
        bear(fault, REQUEST, ROLE, gone, [gone, works], course, float(now), 60.0)


def test_refusals_reject_single_requests_and_end_the_run_when_nothing_else_ever_came() -> None:
    refused = Fault(Kind.TOO_LONG, "HTTP 400: maximum context length is 10")
    server = a_server()
    server.note_answer(0.0)
    for _ in range(20):
        with pytest.raises(AnswerError) as raised:
            course_of(refused, 1, server)
        assert raised.value.reason == "prompt_too_long"
    fresh = a_server()
    for _ in range(7):
        with pytest.raises(AnswerError):
            course_of(refused, 1, fresh)
    with pytest.raises(EndpointError, match="refuses every request"):
        course_of(refused, 1, fresh)
