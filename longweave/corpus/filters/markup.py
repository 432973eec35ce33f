"""Sources that are not read as text: style sheets, scripts of web pages, vector images, bare XML."""

import re

from longweave.corpus.filters.profile import Profile
from longweave.corpus.settings import FilterSettings
from longweave.synth.records import Dropped

_SVG = re.compile(r"<svg\b|<path\b[^<>]*\bd=\"|<(?:linearGradient|clipPath|polygon|polyline)\b")
_XML_HEAD = re.compile(r"\A\s*(?:<\?xml\b|<!DOCTYPE (?!html)|<svg\b)")
_MARKUP = re.compile(r"<[!?/a-zA-Z][^<>]*>")
_ATTRIBUTE = re.compile(r"\s[\w:.-]{1,60}=(?:\"[^\"<>]*\"|'[^'<>]*')")
_BRACED = re.compile(r"\{([^{}]*)\}")
_DECLARATION = re.compile(r"\s*-?[a-z-]+\s*:\s*[^\s\"',][^\"\n]*\Z")
_STYLE_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_SCRIPT = re.compile(
    r"\bfunction\b\s*\w*\s*\(|=>\s*[{(\w]|\b(?:var|let|const)\s+[\w${\[]|[!=]==|\b(?:document|window|module|console)\.\w"
    r"|\$\(|\}\s*\)\s*;|\btypeof\b|\bundefined\b|\bprototype\b"
)
_MOST_MARKUP = 0.5
_MOST_STYLE = 0.5
_MOST_SCRIPT = 0.02
_FEWEST_SCRIPT = 8


def check_markup(profile: Profile, settings: FilterSettings) -> Dropped | None:
    """Drop as ``vector_image``, ``bare_markup``, ``style_sheet`` or ``script``."""
    sample = profile.sample
    attributes = sum(len(match.group()) for match in _ATTRIBUTE.finditer(sample)) if "<" in sample else 0
    if attributes > _MOST_MARKUP * len(sample) and _SVG.search(sample):
        return Dropped(
            reason="vector_image",
            detail=f"{attributes / len(sample):.0%} of it are attributes of drawing tags",
        )
    if _XML_HEAD.match(sample):
        tags = sum(len(match.group()) for match in _MARKUP.finditer(sample))
        if tags > _MOST_MARKUP * len(sample):
            return Dropped(reason="bare_markup", detail=f"{tags / len(sample):.0%} of it are tags")
    if "{" not in sample or profile.is_code or profile.declares_code:
        return None
    plain = _STYLE_COMMENT.sub("", sample)
    style = _count_style(plain)
    if plain.strip() and style > _MOST_STYLE * len(plain):
        return Dropped(reason="style_sheet", detail=f"{style / len(plain):.0%} of it are style rules")
    signs = len(_SCRIPT.findall(plain))
    if signs >= max(_FEWEST_SCRIPT, _MOST_SCRIPT * len(profile.words)):
        return Dropped(reason="script", detail=f"{signs} script constructs in {len(profile.words)} words")
    return None


def _count_style(text: str) -> int:
    """Characters of ``text`` that lie in braces holding nothing but declarations, with the lines of their
    selectors."""
    count = 0
    for block in _BRACED.finditer(text):
        parts = [part for part in block.group(1).split(";") if part.strip()]
        if parts and all(_DECLARATION.match(part) for part in parts):
            count += block.end() - max(
                text.rfind("}", 0, block.start()), text.rfind(";", 0, block.start()), 0
            )
    return count
