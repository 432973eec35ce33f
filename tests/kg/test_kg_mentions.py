"""Whether a text may state a fact: both names close together, or one of them in the title."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longweave.kg.mentions import find_names, is_named, states_both
from longweave.kg.spelling import fold, keep_case

HAWAII, ALASKA = ["Hawaii", "Hawaiian Islands"], ["Alaska"]


def test_both_names_close_together_may_state_it_in_either_order() -> None:
    text = "I believe that the time has come for ALASKA and the Hawaiian\nIslands to be admitted."
    assert states_both("", text, HAWAII, ALASKA)
    assert states_both("", text, ALASKA, HAWAII)


def test_names_far_apart_do_not_and_any_of_their_places_counts() -> None:
    far = f"Alaska.{' ' * 500}Hawaii."
    assert not states_both("", far, HAWAII, ALASKA)
    assert not states_both("", far, ALASKA, HAWAII)
    assert states_both("", f"{far}{' ' * 300}Alaska again.", HAWAII, ALASKA)
    assert states_both("", f"Alaska{' ' * 394}Hawaii", HAWAII, ALASKA)
    assert not states_both("", f"Alaska{' ' * 395}Hawaii", HAWAII, ALASKA)


def test_a_title_stands_for_its_whole_text() -> None:
    text = f"We were admitted.{' ' * 5_000}So was Alaska."
    assert states_both("Constitution of Hawaii", text, HAWAII, ALASKA)
    assert states_both("Constitution of Hawaii", text, ALASKA, HAWAII)
    assert not states_both("Constitution of Hawaii", "We were admitted.", HAWAII, ALASKA)
    assert not states_both("Alaska and Hawaii", "Neither is told of here.", HAWAII, ALASKA)


def test_names_are_words_whatever_their_case_accents_and_possessives() -> None:
    assert is_named("What did MOODY’S INVESTORS SERVICE rate?", ["Moody's Investors Service"])
    assert is_named("Moody's rating", ["Moody’s"])
    assert is_named("José Martí's poems", ["Jose Marti"]) and is_named("Jose Marti", ["José Martí"])
    assert is_named("Ne\u0301el found it", ["Néel"])
    assert is_named("the Straße", ["Strasse"])
    assert is_named("the U.S. Senate-bill", ["U.S. Senate"])
    assert not is_named("the Alaskan coast", ["Alaska"])
    assert not is_named("the Senate of the U.S.", ["U.S. Senate"])


@pytest.mark.parametrize(
    ("text", "name", "at"),
    [
        ("The EU and the UN met.", "EU", 4),
        ("The EU and the UN met.", "UN", 15),
        ("a man of the US Army; tell us", "US", 13),
        ("a man of the U.S. Army", "US", 13),
        ("a man of the U. S. Army", "the U.S.", 13),
        ("the 3M Company is 3m away", "3M", 4),
        ("asked by the WHO, who came", "WHO", 13),
        ("The Who and who", "The Who", 0),
        ("\u0160U, SU", "ŠU", 0),
        ("из СССР в РФ", "РФ", 10),
        ("Город Москвы", "Москвы", 6),
        ("Артем", "Артём", 0),
        ("彼は東京に住む", "東京", 2),
        ("東京都東京タワー前", "東京タワー", 3),
        ("저는 서울에서 왔다", "서울", 3),
        ("ฉันอยู่กรุงเทพมหานคร", "กรุงเทพ", 7),
        ("यह दिल्ली है", "दिल्ली", 3),
        ("the Łódź ghetto", "Lodz", 4),
        ("in Munchen", "München", 3),
    ],
)
def test_short_names_and_those_of_other_scripts_are_found(text: str, name: str, at: int) -> None:
    assert find_names(text, [name])[0] == at
    assert is_named(text, [name])


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("it is up to us", "US"),
        ("eu or un-American, 3m and the THEUS", "EU"),
        ("AUSTRIA", "US"),
        ("U.S.A. first", "US"),
        ("those who came", "WHO"),
        ("I, and it", "I"),
        ("In The House", "In"),
        ("any -- thing", "--"),
        ("サハリンの島", "サバリン"),
        ("가 각자", "갂"),
        ("Москвария", "Москва"),
        ("中", "国"),
        ("中国", "中"),
    ],
)
def test_what_only_looks_like_a_short_name_is_none(text: str, name: str) -> None:
    assert find_names(text, [name]) == []
    assert not is_named(text, [name])


def test_a_short_name_states_a_fact_as_a_long_one_does() -> None:
    assert states_both("", "Norway never joined the EU.", ["Norway"], ["EU"])
    assert states_both("Members of the EU", "Norway is none of them.", ["Norway"], ["EU"])
    assert not is_named("it is up to us", [])


@given(st.text(alphabet="aßŁłéЁё東がバ가각्ल\u0301’s. ", max_size=30))
def test_a_text_is_as_long_in_its_case_as_without(text: str) -> None:
    assert len(fold(text)) == len(keep_case(text))
    assert keep_case(text).casefold() == fold(text)


WORDS = st.lists(
    st.sampled_from(["Alaska", "Hawaii", "x" * 150, "and", ".", "Hawaiian Islands"]), max_size=12
)


@given(title=WORDS, words=WORDS)
def test_the_two_sides_may_be_swapped(title: list[str], words: list[str]) -> None:
    head, text = " ".join(title), " ".join(words)
    assert states_both(head, text, HAWAII, ALASKA) == states_both(head, text, ALASKA, HAWAII)
    if states_both("", text, HAWAII, ALASKA):
        assert is_named(text, HAWAII) and is_named(text, ALASKA)
