"""``report.html`` of a run: its books, samples, rejects and spending, handed to ``verify.report``."""

from collections.abc import Iterator, Sequence
from dataclasses import fields

from longweave.flows.checked import Gate, gates_of, open_pool
from longweave.flows.mase_step import ROUNDS
from longweave.flows.samples_step import sample_shards
from longweave.flows.selection_step import SHORTFALLS
from longweave.flows.settings import RunSettings
from longweave.synth.files import (
    join_path,
    list_files,
    path_exists,
    read_footer,
    read_json,
    read_rows,
    write_text,
)
from longweave.synth.funnel import Funnel, read_funnel
from longweave.synth.records import read_trials
from longweave.synth.splits import SPLITS
from longweave.verify.report import (
    DroppedSample,
    RejectedRow,
    RoundLine,
    SpendingLine,
    StageBooks,
    build_report,
)

REPORT = "report.html"
_UNITS = {
    **dict.fromkeys(("filter_corpus", "deduplicate_corpus", "judge_corpus", "relate_tables"), "documents"),
    **dict.fromkeys(("choose_passages", "extract_facts"), "passages"),
    **dict.fromkeys(("ground_facts", "weave_entities"), "facts"),
    **dict.fromkeys(("decide_names",), "batches of names"),
    **dict.fromkeys(("sample_chains", "perturb_chains"), "paths"),
    **dict.fromkeys(("choose_clusters", "evolve_clusters"), "clusters"),
    **dict.fromkeys(("keep_pairs",), "proposals"),
    **dict.fromkeys(
        ("pose_queries", "ask_questions", "pose_code_questions", "pose_dialogue_questions"), "questions"
    ),
}
"""What each step counts; all others count samples."""


def write_report(run: str, settings: RunSettings) -> str:
    """Write ``report.html`` of the run at ``run``; returns its path.

    Raises:
        RunError: There is no such run, or it cannot be written.
    """
    funnel = read_funnel(run)
    page = build_report(
        name_of(run),
        [
            StageBooks(name, c.n_in, c.kept, c.dropped, _UNITS.get(name, "samples"))
            for name, c in funnel.stages.items()
        ],
        open_pool(run, settings).read_all(),
        read_rejects(run, list(funnel.stages)),
        {split: sum(read_footer(path)[0] for path in exported_files(run, split)) for split in SPLITS},
        dropped=read_dropped(run, settings),
        rounds=_read_rounds(run),
        spending=_list_spending(funnel),
        shortfalls=_read_shortfalls(run),
    )
    write_text(join_path(run, REPORT), page)
    return join_path(run, REPORT)


def read_rejects(run: str, stages: Sequence[str]) -> Iterator[RejectedRow]:
    """All rejects of a run, stage by stage."""
    for stage in stages:
        folder = join_path(run, "rejects", stage)
        for name in list_files(folder, ".parquet"):
            yield from _rejects_in(join_path(folder, name))


def read_dropped(run: str, settings: RunSettings) -> Iterator[DroppedSample]:
    """The samples that the gates have dropped, with what the gates before had found out."""
    pools = {gate: open_pool(run, settings, before=gate) for gate in gates_of(settings)}
    for key in sample_shards(run, settings):
        for gate, pool in pools.items():
            why = read_reasons(run, gate, key)
            if not why:
                continue
            for sample in pool.read(key):
                if (row := why.get(sample.sample_id)) is not None:
                    found = {"trials": [*sample.trials, *read_trials(row.found)]}
                    yield DroppedSample(gate.step, row.reason, row.detail, sample.model_copy(update=found))


def read_reasons(run: str, gate: Gate, key: str) -> dict[str, RejectedRow]:
    """What ``gate`` has dropped of a shard, by sample id."""
    path = join_path(run, "rejects", gate.step, f"{key}.parquet")
    return {row.record_id: row for row in _rejects_in(path)} if path_exists(path) else {}


def exported_files(run: str, split: str) -> list[str]:
    """The Parquet files that the run at ``run`` has exported for ``split``."""
    folder = join_path(run, split)
    return [join_path(folder, name) for name in list_files(folder, ".parquet")]


def name_of(run: str) -> str:
    """The name of the run's folder."""
    return run.rstrip("/").rpartition("/")[2]


def _rejects_in(path: str) -> Iterator[RejectedRow]:
    for row in read_rows(path):
        yield RejectedRow(row["stage"], row["record_id"], row["reason"], row["detail"], row["found"] or "")


def _read_rounds(run: str) -> Iterator[RoundLine]:
    folder = join_path(run, ROUNDS)
    for name in list_files(folder, ".parquet"):
        for row in read_rows(join_path(folder, name)):
            yield RoundLine(**{field: row[field] for field in RoundLine._fields})


def _list_spending(funnel: Funnel) -> list[SpendingLine]:
    """The lines of each step together, in the order of the funnel."""
    order = {stage: n for n, stage in enumerate(funnel.stages)}
    lines = sorted(funnel.models, key=lambda line: order.get(line["stage"], len(order)))
    names = [entry.name for entry in fields(SpendingLine)]
    return [SpendingLine(**{name: line[name] for name in names}) for line in lines]


def _read_shortfalls(run: str) -> list[str]:
    path = join_path(run, SHORTFALLS)
    return [str(sentence) for sentence in read_json(path)] if path_exists(path) else []
