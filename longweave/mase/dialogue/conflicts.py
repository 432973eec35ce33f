"""Which documents may not stand beside the conversation that a question is about."""

import json

from longweave.mase.dialogue.plan import Plan
from longweave.mase.dialogue.words import collapse
from longweave.synth.records import Candidate


def conflicts_dialogue(candidate: Candidate, title: str, body: str) -> bool:
    """Whether a document with this title and text (whole or in part) must not pad the candidate's prompt: it
    has the conversation's title, or holds the words that the question quotes or a turn that it asks for."""
    reasoning = json.loads(candidate.reasoning)
    plan = Plan.model_validate(reasoning["plan"])
    if collapse(title) == collapse(plan.title):
        return True
    text = collapse(body)
    telling = [plan.quote] if plan.quote else reasoning["targets"] if plan.prefix else []
    return any(collapse(words) in text for words in telling)
