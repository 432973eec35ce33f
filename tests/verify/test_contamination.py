"""The questions are rows of FairytaleQA (Apache-2.0) and QMSum (MIT); their paraphrases were written for this
test."""

from dataclasses import dataclass, replace

import pytest

from longweave.verify.contamination import (
    BenchmarkQuestion,
    Contamination,
    find_overlap,
    find_paraphrases,
    index_benchmark,
)
from longweave.verify.entries import Entry
from longweave.verify.selection_settings import ContaminationSettings
from tests.verify.made_entries import RETAINED_EARNINGS, make_entry

LATENCY = (
    "The latency of the recursion was fifty milliseconds. The committee found that this was too much for a "
    "live system. They agreed to look at other filters next week, and Professor B will write to the sponsors."
)
BENCHMARK = [
    BenchmarkQuestion(*row)
    for row in (
        ("fairytale", "1", "Why did the King cry when he saw the newborn?", "He had to give up the child."),
        ("fairytale", "2", "What did Mother Hulda return to the girl?", "her spindle"),
        ("fairytale", "3", "Why didn't the princess marry anyone?", "She was under an enchantment."),
        ("fairytale", "4", "Why did the princess cry?", "The dwarf had taken her child."),
        (
            "fairytale",
            "5",
            "What did the Black Knight do after the washerwoman left to fetch some honey?",
            "jumped out of bed and poured it all out of the window",
        ),
        (
            "qmsum",
            "6",
            "Where was the $75 million towards sexual exploitation and human trafficking had gone?",
            "It had not been spent yet.",
        ),
        ("qmsum", "7", "How long was the latency?", LATENCY),
        (
            "qmsum",
            "8",
            "Summarize the whole meeting.",
            "The team designed a remote control in the shape of a mango.",
        ),
        (
            "qmsum",
            "9",
            "Summarize the whole meeting.",
            "The committee heard witnesses on the costs of the Bill.",
        ),
    )
]
INDEX = index_benchmark(BENCHMARK)


def asking(question: str, answer: str) -> Entry:
    return make_entry("sample", question=question, answer=answer, answer_kind="text", unit=None)


def found(question: str, answer: str) -> list[str]:
    return [match.row_id for match in find_paraphrases([asking(question, answer)], INDEX)]


@pytest.mark.parametrize(
    ("question", "answer", "row"),
    [
        (
            "Why did the sight of the new baby make the King weep?",
            "He would have to give up the child.",
            "1",
        ),
        ("Which thing was given back to the girl by Mother Hulda?", "the spindle", "2"),
        ("For what reason did the princess have no husband?", "She was enchanted.", "3"),
        (
            "Once the washerwoman had gone to get honey, what did the Black Knight do?",
            "He jumped out of bed and poured everything out of the window.",
            "5",
        ),
        (
            "What became of the $75 million meant to fight human trafficking and sexual exploitation?",
            "It had not been spent.",
            "6",
        ),
        ("What was the latency?", "It took fifty ms in the recursion.", "7"),
        ("Summarise the meeting as a whole.", "A mango-shaped remote control was designed by the team.", "8"),
    ],
)
def test_a_paraphrase_is_found_with_the_row_it_stems_from(question, answer, row):
    assert found(question, answer) == [row]


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("What did Mother Holle return to the boy?", "his spindle"),
        ("What did Mother Hulda give to the lazy girl?", "a shower of pitch"),
        (
            "Where had the $57 million towards sexual exploitation and human trafficking gone?",
            "It was not spent yet.",
        ),
        ("Why did the princess cry?", "Her golden ball had fallen into the well."),
        ("Summarize the whole meeting.", "The team discussed the shape of a remote."),
        ("How long was the latency?", "It lasted nine days."),
    ],
)
def test_a_look_alike_is_not(question, answer):
    assert found(question, answer) == []


def test_what_was_found_is_recorded():
    entry = asking("Which thing was given back to the girl by Mother Hulda?", "the spindle")
    (match,) = find_paraphrases([RETAINED_EARNINGS, entry], INDEX)
    assert match.similarity > 0.9
    assert replace(match, similarity=0.96) == Contamination(
        sample_id="sample",
        kind="paraphrase",
        where="question",
        set_name="fairytale",
        row_id="2",
        field="question",
        quote="What did Mother Hulda return to the girl?",
        similarity=0.96,
    )
    assert "fairytale, row 2" in match.why and "Mother Hulda return" in match.why


def test_short_answers_that_agree_prove_little():
    """ "yes" is the answer of half of all questions: alike is not enough, nearly the same is."""
    index = index_benchmark(
        [BenchmarkQuestion("set", "1", "Are Nantong and Jingdezhen in one province?", "no")]
    )
    alike = asking("Do Nantong and Jingdezhen have the same climate?", "no")
    same = asking("Do Nantong and Jingdezhen lie in the same province?", "no")
    assert [match.sample_id for match in find_paraphrases([alike], index)] == []
    assert [match.sample_id for match in find_paraphrases([same], index)] == ["sample"]


def test_another_day_is_another_answer_however_similar_it_looks():
    index = index_benchmark([BenchmarkQuestion("set", "1", "When did BSkyB go digital?", "8 February 2007")])

    def matches(answer: str) -> int:
        return len(find_paraphrases([asking("On which day did BSkyB become digital?", answer)], index))

    assert (matches("February 8, 2007"), matches("February 9, 2007")) == (1, 0)


def test_where_the_benchmark_tells_no_answer_a_shared_name_is_needed():
    index = index_benchmark([replace(row, answer="") for row in BENCHMARK])

    def rows(question: str) -> list[str]:
        return [match.row_id for match in find_paraphrases([asking(question, "her spindle")], index)]

    assert rows("What did Mother Hulda give back to the girl?") == ["2"]
    assert rows("Why did the princess not marry anyone?") == []
    assert rows("Summarize the whole meeting.") == []


def test_the_settings_decide():
    entry = asking("For what reason did the princess have no husband?", "She was enchanted.")
    assert find_paraphrases([entry], INDEX, ContaminationSettings(similarity=0.99)) == []


def test_the_questions_of_a_template_are_no_benchmarks_for_each_other():
    asked = RETAINED_EARNINGS.question
    index = index_benchmark([BenchmarkQuestion("finance", "1", asked, "172,866")])
    others = [
        make_entry("year", question=asked.replace("2024", "2023"), answer="113618"),
        make_entry("company", question=asked.replace("Amazon.com Inc.", "Visa Inc."), answer="17289"),
        make_entry("item", question=asked.replace("retained earnings", "total assets"), answer="624894"),
    ]
    assert find_paraphrases([*others, RETAINED_EARNINGS], index) == find_paraphrases(
        [RETAINED_EARNINGS], index
    )
    assert [match.sample_id for match in find_paraphrases([RETAINED_EARNINGS], index)] == ["retained"]


def test_nothing_is_compared_with_nothing():
    assert find_paraphrases([], INDEX) == []
    assert find_paraphrases([RETAINED_EARNINGS], index_benchmark([])) == []


@dataclass(frozen=True)
class _Match:
    quote: str
    set_name: str = "set"
    row_id: str = "7"
    field: str = "context"


@pytest.mark.parametrize(
    ("shared", "where"),
    [
        ("retained earnings as of", "question"),
        ("nearest million. 172866", "question_and_answer"),
        ("served as the auditor", "context"),
    ],
)
def test_shared_words_are_told_with_where_they_stand(shared, where):
    def find(text: str) -> _Match | None:
        return _Match(shared) if shared in text else None

    match = find_overlap(RETAINED_EARNINGS, find, "We have served as the auditor since 1967.")
    assert match is not None
    assert (match.kind, match.where, match.set_name, match.row_id, match.quote) == (
        "shared_words",
        where,
        "set",
        "7",
        shared,
    )


def test_no_shared_words_no_match():
    assert find_overlap(RETAINED_EARNINGS, lambda text: None, "anything") is None
