"""The offline extractor: what it reads in real sentences, and what it leaves out."""

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from longweave.kg.offline import OFFLINE, extract_offline
from longweave.kg.offline.parse import find_prose
from longweave.kg.records import Triple
from longweave.synth.records import Document

SAMPLE = Path(__file__).parents[2] / "data" / "sample"
MORPHY = (
    "Paul Charles Morphy (June 22, 1837 – July 10, 1884) was an American chess player. "
    "He was born in New Orleans, Louisiana. In 1858, Morphy traveled to Europe."
)


def read(text: str, title: str = "A passage") -> list[Triple]:
    return extract_offline(make_document(text, title), 0, len(text))


def make_document(text: str, title: str = "A passage") -> Document:
    return Document(doc_id="d1", title=title, text=text, domain="general", source="test", license="CC0")


def says(text: str, title: str = "A passage") -> set[tuple[str, str, str]]:
    return {(triple.subject, triple.relation, triple.object) for triple in read(text, title)}


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("Google acquired YouTube in 2006.", ("Google", "acquired", "YouTube")),
        ("YouTube was acquired by Google in 2006.", ("YouTube", "acquired by", "Google")),
        ("Kiwix is a browser created by Emmanuel Engelhart.", ("Kiwix", "created by", "Emmanuel Engelhart")),
        ("Yerevan is the capital of Armenia.", ("Yerevan", "is capital of", "Armenia")),
        (
            "Ben Ngubane resigned, and Peter Hain, the leader of the Labour Party, left London.",
            ("Peter Hain", "is leader of", "Labour Party"),
        ),
        ("The museum lies in Anchorage, Alaska.", ("Anchorage", "located in", "Alaska")),
        (
            "Anja Huber (born 20 May 1983 in Berchtesgaden) is a racer.",
            ("Anja Huber", "born on", "20 May 1983"),
        ),
        (
            "Enemies of Reality is the fifth album by American metal band Nevermore, released in 2003.",
            ("Enemies of Reality", "is album by", "Nevermore"),
        ),
        ("Patriot Games is a 1992 film directed by Phillip Noyce.", ("Patriot Games", "released in", "1992")),
    ],
)
def test_a_pattern_of_grammar_is_a_fact(text: str, fact: tuple[str, str, str]) -> None:
    assert fact in says(text)


def test_time_is_that_of_the_clause() -> None:
    (triple,) = [t for t in read("Google acquired YouTube in 2006.") if t.object == "YouTube"]
    assert (triple.time, triple.extractor) == ("2006", OFFLINE)
    assert (triple.subject_type, triple.evidence.quote) == (
        "organization",
        "Google acquired YouTube in 2006.",
    )


def test_surnames_and_pronouns_stand_for_the_full_name() -> None:
    found = says(MORPHY, "Paul Morphy")
    assert ("Paul Charles Morphy", "born on", "June 22, 1837") in found
    assert ("Paul Charles Morphy", "died on", "July 10, 1884") in found
    assert ("Paul Charles Morphy", "born in", "New Orleans") in found
    assert ("Paul Charles Morphy", "traveled to", "Europe") in found


def test_evidence_of_a_pronoun_begins_with_the_sentence_that_names_it() -> None:
    (born,) = [t for t in read(MORPHY) if t.object == "New Orleans"]
    assert born.evidence.quote.startswith("Paul Charles Morphy")
    assert born.evidence.quote.endswith("Louisiana.")


@pytest.mark.parametrize(
    "text",
    [
        "Google did not acquire Twitter.",
        "Google may acquire Twitter.",
        "If Google acquired Twitter, Apple bought Netflix.",
        "Analysts said that Google acquired Twitter.",
        "Did Google acquire Twitter?",
        "Google allegedly acquired Twitter.",
        "Google wanted to acquire Twitter.",
        'The paper wrote: "Google acquired Twitter."',
        "I know you saw how Google acquired Twitter.",
        "According to Reuters, Google acquired Twitter.",
    ],
)
def test_what_the_text_does_not_state_is_no_fact(text: str) -> None:
    assert not {fact for fact in says(text) if fact[2] in ("Twitter", "Netflix")}


def test_a_pronoun_with_two_candidates_stands_for_nobody() -> None:
    text = "John Carter met Peter Smith in Boston. Jane Carter and Mary Smith left. He married Ann Lee."
    assert not {fact for fact in says(text) if fact[1] == "married"}


def test_tables_code_and_rows_are_not_read() -> None:
    text = "| Google | acquired | YouTube. |\n\ndef f(x): return x; y = {}.\n\nGoogle acquired YouTube."
    assert [text[start:end] for start, end in find_prose(text, 0, len(text))] == ["Google acquired YouTube."]


def test_lists_of_places_are_not_places_within_places() -> None:
    assert not {fact for fact in says("He saw Paris, London and Rome in May.") if fact[1] == "located in"}


def test_only_the_chunk_is_read() -> None:
    document = make_document("Google acquired YouTube. Apple acquired Beats.")
    assert {t.object for t in extract_offline(document, 25, len(document.text))} == {"Beats"}


@pytest.mark.parametrize("domain", ["general", "professional", "academic"])
def test_quotes_of_real_documents_are_verbatim_and_the_same_each_time(domain: str) -> None:
    with gzip.open(SAMPLE / f"{domain}.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line, _ in zip(lines, range(3), strict=False)]
    for row in rows:
        document = make_document(row["text"], row["title"])
        end = min(6_000, len(document.text))
        triples = extract_offline(document, 0, end)
        for triple in triples:
            evidence = triple.evidence
            assert document.text[evidence.start : evidence.end] == evidence.quote != ""
            assert 0 <= evidence.start < evidence.end <= end
            assert triple.subject != triple.object
        assert extract_offline(document, 0, end) == triples


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.sampled_from([*MORPHY.split(), "\n", "\n\n", "“", "”", "(", "|", "é", "🙂", "''"]), max_size=40
    )
)
def test_any_text_gives_verbatim_quotes(words: list[str]) -> None:
    text = " ".join(words)
    for triple in read(text):
        assert text[triple.evidence.start : triple.evidence.end] == triple.evidence.quote
