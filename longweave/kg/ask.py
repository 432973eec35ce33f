"""A plan put into words: each paradigm has a prompt of its own, and a typed answer.

In: a ``Plan``, the documents of its evidence, a model in the role proposer. Out: a ``Candidate`` whose
wording passes ``kg.checks``, or ``Dropped``: what was wrong with the last wording, or ``declined`` where the
model says that the facts do not make a question. The answer is the plan's: the model only words the question.
"""

from collections.abc import Mapping, Sequence
from importlib.resources import files

from longweave.kg.checks import check_question, hidden_names
from longweave.kg.perturb import Clue
from longweave.kg.plan import Plan
from longweave.synth.llm.client import Asker
from longweave.synth.llm.prompting import load_prompt, render_documents
from longweave.synth.llm.request import Prompt
from longweave.synth.llm.typed import ModelAnswer
from longweave.synth.prompt import ELLIPSIS, PromptPiece
from longweave.synth.records import Candidate, Document, Dropped, Evidence, canonical_json, content_id

MAKER = "kg"
_AROUND = 350


class _Wording(ModelAnswer):
    problem: str
    usable: bool
    question: str


async def ask_question(
    plan: Plan, documents: Mapping[str, Document], asker: Asker, tries: int, seed: int
) -> Candidate | Dropped:
    """The candidate that asks ``plan``.

    Args:
        plan: What is asked.
        documents: Those of its evidence, by id.
        asker: The model client.
        tries: Wordings to ask for, until one passes.
        seed: The run's seed.

    Raises:
        AnswerError: The model gave no usable answer.
        RunError: The run cannot go on.
    """
    prompt = Prompt(write_instruction(plan), render_documents(_passages(plan, documents)))
    dropped = Dropped(reason="no_question", detail="nothing was asked")
    for number in range(tries):
        own_seed = int(content_id(seed, number, plan.path.path_id)[:7], 16)
        (answer,) = await asker.ask("proposer", prompt, _Wording, seed=own_seed)
        wording = answer.value
        if not wording.usable:
            return Dropped(reason="declined", detail=wording.problem)
        question = " ".join(wording.question.split())
        flaw = check_question(question, plan)
        if flaw is None:
            return make_candidate(
                plan, question, documents, seed, asker.client.settings.role("proposer").model
            )
        dropped = flaw
    return dropped


def make_candidate(
    plan: Plan, question: str, documents: Mapping[str, Document], seed: int, model: str
) -> Candidate:
    """The candidate of a wording that has passed its checks."""
    evidence = list(dict.fromkeys(_key(fact.evidence) for fact in plan.facts))
    spans = [
        Evidence(doc_id=doc_id, start=start, end=end, quote=quote) for doc_id, start, end, quote in evidence
    ]
    return Candidate(
        sample_id=content_id(MAKER, plan.path.path_id, plan.paradigm, question),
        maker=MAKER,
        task="multi_hop",
        question_type=plan.paradigm,
        domain=documents[plan.doc_ids[0]].domain,
        question=question,
        answer=plan.answer,
        answer_kind=plan.answer_kind,
        unit=plan.unit,
        tolerance=0.0 if plan.answer_kind == "number" else None,
        evidence=spans,
        doc_ids=plan.doc_ids,
        reasoning=canonical_json(
            {"chain": plan.chain, "path": _draw_path(plan), "plan": plan.model_dump(mode="json")}
        ),
        seed=seed,
        model_fingerprint=model,
        prompt_fingerprint=content_id([_read_prompt(name) for name in _prompts_of(plan)]),
    )


def write_instruction(plan: Plan) -> str:
    """What the model is told, from the files of ``prompts/``."""
    return load_prompt(
        __package__,
        "ask_rules.txt",
        facts=_list_facts(plan),
        names=_list_names(plan),
        paradigm=_say_paradigm(plan),
        first=str(plan.anchor + 1),
        description=say_clues(plan.start.type, plan.start.clues),
        hidden="; ".join(hidden_names(plan)),
    )


def _prompts_of(plan: Plan) -> tuple[str, ...]:
    return "ask_rules.txt", f"ask_{plan.paradigm}.txt"


def _read_prompt(name: str) -> str:
    return files(__package__).joinpath("prompts", name).read_text(encoding="utf-8")


def say_clues(type_: str, clues: Sequence[Clue]) -> str:
    """A description in plain words, for the model to put into a sentence."""
    parts = []
    for clue in clues:
        if clue.kind == "superlative":
            parts.append(f"{clue.said}; the rank is by what it {clue.relation}")
        elif clue.forward:
            parts.append(f"it {clue.relation} {clue.said}")
        else:
            parts.append(f"{clue.said} {clue.relation} it")
    article = "an" if type_[0] in "aeiou" else "a"
    return f"{article} {type_}, of which this holds: {'; '.join(parts)}"


def _draw_path(plan: Plan) -> dict[str, object]:
    """The path as reports draw it."""
    hops = zip(plan.path.hops, plan.facts, strict=False)
    return {
        "nodes": [{"name": node.name, "type": node.type} for node in plan.nodes],
        "hops": [
            {"relation": fact.relation, "forward": fact.object == node.aliases, "doc_id": hop.doc_id}
            for (hop, fact), node in zip(hops, plan.nodes[1:], strict=True)
        ],
    }


def _list_facts(plan: Plan) -> str:
    lines = []
    for number, fact in enumerate(plan.facts[: len(plan.path.hops)], start=1):
        ends = [f"X{number}", f"X{number + 1}"]
        if fact.subject != plan.nodes[number - 1].aliases:
            ends.reverse()
        said = f"{ends[0]} -[{fact.relation}]-> {ends[1]}"
        lines.append(f'{number}. {said} (shown by: "{_one_line(fact.evidence.quote)}")')
    for fact in plan.facts[len(plan.path.hops) :]:
        lines.append(f'for the description: "{_one_line(fact.evidence.quote)}"')
    return "\n".join(lines)


def _list_names(plan: Plan) -> str:
    return "\n".join(
        f"X{number} is {node.name} ({node.type})" for number, node in enumerate(plan.nodes, start=1)
    )


def _say_paradigm(plan: Plan) -> str:
    fields = {"last": str(len(plan.nodes)), "answer": plan.answer}
    if plan.paradigm == "temporal":
        return load_prompt(__package__, "ask_temporal.txt", **fields)
    if plan.paradigm == "causal":
        return load_prompt(__package__, "ask_causal.txt", **fields)
    if plan.computation is None:
        return load_prompt(__package__, "ask_multi_fact.txt", **fields)
    shifted = plan.computation.kind == "year_shifted"
    return load_prompt(
        __package__,
        "ask_hypothetical.txt",
        said=f"happened {plan.computation.said} than it did" if shifted else f"been {plan.computation.said}",
        asked="in which year" if shifted else "how much or how many",
        answer=plan.answer,
        unit=f" {plan.unit}" if plan.unit else "",
    )


def _passages(plan: Plan, documents: Mapping[str, Document]) -> list[PromptPiece]:
    """What stands around the evidence, a piece per document, with a mark where something is left out."""
    pieces = []
    for doc_id in plan.doc_ids:
        document = documents[doc_id]
        own = [fact.evidence for fact in plan.facts if fact.evidence.doc_id == doc_id]
        windows: list[tuple[int, int]] = []
        for start, stop in sorted(_window(document.text, one) for one in own):
            if windows and start <= windows[-1][1]:
                start, stop = windows[-1][0], max(windows.pop()[1], stop)
            windows.append((start, stop))
        body = ELLIPSIS.join(f"{document.text[start:stop].strip()}\n" for start, stop in windows)
        pieces.append(PromptPiece(document.title, body))
    return pieces


def _window(text: str, evidence: Evidence) -> tuple[int, int]:
    """The lines around ``evidence``, or parts of them where they are long."""
    first = text.rfind("\n", 0, max(0, evidence.start - _AROUND)) + 1
    stop = text.find("\n", min(len(text), evidence.end + _AROUND))
    stop = len(text) if stop < 0 else stop
    return max(first, evidence.start - 2 * _AROUND), min(stop, evidence.end + 2 * _AROUND)


def _key(evidence: Evidence) -> tuple[str, int, int, str]:
    return evidence.doc_id, evidence.start, evidence.end, evidence.quote


def _one_line(text: str) -> str:
    return " ".join(text.split())
