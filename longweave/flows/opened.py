"""What the shards of a run share (a pool, the facts, a plan), opened once in each process and not once for
each shard."""

from collections.abc import Callable
from functools import lru_cache
from typing import ParamSpec, TypeVar, cast

from longweave.synth.tokens import load_tokenizer

P = ParamSpec("P")
T = TypeVar("T")

_FORGET: list[Callable[[], None]] = []


def open_once(opens: Callable[P, T]) -> Callable[P, T]:
    """``opens``, remembering its last results by its arguments until ``forget_opened``."""
    remembering = lru_cache(maxsize=2)(opens)
    _FORGET.append(remembering.cache_clear)

    return cast("Callable[P, T]", remembering)


def forget_opened() -> None:
    """Open everything anew from here on: another run may now stand at the same path."""
    for forget in _FORGET:
        forget()


open_tokenizer = load_tokenizer
_FORGET.append(load_tokenizer.cache_clear)  # it remembers by itself
