"""Tables and nothing else, or, where tables are wanted, too few or broken ones.

These are rules on the form of the raw text: tags that pair up, rows, cells, figures. What a table means is
not asked here.
"""

import re

from longweave.corpus.filters.profile import Profile
from longweave.corpus.settings import FilterSettings
from longweave.synth.records import Dropped

_HTML_TABLE = re.compile(r"<table\b[^<>]*>(.*?)(</table\s*>|(?=<table\b)|\Z)", re.DOTALL | re.IGNORECASE)
_HTML_ROW = re.compile(r"<tr\b", re.IGNORECASE)
_HTML_CELL = re.compile(r"<t[dh]\b[^<>]*>\s*([^<\s][^<]*)", re.IGNORECASE)
_SPAN = re.compile(r"\b(?:col|row)span\s*=\s*[\"']?(\d+)", re.IGNORECASE)
_MARKDOWN_TABLE = re.compile(r"(?:^[ \t]*\|[^\n]*\n?){2,}", re.MULTILINE)
_MARKDOWN_RULE = re.compile(r"^[ \t]*\|(?:\s*:?-{1,}:?\s*\|)+[ \t]*$", re.MULTILINE)
_SPACED_FIGURE = re.compile(r"\S {3,}[$€£]? ?\(?\d")
_FEWEST_SPACED_LINES = 3
_FIGURE = re.compile(r"\d")
_LARGEST_SPAN = 1_000
_FEWEST_FIGURES = 2
_LEAST_PROSE_WORDS = 8
_LEAST_PROSE = 0.005  # of all words


def check_tables(profile: Profile, settings: FilterSettings) -> Dropped | None:
    """Drop as ``tables_only``, ``broken_tables`` or ``too_few_tables``."""
    outside = len(profile.words)
    inside = len(profile.untagged.split()) - outside
    if outside < max(_LEAST_PROSE_WORDS, _LEAST_PROSE * inside) and _has_table(profile.sample):
        return Dropped(reason="tables_only", detail=f"{outside} words outside tables, {inside} inside")
    if not settings.min_tables:
        return None
    sound, broken = count_tables(profile.text)
    if sound >= settings.min_tables:
        return None
    reason = "broken_tables" if sound + broken >= settings.min_tables else "too_few_tables"
    return Dropped(
        reason=reason, detail=f"{sound} sound and {broken} broken tables, {settings.min_tables} wanted"
    )


def _has_table(text: str) -> bool:
    return _HTML_TABLE.search(text) is not None or _MARKDOWN_TABLE.search(text) is not None


def count_tables(text: str) -> tuple[int, int]:
    """``(sound, broken)`` tables with figures in ``text``: HTML, markdown and spaced columns.

    A sound HTML table is closed, has two rows or more, two filled cells in figures or more and no span beyond
    1,000; a sound markdown table has its rule line and rows of equal width.
    """
    sound = broken = 0
    for table in _HTML_TABLE.finditer(text):
        if (
            sum(_FIGURE.search(cell) is not None for cell in _HTML_CELL.findall(table.group(1)))
            < _FEWEST_FIGURES
        ):
            continue
        closed = table.group(2) != "" and len(_HTML_ROW.findall(table.group(1))) >= 2
        if closed and all(
            len(span) <= 4 and int(span) <= _LARGEST_SPAN for span in _SPAN.findall(table.group(1))
        ):
            sound += 1
        else:
            broken += 1
    for table in _MARKDOWN_TABLE.finditer(text):
        widths = {len(re.findall(r"(?<!\\)\|", row)) for row in table.group().strip().split("\n")}
        if len(widths) == 1 and _MARKDOWN_RULE.search(table.group()):
            sound += 1
        else:
            broken += 1
    if sound + broken == 0:
        sound = _count_spaced(text)
    return sound, broken


def _count_spaced(text: str) -> int:
    """Runs of three lines or more with a figure after a wide gap; one empty line does not end a run."""
    tables = run = gap = 0
    for line in text.split("\n"):
        if _SPACED_FIGURE.search(line):
            run, gap = run + 1, 0
            tables += run == _FEWEST_SPACED_LINES
        elif line.strip() or gap:
            run = 0
        else:
            gap = 1
    return tables
