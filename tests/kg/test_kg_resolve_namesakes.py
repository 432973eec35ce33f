"""People of one full name in several documents: one person where something besides the name agrees."""

import gzip
import json
import re
from typing import cast

import pytest

from longweave.kg.resolve import Clusters, Mention, Resolution, ResolveSettings, open_pairs, resolve, settle
from longweave.kg.resolve.conflicts import find_conflict
from longweave.kg.resolve.names import parse_name
from longweave.kg.resolve.namesakes import Company, link_namesakes
from tests.conftest import ROOT
from tests.kg.test_kg_resolve import encode_words

SMITHS = [
    Mention.of("John Smith", "person", "d1", "John Smith explored the coast of Virginia"),
    Mention.of("John Smith", "person", "d2", "John Smith audits banks for Borealis"),
]
_NAME = re.compile(r"\b[A-Z][a-z]+(?: [A-Z]\.)?(?: [A-Z][a-z]+)+\b")
PRESIDENTS = {
    "Abraham Lincoln",
    "George Washington",
    "Theodore Roosevelt",
    "Franklin Roosevelt",
    "Woodrow Wilson",
    "Harry Truman",
    "Ronald Reagan",
    "Thomas Jefferson",
}


def find(*mentions: Mention) -> tuple[Resolution, Clusters]:
    resolution = resolve(mentions, ResolveSettings(), encode_words)
    return resolution, settle(resolution)


def are_one(*mentions: Mention) -> bool:
    return len({find(*mentions)[1].of[mention.key] for mention in mentions[:2]}) == 1


def test_two_of_a_common_name_stay_two_and_a_model_is_asked() -> None:
    resolution, found = find(*SMITHS)
    assert len(set(found.of.values())) == 2
    ((left, right),) = open_pairs(resolution)
    assert {left.key, right.key} == {mention.key for mention in SMITHS}
    joined = settle(resolution, {(left.key, right.key)})
    assert len(set(joined.of.values())) == 1
    assert [merge.by for merge in joined.merges] == ["model"]


def test_those_who_are_told_of_with_the_same_things_are_surely_one() -> None:
    places = [Mention.of("Virginia", "place", doc_id, "Virginia") for doc_id in ("d1", "d2")]
    other = Mention.of("John Smith", "person", "d2", "John Smith came back to Virginia")
    resolution, found = find(SMITHS[0], other, *places)
    assert found.of[SMITHS[0].key] == found.of[other.key]
    assert not open_pairs(resolution)


def test_those_whose_documents_name_the_same_things_are_one_unless_a_model_says_no() -> None:
    places = [Mention.of("Jamestown", "place", doc_id, "Jamestown") for doc_id in ("d1", "d2")]
    resolution, found = find(*SMITHS, *places)
    assert found.of[SMITHS[0].key] == found.of[SMITHS[1].key]
    assert len(open_pairs(resolution)) == 1
    apart = settle(resolution, set())
    assert apart.of[SMITHS[0].key] != apart.of[SMITHS[1].key]


def test_a_name_that_every_document_has_says_nothing() -> None:
    ours = [Mention.of("Congress", "organization", f"d{at}", "Congress met") for at in range(1, 41)]
    assert not are_one(*SMITHS, *ours)


def test_a_name_of_three_parts_and_a_rare_one_are_one_person() -> None:
    said = ("wrote about grammar", "lived by the harbour")
    for name in ("John Quincy Adams", "Noam Chomsky"):
        assert are_one(*(Mention.of(name, "person", f"d{at}", what) for at, what in enumerate(said))), name
    assert not are_one(*(Mention.of("Wei Wang", "person", f"d{at}", what) for at, what in enumerate(said)))


def test_what_a_person_has_one_of_decides() -> None:
    born = ("January 6, 1580", "6 January 1580", "1938")
    first, same, young = (
        Mention.of("John Smith", "person", f"d{at}", "", {"born": date}) for at, date in enumerate(born)
    )
    company = [Mention.of("Jamestown", "place", f"d{at}") for at in range(3)]
    assert are_one(first, same)
    resolution, found = find(first, young, *company)
    assert found.of[first.key] != found.of[young.key]
    assert not open_pairs(resolution)


def test_presidents_are_one_across_real_speeches() -> None:
    """The names of each speech, with the sentence in which each stands first."""
    mentions: dict[str, Mention] = {}
    with gzip.open(ROOT / "data" / "sample" / "general.jsonl.gz", "rt") as lines:
        for row in map(json.loads, lines):
            if row["doc_id"].startswith("sotu-"):
                for sentence in re.split(r"(?<=[a-z]{3}[.!?])\s", row["text"]):
                    for name in _NAME.findall(sentence):
                        type_ = "person" if name in PRESIDENTS else "organization"
                        mention = Mention.of(name, type_, row["doc_id"], " ".join(sentence.split())[:300])
                        mentions.setdefault(mention.key, mention)
    presidents = [mention for mention in mentions.values() if mention.type == "person"]
    found = settle(resolve(mentions.values(), ResolveSettings(), encode_words))
    told = {name: [one.key for one in presidents if one.name == name] for name in PRESIDENTS}
    often = {name: keys for name, keys in told.items() if len(keys) > 1}
    assert len(often) >= 3
    assert {name: len({found.of[key] for key in keys}) for name, keys in often.items()} == dict.fromkeys(
        often, 1
    )
    assert len({found.of[keys[0]] for keys in often.values()}) == len(often)


def test_the_company_of_a_name_that_stands_alone_is_not_looked_at() -> None:
    mention = Mention.of("Ada Vale", "person", "d")
    assert not list(link_namesakes([mention], cast("Company", None)))


@pytest.mark.parametrize(
    ("type_", "one", "other"),
    [
        ("place", "दिल्ली", "दलाल"),
        ("product", "バス", "ハス"),
        ("place", "ประเทศไทย", "ประทศทย"),
        ("work", "Macbeth (1948 film)", "Macbeth (1971 film)"),
        ("concept", "Mercury (planet)", "Mercury (element)"),
    ],
)
def test_what_tells_names_apart_is_kept(type_: str, one: str, other: str) -> None:
    names = [parse_name(name, type_) for name in (one, other)]
    assert names[0].key != names[1].key
    assert Mention.of(one, type_, "d").key != Mention.of(other, type_, "d").key
    if names[0].sense:
        assert find_conflict(*names) == "senses"
        assert not find_conflict(names[0], parse_name(one.split(" (")[0], type_)), "what says less may be it"


def test_marks_of_latin_letters_and_what_is_a_short_form_do_not_tell() -> None:
    assert parse_name("Erdoğan", "person").key == "erdogan"
    assert parse_name("World Health Organization (WHO)", "organization").key == "world health organization"
