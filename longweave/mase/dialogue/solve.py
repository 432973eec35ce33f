"""The answer to a plan, from the turns that are there, and the turns that prove it.

What is asked must not be open to dispute: where a turn could be counted or not (another form of the word, a
message told in the third person, lines in which a turn may go on), there is no answer but a reason:

- ``rule_unclear``, ``too_few_look_alikes``: what the rule selects is in dispute, or the ordinal beyond it,
- ``quote_missing``, ``quote_repeated``: not exactly one turn holds the quote,
- ``answer_missing``: the turn does not have what is asked for.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from longweave.mase.dialogue.plan import AskName, Plan, Rule
from longweave.mase.dialogue.turns import Turn, follows
from longweave.mase.dialogue.words import collapse, mentions, resembles, tokens_of
from longweave.synth.records import AnswerKind, Dropped


@dataclass(frozen=True, slots=True)
class Solution:
    """``spans`` are the ``[start, end)`` of the lines that prove the answer, ``targets`` the turns that hold
    it or that the question quotes."""

    answer: str
    kind: AnswerKind
    spans: tuple[tuple[int, int], ...]
    targets: tuple[Turn, ...]


def solve(plan: Plan, text: str, turns: Sequence[Turn]) -> Solution | Dropped:
    """What ``turns``, all turns of ``text``, answer to ``plan``."""
    return _ASKS[plan.ask](plan, text, turns)


def select(rule: Rule, turns: Sequence[Turn]) -> list[Turn] | Dropped:
    """The turns that ``rule`` is about, in order."""
    own = [turn for turn in turns if rule.speaker in ("", turn.speaker)]
    selected = [turn for turn in own if _belongs(rule, turn)]
    for turn in own:
        in_dispute = turn.is_action or turn.is_broken if _belongs(rule, turn) else _is_near(rule, turn)
        if in_dispute:
            return Dropped(reason="rule_unclear", detail=turn.words[:200])
    return selected


def _belongs(rule: Rule, turn: Turn) -> bool:
    if rule.name == "mention":
        return mentions(turn.words, rule.words)
    if rule.name == "question":
        return turn.words.endswith("?")
    if rule.name == "address":
        return _first_word(turn) == rule.words.lower()
    return begins_with(turn.words, rule.words)


def _is_near(rule: Rule, turn: Turn) -> bool:
    """Whether a turn that does not belong is so near to it that readers may differ."""
    if rule.name == "mention":
        return resembles(turn.words, rule.words) or (
            turn.is_broken and (mentions(turn.more, rule.words) or resembles(turn.more, rule.words))
        )
    if rule.name == "question":
        return any(said.rstrip(" .!\"')(\n").endswith("?") for said in (turn.words, turn.more))
    if rule.name == "address":
        return _first_word(turn).startswith(rule.words.lower())
    wanted = tokens_of(rule.words)
    return tokens_of(turn.words)[: len(wanted)] == wanted


def _first_word(turn: Turn) -> str:
    """What a message begins with, but for the mark after a name."""
    return "".join(turn.words.lower().split()[:1]).rstrip(":,;.!?>")


def begins_with(words: str, opening: str) -> bool:
    """Whether ``words`` begin with all words of ``opening``, written so but for capitals."""
    rest = words[len(opening) :]
    return words[: len(opening)].lower() == opening.lower() and not rest[:1].isalnum() and rest[:1] != "'"


def _nth_look_alike(plan: Plan, text: str, turns: Sequence[Turn]) -> Solution | Dropped:
    assert plan.rule is not None
    selected = select(plan.rule, turns)
    if isinstance(selected, Dropped):
        return selected
    if not 0 < abs(plan.ordinal) <= len(selected):
        return Dropped(reason="too_few_look_alikes", detail=f"{len(selected)} of them")
    target = selected[plan.ordinal - (plan.ordinal > 0)]
    return Solution(f"{plan.prefix}{target.words}", "ratio", _lines(selected), (target,))


def _count(plan: Plan, text: str, turns: Sequence[Turn]) -> Solution | Dropped:
    assert plan.rule is not None
    selected = select(plan.rule, turns)
    if isinstance(selected, Dropped):
        return selected
    if not selected:
        return Dropped(reason="too_few_look_alikes", detail="none of them")
    return Solution(str(len(selected)), "number", _lines(selected), ())


def _nth_speaker(plan: Plan, text: str, turns: Sequence[Turn]) -> Solution | Dropped:
    """The n-th to mention a word, counting everybody once: all mentions up to theirs prove it."""
    assert plan.rule is not None
    met: list[str] = []
    for number, turn in enumerate(turns):
        if _belongs(plan.rule, turn) and turn.speaker not in met:
            met.append(turn.speaker)
            if len(met) == plan.ordinal:
                selected = select(plan.rule, turns[: number + 1])
                if isinstance(selected, Dropped):
                    return selected
                return Solution(turn.speaker, "text", _lines(selected), (turn,))
    return Dropped(reason="too_few_look_alikes", detail=f"{len(met)} speakers")


def _quoted(field: str, kind: AnswerKind, plan: Plan, text: str, turns: Sequence[Turn]) -> Solution | Dropped:
    """What stands beside the words of the one turn that holds the quote."""
    turn = find_quoted(plan, turns)
    if isinstance(turn, Dropped):
        return turn
    answer: str = getattr(turn, field)
    if not answer:
        return Dropped(reason="answer_missing", detail=turn.words[:200])
    return Solution(answer, kind, _lines([turn]), (turn,))


def _addressee(plan: Plan, text: str, turns: Sequence[Turn]) -> Solution | Dropped:
    turn = find_quoted(plan, turns)
    if isinstance(turn, Dropped):
        return turn
    name = addressed_by(turn)
    if not name:
        return Dropped(reason="answer_missing", detail=turn.words[:200])
    return Solution(name, "text", _lines([turn]), (turn,))


def addressed_by(turn: Turn) -> str:
    """The name that a message begins with ("dajar: php4-mysql"); "" if it begins with none."""
    name, mark, rest = turn.words.partition(" ")
    named = name.endswith((":", ",")) and mark and name[:-1].isprintable() and len(name) > 1
    return name[:-1] if named and rest.strip() else ""


def _reply(plan: Plan, text: str, turns: Sequence[Turn]) -> Solution | Dropped:
    turn = find_quoted(plan, turns)
    if isinstance(turn, Dropped):
        return turn
    after = turns.index(turn) + 1
    if after == len(turns) or not follows(text, turns[after], turn):
        return Dropped(reason="answer_missing", detail="what follows is not shown")
    reply = turns[after]
    if reply.speaker != plan.replier or reply.is_action or reply.is_broken:
        return Dropped(reason="answer_missing", detail=f"{reply.speaker} speaks next")
    answer = f"{plan.prefix}{reply.words}"
    return Solution(answer, "ratio", ((turn.at, reply.end),), (turn, reply))


def find_quoted(plan: Plan, turns: Sequence[Turn]) -> Turn | Dropped:
    """The one turn that holds the quote; it must be of the speaker that the question names."""
    quote = collapse(plan.quote)
    holding = [turn for turn in turns if quote in collapse(f"{turn.words} {turn.more}")]
    if len(holding) > 1:
        return Dropped(reason="quote_repeated", detail=plan.quote)
    if not holding or plan.speaker not in ("", holding[0].speaker) or holding[0].is_action:
        return Dropped(reason="quote_missing", detail=plan.quote)
    if quote not in collapse(holding[0].words):
        return Dropped(reason="quote_missing", detail=f"in further lines: {plan.quote}")
    return holding[0]


def _lines(turns: Sequence[Turn]) -> tuple[tuple[int, int], ...]:
    return tuple((turn.at, turn.end) for turn in turns)


_ASKS: Mapping[AskName, Callable[[Plan, str, Sequence[Turn]], Solution | Dropped]] = {
    "mrcr_mention": _nth_look_alike,
    "mrcr_question": _nth_look_alike,
    "mrcr_address": _nth_look_alike,
    "mrcr_opening": _nth_look_alike,
    "needle_speaker": partial(_quoted, "speaker", "text"),
    "needle_reply": _reply,
    "needle_count": _count,
    "needle_nth_speaker": _nth_speaker,
    "needle_time": partial(_quoted, "time", "text"),
    "needle_turn": partial(_quoted, "number", "number"),
    "needle_addressee": _addressee,
}
