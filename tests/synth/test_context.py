"""Contexts of real filings: full, never over, counted exactly, evidence in place, distractors harmless."""

import re
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from longweave.synth.allot import allot_needed, find_needed
from longweave.synth.blocks import cut_blocks
from longweave.synth.context import ContextSettings, assemble, choose_target, count_needed
from longweave.synth.place import ShownPiece
from longweave.synth.pool import build_pool, open_pool
from longweave.synth.prompt import parse_prompt
from longweave.synth.records import Candidate, Document, Dropped, Evidence, Sample, content_id
from longweave.synth.similar import count_amounts
from longweave.synth.tokens import load_tokenizer
from tests.sample_corpus import SampleCorpus
from tests.trained_tokenizer import train_tokenizer

QWEN = load_tokenizer()
SETTINGS = ContextSettings()
CELL = re.compile(r"<td[^>]*>([^<>]{4,60})</td><td[^>]*>\$? ?(\d{1,3},\d{3})</td>")


def pose(*documents: Document, nth: int = 7, per_document: int = 1, seed: int = 0) -> Candidate:
    """A question on some number cells of ``documents``; the table's first row is their support."""
    evidence, support = [], []
    for document in documents:
        cells = list(CELL.finditer(document.text))
        for cell in cells[nth % len(cells) :: max(1, len(cells) // per_document)][:per_document]:
            evidence.append(Evidence.of(document, cell.start(2), cell.end(2)))
            header = document.text.rindex("<table>", 0, cell.start())
            support.append(Evidence.of(document, header, header + 7))
    question = f"What is the sum of the values numbered {nth} and {seed}, in millions of U.S. dollars?"
    return Candidate(
        sample_id=content_id(question, [d.doc_id for d in documents]),
        maker="test",
        task="numerical",
        question_type="sum",
        domain="professional",
        question=question,
        answer="1",
        answer_kind="number",
        evidence=evidence,
        support=support,
        doc_ids=[document.doc_id for document in documents],
        reasoning="{}",
        seed=seed,
    )


def make(corpus: SampleCorpus, target: int, *numbers: int, nth: int = 7) -> Sample:
    sample = assemble(pose(*(corpus.filings[i] for i in numbers), nth=nth), target, corpus.pool, SETTINGS, 1)
    assert isinstance(sample, Sample), sample
    return sample


@pytest.mark.parametrize(
    ("target", "n_documents"), list(product([8_000, 20_000, 60_000, 120_000, 400_000], [1, 2, 3]))
)
def test_a_context_is_full_never_over_and_says_what_it_holds(
    sample_corpus: SampleCorpus, target: int, n_documents: int
) -> None:
    sample = make(sample_corpus, target, *range(n_documents))
    message = sample.prompt[0].content
    assert sample.n_prompt_tokens == QWEN.count(message)
    assert 0.98 * target <= sample.n_prompt_tokens + SETTINGS.template_tokens <= target
    shown = parse_prompt(message)
    assert shown.question == sample.question
    assert [document.title for document in shown.documents] == [piece.title for piece in sample.context]
    for piece, document in zip(sample.context, shown.documents, strict=True):
        text = sample_corpus.documents[piece.doc_id].text
        assert message[piece.context_start : piece.context_end].startswith("<document index=")
        assert piece.n_tokens == QWEN.count(message[piece.context_start : piece.context_end])
        for start, end in piece.doc_spans:
            assert text[start:end].rstrip("\n") in document.text
    assert len({piece.doc_id for piece in sample.context}) == len(sample.context)


@pytest.mark.parametrize("target", [8_000, 60_000])
def test_each_piece_of_evidence_stands_where_its_position_says(
    sample_corpus: SampleCorpus, target: int
) -> None:
    sample = make(sample_corpus, target, 0, 3)
    message = sample.prompt[0].content
    assert len(sample.positions) == len(sample.evidence) == 2
    for evidence, position in zip(sample.evidence, sample.positions, strict=True):
        assert message[position.start : position.end] == evidence.quote
        assert position.depth == position.start / len(message)
    for support in sample.support:
        piece = next(piece for piece in sample.context if piece.doc_id == support.doc_id)
        assert any(a <= support.start and support.end <= b for a, b in piece.doc_spans)


def test_the_same_arguments_give_the_same_sample_and_another_seed_another(
    sample_corpus: SampleCorpus,
) -> None:
    candidate = pose(*sample_corpus.filings[:2])
    one, same, other = (assemble(candidate, 20_000, sample_corpus.pool, SETTINGS, seed) for seed in (1, 1, 2))
    assert isinstance(one, Sample) and isinstance(same, Sample) and isinstance(other, Sample)
    assert one.model_dump_json() == same.model_dump_json()
    assert one.prompt != other.prompt


def test_half_of_the_padding_is_similar_by_tokens(sample_corpus: SampleCorpus) -> None:
    for target in (20_000, 60_000, 120_000):
        pieces = make(sample_corpus, target, 1, 4).context
        hard, random = (
            sum(piece.n_tokens for piece in pieces if piece.role == role) for role in ("hard", "random")
        )
        assert 0.35 <= hard / (hard + random) <= 0.6
        hard_domains = {
            sample_corpus.documents[piece.doc_id].domain for piece in pieces if piece.role == "hard"
        }
        assert hard_domains == {"professional"}


def test_a_part_of_a_similar_filing_holds_a_table_of_figures_with_its_heading(
    sample_corpus: SampleCorpus,
) -> None:
    pool = sample_corpus.pool
    n_parts = 0
    for target, first in product([8_000, 20_000, 60_000], range(0, 12, 2)):
        for piece in make(sample_corpus, target, first, nth=11).context:
            outline = pool.outline(pool.number[piece.doc_id])
            shown = [outline.blocks_of(span) for span in piece.doc_spans]
            tables = [i for blocks in shown for i in blocks if outline.blocks[i].kind == "table"]
            is_part = piece.doc_spans[0][0] > 0 or shown[-1].stop < len(outline.blocks)
            if piece.role != "hard" or not is_part:
                continue
            n_parts += 1
            assert piece.n_tokens >= 300
            assert outline.section_start(shown[0].start) == shown[0].start
            if any(block.kind == "table" for block in outline.blocks):
                text = sample_corpus.documents[piece.doc_id].text
                amounts = [
                    count_amounts(text[outline.blocks[i].start : outline.blocks[i].end]) for i in tables
                ]
                assert max(amounts) >= 5
    assert n_parts > 30


def test_needed_excerpts_leave_their_share_to_distractors_at_small_targets_too(
    sample_corpus: SampleCorpus,
) -> None:
    within = 0
    for first in range(10):
        candidate = pose(sample_corpus.filings[first], sample_corpus.filings[first + 1])
        needed = find_needed(candidate, sample_corpus.pool)
        assert not isinstance(needed, Dropped)
        sample = assemble(candidate, 8_000, sample_corpus.pool, SETTINGS, 1)
        least = sum(document.least for document in needed)
        if isinstance(sample, Dropped):
            assert least > 7_000
            continue
        taken = sum(
            pool_cost(sample_corpus, piece.doc_id, piece.doc_spans)
            for piece in sample.context
            if piece.role == "needed"
        )
        assert taken <= max(least, 8_000 * SETTINGS.needed_share)
        within += taken <= 8_000 * SETTINGS.needed_share < sum(d.outline.n_tokens for d in needed)
    assert within > 3


def pool_cost(corpus: SampleCorpus, doc_id: str, spans: list[tuple[int, int]]) -> int:
    outline = corpus.pool.outline(corpus.pool.number[doc_id])
    blocks = [outline.blocks_of(span) for span in spans]
    return outline.cost([(shown.start, shown.stop) for shown in blocks])


def test_the_opening_of_a_document_gives_way_before_the_share_of_the_needed_is_exceeded(
    tmp_path: Path,
) -> None:
    cover = "".join(f"Cover page line {i} with the name and the address.\n\n" for i in range(40))
    long = document_of("long", f"FORM 10-K\n\n{cover}<table>\n{ROW}\n</table>\n\n{paragraphs('apples', 200)}")
    found = find_needed(pose(long, nth=0), small_pool(tmp_path, long))
    assert not isinstance(found, Dropped)
    needed = found[0]
    share = needed.least + 100
    assert needed.smallest > share
    excerpts = allot_needed([needed], 10 * share, share, np.random.default_rng(0))
    assert not isinstance(excerpts, Dropped)
    assert needed.least < excerpts[0].n_tokens <= share


def test_a_short_document_is_shown_whole_and_a_long_one_as_an_excerpt(sample_corpus: SampleCorpus) -> None:
    lengths = {
        d.doc_id: sample_corpus.pool.entries[sample_corpus.pool.number[d.doc_id]].n_tokens
        for d in sample_corpus.filings
    }
    shortest = min(sample_corpus.filings, key=lambda d: lengths[d.doc_id])
    numbers = [sample_corpus.filings.index(shortest)]
    whole = make(sample_corpus, lengths[shortest.doc_id] * 11 // 10, *numbers)
    cut = make(sample_corpus, lengths[shortest.doc_id] // 2, *numbers)
    spans = {s.context[i].doc_id: s.context[i].doc_spans for s in (whole,) for i in range(len(s.context))}
    assert spans[shortest.doc_id] == [(0, len(shortest.text))]
    excerpt = next(piece for piece in cut.context if piece.role == "needed")
    assert excerpt.doc_spans[0][0] == 0
    assert excerpt.doc_spans != [(0, len(shortest.text))]
    assert "[...]\n" in cut.prompt[0].content[excerpt.context_start : excerpt.context_end]


def test_no_table_is_cut_inside(sample_corpus: SampleCorpus) -> None:
    message = make(sample_corpus, 60_000, 0, 2, 5).prompt[0].content
    for document in parse_prompt(message).documents:
        for start, end in document.excerpts:
            assert message.count("<table>", start, end) == message.count("</table>", start, end)


def test_evidence_is_spread_over_the_depth_of_the_context(sample_corpus: SampleCorpus) -> None:
    depths = [
        position.depth
        for nth in range(120)
        for position in make(sample_corpus, 20_000, nth % 8, 8 + nth % 4, nth=nth).positions
    ]
    quarters = np.histogram(depths, bins=4, range=(0, 1))[0]
    assert quarters.min() >= 0.12 * len(depths)


def test_two_needed_documents_lie_in_different_halves_more_often_than_not(
    sample_corpus: SampleCorpus,
) -> None:
    apart = [
        abs(one.depth - two.depth)
        for nth in range(20)
        for one, two in [make(sample_corpus, 60_000, nth % 6, 7, nth=nth).positions]
    ]
    assert np.median(apart) > 0.3


def test_what_the_maker_forbids_is_not_shown(sample_corpus: SampleCorpus) -> None:
    candidate = pose(*sample_corpus.filings[:2])
    free = assemble(candidate, 20_000, sample_corpus.pool, SETTINGS, 1)
    assert isinstance(free, Sample)
    barred = {piece.doc_id for piece in free.context if piece.role != "needed"}

    def forbids(asked: Candidate, piece: ShownPiece) -> bool:
        assert asked == candidate
        return piece.doc_id in barred

    sample = assemble(candidate, 20_000, sample_corpus.pool, SETTINGS, 1, forbids)
    assert isinstance(sample, Sample)
    assert not barred & {piece.doc_id for piece in sample.context}


ROW = "<tr><td>Total net sales</td><td>391,035</td></tr>"


def document_of(doc_id: str, text: str) -> Document:
    return Document(
        doc_id=doc_id, title=doc_id, text=text, domain="professional", source="test", license="none"
    )


def small_pool(tmp_path: Path, *documents: Document):  # type: ignore[no-untyped-def]
    build_pool(((d, cut_blocks(d.text, QWEN)) for d in documents), QWEN, tmp_path)
    return open_pool(tmp_path, QWEN)


def paragraphs(topic: str, n: int) -> str:
    return "".join(
        f"Paragraph {i} about {topic} tells what happened in it during the year.\n\n" for i in range(n)
    )


NEEDED = document_of("needed", f"Apple Inc.\n\n<table>\n{ROW}\n</table>\n\n{paragraphs('apples', 20)}")
ASKED = pose(NEEDED, nth=0)


POEMS = [
    document_of(f"poem-{i}", "".join(f"O lonely traveller, verse {j} of {i} sings.\n\n" for j in range(60)))
    for i in range(5)
]


def statement(title: str, *labels: str) -> str:
    rows = "".join(f"<tr><td>{label}</td><td>{i + 3},{i}17</td></tr>\n" for i, label in enumerate(labels * 5))
    return f"{title}\n\n(In millions)\n\n<table>\n<tr><td></td><td>2024</td></tr>\n{rows}</table>\n\n"


def test_a_similar_document_is_cut_to_the_table_like_the_evidence_not_to_its_table_of_contents(
    tmp_path: Path,
) -> None:
    contents = "".join(f"<tr><td>Total net sales of part {i}</td><td>{i}</td></tr>\n" for i in range(10, 30))
    filings = [
        document_of(
            f"filing-{i}",
            f"Apple rival {i}\n\nINDEX TO TOTAL NET SALES\n\n<table>\n{contents}</table>\n\n"
            + statement(f"BALANCE SHEETS OF RIVAL {i}", "Inventories", "Goodwill", "Term debt")
            + statement(f"STATEMENTS OF OPERATIONS OF RIVAL {i}", "Total net sales", "Cost of sales")
            + "".join(f"Rival {i} wrote paragraph {j} on apples and sales.\n\n" for j in range(300)),
        )
        for i in range(4)
    ]
    pool = small_pool(tmp_path, NEEDED, *filings, *POEMS)
    sample = assemble(ASKED, 3_000, pool, SETTINGS, 1)
    assert isinstance(sample, Sample)
    message = sample.prompt[0].content
    hard = [
        message[piece.context_start : piece.context_end]
        for piece in sample.context
        if piece.role == "hard" and piece.doc_id.startswith("filing")
    ]
    assert hard
    for piece in hard:
        body = piece.split("\n", 1)[1]
        assert body.startswith("[...]\nSTATEMENTS OF OPERATIONS OF RIVAL")
        assert "(In millions)\n\n<table>\n<tr><td></td><td>2024</td></tr>" in body


def test_a_table_that_goes_on_after_a_subheading_is_shown_from_where_its_year_stands(tmp_path: Path) -> None:
    filings = [
        document_of(
            f"filing-{i}",
            paragraphs(f"rival {i}", 30)
            + statement(f"STATEMENTS OF RIVAL {i}", "Inventories", "Goodwill").rstrip()
            + "\n\nSALES OF THE SEGMENTS\n\n<table>\n"
            + "".join(f"<tr><td>Total net sales</td><td>{j},{i}35</td></tr>\n" for j in range(9))
            + f"</table>\n\n{paragraphs(f'the markets of {i}', 200)}",
        )
        for i in range(4)
    ]
    pool = small_pool(tmp_path, NEEDED, *filings, *POEMS)
    sample = assemble(ASKED, 4_000, pool, SETTINGS, 1)
    assert isinstance(sample, Sample)
    message = sample.prompt[0].content
    hard = [
        message[piece.context_start : piece.context_end]
        for piece in sample.context
        if piece.role == "hard" and piece.doc_id.startswith("filing")
    ]
    assert hard
    for piece in hard:
        assert (
            0
            < piece.index("STATEMENTS OF RIVAL")
            < piece.index("2024")
            < piece.index("SALES OF THE SEGMENTS")
        )


def test_a_document_with_the_evidence_row_or_a_near_copy_is_no_distractor(tmp_path: Path) -> None:
    pool = small_pool(
        tmp_path,
        NEEDED,
        document_of("row", f"Another filing\n\n<table>\n{ROW}\n</table>\n\n{paragraphs('pears', 60)}"),
        document_of("copy", f"Apple, again\n\n{paragraphs('apples', 20)}"),
        *(
            document_of(f"fine-{i}", paragraphs(topic, 60))
            for i, topic in enumerate(("rails", "coal", "ships"))
        ),
    )
    for seed in range(8):
        sample = assemble(ASKED, 3_000, pool, SETTINGS, seed)
        assert isinstance(sample, Sample)
        shown = {piece.doc_id for piece in sample.context}
        assert "needed" in shown and "copy" not in shown
        assert sample.prompt[0].content.count(ROW) == 1


def test_each_way_to_fail_is_dropped_with_its_reason(tmp_path: Path, sample_corpus: SampleCorpus) -> None:
    pool = small_pool(tmp_path, NEEDED, document_of("other", paragraphs("rails", 5)))
    exhausted = assemble(ASKED, 60_000, pool, SETTINGS, 1)
    assert isinstance(exhausted, Dropped)
    assert exhausted.reason == "pool_exhausted"
    assert exhausted.detail.endswith("tokens cannot be filled")

    too_long = assemble(pose(*sample_corpus.filings[:3]), 1_000, sample_corpus.pool, SETTINGS, 1)
    assert isinstance(too_long, Dropped)
    assert too_long.reason == "evidence_exceeds_target"

    missing = assemble(ASKED.model_copy(update={"doc_ids": ["needed", "gone"]}), 3_000, pool, SETTINGS, 1)
    assert missing == Dropped(reason="document_missing", detail="gone is not in the pool")

    quote = ASKED.evidence[0]
    moved = ASKED.model_copy(
        update={"evidence": [quote.model_copy(update={"start": quote.start + 1, "end": quote.end + 1})]}
    )
    wrong = assemble(moved, 3_000, pool, SETTINGS, 1)
    assert isinstance(wrong, Dropped)
    assert wrong.reason == "evidence_mismatch"
    beyond = ASKED.model_copy(
        update={"evidence": [quote.model_copy(update={"start": 10**6, "end": 10**6 + 3})]}
    )
    outside = count_needed(beyond, pool, SETTINGS)
    assert isinstance(outside, Dropped)
    assert outside.reason == "evidence_mismatch"


def test_the_smallest_prompt_is_counted_exactly_enough_to_be_assembled(sample_corpus: SampleCorpus) -> None:
    for numbers in ((0,), (1, 2), (3, 4, 5)):
        candidate = pose(*(sample_corpus.filings[i] for i in numbers))
        needed = count_needed(candidate, sample_corpus.pool, SETTINGS)
        assert isinstance(needed, int)
        assert isinstance(assemble(candidate, needed + 700, sample_corpus.pool, SETTINGS, 1), Sample)


def test_a_maker_with_lengths_of_its_own_gets_none_of_the_others() -> None:
    settings = SETTINGS.model_copy(update={"maker_targets": {ASKED.maker: (90_000, 70_000, 90_000)}})
    drawn = {
        choose_target(ASKED.model_copy(update={"sample_id": str(i)}), settings, 1_000, seed=1)
        for i in range(40)
    }
    assert drawn == {70_000, 90_000} and settings.targets_of(ASKED.maker) == [70_000, 90_000]
    assert settings.targets_of("another") == sorted(set(SETTINGS.targets))
    assert choose_target(ASKED, settings, 100_000, seed=1) is None


def test_a_target_is_drawn_evenly_from_those_that_hold_the_evidence() -> None:
    drawn = [
        choose_target(ASKED.model_copy(update={"sample_id": str(i)}), SETTINGS, 15_000, seed=1)
        for i in range(300)
    ]
    assert set(drawn) == {20_000, 60_000, 120_000}
    assert min(drawn.count(target) for target in set(drawn)) > 70
    assert choose_target(ASKED, SETTINGS, 15_000, seed=1) == choose_target(ASKED, SETTINGS, 15_000, seed=1)
    assert choose_target(ASKED, SETTINGS, 120_001, seed=1) is None


def test_a_tokenizer_whose_counts_do_not_add_up_still_gives_exact_lengths(
    tmp_path: Path, sample_corpus: SampleCorpus
) -> None:
    tokenizer = load_tokenizer(str(train_tokenizer(tmp_path / "tokenizer.json", None)))
    documents = sorted(sample_corpus.documents.values(), key=lambda d: len(d.text))[:150]
    needed = next(d for d in documents if "," in d.text and len(d.text) > 1_000)
    start = needed.text.index(",") - 3
    candidate = ASKED.model_copy(
        update={
            "evidence": [Evidence.of(needed, start, start + 6)],
            "support": [],
            "doc_ids": [needed.doc_id],
        }
    )
    build_pool(((d, cut_blocks(d.text, tokenizer)) for d in documents), tokenizer, tmp_path / "pool")
    sample = assemble(candidate, 12_000, open_pool(tmp_path / "pool", tokenizer), SETTINGS, 1)
    assert isinstance(sample, Sample), sample
    assert sample.n_prompt_tokens == tokenizer.count(sample.prompt[0].content)
    assert 0.98 * 12_000 <= sample.n_prompt_tokens + SETTINGS.template_tokens <= 12_000


@pytest.mark.parametrize("wrong", [{"fill": 1.5}, {"hard_share": -0.1}, {"targets": ()}, {"unknown": 1}])
def test_settings_out_of_range_or_unknown_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ContextSettings.model_validate(wrong)
