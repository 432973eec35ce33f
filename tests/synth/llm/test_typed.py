"""A model's text becomes a value, or is broken for a stated reason."""

import datetime
import enum
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, field_validator

from longweave.synth.llm.response import Choice, Response
from longweave.synth.llm.typed import Answer, BrokenAnswer, ModelAnswer, read_answer, read_text


class Verdict(enum.Enum):
    SUPPORTED = "supported"
    REFUTED = "refuted"


class Quote(ModelAnswer):
    document: int = Field(ge=1)
    text: str


class Judgement(ModelAnswer):
    thought: str
    verdict: Verdict
    score: float = Field(ge=0, le=1)
    quotes: tuple[Quote, ...] = Field(max_length=3)
    on: datetime.date | None
    sure: bool


class Node(ModelAnswer):
    value: int
    child: "Node | None"


class Count(ModelAnswer):
    n: int


GOOD = {
    "thought": 'Table 2 says "391,035"; see {note} [1].',
    "verdict": "supported",
    "score": 1,
    "quotes": [{"document": 2, "text": "Total net sales | 391,035 |"}],
    "on": "2024-09-28",
    "sure": True,
}
DEEP = {"value": 1, "child": {"value": 2, "child": None}}


def read(text: str, answer: type[BaseModel] = Judgement, **more: Any) -> Any:
    return read_answer(Choice(text, "", "stop"), answer=answer, key="ab12", seed=7, **more).value


def broken(text: str, answer: type[BaseModel] = Judgement, **more: Any) -> str:
    """Why and how the answer is broken."""
    with pytest.raises(BrokenAnswer) as error:
        read(text, answer, **more)
    assert str(error.value) == f"{error.value.reason}: {error.value.detail}"
    return str(error.value)


def test_an_answer_carries_its_value_and_where_it_came_from() -> None:
    text = json.dumps({"n": 3})
    choice = Choice(f"<think>Three.</think>\n{text}\n", "", "stop")
    found = read_answer(choice, answer=Count, key="ab12", seed=7)
    assert found == Answer(Count(n=3), text, "Three.", "stop", "ab12", 7)


def test_values_have_the_types_of_their_fields() -> None:
    value = read(json.dumps(GOOD))
    assert value.verdict is Verdict.SUPPORTED
    assert isinstance(value.score, float)
    assert value.quotes == (Quote(document=2, text="Total net sales | 391,035 |"),)
    assert value.on == datetime.date(2024, 9, 28)


@pytest.mark.parametrize(
    "wrapped",
    [
        "{}",
        "\ufeff {}\n\n",
        "```json\n{}\n```",
        "```\n{}\n```\nHope this helps!",
        "Here is the answer:\n\n{}",
        'The sets {{1, 2}} and {{}} and \\frac{{a}}{{b}} [1] are "no matter". Answer: {}',
        'A first try: {{"n": 1}}. No, better:\n```json\n{}\n```',
        "{}\n\nThis follows from [2] and {{x}}.",
        'A draft:\n{{"n": oops}}\nThe answer:\n{}',
    ],
)
def test_the_object_is_found_in_what_stands_around_it(wrapped: str) -> None:
    assert read(wrapped.format(json.dumps(GOOD, indent=1))).thought == GOOD["thought"]


def test_the_last_object_is_the_answer() -> None:
    assert read('First {"n": 1}, then {"n": 2}.', Count) == Count(n=2)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"value": 1, "child": null,}', Node(value=1, child=None)),
        ('{"value": 1, "child": {"value": 2, "child": null , \n},}', Node.model_validate(DEEP)),
    ],
)
def test_a_comma_before_a_closing_bracket_is_forgiven(text: str, value: Node) -> None:
    assert read(text, Node) == value


def test_a_comma_in_a_string_and_a_raw_newline_stay() -> None:
    assert read('{"document": 1, "text": "a,} b,]\n\tc",}', Quote).text == "a,} b,]\n\tc"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "empty: the server gave no text"),
        (" \n", "empty: the server gave no text"),
        ("I cannot answer that.", "not_json: no JSON object"),
        ("{}", "not_json: no JSON object"),
        ("3", "not_json: no JSON object"),
        ("{'n': 3}", "not_json: Expecting property name enclosed in double quotes at character 1"),
        ("{n: 3}", "not_json: Expecting property name"),
        ('{"n": 3', "cut_off: the text ends within a JSON object"),
        ('{"n": 3, "m": "abc}', "cut_off: the text ends within a JSON object"),
        ('{"n": 3, "m": "abc\\', "cut_off: the text ends within a JSON object"),
        ('[{"n": 3}, {"n": 4', "cut_off: the text ends within a JSON object"),
        ('{"n": 1} is wrong, so {"n": 2', "cut_off: the text ends within a JSON object"),
        ('{"n": 1} is wrong, so {"n": two}', "not_json: Expecting value at character 6"),
        ('{"n": 1}}', "not_json: a brace is closed that was not opened"),
        ('{"n": [1}', "not_json: its brackets do not match"),
        ('{"n": 1 "m": 2}', "not_json: Expecting ',' delimiter"),
        ('{"n": [,]}', "not_json: Expecting value"),
        ('{"n": 1,,}', "not_json: "),
        ('{"n": 1, "n": 2}', "not_json: the key 'n' stands twice"),
        ('{"n": NaN}', "not_json: NaN is not JSON"),
        ('{"n": -Infinity}', "not_json: -Infinity is not JSON"),
        ('{"n": 1e999}', "not_json: a number that is too large"),
        (f'{{"n": {"9" * 5000}}}', "not_json: a number with more than 300 digits"),
        ('{"n": "\\ud83d"}', "not_json: a string holds half of a surrogate pair"),
        ('[{"n": 1}, {"n": 2}]', "wrong_shape: the whole: Input should be an object"),
        ('{"m": 1}', "wrong_shape: n: Field required (and 1 more)"),
        ('{"n": 1, "m": 2}', "wrong_shape: m: Extra inputs are not permitted"),
        ('{"n": "1"}', "wrong_shape: n: Input should be a valid integer"),
        ('{"n": 1.0}', "wrong_shape: n: Input should be a valid integer"),
        ('{"n": true}', "wrong_shape: n: Input should be a valid integer"),
        ('{"n": null}', "wrong_shape: n: Input should be a valid integer"),
        ('{"type": "object", "properties": {"n": {"type": "integer"}}}', "wrong_shape: n: Field required"),
        ("<think>Let me count", "cut_off: in the reasoning, finish_reason 'stop'"),
        ('<think>{"n": 1}</think>', "empty: there is reasoning and no answer"),
    ],
)
def test_a_broken_answer_is_broken_for_a_reason(text: str, why: str) -> None:
    assert broken(text, Count).startswith(why)


def test_a_wrong_field_is_named_by_its_place() -> None:
    wrong = GOOD | {"quotes": [GOOD["quotes"][0], {"document": 0, "text": "x"}]}  # type: ignore[index]
    assert broken(json.dumps(wrong)).startswith(
        "wrong_shape: quotes.1.document: Input should be greater than or equal to 1"
    )
    assert broken(json.dumps(GOOD | {"verdict": "maybe"})).startswith("wrong_shape: verdict: Input should be")


def test_what_a_model_says_about_its_own_fields_is_heard() -> None:
    class Even(ModelAnswer):
        n: int

        @field_validator("n")
        @classmethod
        def _check(cls, n: int) -> int:
            if n % 2:
                raise ValueError("must be even")
            return n

    assert read('{"n": 2}', Even).n == 2
    assert broken('{"n": 3}', Even) == "wrong_shape: n: Value error, must be even"


def test_a_value_that_the_maker_finds_wrong_is_broken() -> None:
    def check(count: Count) -> str | None:
        return None if count.n < 3 else "there are only two documents"

    assert read('{"n": 2}', Count, check=check) == Count(n=2)
    assert broken('{"n": 3}', Count, check=check) == "check_failed: there are only two documents"


def test_the_object_must_not_be_taken_out_of_a_broken_one() -> None:
    for text in (
        '{"value": 1, child: {"value": 2, "child": null}}',
        '{"value": 1 "child": {"value": 2, "child": null}}',
        '{"value": 1, "child": {"value": 2, "child": null}',
        '{"value": 1, "note": "he said "}" and left", "child": {"value": 2, "child": null}}',
        '{"value": 1, "note": "he said "{" and left", "child": {"value": 2, "child": null}}',
        '{"value": 3, "child": null}\n```json\n{"value": 1, "child": oops}\n```',
    ):
        assert broken(text, Node).startswith(("not_json", "cut_off"))


@pytest.mark.parametrize("finish_reason", ["length", "abort", "error"])
def test_what_the_server_cut_off_is_broken_even_if_it_is_whole(finish_reason: str) -> None:
    with pytest.raises(BrokenAnswer) as error:
        read_answer(Choice('{"n": 1}', "", finish_reason), answer=Count, key="", seed=0)
    assert str(error.value) == f"cut_off: in the answer, finish_reason '{finish_reason}'"
    with pytest.raises(BrokenAnswer, match="cut_off: in the reasoning"):
        read_answer(Choice("", "Let me", finish_reason), answer=Count, key="", seed=0)


def test_a_refusal_is_told_apart() -> None:
    with pytest.raises(BrokenAnswer, match=r"refused: by the server's content filter"):
        read_answer(Choice("", "", "content_filter"), answer=Count, key="", seed=0)
    body = {"choices": [{"message": {"content": None, "refusal": "I will not."}, "finish_reason": "stop"}]}
    (choice,) = Response.parse(json.dumps(body).encode()).choices
    with pytest.raises(BrokenAnswer, match=r"refused: I will not\."):
        read_text(choice, key="", seed=0)


def test_free_text_is_taken_as_it_is() -> None:
    choice = Choice("<think>Hm {</think>\n The answer is {42}. \n", "", "stop")
    found = read_text(choice, key="ab12", seed=7)
    assert found == Answer("The answer is {42}.", "The answer is {42}.", "Hm {", "stop", "ab12", 7)


def test_free_text_that_is_cut_off_is_broken_unless_that_is_allowed() -> None:
    cut = Choice("The answer is", "", "length")
    with pytest.raises(BrokenAnswer, match="cut_off: in the answer, finish_reason 'length'"):
        read_text(cut, key="", seed=0)
    assert read_text(cut, key="", seed=0, allow_cut_off=True).value == "The answer is"
    in_thought = read_text(Choice("<think>Let me", "", "length"), key="", seed=0, allow_cut_off=True)
    assert (in_thought.value, in_thought.reasoning, in_thought.finish_reason) == ("", "Let me", "length")
    with pytest.raises(BrokenAnswer, match="empty"):
        read_text(Choice("", "", "stop"), key="", seed=0, allow_cut_off=True)


def test_content_in_parts_is_put_together() -> None:
    content = [
        {
            "type": "thinking",
            "thinking": [{"type": "text", "text": "Two and"}, {"type": "text", "text": " one."}],
        },
        {"type": "text", "text": '{"n": '},
        {"type": "text", "text": "3}"},
        {"type": "image"},
        None,
    ]
    body = {"choices": [{"message": {"content": content}, "finish_reason": "stop"}]}
    (choice,) = Response.parse(json.dumps(body).encode()).choices
    assert choice == Choice('{"n": 3}', "Two and one.", "stop")


def test_half_a_surrogate_pair_in_a_response_is_replaced() -> None:
    body = {"choices": [{"message": {"content": "a \ud83d b \U0001f600"}, "finish_reason": "length"}]}
    (choice,) = Response.parse(json.dumps(body).encode()).choices
    assert choice.text == "a \ufffd b \U0001f600"


def test_a_response_nested_without_end_is_no_chat_completion() -> None:
    with pytest.raises(ValueError, match="nested too deeply"):
        Response.parse(b'{"choices": ' + b"[" * 100_000)


HOSTILE = {
    "nested objects": '{"a":' * 400_000,
    "nested lists": '{"a":' + "[" * 1_900_000,
    "nested to a legal end": '{"n":' * 5000 + "1" + "}" * 5000,
    "open braces": "{" * 2_000_000,
    "closed braces": "}" * 2_000_000,
    "quotes": '{"n": ' + '"' * 1_900_000,
    "escaped quotes": '{"n": "' + '\\"' * 900_000,
    "backslashes": '{"n": "' + "\\" * 1_900_000,
    "commas": '{"n": [' + "," * 1_900_000 + "]}",
    "commas and spaces": '{"n": [' + ",      " * 250_000 + "]}",
    "brackets and spaces": "[      " * 250_000,
    "many wrong items": '{"n": [' + "1," * 90_000 + "1]}",
    "far too many items": '{"n": [' + "1," * 900_000 + "1]}",
    "many fields": "{" + ",".join(f'"{n}":1' for n in range(90_000)) + "}",
    "one key many times": "{" + '"n":1,' * 90_000 + '"n":1}',
    "many small objects": '{"n":x}' * 250_000,
    "too long": "x" * 10_000_000,
    "random bytes": bytes(range(256)).decode("latin-1") * 7_000,
    "a great number": '{"n": ' + "9" * 1_900_000 + "}",
    "a great fraction": '{"n": 0.' + "9" * 1_900_000 + "}",
    "unknown words": '{"n": ' + "nul" * 600_000 + "}",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_megabytes_of_rubbish_are_broken_and_nothing_else(text: str) -> None:
    assert len(broken(text, Count)) < 400


def test_megabytes_of_white_space_in_an_object_do_no_harm() -> None:
    assert read('{"n": 1,' + " " * 1_900_000 + "}", Count) == Count(n=1)


values = st.recursive(
    st.none(),
    lambda child: st.builds(lambda n, c: {"value": n, "child": c}, st.integers(-(10**20), 10**20), child),
    max_leaves=5,
).filter(bool)
objects = st.fixed_dictionaries(
    {
        "thought": st.text(),
        "verdict": st.sampled_from(["supported", "refuted"]),
        "score": st.floats(0, 1),
        "quotes": st.lists(
            st.fixed_dictionaries({"document": st.integers(1, 40), "text": st.text()}), max_size=3
        ),
        "on": st.none() | st.dates().map(str),
        "sure": st.booleans(),
    }
)
prose = st.text(
    alphabet=st.characters(exclude_characters="{}[<◁", exclude_categories=["Cs"])
) | st.sampled_from(
    ["Here is the JSON:\n", "The set {a, b} and [1]. ", 'A draft is {"n": 1}.\n', "He's 5\" tall; "]
)
prose = prose.filter(lambda text: "thought process:" not in text)  # words by which one family opens a thought


@given(
    value=objects,
    before=prose,
    after=prose.filter(lambda text: ":" not in text),
    thought=prose,
    data=st.data(),
)
def test_a_value_comes_back_equal_from_prose_fences_and_reasoning(
    value: dict[str, Any], before: str, after: str, thought: str, data: st.DataObject
) -> None:
    text = json.dumps(
        value, ensure_ascii=data.draw(st.booleans()), indent=data.draw(st.sampled_from([None, 2]))
    )
    frame = data.draw(
        st.sampled_from(
            [
                "{1}",
                "{0}\n{1}",
                "{0}\n```json\n{1}\n```\n{2}",
                "{0}{1}{2}",
                "<think>{3}</think>\n\n{0}\n{1}\n{2}",
                "thought {3}\n</think>\n{1}",
            ]
        )
    )
    found = read(frame.format(before, text, after, thought))
    assert found == Judgement.model_validate_json(json.dumps(value))


@given(value=values, before=prose, data=st.data())
def test_a_truncated_value_is_broken_and_never_another(value: Any, before: str, data: st.DataObject) -> None:
    text = json.dumps(value)
    kept = text[: data.draw(st.integers(1, len(text) - 1))]
    after = data.draw(st.sampled_from(["", "\n```", " ...", "\n\nI ran out of space."]))
    assert broken(f"{before}\n{kept}{after}", Node).startswith(("cut_off", "not_json"))


@given(value=values, data=st.data())
def test_a_value_with_a_character_missing_never_becomes_a_part_of_itself(
    value: Any, data: st.DataObject
) -> None:
    text = json.dumps(value)
    at = data.draw(st.integers(0, len(text) - 1))
    try:
        found = read(text[:at] + text[at + 1 :], Node)
    except BrokenAnswer:
        return
    assert found.model_dump_json().count("{") == text.count("{")


@given(st.text(alphabet='{}[]":,\\ntrue1 \n`'))
def test_any_text_is_a_value_or_broken(text: str) -> None:
    try:
        assert isinstance(read(text, Count), Count)
    except BrokenAnswer as error:
        assert error.detail
