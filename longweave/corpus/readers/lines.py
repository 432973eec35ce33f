"""Lines of a stream of byte blocks in bounded memory: a line that is too long is measured, not held."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

_NEWLINES = re.compile(rb"\n+")


@dataclass(frozen=True, slots=True)
class Line:
    """``number`` counts from 1, ``offset`` is the byte where it starts, ``size`` its bytes without the
    newline; ``data`` is None if they are more than the limit."""

    number: int
    offset: int
    size: int
    data: bytes | None


def read_lines(blocks: Iterable[bytes], max_bytes: int) -> Iterator[Line]:
    """The lines of ``blocks`` joined that are not empty; a last line without a newline is one too."""
    number, base, start, size = 1, 0, 0, 0
    held: list[bytes] = []
    for block in blocks:
        at = 0
        for newlines in chain(_NEWLINES.finditer(block), (None,)):
            end = newlines.start() if newlines else len(block)
            size += end - at
            if size > max_bytes:
                held.clear()
            elif end > at:
                held.append(block[at:end])
            if newlines:
                if size:
                    yield Line(number, start, size, b"".join(held) if size <= max_bytes else None)
                at = newlines.end()
                number, start, size = number + at - end, base + at, 0
                held.clear()
        base += len(block)
    if size:
        yield Line(number, start, size, b"".join(held) if size <= max_bytes else None)
