"""Schema-guided reading and the benchmark that scores extractors with it."""

import asyncio
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from benchmarks.gold.triples import (
    judge_passage,
    judge_sentence,
    measure_passages,
    measure_sentences,
    normalise,
    read_offline,
)
from longweave.kg.countries import find_country
from longweave.kg.records import EntityType, Triple
from longweave.kg.schema import guide
from longweave.synth.embedding import Vectors, encode
from longweave.synth.records import Document, Evidence

TEXT = "Ghost was directed by Jerry Zucker and released in 1990."
DOCUMENT = Document(doc_id="d", title="Ghost", text=TEXT, domain="general", source="test", license="CC0")


def make_triple(subject: tuple[str, EntityType], relation: str, object_: tuple[str, EntityType]) -> Triple:
    return Triple.of(subject, relation, object_, Evidence.of(DOCUMENT, 0, len(TEXT)), "test")


def encode_none(texts: Sequence[str], /) -> Vectors:
    return np.zeros((len(texts), 384), np.float32)


DIRECTED = make_triple(("Ghost", "work"), "directed by", ("Jerry Zucker", "person"))
DIRECTS = make_triple(("Jerry Zucker", "person"), "directed", ("Ghost", "work"))
BORN_IN = make_triple(("Ann Lee", "person"), "born in", ("Haiti", "place"))


@pytest.mark.parametrize("triple", [DIRECTED, DIRECTS])
def test_a_label_turns_the_triple_the_way_it_is_read(triple: Triple) -> None:
    (guided,) = guide([triple], ["director", "spouse"], encode_none)
    assert (guided.head, guided.relation, guided.tail) == ("Ghost", "director", "Jerry Zucker")


def test_types_decide_between_labels_of_one_phrase() -> None:
    born_on = make_triple(("Ann Lee", "person"), "born in", ("1955", "date"))
    labels = ["date of birth", "place of birth"]
    assert [guided.relation for guided in guide([born_on], labels, encode_none)] == ["date of birth"]
    assert [guided.relation for guided in guide([BORN_IN], labels, encode_none)] == ["place of birth"]


def test_what_no_label_says_is_left_out() -> None:
    assert guide([BORN_IN], ["director", "record label"], encode_none) == []


def test_a_label_without_a_rule_is_found_by_its_words_or_meaning() -> None:
    (guided,) = guide([DIRECTS], ["film director of"], encode)
    assert guided.relation == "film director of"
    bought = make_triple(("Google", "organization"), "purchased", ("YouTube", "organization"))
    assert [g.relation for g in guide([bought], ["buys", "grows on"], encode)] == ["buys"]


def test_a_nationality_names_the_state_under_a_label_for_states() -> None:
    haitian = make_triple(("Ann Lee", "person"), "has nationality", ("Haitian", "concept"))
    (guided,) = guide([haitian], ["country of citizenship"], encode_none)
    assert guided.tail == "Haiti" == find_country("haitian")
    assert find_country("Texas") is None


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("the United States", "United States"),
        ("4 July 1976", "July 4, 1976"),
        ("Apple GS / OS", "Apple GS/OS"),
        ("Café", "CAFE"),
    ],
)
def test_equal_names(left: str, right: str) -> None:
    assert normalise(left) == normalise(right)


@pytest.mark.parametrize(("left", "right"), [("1976", "4 July 1976"), ("Serie A", "Serie"), ("1976", "1977")])
def test_different_names(left: str, right: str) -> None:
    assert normalise(left) != normalise(right)


def make_passage() -> dict[str, Any]:
    return {
        "doc_id": "p",
        "title": "Ghost",
        "text": TEXT,
        "entities": [
            {"names": ["Ghost"], "mentions": []},
            {"names": ["Zucker", "Jerry Zucker"], "mentions": []},
            {"names": ["1990"], "mentions": []},
        ],
        "triples": [
            {"h": 0, "t": 1, "relation": "director"},
            {"h": 0, "t": 2, "relation": "publication date"},
            {"h": 1, "t": 0, "relation": "notable work"},
        ],
    }


def test_a_passage_is_judged_by_its_entities() -> None:
    judged = judge_passage(
        make_passage(), guide([DIRECTED, BORN_IN], ["director", "place of birth"], encode_none)
    )
    assert judged.predicted == {("0", "director", "1"), ("?annlee", "place of birth", "?haiti")}
    assert len(judged.gold) == 3


def test_a_year_equals_wikidatas_first_of_january() -> None:
    row = {"triples": [{"sub": "Ghost", "rel": "publication date", "obj": "01 January 1990"}]}
    released = make_triple(("Ghost", "work"), "released in", ("1990", "date"))
    judged = judge_sentence(row, guide([released], ["publication date"], encode_none))
    assert judged.predicted == judged.gold


def test_figures_of_a_passage() -> None:
    async def find(documents: Sequence[Document]) -> list[list[Triple]]:
        wrong = make_triple(("Ghost", "work"), "released in", ("1991", "date"))
        return [[DIRECTED, wrong] for _ in documents]

    passage = make_passage()
    passage["text"] = DOCUMENT.text
    found = {metric.metric: metric.value for metric in measure_passages([passage], find)}
    # Both labels of "directed by" are right, the year is not.
    assert found["precision"] == pytest.approx(2 / 3)
    assert found["recall"] == pytest.approx(2 / 3)
    assert found["f1_no_relation"] == pytest.approx(2 / 3)
    assert found["quoted"] == 1.0


def test_a_quote_that_is_not_in_the_text_counts_against_quoted() -> None:
    async def find(documents: Sequence[Document]) -> list[list[Triple]]:
        return [[DIRECTED] for _ in documents]

    passage = make_passage() | {
        "text": "Another text, in which nobody has directed anything at all, says this."
    }
    assert {metric.metric: metric.value for metric in measure_passages([passage], find)}["quoted"] == 0.0


def test_figures_of_a_sentence_by_the_offline_extractor() -> None:
    row = {
        "id": "s1",
        "ontology": "film",
        "sentence": "Patriot Games is a film directed by Phillip Noyce.",
        "triples": [{"sub": "Patriot Games", "rel": "director", "obj": "Phillip Noyce"}],
    }
    ontology = {"film": {"relations": [{"label": "director"}]}}
    found = {metric.metric: metric.value for metric in measure_sentences([row], ontology, read_offline)}
    assert found == {"precision": 1.0, "recall": 1.0, "f1": 1.0, "f1_no_relation": 1.0, "quoted": 1.0}


def test_the_offline_reader_reads_each_document() -> None:
    first, second = asyncio.run(read_offline([DOCUMENT, DOCUMENT]))
    assert first == second != []


def test_a_statement_that_is_turned_round_is_shown_by_its_quote() -> None:
    def founded(quote: str, subject: str = "Bob Venn") -> list[str]:
        evidence = Evidence(doc_id="d", start=0, end=len(quote), quote=quote)
        triple = Triple.of((subject, "person"), "founded", ("Acme Works", "organization"), evidence, "m")
        return [guided.as_triple().object for guided in guide([triple], ["founded by"], encode_none)]

    assert founded("In 1901 Bob Venn founded Acme Works.") == ["Bob Venn"]
    assert founded("In 1901 he founded Acme Works.") == [], "it does not name the founder"
