"""A choice of a model becomes a value, or is broken for a stated reason.

Nothing is guessed: an answer that was cut off, is not JSON, or does not fit its model in type and shape is
broken, and it is for the caller to ask again. An integer may stand for a float, no other type for another.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from longweave.synth.llm.json_object import CutOffObject, NoObject, read_object
from longweave.synth.llm.reasoning import Separated, separate_reasoning
from longweave.synth.llm.response import Choice

A = TypeVar("A", bound=BaseModel)
V = TypeVar("V")

Reason = Literal["empty", "cut_off", "not_json", "wrong_shape", "refused", "check_failed"]

_CUT_OFF = ("length", "model_length", "abort", "error")
_SHOWN = 300


class ModelAnswer(BaseModel):
    """Base of typed answers: immutable, and a field that is not its own is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True, slots=True)
class Answer(Generic[V]):
    """One good answer.

    ``text`` is what the model answered and ``reasoning`` what it thought before. ``key`` is the key of the
    request in hexadecimal digits, ``seed`` its seed.
    """

    value: V
    text: str
    reasoning: str
    finish_reason: str
    key: str
    seed: int


class BrokenAnswer(ValueError):
    """An answer cannot be used: ``reason`` says why in one word, ``detail`` in full."""

    def __init__(self, reason: Reason, detail: str) -> None:
        self.reason, self.detail = reason, detail[:_SHOWN]
        super().__init__(f"{reason}: {self.detail}")


def read_answer(
    choice: Choice,
    *,
    answer: type[A],
    key: str,
    seed: int,
    check: Callable[[A], str | None] | None = None,
) -> Answer[A]:
    """The value of type ``answer`` that ``choice`` holds.

    Args:
        choice: Untrusted.
        answer: What it has to fit.
        key: Goes into the answer, as does ``seed``.
        seed: See ``key``.
        check: Says what is wrong with a value that fits; None when it is good.

    Raises:
        BrokenAnswer: It holds none.
    """
    parts = _separate(choice)
    if _is_cut_off(choice, parts):
        raise _cut_off(choice, parts)
    value = _validate(_find_object(parts.answer), answer)
    if check is not None and (wrong := check(value)) is not None:
        raise BrokenAnswer("check_failed", wrong)
    return Answer(value, parts.answer, parts.reasoning, choice.finish_reason, key, seed)


def read_text(
    choice: Choice,
    *,
    key: str,
    seed: int,
    check: Callable[[str], str | None] | None = None,
    allow_cut_off: bool = False,
) -> Answer[str]:
    """The answer in free text, without white space around it.

    Args:
        choice: Untrusted.
        key: Goes into the answer, as does ``seed``.
        seed: See ``key``.
        check: Says what is wrong with a text; None when it is good.
        allow_cut_off: Take it as far as it goes. Nothing at all is left if it was cut off in its reasoning.

    Raises:
        BrokenAnswer: There is none.
    """
    parts = _separate(choice)
    if _is_cut_off(choice, parts) and not allow_cut_off:
        raise _cut_off(choice, parts)
    if check is not None and (wrong := check(parts.answer)) is not None:
        raise BrokenAnswer("check_failed", wrong)
    return Answer(parts.answer, parts.answer, parts.reasoning, choice.finish_reason, key, seed)


def _separate(choice: Choice) -> Separated:
    if choice.finish_reason == "content_filter":
        raise BrokenAnswer("refused", choice.text.strip() or "by the server's content filter")
    parts = separate_reasoning(choice)
    if not parts.answer and not _is_cut_off(choice, parts):
        if parts.reasoning:
            raise BrokenAnswer(
                "empty", "there is reasoning and no answer; is the server's reasoning parser the model's?"
            )
        raise BrokenAnswer("empty", "the server gave no text")
    return parts


def _is_cut_off(choice: Choice, parts: Separated) -> bool:
    return parts.is_cut_off or choice.finish_reason in _CUT_OFF


def _cut_off(choice: Choice, parts: Separated) -> BrokenAnswer:
    where = "in the answer" if parts.answer else "in the reasoning"
    return BrokenAnswer("cut_off", f"{where}, finish_reason {choice.finish_reason[:40]!r}")


def _find_object(text: str) -> Any:
    try:
        return read_object(text)
    except CutOffObject as error:
        raise BrokenAnswer("cut_off", str(error)) from None
    except NoObject as error:
        raise BrokenAnswer("not_json", str(error)) from None


def _validate(value: Any, answer: type[A]) -> A:
    try:
        # As JSON, since only so a list may become a tuple and a string an enum member or date in strict mode.
        return answer.model_validate_json(json.dumps(value, ensure_ascii=False).encode(), strict=True)
    except UnicodeEncodeError:
        raise BrokenAnswer("not_json", "a string holds half of a surrogate pair") from None
    except ValidationError as error:
        raise BrokenAnswer("wrong_shape", _explain(error)) from None


def _explain(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = ".".join(map(str, first["loc"])) or "the whole"
    others = error.error_count() - 1
    return f"{place}: {first['msg']}{f' (and {others} more)' if others else ''}"
