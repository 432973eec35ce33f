"""The shipped prompts have the fields that the loop fills, one file per task type, and no stray text."""

import re
from importlib.resources import files
from typing import get_args

import pytest

from longweave.mase.types import TASK_TYPES
from longweave.synth.llm.prompting import load_prompt
from longweave.synth.records import Domain

PACKAGE = "longweave.mase"
FOLDER = files(PACKAGE) / "prompts"


def test_the_general_prompt_takes_the_kind_and_what_makes_it_harder() -> None:
    harder = load_prompt(PACKAGE, "harder.txt", history="QUESTIONS SO FAR")
    prompt = load_prompt(PACKAGE, "propose.txt", task="THE KIND", evolve=harder)
    assert prompt.count("THE KIND") == 1 and prompt.endswith(harder) and "QUESTIONS SO FAR" in harder


@pytest.mark.parametrize("name", TASK_TYPES)
def test_each_type_has_a_prompt_without_fields_that_is_short(name: str) -> None:
    text = load_prompt(PACKAGE, f"propose_{name}.txt")
    assert 4 <= len(text.splitlines()) <= 20
    assert len(text.split()) <= 350


@pytest.mark.parametrize("name", TASK_TYPES)
def test_fields_that_a_type_adds_are_explained_in_its_prompt_or_the_general_one(name: str) -> None:
    text = load_prompt(PACKAGE, f"propose_{name}.txt") + load_prompt(
        PACKAGE, "propose.txt", task="", evolve=""
    )
    own = TASK_TYPES[name].proposal.model_fields
    for field in own.keys() - {"question", "answer"}:
        assert f'"{field}"' in text, field
    for field in re.findall(
        r'"([a-z]+(?:_[a-z]+)*)"(?: is| are|: )', load_prompt(PACKAGE, f"propose_{name}.txt")
    ):
        assert field in own, field


def test_no_prompt_is_left_without_a_type() -> None:
    found = {entry.name for entry in FOLDER.iterdir() if entry.name.startswith("propose_")}
    assert found == {f"propose_{name}.txt" for name in TASK_TYPES}


def test_names_are_those_of_the_types_and_every_domain_has_one() -> None:
    assert all(name == task_type.name for name, task_type in TASK_TYPES.items())
    assert {domain for task_type in TASK_TYPES.values() for domain in task_type.domains} == set(
        get_args(Domain)
    )
