"""A cluster of short documents on a harbour, and a scripted model that proposes, solves and verifies."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from longweave.mase.evolve import evolve_cluster
from longweave.mase.records import Cluster, Passage, Round
from longweave.mase.settings import MaseSettings
from longweave.mase.shown import OpenCluster, open_cluster
from longweave.mase.task_type import TaskType
from longweave.mase.types import TASK_TYPES
from longweave.synth.llm.client import Asker
from longweave.synth.records import Document
from tests.verify.asked import ask_scripted, prompt_of

_TEXTS = {
    "report": (
        "Report of the Harbour Board of Selby Quay",
        "The breakwater at Selby Quay was begun in the spring of 1871.\n\n"
        "Its foundations were laid by the contractor Amos Thorley,\nwho brought forty divers from Leith.\n\n"
        "The board paid him £18,400 in all.\n",
    ),
    "letters": (
        "Letters of Edith Crane",
        "I dined on Tuesday with Mr Thorley, who has married the widow Brandt.\n\n"
        "She owns the rope works at Marl Street and will not hear of selling them.\n",
    ),
    "minutes": (
        "Minutes of the Town Council, 1874",
        "The rope works at Marl Street were assessed at 310 pounds a year.\n\n"
        "Alderman Pike objected “most strongly” – in vain.\n",
    ),
    "gardens": ("Gardens of the North", "The lime walk was planted by a bishop who loved bees.\n"),
    "tides": ("Tides and Currents", "Spring tides rise eleven feet at the old jetty of Carrow.\n"),
}
DOCUMENTS = {
    doc_id: Document(
        doc_id=doc_id, title=title, text=text, domain="general", source="Made: made", license="CC0"
    )
    for doc_id, (title, text) in _TEXTS.items()
}
READING = TASK_TYPES["reading_comprehension"]
VIEWPOINT = TASK_TYPES["viewpoint_analysis"]
ANSWER = "Marl Street"
QUOTES = ["laid by the contractor Amos Thorley, who brought", "She owns the rope works at Marl Street"]
WORKS = "Where were the works owned by the woman whom the builder of the Selby Quay foundations took as wife?"
DIVERS = (
    "From which town did the husband of the former widow Brandt fetch his men for the Selby Quay building?"
)
SUM = "How many pounds did the husband of the former widow Brandt get for the breakwater at Selby Quay?"


def propose(question: str = WORKS, answer: str = ANSWER, **given: Any) -> dict[str, Any]:
    """A good proposal but for what is ``given``."""
    whole = {"problem": "", "usable": True, "reasoning": "Thorley built it and married Brandt."}
    return {**whole, "question": question, "answer": answer, "quotes": QUOTES, "unit": "", **given}


PROPOSALS = (
    propose(),
    propose(DIVERS, "Leith", quotes=["brought forty divers from Leith", "who has married the widow Brandt"]),
    propose(
        SUM,
        "18,400",
        quotes=["The board paid him £18,400 in all", "who has married the widow Brandt"],
        unit="pounds",
    ),
)


def make_opened(task_type: TaskType = READING, number: int = 0) -> OpenCluster:
    """The harbour's cluster as the ``number``-th of ``task_type``, with two distractors."""

    def whole(doc_id: str) -> Passage:
        return Passage(doc_id=doc_id, start=0, end=len(DOCUMENTS[doc_id].text), n_tokens=60)

    cluster = Cluster(
        cluster_id=f"harbour{number}",
        task_type=task_type.name,
        domain="general",
        number=number,
        passages=[whole(doc_id) for doc_id in ("report", "letters", "minutes")],
        distractors=[whole(doc_id) for doc_id in ("gardens", "tides")],
    )
    return open_cluster(cluster, DOCUMENTS)


def settings_with(**given: Any) -> MaseSettings:
    """Settings with few tries and votes."""
    few = {"clusters": {READING.name: 1}, "tries": 4, "votes": 3}
    return MaseSettings.model_validate({**few, **given})


@dataclass
class Model:
    """Answers in all roles, and what it was asked by role.

    ``proposals`` come in turn, the last one for ever. ``solves(question, n)`` gives the answers of n tries,
    ``verifies(answer, n)`` the judgements of one.
    """

    proposals: Sequence[Mapping[str, Any] | str] = PROPOSALS
    solves: Callable[[str, int], Sequence[str]] = lambda question, n: solve_half(question, n)
    verifies: Callable[[str, int], Sequence[str]] = lambda answer, n: ["It says else. [[NO]]"] * n
    asked: dict[str, list[str]] = field(
        default_factory=lambda: {"proposer": [], "solver": [], "verifier": []}
    )

    def __call__(self, body: Mapping[str, Any]) -> str | Sequence[str]:
        prompt, n = prompt_of(body), int(body.get("n") or 1)
        role = role_of(prompt)
        self.asked[role].append(prompt)
        if role == "proposer":
            said = self.proposals[min(len(self.asked[role]), len(self.proposals)) - 1]
            return said if isinstance(said, str) else json.dumps(said)
        if role == "solver":
            given = self.solves(prompt.rpartition("</text>")[2], n)
            return [f"Let me see.\nTherefore, the answer is {answer}" for answer in given]
        return self.verifies(prompt.partition("Given answer:\n")[2].partition("\n")[0], n)


def role_of(prompt: str) -> str:
    """Who is asked by such a prompt."""
    if "Decide whether a given answer" in prompt:
        return "verifier"
    return "proposer" if "Write one question with its answer" in prompt else "solver"


def gold_of(question: str) -> str:
    """The answer to a question that one of ``PROPOSALS`` asks."""
    return next(str(one["answer"]) for one in PROPOSALS if str(one["question"]) in question)


def solve_half(question: str, n: int) -> list[str]:
    """Every second try is right."""
    return [gold_of(question) if number % 2 else "Carrow" for number in range(n)]


def evolve(
    model: Model,
    folder: Path,
    settings: MaseSettings | None = None,
    task_type: TaskType = READING,
    number: int = 0,
    **models: Any,
) -> list[Round]:
    """The rounds of the harbour's cluster when ``model`` answers."""

    async def run(asker: Asker) -> list[Round]:
        opened = make_opened(task_type, number)
        return await evolve_cluster(opened, task_type, asker, settings or settings_with(), seed=5)

    return ask_scripted(model, folder, run, max_tokens=2_000, **models)
