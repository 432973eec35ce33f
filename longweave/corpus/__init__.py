"""Documents of a corpus: read, filtered, freed of duplicates, checked against question sets.

In: ``CorpusSettings`` and files (JSON lines, Parquet, folders of text, markdown and HTML, Python trees). Out:
    ``Document`` records, and for everything else one line that says where and why.

- ``read_source`` / ``read_file``: a stream of ``Document`` or ``Rejected``.
- ``filter_document``: ``Dropped`` by the first rule that drops it, or None.
- ``signatures`` and ``find_duplicates``: copies, whole or as a passage, proven on the texts.
- ``index_questions`` and ``find_contamination``: overlap with question sets, with the matched span.

All of it works on one document at a time and holds no texts, so memory grows by about a kilobyte per
document.
"""

from longweave.corpus.decontaminate import (
    Match,
    QuestionIndex,
    find_contamination,
    index_questions,
    read_questions,
)
from longweave.corpus.dedup import (
    Alarm,
    DuplicateOf,
    Duplicates,
    Signature,
    find_duplicates,
    sign,
    signatures,
)
from longweave.corpus.filters import filter_document
from longweave.corpus.readers import SeenIds, SourceFile, list_files, read_file, read_source
from longweave.corpus.rejected import Rejected
from longweave.corpus.settings import (
    CorpusSettings,
    DecontaminationSettings,
    DuplicateSettings,
    FilterSettings,
    QuestionSet,
    ReadLimits,
    SourceSettings,
)

__all__ = [
    "Alarm",
    "CorpusSettings",
    "DecontaminationSettings",
    "DuplicateOf",
    "DuplicateSettings",
    "Duplicates",
    "FilterSettings",
    "Match",
    "QuestionIndex",
    "QuestionSet",
    "ReadLimits",
    "Rejected",
    "SeenIds",
    "Signature",
    "SourceFile",
    "SourceSettings",
    "filter_document",
    "find_contamination",
    "find_duplicates",
    "index_questions",
    "list_files",
    "read_file",
    "read_questions",
    "read_source",
    "sign",
    "signatures",
]
