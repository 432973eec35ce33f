"""Prompts are put together: documents first, then an instruction from a file."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from longweave.synth.errors import SettingsError
from longweave.synth.llm.prompting import load_prompt, prefix_of, render_documents
from longweave.synth.llm.request import Prompt
from longweave.synth.prompt import PromptPiece, render_prompt

PIECES = [
    PromptPiece("Apple Inc. Form 10-K", "Total net sales\n\n| 2024 |\n| --- |\n| 391,035 |\n"),
    PromptPiece('A "quoted" <title>', "[...]\nMiddle {with} braces.\n[...]\n"),
]


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    name = f"maker_{tmp_path.name}"
    prompts = tmp_path / name / "prompts"
    prompts.mkdir(parents=True)
    (prompts.parent / "__init__.py").touch()
    (prompts / "ask.txt").write_text(
        'Ask about {topic}, as {"topic": "x"} or {} or { topic }.\nUse {n_facts}.\n'
    )
    monkeypatch.syspath_prepend(tmp_path)
    yield name
    sys.modules.pop(name, None)


def test_documents_are_shown_as_a_sample_shows_them() -> None:
    shown = render_documents(PIECES)
    assert shown.startswith('<text>\n<document index="1" title="Apple Inc. Form 10-K">\nTotal net sales\n')
    assert shown.endswith("</document>\n</text>")
    assert shown in render_prompt(PIECES, "What?", "").message


def test_the_documents_stand_before_the_instruction() -> None:
    text = Prompt("How much?\n\nBriefly.", render_documents(PIECES)).text
    assert text == f"{render_documents(PIECES)}\n\nHow much?\n\nBriefly."


def test_a_body_ends_with_one_newline_and_begins_with_none() -> None:
    whole = "\n\nFirst line, no newline at the end"
    assert render_documents([PromptPiece("T", whole)]) == render_documents(
        [PromptPiece("T", f"{whole.strip()}\n")]
    )
    assert "\nFirst line, no newline at the end\n</document>" in render_documents([PromptPiece("T", whole)])


def test_no_documents_take_no_place() -> None:
    assert render_documents([]) == ""
    assert Prompt("Ask.", render_documents([])).text == "Ask."


def test_a_prompt_file_is_filled_once_and_keeps_its_other_braces(package: str) -> None:
    filled = load_prompt(package, "ask.txt", topic="{n_facts} {x} \\1 {", n_facts="3")
    assert filled == 'Ask about {n_facts} {x} \\1 {, as {"topic": "x"} or {} or { topic }.\nUse 3.'


def test_a_field_too_few_or_too_many_is_an_error_that_names_it(package: str) -> None:
    with pytest.raises(SettingsError, match=r"ask\.txt: no value for \{topic\}, no place for \{subject\}\."):
        load_prompt(package, "ask.txt", subject="tables", n_facts="3")


def test_a_missing_prompt_file_is_an_error_that_names_it(package: str) -> None:
    with pytest.raises(SettingsError, match=rf"{package}/prompts/asking\.txt: there is no such prompt file"):
        load_prompt(package, "asking.txt")


def test_prompts_with_the_same_documents_have_the_same_prefix() -> None:
    documents = render_documents(PIECES)
    assert prefix_of(Prompt("Extract.", documents)) == prefix_of(Prompt("Judge.", documents))
    assert prefix_of(Prompt("Extract.", documents)) != prefix_of(
        Prompt("Extract.", render_documents(PIECES[:1]))
    )
    assert len(prefix_of(Prompt("Extract.", documents))) == 8
    assert prefix_of(Prompt("Extract.")) == b""
