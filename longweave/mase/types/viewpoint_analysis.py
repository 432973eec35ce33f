"""Viewpoint analysis: which of four options says the view that several documents show together.

The right one stands at place ``turn % 4``, so that letters are balanced as turns are. Reasons:

- ``options_missing``: not three wrong ones and a right one,
- ``option_form``: one has a letter of its own, speaks of the others ("all of the above"), or begins or ends
  unlike the rest,
- ``option_too_long``,
- ``options_alike``: two say the same words, or one says a part of another,
- ``option_length``: the right one is clearly the longest or the shortest, or lengths lie far apart,
- ``option_in_text``: one is copied from a passage.
"""

import re
from collections.abc import Sequence
from itertools import combinations
from typing import cast

from pydantic import Field

from longweave.mase.task_type import Posed, Proposal, TaskType
from longweave.mase.types.copied import find_copied
from longweave.synth.answers import extract_answer
from longweave.synth.answers.texts import normalize_text, read_choice
from longweave.synth.records import Dropped

_LETTERS = "ABCD"
_STANDS_OUT = 1.2
_FAR_APART = 2.0
_MOST_WORDS = 40
_COPIED_WORDS = 8
_LETTERED = re.compile(r"^\(?[A-D1-4](?:[.)\]:](?:\s|$)|$)")
_OF_OTHERS = re.compile(
    r"\b(?:all|none|both|neither|two|any)\s+of\s+(?:the\s+)?(?:above|these|those|others?|options)\b"
    r"|\b(?:options?|both|neither)\s+[A-D]\b|\bcannot be (?:determined|known)\b",
    re.IGNORECASE,
)


class ViewpointProposal(Proposal):
    """A proposal with the options beside the right one, which is its ``answer``."""

    wrong_options: list[str] = Field(description="Exactly three options that are wrong.")


def _pose(proposal: Proposal, turn: int) -> Posed:
    right, *wrong = _options(proposal)
    place = turn % len(_LETTERS)
    options = [*wrong[:place], right, *wrong[place:]]
    listed = "\n".join(f"{letter}. {option}" for letter, option in zip(_LETTERS, options, strict=False))
    question = " ".join(proposal.question.split())
    return Posed(f"{question}\n\n{listed}", _LETTERS[place], "choice", chance=1 / len(_LETTERS))


def _check(proposal: Proposal, posed: Posed, passages: Sequence[str]) -> Dropped | None:
    options = _options(proposal)
    if len(options) != len(_LETTERS) or not all(options):
        return Dropped(reason="options_missing", detail=f"{len([o for o in options if o])} options")
    return (
        _check_form(options)
        or _check_alike(options)
        or _check_length(options)
        or _check_copied(options, passages)
    )


def _extract(response: str) -> str:
    """The letter, or what was answered where no single letter can be read."""
    answer = extract_answer(response)
    return read_choice(answer) or answer


def _options(proposal: Proposal) -> list[str]:
    """The right option, then the wrong ones, each on one line."""
    given = [proposal.answer, *cast(ViewpointProposal, proposal).wrong_options]
    return [" ".join(option.split()) for option in given]


def _check_form(options: list[str]) -> Dropped | None:
    for option in options:
        if found := _LETTERED.search(option) or _OF_OTHERS.search(option):
            return Dropped(reason="option_form", detail=f"{found.group()!r} in: {option}")
        if len(option.split()) > _MOST_WORDS:
            return Dropped(reason="option_too_long", detail=f"{len(option.split())} words: {option}")
    begins, ends = {option[0].isupper() for option in options}, {_ending(option) for option in options}
    if len(begins) > 1 or len(ends) > 1:
        how = "begin" if len(begins) > 1 else "end"
        return Dropped(reason="option_form", detail=f"they {how} differently: {' | '.join(options)}")
    return None


def _ending(option: str) -> str:
    return option[-1] if option[-1] in ".!?;," else ""


def _check_alike(options: list[str]) -> Dropped | None:
    for one, other in combinations(options, 2):
        first, second = f" {normalize_text(one)} ", f" {normalize_text(other)} "
        if sorted(first.split()) == sorted(second.split()) or first in second or second in first:
            return Dropped(reason="options_alike", detail=f"{one} | {other}")
    return None


def _check_length(options: list[str]) -> Dropped | None:
    right, *wrong = (len(option) for option in options)
    if right > _STANDS_OUT * max(wrong) or right * _STANDS_OUT < min(wrong):
        return Dropped(reason="option_length", detail=f"{right} characters, the others {wrong}")
    if max(right, *wrong) > _FAR_APART * min(right, *wrong):
        return Dropped(reason="option_length", detail=f"{right} characters, the others {wrong}")
    return None


def _check_copied(options: list[str], passages: Sequence[str]) -> Dropped | None:
    for option in options:
        if copied := find_copied(option, passages, _COPIED_WORDS):
            return Dropped(reason="option_in_text", detail=copied)
    return None


VIEWPOINT_ANALYSIS = TaskType(
    name="viewpoint_analysis",
    task="multiple_choice",
    domains=("general", "academic", "professional", "dialogue"),
    proposal=ViewpointProposal,
    pose=_pose,
    check=_check,
    extract=_extract,
    min_places=2,
)
