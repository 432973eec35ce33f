"""The JSON schema of an answer holds only what all servers take, and can be said in words."""

import datetime
import enum
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field, RootModel

from longweave.synth.llm.schema import response_format, schema_of
from longweave.synth.llm.schema_words import schema_in_words
from longweave.synth.llm.typed import ModelAnswer

TAKEN_BY_ALL = {
    "type",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "enum",
    "const",
    "anyOf",
    "$ref",
    "$defs",
    "description",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "minItems",
    "maxItems",
}


class Grade(enum.Enum):
    GOOD = "good"
    POOR = "poor"


class Quote(BaseModel):
    """Words of a document."""

    document: Annotated[int, Field(ge=1, le=40)]
    text: str = Field(description="Word for word.", min_length=3, max_length=300)


class Step(ModelAnswer):
    title: str
    then: "tuple[Step, ...]" = ()


class Finding(ModelAnswer):
    """What is found."""

    title: str = Field(description="In a few words.")
    quotes: tuple[Quote, ...] = Field(min_length=1, max_length=3)
    best: Quote | None = Field(default=None, description="The most telling one.")
    grade: Grade = Grade.GOOD
    kind: Literal["fact", "opinion"]
    share: float = Field(gt=0, lt=1)
    on: datetime.date
    tags: frozenset[str]
    steps: list[Step]
    default: bool = False


def subschemas(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """``node`` and all schemas in it."""
    yield node
    for key in ("properties", "$defs"):
        for inner in node.get(key, {}).values():
            yield from subschemas(inner)
    for inner in [*node.get("anyOf", []), *([node["items"]] if "items" in node else [])]:
        yield from subschemas(inner)


@pytest.mark.parametrize("answer", [Finding, Step, Quote])
def test_a_schema_holds_only_what_all_servers_take(answer: type[BaseModel]) -> None:
    schema = schema_of(answer)
    assert schema["type"] == "object"
    for node in subschemas(schema):
        assert node.keys() <= TAKEN_BY_ALL
        if node.get("type") == "object":
            assert node["additionalProperties"] is False
            assert node["required"] == list(node["properties"])
        if "$ref" in node:
            assert node.keys() == {"$ref"}


def test_fields_keep_their_order_and_names() -> None:
    assert list(schema_of(Finding)["properties"]) == list(Finding.model_fields)


def test_what_does_not_hold_itself_is_written_out_where_it_is_used() -> None:
    schema = schema_of(Finding)
    quote = {**schema_of(Quote), "description": "Words of a document."}
    assert schema["properties"]["quotes"] == {"type": "array", "minItems": 1, "maxItems": 3, "items": quote}
    assert schema["properties"]["best"] == {
        "description": "The most telling one.",
        "anyOf": [quote, {"type": "null"}],
    }
    assert schema["$defs"].keys() == {"Step"}
    assert "$defs" not in schema_of(Quote)


def test_what_holds_itself_is_referred_to() -> None:
    schema = schema_of(Step)
    assert schema["properties"]["then"] == {"type": "array", "items": {"$ref": "#/$defs/Step"}}
    assert schema["$defs"]["Step"] == {key: schema[key] for key in schema if key != "$defs"}


def test_bounds_that_not_all_servers_take_are_said() -> None:
    assert schema_of(Quote)["properties"]["text"] == {
        "type": "string",
        "description": "Word for word. (at least 3 characters, at most 300 characters)",
    }
    assert schema_of(Finding)["properties"]["on"]["description"] == "(in ISO form: date)"


class ByName(ModelAnswer):
    counts: dict[str, int]


class Pair(ModelAnswer):
    inner: list[tuple[int, str]]


class Anything(ModelAnswer):
    value: Any


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (ByName, r"ByName\.counts: a mapping with free keys"),
        (Pair, r"Pair\.inner\[\]: the items of a list must be of one stated type"),
        (Anything, r"Anything\.value: its type is not stated"),
        (RootModel[list[int]], r"an answer is an object with fields, not array"),
    ],
)
def test_a_type_that_not_all_servers_can_be_held_to_is_refused(answer: type[BaseModel], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        schema_of(answer)


def test_a_schema_is_sent_in_strict_form() -> None:
    schema = schema_of(Quote)
    assert response_format(schema) == {
        "type": "json_schema",
        "json_schema": {"name": "answer", "schema": schema, "strict": True},
    }


def test_a_schema_in_words_shows_the_shape_of_the_answer() -> None:
    assert schema_in_words(schema_of(Finding)) == (
        """Answer with one JSON object in this form, with a value in place of each type and with no comments:
{
  "title": string,  // In a few words.
  "quotes": [{
    "document": integer,  // 1 to 40
    "text": string  // Word for word. (at least 3 characters, at most 300 characters)
  }, ...],  // 1 to 3 items
  "best": {
    "document": integer,  // 1 to 40
    "text": string  // Word for word. (at least 3 characters, at most 300 characters)
  } or null,  // The most telling one.
  "grade": "good" or "poor",
  "kind": "fact" or "opinion",
  "share": number,  // more than 0; less than 1
  "on": string,  // (in ISO form: date)
  "tags": [string, ...],  // (no two alike)
  "steps": [Step, ...],
  "default": true or false
}
where Step is {
  "title": string,
  "then": [Step, ...]
}
Write only the object: every field, in this order, no other fields, and no text before or after it."""
    )
