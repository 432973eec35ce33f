"""A model's answers to one version of a sample's prompt, and how many of them are right.

The versions are made from the row alone: the shipped message, the question without documents, and the needed
documents without the others, or without one of their own. All hold the question and the closing instruction
of the shipped message, and those with documents begin with them, so that a server's prefix cache serves all
answers.
"""

import re
import unicodedata
from collections.abc import Collection, Sequence
from typing import Any

from longweave.synth.answers import extract_answer
from longweave.synth.judge import VerdictSettings, judge_answers
from longweave.synth.llm.client import Asker
from longweave.synth.llm.prompting import load_prompt
from longweave.synth.llm.request import Prompt
from longweave.synth.llm.settings import Role
from longweave.synth.prompt import (
    ELLIPSIS,
    PromptPiece,
    ShownDocument,
    answer_format,
    parse_prompt,
    render_prompt,
    split_prompt,
)
from longweave.synth.records import EvidencePosition, Sample, Trial, TrialKind, content_id
from longweave.verify.pass_rate import find_interval, pass_at_k

_SEEDS = 2**31
_SHOWN = 200
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u9fff\uf900-\ufaff\uff00-\uff60\U00020000-\U0003ffff]"
)  # Thai, Lao, Burmese, Khmer, Chinese, Japanese


def prompt_as_shipped(sample: Sample) -> Prompt:
    """The sample's own message."""
    parts = split_prompt(sample.prompt[0].content)
    return Prompt(f"{parts.question}\n\n{parts.closing}", parts.documents)


def prompt_without_documents(sample: Sample) -> Prompt:
    """The question alone, to be answered from memory."""
    form = answer_format(sample.answer_kind)
    return Prompt(load_prompt(__package__, "closed_book.txt", question=sample.question, answer_format=form))


def prompt_of_needed(sample: Sample, left_out: Collection[str] = (), around: int | None = None) -> Prompt:
    """The question over the needed documents, as much of them as the sample shows, but for those
    ``left_out``; it may be said that they do not suffice.

    With ``around`` each shows only so many characters on both sides of its evidence.
    """
    message = sample.prompt[0].content
    shown = parse_prompt(message).documents
    pieces = []
    for piece, document in zip(sample.context, shown, strict=True):
        if piece.role == "needed" and piece.doc_id not in left_out:
            own = [position for position in sample.positions if position.doc_id == piece.doc_id]
            text = document.text if around is None else _cut_around(message, document, own, around)
            pieces.append(PromptPiece(document.title, text))
    rendered = render_prompt(pieces, sample.question, answer_format(sample.answer_kind)).message
    closing = split_prompt(message).closing
    asked = load_prompt(__package__, "may_lack.txt", question=sample.question, closing=closing)
    return Prompt(asked, split_prompt(rendered).documents)


def fit_around(sample: Sample, max_tokens: int) -> int | None:
    """The characters to show on both sides of each piece of evidence, so that the needed documents take at
    most about ``max_tokens``; None if they do so whole."""
    needed = [piece for piece in sample.context if piece.role == "needed"]
    n_tokens = sum(piece.n_tokens for piece in needed)
    if n_tokens <= max_tokens:
        return None
    per_token = sum(piece.context_end - piece.context_start for piece in needed) / n_tokens
    quoted = sum(position.end - position.start for position in sample.positions)
    return max(0, int(max_tokens * per_token) - quoted) // (2 * len(sample.positions))


def _cut_around(
    message: str, document: ShownDocument, positions: Sequence[EvidencePosition], around: int
) -> str:
    """The words of ``document`` around ``positions``, with a mark wherever something is left out."""
    windows: list[tuple[int, int]] = []
    for position in sorted(positions, key=lambda one: one.start):
        start = _word_start(message, max(document.start, position.start - around), position.start)
        end = min(document.end, position.end + around)
        end = end if end == document.end else _word_end(message, end, position.end)
        if windows and start <= windows[-1][1]:
            start, end = windows[-1][0], max(windows.pop()[1], end)
        windows.append((start, end))
    body = ELLIPSIS.join(f"{message[start:end].strip()}\n" for start, end in windows)
    first, last = windows[0][0] > document.start, bool(message[windows[-1][1] : document.end].strip())
    return f"{ELLIPSIS if first else ''}{body}{ELLIPSIS if last else ''}"


def _word_start(message: str, at: int, last: int) -> int:
    while at < last and not (message[at - 1].isspace() or _is_joint(message, at)):
        at += 1
    return at


def _word_end(message: str, at: int, first: int) -> int:
    if _is_joint(message, at):
        return at
    at -= 1
    while at > first and not (message[at] == " " or _is_joint(message, at)):
        at -= 1
    return max(at, first)


def _is_joint(message: str, at: int) -> bool:
    """Whether two letters of a script that puts no space between words meet at ``at``."""
    letters = message[at - 1 : at + 1]
    return all(map(_UNSPACED.match, letters)) and unicodedata.category(letters[-1])[0] != "M"


async def try_prompt(
    sample: Sample,
    prompt: Prompt,
    check: TrialKind,
    asker: Asker,
    tries: int,
    verdicts: VerdictSettings,
    seed: int,
    *,
    role: Role = "solver",
    k: int = 1,
    max_tokens: int | None = None,
    **fields: Any,
) -> Trial:
    """Ask ``role`` for ``tries`` answers to ``prompt`` and judge them.

    Args:
        sample: Whose question it is, with the gold.
        prompt: A version of its prompt.
        check: Which one; ``fields`` are what else the trial is to say of it.
        asker: The models.
        tries: How many answers.
        verdicts: How they are judged.
        seed: The run's; what is asked gets one of its own from it.
        role: Who answers.
        k: For pass@k; no more than there are judged answers.
        max_tokens: Most tokens of an answer, where it is not what the role's settings say.
        fields: See ``check``.

    Raises:
        AnswerError: The model gave no usable response.
        InputError: The gold answer cannot be read as its kind.
        RunError: The run cannot go on.
    """
    own_seed = seed_for(seed, sample.sample_id, check, sorted(fields.items()))
    responses = await asker.ask_text(
        role, prompt, seed=own_seed, n=tries, max_tokens=max_tokens, allow_cut_off=True
    )
    answers = [extract_answer(response.text, sample.prefix) for response in responses]
    rulings = await judge_answers(sample, answers, asker, verdicts, own_seed)
    clear = [ruling for ruling in rulings if not ruling.unclear]
    n, passes = len(clear), sum(ruling.correct for ruling in clear)
    return Trial(
        check=check,
        model=asker.client.settings.role(role).model,
        n=n,
        passes=passes,
        **_estimate(n, passes, k),
        mean_score=round(sum(ruling.score for ruling in clear) / max(len(clear), 1), 6),
        by_judge=sum(ruling.correct and not ruling.rule.correct for ruling in clear),
        denied=sum(ruling.rule.correct and ruling.judged is False for ruling in clear),
        unjudged=len(rulings) - len(clear),
        answers=[answer[:_SHOWN] for answer in answers],
        right=[None if ruling.unclear else ruling.correct for ruling in rulings],
        **fields,
    )


def _estimate(n: int, passes: int, k: int) -> dict[str, Any]:
    if n == 0:
        return {"k": k}
    k = min(k, n)
    low, high = find_interval(n, passes, k)
    return {
        "k": k,
        "pass_at_k": round(pass_at_k(n, passes, k), 6),
        "low": round(low, 6),
        "high": round(high, 6),
    }


def seed_for(seed: int, *parts: object) -> int:
    """A seed, 0…2³¹-1, for what ``parts`` name."""
    return int(content_id(seed, *parts), 16) % _SEEDS
