"""How a Prefect flow goes: lines in its log, and a progress artifact for each stage on Prefect's page."""

import logging
import time
from collections.abc import Callable
from contextvars import copy_context
from typing import Any, ParamSpec, TypeVar
from uuid import UUID

import httpx
from prefect import get_run_logger
from prefect.artifacts import create_progress_artifact, update_progress_artifact

from longweave.flows.progress import describe_counts, describe_meter, describe_spending
from longweave.synth.funnel import Counts
from longweave.synth.llm.meter import Meter
from longweave.synth.stage import MadeShard

P = ParamSpec("P")
T = TypeVar("T")

_SECONDS = 3.0


class FlowProgress:
    """A ``Progress`` of the flow run in which it is made. Every update of an artifact is a request to
    Prefect's server, so there is one every few seconds at most."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._logger: logging.Logger | logging.LoggerAdapter[Any] = get_run_logger()
        self._clock = clock
        self._run = copy_context()  # the meter is read in a thread that knows of no flow
        self._artifact: UUID | None = None
        self._shards = self._made = 0
        self._updated = 0.0
        self._meter: Meter | None = None

    def begin(self, stage: str, shards: int) -> None:
        """See ``Progress``."""
        self._logger.info("%s: %d shards", stage, shards)
        self._shards, self._made, self._meter, self._updated = shards, 0, None, self._clock()
        artifact = self._in_flow(
            create_progress_artifact, 0.0, key=stage.replace("_", "-"), description=f"{shards:,} shards"
        )
        assert isinstance(artifact, UUID)  # and not a coroutine: no event loop runs in this thread
        self._artifact = artifact

    def advance(self, stage: str, made: MadeShard) -> None:
        """See ``Progress``."""
        self._logger.debug("%s: %s", stage, describe_counts(made.key, made.counts))
        self._made += 1
        if self._meter is None and self._is_due():
            self._update(self._made / self._shards, f"{self._made:,} of {self._shards:,} shards")

    def models(self, stage: str, meter: Meter) -> None:
        """See ``Progress``. Where models are asked, the artifact counts records and not shards."""
        self._meter = meter
        if self._is_due():
            self._update(meter.done / meter.total if meter.total else 1.0, describe_meter(meter))

    def end(self, stage: str, counts: Counts) -> None:
        """See ``Progress``."""
        line = describe_counts(stage, counts)
        if self._meter is not None:
            line += f"  {describe_spending(self._meter)}"
        self._logger.info(line)
        self._update(1.0, line)

    def warn(self, what: str) -> None:
        """See ``Progress``."""
        self._logger.warning(what)

    def _is_due(self) -> bool:
        now = self._clock()
        if now - self._updated < _SECONDS:
            return False
        self._updated = now
        return True

    def _update(self, share: float, said: str) -> None:
        if self._artifact is None:
            return
        try:
            self._in_flow(update_progress_artifact, self._artifact, 100 * min(share, 1.0), description=said)
        except httpx.HTTPError as error:  # Prefect's server may be away; the work does not depend on it
            self._logger.debug("progress not shown: %s", error)

    def _in_flow(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return self._run.copy().run(call, *args, **kwargs)
