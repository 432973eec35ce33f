"""Whether a question's own words give something away."""

import re

_STEM = 4
_SUBWORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def says(question: str, name: str) -> bool:
    """Whether ``name`` stands in the question as a word, in any case."""
    words = r"\W+".join(re.escape(word) for word in re.findall(r"\w+", name))
    return bool(words) and re.search(rf"(?<!\w){words}(?!\w)", question, re.IGNORECASE) is not None


def names(question: str, name: str) -> bool:
    """Whether the identifier ``name`` stands in the question as it is written in code."""
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", question) is not None


def suggests(question: str, answer: str) -> bool:
    """Whether all words that an identifier is made of stand in the question, or begin one another there
    ("param" tells of "Parameter")."""
    parts = {part.lower() for part in _SUBWORD.findall(answer)}
    known = {part.lower() for part in _SUBWORD.findall(question)}
    stems = tuple(word for word in known if len(word) >= _STEM)
    told = {
        part
        for part in parts
        if part in known
        or part.startswith(stems)
        or (len(part) >= _STEM and any(stem.startswith(part) for stem in stems))
    }
    return bool(parts) and told == parts
