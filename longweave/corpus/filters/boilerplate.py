"""Texts that stand in thousands of places: software licences, and menus and notices of web sites.

Phrases of software licences are counted per word of the whole document, so that a
contract about a licence stays; source files, which open with one, are not looked at.
"""

import re
from functools import cache
from importlib.resources import files

import yaml

from longweave.corpus.filters.profile import Profile
from longweave.corpus.settings import FilterSettings
from longweave.synth.records import Dropped

_FEWEST_PHRASES = 4
_MOST_LICENCE = 0.012  # phrases per word; licences have 0.02 to 0.06, contracts about licences 0.001
_MOST_NAVIGATION = 0.4
_SENTENCE_WORDS = 8


def check_boilerplate(profile: Profile, settings: FilterSettings) -> Dropped | None:
    """Drop as ``licence_text`` or ``navigation``."""
    if profile.is_code or profile.declares_code:
        return None
    text = " ".join(profile.prose.lower().split())
    phrases = len(_phrases("licence").findall(text))
    if phrases >= max(_FEWEST_PHRASES, _MOST_LICENCE * len(profile.words)):
        return Dropped(
            reason="licence_text", detail=f"{phrases} licence phrases in {len(profile.words)} words"
        )
    short = [line for line in profile.lines if len(line.split()) < _SENTENCE_WORDS]
    if len(short) < 0.8 * len(profile.lines) or len(short) < _FEWEST_PHRASES:
        return None
    menu = sum(_phrases("navigation").search(line.lower()) is not None for line in short)
    if menu >= max(_FEWEST_PHRASES, _MOST_NAVIGATION * len(profile.lines)):
        return Dropped(
            reason="navigation", detail=f"{menu} of {len(profile.lines)} lines are menu entries or notices"
        )
    return None


@cache
def _phrases(kind: str) -> re.Pattern[str]:
    listed: dict[str, list[str]] = yaml.safe_load(
        (files(__package__) / "boilerplate.yaml").read_text(encoding="utf-8")
    )
    return re.compile(r"\b(?:" + "|".join(re.escape(phrase) for phrase in listed[kind]) + r")\b")
