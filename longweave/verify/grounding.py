"""Does the sample need its documents? Asked closed-book, and with each needed document missing.
The knowledge grounding check of L1.5, over many tries.

In: a sample, models in the roles solver and policy. Out: the trials, and why the sample is dropped, if it is:

- ``known_without_documents``: too large a share of the closed-book answers is right, guessing taken into
  account,
- ``evidence_insufficient``: no answer from the needed documents alone is right,
- ``document_not_needed``: with one of them missing too much of that pass rate is left,
- ``not_judged``: no answer could be judged.

The cheap question comes first, and what is dropped is asked nothing more. A reward can be had without reading
where the policy knows the answer; a stronger model knows more, and drops more.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from longweave.synth.judge import VerdictSettings
from longweave.synth.llm.client import Asker
from longweave.synth.records import Check, Dropped, Sample, Trial
from longweave.verify.pass_rate import correct_for_chance, exceeds_chance
from longweave.verify.settings import GroundingSettings
from longweave.verify.trials import prompt_of_needed, prompt_without_documents, try_prompt

CHECK = "grounding"
_DOUBT, _LITTLE_DOUBT = 0.05, 0.01
_FEWEST = 2  # right answers that show knowledge: a single one may be a lucky number


@dataclass(frozen=True, slots=True)
class Tried:
    """What a gate has found out about a sample, and why it is dropped, if it is."""

    name: str
    trials: list[Trial]
    dropped: Dropped | None = None
    detail: str = ""

    @property
    def check(self) -> Check:
        """As the sample carries it: tries and passes are those of the first trial; none where nothing was
        asked."""
        n, passes = (self.trials[0].n, self.trials[0].passes) if self.trials else (0, 0)
        return Check(name=self.name, passed=self.dropped is None, k=n, passes=passes, detail=self.detail)


async def check_grounding(
    sample: Sample,
    asker: Asker,
    settings: GroundingSettings,
    verdicts: VerdictSettings,
    seed: int,
    *,
    ablate: bool,
    around: int | None = None,
    detail: str = "",
) -> Tried:
    """The trials of ``sample``; those with a document missing if ``ablate``, with as much ``around`` the
    evidence as ``prompt_of_needed`` shows. The check says ``detail``.

    Raises:
        AnswerError: The model gave no usable response.
        RunError: The run cannot go on.
    """
    closed_book, dropped = await _ask_closed_book(sample, asker, settings, verdicts, seed)
    trials = [*closed_book]
    if ablate and dropped is None:
        ablation, dropped = await _leave_out(sample, asker, settings, verdicts, seed, around)
        trials += ablation
    return Tried(CHECK, trials, dropped, detail)


async def _ask_closed_book(
    sample: Sample, asker: Asker, settings: GroundingSettings, verdicts: VerdictSettings, seed: int
) -> tuple[list[Trial], Dropped | None]:
    """A sample that can be guessed is dropped only if twice as many answers more confirm it: among many
    samples some are guessed right often."""

    async def attempt(tries: int, own_seed: int) -> Trial:
        prompt = prompt_without_documents(sample)
        role = settings.closed_book
        return await try_prompt(sample, prompt, "closed_book", asker, tries, verdicts, own_seed, role=role)

    first = await attempt(settings.tries, seed)
    if first.n == 0:
        return [first], Dropped(reason="not_judged", detail=f"{first.unjudged} answers without documents")
    dropped = Dropped(reason="known_without_documents", detail=describe(first))
    if not _is_known([first], sample.chance, settings.max_pass_rate, _DOUBT):
        return [first], None
    if sample.chance == 0:
        return [first], dropped
    more = await attempt(2 * settings.tries, seed + 1)
    is_known = _is_known([first, more], sample.chance, settings.max_pass_rate, _LITTLE_DOUBT)
    detail = f"{describe(first)}; asked again, {describe(more)}"
    dropped = Dropped(reason="known_without_documents", detail=detail)
    return [first, more], dropped if is_known else None


def _is_known(trials: Sequence[Trial], chance: float, most: float, doubt: float) -> bool:
    n, passes = sum(trial.n for trial in trials), sum(trial.passes for trial in trials)
    if passes < min(_FEWEST, n):
        return False
    return correct_for_chance(passes / n, chance) > most and exceeds_chance(n, passes, chance, doubt)


async def _leave_out(
    sample: Sample,
    asker: Asker,
    settings: GroundingSettings,
    verdicts: VerdictSettings,
    seed: int,
    around: int | None,
) -> tuple[list[Trial], Dropped | None]:
    """All needed documents first; only if they suffice, each one left out in turn."""
    whole = await try_prompt(
        sample,
        prompt_of_needed(sample, around=around),
        "needed_only",
        asker,
        settings.tries,
        verdicts,
        seed,
    )
    if whole.n == 0:
        detail = f"{whole.unjudged} answers from the needed documents"
        return [whole], Dropped(reason="not_judged", detail=detail)
    if whole.passes == 0:
        return [whole], Dropped(reason="evidence_insufficient", detail=describe(whole))
    without = await asyncio.gather(
        *(
            try_prompt(
                sample,
                prompt_of_needed(sample, [doc_id], around),
                "without_document",
                asker,
                settings.tries,
                verdicts,
                seed,
                left_out=doc_id,
            )
            for doc_id in sample.doc_ids
        )
    )
    if unjudged := [trial for trial in without if trial.n == 0]:
        detail = f"{unjudged[0].unjudged} answers without {unjudged[0].left_out}"
        return [whole, *without], Dropped(reason="not_judged", detail=detail)
    most = settings.max_kept_share * correct_for_chance(whole.passes / whole.n, sample.chance)
    for trial in without:
        left = correct_for_chance(trial.passes / trial.n, sample.chance)
        if left > most and exceeds_chance(trial.n, trial.passes, sample.chance, _LITTLE_DOUBT):
            detail = f"without {trial.left_out}: {describe(trial)}; with all of them {describe(whole)}"
            return [whole, *without], Dropped(reason="document_not_needed", detail=detail)
    return [whole, *without], None


def describe(trial: Trial) -> str:
    """What a trial came to, in a line."""
    answers = "; ".join(dict.fromkeys(answer or "no answer" for answer in trial.answers))
    return f"{trial.passes} of {trial.n} right: {answers}"
