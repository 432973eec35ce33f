"""The prover of evolved questions: what a model claimed is looked up again in the final prompt.

From the user message and the proposal in ``reasoning`` alone, kept is what then holds:

- the proposal, posed again by its type, gives the question and the answer that stand there
  (``question_differs``, ``answer_differs``),
- every span of evidence is one that the proposal quotes, and stands in its document as shown
  (``quote_missing``), and is short (``quote_too_long``); no other document of the prompt has it as well
  (``evidence_repeated``),
- the spans come from enough places (``few_places``),
- the answer has the form of its kind: a choice is the letter of the option that says what was proposed, all
  else is right by the rule of its kind (``answer_form``),
- the words of an answer in words stand in one needed document, as it is shown (``not_said``),
- the checks of all types and of its own type hold (their reasons).

That the answer follows from the quotes is not proven: the proposer claims it, and the solver and the
verifier, who never see the quotes, came to the same answer. Of numbers, options and types with ``own_words``
(stories, outcomes of manuals and code) not even the words are looked up: such answers are computed, reworded.
"""

import json
import re

from longweave.mase.checks import check_answer, check_places, check_question
from longweave.mase.evidence import check_length, holds_quote
from longweave.mase.task_type import Posed, Proposal, TaskType
from longweave.mase.types import TASK_TYPES
from longweave.mase.types.copied import stems_of
from longweave.synth.prompt import ShownDocument, parse_prompt
from longweave.synth.records import Candidate, Dropped, Sample


def prove_mase(sample: Sample) -> Dropped | None:
    """None when the sample's prompt bears out what its maker claims, else why it does not."""
    shown = parse_prompt(sample.prompt[-1].content)
    if len(shown.documents) != len(sample.context):
        return Dropped(reason="context_differs", detail=f"{len(shown.documents)} documents in the prompt")
    documents = {
        piece.doc_id: document for piece, document in zip(sample.context, shown.documents, strict=True)
    }
    task_type = TASK_TYPES[sample.question_type]
    told = json.loads(sample.reasoning)
    proposal = task_type.proposal.model_validate(told["rounds"][-1]["proposal"])
    posed = task_type.pose(proposal, told["turn"])
    if not shown.question == sample.question == posed.question:
        return Dropped(reason="question_differs", detail=shown.question)
    return (
        _check_posed(sample, posed)
        or _check_evidence(sample, proposal, documents)
        or check_places(task_type, sample.evidence)
        or _check_form(proposal, posed)
        or _check_said(sample, posed, task_type, documents)
        or _check_again(sample, proposal, posed, task_type, documents)
    )


def conflicts_mase(candidate: Candidate, title: str, text: str) -> bool:
    """Whether a document with this title and text (whole or in part) must not pad the candidate's prompt:
    one that has a quote of the proof as well."""
    return any(holds_quote(text, span.quote) for span in candidate.evidence)


def _check_posed(sample: Sample, posed: Posed) -> Dropped | None:
    said = (posed.answer, posed.answer_kind, posed.tolerance, posed.unit, posed.chance)
    recorded = (sample.answer, sample.answer_kind, sample.tolerance, sample.unit, sample.chance)
    return (
        Dropped(reason="answer_differs", detail=f"{said}, recorded {recorded}") if said != recorded else None
    )


def _check_evidence(
    sample: Sample, proposal: Proposal, documents: dict[str, ShownDocument]
) -> Dropped | None:
    for quote in proposal.quotes:
        if flaw := check_length(quote):
            return flaw
        if not any(holds_quote(span.quote, quote) for span in sample.evidence):
            return Dropped(reason="quote_missing", detail=quote)
    for span in sample.evidence:
        if not any(holds_quote(quote, span.quote) for quote in proposal.quotes):
            return Dropped(reason="quote_missing", detail=f"not quoted: {span.quote}")
        own = documents.get(span.doc_id)
        if own is None or span.quote not in own.text:
            return Dropped(reason="quote_missing", detail=f"not in the prompt: {span.quote}")
        for doc_id, document in documents.items():
            if doc_id != span.doc_id and holds_quote(document.text, span.quote):
                return Dropped(reason="evidence_repeated", detail=f"{document.title}: {span.quote}")
    return None


def _check_form(proposal: Proposal, posed: Posed) -> Dropped | None:
    if posed.answer_kind != "choice":
        return None
    option = re.search(rf"^\W*{re.escape(posed.answer)}\s*[.):\]]\s*(.+)$", posed.question, re.MULTILINE)
    if option is None or option.group(1).split() != proposal.answer.split():
        said = option.group(1) if option else "no such option"
        return Dropped(reason="answer_form", detail=f"{posed.answer}: {said}")
    return None


def _check_said(
    sample: Sample, posed: Posed, task_type: TaskType, documents: dict[str, ShownDocument]
) -> Dropped | None:
    if posed.answer_kind != "text" or task_type.own_words:
        return None
    wanted = stems_of(posed.answer)
    if any(wanted <= stems_of(documents[doc_id].text) for doc_id in sample.doc_ids):
        return None
    return Dropped(reason="not_said", detail=posed.answer)


def _check_again(
    sample: Sample,
    proposal: Proposal,
    posed: Posed,
    task_type: TaskType,
    documents: dict[str, ShownDocument],
) -> Dropped | None:
    texts = [documents[doc_id].text for doc_id in sample.doc_ids]
    return check_question(posed) or check_answer(posed) or task_type.check(proposal, posed, texts)
