"""What a question asks for, and how it is read out of documents: understanding without any gold answer.

An ``Ask`` belongs to a question's words. ``read`` gives every answer that the documents it is handed
support, none if they do not tell; so one answer is a sound question, two are an ambiguous one. ``guess`` is
what one says who sees no document, ``slip`` what one says who misreads. The makers of the benchmark pose with
the same rules and the scripted solver answers with them, each from its own documents.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import NamedTuple, Protocol

from longweave.synth.prompt import parse_prompt
from longweave.synth.records import Sample

GAP = "____"
_NO_IDEA = "unknown"


class Shown(NamedTuple):
    """A document as a reader has it."""

    title: str
    text: str


class Ask(Protocol):
    """What a question asks for."""

    def read(self, documents: Sequence[Shown]) -> list[str]:
        """Every answer that the documents support, without repeats, in their order."""

    def guess(self, rng: Random) -> str:
        """An answer without documents."""

    def slip(self, documents: Sequence[Shown], right: str, rng: Random) -> str:
        """A wrong answer that a careless reader of the documents might give in place of ``right``."""


def shown_in(sample: Sample) -> list[Shown]:
    """The documents of a sample's prompt."""
    return [
        Shown(document.title, document.text) for document in parse_prompt(sample.prompt[0].content).documents
    ]


@dataclass(frozen=True)
class Passage:
    """What stands at one place of a passage: the group ``answer`` of ``pattern``, in any document whose title
    begins with ``title``. ``rivals`` finds what else might be taken for it, ``guesses`` is what one would say
    without the document."""

    title: str
    pattern: str
    rivals: str
    guesses: tuple[str, ...] = ()

    def read(self, documents: Sequence[Shown]) -> list[str]:
        """See ``Ask``."""
        found = [
            match["answer"]
            for document in documents
            if document.title.startswith(self.title)
            for match in _compiled(self.pattern).finditer(document.text)
        ]
        return list(dict.fromkeys(found))

    def guess(self, rng: Random) -> str:
        """See ``Ask``."""
        return rng.choice(self.guesses) if self.guesses else _NO_IDEA

    def slip(self, documents: Sequence[Shown], right: str, rng: Random) -> str:
        """See ``Ask``."""
        return draw_other(self.find_rivals(documents), right, rng)

    def find_rivals(self, documents: Sequence[Shown]) -> list[str]:
        """Everything that might be taken for the answer in the documents of its title."""
        own = (document.text for document in documents if document.title.startswith(self.title))
        return sorted({match["answer"] for text in own for match in _compiled(self.rivals).finditer(text)})


@dataclass(frozen=True)
class OneOf:
    """Which of the options of ``letters`` is what ``passage`` says."""

    passage: Passage
    options: tuple[tuple[str, str], ...]

    def read(self, documents: Sequence[Shown]) -> list[str]:
        """See ``Ask``."""
        said = {text.casefold() for text in self.passage.read(documents)}
        return [letter for letter, option in self.options if option.casefold() in said]

    def guess(self, rng: Random) -> str:
        """See ``Ask``."""
        return rng.choice(self.options)[0]

    def slip(self, documents: Sequence[Shown], right: str, rng: Random) -> str:
        """See ``Ask``."""
        return draw_other([letter for letter, _ in self.options], right, rng)


@dataclass(frozen=True)
class Both:
    """What two passages say, in their order."""

    passages: tuple[Passage, Passage]

    def read(self, documents: Sequence[Shown]) -> list[str]:
        """See ``Ask``."""
        first, second = (passage.read(documents) for passage in self.passages)
        return [f"{one}; {other}" for one in first for other in second]

    def guess(self, rng: Random) -> str:
        """See ``Ask``."""
        return "; ".join(passage.guess(rng) for passage in self.passages)

    def slip(self, documents: Sequence[Shown], right: str, rng: Random) -> str:
        """See ``Ask``."""
        one, _, other = right.partition("; ")
        return f"{one}; {self.passages[1].slip(documents, other, rng)}"


@dataclass(frozen=True)
class Understood:
    """A question on which a reader knows what the passage ``pattern`` says in answer, once it sees it."""

    pattern: str
    says: str
    options: tuple[str, ...] = ()

    def read(self, documents: Sequence[Shown]) -> list[str]:
        """See ``Ask``."""
        there = any(_compiled(self.pattern).search(document.text) for document in documents)
        return [self.says] if there else []

    def guess(self, rng: Random) -> str:
        """See ``Ask``."""
        return rng.choice(self.options) if self.options else _NO_IDEA

    def slip(self, documents: Sequence[Shown], right: str, rng: Random) -> str:
        """See ``Ask``."""
        return draw_other(self.options, right, rng)


def draw_other(candidates: Sequence[str], right: str, rng: Random) -> str:
    """One of ``candidates`` that is not ``right``; no idea if there is none."""
    others = [candidate for candidate in candidates if candidate != right]
    return rng.choice(others) if others else _NO_IDEA


def flexible(text: str) -> str:
    """A pattern for ``text`` with any white space between its words."""
    return r"\s+".join(re.escape(word) for word in text.split())


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.MULTILINE)
