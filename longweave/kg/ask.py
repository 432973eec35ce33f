"""A plan put into words: each paradigm has a prompt of its own, and a typed answer.

In: a ``Plan``, the documents of its evidence, a model in the role proposer. Out: a ``Candidate`` whose
wording passes ``kg.checks``, or ``Dropped``: what was wrong with the last wording, or ``declined`` where the
model says that the facts do not make a question. The answer is the plan's: the model only words the question.
"""

from collections.abc import Mapping, Sequence
from importlib.resources import files

from longweave.kg.checks import check_question, hidden_names
from longweave.kg.clues import Clue
from longweave.kg.plan_records import Plan
from longweave.kg.subjects import Passage, names_partly
from longweave.synth.llm.client import Asker
from longweave.synth.llm.prompting import load_prompt, render_documents
from longweave.synth.llm.request import Prompt
from longweave.synth.llm.typed import ModelAnswer
from longweave.synth.prompt import ELLIPSIS, PromptPiece
from longweave.synth.records import Candidate, Document, Dropped, Evidence, canonical_json, content_id

MAKER = "kg"
_AROUND = 350


class _Wording(ModelAnswer):
    draft: str
    short_cuts: str
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
    passages = render_documents(_passages(plan, documents))
    dropped: Dropped | None = None
    for number in range(tries):
        prompt = Prompt(write_instruction(plan, dropped), passages)
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
    return dropped or Dropped(reason="no_question", detail="nothing was asked")


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
        chance=plan.chance,
        unit=plan.unit,
        tolerance=0.0 if plan.answer_kind == "number" else None,
        evidence=spans,
        support=_find_support(plan, documents),
        doc_ids=plan.doc_ids,
        reasoning=canonical_json(
            {"chain": plan.chain, "path": _draw_path(plan), "plan": plan.model_dump(mode="json")}
        ),
        seed=seed,
        model_fingerprint=model,
        prompt_fingerprint=content_id([_read_prompt(name) for name in _prompts_of(plan)]),
    )


def _find_support(plan: Plan, documents: Mapping[str, Document]) -> list[Evidence]:
    """Where a document says in full what a fact of it calls "the Commission": the last time before its quote,
    or else the first time."""
    type_of = {tuple(node.aliases): node.type for node in plan.nodes}
    spans: dict[tuple[str, int], Evidence] = {}
    for fact in plan.facts:
        quote, document = fact.evidence.quote, documents[fact.evidence.doc_id]
        type_ = type_of.get(tuple(fact.subject))
        if names_partly(Passage(document.title, quote, quote), fact.subject, type_):
            continue
        before = [(document.text.rfind(name, 0, fact.evidence.start), name) for name in fact.subject]
        after = [(document.text.find(name, fact.evidence.end), name) for name in fact.subject]
        found = max(before, default=(-1, ""))
        if found[0] < 0:
            found = min((one for one in after if one[0] >= 0), default=(-1, ""))
        start, name = found
        if start >= 0:
            spans[document.doc_id, start] = Evidence.of(document, start, start + len(name))
    return list(spans.values())


def write_instruction(plan: Plan, flaw: Dropped | None = None) -> str:
    """What the model is told, from the files of ``prompts/``; with the ``flaw`` of its last wording."""
    written = load_prompt(
        __package__,
        "ask_rules.txt",
        facts=_list_facts(plan),
        names=_list_names(plan),
        joints=_list_joints(plan),
        paradigm=_say_paradigm(plan),
        first=str(plan.anchor + 1),
        description=say_clues(plan.start.type, plan.start.clues),
        hidden="; ".join(hidden_names(plan)),
    )
    if flaw is None:
        return written
    return f"{written}\n\n{load_prompt(__package__, 'ask_again.txt', flaw=f'{flaw.reason}: {flaw.detail}')}"


def _prompts_of(plan: Plan) -> tuple[str, ...]:
    dates = "" if plan.milestone is None else "_dates"
    names = ["ask_rules.txt", f"ask_{plan.paradigm}{dates}.txt", "ask_again.txt"]
    if plan.computation is not None and plan.computation.kind in ("gaps_added", "gaps_compared"):
        names.append(f"{plan.computation.kind}.txt")
    return tuple(names)


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
    for number, fact in enumerate(plan.facts[: plan.n_told], start=1):
        if number <= len(plan.path.hops):
            place, ends = number - 1, [f"X{number}", f"X{number + 1}"]
        elif plan.milestone is not None:
            place = plan.milestone.place
            ends = [f"X{place + 1}", "D"]
        if fact.subject != plan.nodes[place].aliases:
            ends.reverse()
        said = f"{ends[0]} -[{fact.relation}]-> {ends[1]}"
        lines.append(f'{number}. {said} (shown by: "{_one_line(fact.evidence.quote)}")')
    for fact in plan.facts[plan.n_told :]:
        lines.append(f'for the description: "{_one_line(fact.evidence.quote)}"')
    return "\n".join(lines)


def _list_names(plan: Plan) -> str:
    named = [(f"X{number}", node) for number, node in enumerate(plan.nodes, start=1)]
    if plan.milestone is not None:
        named.append(("D", plan.milestone))
    return "\n".join(f"{label} is {node.name} ({node.type})" for label, node in named)


def _list_joints(plan: Plan) -> str:
    lines = []
    for joint in plan.joints:
        before = joint.place - 1 if joint.place > plan.anchor else joint.place + 1
        said = [f"X{joint.place + 1}, told by X{before + 1}"]
        if joint.apart:
            said.append(f"must not be taken for what is meant here: {'; '.join(joint.apart)}")
        if joint.alike:
            said.append(f"the words should fit these as well: {'; '.join(joint.alike)}")
        lines.append(" | ".join(said))
    return "\n".join(lines)


def _say_paradigm(plan: Plan) -> str:
    if plan.milestone is not None:
        return _say_dates(plan, plan.milestone.place)
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


def _say_dates(plan: Plan, place: int) -> str:
    """How a question with three dates is to be asked."""
    assert plan.computation is not None
    last = len(plan.nodes)
    if plan.computation.kind == "middle_of_three":
        things = {"first": "2", "middle": str(place + 1), "last": str(last - 1)}
        return load_prompt(__package__, "ask_multi_fact_dates.txt", answer=plan.answer, **things)
    gaps = load_prompt(__package__, f"{plan.computation.kind}.txt", first="X1", middle="D", last=f"X{last}")
    said = {"said": plan.computation.said} if plan.computation.said else {}
    last_date = {"last": str(last)} if said else {}
    name = f"ask_{plan.paradigm}_dates.txt"
    return load_prompt(__package__, name, gaps=gaps, answer=plan.answer, **said, **last_date)


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
