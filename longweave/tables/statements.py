"""Which statement a table is: its reading and the lines just before it in, one word out.

A table counts as a primary statement only when a heading says so and its rows bear it out, or when it
continues one across a page break; everything else is a ``note``, whose numbers never stand for the whole
company. Reads the table, at most ``REACH`` characters before it, and the table it continues.
"""

import re
from collections.abc import Iterable

from longweave.tables.items import find_item
from longweave.tables.model import Span, TableReading

REACH = 900
OMISSION = "[...]"
_LONGEST_HEADING = 170
_MOST_LINES = 9
_LINES_ABOVE = 2

_TITLES = (
    ("cash_flow", re.compile(r"statements? of (?:\w+ ){0,4}cash[\s-]+flows?|cash flows? statements?", re.I)),
    (
        "equity",
        re.compile(
            r"statements? of (?:[\w'’]+ ){0,8}(?:equity|deficit|investment)\b|equity statements?",
            re.I,
        ),
    ),
    (
        "balance",
        re.compile(r"balance sheets?|statements? of (?:\w+ ){0,4}financial (?:position|condition)", re.I),
    ),
    (
        "income",
        re.compile(
            r"statements? of (?:consolidated |condensed ){0,2}(?:net )?(?:income|operations|earnings"
            r"|profit)(?! and retained)|income statements?",
            re.I,
        ),
    ),
    ("comprehensive", re.compile(r"statements? of (?:\w+ ){0,4}comprehensive", re.I)),
)
FURNITURE = re.compile(
    r"form\s+10-[kq]\b.*\d+\s*$|^\d+\s+.*form\s+10|^\W*\d{1,3}\W*$|^table of contents$|annual report\W*\d*$",
    re.I,
)
_NO_TITLE = re.compile(
    r"select|summar|\bdata\b|analysis|discussion|review|impact|effect|reconcil|pro[\s-]?forma|supplement"
    r"|segment|line items?|presented|offset|\bin (?:the|our)\b|adjust|notes? to|accompanying|refer to"
    r"|included in|recorded in|highlights|percent|^see\b|\bindex\b|caption|item \d",
    re.I,
)
_SENTENCE = re.compile(r"[.:;]$|\b(?:was|were|is|are|has|have|had|which|that)\b", re.I)
_PARENT = re.compile(
    r"parent[\s-]+(?:company|only)|registrant[\s-]+only|information of (?:the )?registrant|schedule i\b"
    r"|condensed financial information",
    re.I,
)
_ANCHORS = {
    "income": {
        "net_income",
        "consolidated_net_income",
        "operating_income",
        "pretax_income",
        "income_tax_expense",
    },
    "balance": {
        "total_assets",
        "total_liabilities",
        "liabilities_and_equity",
        "stockholders_equity",
        "total_equity",
    },
    "cash_flow": {"operating_cash_flow", "investing_cash_flow", "financing_cash_flow", "net_change_in_cash"},
    "comprehensive": {"comprehensive_income", "other_comprehensive_income"},
}


def classify_table(reading: TableReading, text: str) -> tuple[str, tuple[Span, ...]]:
    """``income``, ``comprehensive``, ``balance``, ``equity``, ``cash_flow``, ``supplement`` (to the cash flow
    statement), ``parent`` (a parent-only schedule) or ``note``, and the span of the heading that says so with
    the lines around it."""
    inside = [_kind_of_title(line) for line in _first_lines(reading)]
    lines = lines_before(text, reading.table.start)
    named = next((n for n, (line, _) in enumerate(lines) if _kind_of_title(line)), None)
    kind = next((kind for kind in inside if kind), None)
    near = lines[: 1 + _LINES_ABOVE]
    if kind is None and named is not None:
        kind = _kind_of_title(lines[named][0])
        near = lines[: named + 1 + _LINES_ABOVE]
    if kind is None or not _bears_out(reading, kind):
        return _supplement(lines)
    spans = (Span(near[-1][1].start, near[0][1].end),) if near else ()
    return ("parent" if any(_PARENT.search(line) for line, _ in near) else kind), spans


def is_furniture(reading: TableReading) -> bool:
    """Whether a table is only a page's header or footer: a page number with a few words."""
    words = [cell.text for row in reading.table.rows for cell in row if cell.text.strip()]
    return len(words) <= 3 and sum(map(len, words)) < 80


def continues(reading: TableReading, before: TableReading, text: str) -> bool:
    """Whether ``reading`` carries on the table ``before`` after a page break: the same columns, nothing but
    page furniture between."""
    if reading.table.start - before.table.end > _WIDEST_GAP:
        return False
    gap = _TAG.sub(" ", text[before.table.end : reading.table.start])
    if OMISSION in gap or len(gap.split()) > _MOST_FURNITURE:
        return False
    if any(_kind_of_title(line.strip()) for line in gap.split("\n")):
        return False
    headers = {value.header for value in reading.values}
    return bool(headers) and headers == {value.header for value in before.values}


def _supplement(lines: list[tuple[str, Span]]) -> tuple[str, tuple[Span, ...]]:
    for line, span in lines[:4]:
        if _SUPPLEMENT.search(line):
            return "supplement", (span,)
    return "note", ()


_TAG = re.compile(r"<[^>]*>")
_MOST_FURNITURE = 30
_WIDEST_GAP = 3000
_SUPPLEMENT = re.compile(
    r"supplement\w*\s+(?:disclosures? of\s+)?(?:consolidated\s+)?(?:statements? of\s+)?cash[\s-]+flows?", re.I
)
_BALANCE_ROW = re.compile(r"(?:opening |closing |beginning |ending )?balances?\b", re.I)


def _kind_of_title(line: str) -> str | None:
    if len(line) > _LONGEST_HEADING or _NO_TITLE.search(line) or _SENTENCE.search(line):
        return None
    return next((kind for kind, pattern in _TITLES if pattern.search(line)), None)


def lines_before(text: str, start: int) -> list[tuple[str, Span]]:
    """The short lines right before ``start``, nearest first; stops at a long sentence or at another table."""
    begin = max(0, start - REACH)
    before = text[begin:start]
    lines: list[tuple[str, Span]] = []
    end = start
    for raw in reversed(before.split("\n")):
        at = end - len(raw)
        line = raw.strip()
        if line:
            if (
                line.endswith("</table>")
                or line.startswith("|")
                or line == OMISSION
                or len(lines) == _MOST_LINES
            ):
                break
            if len(line) > _LONGEST_HEADING and not line.startswith("("):
                break
            lines.append((line, Span(at, at + len(raw))))
        end = at - 1
    return lines


def _first_lines(reading: TableReading) -> Iterable[str]:
    for row in reading.table.rows[: max(2, reading.n_header_rows)]:
        filled = [cell.text for cell in row if cell.text.strip()]
        if len(filled) == 1:
            yield filled[0]


def _bears_out(reading: TableReading, kind: str) -> bool:
    """Whether the rows are those of ``kind`` and not also those of another statement run into it."""
    labels = {(value.path[-1], value.path[:-1]) for value in reading.values if value.path}
    if kind == "equity":
        return any(_BALANCE_ROW.match(label) for label, _ in labels)
    found = {find_item(label, sections, kind) for label, sections in labels}
    strange = {find_item(label, (), _FOREIGN[kind]) for label, _ in labels} & _ANCHORS[_FOREIGN[kind]]
    if kind == "balance" and not found & _ANCHORS["balance"] - {"total_assets", "total_liabilities"}:
        return False
    return bool(found & _ANCHORS[kind]) and len(strange) < 2


_FOREIGN = {"income": "balance", "comprehensive": "balance", "balance": "cash_flow", "cash_flow": "balance"}
