"""Does a prediction mean the same as the gold? One rule per kind of answer, and why it said so.

The prediction is an extracted answer (``extract_answer``) or any short text. The gold is trusted: one that
cannot be read as its kind is an error, never a wrong answer.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from longweave.synth.answers.extract import clean_answer
from longweave.synth.answers.numbers import Mention, choose_number, read_numbers
from longweave.synth.answers.texts import (
    names_others,
    option_text,
    read_choice,
    read_date,
    says_list,
    says_text,
    split_list,
)
from longweave.synth.answers.units import GoldUnit
from longweave.synth.errors import InputError
from longweave.synth.records import AnswerKind

_ABSTENTION = re.compile(
    r"(?:it |this |that )?(?:cannot|can ?not|can't|could not) be (?:determined|answered|known)\b.{0,80}"
    r"|(?:not (?:determinable|known|stated|given)|unknown|undetermined|n/a|none of the documents say)"
    r"|(?:i |we )(?:do not|don't|cannot|can't) (?:know|say|tell|determine)\b.{0,80}",
    re.IGNORECASE | re.DOTALL,
)
_NUMBER_WORD = re.compile(
    r"\b(?:zero|none|nothing|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
    r"|(?:thir|four|fif|six|seven|eigh|nine)teen|(?:twen|thir|for|fif|six|seven|eigh|nine)ty"
    r"|hundred|dozen|half|third|quarter|double|twice|triple)\b(?!-|\s+(?:decimal|digit|place))",
    re.IGNORECASE,
)
_DIGIT = re.compile(r"\d")
_SIMILAR_ENOUGH = 0.9
_EXACT = 1e-9
_HOPELESS = 0.1
_LONGEST = 20_000
_LONGEST_SHORT = 2_000


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a prediction is right, by which rule, and what was seen; ``score`` is in 0…1.

    ``final`` says that nobody else needs to be asked: the prediction could be read as what the gold is, or
    says nothing. Other wordings of a text may still mean the same.
    """

    correct: bool
    rule: str
    detail: str = ""
    score: float = 0.0
    final: bool = True


def compare_answer(
    prediction: str,
    gold: str,
    answer_kind: AnswerKind,
    tolerance: float | None = None,
    unit: str | None = None,
    *,
    ordered: bool = False,
    prefix: str | None = None,
) -> Verdict:
    """Compares ``prediction`` with ``gold``.

    - ``number``: the one number that the prediction gives, in the gold's unit or with a scale word, percent
      sign or currency of its own. Right within ``tolerance`` (relative to the gold), or if it rounds to the
      gold at the gold's decimals; a tolerance of 0 means exactly.
    - ``text``: the gold's words in the prediction, not denied and not one of several names; dates by their
      day.
    - ``choice``: the same letter, or the option's text.
    - ``list``: the same items, in the same order if ``ordered``.
    - ``ratio``: the share of the gold text reproduced, as ``score``; right from 0.9 on. A gold that is a
      number is compared as one. With a ``prefix`` that the answer must begin with, it is what OpenAI's
      MRCR publishes: 0 without the prefix, else the ratio of what follows it in both, of the prediction as
      it is (``extract_answer`` with the prefix). To bound the time, one of over 20,000 characters that could
      at best reach 0.1 scores 0.

    Raises:
        InputError: ``gold`` cannot be read as its kind.
    """
    if prefix is not None and answer_kind == "ratio":
        return _compare_prefixed(prediction, gold, prefix)
    prediction = clean_answer(prediction[:_LONGEST])
    if not prediction:
        return Verdict(False, "no_answer")
    if is_abstention(prediction) and not is_abstention(gold):
        return Verdict(False, "abstained", prediction)
    if answer_kind == "number" or (answer_kind == "ratio" and _is_number(gold)):
        return _compare_number(prediction, gold, tolerance, GoldUnit.read(unit))
    if answer_kind == "choice":
        return _compare_choice(prediction, gold)
    if answer_kind == "list":
        items = split_list(gold)
        if not items:
            raise InputError("the gold list is empty", where="compare_answer", fix="Drop the sample.")
        right, detail = says_list(prediction, items, ordered=ordered)
        return _verdict(right, "list", detail, final=False)
    if answer_kind == "ratio":
        return _compare_similarity(prediction, gold)
    return _compare_text(prediction, gold)


def is_abstention(answer: str) -> bool:
    """Whether ``answer`` says only that there is none."""
    return _ABSTENTION.fullmatch(answer.strip(" .\"'")) is not None


def _verdict(correct: bool, rule: str, detail: str = "", *, final: bool = True) -> Verdict:
    return Verdict(correct, rule, detail, float(correct), final or correct)


def _compare_text(prediction: str, gold: str) -> Verdict:
    if not gold.strip():
        raise InputError("the gold answer is empty", where="compare_answer", fix="Drop the sample.")
    day = read_date(gold)
    if day is not None:
        given = read_date(prediction)
        return _verdict(given == day, "date", f"{prediction[:80]!r} against {day}", final=given is not None)
    if says_text(prediction, gold):
        if names_others(prediction, gold):
            return _verdict(False, "several_named", f"{prediction[:80]!r} names more", final=False)
        return _verdict(True, "cover_exact_match")
    return _verdict(False, "cover_exact_match", f"{gold!r} is not said", final=False)


def _compare_choice(prediction: str, gold: str) -> Verdict:
    letter = read_choice(gold)
    chosen = read_choice(prediction)
    if letter is not None and chosen is not None:
        return _verdict(letter == chosen, "choice_letter", f"{chosen} against {letter}")
    text = option_text(gold)
    if len(text) > 1:
        return _verdict(says_text(prediction, text), "choice_text", final=False)
    return _verdict(False, "choice_letter", f"no single letter in {prediction[:80]!r}", final=False)


def _compare_similarity(prediction: str, gold: str) -> Verdict:
    if not gold.strip():
        raise InputError("the gold answer is empty", where="compare_answer", fix="Drop the sample.")
    given = prediction[: 2 * len(gold) + 200]
    score = SequenceMatcher(None, given, gold.strip(), autojunk=False).ratio()
    return Verdict(score >= _SIMILAR_ENOUGH, "similarity", f"ratio {score:.3f}", score)


def _compare_prefixed(prediction: str, gold: str, prefix: str) -> Verdict:
    if not gold.removeprefix(prefix).strip():
        raise InputError("the gold answer is empty", where="compare_answer", fix="Drop the sample.")
    if not prediction.startswith(prefix):
        return Verdict(False, "prefix_missing", f"{prediction[:80]!r} does not begin with {prefix}")
    matcher = SequenceMatcher(None, prediction.removeprefix(prefix), gold.removeprefix(prefix))
    if len(prediction) > _LONGEST and matcher.real_quick_ratio() < _HOPELESS:
        return Verdict(False, "prefixed_similarity", f"{len(prediction)} characters")
    score = matcher.ratio()
    return Verdict(score >= _SIMILAR_ENOUGH, "prefixed_similarity", f"ratio {score:.3f}", score)


def _is_number(gold: str) -> bool:
    return any(character.isdigit() for character in gold) and not any(
        character.isalpha() for character in gold.replace("x", "").replace("times", "")
    )


def _compare_number(prediction: str, gold: str, tolerance: float | None, unit: GoldUnit) -> Verdict:
    wanted = read_numbers(gold)
    if len(wanted) != 1:
        raise InputError(
            f"{gold!r} is not one number", where="compare_answer", fix="Correct the gold answer."
        )
    target = wanted[0]
    given = choose_number(prediction[:_LONGEST_SHORT], unit, expects_year=target.year)
    if len(given) != 1:
        detail = f"{[number.value for number in given]} in {prediction[:80]!r}"
        if given:
            return _verdict(False, "several_numbers", detail, final=False)
        final = _NUMBER_WORD.search(prediction) is None and not _DIGIT.search(prediction)
        return _verdict(False, "no_number", detail, final=final)
    number = given[0]
    mismatch = _find_unit_mismatch(number, unit, target)
    if mismatch:
        return _verdict(False, "unit_mismatch", mismatch, final=False)
    value = target.value if target.scaled else target.value * unit.scale
    for meaning, rule in _meanings(number, unit, target):
        if _close(meaning, value, tolerance, target, unit):
            return _verdict(True, rule)
    detail = f"{number.value:g} against {value:g}"
    return _verdict(False, "number", detail, final=_NUMBER_WORD.search(prediction) is None)


def _find_unit_mismatch(number: Mention, unit: GoldUnit, target: Mention) -> str:
    currency = unit.currency or target.currency
    percent = unit.percent or target.percent
    if number.currency and (percent or (currency and number.currency != currency)):
        return f"{number.currency} where {'percent' if percent else currency} is asked"
    if number.percent and currency:
        return f"percent where {currency} is asked"
    return ""


def _meanings(number: Mention, unit: GoldUnit, target: Mention) -> Iterator[tuple[float, str]]:
    """What a number can stand for, in full units (percent as printed), and the rule that says so."""
    percent = unit.percent or target.percent
    for value in (number.value, -number.value) if number.sign_open else (number.value,):
        if percent:
            yield value, "number"
            if not number.percent and not number.scaled:
                yield value * 100, "fraction_of_percent"
        elif number.percent:
            yield value / 100, "percent_of_fraction"
        elif number.scaled:
            yield value, "scaled_number"
        else:
            yield value * unit.scale, "number"
            if unit.scale != 1:
                yield value, "full_units"


def _close(value: float, wanted: float, tolerance: float | None, target: Mention, unit: GoldUnit) -> bool:
    distance = abs(value - wanted)
    if distance <= _EXACT * max(1.0, abs(wanted)):
        return True
    if tolerance == 0:
        return False
    half_unit = 0.5 * 10.0**-target.decimals * (1.0 if target.scaled else unit.scale)
    return distance <= max(half_unit * (1 + _EXACT), (tolerance or 0.0) * abs(wanted))
