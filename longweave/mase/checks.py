"""What every question must be, whichever its type: checked on words, with no model.

Reasons:

- ``no_question``, ``too_long``, ``reserved_marker``: it could not be asked,
- ``yes_or_no``: a guess would do,
- ``speaks_of_text``: it could not be understood among hundreds of other documents,
- ``answer_given_away``: it holds its answer,
- ``answer_unreadable``: the rule that compares answers would not take the answer for itself,
- ``few_places``: its quotes come from fewer places than the type demands,
- ``near_duplicate``: it is nearly a question that was kept, by its words or by their meaning.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from rapidfuzz import fuzz, process

from longweave.mase.evidence import count_places
from longweave.mase.task_type import Posed, TaskType
from longweave.synth.answers import compare_answer
from longweave.synth.answers.texts import cover_exact_match
from longweave.synth.embedding import Encode, Vectors
from longweave.synth.errors import InputError
from longweave.synth.prompt import find_reserved_mark
from longweave.synth.records import Dropped, Evidence

_SHORTEST, _LONGEST, _LONGEST_ANSWER = 20, 2_500, 300
_TELLING_DIGITS = 3
_GUESSES = frozenset({"yes", "no", "true", "false"})
_AUXILIARY = "is|are|was|were|do|does|did|has|have|had|can|could|would|will|should|may|might"
_SUPPOSED = r"(?:had|were|should)\b[^?]*,[^?]*\b(?:what|which|who|whom|whose|when|where|how|why)\b"
_YES_OR_NO = re.compile(rf"(?:^|[.?!]\s+(?=[A-Z]))(?i:(?!{_SUPPOSED})(?:{_AUXILIARY}))\b[^?]*\?$")
_DIGITS = re.compile(r"\d[\d,]*(?:\.\d+)?")
_SHOWN = r"(?:passages?|excerpts?|snippets?|texts?|documents?|contexts?)"
_EXCERPT = r"(?:passages|excerpts?|snippets?|passage(?!\s+(?:of|from|through|to|into)\b))"
_OF_TEXT = re.compile(
    rf"\b(?:documents?|passages?|excerpts?)\s+(?:#?\d+|(?-i:[A-D]))\b"
    rf"|\b(?:the|these|those|this|both|all|any|each|which)\s+(?:first\s+|second\s+|two\s+|three\s+)?{_EXCERPT}\b"
    rf"|\b(?:the|these|this)\s+(?:given|provided|above|supplied|preceding)\s+(?:\w+\s+)?{_SHOWN}\b"
    rf"|\b{_SHOWN}\s+(?:above|below)\b"
    rf"|\b(?:according\s+to|based\s+on|as\s+stated\s+in|as\s+described\s+in|from|in)\s+(?:the|this|these)"
    rf"\s+{_SHOWN}(?=\s*(?:[,.?;:)]|$))"
    r"|\b(?:mentioned|described|stated|listed|quoted|shown|given)\s+(?:above|below)\b",
    re.IGNORECASE,
)


def check_question(posed: Posed) -> Dropped | None:
    """The first thing that is wrong with the words of a question; None if nothing is."""
    question, answer = posed.question, posed.answer
    stem = question.partition("\n")[0].rstrip()
    if len(stem) < _SHORTEST or "?" not in question:
        return Dropped(reason="no_question", detail=question)
    if len(question) > _LONGEST or len(answer) > _LONGEST_ANSWER:
        detail = f"{len(question)} characters, the answer {len(answer)}"
        return Dropped(reason="too_long", detail=detail)
    if mark := find_reserved_mark(f"{question}\n{answer}"):
        return Dropped(reason="reserved_marker", detail=mark)
    if answer.strip(" .").lower() in _GUESSES or (
        posed.answer_kind != "choice" and _YES_OR_NO.search(question)
    ):
        return Dropped(reason="yes_or_no", detail=f"{answer}: {question}")
    if found := _OF_TEXT.search(question):
        return Dropped(reason="speaks_of_text", detail=f"{found.group()!r} in: {question}")
    if posed.answer_kind != "choice" and _gives_away(question, posed):
        return Dropped(reason="answer_given_away", detail=f"{answer}: {question}")
    return None


def check_answer(posed: Posed) -> Dropped | None:
    """``answer_unreadable`` where the answer would not be right by the rule of its own kind."""
    try:
        verdict = compare_answer(posed.answer, posed.answer, posed.answer_kind, posed.tolerance, posed.unit)
    except InputError as error:
        return Dropped(reason="answer_unreadable", detail=str(error))
    if not verdict.correct:
        return Dropped(reason="answer_unreadable", detail=f"{verdict.rule}: {posed.answer!r}")
    return None


def check_places(task_type: TaskType, evidence: Sequence[Evidence]) -> Dropped | None:
    """``few_places`` where ``evidence`` comes from too few for ``task_type``, one at least."""
    places, least = count_places(evidence), max(1, task_type.min_places)
    return Dropped(reason="few_places", detail=f"{places} of {least}") if places < least else None


@dataclass(slots=True)
class KeptQuestions:
    """Questions that were kept, to be compared with. ``encode`` embeds texts as unit vectors."""

    encode: Encode
    max_similarity: float
    _texts: list[str] = field(default_factory=list)
    _vectors: list[Vectors] = field(default_factory=list)

    def check(self, question: str) -> Dropped | None:
        """``near_duplicate`` where one of them is too similar to ``question``."""
        if not self._texts:
            return None
        most = 100 * self.max_similarity
        found = process.extractOne(question, self._texts, scorer=fuzz.token_sort_ratio, score_cutoff=most)
        if found is not None:
            return Dropped(reason="near_duplicate", detail=f"words {found[1] / 100:.2f}: {found[0]}")
        likeness = np.stack(self._vectors) @ self.encode([question])[0]
        nearest = int(likeness.argmax())
        if likeness[nearest] >= self.max_similarity:
            detail = f"meaning {likeness[nearest]:.2f}: {self._texts[nearest]}"
            return Dropped(reason="near_duplicate", detail=detail)
        return None

    def add(self, question: str) -> None:
        """From now on ``question`` is one of them."""
        self._texts.append(question)
        self._vectors.append(self.encode([question])[0])


def _gives_away(question: str, posed: Posed) -> bool:
    """Small numbers are let pass: they also count ("rounded to 2 decimals")."""
    if posed.answer_kind == "number":
        wanted = _read_digits(posed.answer)
        return any(len(digits) >= _TELLING_DIGITS for digits in wanted & _read_digits(question))
    words = r"\W+".join(map(re.escape, re.findall(r"\w+", posed.answer)))
    if words and re.search(rf"(?<!\w){words}(?!\w)", question, re.IGNORECASE):
        return True
    return cover_exact_match(question, posed.answer)


def _read_digits(text: str) -> set[str]:
    return {found.group().replace(",", "").rstrip(".") for found in _DIGITS.finditer(text)}
