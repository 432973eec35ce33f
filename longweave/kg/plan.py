"""What is to be asked about a path: the paradigm, the answer, and what the question may say.

In: a path of the graph and the triples that prove it. Out: a ``Plan``, or ``Dropped``. The four paradigms of
L1.5 §3 differ in how the answer comes about:

- ``multi_fact``: it is the last node,
- ``causal``: it is, and in one of the last two hops one thing acts on another,
- ``temporal``: both ends are dates, and it is the years between them, by arithmetic of this code,
- ``hypothetical``: the last node is a date or an amount, and it is what that would be if it were changed.

Reasons: ``not_describable`` (``kg.perturb``), ``named_by_clue`` (a description would name what is hidden),
``too_short``, ``common_knowledge`` (``kg.scarcity``), ``no_paradigm``, ``enough_of_paradigm``,
``last_fact_repeated``, ``shortcut`` (the last fact names something by which it is found without the others),
``one_document``, ``stated_elsewhere`` (the other documents may state all that one does), ``no_arithmetic`` (a
value cannot be computed with).
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np

from longweave.kg.graph import Graph
from longweave.kg.ground import words_of
from longweave.kg.mentions import is_named, states_both
from longweave.kg.perturb import Clue, DescribeSettings, Description, describe
from longweave.kg.records import VALUE_TYPES, EntityType, Path, Triple
from longweave.kg.scarcity import Scarcity, judge_scarcity
from longweave.kg.settings import KgSettings
from longweave.kg.values import read_number, year_of
from longweave.synth.records import AnswerKind, Document, Dropped, Evidence, Record

Paradigm = Literal["multi_fact", "temporal", "causal", "hypothetical"]
PARADIGMS: tuple[Paradigm, ...] = ("multi_fact", "temporal", "causal", "hypothetical")

EFFECT = re.compile(
    r"\b(?:led to|result\w* in|caus(?:e|ed|es|ing)|prompt\w*|trigger\w*|brought about|because of"
    r"|due to(?! expire)|in response to|as a result of|enabl\w+|prevent\w*|forced|contribut\w+ to"
    r"|ma(?:de|kes?) possible|delay\w*|halt\w*|stopp\w*|ended|end to|eliminat\w+|annul\w*|overturn\w*"
    r"|set aside|revers\w+|reduc\w+|increas\w+|creat\w+|establish\w*|destroy\w*|liberat\w*|defeat\w*"
    r"|restor\w*|rebuilt|saved|assur\w+|granted|awarded|impos\w+|fined|requir\w+|ordered|attack\w*"
    r"|invad\w*|threaten\w*|confirmed|rejected|blocked)\b"
)
"""Relations by which one thing acts on another."""
_LONGEST_NAME = 6
_FEWEST_HOPS = 2
_SHIFTS = (3, 4, 6, 7, 8, 9, 11, 12, 13, 14, 17, 18)
SHARES: Mapping[str, float] = {
    "half as large": 0.5,
    "a quarter smaller": 0.75,
    "a fifth larger": 1.2,
    "half as large again": 1.5,
    "three times as large": 3.0,
}
"""By how much an amount is supposed to differ, as it is said."""


class PlanNode(Record):
    """A node of the path as the prover needs it."""

    name: str
    type: EntityType
    aliases: list[str]


class Fact(Record):
    """One fact that the question rests on: a hop of the path, or what a clue says. ``subject`` and
    ``object`` are aliases by which documents may speak of its ends."""

    subject: list[str]
    relation: str
    object: list[str]
    evidence: Evidence


class Computation(Record):
    """How the answer comes out of the values at the ends of the path."""

    kind: Literal["years_between", "year_shifted", "amount_scaled"]
    years: int = 0
    said: str = ""
    factor: float = 1.0


class Plan(Record):
    """Everything about a question but its wording. ``facts`` are the hops in the order of the path, then
    those of the clues; ``start`` describes the node that the question starts from, ``nodes[anchor]``: the
    first one, or, where both ends are values, one between them."""

    paradigm: Paradigm
    path: Path
    anchor: int
    nodes: list[PlanNode]
    start: Description
    facts: list[Fact]
    scarcity: Scarcity
    computation: Computation | None = None
    answer: str
    answer_kind: AnswerKind
    unit: str | None = None

    @property
    def hops(self) -> int:
        """How many facts have to be put together."""
        return len(self.facts)

    @property
    def doc_ids(self) -> list[str]:
        """The documents of all facts, each once."""
        return list(dict.fromkeys(fact.evidence.doc_id for fact in self.facts))

    @property
    def chain(self) -> str:
        """``(A)-[relation]->(B)<-[relation]-(C)``"""
        parts = [f"({self.nodes[0].name})"]
        for hop, node in zip(self.path.hops, self.nodes[1:], strict=True):
            arrow = f"-[{hop.relation}]->" if hop.forward else f"<-[{hop.relation}]-"
            parts.append(f"{arrow}({node.name})")
        return "".join(parts)


class Answer(NamedTuple):
    """What is asked for, in ``unit``, and how it was computed."""

    text: str
    kind: AnswerKind
    unit: str | None = None
    computation: Computation | None = None


@dataclass(slots=True)
class Planner:
    """Plans paths of one graph, the paradigms in turn as far as paths allow."""

    graph: Graph
    triples: Mapping[str, Triple]
    documents: Mapping[str, Document]
    rarity: Callable[[str], float]
    settings: KgSettings
    rng: np.random.Generator
    used: Counter[Paradigm] = field(default_factory=Counter)
    last_facts: Counter[str] = field(default_factory=Counter)
    names: frozenset[tuple[str, ...]] = frozenset()

    def __post_init__(self) -> None:
        things = self.graph.nodes.filter(~self.graph.is_value())
        aliases = (alias for some in things["aliases"].to_pylist() for alias in some)
        self.names = frozenset(
            words for alias in aliases if self.rarity(alias) > 0 and (words := tuple(words_of(alias)))
        )

    def plan(self, path: Path, anchor: str) -> Plan | Dropped:
        """What is asked about ``path``, starting from its node ``anchor`` (an id)."""
        at = path.nodes.index(anchor)
        numbers = [self.graph.node_number(node_id) for node_id in path.nodes]
        hop = None
        if at == 0 and self.graph.is_value()[numbers[0]]:
            hop, path, numbers = path.hops[0], Path.of(path.nodes[1:], path.hops[1:]), numbers[1:]
            if len(path.hops) < _FEWEST_HOPS:
                return Dropped(reason="too_short", detail="one hop, after the value that it starts from")
        wanted = DescribeSettings(self.settings.paths.barred_relations, self.settings.clue_rarity)
        start = describe(self.graph, numbers[at], numbers, wanted, self.rarity, self.rng, hop)
        if isinstance(start, Dropped):
            return start
        nodes = [self._node(number) for number in numbers]
        hidden = [alias for node in nodes for alias in node.aliases]
        for clue in start.clues:
            if is_named(clue.said, hidden):
                return Dropped(reason="named_by_clue", detail=clue.said)
        scarcity = self._judge_scarcity(numbers)
        if scarcity.commonness > self.settings.max_commonness:
            return Dropped(reason="common_knowledge", detail=f"{scarcity.commonness}: {nodes[-1].name}")
        fitting = [paradigm for paradigm in PARADIGMS if _fits(paradigm, path, nodes)]
        paradigm = min(fitting, key=lambda one: (self.used[one], PARADIGMS.index(one)), default=None)
        if paradigm is None:
            return Dropped(reason="no_paradigm", detail=" - ".join(node.name for node in nodes))
        if self.used[paradigm] >= self.settings.per_paradigm:
            return Dropped(reason="enough_of_paradigm", detail=paradigm)
        facts = [self._fact(hop.edge_id, hop.triple_id) for hop in path.hops]
        facts += [self._fact(edge_id) for clue in start.clues for edge_id in clue.edge_ids]
        if dropped := self._check_documents(facts):
            return dropped
        answer = self._answer(paradigm, nodes)
        if isinstance(answer, Dropped):
            return answer
        self.used[paradigm] += 1
        last = path.hops[-1].edge_id
        self.last_facts[last] += 1
        if self.last_facts[last] > self.settings.per_last_fact:
            return Dropped(reason="last_fact_repeated", detail=f"{paradigm}: {nodes[-1].name}")
        ends = [facts[len(path.hops) - 1], *([facts[0]] if at else [])]
        if all(self._names_another(fact.relation, numbers) for fact in ends):
            return Dropped(reason="shortcut", detail=f"names something else: {ends[0].relation}")
        return Plan(
            paradigm=paradigm,
            path=path,
            anchor=at,
            nodes=nodes,
            start=start,
            facts=facts,
            scarcity=scarcity,
            computation=answer.computation,
            answer=answer.text,
            answer_kind=answer.kind,
            unit=answer.unit,
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

    def _check_documents(self, facts: Sequence[Fact]) -> Dropped | None:
        """Whether each document is needed: what it states must not all be in the text of the others as well,
        where nobody may have read it."""
        needed = {fact.evidence.doc_id: self.documents[fact.evidence.doc_id] for fact in facts}
        if len(needed) < 2:
            return Dropped(reason="one_document", detail=facts[0].evidence.doc_id)
        for doc_id, document in needed.items():
            own = [fact for fact in facts if fact.evidence.doc_id == doc_id]
            others = [other for other in needed.values() if other is not document]
            if all(
                any(states_both(one.title, one.text, fact.subject, fact.object) for one in others)
                for fact in own
            ):
                return Dropped(reason="stated_elsewhere", detail=f"all that {document.title} states")
        return None

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

    def _answer(self, paradigm: Paradigm, nodes: list[PlanNode]) -> Answer | Dropped:
        if paradigm in ("multi_fact", "causal"):
            return answer_of(nodes, None)
        if paradigm == "temporal":
            return answer_of(nodes, Computation(kind="years_between"))
        if nodes[-1].type == "date":
            years = int(self.rng.choice(_SHIFTS))
            earlier = bool(self.rng.integers(2))
            said = f"{years} years {'earlier' if earlier else 'later'}"
            shift = Computation(kind="year_shifted", years=-years if earlier else years, said=said)
            return answer_of(nodes, shift)
        said = sorted(SHARES)[int(self.rng.integers(len(SHARES)))]
        return answer_of(nodes, Computation(kind="amount_scaled", said=said, factor=SHARES[said]))


def answer_of(nodes: Sequence[PlanNode], computation: Computation | None) -> Answer | Dropped:
    """What is asked for, from the values at the ends of the path."""
    last = nodes[-1].name
    if computation is None:
        return Answer(last, "text")
    if computation.kind == "amount_scaled":
        number = read_number(last)
        if number is None:
            return Dropped(reason="no_arithmetic", detail=last)
        scaled = f"{number.value * computation.factor:.6f}".rstrip("0").rstrip(".")
        return Answer(scaled, "number", number.unit or None, computation)
    year = year_of(last)
    if year is None:
        return Dropped(reason="no_arithmetic", detail=last)
    if computation.kind == "year_shifted":
        return Answer(str(year + computation.years), "number", None, computation)
    other = year_of(nodes[0].name)
    if other is None or other == year:
        return Dropped(reason="no_arithmetic", detail=f"{nodes[0].name}, {last}")
    return Answer(str(abs(year - other)), "number", "years", computation)


def _fits(paradigm: Paradigm, path: Path, nodes: list[PlanNode]) -> bool:
    first, last = nodes[0].type, nodes[-1].type
    if first in VALUE_TYPES:
        return paradigm == "temporal" and first == last == "date"
    if paradigm == "causal":
        relations = [hop.relation for hop in path.hops[-2:]]
        return last not in VALUE_TYPES and any(EFFECT.search(relation) for relation in relations)
    if paradigm == "hypothetical":
        return last in VALUE_TYPES
    return paradigm == "multi_fact" and last != "number"


def clue_names(clues: list[Clue]) -> list[str]:
    """What a question must name so that its description identifies: the other ends of its plain clues."""
    return [clue.said for clue in clues if clue.kind not in ("temporal", "superlative")]
