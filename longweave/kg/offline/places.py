"""Facts of what stands right beside a name: "Anchorage, Alaska", "X (born 1955 in Paris)"."""

import re
from collections.abc import Iterator

from spacy.tokens import Token

from longweave.kg.offline.fact import Fact
from longweave.kg.offline.mention import Mention
from longweave.kg.offline.reading import Reading
from longweave.kg.offline.words import WITHIN

_BORN = re.compile(r"^\W*(?:.*[;,] )?(?:born|b\.)")


def read_place(token: Token, mention: Mention, reading: Reading) -> Iterator[Fact]:
    """As in "Anchorage, Alaska" and "the Louvre in Paris"."""
    if mention.type in ("place", "organization", "event") or (mention.type == "concept" and not mention.sure):
        for child in token.children:
            if child.dep_ == "prep" and child.lower_ in ("in", "near", "on") and child.i == mention.end:
                for pobj in child.children:
                    for place in reading.all_at(pobj) if pobj.dep_ == "pobj" else []:
                        if place.type == "place":
                            yield Fact(
                                mention,
                                f"{'held' if mention.type == 'event' else 'located'} {child.lower_}",
                                place,
                            )
            if (
                child.dep_ == "prep"
                and child.lower_ == "of"
                and child.i == mention.end
                and token.text in WITHIN
            ):
                for pobj in child.children:
                    whole = reading.at(pobj) if pobj.dep_ == "pobj" else None
                    if whole is not None and whole.type in ("place", "organization"):
                        within = mention.type == "place" and whole.type == "place"
                        yield Fact(mention, "located in" if within else "is part of", whole)
    if mention.type not in ("place", "organization"):
        return
    chain = [mention, *reading.around(mention)]
    for position, inner in enumerate(chain):
        for outer in chain[position + 1 :]:
            yield Fact(inner, "located in", outer)


def read_brackets(mention: Mention, reading: Reading) -> Iterator[Fact]:
    """As in "(born 21 August 1955 in Paris)", "(12 May 1900 – 3 June 1980)", a year after a work."""
    doc = reading.sentence.doc
    if mention.end >= reading.sentence.end or doc[mention.end].text != "(":
        return
    close = next((i for i in range(mention.end + 1, reading.sentence.end) if doc[i].text == ")"), None)
    if close is None or close - mention.end > 40:
        return
    within = list(
        dict.fromkeys(reading.inside[i] for i in range(mention.end + 1, close) if i in reading.inside)
    )
    dates = [part for part in within if part.type == "date"]
    places = [part for part in within if part.type == "place"]
    text = doc[mention.end + 1 : close].text
    if _BORN.search(text) and mention.type not in ("organization", "place", "event"):
        if dates:
            yield Fact(mention, "born on", dates[0])
        if places and (re.search(r"\b(?:in|at)\b", text) or dates):
            yield from (Fact(mention, "born in", place) for place in (places[0], *reading.around(places[0])))
    elif len(dates) == 2 and mention.type in ("person", "concept") and len(dates[0].name) > 3:
        between = doc[dates[0].end : dates[1].start].text
        if re.fullmatch(r"(?:,? (?:in )?[\w ,.'-]+)?\W*[–—-]\W*(?:[\w ,.'-]+, )?", f" {between} "):
            yield Fact(mention, "born on", dates[0])
            yield Fact(mention, "died on", dates[1])
            if places and dates[0].end <= places[0].start < dates[1].start:
                yield from (
                    Fact(mention, "born in", place) for place in (places[0], *reading.around(places[0]))
                )
            if places and places[-1].start >= dates[1].end:
                later = next(place for place in places if place.start >= dates[1].end)
                yield from (Fact(mention, "died in", place) for place in (later, *reading.around(later)))
    elif within == dates and [date.name for date in dates] == [text] and mention.type in ("work", "product"):
        yield Fact(mention, "released in", dates[0])
