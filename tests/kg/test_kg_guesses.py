"""What a reader could guess who lacks a document: the ends that are left, counted on graphs made by hand."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from longweave.kg.follow import Chain
from longweave.kg.graph import Graph
from longweave.kg.guesses import MANY, Guesses, Joint
from longweave.kg.records import EntityType
from longweave.synth.embedding import Vectors
from tests.kg.made_graphs import Fact, made_graph

TYPES: dict[str, EntityType] = {
    **{f"bridge{number}": "product" for number in range(5)},
    **{f"man{number}": "person" for number in range(5)},
    **{f"firm{number}": "organization" for number in range(5)},
    "1907": "date",
    "1931": "date",
    "1940": "date",
}
LINE: list[Fact] = [("bridge0", "designed by", "man0", "1"), ("man0", "founded by him", "firm0", "2")]
DECOY: Fact = ("man1", "founded", "firm1", "2")


def encode(texts: Sequence[str]) -> Vectors:
    """Relations are alike if they begin with the same letter, and not at all if they do not."""
    vectors = np.zeros((len(texts), 128), dtype=np.float32)
    vectors[np.arange(len(texts)), [ord(text[0]) for text in texts]] = 1
    return vectors


def chain_of(graph: Graph, names: Sequence[str], anchor: int = 0) -> Chain:
    """The chain through ``names``, each joined to the next by one fact."""
    number = {graph.name(node): node for node in range(graph.n_nodes)}
    nodes = [number[name] for name in names]
    halves = [
        next(
            half
            for half in range(graph.starts[here], graph.starts[here + 1])
            if int(graph.neighbour[half]) == there
        )
        for here, there in pairwise(nodes)
    ]
    edges, steps = ([int(column[half]) for half in halves] for column in (graph.edge, graph.step))
    return Chain(tuple(nodes), tuple(edges), tuple(steps), anchor)


def count(
    facts: Sequence[Fact],
    names: str,
    doc_ids: Sequence[str],
    start_doc_ids: Sequence[str] = (),
    anchor: int = 0,
) -> int:
    graph, _ = made_graph(facts, TYPES)
    return Guesses(graph, encode).count_guesses(
        chain_of(graph, names.split(), anchor), doc_ids, start_doc_ids
    )


def count_line(*more: Fact, start: Sequence[str] = ()) -> int:
    return count([*LINE, *more], "bridge0 man0 firm0", "12", start)


def test_where_one_chain_only_is_left_the_answer_is_guessed() -> None:
    assert count_line() == 1, "the second document speaks of one man, and of one firm that he founded"


def test_each_end_that_fits_the_words_as_well_is_one_more_guess() -> None:
    assert count_line(DECOY) == 2
    assert count_line(DECOY, ("firm2", "financed", "man2", "2")) == 3, "whichever way round it is said"


def test_what_fits_neither_the_kinds_nor_the_words_is_no_guess() -> None:
    assert count_line(("man1", "sold", "firm1", "2")) == 1, "another relation"
    assert count_line(("man1", "founded", "bridge1", "2")) == 1, "no firm"
    assert count_line(("bridge1", "founded", "firm1", "2")) == 1, "by no man"
    assert count_line((*DECOY[:3], "9")) == 1, "in a document that nobody has"
    assert count_line(("man1", "founded", "firm0", "2")) == 1, "another way to the same end"


def test_an_end_that_is_stated_nowhere_else_is_not_guessed_at_all() -> None:
    facts: list[Fact] = [("bridge0", "opened in", "1907", "1"), ("bridge0", "closed in", "1931", "2")]
    assert count(facts, "1907 bridge0 1931", "12", anchor=1) == MANY, "each document alone tells an end"
    assert count(LINE[:1], "bridge0 man0", "1") == MANY


def test_who_cannot_tell_the_start_takes_any_thing_of_its_kind() -> None:
    told: Fact = ("bridge0", "spans", "the gorge", "3")
    facts = [*LINE, DECOY, told]
    assert count(facts, "bridge0 man0 firm0", "12", ["3"]) == 1, "one bridge only has a designer"
    other: Fact = ("bridge1", "drawn by", "man1", "1")
    assert count([*facts, other], "bridge0 man0 firm0", "12", ["3"]) == 2
    unlike: Fact = ("bridge1", "sold to", "man1", "1")
    assert count([*facts, unlike], "bridge0 man0 firm0", "12", ["3"]) == 1


def test_ends_on_both_sides_are_guessed_together() -> None:
    facts: list[Fact] = [
        ("man0", "designed", "bridge0", "2"),
        ("bridge0", "opened in", "1907", "1"),
        ("man0", "founded", "firm0", "2"),
        ("firm0", "closed in", "1931", "3"),
    ]
    names = "1907 bridge0 man0 firm0 1931"
    assert count(facts, names, "1223", anchor=2) == 1, "without the second, one bridge and one firm are left"
    decoys: list[Fact] = [("bridge1", "opened in", "1940", "1"), ("firm1", "closed in", "1940", "3")]
    assert count([*facts, decoys[0]], names, "1223", anchor=2) == 2
    assert count([*facts, *decoys], names, "1223", anchor=2) == 4


def test_what_is_left_is_the_least_over_the_documents() -> None:
    facts = [*LINE, DECOY, ("firm0", "located in", "Ulm", "3")]
    types = TYPES | {"Ulm": "place", "Bonn": "place"}
    graph, _ = made_graph(facts, types)
    chain = chain_of(graph, ["bridge0", "man0", "firm0", "Ulm"])
    assert Guesses(graph, encode).count_guesses(chain, "123", ()) == 1, "who lacks the second has one firm"
    graph, _ = made_graph([*facts, ("firm2", "located in", "Bonn", "3")], types)
    chain = chain_of(graph, ["bridge0", "man0", "firm0", "Ulm"])
    assert Guesses(graph, encode).count_guesses(chain, "123", ()) == 1, "two men, but one firm with a place"
    graph, _ = made_graph(
        [*facts, ("firm2", "located in", "Bonn", "3"), ("firm1", "lies in", "Bonn", "3")], types
    )
    chain = chain_of(graph, ["bridge0", "man0", "firm0", "Ulm"])
    assert Guesses(graph, encode).count_guesses(chain, "123", ()) == 2


# Whatever the graph.


@st.composite
def lines(draw: st.DrawFn) -> tuple[list[Fact], list[Fact]]:
    """A line with some facts beside it, and some more."""
    fact = st.tuples(
        st.sampled_from(sorted(TYPES)),
        st.sampled_from(["designed by", "founded", "sold"]),
        st.sampled_from(sorted(TYPES)),
        st.sampled_from("129"),
    ).filter(lambda one: one[0] != one[2] and {one[0], one[2]} not in (ends(LINE[0]), ends(LINE[1])))
    return [*LINE, *draw(st.lists(fact, max_size=8))], draw(st.lists(fact, max_size=8))


def ends(fact: Fact) -> set[str]:
    return {fact[0], fact[2]}


@settings(deadline=None, max_examples=60)
@given(lines(), st.sampled_from(["", "1", "9"]))
def test_more_facts_of_other_things_never_leave_fewer_guesses(
    made: tuple[list[Fact], list[Fact]], start: str
) -> None:
    facts, more = made[0], [fact for fact in made[1] if "firm0" not in fact]
    beside: list[Fact] = [("bridge0", "spans", "the gorge", "9"), *facts]
    few = count(beside, "bridge0 man0 firm0", "12", start)
    many = count([*beside, *more], "bridge0 man0 firm0", "12", start)
    assert 1 <= few <= many <= MANY
    assert few == count(beside[::-1], "bridge0 man0 firm0", "12", start)


def test_an_end_that_the_others_speak_of_can_be_guessed_even_without_its_fact() -> None:
    decoys: list[Fact] = [(f"man{number}", "founded", f"firm{number}", "2") for number in (1, 2, 3)]
    beside = [*LINE, *decoys, ("man3", "advised", "firm1", "1")]
    assert count(beside, "bridge0 man0 firm0", "12") == 4, "the only firm of document 1 is not the answer"
    spoken_of: Fact = ("man3", "advised", "firm0", "1")
    assert count([*beside, spoken_of], "bridge0 man0 firm0", "12") == 2, "it is one of two firms there"


@settings(deadline=None, max_examples=30)
@given(lines())
def test_documents_that_are_not_needed_leave_no_guesses(made: tuple[list[Fact], list[Fact]]) -> None:
    facts, more = made
    others: list[Fact] = [(head, relation, tail, "7") for head, relation, tail, _ in more]
    taken = {fact[:3] for fact in facts}
    others = [fact for fact in others if fact[:3] not in taken]
    assert count([*facts, *others], "bridge0 man0 firm0", "12") == count(facts, "bridge0 man0 firm0", "12")


# Joints.


def describe(facts: Sequence[Fact], names: str, needed: Sequence[str], anchor: int = 0) -> list[Joint]:
    graph, _ = made_graph(facts, TYPES)
    return Guesses(graph, encode).describe_joints(chain_of(graph, names.split(), anchor), needed)


def test_a_joint_tells_what_its_thing_is_taken_apart_from_and_what_should_fit_as_well() -> None:
    rival: Fact = ("bridge0", "painted by", "man3", "7")
    first, second = describe(
        [*LINE, DECOY, rival, ("bridge0", "was in", "1907", "1")], "bridge0 man0 firm0", "12"
    )
    assert first == Joint(place=1, apart=["bridge0 -[painted by]-> man3"], alike=[])
    assert second == Joint(place=2, apart=[], alike=["man1 -[founded]-> firm1"])


def test_facts_like_the_joint_come_first_and_no_more_than_a_few_are_told() -> None:
    facts = [*LINE, *(("man1", f"sold {number}", f"firm{number}", "2") for number in range(1, 4)), DECOY]
    _, joint = describe(facts, "bridge0 man0 firm0", "12")
    assert len(joint.alike) == 3 and joint.alike[0] == "man1 -[founded]-> firm1"
    _, joint = describe([*facts, (*DECOY[:3], "1")], "bridge0 man0 firm0", "12")
    assert len(set(joint.alike)) == 3
    _, joint = describe([*LINE, (*DECOY[:3], "9")], "bridge0 man0 firm0", "12")
    assert joint.alike == [], "no needed document tells it"


def test_joints_lead_from_the_anchor_to_either_side() -> None:
    facts: list[Fact] = [*LINE, ("bridge0", "opened in", "1907", "3"), ("bridge1", "opened in", "1940", "3")]
    joints = describe(facts, "1907 bridge0 man0 firm0", "123", anchor=2)
    assert [joint.place for joint in joints] == [0, 1, 3]
    assert joints[0].alike == ["bridge1 -[opened in]-> 1940"]
