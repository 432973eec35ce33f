"""The triples that prove a chain, chosen so that it cannot do without any of their documents."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from longweave.kg.constraints import Rejected
from longweave.kg.follow import Chain, needed_documents
from longweave.kg.graph import Graph
from longweave.kg.path_settings import PathSettings
from longweave.kg.records import Triple


@dataclass(frozen=True, slots=True)
class Proof:
    """An edge and the triple of it that a hop is proved by."""

    edge_id: str
    triple: Triple


def choose_evidence(
    graph: Graph, chain: Chain, triples_of_edge: Mapping[str, Sequence[Triple]], settings: PathSettings
) -> list[Proof] | Rejected:
    """A proof for each hop of ``chain``, all of needed documents and of enough different ones.

    A hop that several needed documents state takes one that the hop before does not; of a document's triples
    that with the shortest quote.
    """
    needed = {graph.documents[doc] for doc in needed_documents(graph, chain)}
    proofs: list[Proof] = []
    for edge in chain.edges:
        edge_id = graph.edge_id(edge)
        triples = triples_of_edge.get(edge_id, ())
        if not triples:
            return Rejected("no_quote", edge_id)
        able = [triple for triple in triples if triple.doc_id in needed]
        if not able:
            return Rejected("not_necessary", f"{edge_id}: {triples[0].relation}")
        before = proofs[-1].triple.doc_id if proofs else ""
        proofs.append(Proof(edge_id, min(able, key=lambda triple: _rank(triple, before))))
    n_documents = len({proof.triple.doc_id for proof in proofs})
    if n_documents < (wanted := settings.min_documents(len(proofs))):
        return Rejected("too_few_documents", f"{n_documents} of {wanted} needed ones")
    return proofs


def _rank(triple: Triple, before: str) -> tuple[bool, int, str, str]:
    return triple.doc_id == before, len(triple.evidence.quote), triple.doc_id, triple.triple_id
