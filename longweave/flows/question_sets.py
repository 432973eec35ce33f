"""The question sets that nothing of a run may overlap with, opened once in each process."""

from collections.abc import Iterator
from dataclasses import replace

import fsspec

from longweave.corpus import (
    DecontaminationSettings,
    Match,
    QuestionIndex,
    ReadLimits,
    Rejected,
    SourceSettings,
    index_questions,
    list_files,
    read_questions,
)
from longweave.corpus.decontaminate import QuestionText
from longweave.flows.opened import open_once
from longweave.synth.errors import InputError
from longweave.verify.contamination import BenchmarkIndex, BenchmarkQuestion, index_benchmark

_LIMITS = ReadLimits()


def open_questions(settings: DecontaminationSettings) -> QuestionIndex:
    """The index of all question sets.

    Raises:
        InputError: A row cannot be read; what it asks could then not be kept out.
    """
    return _open(settings.model_dump_json())


def open_benchmark(settings: DecontaminationSettings) -> BenchmarkIndex:
    """The questions of all sets with their embeddings. Of a set's columns, the first is taken for the
    question and the second, where there is one, for its answer.

    Raises:
        InputError: A row cannot be read.
    """
    return _open_benchmark(settings.model_dump_json())


def measure_question_sets(settings: DecontaminationSettings) -> dict[str, object]:
    """The size of every file of the question sets, by set and name."""
    sizes: dict[str, object] = {}
    for question_set in settings.sets:
        source = SourceSettings(name=question_set.name, format="jsonl", paths=question_set.paths)
        for file in list_files(source):
            filesystem, path = fsspec.core.url_to_fs(file.path)
            sizes[f"{question_set.name}: {file.name}"] = filesystem.size(path)
    return sizes


def describe_match(match: Match) -> str:
    """What overlaps, on one line."""
    return f"{match.set_name}, row {match.row_id}, {match.field}: {match.quote!r}"


@open_once
def _open(settings: str) -> QuestionIndex:
    parsed = DecontaminationSettings.model_validate_json(settings)
    return index_questions(_read(parsed), parsed)


@open_once
def _open_benchmark(settings: str) -> BenchmarkIndex:
    parsed = DecontaminationSettings.model_validate_json(settings)
    columns = {question_set.name: question_set.fields for question_set in parsed.sets}
    asked: list[BenchmarkQuestion] = []
    for text in _read(parsed):  # column by column, row by row: an id may stand on several rows
        question, answer = (*columns[text.set_name], "")[:2]
        if text.field == question:
            asked.append(BenchmarkQuestion(text.set_name, text.row_id, text.text))
        elif text.field == answer and asked and not asked[-1].answer:
            last = asked[-1]
            if (last.set_name, last.row_id) == (text.set_name, text.row_id):
                asked[-1] = replace(last, answer=text.text)
    return index_benchmark(asked)


def _read(settings: DecontaminationSettings) -> Iterator[QuestionText]:
    for question_set in settings.sets:
        for found in read_questions(question_set, _LIMITS):
            if isinstance(found, Rejected):
                raise InputError(
                    f"a row cannot be read: {found}", where=question_set.name, fix="Mend or remove the row."
                )
            yield found
