"""Documents at rest with their blocks, and by id.

A shard is Parquet with one row per document: the fields of ``Document`` and the blocks it was cut into when
it was read, so that nothing counts its tokens again.
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence

import pyarrow as pa

from longweave.synth.blocks import BLOCKS_TYPE, Block
from longweave.synth.files import read_row_group, read_row_groups
from longweave.synth.records import DOCUMENT_SCHEMA, Document, from_row, to_table

BLOCKS_COLUMN = "blocks"
STORED_SCHEMA = DOCUMENT_SCHEMA.append(pa.field(BLOCKS_COLUMN, BLOCKS_TYPE))
_KEPT_IN_MEMORY = 64


def store_document(document: Document, blocks: Sequence[Block]) -> pa.Table:
    """``document`` and its blocks as one row of ``STORED_SCHEMA``."""
    column = pa.array([[block._asdict() for block in blocks]], type=BLOCKS_TYPE)
    return to_table([document], Document).append_column(STORED_SCHEMA.field(BLOCKS_COLUMN), column)


def read_documents(path: str) -> Iterator[Document]:
    """The documents of a shard in order."""
    for table in read_row_groups(path, DOCUMENT_SCHEMA.names):
        for row in table.to_pylist():
            yield from_row(row, Document)


def read_stored(path: str) -> Iterator[tuple[Document, list[Block]]]:
    """The documents of a shard in order, with their blocks."""
    for table in read_row_groups(path, STORED_SCHEMA.names):
        for row in table.to_pylist():
            blocks = [Block(**block) for block in row.pop(BLOCKS_COLUMN)]
            yield from_row(row, Document), blocks


class DocumentsById(Mapping[str, Document]):
    """The documents of some shards by id (the first with each), read when they are asked for; the last few
    dozen are kept."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._places: dict[str, tuple[str, int, int]] = {}
        for path in paths:
            for group, table in enumerate(read_row_groups(path, ["doc_id"])):
                for row, doc_id in enumerate(table["doc_id"].to_pylist()):
                    self._places.setdefault(doc_id, (path, group, row))
        self._recent: OrderedDict[str, Document] = OrderedDict()

    def __getitem__(self, doc_id: str) -> Document:
        if doc_id in self._recent:
            self._recent.move_to_end(doc_id)
            return self._recent[doc_id]
        path, group, row = self._places[doc_id]
        table = read_row_group(path, group, DOCUMENT_SCHEMA.names).slice(row, 1)
        document = from_row(table.to_pylist()[0], Document)
        self._recent[doc_id] = document
        if len(self._recent) > _KEPT_IN_MEMORY:
            self._recent.popitem(last=False)
        return document

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)
