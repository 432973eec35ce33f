"""Is this line a heading, and of which level? Rules on the line alone, for any kind of document.

Levels: 1 parts, chapters and ``#``; 2 numbered items, articles, sections and ``##``; 3 notes, lines in
capitals, ``1.`` and ``###``; 4 short title-like lines between blank lines, ``1.2`` and ``####``.
"""

import re

_LONGEST = 140
_LONGEST_TITLE = 90
_MOST_TITLE_WORDS = 14

_MARKDOWN = re.compile(r"(#{1,6})[ \t]+\S")
_NAMED = re.compile(
    r"(?:(?P<one>part|chapter|book|volume|act|canto)\s+(?:[ivxlc]+|\d+|[a-h]|one|two|three|four|five|six|seven|eight|nine|ten)"
    r"|(?P<two>item\s+\d+[a-c]?|article\s+(?:[ivxlc]+|\d+)|section\s+(?:[ivxlc]+|\d+(?:\.\d+)*)|appendix(?:\s+[a-z\d]{1,3})?|exhibit\s+\d+|scene\s+[ivxlc\d]+)"
    r"|(?P<three>notes?\s+\d+[a-z]?))"
    r"(?=$|[.:)\]\s–—-])",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"(?P<number>\d{1,2}(?:\.\d{1,3}){0,4})[.)]?[ \t]+[A-Z]")
_CAPITALS = re.compile(r"[A-Z][^a-z]*")
_LETTERS = re.compile(r"[A-Z]")
_TITLE = re.compile(r"[A-Z\"“‘][^|]*[\w)\]”’?%]")
_WORD = re.compile(r"[^\W\d_]{2,}")
_RUNNING = re.compile(r"table of contents|page \d+(?: of \d+)?|\(?continued\)?", re.IGNORECASE)


def heading_level(line: str, *, blank_before: bool, blank_after: bool) -> int:
    """1 (highest) … 4 for a heading, 0 for anything else; ``line`` comes without outer white space.

    A title-like line needs a blank line on both sides, a line with a heading's own mark (``#``,
    ``Item 7.``, ``Note 3 –``, capitals) needs one on either side.
    """
    if not line or len(line) > _LONGEST or not (blank_before or blank_after):
        return 0
    first = line[0]
    if first == "#":
        mark = _MARKDOWN.match(line)
        return min(len(mark.group(1)), 4) if mark else 0
    if not (first.isupper() or first.isdigit() or first in '"“‘'):
        return 0
    if _RUNNING.fullmatch(line):
        return 0
    named = _NAMED.match(line)
    if named:
        return _named_level(named, line)
    if first.isdigit():
        numbered = _NUMBERED.match(line)
        if numbered and len(line) <= _LONGEST_TITLE and line[-1] not in ".,;":
            return 3 if "." not in numbered.group("number") else 4
        return 0
    if _CAPITALS.fullmatch(line):
        if len(_LETTERS.findall(line)) < 6 or line[-1] in ",;":
            return 0
        return 3 if " " in line else 4
    return 4 if blank_before and blank_after and _is_title(line) else 0


def is_named_heading(line: str) -> bool:
    """Whether ``line`` begins with a part, item, note, … and its number."""
    named = _NAMED.match(line)
    return named is not None and _named_level(named, line) > 0


def _named_level(named: re.Match[str], line: str) -> int:
    rest = line[named.end() :].lstrip(" .:)]–—-")
    if rest and (rest[0].islower() or line[-1] in ",;"):
        return 0  # "Item 7 of this report describes …": a sentence that begins with a reference
    if len(rest) > _LONGEST_TITLE and line[-1] == ".":
        return 0
    return 1 if named.group("one") else 2 if named.group("two") else 3


def _is_title(line: str) -> bool:
    if len(line) > _LONGEST_TITLE or not _TITLE.fullmatch(line):
        return False
    words = _WORD.findall(line)
    return 0 < len(words) <= _MOST_TITLE_WORDS and ". " not in line and sum(map(len, words)) * 2 >= len(line)
