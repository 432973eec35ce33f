"""Documents out of files: JSON lines (plain or gzip), Parquet, folders of text, markdown and HTML, Python
trees.

In: ``SourceSettings``. Out: a stream of ``Document`` and ``Rejected``, in the order of the files and rows.
    Every bad file or row gives one ``Rejected`` and reading goes on. Memory is bounded by
    ``ReadLimits.max_document_bytes``.
"""

from collections.abc import Iterator
from typing import Any, get_args

from longweave.corpus.readers.files import SourceFile, list_files
from longweave.corpus.readers.jsonl import read_jsonl
from longweave.corpus.readers.parquet import read_parquet
from longweave.corpus.readers.rows import Count, make_document
from longweave.corpus.readers.texts import read_text_file
from longweave.corpus.rejected import Rejected, UnusableInput
from longweave.corpus.settings import DocumentField, ReadLimits, SourceSettings
from longweave.synth.records import Document, content_id

__all__ = ["SeenIds", "SourceFile", "list_files", "read_file", "read_source"]

SeenIds = dict[str, tuple[str, str]]
"""For every id met: the hash of its text, and where it stands."""


def read_source(
    source: SourceSettings, limits: ReadLimits, count: Count, seen: SeenIds
) -> Iterator[Document | Rejected]:
    """All documents of ``source``. ``count`` counts the tokens of a text; ``seen`` is shared by the sources
    of a corpus.

    Raises:
        InputError: A path of the source names nothing.
    """
    for file in list_files(source):
        yield from read_file(file, source, limits, count, seen)


def read_file(
    file: SourceFile, source: SourceSettings, limits: ReadLimits, count: Count, seen: SeenIds
) -> Iterator[Document | Rejected]:
    """The documents of one file of ``source``; ids that ``seen`` has are rejected, the others are added to
    it.

    The first document with an id keeps it. A later one is rejected even if its text differs: every span of
    evidence names its document by id, so an id may stand for one text only.
    """
    try:
        for row in _read_rows(file, source, limits):
            yield row if isinstance(row, Rejected) else _document_of(*row, source, count, seen)
    except UnusableInput as unusable:
        yield unusable.at(file.name)


def _document_of(
    where: str, values: dict[str, Any], source: SourceSettings, count: Count, seen: SeenIds
) -> Document | Rejected:
    try:
        document = make_document(values, source, count)
    except UnusableInput as unusable:
        return unusable.at(where)
    text_id = content_id(document.text)
    if document.doc_id in seen:
        first_text, first_where = seen[document.doc_id]
        said = "the same text" if first_text == text_id else "another text"
        return Rejected(where, "duplicate_id", f"{document.doc_id!r} stands at {first_where} with {said}")
    seen[document.doc_id] = (text_id, where)
    return document


def _read_rows(
    file: SourceFile, source: SourceSettings, limits: ReadLimits
) -> Iterator[tuple[str, dict[str, Any]] | Rejected]:
    if source.format == "jsonl":
        yield from read_jsonl(file, limits)
    elif source.format == "parquet":
        fields: tuple[DocumentField, ...] = get_args(DocumentField)
        columns = {source.fields.get(field, field) for field in fields}
        yield from read_parquet(file, columns, source.fields.get("text", "text"), limits)
    else:
        yield file.name, read_text_file(file, source, limits)
