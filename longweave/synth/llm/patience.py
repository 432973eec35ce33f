"""What to do about a fault: wait, send again, reject the record, or end the run."""

from collections.abc import Sequence
from dataclasses import dataclass

from longweave.synth.llm.endpoint import Server
from longweave.synth.llm.errors import AnswerError, EndpointError
from longweave.synth.llm.faults import Fault, Kind
from longweave.synth.llm.request import Request
from longweave.synth.llm.settings import RoleModel

_MAX_FAILURES = 6
_FIRST_WAIT = 0.25
_LONGEST_WAIT = 30.0
_REFUSALS_UNTIL_WRONG = 8


@dataclass(slots=True)
class Course:
    """How it has gone with one request since ``began``: how often it was ``sent``, how often it ``failed`` by
    itself and not with its server, and how often the server was ``busy``."""

    began: float
    sent: int = 0
    failed: int = 0
    busy: int = 0


def bear(
    fault: Fault,
    request: Request,
    role: RoleModel,
    server: Server,
    servers: Sequence[Server],
    course: Course,
    now: float,
    patience: float,
) -> float:
    """Seconds to wait before ``request`` is sent again.

    Args:
        fault: What happened to it at ``server``.
        request: What was sent.
        role: How it was sent.
        server: Where it was sent.
        servers: All it may be sent to.
        course: Is brought up to date.
        now: The time.
        patience: How many seconds a server may go without any answer.

    Raises:
        AnswerError: The server works, but not for this request.
        EndpointError: The server does not work.
    """
    match fault.kind:
        case Kind.WRONG:
            raise EndpointError(fault.detail, where=server.endpoint, fix=fault.fix)
        case Kind.REFUSED | Kind.TOO_LONG:
            return _bear_refusal(fault, request, role, server)
        case Kind.BUSY:
            return _bear_busy(fault, request, server, servers, course, now, patience)
        case Kind.GONE if server.is_down:
            return _bear_silence(fault, servers, now, patience)
        case _:
            return _bear_failure(fault, request, server, servers, course, now, patience)


def is_doubtful(
    fault: Fault, server: Server, servers: Sequence[Server], course: Course, now: float, patience: float
) -> bool:
    """Whether it shows only by another request if the request is at fault or the servers: this one has failed
    as often as it may, and since then nobody was answered. Arguments are those of ``bear``, which is next."""
    if fault.kind is Kind.GONE and server.is_down:
        return fault.was_sent and _silence_of(servers, now) > patience
    if fault.kind not in (Kind.GONE, Kind.SLOW, Kind.FAILED) or _have_answered(servers, course):
        return False
    return course.failed + 1 >= _MAX_FAILURES and now - course.began > patience


def _bear_refusal(fault: Fault, request: Request, role: RoleModel, server: Server) -> float:
    if server.learn_from_refusal(request, role, fault):
        return 0.0
    if server.last_answer is None and server.refused_in_a_row >= _REFUSALS_UNTIL_WRONG:
        raise EndpointError(
            f"refuses every request: {fault.detail}",
            where=server.endpoint,
            fix="See `longweave doctor`: context length, sampling and extra fields of the role.",
        )
    reason = "prompt_too_long" if fault.kind is Kind.TOO_LONG else "request_refused"
    raise AnswerError(f"{request.role}: {fault.detail}", reason=reason)


def _bear_busy(
    fault: Fault,
    request: Request,
    server: Server,
    servers: Sequence[Server],
    course: Course,
    now: float,
    patience: float,
) -> float:
    course.busy += 1
    wait = _back_off(request, course.busy) if fault.wait is None else fault.wait
    if wait > patience and any(
        other.opens_at() - now <= patience for other in servers if other is not server
    ):
        server.paused_until = max(server.paused_until, now + wait)
        return 0.0  # there are others
    silent = now - max(course.began, server.last_answer or 0.0)
    if wait > patience or silent > patience:
        asks = f"asks to wait {wait:.0f} s" if fault.wait is not None else f"busy for {silent:.0f} s"
        raise EndpointError(
            f"{asks}: {fault.detail}",
            where=server.endpoint,
            fix="Run again later, or raise models.patience: what is finished is kept.",
        )
    return wait


def _bear_silence(fault: Fault, servers: Sequence[Server], now: float, patience: float) -> float:
    silent = _silence_of(servers, now)
    if silent > patience:
        raise EndpointError(
            f"does not answer for {silent:.0f} s: {fault.detail}",
            where=", ".join(server.endpoint for server in servers),
            fix="Start it, or check the URL, and run again: what is finished is kept.",
        )
    return 0.0  # the line keeps requests from a server that is down


def _bear_failure(
    fault: Fault,
    request: Request,
    server: Server,
    servers: Sequence[Server],
    course: Course,
    now: float,
    patience: float,
) -> float:
    """It may be the request or the servers: as long as they answer nobody, time will tell."""
    course.failed += 1
    server.failing.add(request.key)
    has_answered = _have_answered(servers, course)
    if course.failed < _MAX_FAILURES or not (has_answered or now - course.began > patience):
        return _back_off(request, course.failed)
    if not has_answered:
        raise EndpointError(
            f"fails all the time: {fault.detail}",
            where=server.endpoint,
            fix="See the server's log, and run again: what is finished is kept.",
        )
    raise AnswerError(f"{request.role}: {course.failed} tries failed: {fault.detail}", reason="server_failed")


def _silence_of(servers: Sequence[Server], now: float) -> float:
    """For how many seconds all of those that take requests have not answered."""
    return min(server.silent_for(now) for server in servers if server.is_down or server.opens_at() <= now)


def _have_answered(servers: Sequence[Server], course: Course) -> bool:
    return any(server.last_answer is not None and server.last_answer >= course.began for server in servers)


def _back_off(request: Request, times: int) -> float:
    """Longer each time, and not the same for all."""
    spread = 0.5 + request.key[0] / 512
    return spread * min(_FIRST_WAIT * 2.0 ** (times - 1), _LONGEST_WAIT)
