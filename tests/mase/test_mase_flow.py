"""Documents to proven samples by evolved questions, with a scripted server; killed in the middle as well."""

import gzip
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from longweave.flows.mase_step import (
    CLUSTERS,
    EVOLVING,
    MASE_CANDIDATES,
    ROUNDS,
    _keep_pairs,
    mase_shards,
)
from longweave.flows.pipeline import FIRST, STEPS, Step, begin
from longweave.flows.samples_step import VERIFIED, verify_samples
from longweave.flows.settings import RunSettings
from longweave.flows.step import open_context
from longweave.mase.prove import prove_mase
from longweave.mase.records import Round
from longweave.mase.settings import MaseSettings
from longweave.synth.files import read_rows
from longweave.synth.records import Candidate, Sample, from_row
from longweave.synth.stage import Kept, Reject, run_in_turn
from tests.conftest import ROOT, SilentProgress
from tests.mase.made_clusters import role_of
from tests.model_server import RunningServer, ServerSettings, serve
from tests.run_files import read_data_files

KEYS = ("train-mase-reading_comprehension", "train-mase-viewpoint_analysis")
DOCUMENTS = tuple(f"sotu-{year}" for year in range(1945, 1958))
_DOCUMENT = re.compile(r'<document index="\d+" title="([^"\n]*)">\n(.*?)</document>', re.DOTALL)
_SENTENCE = re.compile(r"(?<=[.!?] )[A-Z][^.!?\n]{60,200}[a-z]{6,}(?=\.)")
_SAID = re.compile(r"no\. (\d+)")
_MAIN = "from longweave.flows.cli import main; main()"
_PATIENCE = 120
_ON_THEIR_WAY = 6


@dataclass
class Examiner:
    """Asks about the last words of sentences, solves every second time, and now and then does badly."""

    golds: dict[str, str] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)

    def __call__(self, body: Mapping[str, Any]) -> str | Sequence[str]:
        prompt, n = body["messages"][0]["content"], int(body.get("n") or 1)
        role = role_of(prompt)
        self.asked[role] += 1
        if role == "verifier":
            return ["It is another word. [[NO]]"] * n
        if role == "proposer":
            return json.dumps(self._propose(prompt, body["seed"]))
        question = prompt.rpartition("</text>\n\n")[2].partition("\n\nWork out")[0]
        gold = self.golds[question.partition("\n")[0]]
        if len(gold) == 1:
            return [f"Therefore, the answer is {letter}" for letter in "ABCD"[:n]]
        easy = len(question) % 5 == 0
        return [f"Therefore, the answer is {gold if easy or i % 2 else 'nothing'}" for i in range(n)]

    def _propose(self, prompt: str, seed: int) -> dict[str, Any]:
        (title, text), (other_title, other_text) = _DOCUMENT.findall(prompt)[:2]
        number = len(_SAID.findall(prompt.rpartition("</text>")[2]))
        sentences, others = _SENTENCE.findall(text), _SENTENCE.findall(other_text)
        sentence = sentences[(seed + number) % len(sentences)]
        answer = sentence.split()[-1]
        quotes = [sentence, others[number % len(others)] if seed % 7 else "Nobody has ever said this."]
        question = (
            f"Which {seed % 1000} matter, no. {number + 1}, ends what the {title} holds against the "
            f"{other_title} where {sentence.split()[2]} and {sentence.split()[5]} meet?"
        )
        whole = {"problem": "", "usable": True, "reasoning": "Read both.", "quotes": quotes}
        if "wrong_options" not in prompt:
            self.golds[question] = answer
            return {**whole, "question": question, "answer": answer, "unit": ""}
        self.golds[question] = "A"
        options = [f"it is held to be of the {word} sort here" for word in ("first", "next", "last", "worst")]
        return {**whole, "question": question, "answer": options[0], "wrong_options": options[1:]}


def settings_with(corpus: Path, url: str, mase: dict[str, Any] | None) -> dict[str, Any]:
    return {
        "seed": 3,
        "val_share": 0,
        "corpus": {"sources": [{"name": "s", "format": "jsonl", "paths": [f"{corpus}/*.jsonl"]}]},
        "tables": {"questions_per_kind": 1},
        "context": {"targets": [8_000, 20_000]},
        "models": {"default": {"endpoints": [url], "model": "mock", "max_tokens": 4000}},
        "limits": {"keep_pairs": 1.0, "verify_samples": 1.0, "extend_context": 1.0},
        "verify": {"grounding": None, "robustness": None, "difficulty": None},
        "mase": mase,
    }


MASE = {
    "clusters": {"reading_comprehension": 5, "viewpoint_analysis": 3},
    "cluster_tokens": 2_000,
    "passage_tokens": 600,
    "distractor_tokens": 1_200,
    "rounds": 3,
    "tries": 4,
    "votes": 3,
    "max_similarity": 1.0,
}


UP_TO_PROOF = STEPS[: STEPS.index(verify_samples) + 1]


def take_steps(settings: dict[str, Any], out: Path, steps: Sequence[Step] = UP_TO_PROOF) -> dict[str, Any]:
    """The funnel by stage after ``steps``."""
    parsed = RunSettings.model_validate(settings)
    with (
        begin(parsed, str(out)) as run,
        open_context(run, parsed, run_in_turn, SilentProgress()) as context,
    ):
        for step in steps:
            step(context)
    book = json.loads((out / "funnel.json").read_text())
    return {stage["stage"]: stage for stage in book["stages"]}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Speeches of the sample."""
    folder = tmp_path_factory.mktemp("speeches")
    with gzip.open(ROOT / "data" / "sample" / "general.jsonl.gz", "rt") as file:
        lines = [line for line in file if json.loads(line)["doc_id"].startswith(DOCUMENTS)]
    (folder / "speeches.jsonl").write_text("".join(lines))
    return folder


@dataclass(frozen=True)
class Evolved:
    """A run up to its proven samples, and how much the server was asked in it and in a second one."""

    out: Path
    funnel: dict[str, Any]
    asked: Counter[str]
    asked_again: int
    keys: frozenset[str]


@pytest.fixture(scope="module")
def evolved(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Evolved:
    out = tmp_path_factory.mktemp("evolved") / "run"
    examiner = Examiner()
    with serve(ServerSettings(slots=16), script=examiner) as server:
        settings = settings_with(corpus, server.url, MASE)
        funnel = take_steps(settings, out)
        asked = Counter(examiner.asked)
        before = read_data_files(out)
        take_steps(settings, out)
        assert read_data_files(out) == before
        alone = out.with_name("alone")
        take_steps(settings, alone, (*FIRST, *EVOLVING))
        assert all(rows(alone, ROUNDS, key) == rows(out, ROUNDS, key) for key in KEYS)
        keys = frozenset(one.key for one in server.requests())
    return Evolved(out, funnel, asked, examiner.asked.total() - asked.total(), keys)


def rows(run: Path, folder: str, key: str) -> list[dict[str, Any]]:
    return list(read_rows(str(run / folder / f"{key}.parquet")))


def test_the_books_say_why_rounds_were_dropped(evolved: Evolved) -> None:
    for step in EVOLVING:
        stage = evolved.funnel[step.__name__]
        assert stage["in"] == stage["kept"] + sum(stage["dropped"].values()) > 0, step.__name__
    assert evolved.funnel["choose_clusters"]["kept"] == evolved.funnel["evolve_clusters"]["in"] == 8
    assert evolved.funnel["evolve_clusters"]["dropped"] == {}
    rounds = [row for key in KEYS for row in rows(evolved.out, ROUNDS, key)]
    reasons = Counter(row["reason"] for row in rounds if row["reason"])
    assert {"always_solved", "quote_missing"} <= reasons.keys() and "error" not in reasons
    assert evolved.funnel["keep_pairs"]["in"] == len(rounds)
    assert evolved.funnel["keep_pairs"]["dropped"] == dict(reasons)
    assert max(row["number"] for row in rounds) == 3


def test_a_question_is_kept_of_one_cluster_only(evolved: Evolved) -> None:
    found = [Round.model_validate(row) for row in rows(evolved.out, ROUNDS, KEYS[0])]
    (one, *_) = [made for made in found if not made.reason]
    other = one.model_copy(update={"cluster_id": "another"})
    kept, dropped = _keep_pairs(MaseSettings.model_validate(MASE), iter([one, other]))
    assert isinstance(kept, Kept) and isinstance(dropped, Reject)
    assert (dropped.record_id, dropped.reason) == (f"another:{one.number}", "near_duplicate")


def test_samples_come_out_that_are_proven(evolved: Evolved) -> None:
    paths = [path for key in KEYS for path in sorted((evolved.out / VERIFIED).glob(f"{key}-*.parquet"))]
    samples = [from_row(row, Sample) for path in paths for row in read_rows(str(path))]
    assert {sample.question_type for sample in samples} == {"reading_comprehension", "viewpoint_analysis"}
    for sample in samples:
        assert sample.maker == "mase" and prove_mase(sample) is None
        assert {check.name for check in sample.checks} == {"structure", "proof:mase"}
        told = json.loads(sample.reasoning)
        assert told["rounds"][-1]["round"] == told["round"]
    assert any(json.loads(sample.reasoning)["round"] > 1 for sample in samples)


def test_a_second_run_asks_nothing(evolved: Evolved) -> None:
    assert evolved.asked_again == 0
    assert min(evolved.asked[role] for role in ("proposer", "solver", "verifier")) > 0


def test_clusters_are_of_the_split_and_the_rounds_belong_to_them(evolved: Evolved) -> None:
    for key in KEYS:
        clusters = {row["cluster_id"]: row for row in rows(evolved.out, CLUSTERS, key)}
        assert [row["number"] for row in clusters.values()] == list(range(len(clusters)))
        assert {row["cluster_id"] for row in rows(evolved.out, ROUNDS, key)} == clusters.keys()
        for row in rows(evolved.out, MASE_CANDIDATES, key):
            told = json.loads(from_row(row, Candidate).reasoning)["cluster"]
            assert told == clusters[told["cluster_id"]]


def test_without_mase_nothing_is_made(corpus: Path, tmp_path: Path) -> None:
    settings = settings_with(corpus, "http://127.0.0.1:9/v1", None)
    funnel = take_steps(settings, tmp_path / "run")
    parsed = RunSettings.model_validate(settings)
    assert mase_shards(parsed) == [] and parsed.asked_roles() == []
    assert not (tmp_path / "run" / "mase").exists()
    assert not {step.__name__ for step in EVOLVING} & funnel.keys()


def test_its_roles_are_asked_whatever_the_gates_ask(corpus: Path) -> None:
    parsed = RunSettings.model_validate(settings_with(corpus, "http://127.0.0.1:9/v1", MASE))
    assert parsed.asked_roles() == ["proposer", "solver", "verifier"]


def test_a_run_killed_in_the_middle_asks_nothing_again(
    corpus: Path, evolved: Evolved, tmp_path: Path
) -> None:
    out, config = tmp_path / "run", tmp_path / "run.yaml"
    with serve(ServerSettings(slots=2, latency=0.05), script=Examiner()) as server:
        settings = settings_with(corpus, server.url, MASE)
        settings["models"]["default"]["concurrency"] = _ON_THEIR_WAY // 3  # three roles
        config.write_text(yaml.safe_dump(settings))
        process = start(config, out)
        wait_for_answers(process, server, evolved.asked.total() // 2)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        before = [asked for asked in server.requests() if asked.outcome == "answered"]
        assert not list((out / MASE_CANDIDATES).glob("*.parquet"))
        process = start(config, out)
        said, _ = process.communicate(timeout=_PATIENCE)
        assert process.returncode == 0, said
        answered = [asked for asked in server.requests() if asked.outcome == "answered"]
    assert len(before) < evolved.asked.total()
    times = Counter(asked.key for asked in answered)
    again = {key for key, count in times.items() if count > 1}
    assert len(again) <= _ON_THEIR_WAY, "a stored answer was asked for again"
    assert times.keys() == evolved.keys
    for key in KEYS:
        for folder in (CLUSTERS, ROUNDS, MASE_CANDIDATES):
            assert rows(out, folder, key) == rows(evolved.out, folder, key)


def start(config: Path, out: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", _MAIN, "run", str(config), "--out", str(out), "--set"]
    return subprocess.Popen(
        [*command, "execution.workers=1"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def wait_for_answers(process: "subprocess.Popen[str]", server: RunningServer, count: int) -> None:
    deadline = time.monotonic() + _PATIENCE
    while sum(server.stats().outcomes.values()) < count:
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < deadline, f"there were never {count} answers"
        time.sleep(0.01)
