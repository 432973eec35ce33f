"""Names to descriptions that still identify, out of the graph's own facts (L1.5 §3, perturbation).

In: a node of the graph and the nodes that the description may not speak of. Out: a ``Description``, a few
clues that exactly one node of the graph fits, or ``Dropped``: ``not_describable``.

A clue is a fact about the node with its other end named, or, where that is a date, told only roughly ("a year
ending in 5 in the late 20th century"), or ranked ("the largest of them").
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Literal, NamedTuple

import numpy as np

from longweave.kg.graph import Graph
from longweave.kg.records import TYPES, EntityType, Hop
from longweave.kg.values import Number, order_of, year_of
from longweave.synth.records import Dropped, Record

ClueKind = Literal["temporal", "superlative", "role", "institutional", "place", "relational"]

_MOST_CLUES = 3
_USUAL_CLUES = 2
_MOST_OPTIONS = 12
_MOST_RANKED = 4
_ROLE_NOUNS = (
    "president chairman chairwoman chair secretary minister chief director officer head leader ambassador "
    "senator governor judge justice professor founder co-founder author editor commissioner general admiral"
)
_ROLE_WORDS = frozenset(_ROLE_NOUNS.split())


class Clue(Record):
    """A fact that the described thing has: ``relation`` to (``forward``) or from something that is to be
    called ``said``. ``edge_ids`` are the facts that show it: one, or all that were ranked."""

    kind: ClueKind
    relation: str
    forward: bool
    said: str
    edge_ids: list[str]


class DescribeSettings(NamedTuple):
    """Relations that say too little, and how rare a name must be that a clue says."""

    barred: Collection[str]
    least_rarity: float


class Description(Record):
    """What is said of a node instead of its name."""

    type: EntityType
    clues: list[Clue]


@dataclass(frozen=True, slots=True)
class _Option:
    """A clue, the nodes that fit it, and the nodes that it speaks of."""

    clue: Clue
    fits: frozenset[int]
    speaks_of: frozenset[int]


def describe(
    graph: Graph,
    node: int,
    avoid: Collection[int],
    settings: DescribeSettings,
    rarity: Callable[[str], float],
    rng: np.random.Generator,
    hop: Hop | None = None,
) -> Description | Dropped:
    """What identifies ``node`` without its name.

    Args:
        graph: Its facts are all that may be said.
        node: By number.
        avoid: Nodes that no clue may speak of: those of the path.
        settings: What a clue must be.
        rarity: 0…1, how rarely the documents use a name: what is in many identifies only in the graph.
        rng: Decides among descriptions that are equally good.
        hop: Leads to the node from a value, which then is one of its clues: a date told roughly.
    """
    options = _collect(graph, node, avoid, settings.barred)
    telling = [
        option
        for option in options
        if _is_veiled(option) or rarity(option.clue.said) >= settings.least_rarity
    ]
    order = [telling[i] for i in rng.permutation(len(telling))]
    order.sort(key=lambda option: -round(rarity(option.clue.said), 1))
    given = [] if hop is None else [_tell_value(graph, node, hop)]
    for chosen in _combine(given, order[:_MOST_OPTIONS]):
        fits = frozenset.intersection(*(option.fits for option in chosen))
        if fits == {node} and any(not _is_veiled(option) for option in chosen[len(given) :]):
            more = [one for one in order if one not in chosen and not _is_veiled(one)]
            clues = [option.clue for option in [*chosen, *more[: max(0, _USUAL_CLUES - len(chosen))]]]
            return Description(type=TYPES[graph.types[node]], clues=clues)
    detail = f"{graph.node(node).name}: {len(telling)} of {len(options)} facts are rare enough to tell it by"
    return Dropped(reason="not_describable", detail=detail)


def _combine(given: list[_Option], order: list[_Option]) -> Iterator[list[_Option]]:
    """``given`` with some of ``order``, few before many, hidden values before named ones: a reader should
    have to look them up."""
    for size in range(1, min(_MOST_CLUES - len(given), len(order)) + 1):
        some = sorted(combinations(order, size), key=lambda one: -sum(map(_is_veiled, one)))
        yield from ([*given, *chosen] for chosen in some)


def _tell_value(graph: Graph, node: int, hop: Hop) -> _Option:
    """The clue that ``node`` is joined by ``hop`` to a date or amount; a date only roughly."""
    edge = graph.edge_number(hop.edge_id)
    value = int(graph.head[edge] if hop.forward else graph.tail[edge])
    step = 2 * int(graph.relation[edge]) + int(not hop.forward)
    own = np.flatnonzero(graph.edge[graph.starts[node] : graph.starts[node + 1]] == edge)
    half = int(graph.starts[node] + own[0])
    veiled = None
    if TYPES[graph.types[value]] == "date":
        veiled = _veil_date(graph, half, value, step, hop.relation)
    return veiled or _name(graph, half, value, step, hop.relation)


def _is_veiled(option: _Option) -> bool:
    return option.clue.kind in ("temporal", "superlative")


def _collect(graph: Graph, node: int, avoid: Collection[int], barred: Collection[str]) -> list[_Option]:
    hidden = set(avoid) | {node}
    own = range(graph.starts[node], graph.starts[node + 1])
    found: list[_Option] = []
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


def _name(graph: Graph, half: int, other: int, step: int, relation: str) -> _Option:
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
        edge_ids=[_edge_id(graph, half)],
    )
    return _Option(clue, _having(graph, step, other), frozenset({other}))


def _veil_date(graph: Graph, half: int, other: int, step: int, relation: str) -> _Option | None:
    """The year by its last digit and its part of the century; what fits has any such year by the relation."""
    year = year_of(graph.node(other).name)
    if year is None:
        return None
    edges = np.flatnonzero(graph.relation == step // 2)
    near, far = (graph.head, graph.tail) if step & 1 else (graph.tail, graph.head)
    fits = {
        int(near[edge])
        for edge in edges
        if (own := year_of(graph.node(int(far[edge])).name)) is not None and _era(own) == _era(year)
    }
    clue = Clue(
        kind="temporal",
        relation=relation,
        forward=bool(step & 1),
        said=say_year(year),
        edge_ids=[_edge_id(graph, half)],
    )
    return _Option(clue, frozenset(fits), frozenset({other}))


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
    graph: Graph, node: int, named: _Option, hidden: Collection[int], barred: Collection[str]
) -> Iterator[_Option]:
    """As in "the largest of those that …": among a few that share a fact, by an amount or date of each."""
    group = sorted(named.fits)
    if not 2 <= len(group) <= _MOST_RANKED:
        return
    for half in range(graph.starts[node], graph.starts[node + 1]):
        step, value = int(graph.step[half]), int(graph.neighbour[half])
        if value in hidden or TYPES[graph.types[value]] not in ("date", "number") or not step & 1:
            continue
        relation = graph.relations[step // 2]
        halves = [_only_half(graph, member, step) for member in group]
        if relation in barred or any(one is None for one in halves):
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
            edge_ids=list(dict.fromkeys([*edge_ids, *shared])),
        )
        yield _Option(clue, frozenset({node}), frozenset({value, *named.speaks_of}))


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
    back = graph.step[first:last] == step ^ 1
    return frozenset(int(other) for other in graph.neighbour[first:last][back])


def _halves_to(graph: Graph, member: int, named: _Option) -> Iterator[int]:
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
