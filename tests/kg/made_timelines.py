"""Another small world: three documents, each of which alone tells one of three dates, and a timeline over
them."""

from typing import Any

import numpy as np

from longweave.kg.graph import Graph
from longweave.kg.path_settings import PathSettings
from longweave.kg.plan import Planner
from longweave.kg.plan_records import Plan
from longweave.kg.records import EntityType, Triple
from longweave.kg.timelines import Timeline, sample_timelines
from longweave.synth.records import Document, Dropped, Evidence
from tests.kg.made_graphs import gather, made_graph_of
from tests.kg.made_plans import planner

BRIDGE, VENN, WORKS = "Karelin Bridge", "Tobias Venn", "Norrland Cable Works"
TROMVIK, OPENED, CLOSED = "Tromvik", "May 1907", "1931"
OUTSIDE, BETWEEN = "1899", "1912"
"""Years of the third date: before the other two, and between them."""

TYPES: dict[str, EntityType] = {
    BRIDGE: "product",
    VENN: "person",
    WORKS: "organization",
    TROMVIK: "place",
    OPENED: "date",
    CLOSED: "date",
    OUTSIDE: "date",
    BETWEEN: "date",
}


def documents(third: str = OUTSIDE) -> dict[str, Document]:
    """The world's documents, with the year ``third`` as the date of what happened to Venn."""
    texts = {
        "crossing": (
            "A walk along the river",
            "In spring the path is dry.\n\nThe Karelin Bridge was designed by Tobias Venn, and was opened in "
            "May 1907, on a Sunday. Bring water.\n",
        ),
        "lives": (
            "Short lives of engineers",
            f"Tobias Venn was born in Tromvik.\n\nTobias Venn was decorated in {third} by the king.\n\n"
            "In his last years Tobias Venn established the Norrland Cable Works, against all advice.\n",
        ),
        "register": (
            "Register of firms",
            "Cable makers of the north: Norrland Cable Works was closed in 1931 by its bank.\n",
        ),
    }
    return {
        doc_id: Document(
            doc_id=doc_id,
            title=title,
            text=text,
            domain="general",
            source="made",
            license="CC0",
            n_tokens=99,
        )
        for doc_id, (title, text) in texts.items()
    }


def triples(third: str = OUTSIDE) -> list[Triple]:
    """What they state."""
    stated = (
        ("crossing", BRIDGE, "was opened in", OPENED, "and was opened in May 1907"),
        ("crossing", BRIDGE, "was designed by", VENN, "The Karelin Bridge was designed by Tobias Venn"),
        ("lives", VENN, "was born in", TROMVIK, "Tobias Venn was born in Tromvik."),
        ("lives", VENN, "was decorated in", third, f"Tobias Venn was decorated in {third}"),
        ("lives", VENN, "established", WORKS, "Tobias Venn established the Norrland Cable Works"),
        ("register", WORKS, "was closed in", CLOSED, "Norrland Cable Works was closed in 1931"),
    )
    own = documents(third)
    made = []
    for doc_id, subject, relation, object_, quote in stated:
        start = own[doc_id].text.index(quote)
        evidence = Evidence.of(own[doc_id], start, start + len(quote))
        ends = (subject, TYPES[subject]), (object_, TYPES[object_])
        made.append(Triple.of(ends[0], relation, ends[1], evidence, "made"))
    return made


def timeline(third: str = OUTSIDE) -> Timeline:
    """From the opening over bridge, Venn and works to the closure, in whichever direction it is sampled."""
    stated = triples(third)
    _, _, of_edge = gather(stated)
    settings = PathSettings(min_hops=4, max_hops=4)
    made = sample_timelines(made_graph_of(stated), of_edge, settings, np.random.default_rng(0))
    return next(one for one in made if isinstance(one, Timeline))


def timeline_planner(third: str = OUTSIDE, graph: Graph | None = None, **settings: Any) -> Planner:
    """A planner over the world."""
    own = triples(third)
    return planner(
        documents=tuple(documents(third).values()),
        graph=graph or made_graph_of(own),
        triples=own,
        **settings,
    )


def plan_timeline(third: str = OUTSIDE, turn: int = 1) -> Plan:
    """What is asked of the timeline when it is planned for the ``turn``-th time: with 1 whose date lies
    between, then the gaps, then the same where one thing acts on another, then with a date supposed."""
    own, sampled = timeline_planner(third), timeline(third)
    made: Plan | Dropped = Dropped(reason="not planned")
    for _ in range(turn):
        own.asked.clear()  # as if other dates had been asked for
        made = own.plan(sampled.path, sampled.anchor, sampled.milestone)
    assert isinstance(made, Plan), made
    return made
