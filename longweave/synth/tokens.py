"""Token counts: ``load_tokenizer(spec)`` gives a tokenizer that only counts.

``qwen`` (the default) is the vocabulary of Qwen2.5 and Qwen3, bundled with quicktok: no download, no
environment variable. Any other ``spec`` is the path of a ``tokenizer.json`` or of a model folder with
one in it.

Text is untrusted. A special token written in a document (``<|im_end|>``) is counted as the ordinary
characters it is, so a count is never lower than what a server that treats it as one token sees;
documents with such marks are refused elsewhere (``synth.prompt.find_reserved_mark``). Unpaired
surrogates, which no tokenizer takes, count as the ``?`` that they become in UTF-8.

``additive`` says whether counts of parts add up to the count of the whole when the text is cut right
after the last newline of a run of white space. For Qwen's pre-tokenizer this holds for every
text; for other tokenizers it is tried on probe texts when they are loaded.
"""

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import quicktok  # type: ignore[import-untyped]  # ships neither stubs nor a py.typed mark
import tokenizers

from longweave.synth.errors import SettingsError

BUNDLED = "qwen"
_BATCH = 256

_PROBES = (
    "Total net sales\n\n| 2024 | 2023 |\n| --- | --- |\n| $1,234.5 | (67) |\n\nWe sold more.\n",
    "<table>\n<tr><td>Revenue</td><td>391,035</td></tr>\n</table>\n\n\n  indented — naïve “text”\n",
    "def f(x):\n    return x\n\n\nclass A:\n\tpass\n\n日本語の文。\n改行\r\n\r\n[12] A: hm .\n",
)


class Tokenizer(Protocol):
    """Counts tokens; counts of the same text never change for one ``fingerprint``."""

    @property
    def name(self) -> str:
        """The ``spec`` it was loaded from."""

    @property
    def fingerprint(self) -> str:
        """16 hexadecimal digits of the vocabulary's hash."""

    @property
    def additive(self) -> bool:
        """Whether counts of blocks add up to the count of their text."""

    def count(self, text: str) -> int:
        """Tokens of ``text``, no beginning- or end-of-text token added."""

    def count_many(self, texts: list[str]) -> list[int]:
        """``count`` of each text."""


@lru_cache(maxsize=8)
def load_tokenizer(spec: str = BUNDLED) -> Tokenizer:
    """The tokenizer that ``spec`` names: ``"qwen"``, a ``tokenizer.json``, or a folder with one.

    Raises:
        SettingsError: There is no such file, or it holds no tokenizer.
    """
    if spec == BUNDLED:
        return QwenTokenizer()
    path = Path(spec)
    if path.is_dir():
        path = path / "tokenizer.json"
    if not path.is_file():
        raise SettingsError(
            f"no tokenizer at {path}",
            where="tokenizer",
            fix='Give "qwen", the path of a tokenizer.json, or a model folder that holds one.',
        )
    return FileTokenizer(spec, path)


class QwenTokenizer:
    """Qwen2.5 / Qwen3, bundled. About 7 million tokens a second on one core."""

    name = BUNDLED
    additive = True

    def __init__(self) -> None:
        self._encoding = quicktok.get_encoding("qwen3")
        vocabulary = Path(quicktok.__file__).parent / "data" / "qwen3.vocab"
        self.fingerprint = hashlib.sha256(vocabulary.read_bytes()).hexdigest()[:16]

    def count(self, text: str) -> int:
        """See ``Tokenizer``."""
        try:
            return int(self._encoding.count(text))
        except TypeError:
            return int(self._encoding.count(_without_surrogates(text)))

    def count_many(self, texts: list[str]) -> list[int]:
        """See ``Tokenizer``."""
        return [self.count(text) for text in texts]


class FileTokenizer:
    """A Hugging Face ``tokenizer.json``."""

    def __init__(self, name: str, path: Path) -> None:
        self.name = name
        content = path.read_bytes()
        self.fingerprint = hashlib.sha256(content).hexdigest()[:16]
        try:
            self._tokenizer = tokenizers.Tokenizer.from_buffer(content)
        except ValueError as error:
            raise SettingsError(
                f"not a tokenizer.json: {error}",
                where=str(path),
                fix="Point the setting at the tokenizer.json of a Hugging Face model.",
            ) from error
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._tokenizer.encode_special_tokens = True
        self.additive = all(_adds_up(self, probe) for probe in _PROBES)

    def count(self, text: str) -> int:
        """See ``Tokenizer``."""
        return self.count_many([text])[0]

    def count_many(self, texts: list[str]) -> list[int]:
        """See ``Tokenizer``."""
        counts: list[int] = []
        for first in range(0, len(texts), _BATCH):
            batch = [_without_surrogates(text) for text in texts[first : first + _BATCH]]
            counts += map(len, self._tokenizer.encode_batch_fast(batch, add_special_tokens=False))
        return counts


def _adds_up(tokenizer: Tokenizer, text: str) -> bool:
    ends = [i + 1 for i, c in enumerate(text) if c == "\n" and "\n" not in _white_space_after(text, i + 1)]
    parts = [text[a:b] for a, b in zip([0, *ends], [*ends, len(text)], strict=True)]
    return sum(tokenizer.count_many(parts)) == tokenizer.count(text)


def _white_space_after(text: str, start: int) -> str:
    rest = text[start:]
    return rest[: len(rest) - len(rest.lstrip())]


def _without_surrogates(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")
