"""HTML pages as plain text: paragraphs, ``#`` headings, ``-`` list items, and tables as clean ``<table>``
markup.

Scripts, styles, forms and hidden elements are left out. A table keeps its rows, cells, spans and caption and
nothing else; a table around other tables is layout and dissolves into its parts.
"""

import re
from dataclasses import dataclass
from html import escape
from typing import Any

from lxml import etree

from longweave.corpus.rejected import UnusableInput

_UNREAD = """
    head script style noscript template svg math iframe object embed form button select textarea nav
    ix:header
"""
_APART = """
    address article aside blockquote body caption center dd details div dl dt fieldset figcaption figure
    footer header hr html li main ol p pre section summary table tbody td tfoot th thead tr ul
"""
_LEFT_OUT = frozenset(_UNREAD.split())
_BLOCKS = frozenset(_APART.split())
_HEADINGS = {f"h{level}": "#" * level + " " for level in range(1, 7)}
_HIDDEN = re.compile(r"(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)
_BLANKS = re.compile(r"\s+")
_LARGEST_SPAN = 1_000


@dataclass(frozen=True, slots=True)
class Page:
    """What an HTML page says; ``title`` is empty if it has none."""

    title: str
    text: str


def convert_html(markup: str) -> Page:
    """The title and the text of ``markup``; both are empty where nothing can be read.

    Raises:
        UnusableInput: Elements are nested so deep that the rest of the page would be lost.
    """
    parser = etree.HTMLParser(
        encoding="utf-8",
        recover=True,
        no_network=True,
        remove_comments=True,
        remove_pis=True,
        huge_tree=True,
    )
    try:
        root = etree.fromstring(markup.encode("utf-8"), parser)
    except etree.LxmlError:
        root = None
    if parser.error_log.filter_from_fatals():
        raise UnusableInput("damaged_file", "elements nested deeper than 2,048 levels")
    if root is None:
        return Page("", "")
    title = root.find(".//title")
    return Page(_squeeze("".join(map(str, title.itertext()))) if title is not None else "", _text_of(root))


def _text_of(root: Any) -> str:
    out = _Paragraphs()
    walk = etree.iterwalk(root, events=("start", "end"))
    for event, element in walk:
        tag = element.tag
        if event == "end":
            _close(out, tag, element is root, element.tail)
        elif _is_left_out(element):
            walk.skip_subtree()
        elif tag == "table" and element.find(".//table") is None:
            out.add_block(_clean_table(element))
            walk.skip_subtree()
        else:
            _open(out, tag, element.text)
    return out.text()


def _open(out: "_Paragraphs", tag: str, text: str | None) -> None:
    if tag in _HEADINGS:
        out.end_paragraph(_HEADINGS[tag])
    elif tag == "li":
        out.end_line("- ")
    elif tag == "br":
        out.end_line()
    elif tag in _BLOCKS:
        out.end_paragraph()
    if tag == "pre":
        out.add_block(text or "")
    else:
        out.add(text)


def _close(out: "_Paragraphs", tag: str, is_root: bool, tail: str | None) -> None:
    if tag == "li":
        out.end_line()
    elif tag in _BLOCKS or tag in _HEADINGS:
        out.end_paragraph()
    if not is_root:
        out.add(tail)


class _Paragraphs:
    """Text put together: white space squeezed inside a line, paragraphs an empty line apart."""

    def __init__(self) -> None:
        self._done: list[str] = []
        self._line: list[str] = []
        self._lead = ""

    def add(self, text: str | None) -> None:
        if text:
            self._line.append(text)

    def add_block(self, block: str) -> None:
        """``block`` as a paragraph of its own, its line breaks kept."""
        self.end_paragraph()
        if block.strip():
            self._done += [block.strip("\n"), "\n\n"]

    def end_line(self, lead: str = "") -> None:
        """End the line; ``lead`` stands before the next one."""
        line = _squeeze("".join(self._line))
        self._line.clear()
        if line:
            self._done += [self._lead + line, "\n"]
            self._lead = ""
        self._lead = lead or self._lead

    def end_paragraph(self, lead: str = "") -> None:
        self.end_line()
        self._lead = lead
        if self._done and self._done[-1] == "\n":
            self._done[-1] = "\n\n"

    def text(self) -> str:
        self.end_paragraph()
        return "".join(self._done).strip("\n") + "\n" if self._done else ""


def _clean_table(table: Any) -> str:
    caption = table.find("caption")
    lines = ["<table>"]
    if caption is not None and (said := _cell_text(caption)):
        lines.append(f"<caption>{escape(said, quote=False)}</caption>")
    for row in table.iter("tr"):
        cells = (
            []
            if _is_left_out(row)
            else [cell for cell in row.iterchildren("td", "th") if not _is_left_out(cell)]
        )
        texts = [_cell_text(cell) for cell in cells]
        if any(texts):
            shown = (_clean_cell(cell, text) for cell, text in zip(cells, texts, strict=True))
            lines.append(f"<tr>{''.join(shown)}</tr>")
    return "\n".join([*lines, "</table>"]) if len(lines) > 1 else ""


def _clean_cell(cell: Any, text: str) -> str:
    spans = "".join(
        f' {name}="{min(int(value), _LARGEST_SPAN)}"'
        for name in ("colspan", "rowspan")
        if (value := (cell.get(name) or "").strip()).isascii()
        and value.isdigit()
        and len(value) < 10
        and value != "1"
    )
    return f"<{cell.tag}{spans}>{escape(text, quote=False)}</{cell.tag}>"


def _cell_text(cell: Any) -> str:
    parts: list[str] = []
    walk = etree.iterwalk(cell, events=("start", "end"))
    for event, element in walk:
        if event == "end":
            if element is not cell:
                parts.append(
                    (" " if element.tag in _BLOCKS or element.tag == "br" else "") + (element.tail or "")
                )
        elif element is not cell and _is_left_out(element):
            walk.skip_subtree()
        else:
            parts.append((" " if element.tag in _BLOCKS else "") + (element.text or ""))
    return _squeeze("".join(parts))


def _is_left_out(element: Any) -> bool:
    return (
        element.tag in _LEFT_OUT
        or element.get("hidden") is not None
        or _HIDDEN.search(element.get("style") or "") is not None
    )


def _squeeze(text: str) -> str:
    return _BLANKS.sub(" ", text).strip()
