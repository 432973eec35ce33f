"""Finds the tables of a document: HTML, Markdown, and columns set apart by blanks.

``find_tables(text)`` gives them in text order. HTML tables are numbered first, as the document's
``<table>`` blocks stand; the others, found in the text between them, are numbered after those.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from longweave.tables.html import parse_html_tables
from longweave.tables.layout import parse_layout_tables
from longweave.tables.markdown import parse_markdown_tables
from longweave.tables.model import Span, Table


def find_tables(text: str) -> list[Table]:
    """All tables of ``text`` in text order, each found once."""
    html = parse_html_tables(text)
    markdown = [
        table for span in _outside(html, Span(0, len(text))) for table in parse_markdown_tables(text, span)
    ]
    marked = sorted([*html, *markdown], key=lambda table: (table.start, table.index))
    layout = [
        table for span in _outside(marked, Span(0, len(text))) for table in parse_layout_tables(text, span)
    ]
    others = sorted([*markdown, *layout], key=lambda table: table.start)
    numbered = [replace(table, index=len(html) + number) for number, table in enumerate(others)]
    return sorted([*html, *numbered], key=lambda table: (table.start, table.index))


def _outside(tables: Iterable[Table], whole: Span) -> Iterator[Span]:
    """The stretches of ``whole`` that lie in none of ``tables`` (which are in order)."""
    position = whole.start
    for table in tables:
        if table.start > position:
            yield Span(position, table.start)
        position = max(position, table.end)
    if position < whole.end:
        yield Span(position, whole.end)
