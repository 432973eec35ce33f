"""What must hold for every sample, whoever made it: checked on the prompt alone, with no model.

In: a ``Sample``. Out: None, or ``Dropped`` with one of the reasons

- ``field_missing``, ``prompt_shape``, ``prompt_unreadable``, ``prompt_differs``, ``closing_line_missing``:
  the message is not what the record says it is,
- ``document_missing``, ``document_repeated``, ``document_unused``, ``role_differs``: the shown documents
  are not those that the question needs,
- ``evidence_moved``, ``evidence_not_shown``, ``support_not_shown``: the proof does not stand where it is
  recorded,
- ``answer_in_question``,
- ``token_count_differs``, ``over_target``, ``under_filled``.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import partial

from longweave.synth.errors import InputError
from longweave.synth.prompt import ELLIPSIS, ShownDocument, ShownPrompt, parse_prompt
from longweave.synth.records import Dropped, Evidence, Piece, Sample
from longweave.synth.tokens import Tokenizer

CLOSING_LINE = "Therefore, the answer is (insert answer here)"

_YES_OR_NO = frozenset({"yes", "no", "true", "false"})
_DEPTH_TOLERANCE = 0.001
_TELLING_DIGITS = 3
_NUMBER = re.compile(r"(?<![\w.,])[-\u2212(]?[$€£]?\s?(\d[\d,]*(?:\.\d+)?)(?![\w]|[.,]\d)")
_ANOTHER_BEFORE = re.compile(r"(?:[,;/]|\b(?:or|and|versus|vs\.?|than|between|to))\s*$", re.IGNORECASE)
_ANOTHER_AFTER = re.compile(r"\s*(?:[,;/]|(?:or|and|versus|vs\.?|than)\b)", re.IGNORECASE)
_COORDINATOR = re.compile(r"\b(?:or|and|versus|vs|than)\b", re.IGNORECASE)
_SELECTION = re.compile(r"\b(?:which|whose|who|what|when|where|of|among|between|or)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PromptLength:
    """With ``template_tokens`` for the chat template, a prompt fills ``fill`` (0…1) to 1 of its target."""

    fill: float
    template_tokens: int


def check_structure(sample: Sample, tokenizer: Tokenizer, length: PromptLength) -> Dropped | None:
    """The first thing that does not hold, the cheap ones first; None when all does."""
    dropped = _check_fields(sample)
    if dropped is not None:
        return dropped
    message = sample.prompt[0].content
    try:
        shown = parse_prompt(message)
    except InputError as error:
        return Dropped(reason="prompt_unreadable", detail=str(error))
    checks: list[Callable[[], Dropped | None]] = [
        partial(_check_prompt, sample, shown),
        partial(_check_documents, sample),
        partial(_check_positions, sample, message),
        partial(_check_spans, sample, shown, message),
        partial(check_answer_hidden, sample),
        partial(_check_length, sample, tokenizer, length),
    ]
    return next((dropped for check in checks if (dropped := check()) is not None), None)


def _check_fields(sample: Sample) -> Dropped | None:
    for name in ("question", "answer", "evidence", "doc_ids", "context"):
        value = getattr(sample, name)
        if not (value.strip() if isinstance(value, str) else value):
            return Dropped(reason="field_missing", detail=name)
    if [message.role for message in sample.prompt] != ["user"]:
        roles = ", ".join(message.role for message in sample.prompt)
        return Dropped(reason="prompt_shape", detail=f"one user message expected, found: {roles or 'none'}")
    return None


def _check_prompt(sample: Sample, shown: ShownPrompt) -> Dropped | None:
    """The message asks this question over these documents, and ends as every prompt does."""
    if shown.question != sample.question:
        return Dropped(reason="prompt_differs", detail=f"the prompt asks: {shown.question}")
    titles = [document.title for document in shown.documents]
    if titles != [piece.title for piece in sample.context]:
        return Dropped(
            reason="prompt_differs", detail=f"{len(titles)} documents shown: {'; '.join(titles[:8])}"
        )
    for document, piece in zip(shown.documents, sample.context, strict=True):
        if not piece.context_start < document.start <= document.end < piece.context_end:
            return Dropped(reason="prompt_differs", detail=f"{piece.doc_id} does not stand at its offsets")
    last_line = sample.prompt[0].content.rstrip().rpartition("\n")[2]
    if last_line != CLOSING_LINE:
        return Dropped(reason="closing_line_missing", detail=last_line[:200])
    return None


def _check_documents(sample: Sample) -> Dropped | None:
    """Each needed document is shown once, as needed, and carries evidence; no other claims to be needed."""
    shown = [piece.doc_id for piece in sample.context]
    if len(set(shown)) < len(shown):
        repeated = sorted({doc_id for doc_id in shown if shown.count(doc_id) > 1})
        return Dropped(reason="document_repeated", detail=", ".join(repeated))
    if missing := sorted(set(sample.doc_ids) - set(shown)):
        return Dropped(reason="document_missing", detail=", ".join(missing))
    with_evidence = {evidence.doc_id for evidence in sample.evidence}
    if strange := sorted(with_evidence - set(sample.doc_ids)):
        return Dropped(
            reason="document_missing", detail=f"evidence from {', '.join(strange)}, not a needed document"
        )
    if unused := sorted(set(sample.doc_ids) - with_evidence):
        return Dropped(reason="document_unused", detail=", ".join(unused))
    for piece in sample.context:
        if (piece.role == "needed") != (piece.doc_id in sample.doc_ids):
            return Dropped(reason="role_differs", detail=f"{piece.doc_id} is shown as {piece.role}")
    return None


def _check_positions(sample: Sample, message: str) -> Dropped | None:
    """One position per piece of evidence, where its quote stands in the message."""
    if len(sample.positions) != len(sample.evidence):
        detail = f"{len(sample.positions)} positions for {len(sample.evidence)} pieces of evidence"
        return Dropped(reason="evidence_moved", detail=detail)
    for evidence, position in zip(sample.evidence, sample.positions, strict=True):
        found = message[position.start : position.end]
        if position.doc_id != evidence.doc_id or found != evidence.quote:
            detail = (
                f"{evidence.doc_id} [{evidence.start}:{evidence.end}] {evidence.quote!r}, found {found!r}"
            )
            return Dropped(reason="evidence_moved", detail=detail)
        if abs(position.depth - position.start / len(message)) > _DEPTH_TOLERANCE:
            return Dropped(
                reason="evidence_moved", detail=f"depth {position.depth} of character {position.start}"
            )
    return None


def _check_spans(sample: Sample, shown: ShownPrompt, message: str) -> Dropped | None:
    """Evidence and support lie in what is shown of their documents, and the message has their text there."""
    pieces = {
        piece.doc_id: (piece, document)
        for piece, document in zip(sample.context, shown.documents, strict=True)
    }
    for evidence, position in zip(sample.evidence, sample.positions, strict=True):
        if position.start not in _places(evidence, *pieces[evidence.doc_id]):
            detail = f"{evidence.doc_id} [{evidence.start}:{evidence.end}] {evidence.quote!r}"
            return Dropped(reason="evidence_not_shown", detail=detail)
    for support in sample.support:
        places = _places(support, *pieces[support.doc_id]) if support.doc_id in pieces else ()
        if not any(message.startswith(support.quote, place) for place in places):
            detail = f"{support.doc_id} [{support.start}:{support.end}] {support.quote[:200]!r}"
            return Dropped(reason="support_not_shown", detail=detail)
    return None


def _places(span: Evidence, piece: Piece, document: ShownDocument) -> Iterator[int]:
    """Where in the message ``span`` of the document's text must start; nowhere if it is left out.

    The body is the piece's ranges in order with a mark between them. It may also begin with a mark, or with
    a line of the document that looks like one: then both places are given.
    """
    for lead in (0, len(ELLIPSIS)) if document.text.startswith(ELLIPSIS) else (0,):
        at = document.start + lead
        for start, end in piece.doc_spans:
            if start <= span.start and span.end <= end:
                yield at + span.start - start
            at += end - start + len(ELLIPSIS)


def check_answer_hidden(sample: Sample) -> Dropped | None:
    """The question does not give its answer away.

    A number must not stand in the question as such; numbers of one or two digits are let pass, because they
    also count ("rounded to 2 decimals", "the top 3"). A text must not either, unless the question puts it
    beside others to choose from ("which of A, B and C …", "A or B"). The answer of a choice or a list is
    one of what the question names, and yes or no may stand in it, so nothing is asked of them.
    """
    if sample.answer_kind in ("choice", "list") or sample.answer.strip(" .").lower() in _YES_OR_NO:
        return None
    if sample.answer_kind == "number":
        given = _states_number(sample.question, sample.answer)
    else:
        given = _states_text(sample.question, sample.answer)
    return (
        Dropped(reason="answer_in_question", detail=f"{sample.answer}: {sample.question}") if given else None
    )


def _states_number(question: str, answer: str) -> bool:
    match = _NUMBER.search(answer)
    if match is None or sum(character.isdigit() for character in match.group(1)) < _TELLING_DIGITS:
        return False
    value = _decimal(match.group(1))
    return any(_decimal(found.group(1)) == value for found in _NUMBER.finditer(question))


def _states_text(question: str, answer: str) -> bool:
    words = r"\W+".join(re.escape(word) for word in re.findall(r"\w+", answer))
    if not words:
        return False
    selects = _SELECTION.search(question) is not None and _COORDINATOR.search(question) is not None
    return any(
        not (selects and _stands_beside_others(question, found.start(), found.end()))
        for found in re.finditer(rf"(?<!\w){words}(?!\w)", question, re.IGNORECASE)
    )


def _stands_beside_others(question: str, start: int, end: int) -> bool:
    before, after = question[:start], question[end:].lstrip(".")
    return bool(_ANOTHER_BEFORE.search(before) or _ANOTHER_AFTER.match(after))


def _decimal(digits: str) -> Decimal | None:
    try:
        return Decimal(digits.replace(",", ""))
    except InvalidOperation:
        return None


def _check_length(sample: Sample, tokenizer: Tokenizer, length: PromptLength) -> Dropped | None:
    """The recorded count is the tokenizer's own, and with the template within the target and near it."""
    counted = tokenizer.count(sample.prompt[0].content)
    used = counted + length.template_tokens
    detail = f"{counted} tokens, {sample.n_prompt_tokens} recorded, target {sample.target_tokens}"
    if counted != sample.n_prompt_tokens:
        return Dropped(reason="token_count_differs", detail=detail)
    if used > sample.target_tokens:
        return Dropped(reason="over_target", detail=detail)
    if used < length.fill * sample.target_tokens:
        return Dropped(reason="under_filled", detail=detail)
    return None
