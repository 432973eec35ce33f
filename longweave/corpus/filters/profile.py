"""What the rules look at: a document's text, its prose apart from tables and markup, and a few counts.

A document longer than ``SAMPLE_CHARS`` is judged by pieces spread evenly over it, so that judging costs the
same for a novel as for a paper. Everything here is a statistic of form; nothing knows a particular document.
"""

import re
from dataclasses import dataclass
from functools import cached_property

SAMPLE_CHARS = 40_000
_PIECES = 8
_SENTENCE_CHARS = 60

_ENGLISH = """
    a an and are as at be been but by can for from had has have he her his i if in is it its may more not of
    on or our she such than that the their there these they this to was we were which who will with would you
"""
FUNCTION_WORDS = frozenset(_ENGLISH.split())

_TABLE = re.compile(r"<table\b.*?(?:</table\s*>|\Z)|<tr\b.*?(?:</tr\s*>|\Z)", re.DOTALL | re.IGNORECASE)
_MARKDOWN_ROW = re.compile(r"^[ \t]*\|.*$", re.MULTILINE)
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,400}>")
_WORD = re.compile(r"[^\W_]+")
_STATEMENT = re.compile(
    r"""\s*(?:
        (?:async[ ])?def[ ]\w+\(
      | class[ ]\w+\s*[(:]
      | from[ ][\w.]+[ ]import\b
      | import[ ][\w.]+(?:[ ]as[ ]\w+)?(?:,|$)
      | @\w[\w.]*(?:\(|$)
      | (?:if|elif|for|while|with|try|else|except|finally)\b[^\n]*:$
      | (?:self\.)?[\w.\[\]]+(?::[ ][^=\n]+)?[ ][+\-*/|&]?=[ ]\S
      | return\b | raise[ ]\w+[(.] | assert[ ] | yield\b
      | [\w.]+\([^.!?]*$
    )""",
    re.VERBOSE,
)
_DECLARATION = re.compile(
    r"""^(?:
        from[ ][\w.]+[ ]import[ ]
      | import[ ][\w.]+(?:[ ]as[ ]\w+)?$
      | (?:async[ ])?def[ ]\w+\(
      | class[ ]\w+[(:]
      | \w+(?::[ ][^\n=]+)?[ ]=[ ](?:\w+\()?[\[{(]$
    )""",
    re.MULTILINE | re.VERBOSE,
)


@dataclass(frozen=True)
class Profile:
    """A document as the rules see it. ``text`` is whole; ``sample`` is what rules that need only a part
    read."""

    text: str
    sample: str
    n_tokens: int

    @cached_property
    def prose(self) -> str:
        """The sample without HTML and markdown tables and without tags."""
        return _TAG.sub(" ", _MARKDOWN_ROW.sub("", _TABLE.sub("\n", self.sample)))

    @cached_property
    def untagged(self) -> str:
        """The sample without tags, what its tables say included."""
        return _TAG.sub(" ", self.sample)

    @cached_property
    def untagged_whole(self) -> str:
        """The whole text without tags."""
        return _TAG.sub(" ", self.text) if "<" in self.text else self.text

    @cached_property
    def words(self) -> list[str]:
        """The words of the prose, numbers included, in lower case."""
        return [word.lower() for word in _WORD.findall(self.prose)]

    @cached_property
    def function_share(self) -> float:
        """The share of English function words among the words of the prose: prose has 0.2 to 0.5, lists have
        next to none."""
        return sum(word in FUNCTION_WORDS for word in self.words) / max(1, len(self.words))

    @cached_property
    def lines(self) -> list[str]:
        """The sample's lines that are not blank, stripped."""
        return [stripped for line in self.sample.split("\n") if (stripped := line.strip())]

    @cached_property
    def has_sentences(self) -> bool:
        """Whether half of the prose stands in lines as long as a sentence and most of it is letters, in any
        language."""
        lines = [line for line in self.prose.split("\n") if not line.isspace()]
        long_lines = "".join(line for line in lines if len(line) >= _SENTENCE_CHARS)
        letters = sum(character.isalpha() or character >= "\u0300" for character in long_lines)
        return 2 * len(long_lines) >= sum(map(len, lines)) and letters >= 0.6 * len(long_lines)

    @cached_property
    def is_code(self) -> bool:
        """Whether a fifth of the lines read like statements of a program."""
        statements = sum(_STATEMENT.match(line) is not None for line in self.lines)
        return len(self.lines) >= 5 and statements >= 0.2 * len(self.lines)

    @cached_property
    def declares_code(self) -> bool:
        """Whether some line imports or defines something, as even a module of mere data does."""
        return _DECLARATION.search(self.sample) is not None


def make_profile(text: str, n_tokens: int) -> Profile:
    """The profile of a document with ``n_tokens`` tokens."""
    return Profile(text, take_sample(text), n_tokens)


def take_sample(text: str) -> str:
    """``text`` if it is short, else whole lines from places spread evenly over it, blank lines between
    them."""
    if len(text) <= SAMPLE_CHARS:
        return text
    size = SAMPLE_CHARS // _PIECES
    step = (len(text) - size) // (_PIECES - 1)
    return "\n\n".join(_piece(text, number * step, size) for number in range(_PIECES))


def _piece(text: str, at: int, size: int) -> str:
    start = text.find("\n", at, at + size // 4) + 1 if at else 0
    piece = text[start or at : at + size]
    return piece[: piece.rfind("\n")] if "\n" in piece else piece
