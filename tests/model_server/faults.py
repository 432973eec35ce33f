"""Which fault, if any, a request meets: it follows from the seed, the request and how often it was asked."""

from hashlib import blake2b
from typing import get_args

from tests.model_server.settings import FaultName, Faults

_FAULTS: tuple[FaultName, ...] = get_args(FaultName)


def draw_fault(faults: Faults, key: str, asked_before: int) -> FaultName | None:
    """The fault of the request ``key``, which was asked ``asked_before`` times before."""
    digest = blake2b(f"{faults.seed}/{key}/{asked_before}".encode(), digest_size=8).digest()
    drawn = int.from_bytes(digest, "big") / 2**64
    for name in _FAULTS:
        drawn -= getattr(faults, name)
        if drawn < 0:
            return name
    return None
