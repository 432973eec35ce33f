"""Who reports: a document's title and opening in, its ``Reporter`` out.

Reads only the title and the first ``OPENING`` characters, so that an excerpt that shows a document's opening
reads the same. The name is made canonical by rule (case, "The", Corp/Co), so that a company's 10-K and 10-Q
meet without seeing each other. A document that names no reporting body has none, and so no facts.
"""

import html
import re
from dataclasses import dataclass
from datetime import date
from typing import Literal

from longweave.tables.dates import find_dates
from longweave.tables.model import Span

OPENING = 6000
Form = Literal["10-K", "10-Q", "20-F"]


@dataclass(frozen=True, slots=True)
class Reporter:
    """The reporting entity of a document, its form, and the end of the period it reports on (None when not
    shown). ``spans`` are the parts of the opening this was read from."""

    name: str
    form: Form
    period_end: date | None
    spans: tuple[Span, ...] = ()


def read_reporter(title: str, text: str) -> Reporter | None:
    """The reporter of the document called ``title``; ``text`` may be longer than the opening."""
    opening = text[:OPENING]
    titled = _TITLE.match(title.strip())
    spans: list[Span] = []
    name = _cover_name(opening, spans)
    form = _read_form(title) or (_read_form(opening) if name is not None else None)
    if name is None and titled is not None:
        name = titled["name"]
    if name is None or form is None:
        return None
    end = _cover_period(opening, spans)
    if end is None:
        end = next((day for day, _, _ in find_dates(title)), None)
    return Reporter(
        name=canonical_name(name),
        form=form,
        period_end=end,
        spans=tuple(spans),
    )


def canonical_name(name: str) -> str:
    """A company's display name: "THE BOEING COMPANY" → "Boeing Company", "UNION PACIFIC CORP" → "Union
    Pacific Corporation"."""
    words = [w for w in re.sub(r"\s*/[A-Z]{2,3}/?\s*$", "", name).replace("’", "'").split() if w]
    words = [_cased(word) for word in words]
    if len(words) > 1 and words[0] == "The":
        words = words[1:]
    if words:
        words[-1] = _ENDINGS.get(words[-1].rstrip(".").lower(), words[-1])
    if len(words) > 1 and words[-1] in _ENDINGS.values():
        words[-2] = words[-2].rstrip(",")
    return " ".join(words)


_ENDINGS = {
    "inc": "Inc.",
    "incorporated": "Inc.",
    "corp": "Corporation",
    "corporation": "Corporation",
    "co": "Company",
    "company": "Company",
    "ltd": "Ltd.",
    "limited": "Ltd.",
    "plc": "plc",
    "llc": "LLC",
    "lp": "L.P.",
}
_SMALL_WORDS = frozenset({"AND", "OF", "THE", "FOR", "IN"})


def _cased(word: str) -> str:
    letters = re.sub(r"[^A-Za-z]", "", word)
    if not letters.isupper() or (
        len(letters) <= 3 and letters not in {"INC", "CO", "THE", "LTD", *_SMALL_WORDS}
    ):
        return word
    if word in _SMALL_WORDS - {"THE"}:
        return word.lower()
    if "&" in word or ("." in word.rstrip(".,") and len(letters) <= 4):
        return word
    return re.sub(
        r"[A-Za-z]+",
        lambda m: m[0].capitalize() if m.start() == 0 or word[m.start() - 1] == "-" else m[0].lower(),
        word,
    )


_TITLE = re.compile(r"(?P<name>.{2,80}?)[\s,:–-]+(?:form\s+)?(?:10-?[KQ]|20-?F)\b", re.I)
_EXACT_NAME = re.compile(r"\(?\s*exact\s+name\s+of\s+(?:the\s+)?(?:registrant|company|issuer)", re.I)
_PERIOD = re.compile(
    r"for\s+the\s+(?:fiscal\s+|transition\s+)?(?:year|quarterly\s+period|quarter|period"
    r"|three\s+months)\s*(?:then\s+)?ended:?\s*",
    re.I,
)


def _read_form(text: str) -> Form | None:
    match = re.search(r"\b(?P<annual>10-?K)\b|\b(?P<quarterly>10-?Q)\b|\b20-?F\b", text, re.I)
    if match is None:
        return None
    return "10-K" if match["annual"] else "10-Q" if match["quarterly"] else "20-F"


def _cover_name(opening: str, spans: list[Span]) -> str | None:
    """The text just before "(Exact name of registrant …)": the last line or cell with letters."""
    mark = _EXACT_NAME.search(opening)
    if mark is None:
        return None
    before = opening[max(0, mark.start() - 400) : mark.start()]
    base = mark.start() - len(before)
    for match in reversed(
        list(re.finditer(r"[^<>\n|]+", re.sub(r"<[^>]*>", lambda m: "\n" * len(m[0]), before)))
    ):
        name = html.unescape(match[0]).strip(" \t_*#—–-\r\n.") if match[0].strip() else ""
        if len(re.findall(r"[A-Za-z]", name)) >= 2 and not re.search(r"commission|file\s+n", name, re.I):
            name = html.unescape(match[0]).strip(" \t_*#")
            spans.append(Span(base + match.start(), mark.end()))
            return re.sub(r"\s{2,}.*", "", name)
    return None


def _cover_period(opening: str, spans: list[Span]) -> date | None:
    for mark in _PERIOD.finditer(opening):
        for day, start, end in find_dates(opening[mark.end() : mark.end() + 60]):
            if start <= 30:
                spans.append(Span(mark.start(), mark.end() + end))
                return day
    return None
