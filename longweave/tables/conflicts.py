"""Which documents may not pad a table question: those that state one of its rows, or would add one.

For a question about named companies these are the documents that give a value for one of its rows (the same
or another one). A question about *all* companies in the text also forbids every other document with annual
figures for that year, whether or not a row was read from it.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date

from longweave.synth.records import Candidate
from longweave.tables.kinds import QueryPool
from longweave.tables.model import Fact
from longweave.tables.plan import Plan


class Conflicts:
    """The documents by the rows and by the years that they state."""

    def __init__(self, facts: Iterable[Fact], pool: QueryPool) -> None:
        by_row: dict[tuple[str, str, date, int], set[str]] = defaultdict(set)
        by_year: dict[int, set[str]] = defaultdict(set)
        for fact in facts:
            if fact.canonical and not fact.dims:
                by_row[fact.entity, fact.item, fact.period.end, fact.period.months].add(fact.doc_id)
            if fact.period.months == 12:
                by_year[fact.period.end.year].add(fact.doc_id)
        self._by_row: Mapping[tuple[str, str, date, int], set[str]] = by_row
        self._by_year: Mapping[int, set[str]] = by_year
        self._pool = pool

    def forbidden(self, candidate: Candidate) -> frozenset[str]:
        """Ids of the documents that may not stand beside the candidate's own."""
        plan = Plan.model_validate(json.loads(candidate.reasoning)["plan"])
        documents: set[str] = set()
        for key in plan.keys:
            documents |= self._by_row.get((key.entity, key.item, key.period_end, key.months), set())
        if self._pool.kind(plan.kind).entities == "all":
            documents |= self._by_year.get(plan.periods[0].year, set())
        return frozenset(documents.difference(candidate.doc_ids))
