"""The prover of multi-hop questions: the chain is followed again in the final prompt, and nowhere else.

From the plan in ``reasoning`` and the user message alone, kept is what then holds:

- the question is the one that is recorded, and hides what it must (``question_differs``, reasons of
  ``kg.checks``),
- every hop joins one node to the next, and its quote, in the prompt, names what it leads to
  (``chain_broken``),
- the answer follows from the last quotes, with the arithmetic done again (``answer_differs``),
- the chain is spread over documents (``one_document``), and each is needed: with any one of them out of the
  prompt some hop is stated nowhere (``document_not_needed``); no other document of the prompt may state a hop
  (``evidence_repeated``).
"""

import json
from collections.abc import Mapping, Sequence

from longweave.kg.answers import answer_of
from longweave.kg.checks import check_question
from longweave.kg.ground import names_thing
from longweave.kg.mentions import states_both
from longweave.kg.plan import find_repeated_value
from longweave.kg.plan_records import Fact, Plan, PlanNode
from longweave.kg.subjects import Passage, names_partly
from longweave.synth.prompt import ShownDocument, parse_prompt
from longweave.synth.records import Candidate, Dropped, Sample


def prove(sample: Sample) -> Dropped | None:
    """None when the sample's prompt proves its answer, else why it does not."""
    shown = parse_prompt(sample.prompt[-1].content)
    plan = read_plan(sample)
    if shown.question != sample.question:
        return Dropped(reason="question_differs", detail=shown.question)
    if len(shown.documents) != len(sample.context):
        return Dropped(reason="context_differs", detail=f"{len(shown.documents)} documents in the prompt")
    documents = {
        piece.doc_id: document for piece, document in zip(sample.context, shown.documents, strict=True)
    }
    return (
        check_question(sample.question, plan)
        or _follow_chain(plan, documents)
        or _derive_answer(sample, plan, documents)
        or _check_spread(sample, plan, documents)
    )


def read_plan(candidate: Candidate) -> Plan:
    """The plan that a candidate of this room carries.

    Raises:
        ValueError: It carries none.
    """
    return Plan.model_validate(json.loads(candidate.reasoning)["plan"])


def states_hop(plan: Plan, title: str, text: str) -> bool:
    """Whether a document that is not the plan's own may state one of its facts: it may not stand beside."""
    return any(states_both(title, text, fact.subject, fact.object) for fact in plan.facts) or any(
        find_repeated_value(fact, {"": (title, text)}) is not None for fact in plan.computed_from
    )


def _follow_chain(plan: Plan, documents: dict[str, ShownDocument]) -> Dropped | None:
    n_facts = plan.n_told + sum(len(clue.edge_ids) for clue in plan.start.clues)
    if len(plan.nodes) != len(plan.path.hops) + 1 or len(plan.facts) != n_facts:
        return Dropped(reason="chain_broken", detail="hops and nodes do not match")
    for number, fact in enumerate(plan.facts[: len(plan.path.hops)]):
        ends = [plan.nodes[number].aliases, plan.nodes[number + 1].aliases]
        if [fact.subject, fact.object] not in (ends, ends[::-1]):
            return Dropped(reason="chain_broken", detail=f"hop {number + 1} does not join its nodes")
    for node in _all_nodes(plan):
        if node.name not in node.aliases:  # the answer is computed from names
            return Dropped(reason="chain_broken", detail=f"{node.name} is no name of {node.aliases}")
    if plan.milestone is not None:
        if not 0 < plan.milestone.place < len(plan.path.hops):
            return Dropped(reason="chain_broken", detail="the third date does not hang on a thing")
        fact = plan.facts[plan.n_told - 1]
        ends = [plan.nodes[plan.milestone.place].aliases, plan.milestone.aliases]
        if [fact.subject, fact.object] not in (ends, ends[::-1]):
            return Dropped(reason="chain_broken", detail="the third date does not hang on its thing")
    type_of = {tuple(node.aliases): node.type for node in _all_nodes(plan)}
    for fact in plan.facts:
        quote = fact.evidence.quote
        document = documents.get(fact.evidence.doc_id)
        if document is None or quote not in document.text:
            return Dropped(reason="chain_broken", detail=f"not in the prompt: {quote}")
        type_ = type_of.get(tuple(fact.object))
        if not any(names_thing(quote, name, type_) for name in fact.object):
            return Dropped(reason="chain_broken", detail=f"{fact.object[0]} is not in: {quote}")
        passage = Passage(document.title, document.text, document.text)
        if not names_partly(passage, fact.subject, type_of.get(tuple(fact.subject))):
            return Dropped(reason="chain_broken", detail=f"{fact.subject[0]} is nowhere in {document.title}")
    return _check_clues(plan)


def _all_nodes(plan: Plan) -> list[PlanNode]:
    return plan.nodes if plan.milestone is None else [*plan.nodes, plan.milestone]


def _check_clues(plan: Plan) -> Dropped | None:
    """Every clue is about the thing that it describes; those that rank are about others as well."""
    anchor = plan.nodes[plan.anchor].aliases
    kinds = [clue.kind for clue in plan.start.clues for _ in clue.edge_ids]
    for kind, fact in zip(kinds, plan.facts[plan.n_told :], strict=True):
        if kind != "superlative" and anchor not in (fact.subject, fact.object):
            return Dropped(reason="chain_broken", detail=f"a clue is not about {anchor[0]}")
    return None


def _derive_answer(sample: Sample, plan: Plan, documents: Mapping[str, ShownDocument]) -> Dropped | None:
    derived = answer_of(plan.nodes, plan.milestone, plan.computation)
    if isinstance(derived, Dropped) or not derived.text == plan.answer == sample.answer:
        return Dropped(reason="answer_differs", detail=f"{derived}, recorded {sample.answer}")
    if (derived.kind, derived.unit) != (sample.answer_kind, sample.unit):
        detail = f"{derived.kind} in {derived.unit}, recorded {sample.answer_kind} in {sample.unit}"
        return Dropped(reason="answer_differs", detail=detail)
    if plan.computation is not None:
        return None
    if sample.answer not in plan.nodes[-1].aliases:
        return Dropped(reason="answer_differs", detail=f"{sample.answer} is no name of the last node")
    last = documents[plan.facts[len(plan.path.hops) - 1].evidence.doc_id]
    end = plan.nodes[-1]
    if not any(names_thing(f"{last.title}\n{last.text}", name, end.type) for name in end.aliases):
        return Dropped(reason="answer_differs", detail=f"{sample.answer} is nowhere in {last.title}")
    return None


def _check_spread(sample: Sample, plan: Plan, documents: dict[str, ShownDocument]) -> Dropped | None:
    needed = set(plan.doc_ids)
    if needed != set(sample.doc_ids):
        return Dropped(reason="document_not_needed", detail="documents named as needed state no fact")
    if len(needed) < 2:
        return Dropped(reason="one_document", detail=next(iter(needed)))
    for doc_id, document in documents.items():
        if doc_id not in needed and states_hop(plan, document.title, document.text):
            return Dropped(reason="evidence_repeated", detail=f"stated in {document.title}")
    texts = {doc_id: (documents[doc_id].title, documents[doc_id].text) for doc_id in sample.doc_ids}
    for fact in plan.dates:
        if (other := find_repeated_value(fact, texts)) is not None:
            return Dropped(reason="document_not_needed", detail=f"a date is told in {texts[other][0]}")
    for doc_id in sample.doc_ids:
        own = [fact for fact in plan.facts if fact.evidence.doc_id == doc_id]
        others = [documents[other] for other in sample.doc_ids if other != doc_id]
        if all(_is_stated(fact, others) for fact in own):
            return Dropped(reason="document_not_needed", detail=documents[doc_id].title)
    return None


def _is_stated(fact: Fact, documents: Sequence[ShownDocument]) -> bool:
    return any(states_both(one.title, one.text, fact.subject, fact.object) for one in documents)
