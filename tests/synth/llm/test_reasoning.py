"""What a model thought is told apart from what it answered."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from longweave.synth.llm.reasoning import Separated, separate_reasoning
from longweave.synth.llm.response import Choice

THOUGHT = "Net sales stand in the second table.\nThe unit note says millions."
ANSWER = 'Net sales were 391,035 million, as the <think> tag in "a </think> b" shows.'


def separate(text: str, reasoning: str = "", finish_reason: str = "stop") -> Separated:
    return separate_reasoning(Choice(text, reasoning, finish_reason))


def test_a_text_without_marks_is_the_answer() -> None:
    assert separate(" 391,035 million\n") == Separated("", "391,035 million")


def test_what_the_server_gives_as_reasoning_is_the_reasoning() -> None:
    assert separate("\n\n391,035", reasoning=f"{THOUGHT}\n") == Separated(THOUGHT, "391,035")


@pytest.mark.parametrize(
    ("opening", "closing"),
    [
        ("<think>\n", "\n</think>\n\n"),
        ("<think>", "</think>"),
        ("\n <think>\n", "</think>\n"),
        ("<thinking>", "</thinking>"),
        ("<thought>\n", "\n</thought>\n\n"),
        ("<reasoning>\n", "\n</reasoning>\n"),
        ("<seed:think>", "</seed:think>"),
        ("[THINK]", "[/THINK]"),
        ("◁think▷", "◁/think▷"),
        ("<|channel>thought\n", "<channel|>"),
        ("<|START_THINKING|>", "<|END_THINKING|>"),
        ("<|inner_prefix|>", "<|inner_suffix|>"),
        ("Here is my thought process: ", "\n\nHere is my response: "),
        ("<|channel|>analysis<|message|>", "<|end|><|start|>assistant<|channel|>final<|message|>"),
        (
            "<|start|>assistant<|channel|>analysis<|message|>",
            "<|end|><|start|>assistant<|channel|>final <|constrain|>json<|message|>",
        ),
    ],
)
def test_a_thought_at_the_start_is_separated_by_the_marks_of_its_family(opening: str, closing: str) -> None:
    assert separate(f"{opening}{THOUGHT}{closing}{ANSWER}") == Separated(THOUGHT, ANSWER)
    assert separate(f"{opening}{THOUGHT}") == Separated(THOUGHT, "", is_cut_off=True)


@pytest.mark.parametrize(
    "closing", ["\n</think>\n\n", "</think>\n", "\n</think> ", "\n[/THINK]", "◁/think▷\n"]
)
def test_a_thought_that_the_template_opened_ends_at_its_closing_mark(closing: str) -> None:
    assert separate(f"{THOUGHT}{closing}{ANSWER}") == Separated(THOUGHT, ANSWER)


def test_a_closing_mark_right_before_json_ends_a_thought_that_the_template_opened() -> None:
    assert separate(f'{THOUGHT}</think>{{"a": 1}}') == Separated(THOUGHT, '{"a": 1}')


def test_an_empty_thought_is_no_reasoning() -> None:
    assert separate("<think>\n\n</think>\n\n391,035") == Separated("", "391,035")
    assert separate("</think>\n\n391,035") == Separated("", "391,035")


def test_several_thoughts_in_a_row_are_all_reasoning() -> None:
    assert separate("<think>One.</think>\n<think>Two.</think>42") == Separated("One.\n\nTwo.", "42")


def test_after_a_thought_the_marks_of_other_families_are_part_of_the_answer() -> None:
    assert separate("<think>So.</think>\n[THINK] opens it.") == Separated("So.", "[THINK] opens it.")


def test_marks_that_the_server_left_in_the_text_are_taken_out_too() -> None:
    assert separate(f"<think>{THOUGHT}</think>42", reasoning=THOUGHT) == Separated(THOUGHT, "42")
    assert separate("<think>More.</think>42", reasoning=THOUGHT) == Separated(f"{THOUGHT}\n\nMore.", "42")
    assert separate("a\n</think>\nb", reasoning=THOUGHT) == Separated(THOUGHT, "a\n</think>\nb")


@pytest.mark.parametrize(
    "text",
    [
        "The tags <think> and </think> enclose a thought.",
        "Use `<think>` first.\nThen write `</think>`, then the answer.",
        'Models write "</think>" when they are done.',
        '{"quote": "he wrote </think> here", "n": 1}',
        '{"quote": "<think>x</think>", "n": 1}',
        '{"quote": "a raw newline\n</think>\nin a string"}',
        '```json\n{"quote": "x</think>"}\n```',
        'My answer: {"quote": "<think>x</think>", "n": 1}',
    ],
)
def test_a_mark_within_the_answer_is_part_of_the_answer(text: str) -> None:
    assert separate(text) == Separated("", text)


def test_a_final_channel_may_hold_the_marks_of_channels() -> None:
    answer = "The token <|channel|>final<|message|> opens it."
    thought = "<|channel|>analysis<|message|>So.<|end|><|start|>assistant"
    assert separate(f"{thought}<|channel|>final<|message|>{answer}<|return|>") == Separated("So.", answer)


@given(thought=st.text(), answer=st.text())
def test_any_thought_and_any_answer_come_apart_again(thought: str, answer: str) -> None:
    assume("</think>" not in thought and not answer.lstrip().startswith("<think>"))
    found = separate(f"<think>{thought}</think>\n{answer}")
    assert found == Separated(thought.strip(), answer.strip())


@given(
    st.lists(st.sampled_from(["<think>", "</think>", "<|channel|>", "final", "<|message|>", "{", "\n", "a"]))
)
def test_nothing_is_invented(pieces: list[str]) -> None:
    text = "".join(pieces)
    found = separate(text)
    assert found.answer in text
    assert not (found.is_cut_off and found.answer)


@pytest.mark.parametrize(
    "piece",
    [
        "<think></think>",
        "<think>",
        "</think>",
        "</think>   ",
        "<|channel|>final",
        "<|start|>",
        " \n",
        "◁think▷a",
    ],
)
def test_megabytes_of_marks_are_read_to_their_end(piece: str) -> None:
    text = piece * (4_000_000 // len(piece))
    found = separate(text)
    assert len(found.reasoning) + len(found.answer) <= len(text)
