"""How hard a sample is for the policy that is to be trained: its pass rate on the shipped prompt.
L1.5 measures it with the base model before training, and again between stages.

Nothing is dropped here: what becomes of samples that are always or never solved is a matter of selection.
"""

from longweave.synth.judge import VerdictSettings
from longweave.synth.llm.client import Asker
from longweave.synth.records import Dropped, Sample
from longweave.verify.grounding import Tried
from longweave.verify.robustness import mean_depth
from longweave.verify.trials import prompt_as_shipped, try_prompt

CHECK = "difficulty"


async def measure_difficulty(
    sample: Sample,
    asker: Asker,
    tries: int,
    verdicts: VerdictSettings,
    seed: int,
    *,
    stage: str = "",
    max_tokens: int | None = None,
) -> Tried:
    """The policy's trial; with ``max_tokens`` for an answer if the lengths of a training ``stage`` hold.

    ``not_judged`` if no answer could be judged.

    Raises:
        AnswerError: The model gave no usable response.
        RunError: The run cannot go on.
    """
    trial = await try_prompt(
        sample,
        prompt_as_shipped(sample),
        "policy",
        asker,
        tries,
        verdicts,
        seed,
        role="policy",
        max_tokens=max_tokens,
        target_tokens=sample.target_tokens,
        depth=mean_depth(sample),
        context_seed=sample.seed,
        stage=stage,
    )
    if trial.n == 0:
        detail = f"{trial.unjudged} answers of the policy"
        return Tried(CHECK, [trial], Dropped(reason="not_judged", detail=detail))
    return Tried(CHECK, [trial])
