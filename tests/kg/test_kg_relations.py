"""Canonical relations: tense, voice and inverses; opposites stay apart; edges have one direction."""

import gzip
import json
import re
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from longweave.kg import leaders
from longweave.kg.leaders import follow_leaders
from longweave.kg.records import EntityType, Triple
from longweave.kg.relations import are_opposite, build_edges, canonical_relations, read_phrase
from longweave.kg.resolve import ResolveSettings, build_nodes, mentions_of, resolve, settle
from longweave.synth.embedding import DIMENSIONS, Vectors, encode
from longweave.synth.records import Evidence
from tests.conftest import ROOT

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
        ("had internal control audited by", "was internal control audited by", False),
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


def test_what_somebody_has_done_by_another_is_exchanged_once() -> None:
    had = fact("Visa Inc.", "had internal control audited by", "KPMG LLP")
    audited = fact("Ernst & Young LLP", "audited internal control of", "Salesforce, Inc.", doc_id="d2")
    canon = canonical_relations([had, audited], encode)
    of_had, of_audited = (canon[(one.relation, *ORGANIZATIONS)] for one in (had, audited))
    assert of_had == ("audited internal control of", True) and of_audited == (of_had[0], False)


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


_PHRASE = re.compile(r"\b[a-z]+(?:ed|s|ing) (?:[a-z]+ ){0,2}(?:of|in|to|by|for|with|at|from)\b")


def read_phrases(number: int) -> list[str]:
    """Relation phrases of real documents, the commonest first."""
    counts: dict[str, int] = {}
    with gzip.open(ROOT / "data" / "sample" / "professional.jsonl.gz", "rt") as lines:
        for line in lines:
            for phrase in _PHRASE.findall(json.loads(line)["text"]):
                counts[phrase] = counts.get(phrase, 0) + 1
    return sorted(counts, key=lambda phrase: (-counts[phrase], phrase))[:number]


def follow_one_by_one(vectors: Vectors, said: Sequence[str], strict: float) -> list[int]:
    """The plain way: each is compared with all that lead so far."""
    standing: list[int] = []
    followed: list[int] = []
    for at, vector in enumerate(vectors):
        likeness = vectors[standing] @ vector if standing else np.zeros(0, np.float32)
        order = [one for one in np.argsort(-likeness, kind="stable") if likeness[one] >= strict]
        leader = next((standing[one] for one in order if not are_opposite(said[at], said[standing[one]])), at)
        if leader == at:
            standing.append(at)
        followed.append(leader)
    return followed


def test_real_phrases_follow_the_same_leaders_as_when_all_are_compared(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = read_phrases(400)
    vectors = encode(said)
    monkeypatch.setattr(leaders, "_ROWS", 64)
    found = follow_leaders(vectors, 0.8, lambda one, other: are_opposite(said[one], said[other])).tolist()
    assert found == follow_one_by_one(vectors, said, 0.8)
    assert 20 < sum(leader != at for at, leader in enumerate(found)) < 600
    assert all(found[leader] == leader for leader in found)


def test_of_many_phrases_each_still_finds_its_like(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaders, "_CELL", 50)
    monkeypatch.setattr(leaders, "_PROBED", 3)
    monkeypatch.setattr(leaders, "_ROWS", 100)
    rng = np.random.default_rng(5)
    first = rng.standard_normal((600, DIMENSIONS)).astype(np.float32)
    again = first + 0.01 * rng.standard_normal(first.shape).astype(np.float32)
    vectors = np.concatenate([first, again])
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    found = follow_leaders(vectors, 0.88, lambda one, other: False)
    assert found[:600].tolist() == list(range(600))
    assert (found[600:] == np.arange(600)).mean() > 0.99
