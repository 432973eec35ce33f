"""Rows that reading a shard has already come to: for stages whose records are made together."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import pyarrow as pa

from longweave.synth.stage import Kept, Outcome, Reject


class Made(NamedTuple):
    """A row, or the ``reason`` why there is none."""

    record_id: str
    row: dict[str, Any]
    schema: pa.Schema
    reason: str = ""
    detail: str = ""


def keep_made(made: Iterator[Made]) -> Iterator[Outcome]:
    """Their outcomes; a stage's ``work``."""
    for one in made:
        if one.reason:
            yield Reject(one.record_id, one.reason, one.detail)
        else:
            yield Kept(pa.Table.from_pylist([one.row], schema=one.schema))
