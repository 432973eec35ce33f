"""Do two gold answers say the same? Numbers in full units, dates by their day, texts by their words.

``synth.answers.compare_answer`` holds a model's free text against one gold; here both sides are golds.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from longweave.synth.answers.numbers import read_numbers
from longweave.synth.answers.texts import normalize_text, read_date, says_text, split_list
from longweave.synth.answers.units import GoldUnit
from longweave.synth.records import AnswerKind
from longweave.verify.wording import words_of

_RELATIVE = 0.005
_STEP = 0.01
_TELLING_DIGITS = 3
_TELLING_LETTERS = 4
_MOST_WORDS_BESIDE_A_NUMBER = 2
_LEGAL_FORM_WORDS = "inc incorporated corp corporation co company ltd limited plc llc the a an of"
_LEGAL_FORMS = frozenset(_LEGAL_FORM_WORDS.split())
_SAYS_LITTLE = frozenset(("yes", "no", "true", "false", "none", "unknown", "not"))


@dataclass(frozen=True, slots=True)
class Answer:
    """A gold answer as its kind reads it. ``value`` is in full units (percent as printed), ``slack`` what its
    rounding leaves open; ``keys`` are such that answers that agree share one."""

    text: str
    kind: AnswerKind
    ordered: bool
    value: float | None
    slack: float
    percent: bool
    day: date | None
    words: frozenset[str]
    keys: frozenset[str]


def read_answer(
    text: str,
    kind: AnswerKind,
    unit: str | None = None,
    *,
    ordered: bool = False,
    tolerance: float | None = None,
) -> Answer:
    """What ``text`` says; a text that is but a number counts as one."""
    day = read_date(text) if kind == "text" else None
    number = _read_number(text, kind, unit) if day is None else None
    words = frozenset(words_of(text)) - _LEGAL_FORMS or frozenset(words_of(text))
    if number is None:
        keys = frozenset({str(day)}) if day else frozenset(f"word:{word}" for word in words)
        return Answer(text, kind, ordered, None, 0.0, False, day, words, keys)
    value, slack, percent = number
    slack = max(slack, abs(value) * max(_RELATIVE, tolerance or 0.0))
    return Answer(text, kind, ordered, value, slack, percent, None, words, _number_keys(value))


def agree(one: Answer, other: Answer) -> bool:
    """Whether both say the same. A sign is left open: a fall of 62 and a change of -62 are one."""
    if one.value is not None and other.value is not None:
        beside = [frozenset(word for word in answer.words if word.isalpha()) for answer in (one, other)]
        if one.kind == other.kind == "text" and all(beside) and beside[0] != beside[1]:
            return False
        return any(abs(left - right) <= max(one.slack, other.slack) for left, right in _alike(one, other))
    if one.day is not None and other.day is not None:
        return one.day == other.day
    if "list" in (one.kind, other.kind):
        return _lists_agree(one, other)
    if normalize_text(one.text) == normalize_text(other.text):
        return True
    shorter, longer = sorted((one, other), key=lambda answer: len(answer.words))
    return 2 * len(shorter.words) >= len(longer.words) and says_text(longer.text, shorter.text)


def is_telling(answer: Answer, question: str) -> bool:
    """Whether two questions hardly have this answer by chance: three significant digits and no year, a day,
    or a name or phrase that the question does not offer."""
    if answer.day is not None:
        return True
    if answer.value is not None:
        digits = re.sub(r"\D", "", answer.text).lstrip("0")
        is_year = re.fullmatch(r"\s*(?:1[5-9]|20)\d\d\s*", answer.text) is not None
        return len(digits) >= _TELLING_DIGITS and not is_year
    said = answer.words - _SAYS_LITTLE
    return any(len(word) >= _TELLING_LETTERS for word in said) and not said <= frozenset(words_of(question))


def _alike(one: Answer, other: Answer) -> Iterator[tuple[float, float]]:
    """The two values without signs; a percentage beside another number also as that many hundredths."""
    left, right = abs(one.value or 0.0), abs(other.value or 0.0)
    yield left, right
    if one.percent != other.percent:
        yield (left, right * 100) if one.percent else (left * 100, right)


def _lists_agree(one: Answer, other: Answer) -> bool:
    left, right = ([normalize_text(item) for item in split_list(answer.text)] for answer in (one, other))
    return left == right if one.ordered and other.ordered else sorted(left) == sorted(right)


def _read_number(text: str, kind: AnswerKind, unit: str | None) -> tuple[float, float, bool] | None:
    """The value, half a unit of its last digit, and whether it is a percentage; None if it is no number."""
    found = read_numbers(text) if kind in ("number", "text", "ratio") else []
    if len(found) != 1:
        return None
    if kind != "number" and len(re.findall(r"[^\W\d_]{2,}", text)) > _MOST_WORDS_BESIDE_A_NUMBER:
        return None
    read = GoldUnit.read(unit)
    scale = 1.0 if found[0].scaled else read.scale
    slack = 0.5 * 10.0 ** -found[0].decimals * scale if not found[0].scaled else 0.0
    return found[0].value * scale, slack, found[0].percent or read.percent


def _number_keys(value: float) -> frozenset[str]:
    """Two neighbouring steps of the logarithm; a percentage and its fraction share one, as do signs."""
    if value == 0:
        return frozenset({"number:0"})
    step = math.log(abs(value)) / _STEP
    hundredfold = math.log(100) / _STEP
    steps = (math.floor(at) + up for at in (step, step - hundredfold, step + hundredfold) for up in (0, 1))
    return frozenset(f"number:{at}" for at in steps)
