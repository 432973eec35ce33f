"""Is an answer right? The rule says so first; where its no is not final, a model is asked.
As L1.5's reward: the larger of both counts.

In: a question with its gold answer, and predictions that ``extract_answer`` took out of responses: what a
model thought before it answered never comes here. Out: a ``Ruling`` for each, in which both verdicts stand.
Makers, gates, rewards and evaluations use this one judgement.
"""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field

from longweave.synth.answers import Verdict, compare_answer
from longweave.synth.llm.client import Asker
from longweave.synth.llm.errors import AnswerError
from longweave.synth.llm.prompting import load_prompt
from longweave.synth.llm.request import Prompt
from longweave.synth.llm.settings import Role
from longweave.synth.records import Candidate, content_id

_VERDICT = re.compile(r"\[\[\s*(YES|NO)\s*\]\]", re.IGNORECASE)
_AFTER_VERDICT = re.compile(r"[\s.*_`\"')]*")
_LONGEST = 2_000


class VerdictSettings(BaseModel):
    """How answers are judged."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    judge: bool = Field(
        default=True, description="The role judge decides where the rule cannot; else the rule alone."
    )
    votes: int = Field(
        default=1, ge=1, description="Judgements of each answer; the majority counts, a tie does not."
    )
    audit_share: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="Share of the answers right by rule that the judge is asked about too; what it says is "
        "recorded and changes nothing.",
    )


@dataclass(frozen=True, slots=True)
class Ruling:
    """What became of one answer. ``judged`` is the judge's verdict: None where it was not asked, or where its
    judgements could not be read or were divided."""

    rule: Verdict
    judged: bool | None = None
    unclear: bool = False

    @property
    def correct(self) -> bool:
        """Right by rule or by judge; meaningless where ``unclear``."""
        return self.rule.correct or self.judged is True

    @property
    def score(self) -> float:
        """The reward: the larger of both, 0…1."""
        return 1.0 if self.judged is True else self.rule.score


async def judge_answers(
    candidate: Candidate,
    predictions: Sequence[str],
    asker: Asker,
    settings: VerdictSettings,
    seed: int,
    role: Role = "judge",
) -> list[Ruling]:
    """A ruling for each of ``predictions``; equal ones are judged once, by ``role``.

    Raises:
        InputError: The gold answer cannot be read as its kind.
        RunError: The run cannot go on.
    """

    async def rule_on(prediction: str) -> Ruling:
        rule = compare_answer(
            prediction,
            candidate.answer,
            candidate.answer_kind,
            candidate.tolerance,
            candidate.unit,
            ordered=candidate.ordered,
            prefix=candidate.prefix,
        )
        by_rule = rule.final and not (rule.correct and _is_audited(prediction))
        if not settings.judge or by_rule or candidate.answer_kind == "ratio":
            return Ruling(rule)
        judged = await ask_judge(
            candidate.question, candidate.answer, prediction, asker, settings.votes, seed, role
        )
        return Ruling(rule, judged, unclear=judged is None and not rule.correct)

    def _is_audited(prediction: str) -> bool:
        draw = int(content_id(candidate.sample_id, prediction, seed), 16) / 16**16
        return draw < settings.audit_share

    distinct = list(dict.fromkeys(predictions))
    rulings = dict(zip(distinct, await asyncio.gather(*map(rule_on, distinct)), strict=True))
    return [rulings[prediction] for prediction in predictions]


async def ask_judge(
    question: str,
    reference: str,
    answer: str,
    asker: Asker,
    votes: int,
    seed: int,
    role: Role = "judge",
) -> bool | None:
    """Whether ``role`` finds that ``answer`` means what ``reference`` does; None if no majority does or
    no judgement could be read."""
    prompt = Prompt(
        load_prompt(
            __package__,
            "judge_answer.txt",
            question=question,
            reference=reference,
            answer=_VERDICT.sub("", answer)[:_LONGEST],
        )
    )
    try:
        judgements = await asker.ask_text(role, prompt, seed=seed, n=votes, check=_find_fault)
    except AnswerError:
        return None
    yes = sum(read_verdict(judgement.text) is True for judgement in judgements)
    return None if 2 * yes == votes else 2 * yes > votes


def read_verdict(text: str) -> bool | None:
    """What a judgement ends with: True for ``[[YES]]``, False for ``[[NO]]``; None for anything else."""
    marks = list(_VERDICT.finditer(text))
    if not marks or not _AFTER_VERDICT.fullmatch(text, marks[-1].end()):
        return None
    return marks[-1].group(1).upper() == "YES"


def _find_fault(text: str) -> str | None:
    return "it does not end with [[YES]] or [[NO]]" if read_verdict(text) is None else None
