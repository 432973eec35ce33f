"""What may be said of a node instead of its name: each of its facts as a clue, with the nodes that it fits.

A clue is a fact with its other end named, or, where that is a date, told only roughly ("a year ending in 5 in
the late 20th century"), or ranked ("the largest of them").
"""

from collections.abc import Collection, Iterator, Set
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from pydantic import Field

from longweave.kg.clue_evidence import documents_of
from longweave.kg.follow import either_way
from longweave.kg.graph import Graph
from longweave.kg.records import TYPES, EntityType, Hop
from longweave.kg.values import Number, order_of, year_of
from longweave.synth.records import Record

ClueKind = Literal["temporal", "superlative", "role", "institutional", "place", "relational"]

_MOST_RANKED = 4
_ROLE_NOUNS = (
    "president chairman chairwoman chair secretary minister chief director officer head leader ambassador "
    "senator governor judge justice professor founder co-founder author editor commissioner general admiral"
)
_ROLE_WORDS = frozenset(_ROLE_NOUNS.split())


class Clue(Record):
    """A fact that the described thing has: ``relation`` to (``forward``) or from something that is to be
    called ``said``, and ``names`` a thing by which it can be looked up ("" where it tells but a date).
    ``edge_ids`` are the facts that show it: one, or all that were ranked; ``triple_ids`` are the triples that
    prove them, one for each, empty while they are not chosen. Then ``relation`` and ``forward`` are those of
    the triple, but for ranks; before, those of the edge."""

    kind: ClueKind
    relation: str
    forward: bool
    said: str
    names: str = ""
    edge_ids: list[str]
    triple_ids: list[str] = Field(default_factory=list)


@dataclass(frozen=True, slots=True, eq=False)
class Option:
    """A clue (which triples prove it is still open), the nodes that fit it, the nodes that it speaks of, the
    documents that state each of its facts, and whether it was ``chosen`` or came with the path."""

    clue: Clue
    fits: frozenset[int]
    speaks_of: frozenset[int]
    stated: tuple[frozenset[str], ...]
    chosen: bool = True


def collect_options(graph: Graph, node: int, avoid: Collection[int], barred: Collection[str]) -> list[Option]:
    """All facts of ``node`` that may be told, as clues; dates only roughly, amounts only by rank."""
    hidden = set(avoid) | {node}
    own = range(graph.starts[node], graph.starts[node + 1])
    found: list[Option] = []
    for half in own:
        other, step = int(graph.neighbour[half]), int(graph.step[half])
        relation = graph.relations[step // 2]
        if other in hidden or relation in barred:
            continue
        named = _name(graph, half, other, step, relation)
        if TYPES[graph.types[other]] == "date":
            veiled = _veil_date(graph, half, other, step, relation)
            found += [veiled] if veiled is not None else []
        if TYPES[graph.types[other]] not in ("date", "number"):
            found.append(named)
            found += _rank(graph, node, named, hidden, barred)
    return found


def tell_value(graph: Graph, node: int, hop: Hop) -> Option:
    """The clue that ``node`` is joined by ``hop`` to a date or amount; a date only roughly."""
    edge = graph.edge_number(hop.edge_id)
    value = int(graph.head[edge] if hop.forward else graph.tail[edge])
    step = 2 * int(graph.relation[edge]) + int(not hop.forward)
    own = np.flatnonzero(graph.edge[graph.starts[node] : graph.starts[node + 1]] == edge)
    half = int(graph.starts[node] + own[0])
    veiled = None
    if TYPES[graph.types[value]] == "date":
        veiled = _veil_date(graph, half, value, step, hop.relation)
    option = veiled or _name(graph, half, value, step, hop.relation)
    clue = option.clue.model_copy(update={"triple_ids": [hop.triple_id]})
    return replace(option, clue=clue, stated=(frozenset({hop.doc_id}),), chosen=False)


def is_veiled(option: Option) -> bool:
    """Whether the value of ``option`` has to be looked up."""
    return option.clue.kind in ("temporal", "superlative")


def _option(graph: Graph, clue: Clue, fits: Collection[int], speaks_of: Collection[int]) -> Option:
    stated = tuple(documents_of(graph, edge_id) for edge_id in clue.edge_ids)
    return Option(clue, frozenset(fits), frozenset(speaks_of), stated)


def _name(graph: Graph, half: int, other: int, step: int, relation: str) -> Option:
    type_ = TYPES[graph.types[other]]
    kind: ClueKind = "relational"
    if _ROLE_WORDS & set(relation.split()):
        kind = "role"
    elif type_ in ("organization", "place"):
        kind = "institutional" if type_ == "organization" else "place"
    clue = Clue(
        kind=kind,
        relation=relation,
        forward=bool(step & 1),
        said=graph.node(other).name,
        names=graph.node(other).name,
        edge_ids=[_edge_id(graph, half)],
    )
    called_so = {other, *graph.namesakes.get(other, ())}
    fits = frozenset().union(*(_having(graph, step, one) for one in called_so))
    return _option(graph, clue, fits, called_so)


def _veil_date(graph: Graph, half: int, other: int, step: int, relation: str) -> Option | None:
    """The year by its last digit and its part of the century; what fits has any such year by the relation."""
    year = year_of(graph.node(other).name)
    if year is None:
        return None
    edges = np.flatnonzero(graph.relation == step // 2)
    near, far = (graph.head, graph.tail) if step & 1 else (graph.tail, graph.head)
    first = (year - 1) // 100 * 100 + 1
    alike = [other for other in range(first, first + 100) if _era(other) == _era(year)]
    fits = near[edges[np.isin(graph.years[far[edges]], alike)]].tolist()
    clue = Clue(
        kind="temporal",
        relation=relation,
        forward=bool(step & 1),
        said=say_year(year),
        edge_ids=[_edge_id(graph, half)],
    )
    return _option(graph, clue, fits, {other})


def say_year(year: int) -> str:
    """As in "a year ending in 5 in the late 20th century": three or four years fit."""
    digit, century, part = _era(year)
    ordinal = {1: "st", 2: "nd", 3: "rd"}.get(century % 10 if century % 100 // 10 != 1 else 0, "th")
    return f"a year ending in {digit} in the {part} {century}{ordinal} century"


def _era(year: int) -> tuple[int, int, str]:
    within = (year - 1) % 100 + 1
    return (
        year % 10,
        (year - 1) // 100 + 1,
        "early" if within <= 33 else "middle of the" if within <= 66 else "late",
    )


def _rank(
    graph: Graph, node: int, named: Option, hidden: Set[int], barred: Collection[str]
) -> Iterator[Option]:
    """As in "the largest of those that …": among a few that share a fact, by an amount or date of each."""
    group = sorted(named.fits)
    if not 2 <= len(group) <= _MOST_RANKED or not hidden.isdisjoint(named.fits - {node}):
        return
    for half in range(graph.starts[node], graph.starts[node + 1]):
        step, value = int(graph.step[half]), int(graph.neighbour[half])
        if value in hidden or TYPES[graph.types[value]] not in ("date", "number") or not step & 1:
            continue
        relation = graph.relations[step // 2]
        halves = [_only_half(graph, member, step) for member in group]
        if relation in barred or any(one is None or int(graph.neighbour[one]) in hidden for one in halves):
            continue
        values = [order_of(_type(graph, half), _name_at(graph, half)) for half in halves if half is not None]
        ranked = _say_rank(values, group.index(node), TYPES[graph.types[value]])
        if ranked is None:
            continue
        edge_ids = [_edge_id(graph, one) for one in halves if one is not None]
        shared = [_edge_id(graph, one) for member in group for one in _halves_to(graph, member, named)]
        clue = Clue(
            kind="superlative",
            relation=relation,
            forward=True,
            said=f"{ranked} of the {len(group)} that share: {named.clue.relation} {named.clue.said}",
            names=named.clue.names,
            edge_ids=list(dict.fromkeys([*edge_ids, *shared])),
        )
        yield _option(graph, clue, {node}, {value, *named.speaks_of})


def _say_rank(values: list[Number | None], at: int, type_: EntityType) -> str | None:
    known = [value for value in values if value is not None]
    if len(known) < len(values) or len({value.unit for value in known}) > 1:
        return None
    own = known[at].value
    others = [value.value for number, value in enumerate(known) if number != at]
    if own > max(others):
        return "the latest" if type_ == "date" else "the largest"
    if own < min(others):
        return "the earliest" if type_ == "date" else "the smallest"
    return None


def _having(graph: Graph, step: int, value: int) -> frozenset[int]:
    """The nodes that a ``step`` takes to ``value``."""
    first, last = graph.starts[value], graph.starts[value + 1]
    low, high = either_way(graph, step ^ 1)
    back = (graph.step[first:last] >= low) & (graph.step[first:last] < high)
    return frozenset(int(other) for other in graph.neighbour[first:last][back])


def _halves_to(graph: Graph, member: int, named: Option) -> Iterator[int]:
    for half in range(graph.starts[member], graph.starts[member + 1]):
        if (
            int(graph.neighbour[half]) in named.speaks_of
            and graph.relations[graph.step[half] // 2] == named.clue.relation
        ):
            yield half


def _only_half(graph: Graph, member: int, step: int) -> int | None:
    first, last = graph.starts[member], graph.starts[member + 1]
    found = np.flatnonzero(graph.step[first:last] == step)
    return int(first + found[0]) if len(found) == 1 else None


def _type(graph: Graph, half: int) -> EntityType:
    return TYPES[int(graph.types[graph.neighbour[half]])]


def _name_at(graph: Graph, half: int) -> str:
    return graph.node(int(graph.neighbour[half])).name


def _edge_id(graph: Graph, half: int) -> str:
    return str(graph.edge_ids[graph.edge[half]], "ascii")
