"""A question about a conversation as data: which turns it is about, and what it asks of them."""

from typing import Literal

from longweave.mase.dialogue.turns import Medium
from longweave.synth.records import Record

RuleName = Literal["mention", "question", "address", "opening"]
AskName = Literal[
    "mrcr_mention",
    "mrcr_question",
    "mrcr_address",
    "mrcr_opening",
    "needle_speaker",
    "needle_reply",
    "needle_count",
    "needle_nth_speaker",
    "needle_time",
    "needle_turn",
    "needle_addressee",
]


class Rule(Record):
    """Which turns look alike: those of ``speaker`` (of anybody, if empty) that mention the word ``words``,
    end with a question mark, begin with the name ``words``, or begin with the words ``words``."""

    name: RuleName
    speaker: str = ""
    words: str = ""


class Plan(Record):
    """``title`` and ``medium`` are the conversation's. A question about look-alikes has a ``rule`` and, where
    one of them is asked for, ``ordinal``: from 1, or from -1 backwards. Any other has a ``quote``
    from the one turn that it is about; ``speaker`` is who says it and ``replier`` who speaks next, where the
    question names them. ``prefix`` is what a word-for-word answer begins with; ``phrasing`` picks the
    wording."""

    ask: AskName
    title: str
    medium: Medium
    rule: Rule | None = None
    ordinal: int = 0
    quote: str = ""
    speaker: str = ""
    replier: str = ""
    prefix: str = ""
    phrasing: int = 0
