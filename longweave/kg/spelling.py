"""Text as names are compared: their accents, marks, possessive endings and case aside.

``keep_case`` and ``fold`` give texts of one length: what stands at a place of one stands there in the other.
"""

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache, wraps

MARKS = str.maketrans("’‘“”–—−\u00a0", "''\"\"--- ")
"""Typographic marks to their plain forms."""
_WORD = re.compile(r"\w+")
_POSSESSIVE = re.compile(r"(?<=\w)'s\b", re.IGNORECASE)
# Accents of scripts that are read without them; the marks of other scripts (か, が) are no accents.
_ACCENTS = [(0x0300, 0x036F), (0x0591, 0x05C7), (0x064B, 0x065F), (0x1DC0, 0x1DFF), (0x20D0, 0x20FF)]
_NO_ACCENTS = str.maketrans({chr(code): "" for first, last in _ACCENTS for code in range(first, last + 1)})
_PLAIN_LETTERS = str.maketrans(
    {"ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "đ": "d", "Đ": "D", "ı": "i", "æ": "ae", "Æ": "AE"}
)
_LONGEST_NAME = 200
_SMALL_WORDS = "a an the of and or in on at for to by de la le von"
SMALL = frozenset(_SMALL_WORDS.split())
"""Words that carry no name."""


def _keep_results(write: Callable[[str], str]) -> Callable[[str], str]:
    """``write`` with its last results kept; those of names apart, which would push the long texts out."""
    of_names, of_texts = lru_cache(maxsize=8_192)(write), lru_cache(maxsize=128)(write)

    @wraps(write)
    def kept(text: str) -> str:
        return (of_names if len(text) <= _LONGEST_NAME else of_texts)(text)

    return kept


def words_of(text: str) -> list[str]:
    """Words in lower case without accents; a possessive counts as its noun."""
    return _WORD.findall(fold(text))


def carrying_words(name: str) -> list[str]:
    """The words of ``name`` that are not small ones; all where there are no others."""
    words = words_of(name)
    return [word for word in words if word not in SMALL] or words


def strip_accents(text: str) -> str:
    """``text`` without accents; marks that make another letter ("が", "क्ष") stay."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFKD", text).translate(_NO_ACCENTS))


@_keep_results
def fold(text: str) -> str:
    """``text`` in lower case, with plain marks, no accents and no possessive endings."""
    return keep_case(text).casefold()


@_keep_results
def keep_case(text: str) -> str:
    """The same in the case of ``text``."""
    plain = text.translate(MARKS)
    if not plain.isascii():
        plain = strip_accents(plain).translate(_PLAIN_LETTERS)
        if len(plain.casefold()) != len(plain):  # "ß" is two letters then
            plain = "".join(c if len(folded := c.casefold()) == 1 else folded for c in plain)
    return _POSSESSIVE.sub("", plain)
