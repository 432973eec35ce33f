"""What passes between the operations of this room, and its Arrow schemas.

``Statement`` (what an extractor says) → ``Triple`` (a stated fact whose quote is true) → ``Node`` and
``Edge`` (one thing, one relation between two of them, across documents) → ``Path`` (a chain of edges) →
``synth.records.Candidate``.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Literal, TypeVar, get_args

import pyarrow as pa

from longweave.synth.records import Evidence, Record, content_id

EntityType = Literal[
    "person",
    "organization",
    "place",
    "event",
    "work",
    "product",
    "organism",
    "substance",
    "concept",
    "code",
    "date",
    "number",
]
TYPES: tuple[EntityType, ...] = get_args(EntityType)
VALUE_TYPES: frozenset[EntityType] = frozenset({"date", "number"})
"""Values, not things: equal only when they are the same value, never similar."""


class Statement(Record):
    """What an extractor says that characters ``[start, end)`` of a document state, with the ``quote`` that
    is to prove it; nothing of it is checked."""

    doc_id: str
    start: int
    end: int
    subject: str
    subject_type: str
    relation: str
    object: str
    object_type: str
    time: str = ""
    quote: str
    extractor: str

    @classmethod
    def of(cls, triple: "Triple", start: int, end: int) -> "Statement":
        """What ``triple``, found in ``[start, end)``, says."""
        fields = triple.model_dump(exclude={"triple_id", "evidence"})
        return cls(start=start, end=end, quote=triple.evidence.quote, **fields)


class Triple(Record):
    """One fact as one place of a document states it.

    ``subject`` and ``object`` are names as complete as the document gives them; ``relation`` is a short
    phrase, read from subject to object; ``time`` is when it held, if the document says so. ``evidence`` is
    the verbatim span that states it.
    """

    triple_id: str
    doc_id: str
    subject: str
    subject_type: EntityType
    relation: str
    object: str
    object_type: EntityType
    time: str = ""
    evidence: Evidence
    extractor: str

    @classmethod
    def of(
        cls,
        subject: tuple[str, EntityType],
        relation: str,
        object_: tuple[str, EntityType],
        evidence: Evidence,
        extractor: str,
        time: str = "",
    ) -> "Triple":
        """The triple with its id, which all it says decides."""
        triple_id = content_id("triple", subject, relation, object_, time, evidence.model_dump())
        return cls(
            triple_id=triple_id,
            doc_id=evidence.doc_id,
            subject=subject[0],
            subject_type=subject[1],
            relation=relation,
            object=object_[0],
            object_type=object_[1],
            time=time,
            evidence=evidence,
            extractor=extractor,
        )


class Node(Record):
    """One thing or value, across documents. ``name`` is its fullest usual name, ``aliases`` all names in the
    documents, the name among them, sorted."""

    node_id: str
    name: str
    type: EntityType
    aliases: list[str]
    doc_ids: list[str]
    n_mentions: int


class Edge(Record):
    """One relation between two nodes, read from ``head`` to ``tail``, with the triples that state it."""

    edge_id: str
    head: str
    relation: str
    tail: str
    triple_ids: list[str]
    doc_ids: list[str]


class Merge(Record):
    """Two names that were taken for one thing: what undoing takes back. ``left`` and ``right`` are mention
    keys, with the names and documents that they stand for; ``by`` says what decided, ``score`` (0…1) how
    alike they were, ``undone`` whether it was taken back."""

    merge_id: str
    left: str
    right: str
    by: Literal["name", "string", "embedding", "model"]
    score: float
    left_name: str = ""
    left_doc: str = ""
    right_name: str = ""
    right_doc: str = ""
    undone: bool = False


class Hop(Record):
    """A step of a path: the edge, which way it is taken, and the triple that proves it.

    ``forward`` is whether the step goes from the edge's head to its tail.
    """

    edge_id: str
    relation: str
    forward: bool
    triple_id: str
    doc_id: str


class Path(Record):
    """``nodes`` (ids) joined by ``hops``: ``len(nodes) == len(hops) + 1``. The last node is what is asked
    for."""

    path_id: str
    nodes: list[str]
    hops: list[Hop]

    @classmethod
    def of(cls, nodes: list[str], hops: list[Hop]) -> "Path":
        """The path with its id, which its nodes and hops decide."""
        path_id = content_id("path", nodes, [hop.model_dump() for hop in hops])
        return cls(path_id=path_id, nodes=nodes, hops=hops)

    @property
    def doc_ids(self) -> list[str]:
        """The documents of its evidence, in the order of the hops, each once."""
        return list(dict.fromkeys(hop.doc_id for hop in self.hops))


_EVIDENCE = pa.struct(
    [("doc_id", pa.string()), ("start", pa.int64()), ("end", pa.int64()), ("quote", pa.string())]
)
STATEMENT_SCHEMA = pa.schema(
    [
        ("doc_id", pa.string()),
        ("start", pa.int64()),
        ("end", pa.int64()),
        ("subject", pa.string()),
        ("subject_type", pa.string()),
        ("relation", pa.string()),
        ("object", pa.string()),
        ("object_type", pa.string()),
        ("time", pa.string()),
        ("quote", pa.string()),
        ("extractor", pa.string()),
    ]
)
TRIPLE_SCHEMA = pa.schema(
    [
        ("triple_id", pa.string()),
        ("doc_id", pa.string()),
        ("subject", pa.string()),
        ("subject_type", pa.string()),
        ("relation", pa.string()),
        ("object", pa.string()),
        ("object_type", pa.string()),
        ("time", pa.string()),
        ("evidence", _EVIDENCE),
        ("extractor", pa.string()),
    ]
)
NODE_SCHEMA = pa.schema(
    [
        ("node_id", pa.string()),
        ("name", pa.string()),
        ("type", pa.string()),
        ("aliases", pa.list_(pa.string())),
        ("doc_ids", pa.list_(pa.string())),
        ("n_mentions", pa.int64()),
    ]
)
EDGE_SCHEMA = pa.schema(
    [
        ("edge_id", pa.string()),
        ("head", pa.string()),
        ("relation", pa.string()),
        ("tail", pa.string()),
        ("triple_ids", pa.list_(pa.string())),
        ("doc_ids", pa.list_(pa.string())),
    ]
)
MERGE_SCHEMA = pa.schema(
    [
        ("merge_id", pa.string()),
        ("left", pa.string()),
        ("right", pa.string()),
        ("by", pa.string()),
        ("score", pa.float64()),
        ("left_name", pa.string()),
        ("left_doc", pa.string()),
        ("right_name", pa.string()),
        ("right_doc", pa.string()),
        ("undone", pa.bool_()),
    ]
)

R = TypeVar("R", bound=Record)
_SCHEMAS: dict[type[Record], pa.Schema] = {
    Statement: STATEMENT_SCHEMA,
    Triple: TRIPLE_SCHEMA,
    Node: NODE_SCHEMA,
    Edge: EDGE_SCHEMA,
    Merge: MERGE_SCHEMA,
}


def to_arrow(records: Iterable[Record], kind: type[Record]) -> pa.Table:
    """Arrow table of ``records`` of one ``kind``: Statement, Triple, Node, Edge or Merge."""
    return pa.Table.from_pylist([record.model_dump() for record in records], schema=_SCHEMAS[kind])


def from_arrow(table: pa.Table, kind: type[R]) -> list[R]:
    """The records of a table that ``to_arrow`` made."""
    rows: Sequence[dict[str, Any]] = table.to_pylist()
    return [kind.model_validate(row) for row in rows]
