"""What passes between the operations of this room: passages, clusters, rounds.

``Cluster`` (what is shown) → ``Round`` (one proposal, and what became of it) → ``Candidate``.
"""

import pyarrow as pa

from longweave.synth.records import Domain, Record


class Passage(Record):
    """Characters ``[start, end)`` of a document, of about ``n_tokens``."""

    doc_id: str
    start: int
    end: int
    n_tokens: int


class Cluster(Record):
    """Passages that a question of ``task_type`` is to be asked about, and the ``distractors`` that only the
    solver sees beside them. ``number`` counts the clusters of the task type in its split, from 0."""

    cluster_id: str
    task_type: str
    domain: Domain
    number: int
    passages: list[Passage]
    distractors: list[Passage]


class Round(Record):
    """One proposal in a cluster, and what became of it.

    ``reason`` is empty where the pair is kept; ``detail`` says what was seen. ``passes`` of ``tries``
    predictions were right; both are 0 where the solver was not asked. ``transcript`` is canonical JSON: the
    proposal, the history it was shown, predictions and verdicts. ``candidate`` is that of a kept pair as
    canonical JSON, else empty.
    """

    cluster_id: str
    task_type: str
    domain: Domain
    number: int
    reason: str
    detail: str
    question: str
    answer: str
    passes: int
    tries: int
    transcript: str
    candidate: str


_PASSAGES = pa.list_(
    pa.struct([("doc_id", pa.string()), ("start", pa.int64()), ("end", pa.int64()), ("n_tokens", pa.int64())])
)
CLUSTER_SCHEMA = pa.schema(
    [
        ("cluster_id", pa.string()),
        ("task_type", pa.string()),
        ("domain", pa.string()),
        ("number", pa.int64()),
        ("passages", _PASSAGES),
        ("distractors", _PASSAGES),
    ]
)
ROUND_SCHEMA = pa.schema(
    [
        ("cluster_id", pa.string()),
        ("task_type", pa.string()),
        ("domain", pa.string()),
        ("number", pa.int64()),
        ("reason", pa.string()),
        ("detail", pa.string()),
        ("question", pa.string()),
        ("answer", pa.string()),
        ("passes", pa.int64()),
        ("tries", pa.int64()),
        ("transcript", pa.large_string()),
        ("candidate", pa.large_string()),
    ]
)
