"""The makers of samples, each with what the steps need of it: its prover, what may not pad its samples, and
what its proof shows.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from longweave.flows.settings import RunSettings
from longweave.flows.tables_step import open_conflicts
from longweave.synth.records import Candidate
from longweave.synth.splits import Split
from longweave.tables import load_items, load_pool, prove
from longweave.verify.provers import Prover

Forbidden = Callable[[str, Split, Candidate], frozenset[str]]
"""Given a run's place and a split: the documents that may not stand beside a candidate's own, by id."""


@dataclass(frozen=True, slots=True)
class Maker:
    """``proves_necessity`` says that its proof shows that the answer is void without any one needed
    document, so that no model has to be asked."""

    prover: Prover
    forbidden: Forbidden
    proves_necessity: bool


def _tables(settings: RunSettings) -> Maker:
    prover = partial(prove, pool=load_pool(), items=load_items(), limits=settings.tables.limits())
    return Maker(prover, _forbid_beside_tables, proves_necessity=True)


def _forbid_beside_tables(run: str, split: Split, candidate: Candidate) -> frozenset[str]:
    return open_conflicts(run, split).forbidden(candidate)


MAKERS: dict[str, Callable[[RunSettings], Maker]] = {"tables": _tables}
"""By ``Candidate.maker``."""
