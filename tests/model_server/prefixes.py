"""A prefix cache like vLLM's: prompts are remembered in blocks, each known by all that stands before it."""

from collections.abc import Mapping
from typing import Any

_BLOCK_TOKENS = 16
_BLOCK_LETTERS = 64


class PrefixCache:
    """Remembers every block it was ever shown."""

    def __init__(self) -> None:
        self._blocks: set[int] = set()

    def look_up(self, body: Mapping[str, Any]) -> int:
        """Tokens at the start of the prompt that were there before; all of it is from now on."""
        text = "\0".join(message["content"] for message in body["messages"])
        before, cached, known = 0, 0, True
        for start in range(0, len(text) - _BLOCK_LETTERS + 1, _BLOCK_LETTERS):
            before = hash((before, text[start : start + _BLOCK_LETTERS]))
            known = known and before in self._blocks
            cached += _BLOCK_TOKENS if known else 0
            self._blocks.add(before)
        return cached
