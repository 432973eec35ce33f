"""A name taken apart: what is compared when two names are compared.

In: a name as a document writes it, and its type. Out: its tokens without case, accents, punctuation,
articles, titles and legal forms, and what tells it from others: numbers, generation, qualifiers.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from longweave.kg.resolve.lexicon import (
    ARTICLES,
    FUNCTION_WORDS,
    GENERATIONS,
    HONORIFICS,
    LEGAL_FORMS,
    NUMBER_WORDS,
    PREPOSITIONS,
    ROMANS,
    SURE_TITLES,
)
from longweave.kg.resolve.places import standard_place
from longweave.kg.spelling import strip_accents

_APOSTROPHES = re.compile(r"[’‘`´ʼ']")
_POSSESSIVE = re.compile(r"(?<=\w)'s?$")
_ABBREVIATION = re.compile(r"\b(?:[^\W\d_]\.[ ]?){2,}(?![^\W\d_])")
_BRACKETS = re.compile(r"\(([^()]*)\)|\[([^\[\]]*)\]")
_CLAUSE = re.compile(r"(?:,| -)? (?:who|whom|whose|which|where|when)\b.*")
_MARKS = "".join(chr(code) for code in range(0x0900, 0xFE00) if unicodedata.category(chr(code))[0] == "M")
_WORD = re.compile(rf"[^\W_]+(?:[{_MARKS}]+[^\W_]*)*")  # vowel signs are no letters for ``re``
_ROMAN = re.compile(r"[IVX]{2,5}|[IVX]")
_ORDINAL = re.compile(r"(\d+)(?:st|nd|rd|th)")
_DIGITS = re.compile(r"\d+")

_NAMELESS = "?"


@dataclass(frozen=True, slots=True)
class Name:
    """A name's parts.

    ``tokens`` are its words in order; ``key`` joins them, and equal keys are equal names. ``numbers``
    are those in it, in digits. ``generation`` is "jr", "2" and the like of a person. ``qualifier``
    stood after a comma or colon and narrows what stands before ("Paris, France"). ``bracket`` stood in
    brackets; ``sense`` are its words where they stand at the end and tell it from others of that name: a
    year, a kind ("1948 film", "planet"). ``joined`` are the tokens without spaces,
    ``initials`` the first letters of its content words; ``head_word`` says what it is: the last word
    before a preposition or the qualifier.
    """

    text: str
    type: str
    key: str
    tokens: tuple[str, ...]
    numbers: frozenset[str]
    generation: str
    qualifier: tuple[str, ...]
    bracket: str
    sense: frozenset[str]
    joined: str
    head_word: str
    initials: str

    @property
    def head(self) -> tuple[str, ...]:
        """The tokens before the qualifier."""
        return self.tokens[: len(self.tokens) - len(self.qualifier)]


@lru_cache(maxsize=1 << 18)
def parse_name(text: str, type_: str = "") -> Name:
    """``text`` taken apart as the name of a thing of ``type_`` ("" where that is unknown)."""
    whole_text = " ".join(unicodedata.normalize("NFKC", text).split())
    plain, bracket = _strip_brackets(whole_text)
    sense = _read_sense(whole_text, bracket) if type_ != "person" else frozenset()
    plain = _CLAUSE.sub("", plain) or plain
    plain = _POSSESSIVE.sub("", _APOSTROPHES.sub("'", plain))
    plain = _ABBREVIATION.sub(_close_abbreviation, plain)
    head, mark, rest = _split_qualifier(plain)
    if mark == "," and type_ == "person":
        head, rest = (f"{head} {rest}" if _is_generation(rest) else f"{rest} {head}"), ""
    words = _words(head)
    numbers, generation, tokens = _read_words(words, type_)
    tail_numbers, _, qualifier = _read_words(_words(rest), type_)
    if type_ in ("organization", "") and qualifier and all(token in LEGAL_FORMS for token in qualifier):
        qualifier = []
    tokens = _strip_ends(tokens, type_)
    if not tokens:
        tokens = [word.casefold() for word in _WORD.findall(strip_accents(text))] or [
            text.strip().casefold() or _NAMELESS
        ]
    whole = (*tokens, *qualifier)
    key = " ".join(whole)
    if type_ != "person" and (standard := standard_place(key)) != key:
        key, whole, qualifier = standard, tuple(standard.split()), []
    return Name(
        text=text,
        type=type_,
        key=" ".join(filter(None, (key, generation, f"({' '.join(sorted(sense))})" if sense else ""))),
        tokens=whole,
        numbers=frozenset(numbers | tail_numbers),
        generation=generation,
        qualifier=tuple(qualifier),
        bracket=bracket,
        sense=sense,
        joined="".join(whole),
        head_word=_find_head(whole[: len(whole) - len(qualifier)] or whole),
        initials="".join(token[0] for token in whole if token not in FUNCTION_WORDS),
    )


def _find_head(tokens: tuple[str, ...]) -> str:
    for place, token in enumerate(tokens):
        if place and token in PREPOSITIONS:
            return fold_plural(tokens[place - 1])
    return fold_plural(tokens[-1])


def fold_plural(token: str) -> str:
    """``token`` in the singular, by its ending."""
    if len(token) <= 3 or token.endswith(("ss", "us", "is", "ous")) or not token.endswith("s"):
        return token
    if token.endswith("ies") and len(token) > 4:
        return token[:-3] + "y"
    if token.endswith(("sses", "xes", "ches", "shes", "zes")):
        return token[:-2]
    return token[:-1]


def _strip_brackets(text: str) -> tuple[str, str]:
    found = [first or second for first, second in _BRACKETS.findall(text)]
    bare = _BRACKETS.sub(" ", text).strip()
    return (bare, found[0].strip()) if found and bare else (text, "")


def _read_sense(text: str, bracket: str) -> frozenset[str]:
    tells = bracket.islower() or bracket.isdigit()
    return frozenset(_words(bracket) if tells and text.endswith((f"{bracket})", f"{bracket}]")) else ())


def _close_abbreviation(match: re.Match[str]) -> str:
    """One word for "U.S."; "N. C. Wyeth" keeps its initials apart, as they are followed by a name."""
    letters = match[0].replace(".", "").replace(" ", "")
    followed = match.string[match.end() :].strip()
    spaced = " " in match[0].strip() or (
        followed[:1].isupper() and len(letters) <= 2 and letters not in ("US", "UN", "UK", "EU")
    )
    return " ".join(letters) + " " if spaced else letters + " "


def _split_qualifier(text: str) -> tuple[str, str, str]:
    for mark in (": ", " : ", ", ", " , ", ";"):
        head, found, rest = text.partition(mark)
        if found and head.strip():
            return head, mark.strip(), rest
    return text, "", ""


def _words(text: str) -> list[str]:
    return _WORD.findall(strip_accents(text.replace("&", " and ").replace("+", " plus ")).replace("'", ""))


def _is_generation(text: str) -> bool:
    return all(word.casefold() in GENERATIONS for word in _words(text))


def _is_generation_word(word: str) -> bool:
    """Roman numerals count in capitals only; a single X may be an initial."""
    token = word.casefold()
    return word in ("I", "V") or (
        token in GENERATIONS and len(token) > 1 and (word.isupper() or token[0] in "js")
    )


def _read_words(words: list[str], type_: str) -> tuple[set[str], str, list[str]]:
    """Numbers, generation and tokens of ``words``."""
    numbers: set[str] = set()
    tokens: list[str] = []
    generation = ""
    for place, word in enumerate(words):
        token = word.casefold()
        is_last = place == len(words) - 1
        if type_ == "person" and place and is_last and _is_generation_word(word):
            generation = GENERATIONS[token]
            continue
        if type_ != "person":
            if place and _ROMAN.fullmatch(word) and (len(word) > 1 or is_last) and token in ROMANS:
                token = ROMANS[token]
            if ordinal := _ORDINAL.fullmatch(token):
                token = ordinal[1]
            if len(words) > 1:
                token = NUMBER_WORDS.get(token, token)
        numbers.update(digits.lstrip("0") or "0" for digits in _DIGITS.findall(token))
        tokens.append(token)
    return numbers, generation, tokens


def _strip_ends(tokens: list[str], type_: str) -> list[str]:
    while len(tokens) > 1 and tokens[0] in ARTICLES:
        tokens = tokens[1:]
    if type_ in ("person", ""):
        while len(tokens) > 1 and tokens[0] in HONORIFICS and (type_ or tokens[0] in SURE_TITLES):
            tokens = tokens[1:]
    if type_ in ("organization", ""):
        while len(tokens) > 1 and tokens[-1] in LEGAL_FORMS:
            tokens = tokens[:-1]
    return tokens
