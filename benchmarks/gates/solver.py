"""The scripted models behind the socket: an honest solver, judge and verifier.

They are given what a question asks for (``Ask``: understanding, no answer) and what any strong model knows by
heart (``Fact``), for all questions alike, good or planted. Of a sample they see what is sent: never its gold
answer (the judge sees the reference that it is asked about), its evidence, or whether something was planted.

- **solver with documents**: reads the documents of the request and nothing else. It says what they support;
  if they support several answers any of these, drawn anew for every answer; "cannot be determined" if none.
  In ``SLIPS`` of its answers it misreads. Words and notation of its answers vary a little.
- **solver without documents**: says what it knows by heart, or what the question itself gives away, else it
  guesses, among the options if there are any.
- **judge**: compares reference and answer as normalised texts, numbers also when written out.
- **verifier**: supports an answer if it is one that the documents support.

Everything is drawn from the seed of the request, so equal requests are answered alike.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from benchmarks.gates.asks import Ask, Shown
from benchmarks.gates.spoken import say_number
from longweave.synth.answers.texts import normalize_text
from longweave.synth.prompt import unescape_title

SOLVER, JUDGE, VERIFIER = "solver", "judge", "verifier"
"""Names of the models, one per role."""

SLIPS = 0.05
_SETTLED_NOT = "cannot be determined"
_DOCUMENT = re.compile(r'<document index="\d+" title="([^"\n]*)">\n(.*?)</document>\n', re.DOTALL)
_CLOSED_BOOK = re.compile(
    r"are not shown; where you are not sure[^\n]*\n\n(?P<question>.*?)\n\nThink it through", re.DOTALL
)
_WITH_DOCUMENTS = re.compile(
    r"</text>\n\n(?P<question>.*?)\n\n(?:Some of the documents that this question|Work out the answer)",
    re.DOTALL,
)
_JUDGED = re.compile(
    r"Reference answer:\n(?P<reference>.*?)\n\nGiven answer:\n(?P<given>.*?)\n\nThe given", re.DOTALL
)
_CONTESTED = re.compile(
    r"Question:\n(?P<question>.*?)\n\nTwo answers[^\n]*\n"
    r"First: (?P<first>.*?)\nSecond: (?P<second>.*?)\n\nDecide",
    re.DOTALL,
)
_HINT = re.compile(
    r"\((?:hint|note|recall|remember|for reference|as a check)[:,]? (?:that )?(?P<bracketed>[^()]+)\)"
    r"|\b(?:given that|as we know,?|knowing that|considering that|now that) "
    r"(?P<clause>[^?;]+?)(?:[;?]|, (?=[a-z]+ )|$)",
    re.IGNORECASE,
)
_SAYS = re.compile(r"^.*?\b(?:is|was|were|came to|comes to|amounts to|are|by)\b[: ]+", re.IGNORECASE)
_OPTION = re.compile(r"\b([A-D])\. (.+?)(?=\s[A-D]\. |$)")


@dataclass(frozen=True)
class Fact:
    """An answer that a model gives without documents, in this share of its tries."""

    answer: str
    share: float = 1.0


class HonestModels:
    """The script of the server. ``asks`` and ``known`` go by question."""

    def __init__(self) -> None:
        self._asks: dict[str, Ask] = {}
        self._known: dict[str, Fact] = {}

    def learn(self, asks: Mapping[str, Ask], known: Mapping[str, Fact]) -> None:
        """Understand these questions and know these answers from here on."""
        self._asks.update(asks)
        self._known.update(known)

    def __call__(self, body: Mapping[str, Any]) -> Sequence[str]:
        """The texts of the answers to a request."""
        message, n = body["messages"][0]["content"], body.get("n") or 1
        rng = Random(f"{body.get('seed')}/{body['model']}/{len(message)}")
        if body["model"] == JUDGE:
            return [_judge(message)] * n
        if body["model"] == VERIFIER:
            return [self._verify(message)] * n
        closed_book = _CLOSED_BOOK.search(message)
        if closed_book is not None:
            said = [self._recall(closed_book["question"], rng) for _ in range(n)]
        else:
            said = self._solve(message, n, rng)
        return [f"This is how I see it.\nTherefore, the answer is {answer}" for answer in said]

    def _recall(self, question: str, rng: Random) -> str:
        known = self._known.get(question)
        if known is not None and rng.random() < known.share:
            return known.answer
        hint = read_hint(question)
        return hint if hint is not None else self._asks[question].guess(rng)

    def _solve(self, message: str, n: int, rng: Random) -> list[str]:
        found = _WITH_DOCUMENTS.search(message)
        assert found is not None, message[-500:]
        ask, documents = self._asks[found["question"]], _documents(message)
        supported = ask.read(documents)
        said = []
        for _ in range(n):
            answer = rng.choice(supported) if supported else _SETTLED_NOT
            if supported and rng.random() < SLIPS:
                answer = ask.slip(documents, answer, rng)
            said.append(_vary(answer, rng))
        return said

    def _verify(self, message: str) -> str:
        found = _CONTESTED.search(message)
        assert found is not None, message[-500:]
        supported = self._asks[found["question"]].read(_documents(message))
        return json.dumps(
            {
                name: any(mean_the_same(found[name], answer) for answer in supported)
                for name in ("first", "second")
            }
        )


def read_hint(question: str) -> str | None:
    """What a question gives away about its answer in so many words; None if nothing."""
    found = _HINT.search(question)
    if found is None:
        return None
    told = found["bracketed"] or found["clause"]
    for letter, option in _OPTION.findall(question.replace(found.group(), "").strip()):
        if option.strip(" ?").casefold() in told.casefold():
            return str(letter)
    return _SAYS.sub("", told).strip(" .,") or None


def mean_the_same(one: str, other: str) -> bool:
    """Whether two answers are equal as normalised texts, or as numbers however they are written."""
    if normalize_text(one) == normalize_text(other):
        return True
    numbers = [_number(text) for text in (one, other)]
    if None not in numbers:
        return numbers[0] == numbers[1]
    words = [_in_words(text) for text in (one, other)]
    return words[0] == words[1]


def _vary(answer: str, rng: Random) -> str:
    """``answer`` as someone else might write it."""
    number = _number(answer)
    if number is not None:
        digits = answer.partition(".")[2]
        return rng.choice([answer, f"{number:,.{len(digits)}f}", f"**{answer}**"])
    return rng.choice([answer, f"{answer}.", f'"{answer}"'])


def _judge(message: str) -> str:
    found = _JUDGED.search(message)
    assert found is not None, message[-500:]
    return "[[YES]]" if mean_the_same(found["reference"], found["given"]) else "[[NO]]"


def _documents(message: str) -> list[Shown]:
    return [Shown(unescape_title(title), text) for title, text in _DOCUMENT.findall(message)]


def _number(text: str) -> float | None:
    try:
        return float(text.strip(" $%").replace(",", ""))
    except ValueError:
        return None


def _in_words(text: str) -> str:
    plain = text.strip(" $%")
    return normalize_text(say_number(plain) if _number(text) is not None else text)
