"""What is to be asked about a path, as records: a ``Plan`` is everything about a question but its wording."""

from typing import Literal

from longweave.kg.clues import Clue
from longweave.kg.guesses import Joint
from longweave.kg.perturb import Description
from longweave.kg.records import EntityType, Path
from longweave.kg.scarcity import Scarcity
from longweave.synth.records import AnswerKind, Evidence, Record

Paradigm = Literal["multi_fact", "temporal", "causal", "hypothetical"]
PARADIGMS: tuple[Paradigm, ...] = ("multi_fact", "temporal", "causal", "hypothetical")


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


class PlanDate(PlanNode):
    """A date that hangs on the node at ``place`` of the path."""

    place: int


class Computation(Record):
    """How the answer comes out of the values of the path.

    ``years_between`` is the span of its two dates. With a third date on the way, ``gaps_added`` is the sum of
    the spans from it to either end, ``gaps_compared`` by how much they differ, and ``middle_of_three`` the
    thing whose date is neither the first nor the last. The last date is supposed to differ by ``years``, or
    the amount by ``factor``, as ``said``.
    """

    kind: Literal[
        "years_between", "year_shifted", "amount_scaled", "gaps_added", "gaps_compared", "middle_of_three"
    ]
    years: int = 0
    said: str = ""
    factor: float = 1.0


class Plan(Record):
    """Everything about a question but its wording. ``facts`` are the hops in the order of the path, then the
    ``milestone`` if there is a third date on the way, then those of the clues; ``start`` describes the node
    that the question starts from, ``nodes[anchor]``: the first one, or, where both ends are values, one
    between them. ``joints`` say how the other nodes may be spoken of, and ``guesses`` how many answers are
    left to a reader who lacks a document, at the least."""

    paradigm: Paradigm
    path: Path
    anchor: int
    nodes: list[PlanNode]
    milestone: PlanDate | None = None
    start: Description
    facts: list[Fact]
    joints: list[Joint]
    guesses: int
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
    def n_told(self) -> int:
        """How many facts come before those of the clues."""
        return len(self.path.hops) + (self.milestone is not None)

    @property
    def dates(self) -> list[Fact]:
        """With a third date: the facts of all three."""
        return self.computed_from if self.milestone is not None else []

    @property
    def computed_from(self) -> list[Fact]:
        """The facts whose values the answer is computed from: those of all dates, or the last one."""
        if self.computation is None:
            return []
        first, last = self.facts[0], self.facts[len(self.path.hops) - 1]
        if self.milestone is not None:
            return [first, last, self.facts[self.n_told - 1]]
        return [first, last] if self.computation.kind == "years_between" else [last]

    @property
    def chance(self) -> float:
        """How often a guess among what the question names is right."""
        one_of_three = self.computation is not None and self.computation.kind == "middle_of_three"
        return round(1 / 3, 3) if one_of_three else 0.0

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


def clue_names(clues: list[Clue]) -> list[str]:
    """What a question must name so that its description identifies."""
    return [clue.names for clue in clues if clue.names]
