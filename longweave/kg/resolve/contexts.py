"""What documents say about two names moves how likely they are one thing.

In: doubtful links between mentions. Out: the same links; where both mentions have a context, the score goes
up or down by how alike the contexts are. Of equal names the contexts are compared without the name, which
would make any two alike.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from longweave.kg.resolve.links import Link
from longweave.kg.resolve.mentions import Mention
from longweave.kg.resolve.names import parse_name
from longweave.kg.resolve.settings import ResolveSettings
from longweave.synth.embedding import Encode

_USUAL_COSINE = 0.3


def weigh_contexts(
    links: Sequence[Link], known: Mapping[str, Mention], settings: ResolveSettings, encode: Encode
) -> Iterator[Link]:
    """The links, those between mentions with contexts as ``by`` "embedding"; at most
    ``settings.max_embedded`` texts are embedded, those of the likeliest links."""
    told = {link: texts for link in links if (texts := _read_texts(known[link.left], known[link.right]))}
    wanted: dict[str, None] = {}
    for link in sorted(told, key=lambda link: (-link.score, link.left, link.right)):
        if len(wanted) + 2 > settings.max_embedded:
            break
        wanted |= dict.fromkeys(told[link])
    vectors = encode(list(wanted))
    place = {text: row for row, text in enumerate(wanted)}
    for link in links:
        left, right = (place.get(text) for text in told.get(link, ("", "")))
        if left is None or right is None:
            yield link
        else:
            cosine = float(np.dot(vectors[left], vectors[right]))
            score = link.score + settings.context_weight * (cosine - _USUAL_COSINE)
            yield Link(link.left, link.right, round(min(max(score, 0.0), 1.0), 4), "embedding")


def _read_texts(left: Mention, right: Mention) -> tuple[str, str] | None:
    """What is compared; None where one has no context, or fields, which say more, or where both stand in one
    document: names in one passage share theirs."""
    if left.doc_id == right.doc_id or left.fields or right.fields or not (left.context and right.context):
        return None
    if parse_name(left.name, left.type).key != parse_name(right.name, right.type).key:
        return f"{left.name}: {left.context}", f"{right.name}: {right.context}"
    return _leave_out(left.name, left.context), _leave_out(right.name, right.context)


def _leave_out(name: str, text: str) -> str:
    return " ".join(re.sub(re.escape(name), " ", text, flags=re.IGNORECASE).split())
