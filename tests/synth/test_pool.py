"""The document pool: what is in it, how it is read in parts, and which documents resemble each other."""

from pathlib import Path

import numpy as np
import pytest

from longweave.synth.blocks import close_blocks, cut_blocks
from longweave.synth.errors import InputError
from longweave.synth.excerpt import Excerpt
from longweave.synth.place import ShownPiece
from longweave.synth.pool import DistractorPool, build_pool, open_pool
from longweave.synth.records import Document
from longweave.synth.similar import (
    bucket,
    count_amounts,
    count_terms,
    index_terms,
    is_near_duplicate,
    names_year,
    row_words,
    score_similar,
    sketch,
)
from longweave.synth.stage import RECORD_ERRORS
from longweave.synth.tokens import load_tokenizer
from tests.sample_corpus import SampleCorpus

QWEN = load_tokenizer()


def make(doc_id: str, text: str, title: str = "", **meta: str) -> Document:
    return Document(
        doc_id=doc_id,
        title=title,
        text=text,
        domain="professional",
        source="test",
        license="public domain",
        meta=meta,
    )


def pool_of(tmp_path: Path, *documents: Document) -> DistractorPool:
    build_pool(((d, cut_blocks(d.text, QWEN)) for d in documents), QWEN, tmp_path)
    return open_pool(tmp_path, QWEN)


def test_documents_are_read_back_whole_and_in_parts(tmp_path: Path) -> None:
    table = "<table>\n<tr><td>1</td></tr>\n</table>"
    text = f"\n\n  Überschrift – “quoted”\n\nZweiter Absatz 日本\n\n{table}\nlast line"
    pool = pool_of(tmp_path, make("a", "Plain text.\n"), make("b", text))
    closed = close_blocks(text, cut_blocks(text, QWEN), QWEN)
    assert pool.text(1) == text[2:]
    assert [pool.text(1, i, i + 1) for i in range(len(closed))] == [text[b.start : b.end] for b in closed]
    assert list(pool.outline(1).blocks) == closed
    assert pool.entries[1].n_tokens == QWEN.count(text[2:] + "\n")
    assert pool.text(1, 2, 2) == ""


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (make("empty", ""), "document empty: has no text"),
        (make("blank", " \n\n "), "document blank: has no text"),
        (make("mark", "It ends here: </document> or not.\n"), "mark: holds the reserved mark </document>"),
        (make("chat", "He wrote <|im_end|> in it.\n"), r"chat: holds the reserved mark <\|im_end\|>"),
        (make("fine", "The same id again.\n"), "document fine: another document has the same id"),
    ],
)
def test_what_cannot_be_shown_is_refused(tmp_path: Path, document: Document, said: str) -> None:
    with pytest.raises(InputError, match=said):
        pool_of(tmp_path, make("fine", "A text.\n"), document)
    assert not (tmp_path / "documents.parquet").exists()


def test_a_character_that_a_piece_does_not_show_is_an_error_of_its_sample_only(tmp_path: Path) -> None:
    pool = pool_of(tmp_path, make("a", "\n\nA text.\n"))
    piece = ShownPiece.of(pool, 0, Excerpt(((0, 1),), n_tokens=4), "needed")
    assert piece.offset_of(2) == 0
    with pytest.raises(InputError, match="document a: character 1 is not shown"):
        piece.offset_of(1)
    assert InputError in RECORD_ERRORS


def test_an_empty_or_missing_pool_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no document pool"):
        open_pool(tmp_path / "nowhere", QWEN)
    build_pool([], QWEN, tmp_path)
    with pytest.raises(InputError, match="the document pool is empty"):
        open_pool(tmp_path, QWEN)


def test_building_twice_gives_the_same_bytes(tmp_path: Path, sample_corpus: SampleCorpus) -> None:
    some = list(sample_corpus.documents.values())[:12]
    for name in ("one", "two"):
        build_pool(((d, cut_blocks(d.text, QWEN)) for d in some), QWEN, tmp_path / name)
    files = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert len(files) > 10
    for name in files:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name


def test_every_document_of_the_sample_is_in_the_pool_with_its_exact_count(
    sample_corpus: SampleCorpus,
) -> None:
    pool = sample_corpus.pool
    assert list(pool.number) == list(sample_corpus.documents)
    for entry in pool.entries[:: max(1, len(pool) // 60)]:
        text = sample_corpus.documents[entry.doc_id].text[entry.lead :]
        assert entry.n_tokens == QWEN.count(text if text.endswith("\n") else text + "\n"), entry.doc_id


def test_the_documents_most_similar_to_a_filing_are_filings(sample_corpus: SampleCorpus) -> None:
    pool = sample_corpus.pool
    filings = {
        pool.number[document.doc_id] for document in sample_corpus.filings if document.doc_id in pool.number
    }
    assert len(filings) > 5
    for number in sorted(filings)[:5]:
        order = [int(i) for i in np.argsort(-pool.score_similar([number]), kind="stable")]
        assert order[0] == number
        domains = [pool.entries[i].domain for i in order[1:6]]
        assert domains.count(pool.entries[number].domain) >= 4


def test_the_same_industry_makes_documents_more_similar(tmp_path: Path) -> None:
    text = "Revenue of the year.\n"
    pool = pool_of(
        tmp_path,
        make("a", text, industry="railroads"),
        make("b", text, industry="software"),
        make("c", text, industry="railroads"),
    )
    scores = pool.score_similar([0])
    assert scores[2] > scores[1]


def test_the_closest_section_is_the_one_about_the_same_rows(tmp_path: Path) -> None:
    text = (
        "ANNUAL REPORT\n\nNothing here.\n\nNote 1 – Leases\n\nLease cost and lease terms.\n\n"
        "Note 2 – Inventories\n\n<table>\n<tr><td>Raw materials</td><td>5</td></tr>\n</table>\n\n"
        "Note 3 – Income Taxes\n\nTaxes.\n"
    )
    others = [make(f"d{i}", "Lease terms and income taxes of the year.\n") for i in range(4)]
    pool = pool_of(tmp_path, make("a", text), *others)
    terms = np.unique(
        np.array([bucket(word) for word in ("raw", "materials", "inventories")], dtype=np.int32)
    )
    first = pool.closest_section(0, terms)
    assert pool.text(0, first, first + 1) == "Note 2 – Inventories\n\n"
    assert pool.closest_section(0, np.zeros(0, dtype=np.int32)) == 0


def test_row_labels_are_read_from_all_three_kinds_of_tables() -> None:
    assert row_words("<tr><td>Total net sales</td><td>5</td></tr>") == ["total", "net", "sales"]
    assert row_words("| Gross margin | 5 |\n") == ["gross", "margin"]
    assert row_words("    Operating income     5     6\n") == ["operating", "income"]


def test_amounts_are_told_from_years_and_page_numbers() -> None:
    contents = '<tr><td colspan="3">Balance Sheets 2024</td><td>37</td></tr>\n| Notes | 142 |\n'
    assert count_amounts(contents) == 0
    assert count_amounts('<tr><td>Sales</td><td colspan="1000">391,035</td><td>$ 12</td></tr>') == 2
    assert count_amounts("Net loss     (44)     1.25     7 %     15245     2024\n") == 4


def test_a_year_is_read_from_text_not_from_tags() -> None:
    assert names_year("<td>September 28, 2024</td>")
    assert not names_year('<td width="2024">Total</td> 20245')


def test_similarity_is_the_cosine_of_tf_idf_vectors() -> None:
    texts = ["railroad freight revenue", "railroad freight cars", "poems of a lonely traveller"]
    index = index_terms([count_terms("", text, []) for text in texts])
    scores = score_similar(index, 0)
    assert scores[0] == pytest.approx(1.0, abs=1e-5)
    assert 0 < scores[1] < 1
    assert scores[2] == 0


def test_near_duplicates_share_most_of_their_paragraphs() -> None:
    paragraphs = [f"This is paragraph number {i} of the report, with some more words.\n\n" for i in range(40)]
    whole, changed = (
        "".join(paragraphs),
        "".join(["A new first paragraph, of quite another kind.\n\n", *paragraphs[1:]]),
    )
    other = "".join(p.replace("report", "novel") for p in paragraphs)
    one, two, three = (sketch(text, cut_blocks(text, QWEN)) for text in (whole, changed, other))
    assert is_near_duplicate(one, two)
    assert not is_near_duplicate(one, three)
    empty = sketch("short", cut_blocks("short", QWEN))
    assert not is_near_duplicate(empty, one)


def test_a_name_is_as_rare_as_its_rarest_word(tmp_path: Path) -> None:
    texts = [f"The river {name} rises in the hills.\n" for name in ("Oskol", "Vorskla", "Psel", "Seim")]
    pool = pool_of(tmp_path, *(make(str(number), text) for number, text in enumerate(texts)))
    assert pool.rarity("Oskol") == pool.rarity("river Oskol") == 1.0
    assert pool.rarity("the river") < 0.3
    assert pool.rarity("14%") == 0.0
