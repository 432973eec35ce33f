"""A small world of four documents, its graph, and plans of every paradigm over it."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from longweave.kg.graph import Graph
from longweave.kg.plan import Planner
from longweave.kg.plan_records import Plan
from longweave.kg.records import EntityType, Hop, Path, Triple
from longweave.kg.settings import KgSettings
from longweave.synth.embedding import encode
from longweave.synth.records import Document, Dropped, Evidence
from tests.kg.made_graphs import made_graph_of, node_id

BRIDGE, VENN, WORKS = "Karelin Bridge", "Tobias Venn", "Norrland Cable Works"
STRIKE, GORGE, OPENED, CLOSED, STAFF = "Ulmen Strike", "Odrava Gorge", "May 1907", "1931", "1,200 workers"


def _document(doc_id: str, title: str, text: str) -> Document:
    return Document(
        doc_id=doc_id, title=title, text=text, domain="general", source="made", license="CC0", n_tokens=99
    )


DOCUMENTS = {
    one.doc_id: one
    for one in (
        _document(
            "gorge",
            "A walk along the river",
            "In spring the path is dry.\n\nThe Karelin Bridge spans the Odrava Gorge. Bring water.\n\n"
            "The Karelin Bridge was opened in May 1907, on a Sunday.\n",
        ),
        _document(
            "builders",
            "Who built what",
            "Of the old bridges, the Karelin Bridge was designed by Tobias Venn, who was then young.\n",
        ),
        _document(
            "lives",
            "Short lives of engineers",
            "Tobias Venn married late. Tobias Venn’s brother wrote.\n\n"
            "In his last years Tobias Venn founded the Norrland Cable Works, against all advice.\n",
        ),
        _document(
            "register",
            "Register of firms",
            "Norrland Cable Works employed 1,200 workers at its height.\n\n"
            "A pay cut at Norrland Cable Works triggered the Ulmen Strike.\n\n"
            "Norrland Cable Works was closed in 1931 by its bank.\n",
        ),
    )
}
TYPES: dict[str, EntityType] = {
    BRIDGE: "product",
    VENN: "person",
    WORKS: "organization",
    STRIKE: "event",
    GORGE: "place",
    OPENED: "date",
    CLOSED: "date",
    STAFF: "number",
}
STATED = (
    ("gorge", BRIDGE, "spans", GORGE, "The Karelin Bridge spans the Odrava Gorge."),
    ("gorge", BRIDGE, "was opened in", OPENED, "The Karelin Bridge was opened in May 1907"),
    ("builders", BRIDGE, "was designed by", VENN, "the Karelin Bridge was designed by Tobias Venn"),
    ("lives", VENN, "founded", WORKS, "Tobias Venn founded the Norrland Cable Works"),
    ("register", WORKS, "employed", STAFF, "Norrland Cable Works employed 1,200 workers"),
    ("register", WORKS, "triggered", STRIKE, "A pay cut at Norrland Cable Works triggered the Ulmen Strike."),
    ("register", WORKS, "was closed in", CLOSED, "Norrland Cable Works was closed in 1931"),
)


def _triple(doc_id: str, subject: str, relation: str, object_: str, quote: str) -> Triple:
    start = DOCUMENTS[doc_id].text.index(quote)
    evidence = Evidence.of(DOCUMENTS[doc_id], start, start + len(quote))
    return Triple.of((subject, TYPES[subject]), relation, (object_, TYPES[object_]), evidence, "made")


TRIPLES = [_triple(*stated) for stated in STATED]
GRAPH = made_graph_of(TRIPLES)


def path_along(*names: str) -> Path:
    """The path through these names, each joined to the next by the one fact on both."""
    hops = []
    for here, there in pairwise(names):
        triple = next(one for one in TRIPLES if {one.subject, one.object} == {here, there})
        edge = next(
            GRAPH.edge_record(edge)
            for edge in range(GRAPH.n_edges)
            if triple.triple_id in GRAPH.edge_record(edge).triple_ids
        )
        hops.append(
            Hop(
                edge_id=edge.edge_id,
                relation=edge.relation,
                forward=triple.subject == here,
                triple_id=triple.triple_id,
                doc_id=triple.doc_id,
            )
        )
    return Path.of([node_id(name) for name in names], hops)


def planner(
    seed: int = 0,
    documents: Sequence[Document] = tuple(DOCUMENTS.values()),
    graph: Graph = GRAPH,
    triples: Sequence[Triple] = TRIPLES,
    **settings: object,
) -> Planner:
    """A planner over the world."""
    return Planner(
        graph,
        {triple.triple_id: triple for triple in triples},
        {document.doc_id: document for document in documents},
        lambda name: 0.9,
        KgSettings.model_validate({"per_asked_fact": 99, "fewest_guesses": 1} | settings),
        np.random.default_rng(seed),
        encode,
    )


def planned(*names: str, anchor: str = "", seed: int = 0, turn: int = 1) -> Plan:
    """What is asked of the path along ``names`` when it is planned for the ``turn``-th time."""
    made: Plan | Dropped = Dropped(reason="not planned")
    own = planner(seed)
    for _ in range(turn):
        made = own.plan(path_along(*names), node_id(anchor or names[0]))
    assert isinstance(made, Plan), made
    return made


def plan_fact() -> Plan:
    """Who founded what: from the bridge to the works."""
    return planned(BRIDGE, VENN, WORKS)


def plan_cause() -> Plan:
    """What the works triggered."""
    return planned(BRIDGE, VENN, WORKS, STRIKE, turn=2)


def plan_years() -> Plan:
    """The years between the opening and the closure."""
    return planned(OPENED, BRIDGE, VENN, WORKS, CLOSED, anchor=BRIDGE)


def plan_shift(seed: int = 0) -> Plan:
    """The closure, some years off."""
    return planned(BRIDGE, VENN, WORKS, CLOSED, seed=seed, turn=2)


def plan_amount(seed: int = 0) -> Plan:
    """The workers, more or fewer."""
    return planned(BRIDGE, VENN, WORKS, STAFF, seed=seed)
