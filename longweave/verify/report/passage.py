"""A piece of evidence as a person reads it: its table row or sentence without markup, and its table's head.

In: the user message and the span of the evidence in it. Out: plain text, never more than a few hundred
characters however long a line or a table is.
"""

import re
from dataclasses import dataclass
from html import unescape

_BEFORE, _AFTER, _HEAD, _QUOTE = 360, 240, 200, 800
_TABLE_REACH, _HEAD_REACH = 60_000, 4_000
_ROW = re.compile(r"<tr\b", re.IGNORECASE)
_ROW_END = re.compile(r"</tr\s*>", re.IGNORECASE)
_CELL_END = re.compile(r"</t[dh]\s*>", re.IGNORECASE)
_TAG = re.compile(
    r"</?(?:table|thead|tbody|tr|t[dh]|p|br|b|i|em|strong|su[bp]|span|div|caption)\b[^<>]*>", re.IGNORECASE
)
_CUT_TAG_BEFORE = re.compile(r"^[^<>]*>")
_CUT_TAG_AFTER = re.compile(r"<[^<>]*$")
_BARS = re.compile(r"(?:\s*\|\s*){2,}")
_BLANKS = re.compile(r"\s+")
_MARKDOWN_RULE = re.compile(r"^[|\s:-]+$")


@dataclass(frozen=True, slots=True)
class Passage:
    """``quote`` between what stands before and after it; ``table_head`` is empty outside tables."""

    before: str
    quote: str
    after: str
    table_head: str


def cut_passage(message: str, start: int, end: int, floor: int, ceiling: int) -> Passage:
    """The passage around ``message[start:end]``, within ``[floor, ceiling)``."""
    cut = start - _BEFORE > floor
    before = message[max(floor, start - _BEFORE) : start]
    after = message[end : min(ceiling, end + _AFTER)]
    row = _open_row(before)
    if row is not None:
        before = before[row:]
        row_end = _ROW_END.search(after)
        after = after[: row_end.start()] if row_end else _CUT_TAG_AFTER.sub("", after)
    else:
        before = (_CUT_TAG_BEFORE.sub("", before) if cut else before).rpartition("\n")[2]
        after = _CUT_TAG_AFTER.sub("", after).partition("\n")[0]
    return Passage(
        before=_plain(before).lstrip(" |"),
        quote=_cut_quote(unescape(message[start:end])),
        after=_plain(after).rstrip(" |"),
        table_head=_find_head(message, start, floor),
    )


def _cut_quote(quote: str) -> str:
    """``quote``, without its middle if it is very long."""
    return quote if len(quote) <= _QUOTE else f"{quote[: _QUOTE // 2]} […] {quote[-_QUOTE // 2 :]}"


def _open_row(before: str) -> int | None:
    """Where the table row that has not ended yet starts; None outside of rows."""
    starts = [match.start() for match in _ROW.finditer(before)]
    return starts[-1] if starts and not _ROW_END.search(before, starts[-1]) else None


def _find_head(message: str, start: int, floor: int) -> str:
    """The header of the table that holds ``start``: its first row with text, and those after it that have
    no label."""
    floor = max(floor, start - _TABLE_REACH)
    opened = message.rfind("<table", floor, start)
    if opened < 0 or message.find("</table", opened, start) >= 0:
        return _find_markdown_head(message, start, floor)
    head: list[str] = []
    for row in _ROW_END.split(message[opened:start][:_HEAD_REACH])[:-1]:
        text = _plain(row).strip()
        if head and not text.startswith("|"):
            break
        if text.strip(" |"):
            head.append(text.strip(" |"))
    return " / ".join(head)[:_HEAD]


def _find_markdown_head(message: str, start: int, floor: int) -> str:
    lines = message[floor:start].split("\n")
    if len(lines) < 2 or not lines[-1].lstrip().startswith("|"):
        return ""
    head = ""
    for line in reversed(lines[:-1]):
        if not line.lstrip().startswith("|"):
            break
        if not _MARKDOWN_RULE.match(line):
            head = line
    return _plain(head).strip(" |")[:_HEAD]


def _plain(text: str) -> str:
    """Cells parted by bars, other markup left out, entities resolved, blanks made one."""
    text = _TAG.sub(" ", _CELL_END.sub(" | ", text))
    return _BARS.sub(" | ", _BLANKS.sub(" ", unescape(text)))
