"""The row that verl trains on, and back: everything that proves a sample stands on its row.

verl reads ``data_source`` (the task), ``prompt`` (messages), ``ability`` (the question type),
``reward_model`` and ``extra_info``. The other columns are the sample's own fields, under their own names,
so that a notebook can filter by them and every gate can be run again on ``sample_from_row(row)``.
"""

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from longweave.synth.records import SAMPLE_SCHEMA, Sample, from_row
from longweave.synth.splits import Split

_EXTRA_FIELDS = (
    "sample_id",
    "question",
    "question_type",
    "domain",
    "answer_kind",
    "ordered",
    "tolerance",
    "unit",
    "prefix",
    "n_prompt_tokens",
    "target_tokens",
    "difficulty",
)

VERL_SCHEMA = pa.schema(
    [
        ("data_source", pa.string()),
        SAMPLE_SCHEMA.field("prompt"),
        ("ability", pa.string()),
        ("reward_model", pa.struct([("style", pa.string()), ("ground_truth", pa.string())])),
        (
            "extra_info",
            pa.struct(
                [
                    ("index", pa.int64()),
                    ("split", pa.string()),
                    ("n_docs", pa.int64()),
                    *(SAMPLE_SCHEMA.field(name) for name in _EXTRA_FIELDS),
                ]
            ),
        ),
        ("n_docs", pa.int64()),
        *(field for field in SAMPLE_SCHEMA if field.name != "prompt"),
    ]
)


def row_from_sample(sample: Sample, index: int, split: Split) -> dict[str, Any]:
    """The row of ``sample`` in ``VERL_SCHEMA``; ``index`` counts the rows of its split from 0."""
    fields = sample.model_dump()
    n_docs = len(sample.doc_ids)
    return {
        **fields,
        "n_docs": n_docs,
        "data_source": sample.task,
        "ability": sample.question_type,
        "reward_model": {"style": "rule", "ground_truth": sample.answer},
        "extra_info": {
            "index": index,
            "split": split,
            "n_docs": n_docs,
            **{name: fields[name] for name in _EXTRA_FIELDS},
        },
    }


def sample_from_row(row: Mapping[str, Any]) -> Sample:
    """The sample of a row as pyarrow or Hugging Face ``datasets`` give it: equal to the one exported."""
    return from_row({name: row[name] for name in Sample.model_fields}, Sample)
