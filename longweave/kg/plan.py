"""What is to be asked about a path: the paradigm, the answer, and what the question may say.

In: a path of the graph and the triples that prove it. Out: a ``Plan``, or ``Dropped``. The four paradigms of
L1.5 §3 differ in how the answer comes about:

- ``multi_fact``: it is the last node,
- ``causal``: it is, and in one of the last two hops one thing acts on another,
- ``temporal``: both ends are dates, and it is the years between them, by arithmetic of this code,
- ``hypothetical``: the last node is a date or an amount, and it is what that would be if it were changed.

With a third date on the way (``kg.timelines``) all four compute with three years; ``multi_fact`` asks whose
date lies between the other two.

Reasons: ``not_describable`` (``kg.perturb``), ``named_by_clue`` (a description would name what is hidden),
``too_short``, ``common_knowledge`` (``kg.scarcity``), ``no_paradigm``, ``enough_of_paradigm``,
``fact_repeated`` (asked for often enough, or together with the same others), ``shortcut`` (the last fact
names something by which it is found without the others), ``one_document``, ``stated_elsewhere`` (the other
documents may state all that one does, or one of three dates), ``guessable`` (with one document missing, too
few ends are left to choose from: ``kg.guesses``),
``no_arithmetic`` (a value cannot be computed with).
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from longweave.kg.answers import draw_answer
from longweave.kg.follow import Chain
from longweave.kg.graph import Graph
from longweave.kg.guesses import MANY, Guesses
from longweave.kg.mentions import is_named, states_both
from longweave.kg.perturb import DescribeSettings, describe
from longweave.kg.plan_records import PARADIGMS, Fact, Paradigm, Plan, PlanDate, PlanNode
from longweave.kg.records import VALUE_TYPES, Path, Triple
from longweave.kg.scarcity import Scarcity, judge_scarcity
from longweave.kg.settings import KgSettings
from longweave.kg.spelling import words_of
from longweave.kg.timelines import Milestone
from longweave.kg.values import AMOUNT, read_number, year_of
from longweave.synth.embedding import Encode
from longweave.synth.records import Document, Dropped

EFFECT = re.compile(
    r"\b(?:led to|result\w* in|caus(?:e|ed|es|ing)|prompt\w*|trigger\w*|brought about|because of"
    r"|due to(?! expire)|in response to|as a result of|enabl\w+|prevent\w*|forced|contribut\w+ to"
    r"|ma(?:de|kes?) possible|delay\w*|halt\w*|stopp\w*|ended|end to|eliminat\w+|annul\w*|overturn\w*"
    r"|set aside|revers\w+|reduc\w+|increas\w+|creat\w+|establish\w*|destroy\w*|liberat\w*|defeat\w*"
    r"|restor\w*|rebuilt|saved|assur\w+|granted|awarded|impos\w+|fined|requir\w+|ordered|attack\w*"
    r"|invad\w*|threaten\w*|confirmed|rejected|blocked|sued|dismiss\w*|denied|veto\w*|challeng\w*"
    r"|investigat\w*|strengthen\w*|appoint\w*|replac\w*)\b"
)
"""Relations by which one thing acts on another."""
_LONGEST_NAME = 6
_FEWEST_HOPS = 2


@dataclass(slots=True)
class Planner:
    """Plans paths of one graph, the paradigms in turn as far as paths allow."""

    graph: Graph
    triples: Mapping[str, Triple]
    documents: Mapping[str, Document]
    rarity: Callable[[str], float]
    settings: KgSettings
    rng: np.random.Generator
    encode: Encode
    used: Counter[Paradigm] = field(default_factory=Counter)
    asked: set[frozenset[str]] = field(default_factory=set)
    asked_facts: Counter[str] = field(default_factory=Counter)
    names: frozenset[tuple[str, ...]] = frozenset()
    guesses: Guesses = field(init=False)
    _stated: dict[tuple[str, tuple[str, ...], tuple[str, ...]], bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.guesses = Guesses(self.graph, self.encode)
        things = self.graph.nodes.filter(~self.graph.is_value())
        aliases = (alias for some in things["aliases"].to_pylist() for alias in some)
        self.names = frozenset(
            words for alias in aliases if self.rarity(alias) > 0 and (words := tuple(words_of(alias)))
        )

    def plan(self, path: Path, anchor: str, third: Milestone | None = None) -> Plan | Dropped:
        """What is asked about ``path``, starting from its node ``anchor`` (an id); ``third`` is a date on its
        way."""
        at = path.nodes.index(anchor)
        numbers = [self.graph.node_number(node_id) for node_id in path.nodes]
        hop = None
        if at == 0 and self.graph.is_value()[numbers[0]]:
            hop, path, numbers = path.hops[0], Path.of(path.nodes[1:], path.hops[1:]), numbers[1:]
            if len(path.hops) < _FEWEST_HOPS:
                return Dropped(reason="too_short", detail="one hop, after the value that it starts from")
        nodes = [self._node(number) for number in numbers]
        milestone = None
        if third is not None:
            date = self._node(self.graph.node_number(third.node))
            milestone = PlanDate(place=third.place, **date.model_dump())
        facts = [self._fact(hop.edge_id, hop.triple_id) for hop in path.hops]
        if third is not None:
            facts.append(self._fact(third.hop.edge_id, third.hop.triple_id))
        told = list(dict.fromkeys(fact.evidence.doc_id for fact in facts))
        wanted = DescribeSettings(self.settings.paths.barred_relations, self.settings.clue_rarity)
        avoid = numbers if third is None else [*numbers, self.graph.node_number(third.node)]
        start = describe(
            self.graph, numbers[at], avoid, wanted, self.rarity, self.rng, hop, self.triples, told
        )
        if isinstance(start, Dropped):
            return start
        hidden = [alias for node in nodes for alias in node.aliases]
        for clue in start.clues:
            if is_named(said := f"{clue.relation} {clue.said}", hidden):
                return Dropped(reason="named_by_clue", detail=said)
        scarcity = self._judge_scarcity(numbers)
        if scarcity.commonness > self.settings.max_commonness:
            return Dropped(reason="common_knowledge", detail=f"{scarcity.commonness}: {nodes[-1].name}")
        fitting = [paradigm for paradigm in PARADIGMS if _fits(paradigm, path, nodes, milestone)]
        paradigm = min(fitting, key=lambda one: (self.used[one], PARADIGMS.index(one)), default=None)
        if paradigm is None:
            return Dropped(reason="no_paradigm", detail=" - ".join(node.name for node in nodes))
        if self.used[paradigm] >= self.settings.per_paradigm:
            return Dropped(reason="enough_of_paradigm", detail=paradigm)
        answer = draw_answer(paradigm, nodes, milestone, self.rng)
        if isinstance(answer, Dropped):
            return answer
        chain = self._chain(path, at)
        n_hops, n_told = len(path.hops), len(facts)
        facts += [
            self._fact(edge_id, triple_id)
            for clue in start.clues
            for edge_id, triple_id in zip(clue.edge_ids, clue.triple_ids, strict=True)
        ]
        plan = Plan(
            paradigm=paradigm,
            path=path,
            anchor=at,
            nodes=nodes,
            milestone=milestone,
            start=start,
            facts=facts,
            joints=self.guesses.describe_joints(chain, {fact.evidence.doc_id for fact in facts}),
            guesses=self._count(chain, facts, n_hops, n_told),
            scarcity=scarcity,
            computation=answer.computation,
            answer=answer.text,
            answer_kind=answer.kind,
            unit=answer.unit,
        )
        asked = _asked_facts(plan, third)
        dropped = self._check_documents(plan) or self._check_ends(plan, numbers, asked)
        if dropped is None:
            self.used[paradigm] += 1
            self.asked.add(frozenset(asked))
            self.asked_facts.update(asked)
        return dropped or plan

    def _check_ends(self, plan: Plan, numbers: Sequence[int], asked: Sequence[str]) -> Dropped | None:
        """Whether the end is found by the way that leads there alone, and is not ``asked`` for too often."""
        if plan.guesses < self.settings.fewest_guesses:
            return Dropped(reason="guessable", detail=f"{plan.guesses} left: {plan.nodes[-1].name}")
        often = any(self.asked_facts[edge_id] >= self.settings.per_asked_fact for edge_id in asked)
        if often or (len(asked) > 1 and frozenset(asked) in self.asked):
            return Dropped(reason="fact_repeated", detail=f"{plan.paradigm}: {plan.nodes[-1].name}")
        ends = [plan.facts[len(plan.path.hops) - 1], *([plan.facts[0]] if plan.anchor else [])]
        if plan.milestone is None and all(self._names_another(fact.relation, numbers) for fact in ends):
            return Dropped(reason="shortcut", detail=f"names something else: {ends[0].relation}")
        return None

    def _count(self, chain: Chain, facts: Sequence[Fact], n_hops: int, n_told: int) -> int:
        """The answers that are left without a document: ``MANY`` where each states a date to compute with."""
        docs = [fact.evidence.doc_id for fact in facts]
        if n_told > n_hops and set(docs) == {docs[0], docs[n_hops - 1], docs[n_hops]}:
            return MANY
        return self.guesses.count_guesses(chain, docs[:n_hops], set(docs[n_hops:]))

    def count_guesses(self, path: Path, anchor: str, third: Milestone | None = None) -> int:
        """How many answers are left to a reader who lacks a document of ``path``: what the start is described
        by not counted."""
        if third is not None:
            return MANY
        chain = self._chain(path, path.nodes.index(anchor))
        return self.guesses.count_guesses(chain, [hop.doc_id for hop in path.hops], ())

    def _chain(self, path: Path, anchor: int) -> Chain:
        edges = [self.graph.edge_number(hop.edge_id) for hop in path.hops]
        return Chain(
            nodes=tuple(self.graph.node_number(node_id) for node_id in path.nodes),
            edges=tuple(edges),
            steps=tuple(
                2 * int(self.graph.relation[edge]) + hop.forward
                for edge, hop in zip(edges, path.hops, strict=True)
            ),
            anchor=anchor,
        )

    def _names_another(self, relation: str, path: Sequence[int]) -> bool:
        """Whether ``relation`` itself names a thing that is not on the path ("fined Apple on"): whoever looks
        that up needs no chain."""
        words = words_of(relation)
        own = {tuple(words_of(alias)) for number in path for alias in self.graph.node(number).aliases}
        parts = (
            tuple(words[first:last])
            for first in range(len(words))
            for last in range(first + 1, min(first + _LONGEST_NAME, len(words)) + 1)
        )
        return any(part in self.names and part not in own for part in parts)

    def _check_documents(self, plan: Plan) -> Dropped | None:
        """Whether each document is needed: what it states must not all be in the text of the others as well,
        where nobody may have read it; and of three dates none."""
        needed = {doc_id: self.documents[doc_id] for doc_id in plan.doc_ids}
        if len(needed) < 2:
            return Dropped(reason="one_document", detail=plan.doc_ids[0])
        for doc_id, document in needed.items():
            own = [fact for fact in plan.facts if fact.evidence.doc_id == doc_id]
            others = [other for other in needed.values() if other is not document]
            if all(any(self._may_state(other, fact) for other in others) for fact in own):
                return Dropped(reason="stated_elsewhere", detail=f"all that {document.title} states")
        texts = {doc_id: (one.title, one.text) for doc_id, one in needed.items()}
        for fact in plan.dates:
            if (other := find_repeated_value(fact, texts)) is not None:
                return Dropped(reason="stated_elsewhere", detail=f"{fact.relation}: {needed[other].title}")
        return None

    def _may_state(self, document: Document, fact: Fact) -> bool:
        """``states_both``, looked up once: many plans ask it of the same long documents."""
        key = document.doc_id, tuple(fact.subject), tuple(fact.object)
        if key not in self._stated:
            self._stated[key] = states_both(document.title, document.text, fact.subject, fact.object)
        return self._stated[key]

    def _judge_scarcity(self, numbers: Sequence[int]) -> Scarcity:
        degrees = self.graph.degrees()
        return judge_scarcity(
            [int(degrees[number]) for number in numbers],
            [1 - self.rarity(self.graph.node(number).name) for number in numbers],
            int(degrees.max()),
        )

    def _node(self, number: int) -> PlanNode:
        node = self.graph.node(number)
        return PlanNode(name=node.name, type=node.type, aliases=node.aliases)

    def _fact(self, edge_id: str, triple_id: str = "") -> Fact:
        """As the document has it, which may be the other way round than the edge."""
        number = self.graph.edge_number(edge_id)
        triple = self.triples[triple_id or min(self.graph.edge_record(number).triple_ids)]
        ends = [self._node(int(end[number])).aliases for end in (self.graph.head, self.graph.tail)]
        if triple.subject not in ends[0]:
            ends.reverse()
        return Fact(subject=ends[0], relation=triple.relation, object=ends[1], evidence=triple.evidence)


def _asked_facts(plan: Plan, third: Milestone | None) -> list[str]:
    """The edges whose values are asked for: the last one, and where years are compared those of all dates."""
    first, last = plan.path.hops[0].edge_id, plan.path.hops[-1].edge_id
    if third is not None:
        return [first, last, third.hop.edge_id]
    return [first, last] if plan.paradigm == "temporal" else [last]


def _fits(paradigm: Paradigm, path: Path, nodes: list[PlanNode], milestone: PlanDate | None) -> bool:
    if milestone is not None:
        if paradigm == "multi_fact":
            return len({1, milestone.place, len(nodes) - 2}) == len(("first", "middle", "last"))
        return paradigm != "causal" or any(EFFECT.search(hop.relation) for hop in path.hops[1:-1])
    first, last = nodes[0].type, nodes[-1].type
    if first in VALUE_TYPES:
        return paradigm == "temporal" and first == last == "date"
    if paradigm == "causal":
        relations = [hop.relation for hop in path.hops[-2:]]
        return last not in VALUE_TYPES and any(EFFECT.search(relation) for relation in relations)
    if paradigm == "hypothetical":
        return last in VALUE_TYPES
    return paradigm == "multi_fact" and last != "number"


def find_repeated_value(fact: Fact, texts: Mapping[str, tuple[str, str]]) -> str | None:
    """The other document (id) of ``texts`` (title and text) that may state a fact with a value too: by its
    date or the year of it, or by the same amount, however it is written; None if there is none."""
    ends = (fact.subject, fact.object)
    thing, written = ends if any(map(_is_value, fact.object)) else ends[::-1]
    years = sorted({str(year) for year in map(year_of, written) if year is not None})
    amounts = set() if years else {read.value for read in map(read_number, written) if read is not None}
    for other, (title, text) in texts.items():
        if other == fact.evidence.doc_id:
            continue
        alike = [*written, *years, *(_find_amounts(f"{title}\n{text}", amounts) if amounts else ())]
        if states_both(title, text, thing, alike):
            return other
    return None


def _is_value(name: str) -> bool:
    return year_of(name) is not None or read_number(name) is not None


def _find_amounts(text: str, amounts: Collection[float]) -> list[str]:
    """How ``text`` writes any of ``amounts``."""
    written = {match.group() for match in AMOUNT.finditer(text)}
    return sorted(one for one in written if (read := read_number(one)) and read.value in amounts)
