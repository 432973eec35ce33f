"""Corpus-level numeric questions through tables and SQL, without a language model.

In: documents. Out: facts (every number of every table that can be named and dated, with its place in the
text) and candidates (questions posed on them with the SQL that answers them), and a prover that derives the
answer again from the final prompt alone.
"""

from longweave.tables.conflicts import Conflicts
from longweave.tables.items import load_items
from longweave.tables.kinds import load_pool
from longweave.tables.model import Fact
from longweave.tables.pose import Corpus, Posed, pose_questions
from longweave.tables.prove import prove
from longweave.tables.relate import relate_document
from longweave.tables.settings import PoseSettings
from longweave.tables.store import FACT_SCHEMA, from_arrow, to_arrow

__all__ = [
    "FACT_SCHEMA",
    "Conflicts",
    "Corpus",
    "Fact",
    "PoseSettings",
    "Posed",
    "from_arrow",
    "load_items",
    "load_pool",
    "pose_questions",
    "prove",
    "relate_document",
    "to_arrow",
]
