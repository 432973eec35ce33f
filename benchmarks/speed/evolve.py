"""How busy the loop that evolves questions keeps a server, although each cluster is one thing after another.

50 clusters, each of up to 4 rounds of a proposal, 8 tries in one request and the judgements of those that the
rule does not know, against the scripted server on loopback: equal slots, a fixed latency for every request,
good proposals. The client is not told how many slots there are. The share is slot-time busy over all
slot-time, from the first moment when all are busy to the last start of a request, and over the whole, with
the beginning and the end, where fewer clusters are left than slots.
"""

import json
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import pyarrow as pa

from longweave.mase.evolve import evolve_cluster
from longweave.mase.records import ROUND_SCHEMA, Cluster, Passage
from longweave.mase.settings import MaseSettings
from longweave.mase.shown import OpenCluster, open_cluster
from longweave.mase.types import TASK_TYPES
from longweave.synth.llm.client import Asker
from longweave.synth.llm.loop import open_models
from longweave.synth.llm.settings import ModelSettings
from longweave.synth.llm.store import AnswerStore
from longweave.synth.records import Document
from longweave.synth.stage import Kept, Outcome
from tests.model_server import ServerSettings, serve

CLUSTERS = 50
SLOTS = (16, 32)
LATENCY = 1.0
_TYPE = TASK_TYPES["reading_comprehension"]
_SETTINGS = MaseSettings(clusters={_TYPE.name: CLUSTERS}, max_similarity=1.0)
_DOCUMENTS = 8
_FACTS = 40


def run() -> Iterator[dict[str, object]]:
    """The share of slots that is busy, for each number of slots."""
    for slots in SLOTS:
        yield _fill(slots)


def _fill(slots: int) -> dict[str, object]:
    numbers = count()

    async def ask(asker: Asker, opened: OpenCluster) -> Outcome:
        rounds = await evolve_cluster(opened, _TYPE, asker, _SETTINGS, seed=1)
        return Kept(pa.Table.from_pylist([made.model_dump() for made in rounds], schema=ROUND_SCHEMA))

    with (
        serve(
            ServerSettings(slots=slots, latency=LATENCY), script=lambda body: _answer(body, numbers)
        ) as server,
        tempfile.TemporaryDirectory() as folder,
        AnswerStore.open(str(Path(folder) / "answers.sqlite"), "benchmark") as store,
    ):
        settings = ModelSettings.model_validate(
            {"default": {"endpoints": [server.url], "model": "mock", "max_tokens": 200}}
        )
        began = time.perf_counter()
        with open_models(settings, store, print) as models:
            work = models.each_record("evolve_clusters", ask, lambda opened: opened.cluster.cluster_id)
            rounds = [row for kept in work(iter(map(_make_cluster, range(CLUSTERS)))) for row in _rows(kept)]
        seconds = time.perf_counter() - began
        stats = server.stats()
    return {
        "benchmark": "evolve",
        "what": f"{CLUSTERS} clusters, {slots} slots x {LATENCY:g} s",
        "busy_while_full": round(stats.full_busy_mean / slots, 3),
        "busy_over_all": round(stats.busy_mean / slots, 3),
        "mean_queue": round(stats.full_queue_mean, 1),
        "requests": sum(stats.outcomes.values()),
        "rounds": len(rounds),
        "kept": sum(not row["reason"] for row in rounds),
        "seconds": round(seconds, 1),
    }


def _rows(outcome: Outcome) -> list[dict[str, Any]]:
    assert isinstance(outcome, Kept), outcome
    rows: list[dict[str, Any]] = outcome.rows.to_pylist()
    return rows


def _make_cluster(number: int) -> OpenCluster:
    """A cluster of about 16,000 tokens, and as many of distractors, that no other cluster shares."""
    documents = {}
    for place in range(2 * _DOCUMENTS):
        doc_id = f"{number}-{place}"
        facts = [_fact(number, place, line) for line in range(_FACTS)]
        text = "\n\n".join(f"{fact} {_PADDING}" for fact in facts)
        documents[doc_id] = Document(
            doc_id=doc_id, title=f"Ledger {doc_id}", text=text, domain="general", source="made", license="-"
        )
    passages = [
        Passage(doc_id=doc_id, start=0, end=len(document.text), n_tokens=2_000)
        for doc_id, document in documents.items()
    ]
    cluster = Cluster(
        cluster_id=f"cluster {number}",
        task_type=_TYPE.name,
        domain="general",
        number=number,
        passages=passages[:_DOCUMENTS],
        distractors=passages[_DOCUMENTS:],
    )
    return open_cluster(cluster, documents)


_PADDING = "The clerk wrote it down in the evening, and nobody found anything to add to what he had put. " * 2


def _fact(number: int, place: int, line: int) -> str:
    return f"In entry {line} of ledger {number}-{place} the weigher noted crate K{number}x{place}x{line}."


def _answer(body: Mapping[str, Any], numbers: Iterator[int]) -> str | Sequence[str]:
    """A good proposal, tries of which some are right and some need a judgement, and judgements."""
    prompt, n = body["messages"][0]["content"], int(body.get("n") or 1)
    if "Decide whether a given answer" in prompt:
        return ["It says something else. [[NO]]"] * n
    if "Write one question with its answer" not in prompt:
        gold = "crate " + prompt.rpartition("of lot ")[2].partition(" ")[0]
        return [f"Therefore, the answer is {gold if index % 2 else f'crate {index}'}" for index in range(n)]
    ledger = prompt.partition('title="Ledger ')[2].partition("-")[0]
    line = next(numbers) % _FACTS
    proposal = {
        "problem": "",
        "usable": True,
        "reasoning": "Two ledgers agree.",
        "question": f"What did the weigher note under entry {line} of the second ledger of lot L{line} ?",
        "answer": f"crate L{line}",
        "quotes": [_fact(int(ledger), 0, line), _fact(int(ledger), 1, line)],
        "unit": "",
    }
    return json.dumps(proposal)
