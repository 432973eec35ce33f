"""A run whose gates ask a model over a socket, and the training sets drawn from it."""

import json
import re
import shutil
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from longweave.flows.makers import MAKERS
from longweave.flows.pipeline import begin, synthesize
from longweave.flows.question_sets import open_benchmark
from longweave.flows.report_step import read_dropped
from longweave.flows.selection_step import screen_samples, select_samples
from longweave.flows.settings import RunSettings
from longweave.flows.stage_sets_step import MadeSet, make_stage_sets
from longweave.flows.step import open_context
from longweave.synth.errors import RunError, SettingsError
from longweave.synth.funnel import read_funnel
from longweave.synth.records import Sample, from_row
from longweave.synth.run_directory import read_run
from longweave.synth.stage import run_in_turn
from longweave.synth.tokens import load_tokenizer
from longweave.synth.verl_rows import sample_from_row
from longweave.verify.marks import MARKS_FILE, Mark, MarkBook
from longweave.verify.trials import prompt_of_needed
from tests.conftest import SilentProgress
from tests.flows.test_judge_step import read_shards
from tests.model_server import RunningServer, ServerSettings, serve
from tests.verify.asked import answers, prompt_of

MODELS = ServerSettings(slots=16, models=("solver", "policy"))


class Reader:
    """A solver that answers right if all the evidence is in what it is shown. It has heard of the answers in
    ``known``; as the policy it is right half of the time."""

    def __init__(self, run: Path, known: tuple[str, ...] = ()) -> None:
        self.samples = {sample.question: sample for sample in read_samples(run, "verified")}
        self.known = known

    def __call__(self, body: Mapping[str, Any]) -> list[str]:
        prompt, n = prompt_of(body), body["n"]
        sample = next(sample for question, sample in self.samples.items() if question in prompt)
        if "<document" not in prompt:
            return answers(*[sample.answer if sample.question in self.known else "unknown"] * n)
        if not all(evidence.quote in prompt for evidence in sample.evidence):
            return answers(*["cannot be determined"] * n)
        if body["model"] == "policy":
            return answers(*[sample.answer if number % 2 else "unknown" for number in range(n)])
        return answers(*[sample.answer] * (n - 1), "unknown")


def read_samples(run: Path, folder: str) -> list[Sample]:
    return [
        from_row(row, Sample)
        for path in sorted((run / folder).glob("*.parquet"))
        for row in pq.read_table(path).to_pylist()
    ]


def read_exported(run: Path) -> list[Sample]:
    return [
        sample_from_row(row)
        for split in ("train", "val")
        for path in sorted((run / split).glob("*.parquet"))
        for row in pq.read_table(path).to_pylist()
    ]


def read_rejects(run: Path, step: str) -> dict[str, tuple[str, str]]:
    return {
        row["record_id"]: (row["reason"], row["detail"])
        for path in (run / "rejects" / step).glob("*.parquet")
        for row in pq.read_table(path).to_pylist()
    }


def settings_for(small: Mapping[str, Any], server: RunningServer | None, **verify: Any) -> RunSettings:
    gates = {
        "verdicts": {"judge": False},
        "grounding": {"tries": 4, "ablation": "all"},
        "robustness": {"tries": 4},
        "difficulty": {"tries": 4},
    }
    default: dict[str, Any] = {"model": "solver"}
    if server is not None:
        default["endpoints"] = [server.url]
    models: dict[str, Any] = {"default": default, "roles": {"policy": {"model": "policy"}}}
    if server is None:
        models["answers"] = {"mode": "replay"}
    selection = {"balance": {"per_bin": 50}}
    return RunSettings.model_validate(
        {**small, "verify": {**gates, **verify}, "models": models, "selection": selection}
    )


def make(settings: RunSettings, out: Path) -> Path:
    synthesize(settings, str(out), run_in_turn, SilentProgress())
    return out


@pytest.fixture(scope="module")
def gated_run(
    small_settings: Mapping[str, Any], undisturbed_run: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A complete run through all gates, one of whose questions the solver has heard of; not to be changed."""
    out = tmp_path_factory.mktemp("gated") / "run"
    reader = Reader(undisturbed_run)
    reader.known = (min(reader.samples),)
    with serve(MODELS, script=reader) as server:
        return make(settings_for(small_settings, server), out)


def test_every_exported_row_carries_what_the_models_answered(gated_run: Path) -> None:
    samples = read_exported(gated_run)
    assert len(samples) >= 5
    for sample in samples:
        kinds = Counter(trial.check for trial in sample.trials)
        several = len(sample.doc_ids) > 1
        assert kinds["closed_book"] == kinds["policy"] == 1
        assert kinds["needed_only"] == several and kinds["without_document"] == several * len(sample.doc_ids)
        assert kinds["context"] == 3 if sample.target_tokens == 8_000 else 2
        assert {trial.left_out for trial in sample.trials} - {""} == (
            set(sample.doc_ids) if several else set()
        )
        assert sample.difficulty == 0.5
        assert [check.name for check in sample.checks][2:] == [
            "screen_samples",
            "grounding",
            "robustness",
            "difficulty",
            "select_samples",
        ]


def test_only_samples_of_the_makers_that_are_named_are_put_to_the_policy(
    small_settings: Mapping[str, Any], undisturbed_run: Path, tmp_path: Path
) -> None:
    with serve(MODELS, script=Reader(undisturbed_run)) as server:
        gates = {"grounding": None, "robustness": None, "difficulty": {"tries": 4, "makers": ["kg"]}}
        run = make(settings_for(small_settings, server, **gates), tmp_path / "run")
    for sample in read_exported(run):
        (check,) = (check for check in sample.checks if check.name == "difficulty")
        assert check.k == 0 and "tables is not in verify.difficulty.makers" in check.detail
        assert sample.difficulty is None


@pytest.mark.parametrize(
    ("changed", "where"),
    [
        ({"verify": {"difficulty": {"makers": ["table"]}}}, "verify.difficulty.makers: no maker table"),
        ({"context": {"maker_targets": {"dialog": [9_000]}}}, "context.maker_targets: no maker dialog"),
    ],
)
def test_a_maker_that_there_is_not_is_refused(
    small_settings: Mapping[str, Any], changed: dict[str, Any], where: str
) -> None:
    with pytest.raises(ValueError, match=where):
        RunSettings.model_validate({**small_settings, **changed})


def test_contexts_that_are_tried_beside_the_shipped_one_differ_from_it(gated_run: Path) -> None:
    for sample in read_exported(gated_run):
        shipped, *others = (trial for trial in sample.trials if trial.check == "context")
        assert (shipped.target_tokens, shipped.context_seed) == (sample.target_tokens, sample.seed)
        assert len({trial.context_seed for trial in others} | {sample.seed}) == len(others) + 1
        assert all(trial.target_tokens >= sample.target_tokens for trial in others)
        assert any(trial.depth != shipped.depth for trial in others), "the evidence lies elsewhere"


def test_what_the_solver_has_heard_of_is_dropped_with_what_it_said(gated_run: Path) -> None:
    ((sample_id, (reason, detail)),) = read_rejects(gated_run, "check_grounding").items()
    dropped = next(sample for sample in read_samples(gated_run, "verified") if sample.sample_id == sample_id)
    assert reason == "known_without_documents" and detail == f"4 of 4 right: {dropped.answer}"
    assert sample_id not in {sample.sample_id for sample in read_exported(gated_run)}
    settings = RunSettings.model_validate(read_run(str(gated_run)).settings)
    (shown,) = read_dropped(str(gated_run), settings)
    assert [(trial.check, trial.passes) for trial in shown.sample.trials] == [("closed_book", 4)]


def test_gates_write_what_they_find_and_no_context(gated_run: Path) -> None:
    for name in ("screening", "grounding", "robustness", "difficulty"):
        (columns,) = {
            tuple(pq.read_schema(path).names) for path in (gated_run / "checks" / name).glob("*.parquet")
        }
        assert columns == ("sample_id", "checks", "trials", "difficulty")


def test_the_books_balance_from_gate_to_gate(gated_run: Path) -> None:
    stages = read_funnel(str(gated_run)).stages
    order = list(stages)[list(stages).index("verify_samples") :]
    assert order == [
        "verify_samples",
        "screen_samples",
        "check_grounding",
        "check_robustness",
        "measure_difficulty",
        "select_samples",
        "export",
    ]
    for before, after in pairwise(order):
        assert stages[before].kept == stages[after].n_in


def test_the_same_answers_give_the_same_bytes_without_a_server(
    gated_run: Path, small_settings: Mapping[str, Any]
) -> None:
    replayed = make(settings_for(small_settings, None), gated_run.parent / "replayed")
    assert read_shards(gated_run) == read_shards(replayed)


@pytest.mark.parametrize("unchecked", ["keep", "drop"])
def test_a_prompt_that_is_too_long_is_not_sent_and_that_is_said(
    unchecked: str, small_settings: Mapping[str, Any], undisturbed_run: Path, tmp_path: Path
) -> None:
    longest: list[int] = []
    reader = Reader(undisturbed_run)

    def script(body: Mapping[str, Any]) -> list[str]:
        longest.append(len(prompt_of(body)))
        return reader(body)

    limits = {"longest_prompt": 8_000, "unchecked": unchecked}
    with serve(MODELS, script=script) as server:
        run = make(settings_for(small_settings, server, **limits), tmp_path / "run")
    asked = [sample for sample in read_exported(run) if sample.target_tokens == 8_000]
    others = [sample for sample in read_exported(run) if sample.target_tokens > 8_000]
    assert asked and max(longest) < 60_000
    for sample in asked:
        assert {trial.target_tokens for trial in sample.trials if trial.check == "context"} == {8_000}
    if unchecked == "drop":
        assert others == []
        rejects = [
            *read_rejects(run, "check_grounding").values(),
            *read_rejects(run, "check_robustness").values(),
        ]
        assert rejects and {reason for reason, _ in rejects} == {"prompt_too_long"}
    else:
        for sample in others:
            robustness = next(check for check in sample.checks if check.name == "robustness")
            assert (robustness.k, robustness.passes) == (0, 0)
            assert robustness.detail.startswith("not asked: ") and "8,000" in robustness.detail


def needed_tokens(sample: Sample) -> int:
    """How long its needed documents are, as it shows them; 0 if it is but one."""
    return (len(sample.doc_ids) > 1) * sum(
        piece.n_tokens for piece in sample.context if piece.role == "needed"
    )


@pytest.fixture(scope="module")
def half(undisturbed_run: Path) -> int:
    """A limit, in tokens, which the needed documents of about half of the samples exceed."""
    lengths = sorted(map(needed_tokens, read_samples(undisturbed_run, "verified")))
    assert 0 < lengths[len(lengths) // 2] < lengths[-1]
    return lengths[len(lengths) // 2]


def ground_again(
    small_settings: Mapping[str, Any], undisturbed_run: Path, out: Path, longest: int, **verify: Any
) -> tuple[Path, list[str]]:
    """A run through the grounding gate alone, and the prompts that it sent."""
    prompts: list[str] = []
    reader = Reader(undisturbed_run)

    def script(body: Mapping[str, Any]) -> list[str]:
        prompts.append(prompt_of(body))
        return reader(body)

    given = {"longest_prompt": longest, "robustness": None, "difficulty": None} | verify
    with serve(MODELS, script=script) as server:
        return make(settings_for(small_settings, server, **given), out), prompts


def test_a_long_sample_of_a_maker_without_a_proof_of_need_is_asked_around_its_evidence(
    small_settings: Mapping[str, Any],
    undisturbed_run: Path,
    half: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tables = MAKERS["tables"]
    monkeypatch.setitem(MAKERS, "tables", lambda whole: replace(tables(whole), proves_necessity=False))
    grounding = {"tries": 4, "ablation": "unproven"}
    run, prompts = ground_again(small_settings, undisturbed_run, tmp_path / "run", half, grounding=grounding)
    assert not read_rejects(run, "check_grounding")
    several = [sample for sample in read_exported(run) if needed_tokens(sample)]
    long = [sample for sample in several if needed_tokens(sample) > half]
    assert long and len(long) < len(several)
    for sample in several:
        (check,) = (check for check in sample.checks if check.name == "grounding")
        kinds = Counter(trial.check for trial in sample.trials)
        assert kinds == {"closed_book": 1, "needed_only": 1, "without_document": len(sample.doc_ids)}
        sent = [prompt for prompt in prompts if sample.question in prompt and "<document" in prompt]
        assert len(sent) == 1 + len(sample.doc_ids)
        documents = max(sent, key=len).rpartition("</text>")[0]
        assert all(evidence.quote in documents for evidence in sample.evidence)
        assert load_tokenizer().count(documents) < 1.2 * half
        whole = prompt_of_needed(sample).documents
        if sample in long:
            said = r"documents shown by [\d,]+ characters around their evidence"
            assert re.fullmatch(said, check.detail) and len(documents) < 0.95 * len(whole)
        else:
            assert check.detail == "" and whole.startswith(documents)


@pytest.mark.parametrize("unchecked", ["keep", "drop"])
def test_a_long_sample_of_a_maker_that_proves_need_is_not_asked_in_parts_and_that_is_said(
    unchecked: str, small_settings: Mapping[str, Any], undisturbed_run: Path, half: int, tmp_path: Path
) -> None:
    run, prompts = ground_again(small_settings, undisturbed_run, tmp_path / "run", half, unchecked=unchecked)
    samples = {sample.sample_id: sample for sample in read_samples(run, "verified")}
    long = {name for name, sample in samples.items() if needed_tokens(sample) > half}
    said = re.compile(rf"with documents left out not asked: [\d,]+ tokens, verify.longest_prompt is {half:,}")
    rejects = read_rejects(run, "check_grounding")
    asked = [[one for one in prompts if samples[name].question in one] for name in sorted(long)]
    assert rejects.keys() == (long if unchecked == "drop" else set()) and asked
    if unchecked == "drop":
        assert all(reason == "prompt_too_long" and said.fullmatch(why) for reason, why in rejects.values())
        assert not any(asked)
        return
    assert all(len(sent) == 1 and "<document" not in sent[0] for sent in asked), "closed-book alone"
    exported = [sample for sample in read_exported(run) if sample.sample_id in long]
    assert exported
    for sample in exported:
        (check,) = (check for check in sample.checks if check.name == "grounding")
        assert said.fullmatch(check.detail) and [trial.check for trial in sample.trials] == ["closed_book"]


def test_a_long_sample_that_nobody_wants_to_ask_in_parts_is_neither_cut_nor_dropped(
    small_settings: Mapping[str, Any], undisturbed_run: Path, half: int, tmp_path: Path
) -> None:
    grounding = {"tries": 4, "ablation": "unproven"}
    run, prompts = ground_again(
        small_settings, undisturbed_run, tmp_path / "run", half, grounding=grounding, unchecked="drop"
    )
    samples = [sample for sample in read_exported(run) if needed_tokens(sample) > half]
    assert samples and not read_rejects(run, "check_grounding")
    for sample in samples:
        (check,) = (check for check in sample.checks if check.name == "grounding")
        assert check.detail == "" and check.k == 4
    assert not [prompt for prompt in prompts if "<document" in prompt]


def stage_sets(run: Path, out: Path, *changes: str, stages: tuple[str, ...] = ()) -> list[MadeSet]:
    return list(make_stage_sets(str(run), changes, stages, str(out), run_in_turn, SilentProgress()))


SHORT = "{name: short, max_prompt_tokens: 8000, max_response_tokens: 1000}"
LONG = "{name: long, max_prompt_tokens: 20000, max_response_tokens: 2000, past_share: 0.5}"
STAGES = f"selection.stages=[{SHORT}, {LONG}]"


def test_stages_get_what_fits_and_past_samples_measured_at_their_lengths(
    gated_run: Path, undisturbed_run: Path, tmp_path: Path
) -> None:
    lengths: set[tuple[str, int]] = set()
    reader = Reader(undisturbed_run)

    def script(body: Mapping[str, Any]) -> list[str]:
        lengths.add((body["model"], body["max_tokens"]))
        return reader(body)

    with serve(MODELS, script=script) as server:
        endpoint = f"models.default.endpoints=[{server.url!r}]"
        short, long = stage_sets(gated_run, tmp_path, STAGES, endpoint)
        n_asked = len(server.requests())
        again = stage_sets(gated_run, tmp_path / "again", STAGES, endpoint)
        assert len(server.requests()) == n_asked, "the run's store has the answers"
    assert lengths == {("policy", 1_000), ("policy", 2_000)}
    for made, other in zip((short, long), again, strict=True):
        assert read_shards(Path(made.folder)) == read_shards(Path(other.folder))
    in_short, in_long = (read_exported(Path(made.folder)) for made in (short, long))
    assert in_short and all(sample.target_tokens == 8_000 for sample in in_short)
    kinds = json.loads(Path(long.folder, "stage_set.json").read_text())["members"]
    assert {member["kind"] for member in kinds.values()} >= {"fresh", "past"}
    for sample in in_long:
        (measured,) = (trial for trial in sample.trials if trial.stage == "long")
        assert (measured.check, measured.passes, measured.n) == ("policy", 2, 4)
    past = next(member for member in kinds.values() if member["kind"] == "past")
    assert past["weight"] == 2 and "mean reward 0.50" in past["why"]


def test_a_benchmark_that_was_forgotten_is_kept_out_afterwards(gated_run: Path, tmp_path: Path) -> None:
    asked = read_exported(gated_run)[0]
    benchmark = tmp_path / "benchmark.jsonl"
    benchmark.write_text(json.dumps({"id": "b1", "question": asked.question, "answer": asked.answer}) + "\n")
    (made,) = stage_sets(
        gated_run,
        tmp_path / "sets",
        f"selection.stages=[{LONG}]",
        "verify.difficulty=null",
        f"corpus.decontamination.sets=[{{name: forgotten, paths: [{str(benchmark)!r}]}}]",
    )
    reason, detail = read_rejects(Path(made.folder), "screen_samples")[asked.sample_id]
    assert reason in ("asks_benchmark_question", "contaminated") and "forgotten, row b1" in detail
    assert asked.sample_id not in {sample.sample_id for sample in read_exported(Path(made.folder))}


def test_a_benchmark_whose_rows_share_an_id_is_known_row_by_row(gated_run: Path, tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [{"id": "d1", "question": "Who wrote the report?", "answer": "Doug"}]
    rows += [
        {"id": "d1", "question": sample.question, "answer": float(sample.answer)}
        for sample in read_exported(gated_run)
        if sample.answer_kind == "number"
    ]
    benchmark = tmp_path / "benchmark.jsonl"
    benchmark.write_text("".join(json.dumps(row) + "\n" for row in rows))
    settings = RunSettings.model_validate(read_run(str(gated_run)).settings)
    sets = ({"name": "set", "paths": [str(benchmark)]},)
    decontamination = settings.corpus.decontamination.model_validate({"sets": sets})
    index = open_benchmark(decontamination)
    assert [question.question for question in index.questions] == [row["question"] for row in rows]
    assert [question.answer for question in index.questions] == [str(row["answer"]) for row in rows]


def test_a_sample_that_is_there_twice_is_kept_once(
    small_settings: Mapping[str, Any], undisturbed_run: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    shutil.copytree(undisturbed_run, run)
    for made in ("checks", "selected"):
        shutil.rmtree(run / made)
    shards = sorted((run / "verified").glob("*.parquet"))
    shard = next(path for path in shards if pq.read_metadata(path).num_rows)
    table = pq.read_table(shard)
    pq.write_table(pa.concat_tables([table, table.slice(0, 1)]), shard)
    settings = RunSettings.model_validate(small_settings)
    with (
        begin(settings, str(run)) as directory,
        open_context(directory, settings, run_in_turn, SilentProgress()) as context,
    ):
        screen_samples(context)
        select_samples(context)
    assert [reason for reason, _ in read_rejects(run, "screen_samples").values()] == ["repeated_sample"]
    assert read_funnel(str(run)).stages["select_samples"].kept == sum(
        pq.read_metadata(path).num_rows for path in (undisturbed_run / "verified").glob("*.parquet")
    )


def test_marks_of_people_decide_what_is_trained_on(
    small_settings: Mapping[str, Any], undisturbed_run: Path, tmp_path: Path
) -> None:
    run = make(RunSettings.model_validate(small_settings), tmp_path / "run")
    bad, *_ = read_exported(run)
    MarkBook(run / MARKS_FILE).add(Mark(sample_id=bad.sample_id, mark="bad", reason="odd wording"))
    longest = f"selection.stages=[{LONG}]"
    (dropped,) = stage_sets(run, tmp_path / "dropped", longest)
    (ignored,) = stage_sets(run, tmp_path / "ignored", longest, "selection.reviewed=ignore")
    assert read_rejects(Path(dropped.folder), "select_samples") == {
        bad.sample_id: ("marked_bad", "odd wording")
    }
    ids = [{sample.sample_id for sample in read_exported(Path(made.folder))} for made in (dropped, ignored)]
    assert ids[1] - ids[0] == {bad.sample_id}


def test_a_set_is_refused_with_one_line_if_it_cannot_be_what_is_asked_for(
    gated_run: Path, tmp_path: Path
) -> None:
    with pytest.raises(SettingsError, match=r"no stage huge\. There are: full-20k"):
        stage_sets(gated_run, tmp_path, stages=("huge",))
    with pytest.raises(RunError, match="not a run directory"):
        stage_sets(tmp_path / "nothing", tmp_path)
    changes = (f"selection.stages=[{LONG}]", "verify.difficulty=null")
    stage_sets(gated_run, tmp_path / "sets", *changes)
    with pytest.raises(RunError, match=r"begun with other settings: .*selection.size"):
        stage_sets(gated_run, tmp_path / "sets", *changes, "selection.size=1")
