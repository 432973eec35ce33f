"""The prover of code questions: everything is derived again from the final prompt, nothing is taken on trust.

From the user message alone the shown files are read, excerpts part by part, and the graph rebuilt with
the distractors in it. From the plan in ``reasoning`` the question is written and its chain followed again.
Kept is what then holds:

- the question in the prompt is the plan's own wording (``question_differs``),
- no other shown document is the same module as a needed one, in this version or another, or of another
  version of its package (``evidence_repeated``),
- the chain leads to the answer that the sample states (``answer_missing``, ``answer_differs``),
- it passes through every needed document, those left aside that only pass a name on, and with any one taken
  out it leads nowhere (``document_not_needed``).

What is not shown is guessed as a reader would (``guess_files``): a document that only passes a name on may be
among the shown or not.
"""

import json

from longweave.kg.code.conflicts import places_conflict
from longweave.kg.code.fragments import read_shown
from longweave.kg.code.graph import CodeGraph
from longweave.kg.code.guess import guess_files
from longweave.kg.code.model import Module
from longweave.kg.code.needed import leads_on, leave_out_passing
from longweave.kg.code.phrase import phrase
from longweave.kg.code.plan import Plan
from longweave.kg.code.trace import trace
from longweave.synth.prompt import parse_prompt
from longweave.synth.records import Dropped, Sample


def prove_code(sample: Sample) -> Dropped | None:
    """None when the sample's prompt proves its answer, else why it does not."""
    shown = parse_prompt(sample.prompt[-1].content)
    plan = Plan.model_validate(json.loads(sample.reasoning)["plan"])
    if shown.question != sample.question or phrase(plan) != sample.question:
        return Dropped(reason="question_differs", detail=shown.question)
    if len(shown.documents) != len(sample.context):
        return Dropped(reason="context_differs", detail=f"{len(shown.documents)} documents in the prompt")
    read = [
        read_shown(document, piece.doc_id)
        for document, piece in zip(shown.documents, sample.context, strict=True)
    ]
    modules = [module for module in read if isinstance(module, Module)]
    own = [module for module in modules if module.doc_id in sample.doc_ids]
    for module in modules:
        if module.doc_id not in sample.doc_ids and any(
            places_conflict(module.place, other.place) for other in own
        ):
            return Dropped(
                reason="evidence_repeated", detail=f"{module.place.path} of {module.place.version}"
            )
    graph = CodeGraph(guess_files(modules))
    found = trace(plan, graph)
    if found is None:
        return Dropped(reason="answer_missing", detail="the shown files do not lead to an answer")
    if (found.answer, found.kind) != (sample.answer, sample.answer_kind):
        detail = f"the shown files lead to {found.answer}, not {sample.answer}"
        return Dropped(reason="answer_differs", detail=detail)
    needed = set(leave_out_passing(plan, found, graph).doc_ids)
    if needed != set(sample.doc_ids):
        return Dropped(reason="document_not_needed", detail=", ".join(sorted(needed ^ set(sample.doc_ids))))
    for doc_id in sorted(needed):
        guessed = leads_on(plan, found, needed - {doc_id}, graph)
        if guessed or trace(plan, graph.without(doc_id)) is not None:
            return Dropped(reason="document_not_needed", detail=doc_id)
    return None
