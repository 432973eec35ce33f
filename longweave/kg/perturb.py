"""Names to descriptions that still identify, out of the graph's own facts (L1.5 §3, perturbation).

In: a node of the graph and the nodes that the description may not speak of. Out: a ``Description``, clues
that exactly one node of the graph fits, none of which could be left out, or ``Dropped``: ``not_describable``.
Of several, that is taken which needs the fewest documents besides those that the question rests on anyway,
and of these the first: who finds the start in the document of the answer has skipped the path.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np

from longweave.kg.clue_evidence import add_documents, choose_triples, find_place
from longweave.kg.clues import Clue, Option, collect_options, is_veiled, tell_value
from longweave.kg.graph import Graph
from longweave.kg.records import TYPES, EntityType, Hop, Triple
from longweave.synth.records import Dropped, Record

_MOST_CLUES = 3
_MOST_OPTIONS = 12


class DescribeSettings(NamedTuple):
    """Relations that say too little, and how rare a name must be that a clue says."""

    barred: Collection[str]
    least_rarity: float


class Description(Record):
    """What is said of a node instead of its name."""

    type: EntityType
    clues: list[Clue]


def describe(
    graph: Graph,
    node: int,
    avoid: Collection[int],
    settings: DescribeSettings,
    rarity: Callable[[str], float],
    rng: np.random.Generator,
    hop: Hop | None,
    triples: Mapping[str, Triple],
    documents: Sequence[str],
) -> Description | Dropped:
    """What identifies ``node`` without its name.

    Args:
        graph: Its facts are all that may be said.
        node: By number.
        avoid: Nodes that no clue may speak of: those of the path.
        settings: What a clue must be.
        rarity: 0…1, how rarely the documents use a name: what is in many identifies only in the graph.
        rng: Decides among descriptions that are equally good.
        hop: Leads to the node from a value, which then is one of its clues where it helps: a date told
            roughly.
        triples: Those of the graph, by id.
        documents: What the question needs anyway, in the order of the path.
    """
    options = collect_options(graph, node, avoid, settings.barred)

    def is_rare(option: Option) -> bool:
        return option.clue.names != "" and rarity(option.clue.names) >= settings.least_rarity

    telling = [option for option in options if is_veiled(option) or is_rare(option)]
    order = [telling[i] for i in rng.permutation(len(telling))]
    order.sort(key=lambda one: (*_weigh_documents([one], documents), -round(rarity(one.clue.said), 1)))

    def identifies(chosen: Sequence[Option]) -> bool:
        fits = frozenset.intersection(*(option.fits for option in chosen)) if chosen else frozenset()
        return fits == {node} and any(one.chosen and is_rare(one) for one in chosen)

    given = [] if hop is None else [tell_value(graph, node, hop)]
    for chosen in _combine(given, order[:_MOST_OPTIONS], documents):
        if identifies(chosen) and not any(
            identifies([*chosen[:at], *chosen[at + 1 :]]) for at in range(len(chosen))
        ):
            clues = _prove(graph, node, chosen, triples, documents)
            return Description(type=TYPES[graph.types[node]], clues=clues)
    detail = f"{graph.node(node).name}: {len(telling)} of {len(options)} facts are rare enough to tell it by"
    return Dropped(reason="not_describable", detail=detail)


def _combine(given: list[Option], order: list[Option], documents: Sequence[str]) -> Iterator[list[Option]]:
    """Some of ``order``, first with ``given`` and then without: those of few more documents before many, few
    before many, and hidden values before named ones: a reader should have to look them up."""

    def weigh(chosen: list[Option]) -> tuple[int, int, int, int]:
        more, place = _weigh_documents(chosen, documents)
        return more, len(chosen), place, -sum(map(is_veiled, chosen))

    for start in [given, []] if given else [[]]:
        sizes = range(1, min(_MOST_CLUES - len(start), len(order)) + 1)
        sets = [[*start, *some] for size in sizes for some in combinations(order, size)]
        yield from sorted(sets, key=weigh)


def _weigh_documents(chosen: Sequence[Option], documents: Sequence[str]) -> tuple[int, int]:
    """How many more documents ``chosen`` needs, and how far down ``documents`` it goes."""
    stated = [docs for option in chosen for docs in option.stated]
    return len(add_documents(stated, documents)), find_place(stated, documents)


def _prove(
    graph: Graph,
    node: int,
    chosen: Sequence[Option],
    triples: Mapping[str, Triple],
    documents: Sequence[str],
) -> list[Clue]:
    """The clues of ``chosen`` with the triples that prove them, in the words of these."""
    stated = [docs for option in chosen for docs in option.stated]
    all_documents = [*documents, *add_documents(stated, documents)]
    clues, aliases = [], graph.node(node).aliases
    for option in chosen:
        clue = option.clue
        triple_ids = clue.triple_ids or choose_triples(graph, clue.edge_ids, triples, all_documents)
        words: dict[str, object] = {"triple_ids": triple_ids}
        if clue.kind != "superlative":
            triple = triples[triple_ids[0]]
            words |= {"relation": triple.relation, "forward": triple.subject in aliases}
        clues.append(clue.model_copy(update=words))
    return clues
