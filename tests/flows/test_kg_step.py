"""Documents to proven samples by way of a knowledge graph, with a scripted server for all models."""

import gzip
import json
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from longweave.flows.graph_command import show_graph
from longweave.flows.kg_ask import KG_CANDIDATES, PATHS, PLANS
from longweave.flows.kg_graph import open_kg_graph, open_woven
from longweave.flows.kg_read import STATEMENTS, TRIPLES
from longweave.flows.kg_stages import kg_shards
from longweave.flows.kg_step import WEAVING
from longweave.flows.opened import forget_opened
from longweave.flows.pipeline import FIRST, STEPS, Step, begin
from longweave.flows.samples_step import VERIFIED, verify_samples
from longweave.flows.settings import RunSettings
from longweave.flows.step import open_context
from longweave.kg.prove import prove
from longweave.synth.errors import InputError
from longweave.synth.files import read_rows
from longweave.synth.records import Sample, from_row
from longweave.synth.stage import Progress, run_in_turn
from tests.conftest import ROOT, SilentProgress
from tests.model_server import ServerSettings, serve
from tests.run_files import identify_shards, read_data_files

KEY = "train-kg-general"
DOCUMENTS = tuple(f"sotu-{year}" for year in range(1945, 1958))
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]+(?: [A-Z][a-z]+)+|(?<=[a-z,] )[A-Z][a-z]{4,}|\b(?:19|18)\d\d\b")
_SHOWN = re.compile(r"none of its names: (?P<description>.*?);\n- lead", re.DOTALL)
_SUPPOSED = re.compile(r"suppose that what is told last had (?P<said>.*?), and ask")


def answer(body: Mapping[str, Any]) -> str:
    """What a model says that reads by patterns alone, and now and then invents a quote."""
    prompt = "\n\n".join(message["content"] for message in body["messages"])
    if "They will become a knowledge graph" in prompt:
        return json.dumps({"facts": list(read_facts(prompt.partition("</text>")[0]))})
    if "Write one question" in prompt:
        shown, supposed = _SHOWN.search(prompt), _SUPPOSED.search(prompt)
        assert shown is not None
        said = f"had it {supposed['said']}, " if supposed else ""
        question = (
            f"Going on from {shown['description']} to what follows of it, {said}what is it that is reached?"
        )
        return json.dumps(
            {"draft": "", "short_cuts": "", "problem": "", "usable": True, "question": question}
        )
    return json.dumps({"same": []})


def read_facts(text: str) -> Iterator[dict[str, str]]:
    """Facts of a shown passage: two names of a line with a few words between them."""
    body = text.partition("\n<document")[2].partition(">\n")[2]
    for number, (one, other) in enumerate(pairwise(_NAME.finditer(body))):
        between = body[one.end() : other.start()].split()
        if not 2 <= len(between) <= 9 or one.group().isdecimal() or "." in "".join(between):
            continue
        yield {
            "subject": one.group(),
            "subject_type": "organization",
            "relation": " ".join(between[:3]),
            "object": other.group(),
            "object_type": "date" if other.group().isdecimal() else "organization",
            "time": "",
            "quote": "Nobody has ever said so" if number == 2 else body[one.start() : other.end()],
        }


class Warned(SilentProgress):
    """Remembers what it was told to warn of."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def warn(self, what: str) -> None:
        self.said.append(what)


UP_TO_PROOF = STEPS[: STEPS.index(verify_samples) + 1]


def take_steps(
    settings: RunSettings, out: Path, progress: Progress, steps: Sequence[Step] = UP_TO_PROOF
) -> dict[str, Any]:
    """The funnel by stage after ``steps``."""
    with begin(settings, str(out)) as run, open_context(run, settings, run_in_turn, progress) as context:
        for step in steps:
            step(context)
    book = json.loads((out / "funnel.json").read_text())
    return {stage["stage"]: stage for stage in book["stages"]}


@dataclass(frozen=True)
class Woven:
    """A run up to its proven samples, as it was made first and when it was taken up again."""

    out: Path
    settings: RunSettings
    funnel: dict[str, Any]
    first: dict[str, bytes]
    n_requests: int
    n_asked_again: int
    again: dict[str, bytes]
    untouched: bool
    warnings: list[str]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve speeches of the sample."""
    folder = tmp_path_factory.mktemp("speeches")
    with gzip.open(ROOT / "data" / "sample" / "general.jsonl.gz", "rt") as file:
        lines = [line for line in file if json.loads(line)["doc_id"].startswith(DOCUMENTS)]
    (folder / "speeches.jsonl").write_text("".join(lines))
    return folder


def settings_with(corpus: Path, url: str, kg: dict[str, Any] | None) -> RunSettings:
    return RunSettings.model_validate(
        {
            "seed": 3,
            "val_share": 0,
            "corpus": {"sources": [{"name": "s", "format": "jsonl", "paths": [f"{corpus}/*.jsonl"]}]},
            "tables": {"questions_per_kind": 1},
            "context": {"targets": [8_000, 20_000]},
            "models": {"default": {"endpoints": [url], "model": "mock", "max_tokens": 4000}},
            "limits": {"ask_questions": 1.0, "verify_samples": 1.0, "extend_context": 1.0},
            "kg": kg,
        }
    )


@pytest.fixture(scope="module")
def woven(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Woven:
    out = tmp_path_factory.mktemp("woven") / "run"
    kg = {
        "passages": {"general": 60},
        "extract": {"chunk_tokens": 500},
        "paths": {"paths": 25, "max_hops": 3, "attempts_per_path": 100},
        "undo": ["0123456789abcdef"],
    }
    progress = Warned()
    with serve(ServerSettings(slots=32), script=answer) as server:
        settings = settings_with(corpus, server.url, kg)
        funnel = take_steps(settings, out, progress)
        first, shards, n_requests = read_data_files(out), identify_shards(out), len(server.requests())
        take_steps(settings, out, SilentProgress())
        n_again = len(server.requests()) - n_requests
        return Woven(
            out,
            settings,
            funnel,
            first,
            n_requests,
            n_again,
            read_data_files(out),
            identify_shards(out) == shards,
            progress.said,
        )


def rows(run: Path, folder: str) -> list[dict[str, Any]]:
    return list(read_rows(str(run / folder / f"{KEY}.parquet")))


def test_the_books_of_every_step_balance(woven: Woven) -> None:
    for step in WEAVING:
        stage = woven.funnel[step.__name__]
        assert stage["in"] == stage["kept"] + sum(stage["dropped"].values()), step.__name__
        assert stage["in"] > 0, step.__name__
    funnel = woven.funnel
    assert funnel["choose_passages"]["kept"] == funnel["extract_facts"]["in"] == 60
    assert set(funnel["choose_passages"]["dropped"]) == {"not_chosen"}
    assert len(rows(woven.out, STATEMENTS)) == funnel["ground_facts"]["in"]
    assert funnel["ground_facts"]["dropped"]["quote_not_found"] > 0
    assert len(rows(woven.out, PATHS)) == funnel["perturb_chains"]["in"] > 0
    assert len(rows(woven.out, PLANS)) == funnel["ask_questions"]["in"] > 0
    assert len(rows(woven.out, KG_CANDIDATES)) == funnel["ask_questions"]["kept"] > 0


def test_every_reject_has_a_reason_that_the_books_count(woven: Woven) -> None:
    for step in WEAVING:
        folder = woven.out / "rejects" / step.__name__
        found = (
            [row for path in folder.glob("*.parquet") for row in read_rows(str(path))]
            if folder.exists()
            else []
        )
        counted = woven.funnel[step.__name__]["dropped"]
        reasons = [row["reason"] for row in found]
        assert {reason: reasons.count(reason) for reason in reasons} == counted
        assert all(row["reason"] and row["reason"] != "error" and row["record_id"] for row in found)


def test_a_merge_to_take_back_that_no_graph_has_is_named(woven: Woven) -> None:
    (said,) = (line for line in woven.warnings if "kg.undo" in line and "no graph" in line)
    assert "0123456789abcdef" in said and "kg/merges" in said


def test_triples_quote_their_documents(woven: Woven, corpus: Path) -> None:
    texts = {}
    for line in (corpus / "speeches.jsonl").read_text().splitlines():
        row = json.loads(line)
        texts[row["doc_id"]] = row["text"]
    found = rows(woven.out, TRIPLES)
    assert len(found) > 20
    for row in found:
        evidence = row["evidence"]
        assert texts[row["doc_id"]][evidence["start"] : evidence["end"]] == evidence["quote"]
        assert row["object"] in evidence["quote"]


def test_samples_come_out_whose_chain_is_proven(woven: Woven) -> None:
    paths = sorted((woven.out / VERIFIED).glob(f"{KEY}-*.parquet"))
    samples = [from_row(row, Sample) for path in paths for row in read_rows(str(path))]
    assert samples
    for sample in samples:
        assert (sample.maker, sample.task) == ("kg", "multi_hop") and len(sample.doc_ids) >= 2
        assert prove(sample) is None
        assert {check.name for check in sample.checks} == {"structure", "proof:kg"}


def test_a_second_run_asks_nothing_and_changes_nothing(woven: Woven) -> None:
    assert woven.n_requests > 60
    assert woven.n_asked_again == 0
    assert woven.untouched and woven.again == woven.first


def test_the_graph_needs_the_steps_of_no_other_maker(woven: Woven) -> None:
    alone = woven.out.with_name("alone")  # beside the store with the answers
    take_steps(woven.settings, alone, SilentProgress(), (*FIRST, *WEAVING))
    assert rows(alone, KG_CANDIDATES) == rows(woven.out, KG_CANDIDATES)


def test_the_graph_opens_and_is_built_again_where_it_is_missing(woven: Woven) -> None:
    run = str(woven.out)
    graph, triples = open_kg_graph(run, KEY), open_woven(run, KEY)
    assert graph.n_edges == len(triples.of_edge.keys() - {""}) > 20
    assert sum(map(len, triples.of_edge.values())) == len(triples.by_id)
    assert {graph.edge_id(edge) for edge in range(graph.n_edges)} == triples.of_edge.keys() - {""}
    folder = woven.out / "kg" / "graphs" / KEY
    arrays = {path.name: path.read_bytes() for path in folder.iterdir()}
    shutil.rmtree(folder)
    forget_opened()
    assert open_kg_graph(run, KEY).n_nodes == graph.n_nodes
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == arrays


def test_people_can_look_at_it(woven: Woven, tmp_path: Path) -> None:
    run = str(woven.out)
    size, empty = show_graph(run, "", None, 2)
    assert empty == "val-kg-general: 0 nodes, 0 edges, 0 documents"
    assert re.fullmatch(rf"{KEY}: [\d,]+ nodes, [\d,]+ edges, \d+ documents", size)
    told = list(show_graph(run, "United States", tmp_path / "near.graphml", 1))
    assert told[0] == KEY and "United States" in "\n".join(told[1:])
    assert (
        told[-1].startswith(f"{tmp_path / 'near.graphml'}: ") and (tmp_path / "near.graphml").stat().st_size
    )
    with pytest.raises(InputError, match="no graph has 'Nobody At All'"):
        list(show_graph(run, "Nobody At All", None, 1))


def test_without_kg_nothing_is_made(corpus: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    with serve(script=answer) as server:
        settings = settings_with(corpus, server.url, None)
        funnel = take_steps(settings, out, SilentProgress())
        assert server.requests() == []
    assert kg_shards(settings) == [] and not (out / "kg").exists()
    assert not {step.__name__ for step in WEAVING} & funnel.keys()
    with pytest.raises(InputError, match="the run has no graph"):
        list(show_graph(str(out), "", None, 1))
