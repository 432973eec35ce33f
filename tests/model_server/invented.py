"""JSON values that fit a schema, made up from a seeded generator."""

import string
from collections.abc import Mapping
from random import Random
from typing import Any

_SYLLABLES = ("am", "ber", "cop", "del", "fjor", "gro", "har", "lin", "mea", "nec", "or", "ta", "vel", "wil")
_WORDS = tuple(first + second for first in _SYLLABLES for second in _SYLLABLES)
_DEEP = 6


def invent_value(schema: Mapping[str, Any], rng: Random) -> Any:
    """A value that ``schema`` admits.

    Read are type, properties, required, items, prefixItems, enum, const, anyOf, oneOf, allOf, $ref into the
    schema itself, and the bounds of numbers, lengths and item counts; ``pattern`` and ``format`` are not.
    Optional properties are given; recursion ends after a few levels wherever the schema lets it.
    """
    return _invent(schema, schema, rng, 0)


def invent_text(rng: Random, words: int) -> str:
    """That many words, separated by spaces."""
    return " ".join(rng.choices(_WORDS, k=words))


def _invent(part: Mapping[str, Any], whole: Mapping[str, Any], rng: Random, depth: int) -> Any:
    if "$ref" in part:
        return _invent(_look_up(part["$ref"], whole), whole, rng, depth + 1)
    if "const" in part:
        return part["const"]
    if "enum" in part:
        return rng.choice(part["enum"])
    for several in ("anyOf", "oneOf"):
        if several in part:
            options = part[several]
            ends = [option for option in options if "$ref" not in str(_resolve(option, whole))]
            return _invent(rng.choice(ends if depth >= _DEEP and ends else options), whole, rng, depth + 1)
    if "allOf" in part:
        merged = {key: value for each in part["allOf"] for key, value in _resolve(each, whole).items()}
        return _invent(merged, whole, rng, depth + 1)
    kind = part.get("type", "object" if "properties" in part else "string")
    if isinstance(kind, list):
        kind = rng.choice(kind)
    return _invent_kind(kind, part, whole, rng, depth)


def _invent_kind(
    kind: str, part: Mapping[str, Any], whole: Mapping[str, Any], rng: Random, depth: int
) -> Any:
    match kind:
        case "object":
            asked = part.get("required", ()) if depth >= _DEEP else part.get("properties", {})
            return {name: _invent(part["properties"][name], whole, rng, depth + 1) for name in asked}
        case "array":
            first = [_invent(item, whole, rng, depth + 1) for item in part.get("prefixItems", ())]
            least = part.get("minItems", 0)
            most = part.get("maxItems", max(least, 3))
            count = least if depth >= _DEEP else rng.randint(max(least, min(1, most)), most)
            items = part.get("items") or {}
            return first + [_invent(items, whole, rng, depth + 1) for _ in range(count - len(first))]
        case "integer":
            return _invent_integer(part, rng)
        case "number":
            low = part.get("exclusiveMinimum", part.get("minimum", 0))
            high = part.get("exclusiveMaximum", part.get("maximum", low + 100))
            return low + (high - low) * rng.uniform(0.25, 0.75)
        case "boolean":
            return rng.random() < 0.5
        case "null":
            return None
        case _:
            return _invent_string(part, rng)


def _invent_integer(part: Mapping[str, Any], rng: Random) -> int:
    step = part.get("multipleOf", 1)
    low = part.get("minimum", part.get("exclusiveMinimum", -1) + 1)
    high = part.get("maximum", part.get("exclusiveMaximum", low + 100 * step + 1) - 1)
    return int(rng.randint(-(-low // step), high // step) * step)


def _invent_string(part: Mapping[str, Any], rng: Random) -> str:
    least, most = part.get("minLength", 0), part.get("maxLength")
    text = invent_text(rng, rng.randint(2, 8))
    while len(text) < least:
        text += rng.choice(string.ascii_lowercase)
    return text if most is None else text[:most]


def _look_up(reference: str, whole: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Any = whole
    for name in reference.removeprefix("#").split("/")[1:]:
        found = found[name.replace("~1", "/").replace("~0", "~")]
    return found  # type: ignore[no-any-return]  # a schema's parts are mappings


def _resolve(part: Mapping[str, Any], whole: Mapping[str, Any]) -> Mapping[str, Any]:
    return _look_up(part["$ref"], whole) if "$ref" in part else part
