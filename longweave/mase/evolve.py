"""The loop of one cluster: propose, solve, verify, and the kept pairs as history of the next round.

In: a cluster with its texts, its task type, models in the roles proposer, solver and verifier. Out: a
``Round`` for each proposal. The proposer sees the documents, and from the second round on the last pairs
that were solved, and how often: the new one is to be different and harder. It is also told what a check found
wrong with its last proposal. The solver sees the documents among distractors, in the form of a training
prompt. A pair is kept if the solver is right sometimes, not never and not always (L1.5, after SPELL); a try
that was cut off or has no answer counts neither way. Reasons beside those of ``mase.checks``,
``mase.evidence`` and the type's own:

- ``declined``: the proposer finds nothing good to ask,
- ``reserved_marker``: it quotes what no prompt may hold,
- ``proposal_unreadable``: its type cannot make anything of the proposal,
- ``never_solved``, ``always_solved``: too few of the tries are right, or wrong,
- ``not_judged``: no try could be judged,
- ``answer_…``: a model gave no usable answer; the round ends, the cluster goes on.

A round asks nothing that follows from chance, the clock or other clusters, so a loop that was interrupted
takes the same way again, on stored answers.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

import numpy as np

from longweave.mase.checks import KeptQuestions, check_answer, check_places, check_question
from longweave.mase.evidence import locate_quotes
from longweave.mase.records import Round
from longweave.mase.settings import MaseSettings
from longweave.mase.shown import OpenCluster, Shown
from longweave.mase.task_type import Posed, Proposal, TaskType
from longweave.synth.embedding import encode
from longweave.synth.errors import InputError
from longweave.synth.judge import Ruling, VerdictSettings, judge_answers
from longweave.synth.llm.client import Asker
from longweave.synth.llm.errors import AnswerError
from longweave.synth.llm.prompting import load_prompt, render_documents
from longweave.synth.llm.request import Prompt
from longweave.synth.prompt import answer_format, find_reserved_mark, render_prompt, split_prompt
from longweave.synth.records import Candidate, Dropped, Evidence, canonical_json, content_id

MAKER = "mase"
_SEEDS = 2**31
_TURNS = 60
_SHOWN = 1_000
_TOLD_BACK = 300


async def evolve_cluster(
    opened: OpenCluster, task_type: TaskType, asker: Asker, settings: MaseSettings, seed: int
) -> list[Round]:
    """The rounds of a cluster, one at least: until there are enough, or too many in a row kept nothing.

    Args:
        opened: The cluster with its texts.
        task_type: What is asked about it.
        asker: The model client.
        settings: How long it goes on, and what is kept.
        seed: The run's seed.

    Raises:
        RunError: The run cannot go on.
    """
    loop = _Loop(opened, task_type, asker, settings, seed, KeptQuestions(encode, settings.max_similarity))
    rounds: list[Round] = []
    misses = 0
    while len(rounds) < settings.rounds and misses < settings.patience:
        made = await loop.take_round(len(rounds) + 1)
        rounds.append(made)
        misses = misses + 1 if made.reason else 0
    return rounds


def turn_of(cluster: int, number: int, rounds: int) -> int:
    """A number that no other round ``number`` (1…) of no other cluster has. From one cluster to the next, and
    from one round to the next, it goes on by one modulo 2 to 6: whatever takes turns by it is balanced among
    first rounds, among second ones, and over all."""
    stride = _TURNS * -(-rounds // _TURNS) + 1
    return cluster * stride + number - 1


@dataclass(slots=True)
class _Draft:
    """What is known of a round so far."""

    transcript: dict[str, Any]
    question: str = ""
    answer: str = ""
    passes: int = 0
    tries: int = 0
    candidate: Candidate | None = None


@dataclass(slots=True)
class _Loop:
    """A cluster on its way: ``history`` are the pairs that were solved, as the proposer worded them; those
    that were too easy are among them, so that it sees what to surpass."""

    opened: OpenCluster
    task_type: TaskType
    asker: Asker
    settings: MaseSettings
    seed: int
    kept: KeptQuestions
    history: list[dict[str, str]] = field(default_factory=list)
    transcripts: list[dict[str, Any]] = field(default_factory=list)
    flaw: Dropped | None = None
    """What was wrong with the last proposal."""

    async def take_round(self, number: int) -> Round:
        cluster = self.opened.cluster
        turn = turn_of(cluster.number, number, self.settings.rounds)
        seen = self.history[-self.settings.history :] if self.settings.history else []
        draft = _Draft({"round": number, "turn": turn, "history": seen})
        self.transcripts.append(draft.transcript)
        try:
            dropped = await self._play(draft, number, turn, seen)
        except AnswerError as error:
            dropped = Dropped(reason=error.reason, detail=str(error))
        reason, detail = (dropped.reason, dropped.detail[:_SHOWN]) if dropped else ("", "")
        draft.transcript |= {"reason": reason, "detail": detail}
        return Round(
            cluster_id=cluster.cluster_id,
            task_type=cluster.task_type,
            domain=cluster.domain,
            number=number,
            reason=reason,
            detail=detail,
            question=draft.question,
            answer=draft.answer,
            passes=draft.passes,
            tries=draft.tries,
            transcript=canonical_json(draft.transcript),
            candidate="" if dropped else self._write_candidate(draft, number),
        )

    async def _play(
        self, draft: _Draft, number: int, turn: int, seen: Sequence[dict[str, str]]
    ) -> Dropped | None:
        """One round; why its pair is not kept, if it is not."""
        proposal = await self._propose(number, seen)
        self.flaw = None
        draft.transcript["proposal"] = proposal.model_dump(mode="json")
        if not proposal.usable:
            return Dropped(reason="declined", detail=proposal.problem)
        try:
            posed = self.task_type.pose(proposal, turn)
            draft.question, draft.answer = posed.question, posed.answer
            evidence = await self._check(proposal, posed)
        except (InputError, ValueError, LookupError) as error:
            detail = f"{type(error).__name__}: {error}"
            evidence = Dropped(reason="proposal_unreadable", detail=detail)
        if isinstance(evidence, Dropped):
            self.flaw = evidence
            return evidence
        draft.candidate = self._make_candidate(posed, evidence)
        await self._solve(draft, draft.candidate, number)
        dropped = self._judge_difficulty(draft)
        if dropped is None or dropped.reason == "always_solved":
            rate = f"{draft.passes} of {draft.tries}"
            self.history.append({"question": proposal.question, "answer": proposal.answer, "right": rate})
            await asyncio.to_thread(self.kept.add, posed.question)
        return dropped

    async def _propose(self, number: int, seen: Sequence[dict[str, str]]) -> Proposal:
        pairs = [
            f"{place}. {pair['question']}\nAnswer: {pair['answer']}\nRight: {pair['right']}"
            for place, pair in enumerate(seen, 1)
        ]
        harder = load_prompt(__package__, "harder.txt", history="\n".join(pairs)) if pairs else ""
        told = [harder] if harder else []
        if self.flaw is not None:
            flaw = f"{self.flaw.reason}: {_defuse(self.flaw.detail)}"
            told.append(load_prompt(__package__, "again.txt", flaw=flaw))
        task = load_prompt(__package__, f"propose_{self.task_type.name}.txt")
        instruction = load_prompt(__package__, "propose.txt", task=task, evolve="\n\n".join(told)).rstrip()
        prompt = Prompt(instruction, render_documents(shown.piece for shown in self.opened.documents))
        (answer,) = await self.asker.ask(
            "proposer", prompt, self.task_type.proposal, seed=self._seed_for("propose", number)
        )
        return answer.value

    async def _check(self, proposal: Proposal, posed: Posed) -> list[Evidence] | Dropped:
        """The evidence of a pair that may be asked."""
        parts = self.opened.parts
        if mark := find_reserved_mark("\n".join(proposal.quotes)):
            return Dropped(reason="reserved_marker", detail=f"{mark} in a quote")
        evidence = locate_quotes(proposal.quotes, parts)
        if isinstance(evidence, Dropped):
            return evidence
        flaw = (
            check_question(posed)
            or self.task_type.check(proposal, posed, [part.text for part in parts])
            or check_answer(posed)
            or check_places(self.task_type, evidence)
            or await asyncio.to_thread(self.kept.check, posed.question)
        )
        return flaw or evidence

    async def _solve(self, draft: _Draft, candidate: Candidate, number: int) -> None:
        """Ask for the tries and have them judged; what came of them stands in the draft then."""
        order = self._mix_documents()
        form = answer_format(candidate.answer_kind)
        message = render_prompt([shown.piece for shown in order], candidate.question, form).message
        parts = split_prompt(message)
        prompt = Prompt(f"{parts.question}\n\n{parts.closing}", parts.documents)
        draft.transcript["solver_saw"] = [shown.doc_id for shown in order]
        draft.transcript["distractors"] = [shown.doc_id for shown in self.opened.distractors]
        responses = await self.asker.ask_text(
            "solver",
            prompt,
            seed=self._seed_for("solve", number),
            n=self.settings.tries,
            allow_cut_off=True,
        )
        predictions = [
            "" if response.finish_reason == "length" else self.task_type.extract(response.text)
            for response in responses
        ]
        verdicts = VerdictSettings(judge=True, votes=self.settings.votes)
        seed = self._seed_for("verify", number)
        rulings = await judge_answers(candidate, predictions, self.asker, verdicts, seed, role="verifier")
        draft.transcript["predictions"] = [
            _describe(prediction, ruling) for prediction, ruling in zip(predictions, rulings, strict=True)
        ]
        clear = [
            ruling
            for prediction, ruling in zip(predictions, rulings, strict=True)
            if _counts(prediction, ruling)
        ]
        draft.tries, draft.passes = len(clear), sum(ruling.correct for ruling in clear)

    def _mix_documents(self) -> list[Shown]:
        """What the solver sees: the same in every round, so that a server may keep it."""
        shown = [*self.opened.documents, *self.opened.distractors]
        rng = np.random.default_rng(self._seed_for("mix"))
        return [shown[index] for index in rng.permutation(len(shown))]

    def _judge_difficulty(self, draft: _Draft) -> Dropped | None:
        passes, failures = draft.passes, draft.tries - draft.passes
        given = (prediction["answer"] for prediction in draft.transcript["predictions"])
        answers = "; ".join(dict.fromkeys(answer[:_SHOWN] or "no answer" for answer in given))
        detail = f"{passes} of {draft.tries} right: {answers}"
        if draft.tries == 0:
            return Dropped(reason="not_judged", detail=detail)
        if passes < self.settings.min_passes:
            return Dropped(reason="never_solved", detail=detail)
        if failures < self.settings.min_failures:
            return Dropped(reason="always_solved", detail=detail)
        return None

    def _make_candidate(self, posed: Posed, evidence: list[Evidence]) -> Candidate:
        cluster = self.opened.cluster
        return Candidate(
            sample_id=content_id(MAKER, cluster.cluster_id, posed.question, posed.answer),
            maker=MAKER,
            task=self.task_type.task,
            question_type=self.task_type.name,
            domain=cluster.domain,
            question=posed.question,
            answer=posed.answer,
            answer_kind=posed.answer_kind,
            tolerance=posed.tolerance,
            unit=posed.unit,
            chance=posed.chance,
            evidence=evidence,
            doc_ids=list(dict.fromkeys(span.doc_id for span in evidence)),
            reasoning="",
            seed=self.seed,
            model_fingerprint=self.asker.client.settings.role("proposer").model,
            prompt_fingerprint=_fingerprint_prompts(self.task_type.name),
        )

    def _write_candidate(self, draft: _Draft, number: int) -> str:
        """The candidate of a kept pair, whose reasoning is all that led to it."""
        assert draft.candidate is not None
        told = {
            "cluster": self.opened.cluster.model_dump(mode="json"),
            "quotes": [[span.doc_id, span.start, span.end] for span in draft.candidate.evidence],
            "round": number,
            "rounds": self.transcripts,
            "turn": draft.transcript["turn"],
        }
        whole = draft.candidate.model_copy(update={"reasoning": canonical_json(told)})
        return canonical_json(whole.model_dump(mode="json"))

    def _seed_for(self, *parts: object) -> int:
        return int(content_id(self.seed, self.opened.cluster.cluster_id, *parts), 16) % _SEEDS


def _counts(prediction: str, ruling: Ruling) -> bool:
    """Whether a try says how hard the question is: one without an answer does not."""
    return bool(prediction.strip()) and not ruling.unclear


def _defuse(said: str) -> str:
    """What a model said, so that it may stand in a prompt: short, without what no prompt may hold."""
    said = said[:_TOLD_BACK]
    while mark := find_reserved_mark(said):
        said = said.replace(mark, "")
    return said


def _describe(prediction: str, ruling: Ruling) -> dict[str, Any]:
    """A prediction with its verdicts; ``right`` is None where it counts for nothing."""
    return {
        "answer": prediction[:_SHOWN],
        "right": ruling.correct if _counts(prediction, ruling) else None,
        "rule": ruling.rule.rule,
        "by_rule": ruling.rule.correct,
        "judged": ruling.judged,
    }


def _fingerprint_prompts(name: str) -> str:
    folder = files(__package__).joinpath("prompts")
    named = ("propose.txt", f"propose_{name}.txt", "harder.txt", "again.txt")
    return content_id([folder.joinpath(one).read_text(encoding="utf-8") for one in named])
