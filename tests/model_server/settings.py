"""How the scripted server behaves and what it tells afterwards: data that cross a process border as JSON."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Outcome = Literal["answered", "cut_off", "rate_limited", "busy", "failed", "dropped", "abandoned", "refused"]
FaultName = Literal["rate_limited", "failed", "dropped", "slow", "cut_off"]


class _Data(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Faults(_Data):
    """Shares of requests (0…1, together at most 1) that go wrong.

    Which ones follows from ``seed``, the request and how often it was asked before, so that a run repeats
    and a retry is drawn anew.
    """

    seed: int = 0
    rate_limited: float = Field(default=0, description="429 at once.")
    retry_after: float | None = Field(default=None, description="Retry-After of those, in seconds.")
    failed: float = Field(default=0, description="500 after the work.")
    dropped: float = Field(default=0, description="Connection closed without an answer after the work.")
    slow: float = Field(default=0, description="A good answer that takes slow_factor times as long.")
    slow_factor: float = 20.0
    cut_off: float = Field(default=0, description="Half of the text, finish_reason length.")


class ServerSettings(_Data):
    """A server of ``slots`` equal slots, each busy ``latency`` seconds with a request, and a FIFO queue."""

    slots: int = Field(default=8, ge=1)
    latency: float = Field(default=0.0, ge=0, description="Seconds a request works in its slot.")
    max_queue: int | None = Field(default=None, description="429 for requests beyond; None: no limit.")
    models: tuple[str, ...] = ("mock",)
    key: str | None = Field(default=None, description="The only API key that is accepted; None: any.")
    max_model_len: int | None = Field(default=None, description="Tokens of prompt and answer together.")
    multiple: Literal["yes", "ignored", "refused"] = Field(default="yes", description="n > 1.")
    schemas: Literal["yes", "ignored", "refused"] = Field(default="yes", description="JSON schemas.")
    thinking: Literal["no", "separated", "in_text"] = "no"
    prefix_cache: bool = Field(default=False, description="Whether cached_tokens are counted and told.")
    faults: Faults = Faults()
    log: str | None = Field(
        default=None, description="File that requests are appended to, read back by a server that restarts."
    )


class Asked(_Data):
    """One request that ended. ``key`` is a hash of its messages, seed and n; ``busy`` and ``queued`` are what
    it met; ``at`` is the time it came (Unix) and ``seconds`` what it took, waiting included; ``tokens`` are
    those of the usage that was told."""

    key: str
    at: float
    seconds: float
    busy: int
    queued: int
    n: int
    tokens: int
    fault: FaultName | None
    outcome: Outcome


class Stats(_Data):
    """Since the last reset. ``full_*`` are between the first moment with every slot busy and the last start
    of a request: what a client can be held to, without its start and its end. Means are over time."""

    seconds: float
    outcomes: dict[Outcome, int]
    busy_mean: float
    busy_max: int
    queue_mean: float
    queue_max: int
    full_seconds: float
    full_busy_mean: float
    full_queue_mean: float
