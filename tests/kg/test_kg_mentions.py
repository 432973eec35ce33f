"""Whether a text may state a fact: both names close together, or one of them in the title."""

from hypothesis import given
from hypothesis import strategies as st

from longweave.kg.mentions import find_names, is_named, states_both

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


def test_names_of_one_or_two_letters_are_never_found() -> None:
    assert find_names("it is up to us", ["US", "I", "--"]) == []
    assert not is_named("it is up to us", [])


WORDS = st.lists(
    st.sampled_from(["Alaska", "Hawaii", "x" * 150, "and", ".", "Hawaiian Islands"]), max_size=12
)


@given(title=WORDS, words=WORDS)
def test_the_two_sides_may_be_swapped(title: list[str], words: list[str]) -> None:
    head, text = " ".join(title), " ".join(words)
    assert states_both(head, text, HAWAII, ALASKA) == states_both(head, text, ALASKA, HAWAII)
    if states_both("", text, HAWAII, ALASKA):
        assert is_named(text, HAWAII) and is_named(text, ALASKA)
