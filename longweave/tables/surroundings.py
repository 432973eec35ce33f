"""What stands around a table and bears on it: its title, the unit note before it, the document's default.

A table's reading leans on the ``NEAR`` characters before it, on a table that it continues, on the
document's opening and on the last statement before it that speaks for the whole document ("All amounts in
thousands unless otherwise stated"). Each span that was used is handed on, so that an excerpt which keeps
those spans reads the same.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from longweave.tables.clean import clean_text, trim
from longweave.tables.model import Span, Table
from longweave.tables.units import UnitNote, currency_in, parse_unit_note

NEAR = 1_500
OPENING = 6_000
GAP = "\n[...]\n"
"""The line that stands where an excerpt leaves text out: nothing before it is near."""

_PARAGRAPH = re.compile(r"[^\n]*\S[^\n]*(?:\n[^\n]*\S[^\n]*)*")
_QUALIFIERS = ("xcept", "XCEPT", "nless", "NLESS", "abular", "ABULAR")
_STATEMENT = re.compile(
    r"\(?(?:all |tabular |unless |unaudited|in |dollars?|amounts|figures|currency|\$).*"
    r"\b(?:thousand|million|billion)s?\b.*",
    re.IGNORECASE,
)
_LONGEST_STATEMENT = 300
_FURNITURE = re.compile(
    r"""(?:page\ )?(?:[a-z]-?)?\d{1,4}(?:\ of\ \d+)? | table\ of\ contents | \W* | .{0,80}\|.{0,60}
      | see\ (?:the\ )?(?:accompanying\ )?notes.* | (?:the\ )?accompanying\ notes.* | \(?unaudited\)?
      | .{0,60}\(?continued\)? | .{0,60}form\ 10-[kq].{0,20}""",
    re.IGNORECASE | re.VERBOSE,
)
_INTRODUCES = re.compile(
    r":\s*$|\b(?:following|below|as follows|summari[sz]e[sd]?|presents?|table)\b", re.IGNORECASE
)
_SENTENCE = re.compile(r"(?<=[.;])\s+(?=[A-Z])")
_AMOUNT = re.compile(r"\d[\d.,]* (?:million|billion|thousand)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the text around one table says; spans are None where nothing was found. ``continues`` holds
    when only page furniture parts the table from the one before it."""

    title: str
    title_span: Span | None
    note: UnitNote | None
    nearby: str
    opening_currency: str | None
    continues: bool

    def currency(self) -> str | None:
        """The currency named right before the table, else in the document's opening."""
        return currency_in(self.nearby) or self.opening_currency


class DocumentContext:
    """The unit statements and the opening of one document, read once for all its tables."""

    def __init__(self, text: str, tables: Sequence[Table]) -> None:
        self._text = text
        self._ends = sorted(table.end for table in tables)
        self._opening_currency = currency_in(text[:OPENING])
        self._statements: list[UnitNote] = []
        self._starts: list[int] = []
        for span in _statements(text):
            note = parse_unit_note(text[span.start : span.end])
            if note is not None:
                self._statements.append(replace(note, span=span))
                self._starts.append(span.start)

    def around(self, table: Table) -> Surroundings:
        """The title and unit note of ``table``."""
        before = bisect_left(self._ends, table.start + 1)
        previous = self._ends[before - 1] if before else -NEAR
        floor = max(table.start - NEAR, previous, 0)
        floor = max(floor, self._text.rfind(GAP, floor, table.start))
        paragraphs = list(_paragraphs_backwards(self._text, floor, table.start))
        continues = floor == previous and not paragraphs
        note = _note_before(paragraphs)
        earlier = bisect_left(self._starts, table.start)
        if note is None and not continues and earlier:
            note = self._statements[earlier - 1]
        title, span = _title(paragraphs)
        nearby = " ".join(text for text, _ in paragraphs[:2])
        return Surroundings(title, span, note, nearby, self._opening_currency, continues)


def _statements(text: str) -> list[Span]:
    """Lines that say for the whole document in what its amounts are given, in order."""
    found: set[tuple[int, int]] = set()
    for word in _QUALIFIERS:
        position = text.find(word)
        while position >= 0:
            start = text.rfind("\n", 0, position) + 1 if position < _LONGEST_STATEMENT else -1
            start = start if start >= 0 else text.rfind("\n", position - _LONGEST_STATEMENT, position) + 1
            end = text.find("\n", position, position + _LONGEST_STATEMENT)
            end = end if end >= 0 else min(position + _LONGEST_STATEMENT, len(text))
            bounds = trim(text, start, end)
            if (start or position < _LONGEST_STATEMENT) and _STATEMENT.fullmatch(text, *bounds):
                found.add(bounds)
            position = text.find(word, end)
    return [Span(*bounds) for bounds in sorted(found)]


def _paragraphs_backwards(text: str, floor: int, end: int) -> Iterator[tuple[str, Span]]:
    """Clean paragraphs of ``text[floor:end]``, nearest first; page furniture is left out."""
    for match in reversed(list(_PARAGRAPH.finditer(text, floor, end))):
        clean = clean_text(match[0])
        if clean and not _FURNITURE.fullmatch(clean):
            yield clean, Span(match.start(), match.end())


def _note_before(paragraphs: Sequence[tuple[str, Span]]) -> UnitNote | None:
    """The unit note nearest before the table: a paragraph of its own or a part of a sentence."""
    for distance, (text, span) in enumerate(paragraphs[:6]):
        for piece in _note_pieces(text, near=distance == 0):
            note = parse_unit_note(piece)
            if note is not None:
                return replace(note, span=span)
    return None


def _note_pieces(text: str, *, near: bool) -> Iterator[str]:
    yield from reversed(re.findall(r"\(([^()]{3,200})\)", text))
    if len(text) <= 200 or near:
        tail = _SENTENCE.split(text)[-1]
        if len(tail) <= 400 and not _AMOUNT.search(tail):
            yield tail


def _title(paragraphs: Sequence[tuple[str, Span]]) -> tuple[str, Span | None]:
    """The heading or introducing sentence nearest before the table; a unit note is none."""
    for text, span in paragraphs[:4]:
        if text.startswith("(") and parse_unit_note(text) is not None:
            continue
        if len(text) <= 160 or _INTRODUCES.search(text):
            return _SENTENCE.split(text)[-1][:400], span
    return "", None
