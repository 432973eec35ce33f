"""Verified samples into ``train/`` and ``val/``: Parquet files in ``VERL_SCHEMA``, and counts of them.

A sample goes to the split of the documents it shows. A sample that shows documents of both splits, or one
that was never assigned, ends the export: no document may stand in both.

Samples are streamed: what is held in memory is one row group (``ROW_GROUP_CHARS`` of prompts). The same
samples in the same order give the same bytes. Files get their names when all are complete; those of an
earlier export are then removed. A split without samples has no file, because loaders refuse Parquet without
rows.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq

from longweave.synth.errors import RunError
from longweave.synth.files import join_path, list_files, open_whole
from longweave.synth.records import Sample
from longweave.synth.splits import SPLITS, Split
from longweave.synth.verl_rows import VERL_SCHEMA, row_from_sample

ROW_GROUP_CHARS = 16_000_000
FILE_CHARS = 2_000_000_000

FACETS = ("task", "question_type", "target_tokens", "domain", "answer_kind")
"""The sample fields that ``DatasetSummary`` counts."""


@dataclass(slots=True)
class DatasetSummary:
    """What was exported.

    ``counts[facet][value][split]`` are samples; ``shown`` gives every document that stands in a prompt its
    split; ``tokens`` are prompt tokens.
    """

    rows: Counter[Split] = field(default_factory=Counter)
    tokens: Counter[Split] = field(default_factory=Counter)
    counts: dict[str, dict[str, Counter[Split]]] = field(
        default_factory=lambda: {facet: defaultdict(Counter) for facet in FACETS}
    )
    multi_document: Counter[Split] = field(default_factory=Counter)
    shown: dict[str, Split] = field(default_factory=dict)

    def add(self, sample: Sample, split: Split) -> None:
        """Count one exported sample."""
        self.rows[split] += 1
        self.tokens[split] += sample.n_prompt_tokens
        self.multi_document[split] += len(sample.doc_ids) > 1
        for facet in FACETS:
            self.counts[facet][str(getattr(sample, facet))][split] += 1
        self.shown.update((piece.doc_id, split) for piece in sample.context)


def export_samples(
    samples: Iterable[Sample],
    splits: Mapping[str, Split],
    folder: str,
    *,
    row_group_chars: int = ROW_GROUP_CHARS,
    file_chars: int = FILE_CHARS,
) -> DatasetSummary:
    """Write ``folder/train/part-*.parquet`` and ``folder/val/part-*.parquet``.

    Args:
        samples: Verified samples; their order is the order of the rows of each split.
        splits: The split of every document (``splits.assign_splits``).
        folder: Local path or fsspec URL of the run directory.
        row_group_chars: A row group is closed when its prompts reach this many characters.
        file_chars: Likewise for a file.

    Raises:
        RunError: A sample's documents are not all of one split, or a file cannot be written.
    """
    summary = DatasetSummary()
    with ExitStack() as open_files:
        writers = {
            split: _SplitWriter(join_path(folder, split), open_files, row_group_chars, file_chars)
            for split in SPLITS
        }
        for sample in samples:
            split = split_of(sample, splits)
            writers[split].add(row_from_sample(sample, summary.rows[split], split))
            summary.add(sample, split)
        for writer in writers.values():
            writer.flush()
    for writer in writers.values():
        writer.remove_older_parts()
    return summary


def split_of(sample: Sample, splits: Mapping[str, Split]) -> Split:
    """The one split of all documents that ``sample`` shows.

    Raises:
        RunError: They are not of one split.
    """
    by_split: dict[Split | None, list[str]] = defaultdict(list)
    for doc_id in [piece.doc_id for piece in sample.context] + sample.doc_ids:
        by_split[splits.get(doc_id)].append(doc_id)
    if len(by_split) == 1 and (split := next(iter(by_split))) is not None:
        return split
    examples = ", ".join(f"{doc_ids[0]} ({split or 'no split'})" for split, doc_ids in by_split.items())
    raise RunError(
        f"sample {sample.sample_id} shows documents of different splits: {examples or 'no document'}",
        where="export",
        fix="Pose questions and choose distractors within one split of assign_splits.",
    )


class _SplitWriter:
    """Rows of one split into ``part-00000.parquet``, ``part-00001.parquet``, …; one row group in memory.

    Files get their names when ``open_files`` closes without an error.
    """

    def __init__(self, folder: str, open_files: ExitStack, row_group_chars: int, file_chars: int) -> None:
        self.folder, self.open_files = folder, open_files
        self.row_group_chars, self.file_chars = row_group_chars, file_chars
        self.rows: list[dict[str, Any]] = []
        self.row_chars = 0
        self.file_room = 0
        self.n_files = 0
        self.writer: pq.ParquetWriter | None = None

    def add(self, row: dict[str, Any]) -> None:
        """Take one row; write a row group when it is full."""
        self.rows.append(row)
        self.row_chars += sum(len(message["content"]) for message in row["prompt"])
        if self.row_chars >= self.row_group_chars:
            self.flush()

    def flush(self) -> None:
        """Write the rows taken so far as one row group, into a new file when the last one is full."""
        if not self.rows:
            return
        if self.writer is None or self.file_room <= 0:
            self.writer = self._open_file()
        table = pa.Table.from_pylist(self.rows, schema=VERL_SCHEMA)
        self.writer.write_table(table, row_group_size=table.num_rows)
        self.file_room -= self.row_chars
        self.rows, self.row_chars = [], 0

    def remove_older_parts(self) -> None:
        """Remove the parts that this export did not write."""
        written = {_part_name(number) for number in range(self.n_files)}
        for name in list_files(self.folder, ".parquet"):
            if name.startswith("part-") and name not in written:
                filesystem, path = fsspec.core.url_to_fs(join_path(self.folder, name))
                filesystem.rm_file(path)

    def _open_file(self) -> pq.ParquetWriter:
        handle = self.open_files.enter_context(open_whole(join_path(self.folder, _part_name(self.n_files))))
        self.file_room = self.file_chars
        self.n_files += 1
        writer = pq.ParquetWriter(
            handle, VERL_SCHEMA, compression="zstd", use_dictionary=False, write_page_index=True
        )
        return self.open_files.enter_context(writer)


def _part_name(number: int) -> str:
    return f"part-{number:05d}.parquet"
