"""The JSON schema of an answer, as servers take it, and in words for those that take none.

A schema goes to OpenAI in strict mode, to vLLM (xgrammar) and to llama.cpp alike, so it holds only what all
understand: objects whose fields are all required, lists, scalars, ``enum``, ``anyOf``, bounds of numbers and
of the length of lists. Other bounds are said in the description and held when the answer is read. Fields keep
their order: it is the order in which the model writes them.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from pydantic import BaseModel

_KEPT = (
    "type",
    "enum",
    "const",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "minItems",
    "maxItems",
)
_SAID = {
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "pattern": "matches the regular expression {}",
    "format": "in ISO form: {}",
    "multipleOf": "a multiple of {}",
    "uniqueItems": "no two alike",
}
_DEFINITIONS = "#/$defs/"


def response_format(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The field ``response_format`` of a request for an answer that fits ``schema``."""
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema, "strict": True}}


@cache
def schema_of(answer: type[BaseModel]) -> Mapping[str, Any]:
    """The JSON schema of ``answer``: no titles and no defaults, definitions written out where they are used
    unless they hold themselves. It is shared: do not change it.

    Raises:
        ValueError: A field is of a type that not all servers can be held to (a mapping with free keys, a
            tuple of different types, ``Any``), or ``answer`` is not an object.
    """
    full = answer.model_json_schema()
    return _Writer(answer.__name__, full.pop("$defs", {})).write(full)


class _Writer:
    """Writes schemas of pydantic anew; ``name`` stands for the whole in errors."""

    def __init__(self, name: str, definitions: Mapping[str, Any]) -> None:
        self._name, self._definitions = name, definitions
        self._recursive = {name for name in definitions if name in self._reach(name)}

    def write(self, full: Mapping[str, Any]) -> dict[str, Any]:
        root = self._definitions[_target(full)] if "$ref" in full else full
        if root.get("type") != "object":
            raise ValueError(f"{self._name}: an answer is an object with fields, not {_kind(root)}")
        schema = self._node(root, self._name)
        used = sorted(self._recursive & self._reach_all(_references(root)))
        if used:
            schema["$defs"] = {name: self._node(self._definitions[name], name) for name in used}
        return schema

    def _node(self, node: Mapping[str, Any], place: str) -> dict[str, Any]:
        if "$ref" in node:
            return self._reference(node, place)
        written = {key: node[key] for key in _KEPT if key in node}
        options = node.get("anyOf") or node.get("oneOf")
        if options is not None:
            written["anyOf"] = [self._node(option, place) for option in options]
        elif node.get("type") == "object":
            written |= self._object(node, place)
        elif node.get("type") == "array":
            if "items" not in node or "prefixItems" in node:
                raise ValueError(f"{place}: the items of a list must be of one stated type")
            written["items"] = self._node(node["items"], f"{place}[]")
        elif not written.keys() & {"type", "enum", "const"}:
            raise ValueError(f"{place}: its type is not stated")
        return {**_describe(node), **written}

    def _object(self, node: Mapping[str, Any], place: str) -> dict[str, Any]:
        if "properties" not in node:
            raise ValueError(
                f"{place}: a mapping with free keys; use a list of objects with a field for the key"
            )
        fields: Mapping[str, Any] = node["properties"]
        return {
            "properties": {name: self._node(field, f"{place}.{name}") for name, field in fields.items()},
            "required": list(fields),
            "additionalProperties": False,
        }

    def _reference(self, node: Mapping[str, Any], place: str) -> dict[str, Any]:
        name = _target(node)
        if name in self._recursive:
            return {"$ref": f"{_DEFINITIONS}{name}"}  # strict mode allows nothing beside it
        return {**self._node(self._definitions[name], place), **_describe(node)}

    def _reach(self, name: str) -> set[str]:
        """The definitions that ``name`` needs, over any number of steps."""
        return self._reach_all(_references(self._definitions[name]))

    def _reach_all(self, names: Iterator[str]) -> set[str]:
        reached: set[str] = set()
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name not in reached:
                reached.add(name)
                waiting += _references(self._definitions[name])
        return reached


def _describe(node: Mapping[str, Any]) -> dict[str, str]:
    said = [text.format(node[key]) for key, text in _SAID.items() if node.get(key)]
    parts = [node.get("description", ""), f"({', '.join(said)})" if said else ""]
    description = " ".join(part for part in parts if part)
    return {"description": description} if description else {}


def _references(node: Any) -> Iterator[str]:
    """The names of the definitions that ``node`` itself refers to."""
    if isinstance(node, Mapping):
        if isinstance(node.get("$ref"), str):
            yield _target(node)
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)


def _target(node: Mapping[str, Any]) -> str:
    reference: str = node["$ref"]
    return reference.removeprefix(_DEFINITIONS)


def _kind(node: Mapping[str, Any]) -> str:
    return str(node.get("type", "one of several"))
