"""A conversation as turns: who says what, and where it stands in the text.

In: the text of a document, or the excerpts of it that a prompt shows. Out: its turns in order. Four formats
are known, one turn on a line:

- meetings: ``[12] Grad C: text``,
- chats: ``[730] [11:36] <stian> text``, with ``[731] [11:36]  * stian waves`` for what is told of oneself and
  ``[732] === stian has left`` for what is nobody's turn,
- histories of an assistant: ``User: text`` and ``Assistant: text`` under ``=== Session … ===``.

A turn is a fact of its own line alone, so an excerpt of whole lines has the same turns as the document; what
goes on in further lines is kept beside it, for whoever asks what is in dispute. A meeting or chat with a
numbered line of no known form is unreadable: nobody knows whose turn that is.
"""

import re
from dataclasses import dataclass, replace
from typing import Literal

Medium = Literal["meeting", "chat", "assistant"]

_LINE = re.compile(
    r"\[(?P<number>\d+)\] "
    r"(?:(?P<time>\[\d\d:\d\d\]) (?:<(?P<nick>[^<>\s]+)>|(?P<action> \* )(?P<actor>\S+)(?=\s))"
    r"|(?P<speaker>[^\W\d_=][^:<>\[\]\n]{0,60}):)(?P<words>.*)"
    r"|(?P<party>User|Assistant):(?P<said>.*)"
)
_NAMELESS = re.compile(r"(?:\[\d+\] )?===|\[\.\.\.\]$|\s*$")
_NUMBERED = re.compile(r"\[\d+\](?: |$)")


@dataclass(frozen=True, slots=True)
class Turn:
    """``words == text[start:end]`` is what is said, without white space around it; the line begins at ``at``.

    ``number`` and ``time`` are empty where the format has none. ``is_action``: told in the third person.
    ``more``: lines of no known form in which its text may go on, so that nobody can say where it ends.
    """

    medium: Medium
    number: str
    time: str
    speaker: str
    at: int
    start: int
    end: int
    words: str
    is_action: bool = False
    more: str = ""

    @property
    def is_broken(self) -> bool:
        """Whether nobody can say where it ends."""
        return bool(self.more)


def read_turns(text: str) -> list[Turn]:
    """The turns of ``text`` in order; none for a text that is no conversation or an unreadable one."""
    turns: list[Turn] = []
    more: list[list[str]] = []
    is_numbered = is_unread = False
    for line in re.finditer(r"[^\n]+", text):
        turn = _read_line(line)
        if turn is not None:
            turns.append(turn)
            more.append([])
            is_numbered |= bool(turn.number)
        elif not _NAMELESS.match(line.group()):
            is_unread |= _NUMBERED.match(line.group()) is not None
            if turns:
                more[-1].append(line.group())
    if is_unread and is_numbered:
        return []
    return [
        replace(turn, more="\n".join(lines)) if lines else turn
        for turn, lines in zip(turns, more, strict=True)
    ]


def follows(text: str, turn: Turn, earlier: Turn) -> bool:
    """Whether ``turn`` stands directly after ``earlier``, with nothing in between or left out."""
    return earlier.end <= turn.at and not text[earlier.end : turn.at].strip()


def _read_line(line: re.Match[str]) -> Turn | None:
    found = _LINE.fullmatch(line.group())
    if found is None:
        return None
    group = "said" if found["party"] else "words"
    words = found[group].strip()
    start = line.start() + found.start(group) + len(found[group]) - len(found[group].lstrip())
    medium: Medium = "assistant" if found["party"] else "chat" if found["time"] else "meeting"
    return Turn(
        medium=medium,
        number=found["number"] or "",
        time=(found["time"] or "").strip("[]"),
        speaker=found["party"] or found["nick"] or found["actor"] or found["speaker"],
        at=line.start(),
        start=start,
        end=start + len(words),
        words=words,
        is_action=found["action"] is not None,
    )
