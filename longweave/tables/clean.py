"""Cleans the text of cells and finds where it starts and ends in the document.

Entities are decoded, invisible characters dropped, white space collapsed; spans keep to the text as it is.
"""

import re
from html import unescape

_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))
_EDGES = re.compile(r"(?:\s|&nbsp;|&#160;|&#xa0;)*", re.IGNORECASE)
_BLANK_ENTITIES = frozenset({"&nbsp;", "&#160;", "&#xa0;"})


def clean_text(raw: str) -> str:
    """``raw`` with entities decoded, invisible characters dropped and white space collapsed."""
    if "&" in raw:
        raw = unescape(raw)
    if not raw.isascii():
        raw = raw.translate(_INVISIBLE)
    return " ".join(raw.split())


def trim(text: str, start: int, end: int) -> tuple[int, int]:
    """``[start, end)`` without blanks and no-break spaces at its ends; empty at ``start`` if nothing is
    left."""
    while start < end and (text[start].isspace() or text[start] == "&"):
        skipped = _EDGES.match(text, start, end)
        if skipped is None or skipped.end() == start:
            break
        start = skipped.end()
    while start < end:
        if text[end - 1].isspace():
            end -= 1
        elif text[end - 1] == ";" and text[max(start, end - 6) : end].lower() in _BLANK_ENTITIES:
            end -= 6
        else:
            break
    return start, end
