"""A model's judgement of a document: is it worth asking about? (L1.5: quality, accuracy, coherence)

In: a document that the rules have kept. Out: scores from 1 to 5 and the most serious flaw. The model sees at
most ``JudgeSettings.max_tokens`` of it: the beginning, the middle and the end.
"""

import hashlib
from typing import Annotated

from pydantic import Field

from longweave.corpus.settings import JudgeSettings
from longweave.synth.llm.client import Asker
from longweave.synth.llm.prompting import load_prompt, render_documents
from longweave.synth.llm.request import Prompt
from longweave.synth.llm.typed import ModelAnswer
from longweave.synth.prompt import ELLIPSIS, PromptPiece
from longweave.synth.records import Document, Dropped

_PARTS = 3
Score = Annotated[int, Field(ge=1, le=5)]


class Judgement(ModelAnswer):
    """What the model finds."""

    flaw: str
    quality: Score
    accuracy: Score
    coherence: Score


async def judge_document(
    document: Document, asker: Asker, settings: JudgeSettings, seed: int
) -> Dropped | None:
    """Why ``document`` is dropped; None when it is kept.

    Raises:
        AnswerError: The model gave no usable judgement.
        RunError: The run cannot go on.
    """
    shown = excerpt(document, settings.max_tokens)
    extent = "the whole" if shown == document.text else "an excerpt"
    prompt = Prompt(
        load_prompt(__package__, "judge.txt", extent=extent),
        render_documents([PromptPiece(document.title, shown)]),
    )
    (answer,) = await asker.ask("judge", prompt, Judgement, seed=seed_of(document, seed))
    scores = answer.value.model_dump(exclude={"flaw"})
    worst = min(scores, key=lambda name: scores[name])
    if scores[worst] >= settings.min_score:
        return None
    return Dropped(reason=f"judged_{worst}", detail=f"{worst} {scores[worst]} of 5: {answer.value.flaw}")


def excerpt(document: Document, max_tokens: int) -> str:
    """At most about ``max_tokens`` of the text: all of it, or its beginning, middle and end, cut at line ends
    where there are any, with a line that marks what is left out."""
    text = document.text
    if document.n_tokens <= max_tokens:
        return text
    width = len(text) * max_tokens // document.n_tokens // _PARTS
    middle = (len(text) - width) // 2
    windows = ((0, width), (middle, middle + width), (len(text) - width, len(text)))
    return ELLIPSIS.join(f"{_whole_lines(text, start, end)}\n" for start, end in windows)


def seed_of(document: Document, seed: int) -> int:
    """A seed for ``document``, the same wherever in the corpus it stands."""
    digest = hashlib.sha256(f"{seed}/{document.doc_id}".encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1


def _whole_lines(text: str, start: int, end: int) -> str:
    """``text[start:end]`` without the parts of lines at its ends, as far as that leaves most of it."""
    first = text.find("\n", start, end) + 1 if start else 0
    last = text.rfind("\n", start, end) if end < len(text) else end
    if not start <= first < last or last - first < (end - start) // 2:
        first, last = start, end
    return text[first:last].strip("\n")
