"""Which names of a graph are paired, found once: ``kg/pairs``.

Rows are links between mentions, each with its standing: "sure"; "open", which a model is asked about where
one decides; or "doubtful", for which an open pair of the same two clusters stands. Mentions are not stored:
the triples give them again.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa

from longweave.kg.records import Triple
from longweave.kg.resolve import (
    Link,
    Mention,
    Resolution,
    ResolveSettings,
    mentions_of,
    open_pairs,
    resolve,
)
from longweave.synth.embedding import encode
from longweave.synth.files import join_path, read_rows

PAIRS = "kg/pairs"
PAIR_SCHEMA = pa.schema(
    [
        ("left", pa.string()),
        ("right", pa.string()),
        ("score", pa.float64()),
        ("by", pa.string()),
        ("standing", pa.string()),
    ]
)


def find_pairs(triples: Sequence[Triple], settings: ResolveSettings) -> Iterator[tuple[str, dict[str, Any]]]:
    """The id of the merge that a pair may become, and its row of ``PAIR_SCHEMA``."""
    resolution = resolve(mentions_of(triples), settings, encode)
    asked = {(left.key, right.key) for left, right in open_pairs(resolution)}
    for link in resolution.sure:
        yield link.merge_id, _write(link, "sure")
    for link in resolution.doubtful:
        yield link.merge_id, _write(link, "open" if link.ends in asked else "doubtful")


def read_resolution(run: str, key: str, triples: Sequence[Triple], settings: ResolveSettings) -> Resolution:
    """What ``find_pairs`` found in the ``triples`` of a shard."""
    sure: list[Link] = []
    doubtful: list[Link] = []
    for row in _read(run, key):
        links = sure if row["standing"] == "sure" else doubtful
        links.append(Link(row["left"], row["right"], row["score"], row["by"]))
    return Resolution(tuple(mentions_of(triples)), tuple(sure), tuple(doubtful), settings)


def read_open(run: str, key: str, triples: Sequence[Triple]) -> list[tuple[Mention, Mention]]:
    """The pairs of a shard that a model is asked about."""
    mentions = {mention.key: mention for mention in mentions_of(triples)}
    return [
        (mentions[row["left"]], mentions[row["right"]])
        for row in _read(run, key)
        if row["standing"] == "open"
    ]


def count_open(run: str, key: str) -> int:
    """How many pairs of a shard a model is asked about."""
    return sum(row["standing"] == "open" for row in _read(run, key))


def _write(link: Link, standing: str) -> dict[str, Any]:
    return {"left": link.left, "right": link.right, "score": link.score, "by": link.by, "standing": standing}


def _read(run: str, key: str) -> Iterator[dict[str, Any]]:
    return read_rows(join_path(run, PAIRS, f"{key}.parquet"))
