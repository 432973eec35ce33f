"""The quotes of a proposal as spans of documents, and how many places they come from."""

from collections.abc import Iterable, Sequence

from longweave.mase.shown import Part
from longweave.synth.quotes import find_quote
from longweave.synth.records import Dropped, Evidence

_APART = 400
_FEWEST_SIGNS = 10
_MOST_WORDS = 60


def locate_quotes(quotes: Iterable[str], parts: Sequence[Part]) -> list[Evidence] | Dropped:
    """The spans of ``quotes`` in ``parts``, each once, in the order quoted.

    Reasons: ``quote_too_long`` (nobody sees what in it is the proof), ``quote_too_short`` (too few signs to
    prove anything), ``quote_missing`` (it stands nowhere word for word), ``quote_repeated`` (it stands in
    another document as well, which then says the same).
    """
    found: dict[tuple[str, int, int], Evidence] = {}
    for quote in quotes:
        if flaw := check_length(quote):
            return flaw
        if len("".join(quote.split())) < _FEWEST_SIGNS:
            return Dropped(reason="quote_too_short", detail=quote)
        spans = [span for part in parts if (span := _locate(quote, part)) is not None]
        if not spans:
            return Dropped(reason="quote_missing", detail=quote)
        if len({span.doc_id for span in spans}) > 1:
            return Dropped(reason="quote_repeated", detail=quote)
        first = spans[0]
        found.setdefault((first.doc_id, first.start, first.end), first)
    return list(found.values())


def check_length(quote: str) -> Dropped | None:
    """``quote_too_long`` where ``quote`` has more than 60 words."""
    words = len(quote.split())
    return Dropped(reason="quote_too_long", detail=f"{words} words") if words > _MOST_WORDS else None


def count_places(evidence: Iterable[Evidence]) -> int:
    """Places that ``evidence`` comes from: spans of a document that lie 400 characters apart, or of different
    documents."""
    places, doc_id, end = 0, None, 0
    for span in sorted(evidence, key=lambda span: (span.doc_id, span.start, span.end)):
        if span.doc_id != doc_id or span.start - end >= _APART:
            places += 1
            doc_id, end = span.doc_id, span.end
        else:
            end = max(end, span.end)
    return places


def holds_quote(text: str, quote: str) -> bool:
    """Whether ``quote`` stands in ``text``."""
    return find_quote(text, quote, 0, len(text)) is not None


def _locate(quote: str, part: Part) -> Evidence | None:
    span = find_quote(part.text, quote, 0, len(part.text))
    if span is None:
        return None
    start, end = span
    return Evidence(
        doc_id=part.doc_id, start=part.start + start, end=part.start + end, quote=part.text[start:end]
    )
