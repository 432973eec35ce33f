"""Graphs for the tests of this room: random ones, and one from real sentences of the sample documents."""

import gzip
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from longweave.kg.graph import Graph, build_graph
from longweave.kg.records import Edge, EntityType, Node, Triple
from longweave.synth.records import Evidence, content_id

SAMPLE = Path(__file__).parents[2] / "data" / "sample" / "general.jsonl.gz"
Fact = tuple[str, str, str, str]
"""Subject, relation, object, document."""


def made_triple(fact: Fact, types: dict[str, EntityType]) -> Triple:
    subject, relation, object_, doc_id = fact
    quote = f"{subject} {relation} {object_}."
    evidence = Evidence(doc_id=doc_id, start=0, end=len(quote), quote=quote)
    ends = [(name, types.get(name, "organization")) for name in (subject, object_)]
    return Triple.of(ends[0], relation, ends[1], evidence, "made")


def gather(triples: Sequence[Triple]) -> tuple[list[Node], list[Edge], dict[str, list[Triple]]]:
    """A node per name, an edge per (subject, relation, object); the triples of each edge."""
    by_edge: dict[tuple[str, str, str], list[Triple]] = {}
    docs: dict[tuple[str, EntityType], list[str]] = {}
    for triple in triples:
        by_edge.setdefault((triple.subject, triple.relation, triple.object), []).append(triple)
        for end in ((triple.subject, triple.subject_type), (triple.object, triple.object_type)):
            docs.setdefault(end, []).append(triple.doc_id)
    nodes = [
        Node(
            node_id=node_id(name),
            name=name,
            type=type_,
            aliases=[name],
            doc_ids=sorted(set(of)),
            n_mentions=len(of),
        )
        for (name, type_), of in docs.items()
    ]
    edges, of_edge = [], {}
    for (head, relation, tail), some in by_edge.items():
        edge_id = content_id("edge", head, relation, tail)
        of_edge[edge_id] = some
        edges.append(
            Edge(
                edge_id=edge_id,
                head=node_id(head),
                relation=relation,
                tail=node_id(tail),
                triple_ids=sorted(triple.triple_id for triple in some),
                doc_ids=sorted({triple.doc_id for triple in some}),
            )
        )
    return nodes, edges, of_edge


def node_id(name: str) -> str:
    return content_id("node", name)


def made_graph(
    facts: Sequence[Fact], types: dict[str, EntityType] | None = None
) -> tuple[Graph, dict[str, list[Triple]]]:
    nodes, edges, of_edge = gather([made_triple(fact, types or {}) for fact in facts])
    return build_graph(nodes, edges), of_edge


def made_graph_of(triples: Sequence[Triple]) -> Graph:
    nodes, edges, _ = gather(triples)
    return build_graph(nodes, edges)


def random_facts(
    rng: np.random.Generator, n_nodes: int, n_edges: int, n_relations: int, n_docs: int
) -> list[Fact]:
    """Facts between ``e0`` …, a tenth of them said by a second document as well."""
    facts = []
    for _ in range(n_edges):
        head, tail = rng.choice(n_nodes, size=2, replace=False)
        fact = (f"e{head}", f"r{rng.integers(n_relations)}", f"e{tail}", f"d{rng.integers(n_docs)}")
        facts.append(fact)
        if rng.random() < 0.1:
            facts.append((*fact[:3], f"d{rng.integers(n_docs)}"))
    return sorted(set(facts))


Stated = tuple[str, str, tuple[str, EntityType], str, tuple[str, EntityType]]
"""Document, sentence, subject, relation, object."""

REAL: tuple[Stated, ...] = (
    (
        "gum-interview_chomsky",
        "Noam Chomsky is a professor emeritus at Massachusetts Institute of Technology in Linguistics and "
        "Philosophy.",
        ("Noam Chomsky", "person"),
        "professor emeritus at",
        ("Massachusetts Institute of Technology", "organization"),
    ),
    (
        "gum-interview_chomsky",
        "And George Bush and James Baker, secretary of state, agreed that NATO would not expand one inch to "
        "the east.",
        ("James Baker", "person"),
        "promised not to expand",
        ("NATO", "organization"),
    ),
    (
        "gum-news_warming",
        "A research team from the Massachusetts Institute of Technology and Colorado State University of the "
        "US and the University of Sheffield of the UK has analysed effects of global warming and ozone "
        "pollution",
        ("study of ozone and crops", "work"),
        "made by a team from",
        ("Massachusetts Institute of Technology", "organization"),
    ),
    (
        "gum-news_warming",
        "The study was published in journal Nature Climate Change yesterday.",
        ("study of ozone and crops", "work"),
        "published in",
        ("Nature Climate Change", "work"),
    ),
    (
        "gum-news_warming",
        "The study was supported by the Croucher Foundation, US National Science Foundation, and US National "
        "Park Service.",
        ("study of ozone and crops", "work"),
        "supported by",
        ("National Science Foundation", "organization"),
    ),
    (
        "gum-news_warming",
        "The study was supported by the Croucher Foundation, US National Science Foundation, and US National "
        "Park Service.",
        ("study of ozone and crops", "work"),
        "supported by",
        ("National Park Service", "organization"),
    ),
    (
        "sotu-1950-Truman",
        "As a step toward this end, the Congress should complete action on the measure to create a National "
        "Science Foundation.",
        ("Congress", "organization"),
        "was asked to create",
        ("National Science Foundation", "organization"),
    ),
    (
        "sotu-1946-Truman",
        "Additional expenditures for highways totaling 36 million dollars are anticipated by the Forest "
        "Service, National Park Service, and the Territory of Alaska.",
        ("National Park Service", "organization"),
        "anticipates expenditures for highways with",
        ("Alaska", "place"),
    ),
    (
        "sotu-1948-Truman",
        "I believe that the time has come for Alaska and Hawaii to be admitted to the Union as States.",
        ("Alaska", "place"),
        "was to become a state with",
        ("Hawaii", "place"),
    ),
    (
        "sotu-1956-Eisenhower",
        "In the Hawaiian Islands, East meets West.",
        ("Hawaii", "place"),
        "is where East meets",
        ("West", "concept"),
    ),
    (
        "sotu-1969-Johnson",
        "Since we enacted the Social Security Act back in 1935",
        ("Social Security Act", "work"),
        "enacted in",
        ("1935", "date"),
    ),
    (
        "gum-news_warming",
        "Monday, July 28, 2014",
        ("study of ozone and crops", "work"),
        "reported on",
        ("July 28, 2014", "date"),
    ),
    (
        "sotu-1948-Truman",
        "I believe that the time has come for Alaska and Hawaii to be admitted to the Union as States.",
        ("Hawaii", "place"),
        "called ready for statehood in",
        ("1948", "date"),
    ),
)
"""Read by hand from the sample documents."""


def real_triples(*more: Stated) -> list[Triple]:
    """The triples of ``REAL`` and ``more``, their quotes found in the documents that the project ships."""
    texts = {}
    with gzip.open(SAMPLE, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            texts[row["doc_id"]] = row["text"]
    triples = []
    for doc_id, quote, subject, relation, object_ in (*REAL, *more):
        start = texts[doc_id].index(quote)
        evidence = Evidence(doc_id=doc_id, start=start, end=start + len(quote), quote=quote)
        triples.append(Triple.of(subject, relation, object_, evidence, "by hand"))
    return triples
