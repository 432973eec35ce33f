"""Entity resolution: what becomes one thing, what stays two, and that order and repetition do not matter."""

import random
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from longweave.kg.records import EntityType, Triple
from longweave.kg.resolve import (
    Clusters,
    Mention,
    ResolveSettings,
    build_nodes,
    find_alarms,
    mentions_of,
    resolve,
    settle,
    undo,
)
from longweave.kg.resolve.conflicts import find_conflict
from longweave.kg.resolve.names import parse_name
from longweave.synth.embedding import DIMENSIONS, Vectors
from longweave.synth.records import Evidence


def encode(texts: Sequence[str]) -> Vectors:
    """All texts mean the same: what is decided here, letters decide."""
    return np.full((len(texts), DIMENSIONS), DIMENSIONS**-0.5, np.float32)


def encode_words(texts: Sequence[str]) -> Vectors:
    """Texts with the same words mean the same, texts without a common word nothing alike."""
    vectors = np.zeros((len(texts), DIMENSIONS), np.float32)
    for row, text in enumerate(texts):
        for word in text.split():
            vectors[row, sum(word.encode()) % DIMENSIONS] = 1
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    return vectors


def named(name: str, type_: str, doc_id: str, **fields: str) -> Mention:
    return Mention.of(name, type_, doc_id, "", fields)


def cluster_of(*mentions: Mention) -> Clusters:
    return settle(resolve(mentions, ResolveSettings(), encode))


def are_one(*mentions: Mention) -> bool:
    found = cluster_of(*mentions)
    return len({found.of[mention.key] for mention in mentions}) == 1


@pytest.mark.parametrize(
    ("left", "right", "type_"),
    [
        ("The Tesla Roadster", "tesla roadster", "product"),
        ("Acme Widgets, Inc.", "Acme Widgets", "organization"),
        ("Dr. Martin Luther King, Jr.", "Martin Luther King Jr", "person"),
        ("Schapire, Robert E.", "Robert E. Schapire", "person"),
        ("María la del Barrio", "Maria la del barrio", "work"),
        ("the U.S.", "United States of America", "place"),
        ("eye tracking", "eye-tracking", "concept"),
        ("tablets", "tablet", "product"),
        ("Recording Industry Assocation of Japan", "Recording Industry Association of Japan", "organization"),
        ("Bob Dylan", "Robert Dylan", "person"),
        ("University of Tehran", "Tehran University", "organization"),
        ("World War Two", "World War II", "event"),
    ],
)
def test_writings_of_one_name_are_one_thing_across_documents(left: str, right: str, type_: str) -> None:
    assert are_one(named(left, type_, "d1"), named(right, type_, "d2"))


@pytest.mark.parametrize(
    ("left", "right", "type_"),
    [
        ("Apollo 11", "Apollo 12", "event"),
        ("Apollo", "Apollo 11", "event"),
        ("World War I", "World War II", "event"),
        ("Samsung Galaxy S9", "Samsung Galaxy S9+", "product"),
        ("North Carolina", "South Carolina", "place"),
        ("Upper Silesia", "Lower Silesia", "place"),
        ("John Smith", "Jane Smith", "person"),
        ("John A. Smith", "John B. Smith", "person"),
        ("George Bush Sr.", "George Bush Jr.", "person"),
        ("Shah Abbas I", "Shah Abbas II", "person"),
        ("Newark", "Newark Airport", "place"),
        ("Paris, France", "France", "place"),
        ("University of California", "University of Southern California", "organization"),
        ("Ireland", "Irish", "place"),
        ("New Testament", "New Testament Greek", "concept"),
        ("Serbia", "Saint Vincent and the Grenadines", "place"),
    ],
)
def test_likely_names_of_two_things_stay_two(left: str, right: str, type_: str) -> None:
    assert not are_one(named(left, type_, "d1"), named(right, type_, "d2"))


@pytest.mark.parametrize(
    ("short", "full", "type_"),
    [
        ("Paxman", "Jeremy Paxman", "person"),
        ("Horace", "Horace Greeley", "person"),
        ("N. C. Wyeth", "Newell Convers Wyeth", "person"),
        ("RIAJ", "Recording Industry Association of Japan", "organization"),
        ("TBS", "Toulouse Business School (TBS)", "organization"),
        ("Epic", "Epic Records", "organization"),
    ],
)
def test_a_short_form_goes_with_the_full_name_of_its_document(short: str, full: str, type_: str) -> None:
    assert are_one(named(short, type_, "d1"), named(full, type_, "d1"))


def test_a_surname_that_two_people_of_a_document_bear_goes_with_neither() -> None:
    miles, gray, davis = (named(name, "person", "d1") for name in ("Miles Davis", "Gray Davis", "Davis"))
    found = cluster_of(miles, gray, davis)
    assert len(set(found.of.values())) == 3


def test_a_short_form_follows_its_document_to_other_documents() -> None:
    one, short = named("NASA", "organization", "d1"), named("Greeley", "person", "d1")
    full = named("Horace White Greeley", "person", "d1")
    other = named("Horace White Greeley", "person", "d2")
    found = cluster_of(one, short, full, other)
    assert found.of[short.key] == found.of[full.key] == found.of[other.key] != found.of[one.key]


def test_one_given_name_in_two_stories_is_two_people_when_they_have_nothing_in_common() -> None:
    mentions = [
        Mention.of("John", "person", "d1", "sailed Pacific whaling ship captain"),
        Mention.of("John", "person", "d2", "baked bread village oven morning"),
        Mention.of("John", "person", "d3", "sailed Pacific whaling ship captain"),
    ]
    found = settle(resolve(mentions, ResolveSettings(), encode_words))
    first, second, third = (found.of[mention.key] for mention in mentions)
    assert first != second
    assert second != third


def test_people_of_one_name_are_two_when_they_were_born_at_different_times() -> None:
    old = named("John Smith", "person", "d1", born="6 January 1580")
    young = named("John Smith", "person", "d2", born="1938")
    same = named("John Smith", "person", "d3", born="January 6, 1580")
    found = cluster_of(old, young, same)
    assert found.of[old.key] == found.of[same.key] != found.of[young.key]


def test_types_that_exclude_each_other_keep_equal_names_apart() -> None:
    assert not are_one(named("Washington", "person", "d1"), named("Washington", "place", "d2"))
    assert are_one(named("Washington", "", "d1"), named("Washington", "place", "d2"))


@pytest.mark.parametrize(
    ("type_", "left", "right", "same"),
    [
        ("date", "July 4, 1976", "4 July 1976", True),
        ("date", "1976-07-04", "the 4th of July 1976", True),
        ("date", "July 1976", "1976", False),
        ("date", "July 4, 1976", "July 5, 1976", False),
        ("date", "1991–92", "1992", False),
        ("date", "the spring of 1976", "The spring of 1976", True),
        ("date", "44 BC", "44 bc", True),
        ("date", "the nineteenth century", "the nineteenth century", True),
        ("date", "May 4", "May 4", False),
        ("date", "4 May", "May 4", False),
        ("date", "last year", "last year", False),
        ("date", "this fall", "this fall", False),
        ("date", "Tuesday", "Tuesday", False),
        ("date", "the end of the century", "the end of the century", False),
        ("date", "1,000 years ago", "1,000 years ago", False),
        ("number", "1,000", "1000", True),
        ("number", "$1.5 million", "$1,500,000", True),
        ("number", "1,000", "1,001", False),
        ("number", "4 miles", "4 km", False),
        ("number", "10 million", "10", False),
    ],
)
def test_values_are_one_only_when_they_are_equal(type_: str, left: str, right: str, same: bool) -> None:
    assert are_one(named(left, type_, "d1"), named(right, type_, "d2")) is same


def test_a_date_without_its_year_is_one_within_its_document() -> None:
    assert are_one(named("May 4", "date", "d1"), named("4 May", "date", "d1"))


def test_a_name_that_fits_two_contradicting_ones_does_not_join_them() -> None:
    names = ["John A. Smith", "John B. Smith", "John Smith"]
    found = cluster_of(*(named(name, "person", f"d{at}") for at, name in enumerate(names)))
    assert len(set(found.of.values())) == 2


def test_clusters_are_capped() -> None:
    capped = ResolveSettings(max_cluster=2, doubtful=0.0, accept=0.0, sure=0.99)
    spellings = [f"Konstantin Wassermanngasse{'x' * at}" for at in range(5)]
    mentions = [named(name, "work", f"d{at}") for at, name in enumerate(spellings)]
    found = settle(resolve(mentions, capped, encode))
    assert max(len(members) for members in found.members().values()) <= 2
    assert {refused.reason for refused in found.refused} == {"too_large"}


def test_undoing_a_merge_takes_back_what_only_it_joined() -> None:
    mentions = [
        named("Horace White Greeley", "person", "d1"),
        named("Greeley", "person", "d1"),
        named("Horace White Greeley", "person", "d2"),
    ]
    found = cluster_of(*mentions)
    assert len(found.merges) == 2
    by_string = [merge.merge_id for merge in found.merges if merge.by == "string"]
    undone = undo(found, by_string)
    assert undone.of[mentions[0].key] == undone.of[mentions[2].key] != undone.of[mentions[1].key]
    assert undo(found, [merge.merge_id for merge in found.merges]).of == {
        mention.key: mention.key for mention in sorted(mentions, key=lambda mention: mention.key)
    }
    assert undo(found, []).of == found.of


NAMES = (
    "Horace Greeley",
    "Greeley",
    "H. Greeley",
    "Horace Greely",
    "Mary Greeley",
    "New-York Tribune",
    "New York Tribune, Inc.",
    "Tribune",
    "NYT",
    "Apollo 11",
    "Apollo 12",
    "Apollo",
    "United States",
    "U.S.",
    "American",
    "South Carolina",
    "North Carolina",
    "Carolina",
    "4 July 1976",
    "July 4, 1976",
    "",
    "!!",
    "Żółć",
    "(TBS)",
    "The",
)
TYPES = ("person", "organization", "place", "event", "date", "number", "")
MENTIONS = st.lists(
    st.builds(
        named,
        st.sampled_from(NAMES) | st.text(max_size=12),
        st.sampled_from(TYPES),
        st.sampled_from(("d1", "d2", "d3")),
    ),
    max_size=14,
)


@settings(max_examples=150, deadline=None)
@given(MENTIONS, st.randoms(use_true_random=False))
def test_order_and_repetition_change_nothing(mentions: list[Mention], rng: random.Random) -> None:
    known = {mention.key: mention for mention in mentions}
    once = settle(resolve(known.values(), ResolveSettings(), encode))
    shuffled = list(known.values()) * 2
    rng.shuffle(shuffled)
    again = resolve(shuffled, ResolveSettings(), encode)
    assert settle(again) == once
    assert settle(resolve(again.mentions, ResolveSettings(), encode)) == once


@settings(max_examples=150, deadline=None)
@given(MENTIONS)
def test_no_cluster_holds_names_that_exclude_each_other(mentions: list[Mention]) -> None:
    known = {mention.key: mention for mention in mentions}
    found = settle(resolve(known.values(), ResolveSettings(), encode))
    for members in found.members().values():
        names = [parse_name(known[key].name, known[key].type) for key in members]
        for one in names:
            for other in names:
                if one.type not in ("date", "number"):
                    assert find_conflict(one, other) == ""


def fact(
    doc_id: str, subject: str, relation: str, object_: str, types: tuple[EntityType, EntityType]
) -> Triple:
    quote = f"{subject} {relation} {object_}."
    evidence = Evidence(doc_id=doc_id, start=0, end=len(quote), quote=quote)
    return Triple.of((subject, types[0]), relation, (object_, types[1]), evidence, "test")


PERSON_DATE: tuple[EntityType, EntityType] = ("person", "date")
PERSON_WORK: tuple[EntityType, EntityType] = ("person", "organization")


def test_mentions_say_what_their_document_says() -> None:
    triples = [
        fact("d1", "Horace Greeley", "was born on", "February 3, 1811", PERSON_DATE),
        fact("d1", "Horace Greeley", "founded", "the New-York Tribune", PERSON_WORK),
        fact("d1", "HORACE GREELEY", "edited", "The New-York Tribune", PERSON_WORK),
    ]
    found = {mention.name: mention for mention in mentions_of(triples)}
    greeley = found["Horace Greeley"]
    assert dict(greeley.fields) == {"born": "February 3, 1811"}
    assert "founded the New-York Tribune" in greeley.context
    assert "edited" in greeley.context
    assert len(found) == 3


def test_nodes_have_the_fullest_usual_name_and_ids_of_their_members() -> None:
    triples = [
        fact("d1", "Horace White Greeley", "founded", "New-York Tribune", PERSON_WORK),
        fact("d1", "Greeley", "edited", "New-York Tribune", PERSON_WORK),
        fact("d2", "Horace White Greeley", "was born on", "February 3, 1811", PERSON_DATE),
    ]
    clusters = settle(resolve(mentions_of(triples), ResolveSettings(), encode))
    nodes, node_of = build_nodes(triples, clusters)
    greeley = next(node for node in nodes if node.type == "person")
    assert greeley.name == "Horace White Greeley"
    assert greeley.aliases == ["Greeley", "Horace White Greeley"]
    assert greeley.doc_ids == ["d1", "d2"]
    assert greeley.n_mentions == 3
    assert sorted(node_of) == sorted(clusters.of)
    again, _ = build_nodes(
        triples[::-1], settle(resolve(mentions_of(triples[::-1]), ResolveSettings(), encode))
    )
    assert again == nodes


def test_a_document_whose_names_all_go_to_others_raises_an_alarm() -> None:
    names = ["Jeremy Paxman", "Horace Greeley", "Dwight Yoakam", "Nigel Mansell", "Tracy Chapman"]
    full = [named(name, "person", "d1") for name in names]
    typos = [named(f"{name[:-2]}{name[-1]}", "person", "copy") for name in names]
    mentions = [*full, *typos, named("Fyllingen Fotball", "organization", "d1")]
    found = cluster_of(*mentions)
    assert [
        (alarm.doc_id, alarm.lost, alarm.names) for alarm in find_alarms(mentions, found, ResolveSettings())
    ] == [("copy", 5, 5)]
    assert not find_alarms(mentions, found, ResolveSettings(alarm_names=7))
