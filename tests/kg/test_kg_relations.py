"""Canonical relations: tense, voice and inverses; opposites stay apart; edges have one direction."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from longweave.kg.records import EntityType, Triple
from longweave.kg.relations import are_opposite, build_edges, canonical_relations, read_phrase
from longweave.kg.resolve import ResolveSettings, build_nodes, mentions_of, resolve, settle
from longweave.synth.embedding import DIMENSIONS, Vectors, encode
from longweave.synth.records import Evidence

ORGANIZATIONS: tuple[EntityType, EntityType] = ("organization", "organization")


def fact(
    subject: str,
    relation: str,
    object_: str,
    types: tuple[EntityType, EntityType] = ORGANIZATIONS,
    doc_id: str = "d1",
) -> Triple:
    quote = f"{subject} {relation} {object_}."
    evidence = Evidence(doc_id=doc_id, start=0, end=len(quote), quote=quote)
    return Triple.of((subject, types[0]), relation, (object_, types[1]), evidence, "test")


def same(texts: Sequence[str]) -> Vectors:
    """All phrases mean the same."""
    return np.full((len(texts), DIMENSIONS), DIMENSIONS**-0.5, np.float32)


@pytest.mark.parametrize(
    ("left", "right", "flipped"),
    [
        ("founded", "was founded by", True),
        ("founded", "co-founded", False),
        ("is CEO of", "chief executive of", False),
        ("acquires", "has acquired", False),
        ("acquired", "was bought by", True),
        ("wrote", "is the author of", False),
        ("wrote", "written by", True),
        ("is located in", "lies in", False),
        ("is a subsidiary of", "is the parent company of", True),
        ("has subsidiary", "subsidiary of", True),
        ("employs", "works for", True),
        ("preceded", "succeeded", True),
        ("is married to", "married", False),
    ],
)
def test_phrases_that_say_the_same_are_one_relation(left: str, right: str, flipped: bool) -> None:
    ours, theirs = read_phrase(left), read_phrase(right)
    assert ours.lemmas == theirs.lemmas
    assert (ours.flipped != theirs.flipped) is flipped


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("found", "founded"),
        ("was the first president of", "was president of"),
        ("moved to", "moved from"),
        ("lives in", "lives near"),
        ("father of", "son of"),
        ("acquired", "did not acquire"),
    ],
)
def test_phrases_that_differ_stay_two(left: str, right: str) -> None:
    assert read_phrase(left) != read_phrase(right)


def test_an_amount_after_by_is_no_passive() -> None:
    assert not read_phrase("increased by", "number").flipped
    assert read_phrase("acquired by", "organization").flipped


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("acquire", "sell"),
        ("die before", "die after"),
        ("increase", "decrease"),
        ("move to", "move from"),
        ("support", "not support"),
        ("write", "publish"),
        ("phase 2 of", "phase 3 of"),
    ],
)
def test_opposites_are_never_one_relation(left: str, right: str) -> None:
    assert are_opposite(left, right)
    assert are_opposite(right, left)
    canon = canonical_relations([fact("A", left, "B"), fact("A", right, "B")], same)
    assert len(set(canon.values())) == 2


def test_near_synonyms_are_one_relation_only_between_the_same_types() -> None:
    place: tuple[EntityType, EntityType] = ("organization", "place")
    triples = [fact("A", "oversees", "B"), fact("C", "supervises", "D"), fact("E", "supervises", "F", place)]
    canon = canonical_relations(triples, same)
    assert canon["oversees", *ORGANIZATIONS] == canon["supervises", *ORGANIZATIONS]
    assert canon["supervises", *place] == ("supervises", False)


def test_real_meanings_keep_relations_apart() -> None:
    phrases = ["acquired", "competes with", "is headquartered in", "was renamed", "invested in", "supplies"]
    canon = canonical_relations([fact("A", phrase, "B") for phrase in phrases], encode)
    assert len({name for name, _ in canon.values()}) == len(phrases)


def test_active_and_passive_make_one_edge() -> None:
    triples = [
        fact("Fairchild", "was founded by", "Robert Noyce", ("organization", "person"), "d1"),
        fact("Robert Noyce", "founded", "Fairchild", ("person", "organization"), "d2"),
        fact("Robert Noyce", "founded", "Robert Noyce", ("person", "person"), "d3"),
    ]
    nodes, node_of = build_nodes(triples, settle(resolve(mentions_of(triples), ResolveSettings(), same)))
    canon = canonical_relations(triples, same)
    (edge,) = build_edges(triples, node_of, canon)
    name = {node.node_id: node.name for node in nodes}
    assert (name[edge.head], edge.relation, name[edge.tail]) == ("Robert Noyce", "founded", "Fairchild")
    assert edge.doc_ids == ["d1", "d2"]
    assert edge.triple_ids == sorted(triple.triple_id for triple in triples[:2])
    assert build_edges([*triples, *triples[::-1]], node_of, canon) == [edge]


@given(
    st.lists(
        st.sampled_from(("founded", "was founded by", "acquired", "bought", "sold", "led", "", "!")),
        min_size=1,
    )
)
def test_order_and_repetition_of_triples_change_nothing(phrases: list[str]) -> None:
    triples = [fact("A", phrase, "B") for phrase in dict.fromkeys(phrases)]
    assert canonical_relations(triples, same) == canonical_relations(triples[::-1], same)


@given(st.text(max_size=30))
def test_any_text_is_a_phrase(text: str) -> None:
    assert read_phrase(text).lemmas


def test_a_relation_that_is_only_said_in_the_passive_keeps_its_words() -> None:
    triples = [fact("Acme", "was fined by", "Agency"), fact("Beta", "was fined by", "Agency")]
    assert set(canonical_relations(triples, encode).values()) == {("was fined by", False)}
    both = canonical_relations([*triples, fact("Agency", "fined", "Gamma")], encode)
    assert {phrase[0]: read for phrase, read in both.items()} == {
        "was fined by": ("fined", True),
        "fined": ("fined", False),
    }
