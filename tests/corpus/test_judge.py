"""A model's judgement of documents: what it is shown, and what follows from its scores."""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from longweave.corpus.judge import excerpt, judge_document, seed_of
from longweave.corpus.settings import JudgeSettings
from longweave.synth.llm.client import open_client
from longweave.synth.records import Document, Dropped
from tests.model_server import serve
from tests.synth.llm.asking import opened_store, settings_for

LINES = [
    f"Line {number} of the report says that plant {number} made {number * 7} tons." for number in range(400)
]


def document(n_lines: int = 400) -> Document:
    text = "\n".join(LINES[:n_lines])
    return Document(
        doc_id="d1",
        title="Report",
        text=text,
        domain="general",
        source="s",
        license="CC0",
        n_tokens=len(text) // 4,
    )


def judge(tmp_path: Path, scores: Mapping[str, object], min_score: int = 3) -> tuple[Dropped | None, str]:
    """What becomes of the document, and the prompt."""
    seen: list[str] = []

    def script(body: Mapping[str, Any]) -> str:
        seen.append(body["messages"][0]["content"])
        return json.dumps(scores)

    async def run() -> Dropped | None:
        with opened_store(tmp_path) as store:
            async with open_client(settings_for(server.url), store, print) as client:
                settings = JudgeSettings(max_tokens=600, min_score=min_score)
                return await judge_document(document(), client.for_stage("judge"), settings, seed=3)

    with serve(script=script) as server:
        return asyncio.run(run()), seen[0]


GOOD = {"flaw": "none", "quality": 4, "accuracy": 5, "coherence": 3}


def test_a_document_is_kept_when_every_score_is_high_enough(tmp_path: Path) -> None:
    kept, prompt = judge(tmp_path, GOOD)
    assert kept is None
    assert prompt.startswith('<text>\n<document index="1" title="Report">\nLine 0 of the report')
    assert prompt.index("</text>") < prompt.index("an excerpt of a document"), "the document comes first"


def test_the_worst_score_and_the_flaw_say_why_a_document_is_dropped(tmp_path: Path) -> None:
    dropped, _ = judge(tmp_path, GOOD | {"accuracy": 2, "flaw": "Contradicts itself."})
    assert dropped == Dropped(reason="judged_accuracy", detail="accuracy 2 of 5: Contradicts itself.")
    assert judge(tmp_path / "again", GOOD, min_score=4)[0] is not None


@pytest.mark.parametrize("n_lines", [1, 30, 400])
def test_an_excerpt_keeps_to_its_length_and_shows_beginning_middle_and_end(n_lines: int) -> None:
    whole = document(n_lines)
    shown = excerpt(whole, 600)
    assert len(shown) / 4 <= 620
    if whole.n_tokens <= 600:
        assert shown == whole.text
    else:
        parts = shown.split("[...]\n")
        assert len(parts) == 3
        for part in parts:
            assert set(part.strip().split("\n")) <= set(LINES), "lines are whole"
        assert parts[0].startswith(LINES[0])
        assert LINES[200] in parts[1]


def test_an_excerpt_of_a_text_of_one_line_is_cut_all_the_same() -> None:
    one_line = document().model_copy(update={"text": " ".join(LINES)})
    shown = excerpt(one_line, 600)
    assert len(shown) < 2_600
    assert shown.split("[...]\n")[0].startswith(LINES[0])


def test_a_seed_depends_on_the_document_and_not_on_its_place() -> None:
    assert seed_of(document(1), 3) == seed_of(document(2), 3) != seed_of(document(1), 4)
