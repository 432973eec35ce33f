"""A statement is believed only in the words of its document: where quotes are found, and why facts are not
believed."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longweave.kg.ground import find_quote, ground_statement, names_thing
from longweave.kg.records import EntityType, Statement, Triple
from longweave.kg.spelling import words_of
from longweave.synth.records import Document, Dropped

TEXT = """Remarks on the Treaty

Mr. Speaker, we met in Paris. The North Atlantic Treaty was signed in Washington on
April 4, 1949 by twelve “founding” nations — the President’s own words.

Moody's Investors Service rates José Martí Bank. The new law created the National Science Foundation.
"""
DOCUMENT = Document(
    doc_id="d", title="Address of Harry S. Truman", text=TEXT, domain="general", source="s", license="CC0"
)
SIGNED = "The North Atlantic Treaty was signed in Washington on April 4, 1949"


def ground(**changed: Any) -> Triple | Dropped:
    fields: dict[str, Any] = {
        "doc_id": "d",
        "start": 0,
        "end": len(TEXT),
        "subject": "North Atlantic Treaty",
        "subject_type": "work",
        "relation": "was signed in",
        "object": "Washington",
        "object_type": "place",
        "quote": SIGNED,
        "extractor": "test",
    }
    return ground_statement(Statement(**(fields | changed)), DOCUMENT)


def reason(**changed: Any) -> str:
    grounded = ground(**changed)
    return grounded.reason if isinstance(grounded, Dropped) else ""


def test_a_stated_fact_is_a_triple_with_verbatim_evidence() -> None:
    triple = ground(subject=" North  Atlantic\nTreaty", relation="Was  signed in", time=" April 4,  1949")
    assert isinstance(triple, Triple)
    assert (triple.subject, triple.relation, triple.object) == (
        "North Atlantic Treaty",
        "was signed in",
        "Washington",
    )
    assert triple.time == "April 4, 1949"
    evidence = triple.evidence
    assert evidence.quote == TEXT[evidence.start : evidence.end] == SIGNED.replace("on April", "on\nApril")


@pytest.mark.parametrize(
    "quote",
    [
        'by twelve "founding" nations - the President\'s own words',
        "“by twelve ‘founding’ nations – the President’s own words.”".replace("‘", "“").replace("’ n", "” n"),
        "by twelve\t“founding”   nations\n—  the\u00a0President’s own words …",
    ],
)
def test_marks_and_white_space_do_not_hide_a_quote(quote: str) -> None:
    found = find_quote(TEXT, quote, 0, len(TEXT))
    assert found is not None
    assert TEXT[slice(*found)].startswith("by twelve “founding” nations — the President’s own words")


def test_a_quote_counts_only_inside_its_chunk_and_at_its_first_place() -> None:
    text = "one two. one two."
    assert find_quote(text, "one two", 0, len(text)) == (0, 7)
    assert find_quote(text, "one two", 1, len(text)) == (9, 16)
    assert find_quote(text, "one two", 1, 15) is None


@pytest.mark.parametrize("quote", ["", " … ", '"."'])
def test_a_quote_of_marks_alone_is_nowhere(quote: str) -> None:
    assert find_quote(TEXT, quote, 0, len(TEXT)) is None


def test_a_quote_is_no_pattern() -> None:
    assert find_quote("aaa (b) c", "a.a", 0, 9) is None
    assert find_quote("aaa (b) c", "(b) c", 0, 9) == (4, 9)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"quote": "The North Atlantic Treaty was ratified in Washington"}, "quote_not_found"),
        ({"end": 60}, "quote_not_found"),
        ({"object": "we", "object_type": "person"}, "no_name"),
        ({"subject": "the President"}, "no_name"),
        ({"object": "--"}, "no_name"),
        ({"subject": "1949", "subject_type": "date"}, "value_as_subject"),
        ({"object": "the North Atlantic Treaty’s"}, ""),
        ({"subject": "Washington", "object": "WASHINGTON"}, "same_thing"),
        ({"relation": "was in"}, ""),
        ({"relation": "has been"}, "relation_says_nothing"),
        ({"relation": "…"}, "relation_says_nothing"),
        ({"object": "Paris"}, "object_not_in_quote"),
        ({"subject": "Vatican Council"}, "subject_not_in_text"),
        ({"subject": "South Atlantic Treaty"}, "subject_not_in_text"),
        ({"subject": "US", "object": "United States", "quote": "North"}, "object_not_in_quote"),
        ({"object": "us", "object_type": "place"}, "no_name"),
        ({"subject": "Harry S. Truman", "subject_type": "person"}, ""),
        ({"object": "April 4, 1949", "object_type": "date"}, ""),
    ],
)
def test_each_flaw_has_its_reason(changed: dict[str, Any], expected: str) -> None:
    if changed.get("object", "").startswith("the North"):
        changed = changed | {"subject": "Washington"}
    assert reason(**changed) == expected


def test_a_quote_that_is_half_a_page_is_too_long() -> None:
    long = "Washington " + "and then we went on " * 25
    document = DOCUMENT.model_copy(update={"text": f"North Atlantic Treaty. {long}"})
    statement = Statement(
        doc_id="d",
        start=0,
        end=len(document.text),
        subject="North Atlantic Treaty",
        subject_type="work",
        relation="was signed in",
        object="Washington",
        object_type="place",
        quote=long,
        extractor="test",
    )
    dropped = ground_statement(statement, document)
    assert isinstance(dropped, Dropped) and dropped.reason == "quote_too_long"


@pytest.mark.parametrize(
    ("text", "name", "named"),
    [
        ("created the National Science Foundation", "Foundation of National Science", True),
        ("the bank of Jose Marti", "José Martí", True),
        ("Moody’s, and no other", "Moody's", True),
        ("rated by Moody's rating", "Moody's", True),
        ("the State of Hawaii", "States of Hawaii", True),
        ("the State of Hawaii", "State of Alaska", False),
        ("of the and", "Alaska", False),
        ("on the", "The", False),
        ("the laws of the EU", "EU", True),
        ("he told us", "US", False),
        ("彼は東京に住む", "東京", True),
        ("anything", "", False),
    ],
)
def test_a_name_is_there_when_the_words_that_carry_it_are(text: str, name: str, named: bool) -> None:
    assert names_thing(text, name, None) is named


def test_words_are_plain_and_a_possessive_is_its_noun() -> None:
    assert words_of("Truman’s, the JOSÉ's “Moody's”") == ["truman", "the", "jose", "moody"]


def test_a_quote_does_not_begin_or_end_inside_a_word() -> None:
    text = "It was unlawful to sell it. She was born in 1961."
    assert find_quote(text, "lawful to sell it", 0, len(text)) is None
    assert find_quote(text, "he was born in 1961", 0, len(text)) is None
    assert find_quote(text, "unlawful to sell", 0, len(text)) == (7, 23)


MARKED = st.text(alphabet="ab ’'“\"–-\n\u00a0.…()*", max_size=40)


@given(text=MARKED, start=st.integers(0, 40), size=st.integers(1, 20), at=st.integers(0, 10))
def test_what_is_found_lies_in_the_chunk_and_reads_as_the_quote(
    text: str, start: int, size: int, at: int
) -> None:
    quote = text[start : start + size].replace("’", "'").replace("–", "-").replace("\n", "  ")
    found = find_quote(text, quote, at, len(text))
    plain = str.maketrans("’“–\u00a0", "'\"- ")
    if found is None:
        inside = quote.translate(plain).strip(" \n\"'.…")
        cut = any(text[max(0, edge - 1) : edge + 1].isalpha() for edge in (start, start + size))
        assert not inside or at > start or cut
        return
    low, high = found
    assert at <= low < high <= len(text)
    shown = text[low:high].translate(plain).split()
    assert shown == quote.translate(plain).strip(" \t\r\n\"'.…").split()


@pytest.mark.parametrize(
    ("text", "value", "type_", "stands"),
    [
        ("was fined $12 million in 1999", "$12", "number", False),
        ("was fined $12,000 in 1999", "$12", "number", False),
        ("was fined $12,500,000 in 1999", "$500,000", "number", False),
        ("was fined $2.3 billion", "$3.2 billion", "number", False),
        ("fell by 1.5 percent, 10 times", "10.5 percent", "number", False),
        ("on 12 May 1999, after 7 years", "7 May 1999", "date", False),
        ("in 1999 and on 19 May 2004", "19 May 1999", "date", False),
        ("was fined $12 million in 1999", "$12 million", "number", True),
        ("employed 1,200 workers.", "1,200 workers", "number", True),
        ("signed on\nApril 4, 1949 by", "4 April 1949", "date", True),
        ("成立于1949年4月4日。", "1949年4月4日", "date", True),
    ],
)
def test_a_value_is_there_only_as_it_is_written(
    text: str, value: str, type_: EntityType, stands: bool
) -> None:
    assert names_thing(text, value, type_) is stands
