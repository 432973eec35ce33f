"""What a question must be, whoever wrote it: checked on its words, with no model.

Reasons: ``name_leaked``, ``answer_leaked``, ``clue_missing``, ``yes_or_no``, ``asks_for_list``,
``speaks_of_text``, ``supposition_missing``, ``no_question``, ``too_long``, ``reserved_marker``;
``other_counting``, ``counting_not_said`` and ``name_not_asked`` (``kg.counting``);
``other_name``, ``other_number``: one that is not in the description of the start or in what is supposed, so
that a reader could begin in the middle.
"""

import re

from longweave.kg.answers import SHARES
from longweave.kg.clues import Clue
from longweave.kg.counting import check_counting
from longweave.kg.mentions import is_named
from longweave.kg.plan_records import Plan, PlanNode, clue_names
from longweave.kg.spelling import carrying_words, keep_case, words_of
from longweave.kg.values import AMOUNT, read_number, year_of
from longweave.synth.prompt import find_reserved_mark
from longweave.synth.records import Dropped

_LONGEST = 900
_SHORTEST = 30
_AUXILIARY = "is|are|was|were|do|does|did|has|have|had|can|could|would|will|should|may|might"
_SUPPOSED = r"(?:had|were|should)\b[^?]*,[^?]*\b(?:what|which|who|whom|whose|when|where|how)\b"
# At the beginning, or with a capital after the end of a sentence: "the U.S. was founded by whom?" is neither,
# nor is "Had it been closed 7 years later, when would that have been?".
_YES_OR_NO = re.compile(
    rf"(?:^|[.?!] +(?=[A-Z]))(?i:(?!{_SUPPOSED})(?:{_AUXILIARY}))\b[^?]*\?$",
)
_FRONTED = re.compile(rf", (?:{_AUXILIARY})\b[^?]*\?$")  # "After the war, was it closed?"
_ASKS = re.compile(r"\b(?:what|which|who|whom|whose|when|where|how|why)\b", re.IGNORECASE)
_LIST = re.compile(
    r"\b(?:list|name|enumerate|identify)\s+(?:all|every|each|the\s+(?:two|three|four|five|names))\b"
    r"|\b(?:what|who|which)\s+(?:are|were)\s+(?:all|the\s+names)\b"
    r"|\bwhich\s+(?:two|three|four|five|of the following)\b",
    re.IGNORECASE,
)
_OF_TEXT = re.compile(
    r"\b(?:(?i:passages?(?!\s+(?:of\s+(?!(?:an?|the|this)\s+(?:speech|text|document|report|filing|address))"
    r"|by\s+(?:the\s+)?(?:congress|house|senate|parliament|lawmakers)))"  # the passage of a bill is none
    r"|the\s+(?:text|documents?|excerpts?|filings?|address(?:es)?|context)"
    r"|according\s+to\s+the)|X\d+)\b"
)
_NAME = re.compile(r"(?<![.?!] )(?<!^)(?<![\w.])[A-Z][\w.&’'-]*\w")  # does not begin a sentence
_NUMBER = re.compile(r"\b\w*\d\w*(?:[.,]\w*\d\w*)*")
_DIRECTION = {"earlier": "later", "later": "earlier"}


def check_question(question: str, plan: Plan) -> Dropped | None:
    """The first thing that is wrong with ``question`` as the wording of ``plan``; None if nothing is."""
    question = question.rstrip()
    if not question.endswith("?") or len(question) < _SHORTEST:
        return Dropped(reason="no_question", detail=question)
    if len(question) > _LONGEST:
        return Dropped(reason="too_long", detail=f"{len(question)} characters")
    if mark := find_reserved_mark(question):
        return Dropped(reason="reserved_marker", detail=mark)
    if _YES_OR_NO.search(question) or (_FRONTED.search(question) and not _ASKS.search(question)):
        return Dropped(reason="yes_or_no", detail=question)
    if _LIST.search(question):
        return Dropped(reason="asks_for_list", detail=question)
    if found := _OF_TEXT.search(question):
        return Dropped(reason="speaks_of_text", detail=f"{found.group()!r} in: {question}")
    return (
        _check_names(question, plan)
        or _check_supposition(question, plan)
        or check_counting(question, plan)
        or _check_particulars(question, plan)
    )


def hidden_names(plan: Plan) -> list[str]:
    """Names that the question must not hold: those of every thing on the path, and values at its ends."""
    said = " ".join(clue_names(plan.start.clues))
    names = {alias for node in _all_nodes(plan) for alias in node.aliases}
    return sorted(name for name in names if not is_named(said, [name]))


def _all_nodes(plan: Plan) -> list[PlanNode]:
    return plan.nodes if plan.milestone is None else [*plan.nodes, plan.milestone]


def _check_names(question: str, plan: Plan) -> Dropped | None:
    years = {year_of(node.name) for node in _all_nodes(plan) if node.type == "date"}
    for name in [*hidden_names(plan), *(str(year) for year in sorted(filter(None, years)))]:
        if is_named(question, [name]):
            return Dropped(reason="name_leaked", detail=f"{name!r} in: {question}")
    if plan.answer_kind == "number" and _holds_amount(question, plan.answer):
        return Dropped(reason="answer_leaked", detail=f"{plan.answer!r} in: {question}")
    there = set(words_of(question))
    for clue in plan.start.clues:
        if missing := [word for word in _words_needed(clue) if word not in there]:
            return Dropped(
                reason="clue_missing", detail=f"{missing[0]!r} of {clue.said!r} not in: {question}"
            )
    return None


def _words_needed(clue: Clue) -> list[str]:
    """Without which a clue says less, or something else: a name's words, a rank, the numbers of a date."""
    words = carrying_words(clue.names) if clue.names else []
    if clue.kind == "superlative":
        words += words_of(clue.said)[1:2]  # as in "the largest of the 3 that share"
    if clue.kind == "temporal":
        words += _NUMBER.findall(clue.said)
    return words


def _check_supposition(question: str, plan: Plan) -> Dropped | None:
    """The size of what is supposed must be in the question, since the answer is computed from it."""
    computation = plan.computation
    if computation is None or not computation.said:
        return None
    said, words = computation.said, words_of(question)
    if computation.years:
        direction = said.split()[-1]
        turned = _DIRECTION[direction] in words and direction not in words
        holds = str(abs(computation.years)) in words and not turned
    else:
        longer = [other for other in SHARES if other != said and is_named(other, [said])]
        holds = is_named(question, [said]) and not is_named(question, longer)
    return None if holds else Dropped(reason="supposition_missing", detail=f"{said!r} not in: {question}")


def _check_particulars(question: str, plan: Plan) -> Dropped | None:
    said = [f"{clue.said} {clue.relation}" for clue in plan.start.clues]
    if plan.computation is not None:
        said.append(plan.computation.said)
    known = {word for one in said for word in words_of(one)}
    for name in _NAME.findall(keep_case(question)):
        if not set(words_of(name)) <= known:
            return Dropped(reason="other_name", detail=f"{name!r} in: {question}")
    numbers = {number for one in said for number in _NUMBER.findall(one)}
    for number in _NUMBER.findall(question):
        if number not in numbers:
            return Dropped(reason="other_number", detail=f"{number!r} in: {question}")
    return None


def _holds_amount(question: str, amount: str) -> bool:
    found = (read_number(match.group()) for match in AMOUNT.finditer(question))
    return any(number is not None and number.value == float(amount) for number in found)
