"""Samples that ask what a benchmark asks: the same words, or a paraphrase of its question.

In: entries, a benchmark's questions, and a search for shared runs of words (the n-gram index of the corpus
room, handed in). Out: for each sample that is one of a benchmark's, where and what: set, row, field, the
words and how similar.

``find_overlap`` looks for shared runs of words in the question, in question and answer, and in all that the
prompt shows. ``find_paraphrases`` compares questions by their embeddings and, because questions on one text
or from one template are always similar, also

- what ``wording.differ`` finds: other numbers, names or opposites are another question;
- the answers: the mean of both similarities decides. Answers that agree count as 1, but short ones ("yes",
  "2", "1993"), which agree by chance, as 0.7; 0.85 where the questions share a name and it is not yes or no.
  Numbers, dates and short ones that do not agree rule it out;
- whether the benchmark asks this of several texts ("Please summarize this report."): then the answer decides.

Where the benchmark tells no answer, the questions must be nearly the same and share a name or a number.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal, Protocol

import numpy as np

from longweave.synth.embedding import Encode, Vectors, encode
from longweave.verify.agreement import Answer, agree, is_telling, read_answer
from longweave.verify.entries import Entry
from longweave.verify.selection_settings import ContaminationSettings
from longweave.verify.wording import Wording, differ, read_wording, split_sentences, words_of

_LEAST_SIMILAR = 0.75
_SHORT_ANSWERS_AGREE, _ABOUT_ONE_NAME = 0.7, 0.85
_YES_OR_NO = frozenset({"yes", "no", "true", "false"})
_NEAREST = 32
_AT_ONCE = 1024
_SENTENCES = 8


@dataclass(frozen=True, slots=True)
class BenchmarkQuestion:
    """A row of a question set; ``answer`` is empty where the set tells none."""

    set_name: str
    row_id: str
    question: str
    answer: str = ""


class Overlap(Protocol):
    """A run of words that a text shares with a question set: which row and column, and the words."""

    @property
    def set_name(self) -> str: ...  # noqa: D102
    @property
    def row_id(self) -> str: ...  # noqa: D102
    @property
    def field(self) -> str: ...  # noqa: D102
    @property
    def quote(self) -> str: ...  # noqa: D102


FindOverlap = Callable[[str], Overlap | None]


@dataclass(frozen=True, slots=True)
class Contamination:
    """A sample that a benchmark holds. ``where`` says what of the sample was compared, ``field`` with which
    column; ``quote`` is the shared run of words, or the benchmark's question."""

    sample_id: str
    kind: Literal["shared_words", "paraphrase"]
    where: Literal["question", "question_and_answer", "context"]
    set_name: str
    row_id: str
    field: str
    quote: str
    similarity: float

    @property
    def why(self) -> str:
        """One line for the reject."""
        how = "shares words with" if self.kind == "shared_words" else f"asks ({self.similarity:.2f}) what"
        asks = "" if self.kind == "shared_words" else " asks"
        return f"{self.where} {how} {self.set_name}, row {self.row_id}, {self.field}{asks}: {self.quote!r}"


@dataclass(frozen=True, slots=True)
class BenchmarkIndex:
    """All questions with their embeddings; made by ``index_benchmark``. ``asked`` counts the rows of the same
    words."""

    questions: tuple[BenchmarkQuestion, ...]
    wordings: tuple[Wording, ...]
    vectors: Vectors
    asked: Counter[tuple[str, ...]]


def find_overlap(entry: Entry, find: FindOverlap, context: str) -> Contamination | None:
    """The first run of words that the sample shares with a question set.

    Args:
        entry: The sample.
        find: Gives a run of words that a text shares with a question set, if there is one.
        context: The sample's message, with the documents as they are shown.
    """
    texts: tuple[tuple[Literal["question", "question_and_answer", "context"], str], ...] = (
        ("question", entry.question),
        ("question_and_answer", f"{entry.question} {entry.answer}"),
        ("context", context),
    )
    for where, text in texts:
        match = find(text)
        if match is not None:
            return Contamination(
                entry.sample_id,
                "shared_words",
                where,
                match.set_name,
                match.row_id,
                match.field,
                match.quote,
                1.0,
            )
    return None


def index_benchmark(questions: Iterable[BenchmarkQuestion], *, embed: Encode = encode) -> BenchmarkIndex:
    """Embeds every question once; about 5 ms each on a core."""
    known = tuple(questions)
    wordings = tuple(read_wording(row.question) for row in known)
    asked = Counter(tuple(words_of(wording.core)) for wording in wordings)
    return BenchmarkIndex(known, wordings, embed([wording.core for wording in wordings]), asked)


def find_paraphrases(
    entries: Iterable[Entry],
    index: BenchmarkIndex,
    settings: ContaminationSettings | None = None,
    *,
    embed: Encode = encode,
) -> list[Contamination]:
    """For each entry that asks what a question of ``index`` asks, the one it is most similar to; in order."""
    settings = settings or ContaminationSettings()
    listed = list(entries)
    if not listed or not index.questions:
        return []
    pairs = _pair_up(listed, index, embed)
    vectors = _embed_answers(pairs, index, embed)
    found: list[Contamination] = []
    for entry, candidates in pairs:
        scored = [(_score(entry, row, cosine, index, vectors, settings), row) for row, cosine in candidates]
        best, row = max(scored, key=lambda pair: (pair[0], -pair[1]), default=(0.0, 0))
        if best > 0:
            asked = index.questions[row]
            found.append(
                Contamination(
                    entry.sample_id,
                    "paraphrase",
                    "question",
                    asked.set_name,
                    asked.row_id,
                    "question",
                    asked.question,
                    best,
                )
            )
    return found


_Pairs = list[tuple[Entry, list[tuple[int, float]]]]


def _pair_up(entries: Sequence[Entry], index: BenchmarkIndex, embed: Encode) -> _Pairs:
    """For each entry the nearest questions that it may ask, with their similarity.

    The product of matrices only finds them: its last digits depend on how many entries are compared at once.
    """
    pairs: _Pairs = []
    for start in range(0, len(entries), _AT_ONCE):
        some = entries[start : start + _AT_ONCE]
        wordings = [read_wording(entry.question) for entry in some]
        vectors = embed([wording.core for wording in wordings])
        for entry, wording, vector, row in zip(
            some, wordings, vectors, vectors @ index.vectors.T, strict=True
        ):
            near = np.flatnonzero(row >= _LEAST_SIMILAR)
            near = near[np.argsort(-row[near], kind="stable")]
            like = (at for at in near if not differ(wording, index.wordings[at], strict=False))
            kept = [(int(at), float(vector @ index.vectors[at])) for at in islice(like, _NEAREST)]
            if kept:
                pairs.append((entry, kept))
    return pairs


def _score(
    entry: Entry,
    row: int,
    cosine: float,
    index: BenchmarkIndex,
    vectors: dict[str, Vectors],
    settings: ContaminationSettings,
) -> float:
    """How similar entry and question are, 0…1; 0 where that is not enough."""
    asked, wording = index.questions[row], index.wordings[row]
    is_stock = index.asked[tuple(words_of(wording.core))] > 1
    if not asked.answer.strip():
        own = read_wording(entry.question)
        shared = (own.names & wording.words) | (wording.names & own.words) or own.numbers & wording.numbers
        enough = bool(shared) and not is_stock and not differ(own, wording, strict=True)
        return cosine if enough and cosine >= settings.similarity_of_question else 0.0
    answers = _compare_answers(entry, asked, vectors)
    score = answers if is_stock else (cosine + answers) / 2
    return score if score >= settings.similarity else 0.0


def _compare_answers(entry: Entry, asked: BenchmarkQuestion, vectors: dict[str, Vectors]) -> float:
    """How similar the answers are. A benchmark's number has no unit: ours is read without its own as well."""
    other = read_answer(asked.answer, "text")
    readings = [_read_own(entry, unit) for unit in dict.fromkeys((entry.unit, None))]
    telling = is_telling(readings[0], entry.question) and is_telling(other, asked.question)
    if any(agree(own, other) for own in readings):
        if telling:
            return 1.0
        if asked.answer.strip(" .").lower() in _YES_OR_NO:
            return _SHORT_ANSWERS_AGREE
        asks, other_asks = read_wording(entry.question), read_wording(asked.question)
        shared = (asks.names & other_asks.words) | (other_asks.names & asks.words)
        return _ABOUT_ONE_NAME if shared else _SHORT_ANSWERS_AGREE
    numbers = readings[0].value is not None and other.value is not None
    days = readings[0].day is not None and other.day is not None
    if numbers or days or not telling:
        return 0.0
    return float((vectors[entry.answer] @ vectors[asked.answer].T).max())


def _read_own(entry: Entry, unit: str | None) -> Answer:
    return read_answer(
        entry.answer, entry.answer_kind, unit, ordered=entry.ordered, tolerance=entry.tolerance
    )


def _embed_answers(pairs: _Pairs, index: BenchmarkIndex, embed: Encode) -> dict[str, Vectors]:
    """For each answer the vectors of the whole and of its first sentences: a long answer often says the short
    one in one of them."""
    answers = {entry.answer for entry, _ in pairs}
    answers |= {index.questions[row].answer for _, candidates in pairs for row, _ in candidates}
    parts = {answer: [answer, *split_sentences(answer)[:_SENTENCES]] for answer in sorted(answers)}
    texts = sorted({text for some in parts.values() for text in some})
    rows = {text: row for row, text in enumerate(texts)}
    vectors = embed(texts)
    return {answer: vectors[[rows[text] for text in some]] for answer, some in parts.items()}
