"""The makers of samples, each with what the steps need of it: its prover, what may not pad its samples, and
what its proof shows.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from longweave.flows.kg_ask import KG_CANDIDATES
from longweave.flows.kg_stages import kg_shards
from longweave.flows.mase_step import MASE_CANDIDATES, mase_shards
from longweave.flows.posed_step import CODE_CANDIDATES, DIALOGUE_CANDIDATES, code_shards, dialogue_shards
from longweave.flows.settings import RunSettings
from longweave.flows.tables_step import CANDIDATES, candidate_shards, open_conflicts
from longweave.kg.code import conflicts_code, prove_code
from longweave.kg.prove import prove as prove_chain
from longweave.kg.prove import read_plan, states_hop
from longweave.kg.scarcity import check_scarcity
from longweave.mase.dialogue import conflicts_dialogue, prove_dialogue
from longweave.mase.prove import conflicts_mase, prove_mase
from longweave.synth.place import ShownPiece
from longweave.synth.records import Candidate, Check
from longweave.synth.splits import Split
from longweave.tables import load_items, load_pool, prove
from longweave.verify.provers import Prover

Forbidden = Callable[[str, Split, Candidate], Callable[[ShownPiece], bool]]
"""Given a run's place and a split: says of a piece whether it may not stand beside the candidate's own."""


@dataclass(frozen=True, slots=True)
class Maker:
    """``proves_necessity`` says that its proof shows that the answer is void without any one needed
    document, so that no model has to be asked. Its candidates are the ``shards`` of ``folder``, whose keys
    begin with the split and are no other maker's."""

    folder: str
    shards: Sequence[str]
    prover: Prover
    forbidden: Forbidden
    proves_necessity: bool
    weigh: Callable[[Candidate, float], Check] | None = None
    """Given the closed-book pass rate: what the maker records of how rare the knowledge is."""


def _tables(settings: RunSettings) -> Maker:
    prover = partial(prove, pool=load_pool(), items=load_items(), limits=settings.tables.limits())
    return Maker(CANDIDATES, candidate_shards(), prover, _forbid_beside_tables, proves_necessity=True)


def _forbid_beside_tables(run: str, split: Split, candidate: Candidate) -> Callable[[ShownPiece], bool]:
    forbidden = open_conflicts(run, split).forbidden(candidate)
    return lambda piece: piece.doc_id in forbidden


def _kg(settings: RunSettings) -> Maker:
    most = settings.kg.max_commonness if settings.kg is not None else 1.0
    return Maker(
        KG_CANDIDATES,
        kg_shards(settings),
        prove_chain,
        _forbid_beside_chains,
        proves_necessity=False,
        weigh=lambda candidate, rate: check_scarcity(read_plan(candidate).scarcity, rate, most),
    )


def _forbid_beside_chains(run: str, split: Split, candidate: Candidate) -> Callable[[ShownPiece], bool]:
    plan = read_plan(candidate)
    return lambda piece: states_hop(plan, piece.title, piece.body)


def _kg_code(settings: RunSettings) -> Maker:
    return Maker(
        CODE_CANDIDATES, code_shards(settings), prove_code, _forbid_beside_code, proves_necessity=True
    )


def _forbid_beside_code(run: str, split: Split, candidate: Candidate) -> Callable[[ShownPiece], bool]:
    return lambda piece: conflicts_code(candidate, piece.title, piece.body)


def _dialogue(settings: RunSettings) -> Maker:
    return Maker(
        DIALOGUE_CANDIDATES,
        dialogue_shards(settings),
        prove_dialogue,
        _forbid_beside_dialogue,
        proves_necessity=True,
    )


def _forbid_beside_dialogue(run: str, split: Split, candidate: Candidate) -> Callable[[ShownPiece], bool]:
    return lambda piece: conflicts_dialogue(candidate, piece.title, piece.body)


def _mase(settings: RunSettings) -> Maker:
    return Maker(
        MASE_CANDIDATES, mase_shards(settings), prove_mase, _forbid_beside_mase, proves_necessity=False
    )


def _forbid_beside_mase(run: str, split: Split, candidate: Candidate) -> Callable[[ShownPiece], bool]:
    return lambda piece: conflicts_mase(candidate, piece.title, piece.body)


MAKERS: dict[str, Callable[[RunSettings], Maker]] = {
    "tables": _tables,
    "kg": _kg,
    "kg_code": _kg_code,
    "dialogue": _dialogue,
    "mase": _mase,
}
"""By ``Candidate.maker``."""


def candidate_files(settings: RunSettings) -> Iterator[tuple[str, str]]:
    """Key and folder of every shard of candidates that a run with these settings makes."""
    for load in MAKERS.values():
        maker = load(settings)
        yield from ((key, maker.folder) for key in maker.shards)
