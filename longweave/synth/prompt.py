"""The user message of a sample: rendered from pieces, parsed back into documents and question.

Out: one message with an instruction, the pieces between ``<text>`` and ``</text>`` each in its
``<document index= title=>``, the question, and a closing instruction that ends with "Therefore, the
answer is (insert answer here)". ``parse_prompt`` inverts it without ambiguity, because no document may
hold a reserved mark. Every part ends with a newline and is followed by something that is not one,
so the token count of the message is the sum of its parts' counts.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import yaml

from longweave.synth.errors import InputError
from longweave.synth.records import AnswerKind
from longweave.synth.tokens import Tokenizer

ELLIPSIS = "[...]\n"
FOOTER = "</document>\n"
_TEXT_END = "</text>\n\n"

_STRUCTURE = ("</document>", "<document index=", "</text>")
_CHAT_WORDS = tuple(
    f"<{slash}{name}>" for name in ("think", "tool_call", "tool_response") for slash in ("", "/")
)
_CONTROL_TOKEN = re.compile(
    r"<\|(?:im_(?:start|end|sep)|end(?:oftext|ofprompt|_of_text)?|begin_of_text|(?:start|end)_header_id|e[om]t_id|eom_id"
    r"|python_tag|system|user|assistant|tool|message|channel|return|call|(?:object_ref|box|quad|vision)_(?:start|end)"
    r"|(?:vision|image|video|fim)_pad|fim_(?:prefix|middle|suffix)|repo_name|file_sep)\|>"
)  # of Qwen's, Llama's, Phi's and gpt-oss's templates; "<|trey|>" is a nickname


def find_reserved_mark(text: str) -> str | None:
    """The first kind of mark in ``text`` that no document may hold, or None.

    These are the marks that structure the prompt, and the control tokens of chat templates
    (``<|im_end|>``, ``<think>``, …): a document with one would end the user's turn.
    """
    for mark in (*_STRUCTURE, *_CHAT_WORDS):
        if mark in text:
            return mark
    if "<|" in text and (control := _CONTROL_TOKEN.search(text)):
        return control.group()
    return None


@dataclass(frozen=True, slots=True)
class PromptPiece:
    """A document as it is to be shown: ``body`` ends with a newline and does not begin with one."""

    title: str
    body: str


@dataclass(frozen=True, slots=True)
class RenderedPrompt:
    """``bodies`` are the character offsets at which each piece's body starts in ``message``,
    ``spans`` the ``[start, end)`` of each whole piece (its tags included)."""

    message: str
    bodies: tuple[int, ...]
    spans: tuple[tuple[int, int], ...]


def render_prompt(pieces: Sequence[PromptPiece], question: str, answer_format: str) -> RenderedPrompt:
    """The user message that shows ``pieces`` in order and asks ``question``."""
    parts = [opening()]
    at = len(parts[0])
    bodies: list[int] = []
    spans: list[tuple[int, int]] = []
    for index, piece in enumerate(pieces, start=1):
        header = piece_header(index, piece.title)
        bodies.append(at + len(header))
        end = at + len(header) + len(piece.body) + len(FOOTER)
        spans.append((at, end))
        parts += (header, piece.body, FOOTER)
        at = end
    parts.append(ending(question, answer_format))
    return RenderedPrompt("".join(parts), tuple(bodies), tuple(spans))


def opening() -> str:
    """All that stands before the first piece."""
    return f"{_template('instruction.txt')}\n\n<text>\n"


def piece_header(index: int, title: str) -> str:
    """The line that opens the ``index``-th piece (from 1)."""
    return f'<document index="{index}" title="{escape_title(title)}">\n'


def ending(question: str, answer_format: str) -> str:
    """All that stands after the last piece."""
    return f"{_TEXT_END}{question.strip()}\n\n{_closing(answer_format)}"


def count_frame(tokenizer: Tokenizer, question: str, answer_format: str) -> int:
    """Tokens of a message without its pieces."""
    return tokenizer.count(opening()) + tokenizer.count(ending(question, answer_format))


@dataclass(frozen=True, slots=True)
class ShownDocument:
    """A document as the message shows it.

    ``text`` is its body with the lines that mark left-out parts, ``message[start:end] == text``;
    ``excerpts`` are the ``[start, end)`` ranges of the message between those lines, in order.
    """

    index: int
    title: str
    text: str
    start: int
    end: int
    excerpts: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class ShownPrompt:
    """What a user message shows and asks."""

    documents: tuple[ShownDocument, ...]
    question: str


_DOCUMENT = re.compile(r'<document index="(\d+)" title="([^"\n]*)">\n(.*?)</document>\n', re.DOTALL)
_LEFT_OUT = re.compile(r"^\[\.\.\.\]\n", re.MULTILINE)


def parse_prompt(message: str) -> ShownPrompt:
    """The documents and the question of a message that ``render_prompt`` made.

    Raises:
        InputError: The message does not have that form.
    """
    start = message.find("<text>\n<document index=")
    stop = message.find(_TEXT_END)
    if start < 0 or stop < start:
        raise InputError(
            "no documents between <text> and </text>",
            where="prompt",
            fix="Only messages made by longweave.synth.prompt can be parsed.",
        )
    shown: list[ShownDocument] = []
    at = start + len("<text>\n")
    while at < stop:
        match = _DOCUMENT.match(message, at, stop)
        if match is None or int(match.group(1)) != len(shown) + 1:
            raise InputError(
                f"document {len(shown) + 1} cannot be read",
                where=f"prompt, character {at}",
                fix="Only messages made by longweave.synth.prompt can be parsed.",
            )
        body_start, body_end = match.span(3)
        shown.append(
            ShownDocument(
                index=len(shown) + 1,
                title=unescape_title(match.group(2)),
                text=match.group(3),
                start=body_start,
                end=body_end,
                excerpts=_excerpts(message, body_start, body_end),
            )
        )
        at = match.end()
    return ShownPrompt(tuple(shown), _question(message[stop + len(_TEXT_END) :]))


class PromptParts(NamedTuple):
    """A message cut in three: all up to ``</text>``, the question, and the closing instruction; between
    them stand empty lines."""

    documents: str
    question: str
    closing: str


def split_prompt(message: str) -> PromptParts:
    """The parts of a message that ``render_prompt`` made.

    Raises:
        InputError: The message does not have that form.
    """
    documents, mark, tail = message.partition(_TEXT_END)
    question = _question(tail)
    return PromptParts(documents + mark.rstrip(), question, tail[len(question) :].lstrip("\n"))


def _excerpts(message: str, start: int, end: int) -> tuple[tuple[int, int], ...]:
    ranges: list[tuple[int, int]] = []
    at = start
    for mark in _LEFT_OUT.finditer(message[start:end]):
        ranges.append((at, start + mark.start()))
        at = start + mark.end()
    ranges.append((at, end))
    return tuple((a, b) for a, b in ranges if a < b)


def _question(tail: str) -> str:
    lead, _, rest = _template("closing.txt").partition("{answer_format}")
    at = tail.rfind("\n\n" + lead)
    if at < 0 or not tail.endswith(rest):
        raise InputError(
            "no question before the closing instruction",
            where="prompt",
            fix="Only messages made by longweave.synth.prompt can be parsed.",
        )
    return tail[:at]


def answer_format(kind: AnswerKind) -> str:
    """What the closing instruction says about the form of an answer of this kind."""
    return _answer_formats()[kind]


_ENTITIES = {"&": "&amp;", '"': "&quot;", "<": "&lt;", ">": "&gt;", "\n": "&#10;", "\r": "&#13;"}
_CHARACTERS = {entity: character for character, entity in _ENTITIES.items()}
_TO_ESCAPE = re.compile(r'["<>\n\r]|&(?=(?:amp|quot|lt|gt|#10|#13);)')
_ESCAPED = re.compile(r"&(?:amp|quot|lt|gt|#10|#13);")


def escape_title(title: str) -> str:
    """``title`` on one line without quotes or angle brackets; a plain ampersand stays as it is."""
    return _TO_ESCAPE.sub(lambda match: _ENTITIES[match.group()], title)


def unescape_title(title: str) -> str:
    """The inverse of ``escape_title``."""
    return _ESCAPED.sub(lambda match: _CHARACTERS[match.group()], title)


def _closing(answer_format: str) -> str:
    return _template("closing.txt").replace("{answer_format}", answer_format)


@cache
def _answer_formats() -> dict[str, str]:
    formats: dict[str, str] = yaml.safe_load(_template("answer_formats.yaml"))
    return formats


@cache
def _template(name: str) -> str:
    return (files(__package__) / "prompts" / name).read_text(encoding="utf-8").rstrip("\n")
