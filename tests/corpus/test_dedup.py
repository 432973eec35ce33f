import random
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from longweave.corpus import DuplicateSettings, find_duplicates, signatures
from longweave.corpus.dedup import Alarm, DuplicateOf, Duplicates, sign
from longweave.synth.records import Document

SETTINGS = DuplicateSettings()


def _prose(seed: int, n_words: int) -> str:
    """Words drawn like those of a language: few common ones, many rare ones."""
    rng = random.Random(seed)
    return " ".join(f"w{min(int(rng.paretovariate(0.6)), 40_000)}x" for _ in range(n_words))


def _leave_out(text: str, share: float, seed: int = 1) -> str:
    rng = random.Random(seed)
    return " ".join(word for word in text.split() if rng.random() >= share)


def _find(texts: dict[str, str], settings: DuplicateSettings = SETTINGS, source: str = "s") -> Duplicates:
    documents = [
        Document(doc_id=name, title=name, text=text, domain="general", source=source, license="CC0")
        for name, text in texts.items()
    ]
    return find_duplicates(signatures(documents, settings), texts.__getitem__, settings)


def test_the_same_words_are_an_exact_copy_and_the_first_id_is_kept() -> None:
    text = _prose(1, 50)
    found = _find({"b": text, "a": text.upper().replace(" ", "\n"), "c": _prose(2, 50)})
    assert found.of == {"b": DuplicateOf("a", "exact", 1.0)}
    assert found.compared == 0


@pytest.mark.parametrize("n_words", [60, 400, 3_000])
def test_a_copy_with_words_left_out_is_near_and_the_longer_is_kept(n_words: int) -> None:
    text = _prose(1, n_words)
    found = _find({"a": _leave_out(text, 0.02), "whole": text, "other": _prose(2, n_words)})
    assert list(found.of) == ["a"]
    assert (found.of["a"].kept_id, found.of["a"].kind) == ("whole", "near")
    assert 0.8 <= found.of["a"].containment <= 0.97


def test_a_passage_of_a_book_is_a_copy_of_the_book() -> None:
    book = _prose(1, 60_000)
    passage = " ".join(book.split()[30_000:31_800])
    found = _find({"book": book, "passage": _leave_out(passage, 0.02), "other book": _prose(2, 60_000)})
    assert {name: duplicate.kept_id for name, duplicate in found.of.items()} == {"passage": "book"}


def test_half_a_text_in_common_is_no_copy() -> None:
    shared = _prose(1, 1_000)
    found = _find({"a": f"{shared} {_prose(2, 1_000)}", "b": f"{shared} {_prose(3, 1_000)}"})
    assert found.of == {}


def test_a_report_with_figures_of_its_own_is_no_copy_of_last_quarter_s() -> None:
    rng = random.Random(3)
    sentences = [f"Revenue of {_prose(n, 25)} was {{}} million." for n in range(80)]
    quarters = {
        name: " ".join(sentence.format(rng.randint(100, 99_999)) for sentence in sentences)
        for name in ("q1", "q2")
    }
    assert _find(quarters).of == {}
    assert (
        _find({"q1": quarters["q1"], "again": _leave_out(quarters["q1"], 0.01)}).of["again"].kept_id == "q1"
    )


def test_a_text_in_two_books_does_not_make_the_books_copies() -> None:
    tale = _prose(1, 800)
    found = _find({"one": f"{tale} {_prose(2, 900)}", "two": f"{_prose(3, 950)} {tale}", "tale": tale})
    assert list(found.of) == ["tale"]


def test_likeness_does_not_drift_along_a_chain() -> None:
    words = _prose(1, 4_000).split()
    windows = {f"{start:04}": " ".join(words[start : start + 2_000]) for start in range(0, 2_001, 250)}
    found = _find(windows)
    for name, duplicate in found.of.items():
        assert duplicate.kept_id not in found.of
        assert abs(int(name) - int(duplicate.kept_id)) <= 400


def test_an_exact_copy_of_a_near_copy_points_to_what_is_kept() -> None:
    text = _prose(1, 1_000)
    near = _leave_out(text, 0.02)
    found = _find({"text": text, "near": near, "same": near.replace(" ", "  ")})
    assert {duplicate.kept_id for duplicate in found.of.values()} == {"text"}
    assert set(found.of) == {"near", "same"}


def test_a_stock_phrase_in_very_many_documents_costs_no_comparison() -> None:
    phrase = _prose(1, 60)
    texts = {f"{n:03}": f"{phrase} {_prose(100 + n, 300)}" for n in range(300)}
    found = _find(texts)
    assert (found.of, found.compared) == ({}, 0)


def test_many_copies_of_one_text_are_all_found() -> None:
    text = _prose(1, 500)
    texts = {f"{n:03}": _leave_out(text, 0.01, seed=n) for n in range(100)} | {"original": text}
    found = _find(texts)
    assert len(found.of) >= 98
    assert {duplicate.kept_id for duplicate in found.of.values()} == {"original"}


def test_a_source_that_loses_most_of_its_documents_raises_an_alarm() -> None:
    text = _prose(1, 200)
    found = _find({"a": text, "b": text, "c": text, "d": _prose(2, 200), "e": text}, source="feed")
    assert found.alarms == (Alarm("feed", "source_lost", 5, 3),)
    assert str(found.alarms[0]) == "source 'feed' loses 3 of 5 documents as duplicates"
    assert _find({"a": text, "b": text, "c": _prose(2, 200)}).alarms == ()


def test_a_document_stands_for_a_limited_number_of_near_copies_and_then_raises_an_alarm() -> None:
    text = _prose(1, 500)
    texts = {f"{n:03}": _leave_out(text, 0.01, seed=n) for n in range(6)} | {"original": text}
    found = _find(texts, DuplicateSettings(max_cluster=2))
    kept = Counter(duplicate.kept_id for duplicate in found.of.values())
    assert kept["original"] == 2
    assert Alarm("original", "large_cluster", 3, 2) in found.alarms


def test_equal_texts_are_copies_however_many() -> None:
    text = _prose(1, 100)
    texts = {name: text for name in "abcd"}
    found = _find(texts | {f"x{n}": _prose(n, 100) for n in range(2, 9)}, DuplicateSettings(max_cluster=2))
    assert sorted(found.of) == ["b", "c", "d"]
    assert found.alarms == (Alarm("a", "large_cluster", 4, 3),)


def test_texts_without_words_are_copies_only_if_equal() -> None:
    assert list(_find({"a": "--- !", "b": "?", "c": "--- !"}).of) == ["c"]
    assert _find({}).of == {}


def test_a_signature_holds_about_a_sixty_fourth_of_the_shingles() -> None:
    text = _prose(1, 64_000)
    document = Document(doc_id="a", title="", text=text, domain="general", source="s", license="CC0")
    samples = sign(document, SETTINGS).samples
    assert 800 < len(samples) < 1_200
    assert np.all(np.diff(samples.astype(object)) > 0)


@given(st.permutations(range(8)))
def test_the_order_of_the_documents_does_not_matter(order: list[int]) -> None:
    text = _prose(1, 300)
    texts = {"a": text, "b": _leave_out(text, 0.03), "c": text.upper()}
    texts |= {f"{n}": _prose(n + 10, 150) for n in range(3)}
    texts |= {"d": " ".join(text.split()[50:250]), "e": _leave_out(text, 0.02, seed=2)}
    names = list(texts)
    assert _find({names[n]: texts[names[n]] for n in order}) == _find(texts)
