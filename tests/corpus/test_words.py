import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from longweave.corpus import words as words_module
from longweave.corpus.words import hash_runs, hash_words

_TEXT = st.text(st.characters(codec="utf-8"), max_size=300)


def _words_of(text: str) -> list[str]:
    words = hash_words(text)
    return [text[start:end] for start, end in zip(words.starts, words.ends, strict=True)]


def test_words_are_runs_of_letters_and_digits_with_their_spans() -> None:
    assert _words_of("Net sales — $1,234.5 in café’s “naïve” 日本, x_y") == [
        *("Net", "sales", "1", "234", "5", "in", "café", "s", "naïve", "日本", "x", "y")
    ]


def test_case_punctuation_and_wrapping_do_not_change_the_hashes() -> None:
    one = hash_words("The Company's net SALES,\n rose (by 3%).").hashes
    other = hash_words("the company s NET sales rose by 3").hashes
    assert one.tolist() == other.tolist()


def test_a_word_hashes_alike_in_ascii_and_other_text_and_at_any_place() -> None:
    assert hash_words("profit").hashes[0] == hash_words("über den profit").hashes[2]
    assert len(set(hash_words("ab ba aab abb b a").hashes.tolist())) == 6


def test_a_run_hash_depends_on_its_words_and_their_order_only() -> None:
    runs = hash_runs(hash_words("one two three one two three two one").hashes, 3)
    assert len(runs) == 6
    assert runs[0] == runs[3]
    assert len(set(runs.tolist())) == 5
    assert len(hash_runs(hash_words("too few").hashes, 3)) == 0


def test_long_texts_in_pieces_have_the_words_of_the_whole(monkeypatch) -> None:
    text = "Revenue grew 12% to $1.5 billion in größeren Märkten. " * 40
    whole = hash_words(text)
    monkeypatch.setattr(words_module, "_PIECE_CHARS", 100)
    pieces = hash_words(text)
    assert np.array_equal(whole.hashes, pieces.hashes)
    assert np.array_equal(whole.starts, pieces.starts)
    assert np.array_equal(whole.ends, pieces.ends)


@given(_TEXT)
def test_words_cover_exactly_the_letters_and_digits(text: str) -> None:
    covered = "".join(_words_of(text))
    assert covered == "".join(c for c in text if (c.isalnum() or ord(c) >= 1 << 16))


@given(_TEXT, _TEXT)
def test_joined_texts_have_the_words_of_both(one: str, other: str) -> None:
    joined = hash_words(f"{one} {other}").hashes.tolist()
    assert joined == hash_words(one).hashes.tolist() + hash_words(other).hashes.tolist()
