"""The prover of questions about dialogues: everything is derived again from the final prompt.

From the user message alone the conversation is read, excerpts and all, and the plan in ``reasoning`` is
worded and solved again over the turns that are shown. Kept is what then holds:

- the question in the prompt is the plan's own wording, with the prefix recorded (``question_differs``),
- its title names exactly one shown document, the needed one (``conversation_missing``,
  ``conversation_repeated``), and no other shown document holds what it quotes or asks for
  (``evidence_repeated``),
- the plan has an answer in what is shown (the reasons of ``solve``),
- the turns that it rests on are those of the evidence, no fewer (``look_alike_missing``) and no more
  (``look_alike_added``),
- the answer is the one that the sample states (``answer_differs``).
"""

import json
from collections import Counter

from longweave.mase.dialogue.conflicts import conflicts_dialogue
from longweave.mase.dialogue.phrase import phrase
from longweave.mase.dialogue.plan import Plan
from longweave.mase.dialogue.solve import solve
from longweave.mase.dialogue.turns import read_turns
from longweave.mase.dialogue.words import collapse
from longweave.synth.prompt import parse_prompt
from longweave.synth.records import Dropped, Sample


def prove_dialogue(sample: Sample) -> Dropped | None:
    """None when the sample's prompt proves its answer, else why it does not."""
    shown = parse_prompt(sample.prompt[-1].content)
    plan = Plan.model_validate(json.loads(sample.reasoning)["plan"])
    if shown.question != sample.question or phrase(plan) != sample.question:
        return Dropped(reason="question_differs", detail=shown.question)
    if (plan.prefix or None) != sample.prefix:
        return Dropped(reason="question_differs", detail=f"prefix {sample.prefix!r}, asked {plan.prefix!r}")
    titled = [document for document in shown.documents if collapse(document.title) == collapse(plan.title)]
    if len(titled) != 1:
        reason = "conversation_repeated" if titled else "conversation_missing"
        return Dropped(reason=reason, detail=plan.title)
    (document,) = titled
    for other in shown.documents:
        if other is not document and conflicts_dialogue(sample, other.title, other.text):
            return Dropped(reason="evidence_repeated", detail=other.title)
    found = solve(plan, document.text, read_turns(document.text))
    if isinstance(found, Dropped):
        return found
    proving = Counter(document.text[start:end] for start, end in found.spans)
    recorded = Counter(evidence.quote for evidence in sample.evidence)
    for quote, reason in (
        *((quote, "look_alike_missing") for quote in recorded - proving),
        *((quote, "look_alike_added") for quote in proving - recorded),
    ):
        return Dropped(reason=reason, detail=quote[:200])
    if (found.answer, found.kind) != (sample.answer, sample.answer_kind):
        detail = f"the conversation gives {found.answer}, not {sample.answer}"
        return Dropped(reason="answer_differs", detail=detail)
    return None
