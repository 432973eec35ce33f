"""Which documents may not stand beside a code question's own."""

import json
import re

from longweave.kg.code.model import Place
from longweave.kg.code.place import find_place
from longweave.kg.code.plan import Plan
from longweave.synth.records import Candidate


def conflicts_code(candidate: Candidate, title: str, text: str) -> bool:
    """Whether a document with this title and text (whole or in part) must not pad the candidate's prompt.

    It must not if it is one of the modules that the question needs, or from another version of their package,
    or if it has the docstring by which the question describes where to start.
    """
    reasoning = json.loads(candidate.reasoning)
    place = find_place(title)
    if place is None:
        return False
    needed = [found for found in map(find_place, reasoning["titles"]) if found is not None]
    if any(places_conflict(place, other) for other in needed):
        return True
    start = Plan.model_validate(reasoning["plan"]).start
    if not start.described or place.package != start.package:
        return False
    words = r"\s+".join(re.escape(word) for word in start.described.split())
    return re.search(words, text, re.IGNORECASE) is not None


def places_conflict(place: Place, needed: Place) -> bool:
    """Whether both are the same module, or of one package in two versions."""
    other_version = place.package == needed.package and place.version != needed.version
    return place.dotted == needed.dotted or other_version
