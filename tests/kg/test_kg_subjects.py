"""What counts as a mention of a subject that is not called by its whole name."""

import pytest

from longweave.kg.records import EntityType
from longweave.kg.subjects import Passage, names_partly, short_forms

NATIONS = "The United Nations and the United Kingdom agreed. The States were asked for aid, and we gave it."
COMMISSION = "On March 25, the Commission opened an investigation of the Company."


def is_mentioned(text: str, name: str, type_: EntityType | None, title: str = "", whole: str = "") -> bool:
    return names_partly(Passage(title, text, whole or text), [name], type_)


@pytest.mark.parametrize(
    ("text", "name", "type_"),
    [
        ("Mr. Truman spoke.", "Harry S. Truman", "person"),
        ("TRUMAN spoke.", "Harry S. Truman", "person"),
        ("Davis’s speech", "Sammy Davis Jr.", "person"),
        ("Moody's rating fell", "Moody's Investors Service", "organization"),
        ("sold by Amazon since 1994", "Amazon.com, Inc.", "organization"),
        ("Berkshire Hathaway sold", "Berkshire Hathaway Inc.", "organization"),
        ("the WHO warned, and who listened", "World Health Organization", "organization"),
        ("the U.S. proposal", "United States", "place"),
        ("the U.S.A. proposal", "United States of America", "place"),
        ("the Soviets' attempt", "Soviet Union", "place"),
        ("in New York", "New York City", "place"),
        ("the Foundation for National Science", "National Science Foundation", "organization"),
        ("Attorneys General for California and Ohio", "Attorney General of Ohio", "organization"),
        ("At Potsdam we held a long meeting.", "Potsdam meeting", "event"),
        ("a crisis flared on Cyprus", "Cyprus crisis", "event"),
        ("the EU decided", "EU", "organization"),
    ],
)
def test_what_a_careful_reader_takes_for_a_mention(text: str, name: str, type_: EntityType) -> None:
    assert is_mentioned(text, name, type_)
    assert is_mentioned(text, name, None) or type_ in ("event", "work")


@pytest.mark.parametrize(
    ("text", "name", "type_"),
    [
        (NATIONS, "United States", "place"),
        ("State of the Union: united we stand", "United States", "place"),
        ("give it to us", "United States", "place"),
        ("the National Park", "National Science Foundation", "organization"),
        (COMMISSION, "European Commission", "organization"),
        ("the English coast", "English Channel", "place"),
        ("a young man", "Andrew Young", "person"),
        ("the President spoke", "Vice President", "person"),
        ("the War was long", "Korean War", "event"),
        (
            f"Science is good. {'word ' * 30}The National Trust and the Foundation.",
            "National Science Foundation",
            "work",
        ),
        ("Harry came", "Harry S. Truman", "person"),
        ("Massachusetts voted", "Massachusetts Institute of Technology", "organization"),
        ("the new law", "The Company Inc.", "organization"),
        ("the treaty was signed", "Moscow treaty", "work"),
    ],
)
def test_a_word_that_others_share_is_no_mention(text: str, name: str, type_: EntityType) -> None:
    assert not is_mentioned(text, name, type_)


def test_a_body_goes_by_its_last_word_where_the_document_has_named_it() -> None:
    named = f"The European Commission (“Commission”) watches. {COMMISSION}"
    assert is_mentioned(COMMISSION, "European Commission", "organization", whole=named)
    assert not is_mentioned("a commission of 5%", "European Commission", "organization", whole=named)
    assert is_mentioned(
        "this Congress", "United States Congress", "organization", whole=f"United States. {NATIONS}"
    )
    vice = "Vice President of the United States"
    assert is_mentioned("the Vice President returned", vice, "person", whole="The United States of today")
    assert not is_mentioned("the President returned", vice, "person", whole="The United States of today")


def test_a_title_says_of_what_the_whole_text_speaks() -> None:
    assert is_mentioned(
        "its Orthopaedics franchise", "Johnson & Johnson Orthopaedics", "organization", "Johnson & Johnson"
    )
    assert is_mentioned("I met him.", "Harry S. Truman", "person", "Address of 1946 (Truman)")
    assert not is_mentioned("the United Nations", "United States", "place", "State of the Union")


def test_any_of_its_names_will_do() -> None:
    assert names_partly(Passage("", "the Pact", "the Pact"), ["Warsaw Treaty", "the Pact"], "work")
    assert not names_partly(Passage("", "the pit", "the pit"), ["Warsaw Treaty", "the Pact"], "work")


def test_short_forms_are_those_of_the_type() -> None:
    assert short_forms("Harry S. Truman", "person") == ["Truman"]
    assert short_forms("Apple Inc.", "organization") == ["Apple", "AI"]
    assert short_forms("Hawaiian Islands", "place") == ["Hawaiian", "HI"]
    assert short_forms("study of crops", "work") == []
