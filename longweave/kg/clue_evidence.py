"""Which triples show the facts that a description tells, so that a question needs few documents."""

from collections.abc import Collection, Mapping, Sequence

from longweave.kg.graph import Graph
from longweave.kg.records import Triple


def add_documents(stated: Sequence[Collection[str]], needed: Sequence[str]) -> list[str]:
    """Documents that are to join ``needed`` ones until each fact is in one of them.

    ``stated`` are, for each fact, the documents that state it. The one that states most of the facts left is
    taken first; of equal ones the first by id.
    """
    left = [docs for docs in stated if not set(docs) & set(needed)]
    added: list[str] = []
    while left:
        able = sorted({doc for docs in left for doc in docs})
        added.append(max(able, key=lambda doc: sum(doc in docs for docs in left)))
        left = [docs for docs in left if added[-1] not in docs]
    return added


def find_place(stated: Sequence[Collection[str]], needed: Sequence[str]) -> int:
    """The place in ``needed`` of the last document that must be opened for facts that some of them state."""
    places = [
        min(needed.index(doc) for doc in docs if doc in needed) for docs in stated if {*docs} & {*needed}
    ]
    return max(places, default=0)


def documents_of(graph: Graph, edge_id: str) -> frozenset[str]:
    """The documents that state an edge."""
    return frozenset(graph.documents[doc] for doc in graph.edge_docs(graph.edge_number(edge_id)))


def choose_triples(
    graph: Graph, edge_ids: Sequence[str], triples: Mapping[str, Triple], documents: Sequence[str]
) -> list[str]:
    """For each edge the triple that shows it: of the first of ``documents`` that does, with the shortest
    quote."""
    rank = {doc_id: place for place, doc_id in reversed(list(enumerate(documents)))}

    def prefer(triple_id: str) -> tuple[int, int, str]:
        triple = triples[triple_id]
        return rank.get(triple.doc_id, len(rank)), len(triple.evidence.quote), triple_id

    return [min(graph.edge_record(graph.edge_number(edge_id)).triple_ids, key=prefer) for edge_id in edge_ids]
