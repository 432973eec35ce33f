"""What is read for facts: whole blocks of running text, and of them those that join documents."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longweave.kg.chunks import Chunk, choose_chunks, cut_chunks, find_names
from longweave.synth.blocks import Block, cut_blocks
from longweave.synth.records import Document
from longweave.synth.tokens import load_tokenizer

PARAGRAPH = (
    "The Board met in Geneva on May 3, 1951. It heard Ralph Bunche. He spoke of Palestine at length.\n\n"
)
TABLE = "<table>\n<tr><td>Suez Canal</td><td>1,000</td></tr>\n</table>\n\n"


def cut(text: str, max_tokens: int) -> list[Chunk]:
    document = Document(doc_id="d", title="T", text=text, domain="general", source="s", license="CC0")
    return list(cut_chunks(document, cut_blocks(text, load_tokenizer()), max_tokens))


def test_chunks_tile_the_running_text_and_leave_tables_out() -> None:
    text = PARAGRAPH * 5 + TABLE + PARAGRAPH * 4
    chunks = cut(text, 100)
    before, after = len(PARAGRAPH * 5), len(PARAGRAPH * 5 + TABLE)
    assert chunks[0].start == 0 and chunks[-1].end == len(text)
    for one, other in pairwise(chunks):
        assert other.start == one.end or (one.end, other.start) == (before, after)
    count = load_tokenizer().count
    assert all(count(text[chunk.start : chunk.end]) <= 100 for chunk in chunks)
    assert all(text[chunk.start :].startswith("The Board") for chunk in chunks)
    assert not any("Suez Canal" in chunk.names for chunk in chunks)
    assert all("Ralph Bunche" in chunk.names and chunk.n_dates == 1 for chunk in chunks)


def test_no_chunk_crosses_a_table_though_both_sides_would_fit() -> None:
    chunks = cut(PARAGRAPH + TABLE + PARAGRAPH, 5_000)
    assert [(chunk.start, chunk.end) for chunk in chunks] == [
        (0, len(PARAGRAPH)),
        (len(PARAGRAPH + TABLE), len(PARAGRAPH + TABLE + PARAGRAPH)),
    ]


def test_a_block_that_is_too_long_is_cut_at_the_ends_of_sentences() -> None:
    text = "The Board met in Geneva and heard what Ralph Bunche had to say. " * 60
    chunks = cut(text, 100)
    assert len(chunks) > 5
    assert [chunk.start for chunk in chunks[1:]] == [chunk.end for chunk in chunks[:-1]]
    assert (chunks[0].start, chunks[-1].end) == (0, len(text))
    assert all(text[chunk.start :].startswith("The Board") for chunk in chunks)


def test_a_block_without_sentences_stays_whole_and_an_empty_text_has_none() -> None:
    text = "no end of it " * 200
    assert [(chunk.start, chunk.end) for chunk in cut(text, 100)] == [(0, len(text))]
    assert cut("", 100) == []
    assert cut(TABLE, 100) == []


KINDS = st.sampled_from(["text", "text", "heading", "table"])


@given(
    blocks=st.lists(st.tuples(KINDS, st.integers(1, 90), st.integers(1, 40)), max_size=12),
    max_tokens=st.integers(5, 60),
)
def test_every_character_of_running_text_is_in_one_chunk(
    blocks: Sequence[tuple[str, int, int]], max_tokens: int
) -> None:
    text, made, wanted = "", [], set[int]()
    for kind, size, n_tokens in blocks:
        start = len(text)
        text += ("Ab cd. " * size)[: size - 1] + "\n"
        made.append(Block(start, len(text), n_tokens, kind, 0))  # type: ignore[arg-type]
        if kind != "table":
            wanted |= set(range(start, len(text)))
    document = Document(doc_id="d", title="T", text=text, domain="general", source="s", license="CC0")
    covered = [at for chunk in cut_chunks(document, made, max_tokens) for at in range(chunk.start, chunk.end)]
    assert covered == sorted(wanted)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (
            "He met Ralph Bunche, of the Bank of\nthe United States.",
            ("Bank of the United States", "Ralph Bunche"),
        ),
        ("Suddenly the Congress’s answer came. Nobody else knew.", ("Congress",)),
        ("on Monday in January, with the FORM TEN K, at UNESCO", ("UNESCO",)),
        ("met Bob", ()),
        ("Suddenly it was told. Geneva was not. It was Lake Success’s.", ("Lake Success",)),
    ],
)
def test_names_are_capitals_that_do_not_just_begin_a_sentence(text: str, names: tuple[str, ...]) -> None:
    assert find_names(text) == names


def chunk(doc_id: str, start: int, *names: str, n_dates: int = 0) -> Chunk:
    return Chunk(doc_id, start, start + 1, names, n_dates)


FILLING = [chunk(f"f{i}", 0, f"Own {i}") for i in range(8)]


def test_what_joins_documents_is_taken_first_and_in_the_order_of_the_text() -> None:
    chunks = [chunk("a", 0, "Only A"), chunk("a", 1, "Bunche"), *FILLING, chunk("b", 0, "Bunche")]
    assert choose_chunks(chunks, 2) == [chunks[1], chunks[-1]]


def test_what_a_quarter_of_all_documents_name_joins_nothing() -> None:
    common = [chunk(doc_id, 0, "Congress") for doc_id in "abcd"]
    rare = [chunk(doc_id, 1, "Bunche") for doc_id in "ab"]
    assert choose_chunks([*common, *rare, *FILLING], 4) == rare


def test_a_repeated_notice_counts_once() -> None:
    notice = ("Acme Press", "Beta House", "Gamma Street", "Delta Square")
    notices = [chunk(doc_id, 0, *notice) for doc_id in "xy"]
    joined = [chunk(doc_id, 0, "Bunche", "Palestine") for doc_id in "ab"]
    third = [chunk("c", 0, "Palestine")]
    assert choose_chunks([*notices, *joined, *third, *FILLING], 2) == joined


def test_of_equal_chunks_those_that_date_what_happened_are_taken() -> None:
    plain = [chunk(doc_id, 0, "Bunche") for doc_id in "ab"]
    dated = [chunk(doc_id, 1, "Palestine", n_dates=3) for doc_id in "ab"]
    assert choose_chunks([*plain, *dated, *FILLING], 2) == dated


def test_a_join_is_closed_before_another_is_begun() -> None:
    names = {"a": "Bunche", "c": "Palestine", "b": "Bunche", "d": "Palestine"}
    chunks = [chunk(doc_id, 0, name) for doc_id, name in names.items()]
    one, other = choose_chunks([*chunks, *FILLING], 2)
    assert one.names == other.names and one.doc_id != other.doc_id


def test_nothing_is_taken_that_joins_nothing_and_all_is_without_a_limit() -> None:
    assert choose_chunks(FILLING, 3) == []
    assert choose_chunks(FILLING, None) == FILLING
    assert choose_chunks(FILLING, len(FILLING)) == FILLING


@given(
    held=st.lists(
        st.tuples(st.integers(0, 5), st.sets(st.sampled_from("ABCDEFGH"), max_size=4), st.integers(0, 3)),
        max_size=14,
    ),
    most=st.integers(0, 10),
)
def test_the_limit_holds_and_the_same_chunks_give_the_same_choice(
    held: Sequence[tuple[int, set[str], int]], most: int
) -> None:
    chunks = [
        chunk(f"d{doc}", at, *sorted(names), n_dates=dates) for at, (doc, names, dates) in enumerate(held)
    ]
    chosen = choose_chunks(chunks, most)
    assert len(chosen) <= most or len(chunks) <= most
    assert chosen == [one for one in chunks if one in chosen]
    assert chosen == choose_chunks(list(chunks), most)
