"""Short answers: a number with its unit, or a name, a value, a phrase of a few words.

Most task types ask for one. How it is posed, and ``check_short``, which every such type calls first:

- ``no_answer``: empty, or it says that there is none,
- ``answer_too_long``, ``answer_is_list``: it could not be compared fairly,
- ``not_a_number``: a unit is given, and the answer is not one number,
- ``unit_not_asked``: the question does not say the unit or the scale in which it wants the number,
- ``signs_matter``: a text whose meaning hangs on a sign that the comparison passes over ("B-" and "B+").
"""

import re
from typing import cast

from pydantic import Field

from longweave.mase.task_type import Posed, Proposal
from longweave.synth.answers import is_abstention
from longweave.synth.answers.extract import clean_answer
from longweave.synth.answers.texts import normalize_text
from longweave.synth.answers.units import SCALES, GoldUnit
from longweave.synth.records import Dropped

_MOST_WORDS = 12
_SCALE = "thousand|million|billion|trillion"
_NUMBER = re.compile(
    rf"[$€£]?[-−]?(?:\d{{1,3}}(?:,\d{{3}})+|\d+)(?P<decimals>\.\d+)?(?P<note>\s*(?:%|percent|{_SCALE}))?"
)
_LIST = re.compile(r"[;\n]|,.*(?:,|\band\b|\bor\b)|\w \bor\b \w")
_SIGN = re.compile(r"\w[+−-](?!\w)|\w#|(?<![\w)])[+−-]\d|\d\s*[/*^]\s*\d|[\[\]{}<>=^~|\\]")
_PERCENT = re.compile(r"%|\bper ?cent|\bshare\b|\bpoints?\b", re.IGNORECASE)


class ShortProposal(Proposal):
    """A proposal whose answer is short."""

    unit: str = Field(description="Unit of an answer that is a number, as the question names it; else empty.")


def pose_short(proposal: Proposal, turn: int) -> Posed:
    """The question as it stands. An answer that is a number is one; whole numbers have to be exact."""
    short = cast(ShortProposal, proposal)
    question, answer = " ".join(short.question.split()), clean_answer(short.answer)
    number = _NUMBER.fullmatch(answer)
    if number is None:
        return Posed(question, answer, "text")
    rounded = number.group("decimals") or number.group("note")
    return Posed(
        question, answer, "number", tolerance=None if rounded else 0.0, unit=short.unit.strip() or None
    )


def check_short(proposal: Proposal, posed: Posed) -> Dropped | None:
    """What is wrong with the answer, whatever is asked; None if nothing is."""
    answer, unit = posed.answer, cast(ShortProposal, proposal).unit.strip()
    if not answer or is_abstention(answer):
        return Dropped(reason="no_answer", detail=answer)
    if len(answer.split()) > _MOST_WORDS:
        return Dropped(reason="answer_too_long", detail=f"{len(answer.split())} words: {answer}")
    if _LIST.search(answer) and posed.answer_kind != "number":
        return Dropped(reason="answer_is_list", detail=answer)
    if unit and posed.answer_kind != "number":
        return Dropped(reason="not_a_number", detail=f"{answer!r} in {unit}")
    if unit and not _asks_unit(posed.question, unit):
        return Dropped(reason="unit_not_asked", detail=f"{unit!r} in: {posed.question}")
    if posed.answer_kind == "text" and (found := _SIGN.search(answer)):
        return Dropped(reason="signs_matter", detail=f"{found.group()!r} in: {answer}")
    return None


def _asks_unit(question: str, unit: str) -> bool:
    """Whether ``question`` names what ``unit`` says: percent, each scale word, else any of its words."""
    read, asked = GoldUnit.read(unit), normalize_text(question).split()
    if read.percent:
        return _PERCENT.search(question) is not None
    words = [word.removesuffix("s") for word in normalize_text(unit).split()]
    scales = [word for word in words if len(word) > 1 and word in SCALES]
    if scales or read.currency:
        return all(any(other.startswith(scale) for other in asked) for scale in scales)
    return any(other.startswith(word[:4]) for word in words for other in asked)
