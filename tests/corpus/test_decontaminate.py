import json
from pathlib import Path

import pytest

from longweave.corpus import DecontaminationSettings, QuestionSet, ReadLimits, Rejected
from longweave.corpus.decontaminate import (
    QuestionText,
    find_contamination,
    index_questions,
    read_questions,
)

LONG = "What was the percentage change in net sales of the wearables segment between fiscal 2023 and 2024?"
SHORT = "Who led the retreating army across the frozen river?"
SETTINGS = DecontaminationSettings()


def _index(*texts: str, settings: DecontaminationSettings = SETTINGS):
    questions = (QuestionText("set", "file.jsonl", str(n), "question", text) for n, text in enumerate(texts))
    return index_questions(questions, settings)


def test_thirteen_words_in_a_row_are_a_match_with_its_span() -> None:
    text = f"Intro.\n\n“{LONG.upper()}”\n\nMore text."
    (match,) = find_contamination(text, _index(SHORT, LONG))
    assert (match.set_name, match.file, match.row_id, match.field) == ("set", "file.jsonl", "1", "question")
    assert match.quote == text[match.start : match.end] == LONG.upper().rstrip("?")


def test_twelve_words_in_a_row_are_none() -> None:
    shared = " ".join(LONG.split()[:12])
    assert find_contamination(f"Before {shared} after", _index(LONG)) == []
    assert (
        len(
            find_contamination(
                f"Before {shared} after", _index(LONG, settings=DecontaminationSettings(ngram_words=12))
            )
        )
        == 1
    )


def test_a_short_question_counts_only_as_a_whole() -> None:
    index = _index(SHORT)
    assert [match.quote for match in find_contamination(f"He asked: {SHORT}", index)] == [SHORT.rstrip("?")]
    assert find_contamination("Who led the retreating army across the river?", index) == []


def test_texts_of_fewer_words_than_the_least_are_counted_not_compared() -> None:
    index = _index("Who won?", "42", SHORT)
    assert index.too_short == 2
    assert find_contamination("Who won? 42", index) == []


def test_stock_phrases_of_a_set_do_not_count() -> None:
    stock = "in accordance with accounting principles generally accepted in the United States of America"
    rows = [f"{stock} and the report of company number {n}" for n in range(12)]
    text = f"Prepared {stock}."
    assert find_contamination(text, _index(*rows)) == []
    assert len(find_contamination(text, _index(*rows[:10]))) == 1


def test_matches_of_different_rows_are_apart_and_in_order() -> None:
    matches = find_contamination(f"{SHORT} {LONG} and {SHORT}", _index(LONG, SHORT))
    assert [match.row_id for match in matches] == ["1", "0", "1"]
    assert [match.start for match in matches] == sorted(match.start for match in matches)


def test_nothing_matches_an_empty_index_or_text() -> None:
    assert find_contamination(LONG, _index()) == []
    assert find_contamination("", _index(LONG)) == []


def test_question_sets_are_read_by_column_with_row_ids(tmp_path: Path) -> None:
    rows = [
        {"id": "q1", "question": LONG, "answer": ["eight words", SHORT], "context": None},
        {"question": SHORT},
        {"id": 3, "other": "x"},
    ]
    lines = [*(json.dumps(row) for row in rows), "{broken"]
    (tmp_path / "set.jsonl").write_text("\n".join(lines))
    read = list(read_questions(QuestionSet(name="gold", paths=(f"{tmp_path}/*.jsonl",)), ReadLimits()))
    assert read[:4] == [
        QuestionText("gold", "set.jsonl", "q1", "question", LONG),
        QuestionText("gold", "set.jsonl", "q1", "answer", "eight words"),
        QuestionText("gold", "set.jsonl", "q1", "answer", SHORT),
        QuestionText("gold", "set.jsonl", "2", "question", SHORT),
    ]
    assert [(item.where, item.reason) for item in read[4:] if isinstance(item, Rejected)] == [
        ("set.jsonl:3", "missing_field"),
        ("set.jsonl:4", "invalid_json"),
    ]


@pytest.mark.parametrize("ngram", [5, 13])
def test_a_document_made_of_a_question_set_matches_wholly(ngram: int) -> None:
    settings = DecontaminationSettings(ngram_words=ngram)
    (match,) = find_contamination(LONG, _index(LONG, settings=settings))
    assert (match.start, match.end) == (0, len(LONG) - 1)
