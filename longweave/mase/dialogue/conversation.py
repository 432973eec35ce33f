"""A document read as a conversation, with what questions are made of: speakers, terms, openings, quotes."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Self

from longweave.mase.dialogue.turns import Medium, Turn, read_turns
from longweave.mase.dialogue.words import is_term, tokens_of
from longweave.synth.records import Document

_FEWEST_TURNS = 20
_OPENING_WORDS = (2, 3)
_QUOTE_WORDS = (6, 10)
_TELLING_WORDS = 8
_TELLING_TERMS = 2
_PLAIN_CONVERSATIONS = 2
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Conversation:
    """``dull`` are the words that too many of the conversations have to say anything about this one."""

    document: Document
    turns: tuple[Turn, ...]
    medium: Medium
    dull: frozenset[str]

    @classmethod
    def read_all(cls, documents: Iterable[Document]) -> list[Self]:
        """The conversations among ``documents``, in the order of their ids."""
        read = [
            (document, turns)
            for document in sorted(documents, key=lambda document: document.doc_id)
            if len(turns := read_turns(document.text)) >= _FEWEST_TURNS
        ]
        met = Counter(word for _, turns in read for word in {w for t in turns for w in tokens_of(t.words)})
        most = max(_PLAIN_CONVERSATIONS, len(read) // 3)
        dull = frozenset(word for word, n in met.items() if n > most)
        return [cls(document, tuple(turns), turns[0].medium, dull) for document, turns in read]

    @cached_property
    def speakers(self) -> list[str]:
        """Everybody who says something, in alphabetical order."""
        return sorted({turn.speaker for turn in self.turns})

    @cached_property
    def names(self) -> frozenset[str]:
        """The words that the speakers' names and the title are made of."""
        named = " ".join([*self.speakers, self.document.title])
        return frozenset(tokens_of(named)) | frozenset(name.lower() for name in self.speakers)

    def find_terms(self, turns: Sequence[Turn], counts: Collection[int]) -> list[str]:
        """Words with a meaning of their own that so many of ``turns`` mention, with capitals only where they
        are always written so."""
        met = Counter(word for turn in turns for word in set(tokens_of(turn.words)))
        written: dict[str, str] = {}
        for form in (found.group() for turn in turns for found in _WORD.finditer(turn.words)):
            lower = form.lower()
            if written.setdefault(lower, form) != lower and form == lower:
                written[lower] = lower
        return sorted(
            written.get(word, word)
            for word, n in met.items()
            if n in counts and is_term(word) and word not in self.dull and word not in self.names
        )

    def find_openings(self, turns: Sequence[Turn], counts: Collection[int]) -> list[str]:
        """Two or three words that so many of ``turns`` begin with, without punctuation between them,
        as the first of them writes it."""
        met: Counter[str] = Counter()
        written: dict[str, str] = {}
        for turn in turns:
            words = turn.words.split()
            for n in _OPENING_WORDS:
                if len(words) > n and all(word.replace("'", "").isalpha() for word in words[:n]):
                    opening = " ".join(words[:n])
                    met[opening.lower()] += 1
                    written.setdefault(opening.lower(), opening)
        return sorted(
            written[opening]
            for opening, n in met.items()
            if n in counts and not self.names & set(opening.split()) and len(set(opening.split())) > 1
        )

    def find_quotes(self, turn: Turn, n_skipped: int = 0) -> Iterator[str]:
        """Runs of words from inside a sentence of the turn, not from the turn's beginning, that say something
        and do not stammer."""
        words = turn.words.split()
        least, most = _QUOTE_WORDS
        for first in range(1 + n_skipped, len(words) - least + 1):
            run = words[first : first + most]
            while run and not (_is_word(run[-1]) and is_term(run[-1].lower())):
                run.pop()
            if any(map(_ends_sentence, run[:-1])) or _stammers(run):
                continue
            telling = {token for token in tokens_of(" ".join(run)) if is_term(token)}
            if sum(map(_is_word, run)) >= least and _is_word(run[0]) and len(telling - self.names) > 1:
                yield " ".join(run)


def is_telling(turn: Turn) -> bool:
    """Whether a turn is long enough and says enough to be worth reproducing."""
    terms = {token for token in tokens_of(turn.words) if is_term(token)}
    return len(turn.words.split()) >= _TELLING_WORDS and len(terms) >= _TELLING_TERMS


def _ends_sentence(token: str) -> bool:
    return token.endswith((".", "?", "!", ":", ";")) or token == "-"


def _stammers(words: Sequence[str]) -> bool:
    lower = [word.lower() for word in words]
    fragments = any(len(word) == 1 and word.isalpha() and word not in "ai" for word in lower)
    pairs = list(pairwise(lower))
    repeats = any(one == other for one, other in pairs) or len(set(pairs)) < len(pairs)
    return fragments or repeats or bool({"um", "uh"} & set(lower))


def _is_word(token: str) -> bool:
    return token[:1].isalnum() and token[-1:].isalnum()
