"""Triples to a graph, and back where a merge was wrong."""

from longweave.kg.records import Triple
from longweave.kg.resolve import ResolveSettings, mentions_of, resolve
from longweave.kg.weave import Woven, weave
from longweave.synth.embedding import encode
from tests.kg.made_graphs import made_triple

FACTS = [
    ("Karelin Bridge Corp.", "built", "Odrava Dam", "d1"),
    ("Karelin Bridge Corporation", "was led by", "Tobias Venn", "d2"),
]


def woven(triples: list[Triple], undone: tuple[str, ...] = ()) -> Woven:
    resolution = resolve(mentions_of(triples), ResolveSettings(), encode)
    return weave(triples, resolution, encode, None, undone)


def test_a_merge_names_what_it_joins_and_can_be_taken_back() -> None:
    triples = [made_triple(fact, {}) for fact in FACTS]
    made = woven(triples)
    (merge,) = made.merges
    assert {merge.left_name, merge.right_name} == {FACTS[0][0], FACTS[1][0]}
    assert {merge.left_doc, merge.right_doc} == {"d1", "d2"}
    assert len(made.nodes) == 3
    apart = woven(triples, (merge.merge_id,))
    assert len(apart.nodes) == 4 and [one.merge_id for one in apart.merges] == [merge.merge_id]
    assert apart.merges[0].undone and not merge.undone
    assert len(apart.edges) == len(made.edges) == 2


def test_weaving_twice_the_same_changes_nothing() -> None:
    triples = [made_triple(fact, {}) for fact in FACTS]
    assert woven(triples) == woven([*reversed(triples), *triples])
