"""Little conversations, and how tests show them in a prompt."""

import json

from longweave.mase.dialogue.conversation import Conversation
from longweave.mase.dialogue.phrase import phrase
from longweave.mase.dialogue.plan import Plan
from longweave.mase.dialogue.pose import make_candidate
from longweave.mase.dialogue.solve import Solution, solve
from longweave.synth.prompt import PromptPiece, render_prompt
from longweave.synth.records import Candidate, Document, Message, Piece, Sample, canonical_json
from tests.sample_corpus import read_sample

MEETING = """[0] Chair: Welcome all of you to this meeting about the harbour .
[1] Engineer: The lantern on the eastern pier went out again on Sunday .
[2] Chair: Who has the keys for the lantern then ?
[3] Treasurer: I paid for a lantern in March and nobody ever mounted it .
[4] Engineer: Mm - hmm .
[5] Engineer: We cannot mount any lantern while the scaffold stands there .
[6] Chair: Then move the scaffold , please .
[7] Treasurer: The scaffold costs forty crowns a week .
[8] Engineer: My proposal is a lantern that runs on sunlight alone .
[9] Chair: Is that dear ?
"""
CHAT = """[730] [11:36] <stian> morph: mute everything but the master channel
[731] === dajar [~dajar@host] has joined #ubuntu
[732] [11:36]  * stian waves
[733] [11:37] <dajar> stian, which package has the mixer that you like best?
[734] [11:38] <morph> stian: that worked for the mixer, many thanks
"""
HISTORY = """=== Session 1 (1_00000) ===
User: I want a flat with a garden.
Assistant: Which area do you want?
=== Session 2 (1_00001) ===
User: A bus to the coast, please.
"""
_FILLER = "".join(f"[{n}] Chair: Item {n} is done .\n" for n in range(10, 25))


def make_document(text: str = MEETING + _FILLER, title: str = "Harbour meeting 7") -> Document:
    return Document(
        doc_id="".join(c for c in title.lower() if c.isalnum()),
        title=title,
        text=text,
        domain="dialogue",
        source="made",
        license="CC0",
    )


def pose(plan: Plan, document: Document | None = None) -> Candidate:
    """The candidate of a plan that has an answer in ``document``."""
    document = document or make_document()
    (conversation,) = Conversation.read_all([document])
    found = solve(plan, document.text, conversation.turns)
    assert isinstance(found, Solution), found
    return make_candidate(conversation, plan, found, seed=1)


def show(candidate: Candidate, *documents: Document) -> Sample:
    """The candidate over ``documents`` as they are."""
    rendered = render_prompt([PromptPiece(d.title, d.text) for d in documents], candidate.question, "")
    return Sample(
        **candidate.model_dump(),
        target_tokens=8_000,
        n_prompt_tokens=0,
        context=[
            Piece(
                doc_id=document.doc_id,
                title=document.title,
                role="needed" if document.doc_id in candidate.doc_ids else "random",
                doc_spans=[(0, len(document.text))],
                context_start=start,
                context_end=end,
                n_tokens=0,
            )
            for document, (start, end) in zip(documents, rendered.spans, strict=True)
        ],
        positions=[],
        prompt=[Message(role="user", content=rendered.message)],
    )


def plan_of(candidate: Candidate) -> Plan:
    return Plan.model_validate(json.loads(candidate.reasoning)["plan"])


def with_plan(candidate: Candidate, plan: Plan) -> Candidate:
    """The candidate with another plan and its question, and all else as it was."""
    reasoning = {**json.loads(candidate.reasoning), "plan": plan.model_dump(mode="json")}
    return candidate.model_copy(
        update={
            "reasoning": canonical_json(reasoning),
            "question": phrase(plan),
            "prefix": plan.prefix or None,
        }
    )


def real_dialogues() -> list[Document]:
    return [document for document in read_sample().values() if document.domain == "dialogue"]
