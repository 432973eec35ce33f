"""The pipeline as a list of steps: documents → facts → questions → contexts → verified samples → dataset.

``synthesize`` takes them in turn. How the shards of a stage are made is handed in (``Execute``): by worker
processes for the ``longweave`` command, as Prefect tasks for the flows. Both make the same shards with the
same functions, and either can continue what the other began.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple, Protocol

from longweave.flows.corpus_step import filter_corpus, plan_sources
from longweave.flows.dataset_step import export
from longweave.flows.gates_step import check_grounding, check_robustness, measure_difficulty
from longweave.flows.judge_step import judge_corpus
from longweave.flows.kg_ask import ask_questions
from longweave.flows.kg_read import extract_facts
from longweave.flows.kg_step import WEAVING
from longweave.flows.kg_weave import decide_names
from longweave.flows.mase_step import EVOLVING, evolve_clusters
from longweave.flows.opened import forget_opened, open_tokenizer
from longweave.flows.posed_step import pose_code_questions, pose_dialogue_questions
from longweave.flows.samples_step import extend_context, verify_samples
from longweave.flows.selection_step import screen_samples, select_samples
from longweave.flows.settings import EXCLUDED, RunSettings
from longweave.flows.step import StepContext, open_context
from longweave.flows.tables_step import pose_queries, relate_tables
from longweave.synth.config import resolve_settings
from longweave.synth.files import join_path, path_exists
from longweave.synth.funnel import Funnel, read_funnel
from longweave.synth.run_directory import RUN_FILE, RunDirectory, open_run
from longweave.synth.stage import Execute, Progress


class Step(Protocol):
    """One step of the pipeline; what is there already is not made again."""

    __name__: str

    def __call__(self, context: StepContext, /) -> None:
        """Take the step."""


FIRST: Sequence[Step] = (filter_corpus, judge_corpus, relate_tables)
"""Steps that every maker needs before it: they choose the documents and split them."""

STEPS: Sequence[Step] = (
    *FIRST,
    pose_queries,
    *WEAVING,
    pose_code_questions,
    pose_dialogue_questions,
    *EVOLVING,
    extend_context,
    verify_samples,
    screen_samples,
    check_grounding,
    check_robustness,
    measure_difficulty,
    select_samples,
    export,
)

ASKING: Collection[Step] = (
    judge_corpus,
    extract_facts,
    decide_names,
    ask_questions,
    evolve_clusters,
    check_grounding,
    check_robustness,
    measure_difficulty,
)
"""Steps that ask models: they stay in one process."""


class Made(NamedTuple):
    """What a run has come to: its directory and its books."""

    run: RunDirectory
    funnel: Funnel


@contextmanager
def begin(settings: RunSettings, out: str) -> Iterator[RunDirectory]:
    """The run in ``out``, begun or continued with ``settings``, and locked for the block.

    What the settings name is looked for before anything is made: a mistake should cost no run directory.

    Raises:
        InputError: A source is not there.
        RunError: It is in use, not writable, or was begun with other settings.
        SettingsError: The tokenizer is not there, or a role that is asked has no model or endpoint.
    """
    forget_opened()
    if not path_exists(join_path(out, RUN_FILE)):
        open_tokenizer(settings.tokenizer)
        plan_sources(settings)
        for role in settings.asked_roles():
            settings.models.role(role)
    with open_run(out, resolve_settings(settings), EXCLUDED, settings.seed) as run:
        yield run


def synthesize(settings: RunSettings, out: str, execute: Execute, progress: Progress) -> Made:
    """Take all steps in the run directory ``out``.

    Raises:
        LongweaveError: One clear line; what is finished stays, and the next call goes on from there.
    """
    with begin(settings, out) as run, open_context(run, settings, execute, progress) as context:
        for step in STEPS:
            step(context)
        run.set_status("complete")
    return Made(run, read_funnel(out))
