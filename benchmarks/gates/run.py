"""A run with planted samples: made, gated by the real steps of the pipeline, and counted.

The steps up to ``verify_samples`` make real samples of real documents. Then the shards of ``samples/`` are
written anew with the benchmark's scene, ``verified/`` is cleared, and every further step is taken on it as on
any run. Two things are handed to the steps in place of their own: the provers of the benchmark's makers, and
that no document may not stand beside a text question.
"""

import shutil
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

from benchmarks.gates.passages import MAKER, OTHER_MAKER, prove_passage
from benchmarks.gates.plan import BENCHMARK_FILE, DUPLICATE, KINDS, PARAPHRASED, Scene, set_scene
from benchmarks.gates.samples import Placed, Workshop, place_tables
from benchmarks.gates.solver import JUDGE, SOLVER, VERIFIER, HonestModels
from longweave.flows.gates_step import check_grounding, check_robustness
from longweave.flows.makers import MAKERS, Maker
from longweave.flows.pipeline import STEPS, begin
from longweave.flows.samples_step import SAMPLES, VERIFIED, sample_shards, verify_samples
from longweave.flows.selection_step import screen_samples, select_samples
from longweave.flows.settings import RunSettings
from longweave.flows.step import StepContext, open_context
from longweave.flows.tables_step import open_conflicts, split_of_shard
from longweave.synth.files import ParquetSink, join_path, list_files, open_whole, read_rows
from longweave.synth.funnel import Counts
from longweave.synth.llm.meter import Meter
from longweave.synth.place import ShownPiece
from longweave.synth.records import SAMPLE_SCHEMA, Candidate, Sample, from_row, to_table
from longweave.synth.splits import Split
from longweave.synth.stage import MadeShard, run_in_turn
from longweave.synth.workers import count_cores, open_processes
from tests.model_server import ServerSettings, serve

CORPUS = Path(__file__).parents[2] / "data" / "sample"
QUESTIONS = Path(__file__).parent / BENCHMARK_FILE
GATES = (verify_samples, screen_samples, check_grounding, check_robustness, select_samples)
LEAST_CAUGHT, LEAST_PARAPHRASED, MOST_LOST = 0.95, 0.7, 0.02
"""The targets: shares of the planted samples that are caught, and of the good ones that are lost."""

_SLOTS = 16


@dataclass(frozen=True)
class Size:
    """How much is made; ``sources`` are the JSON-lines files of the corpus."""

    good: int = 200
    planted: int = 24
    questions_per_kind: int = 7
    sources: tuple[str, ...] = (f"{CORPUS}/*.jsonl.gz",)


@dataclass(frozen=True)
class Outcome:
    """The scene, and for each sample that was not selected the step and the reason."""

    scene: Scene
    rejected: Mapping[str, str]

    def catches(self) -> Iterator[tuple[str, str, bool, str]]:
        """Kind, variant, whether it was caught and by what, for each planted sample. A duplicate is caught if
        screening drops it or the good sample that it repeats."""
        for planted in self.scene.planted:
            ids = [planted.placed.sample.sample_id, planted.beside]
            found = [self.rejected[name] for name in ids if name in self.rejected]
            if planted.kind == DUPLICATE:
                found = [by for by in found if by.startswith(screen_samples.__name__)]
            yield planted.kind, planted.variant, bool(found), found[0] if found else ""

    def losses(self) -> list[tuple[Placed, str]]:
        """The good samples that were not selected, but for those of which a duplicate was kept."""
        ids = {placed.placed.sample.sample_id: placed.beside for placed in self.scene.planted}
        replaced = {beside for own, beside in ids.items() if beside and own not in self.rejected}
        return [
            (placed, self.rejected[placed.sample.sample_id])
            for placed in self.scene.good
            if placed.sample.sample_id in self.rejected and placed.sample.sample_id not in replaced
        ]


def run_benchmark(out: str, size: Size, seed: int) -> Outcome:
    """Make the run in ``out``, which must not be there, and gate it."""
    models = HonestModels()
    with serve(ServerSettings(slots=_SLOTS, models=(SOLVER, JUDGE, VERIFIER)), script=models) as server:
        settings = make_settings(size, seed, server.url)
        with begin(settings, out) as run:
            with (
                open_processes(count_cores()) as execute,
                open_context(run, settings, execute, Silent()) as context,
            ):
                for step in STEPS[: STEPS.index(verify_samples) + 1]:
                    step(context)
            workshop = Workshop(run.url, settings, Random(seed))
            scene = set_scene(place_tables(list(_read_verified(context))), workshop, size.good, size.planted)
            models.learn(scene.asks(), scene.known())
            _write_scene(context, scene)
            with (
                _handed_to_steps(),
                open_context(run, settings, run_in_turn, Silent()) as context,
            ):
                for gate in GATES:
                    gate(context)
    return Outcome(scene, dict(_read_rejects(out)))


def make_settings(size: Size, seed: int, url: str) -> RunSettings:
    """The settings of the run: defaults, but for short contexts and no limit on what may be dropped."""
    return RunSettings.model_validate(
        {
            "seed": seed,
            "corpus": {
                "sources": [{"name": "sample", "format": "jsonl", "paths": list(size.sources)}],
                "decontamination": {
                    "sets": [
                        {"name": "questions", "paths": [str(QUESTIONS)], "fields": ["question", "answer"]}
                    ]
                },
            },
            "models": {
                "default": {"endpoints": [url], "model": SOLVER},
                "roles": {"judge": {"model": JUDGE}, "verifier": {"model": VERIFIER}},
            },
            "tables": {"questions_per_kind": size.questions_per_kind},
            "context": {"targets": [8_000, 20_000]},
            "verify": {"grounding": {}, "robustness": {}},
            "shards": {"source_bytes": 1, "document_tokens": 400_000},
            "limits": {gate.__name__: 1.0 for gate in GATES[:-1]},
        }
    )


def measure(outcome: Outcome) -> Iterator[dict[str, Any]]:
    """A line for each kind of fault, then one for the good samples; ``met`` says whether its target is."""
    by_kind: dict[str, list[tuple[str, bool, str]]] = defaultdict(list)
    for kind, variant, caught, by in outcome.catches():
        by_kind[kind].append((variant, caught, by))
    for kind in KINDS:
        found = by_kind[kind]
        n_caught = sum(caught for _, caught, _ in found)
        share = n_caught / max(1, len(found))
        target = LEAST_PARAPHRASED if kind == PARAPHRASED else LEAST_CAUGHT
        variants: dict[str, list[bool]] = defaultdict(list)
        for variant, caught, _ in found:
            variants[variant].append(caught)
        yield {
            "benchmark": "gates",
            "kind": kind,
            "planted": len(found),
            "caught": n_caught,
            "share": round(share, 4),
            "at_least": target,
            "met": share >= target,
            "by": dict(Counter(by for _, caught, by in found if caught).most_common()),
            "variants": {name: f"{sum(hits)} of {len(hits)}" for name, hits in variants.items()},
        }
    lost = outcome.losses()
    share = len(lost) / max(1, len(outcome.scene.good))
    yield {
        "benchmark": "gates",
        "kind": "good",
        "samples": len(outcome.scene.good),
        "lost": len(lost),
        "share": round(share, 4),
        "at_most": MOST_LOST,
        "met": share <= MOST_LOST,
        "by": dict(Counter(f"{by} ({placed.sample.question_type})" for placed, by in lost).most_common()),
    }


class Silent:
    """A ``Progress`` that says nothing."""

    def begin(self, stage: str, shards: int) -> None:
        """Nothing."""

    def advance(self, stage: str, made: MadeShard) -> None:
        """Nothing."""

    def models(self, stage: str, meter: Meter) -> None:
        """Nothing."""

    def end(self, stage: str, counts: Counts) -> None:
        """Nothing."""

    def warn(self, what: str) -> None:
        """Nothing."""


def _read_verified(context: StepContext) -> Iterator[tuple[Split, Sample]]:
    for key in sample_shards(context.run.url, context.settings):
        for row in read_rows(context.run.path(VERIFIED, f"{key}.parquet")):
            yield split_of_shard(key), from_row(row, Sample).model_copy(update={"checks": []})


def _write_scene(context: StepContext, scene: Scene) -> None:
    """The samples of the scene in place of those that ``extend_context`` has left, shard by shard of their
    split, in the order of their ids."""
    run = context.run
    shutil.rmtree(run.path(VERIFIED))
    shutil.rmtree(run.path("rejects"), ignore_errors=True)
    placed = [*scene.good, *(planted.placed for planted in scene.planted)]
    samples = sorted(placed, key=lambda one: one.sample.sample_id)
    keys = sample_shards(run.url, context.settings)
    for key in keys:
        split = split_of_shard(key)
        own = [one.sample for one in samples if one.split == split]
        siblings = [other for other in keys if split_of_shard(other) == split]
        with open_whole(run.path(SAMPLES, f"{key}.parquet")) as file:
            sink = ParquetSink(file, SAMPLE_SCHEMA)
            for sample in own[siblings.index(key) :: len(siblings)]:
                sink.write(to_table([sample], Sample))
            sink.close({})


@contextmanager
def _handed_to_steps() -> Iterator[None]:
    """The steps find the benchmark's makers beside the project's own."""

    def forbid(run: str, split: Split, candidate: Candidate) -> Callable[[ShownPiece], bool]:
        is_numeric = '"plan":' in candidate.reasoning
        forbidden = open_conflicts(run, split).forbidden(candidate) if is_numeric else frozenset()
        return lambda piece: piece.doc_id in forbidden

    def load(settings: RunSettings) -> Maker:
        return Maker("", (), prove_passage, forbid, proves_necessity=False)

    with patch.dict(MAKERS, {MAKER: load, OTHER_MAKER: load}):
        yield


def _read_rejects(out: str) -> Iterator[tuple[str, str]]:
    for gate in GATES:
        folder = join_path(out, "rejects", gate.__name__)
        for name in list_files(folder, ".parquet"):
            for row in read_rows(join_path(folder, name)):
                yield row["record_id"], f"{gate.__name__}: {row['reason']}"
