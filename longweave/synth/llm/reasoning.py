"""What a model thought, apart from what it answered.

Servers with a reasoning parser separate the two themselves; from others the thought comes in the text,
between marks that differ by model family. Marks count only where models put them: a thought is opened at the
very start of the text, and one whose opening mark was part of the chat template is closed at either end of a
line or right before the answer. The same characters anywhere else, as in a quotation, belong to the answer.
"""

import re
from typing import NamedTuple

from longweave.synth.llm.response import Choice

_MARKS = {
    "<think>": "</think>",  # DeepSeek, Qwen, GLM, MiniMax, Nemotron, Phi, …
    "<thinking>": "</thinking>",
    "<thought>": "</thought>",  # EXAONE
    "<reasoning>": "</reasoning>",
    "<seed:think>": "</seed:think>",
    "[THINK]": "[/THINK]",  # Magistral
    "◁think▷": "◁/think▷",  # Kimi
    "<|channel>thought": "<channel|>",  # Gemma
    "<|START_THINKING|>": "<|END_THINKING|>",  # Command
    "<|inner_prefix|>": "<|inner_suffix|>",  # Apertus
    "Here is my thought process:": "Here is my response:",  # Granite
}
_OPENED_BY_TEMPLATE = (
    "<think>",
    "<seed:think>",
    "[THINK]",
    "◁think▷",
    "<|START_THINKING|>",
    "<|inner_prefix|>",
)

_OPENING = re.compile(rf"\s*+({'|'.join(map(re.escape, _MARKS))})")
_ANY_CLOSING = "|".join(re.escape(_MARKS[opening]) for opening in _OPENED_BY_TEMPLATE)
_CLOSING = re.compile(
    rf"^(?:{_ANY_CLOSING})|(?:{_ANY_CLOSING})(?=[ \t]*+(?:[\r\n{{\[]|```|\Z))", re.MULTILINE
)
_BARE_JSON = re.compile(r"\s*+(?:\{|\[\s*+\{|```)")

_CHANNEL_OPENING = re.compile(r"\s*+<\|(?:start|channel)\|>")  # gpt-oss
_FINAL = re.compile(r"<\|channel\|>final\b[^\n]{0,60}?<\|message\|>")
_CHANNEL_MARK = re.compile(r"<\|start\|>assistant|<\|channel\|>\w*+|<\|(?:message|end|return)\|>")


class Separated(NamedTuple):
    """A choice in two parts. ``is_cut_off``: the thought did not come to its end, so there is no answer."""

    reasoning: str
    answer: str
    is_cut_off: bool = False


def separate_reasoning(choice: Choice) -> Separated:
    """What was thought and what was answered, without marks and white space around either.

    What the server itself gives as reasoning comes first; marks at the start of the text are looked for all
    the same, because some servers leave them there.
    """
    if _CHANNEL_OPENING.match(choice.text):
        found = _separate_channels(choice.text)
    else:
        found = _separate_marks(choice.text, is_separated=bool(choice.reasoning))
    own = choice.reasoning.strip()
    if not own or found.reasoning == own:
        return found
    return found._replace(reasoning=f"{own}\n\n{found.reasoning}".strip())


def _separate_marks(text: str, is_separated: bool) -> Separated:
    thoughts: list[str] = []
    at = 0
    family = ""
    while (opening := _OPENING.match(text, at)) and family in ("", opening.group(1)):
        family = opening.group(1)
        end = text.find(_MARKS[family], opening.end())
        if end < 0:
            return Separated(_join([*thoughts, text[opening.end() :]]), "", is_cut_off=True)
        thoughts.append(text[opening.end() : end])
        at = end + len(_MARKS[family])
    if not at and not is_separated and not _BARE_JSON.match(text) and (mark := _CLOSING.search(text)):
        thoughts.append(text[: mark.start()])
        at = mark.end()
    return Separated(_join(thoughts), text[at:].strip())


def _separate_channels(text: str) -> Separated:
    final = _FINAL.search(text)
    thought = _CHANNEL_MARK.sub("\n", text[: final.start()] if final else text).strip()
    if final is None:
        return Separated(thought, "", is_cut_off=True)
    answer = text[final.end() :].strip()
    return Separated(thought, answer.removesuffix("<|return|>").removesuffix("<|end|>").strip())


def _join(thoughts: list[str]) -> str:
    return "\n\n".join(thought for thought in map(str.strip, thoughts) if thought)
