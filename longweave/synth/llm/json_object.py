"""Takes the one JSON object out of what a model wrote.

A model may think aloud first, try an object and throw it away, put the last one into a code fence, and add a
word. What counts is the last group in braces (or in brackets around braces) that holds a colon, and it counts
as a whole or not at all: nothing is closed, completed or taken out of the middle, since what came out could
be another value than the one that was meant. Forgiven is only what leaves no doubt: a comma before a closing
bracket, a raw newline or tab in a string. Time is linear in the text, whatever it holds.
"""

import json
import math
import re
from collections.abc import Iterator
from typing import Any

_LONGEST = 2_000_000
_MOST_COMMAS = 100_000
_DEEPEST = 64
_LONGEST_WHOLE_NUMBER = 300

_STRING = r'"(?:[^"\\]++|\\.)*+'
_OPENING = re.compile(r"[{}]|\[(?=\s*+\{)")
_TOKEN = re.compile(rf'{_STRING}("?)|[{{}}\[\]]', re.DOTALL)
_COMMA = re.compile(rf'({_STRING}"|[\[{{,]\s*+,)|,(?=\s*+[}}\]])', re.DOTALL)
_CLOSING = {"{": "}", "[": "]"}


class NoObject(ValueError):
    """There is no JSON object to be had."""


class CutOffObject(NoObject):
    """The text ends within one."""


def read_object(text: str) -> Any:
    """The JSON object in ``text``, or the array if its objects stand in one: the caller decides on its shape.

    Numbers are finite and no key stands twice in an object.

    Raises:
        NoObject: There is none, or it is not good JSON.
        CutOffObject: The text ends within it.
    """
    if len(text) > _LONGEST:
        raise NoObject(f"longer than {_LONGEST:,} characters")
    last: str | None = None
    for start, end in _find_groups(text):
        if text.find(":", start, end) >= 0:
            last = text[start:end]
    if last is None:
        raise NoObject("no JSON object")
    if last.count(",") > _MOST_COMMAS:
        raise NoObject(f"more than {_MOST_COMMAS:,} values")
    try:
        return _DECODER.decode(last)
    except json.JSONDecodeError:
        return _decode(_COMMA.sub(lambda match: match.group(1) or "", last))


def _find_groups(text: str) -> Iterator[tuple[int, int]]:
    """The ``[start, end)`` of groups that are in no other."""
    at = 0
    while opening := _OPENING.search(text, at):
        if opening.group() == "}":
            raise NoObject("a brace is closed that was not opened")
        at = _find_end(text, opening.start())
        yield opening.start(), at


def _find_end(text: str, start: int) -> int:
    """The end of the group that opens at ``start``. Brackets within double quotes do not count."""
    closings: list[str] = []
    for token in _TOKEN.finditer(text, start):
        mark = text[token.start()]
        if mark == '"':
            if not token.group(1):
                break
        elif mark in _CLOSING:
            if len(closings) == _DEEPEST:
                raise NoObject(f"nested deeper than {_DEEPEST} levels")
            closings.append(_CLOSING[mark])
        elif closings.pop() != mark:
            raise NoObject("its brackets do not match")
        elif not closings:
            return token.end()
    raise CutOffObject("the text ends within a JSON object")


def _decode(text: str) -> Any:
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise NoObject(f"{error.msg} at character {error.pos} of the JSON object") from None


def _read_pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name, value in pairs:
        if name in fields:
            raise NoObject(f"the key {name[:80]!r} stands twice")
        fields[name] = value
    return fields


def _read_whole(digits: str) -> int:
    if len(digits) > _LONGEST_WHOLE_NUMBER:
        raise NoObject(f"a number with more than {_LONGEST_WHOLE_NUMBER} digits")
    return int(digits)


def _read_fraction(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise NoObject("a number that is too large")
    return value


def _refuse_constant(name: str) -> Any:
    raise NoObject(f"{name} is not JSON")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_read_pairs,
    parse_int=_read_whole,
    parse_float=_read_fraction,
    parse_constant=_refuse_constant,
    strict=False,
)
