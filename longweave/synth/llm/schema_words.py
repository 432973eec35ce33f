"""A JSON schema in words, for servers that take no schemas: the shape of the answer with remarks.

A small model that is shown a JSON schema tends to copy it. A shape with types in place of values is
shorter and is filled in.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from longweave.synth.llm.prompting import load_prompt

_INDENT = "  "
_TYPES = {
    "boolean": "true or false",
    "string": "string",
    "integer": "integer",
    "number": "number",
    "null": "null",
}


def schema_in_words(schema: Mapping[str, Any]) -> str:
    """What is appended to an instruction so that the answer fits ``schema``, made by ``schema_of``."""
    lines = [_shape(schema, "")]
    lines += [f"where {name} is {_shape(node, '')}" for name, node in schema.get("$defs", {}).items()]
    return load_prompt(__package__, "schema_in_words.txt", shape="\n".join(lines))


def _shape(node: Mapping[str, Any], indent: str) -> str:
    if "$ref" in node:
        return str(node["$ref"]).rpartition("/")[2]
    if "anyOf" in node:
        return " or ".join(_shape(option, indent) for option in node["anyOf"])
    if "const" in node:
        return _value(node["const"])
    if "enum" in node:
        return " or ".join(map(_value, node["enum"]))
    if node["type"] == "array":
        return f"[{_shape(node['items'], indent)}, ...]"
    if node["type"] == "object":
        return _object(node["properties"], indent)
    return _TYPES[node["type"]]


def _object(fields: Mapping[str, Any], indent: str) -> str:
    inner = indent + _INDENT
    lines = []
    for place, (name, node) in enumerate(fields.items(), start=1):
        remark = "; ".join(_remarks(node))
        comma = "," if place < len(fields) else ""
        lines.append(f"{inner}{_value(name)}: {_shape(node, inner)}{comma}{remark and f'  // {remark}'}\n")
    return f"{{\n{''.join(lines)}{indent}}}"


def _remarks(node: Mapping[str, Any]) -> Iterator[str]:
    if "description" in node:
        yield " ".join(node["description"].split())
    for bounds in (("minimum", "maximum", ""), ("minItems", "maxItems", " items")):
        low, high, unit = node.get(bounds[0]), node.get(bounds[1]), bounds[2]
        if low is not None and high is not None:
            yield f"{low} to {high}{unit}"
        elif low is not None:
            yield f"at least {low}{unit}"
        elif high is not None:
            yield f"at most {high}{unit}"
    if "exclusiveMinimum" in node:
        yield f"more than {node['exclusiveMinimum']}"
    if "exclusiveMaximum" in node:
        yield f"less than {node['exclusiveMaximum']}"
    for inner in (*node.get("anyOf", ()), *([node["items"]] if "items" in node else ())):
        yield from _remarks(inner) if "properties" not in inner else ()


def _value(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
