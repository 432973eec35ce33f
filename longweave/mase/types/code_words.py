"""Answers in code whose meaning hangs on signs that the comparison of answers passes over.

Texts are compared without punctuation: ``[1, -2]`` and ``1 2`` would count as the same. Names, dotted or
with underscores, options such as ``--name``, calls such as ``close()`` and words in quotes are safe.
"""

import re

from longweave.mase.task_type import Posed
from longweave.synth.records import Dropped

_SIGNS = re.compile(r"[\[\]{}<>=:;+*|&^~!?@#\\\"']|\(.|-\d")
_AROUND = "\"'` "


def check_signs(posed: Posed) -> Dropped | None:
    """``signs_matter`` where ``posed`` has a text as its answer that is more than names and words."""
    inner = posed.answer.strip(_AROUND).removesuffix("()")
    if posed.answer_kind == "text" and (found := _SIGNS.search(inner)):
        return Dropped(reason="signs_matter", detail=f"{found.group()!r} in: {posed.answer}")
    return None
