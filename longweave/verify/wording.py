"""What a question asks about, as far as its words tell: the numbers and names that make it this question and
no other, and which of two opposites it says.

Questions from one template are near in any measure of similarity, though each asks something else: another
company, another year, the lowest instead of the highest. ``differ`` finds what parts them. Rules only, for
English.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

_SENTENCE = re.compile(r"(?<=[.?!])\s+(?=[A-Z\"'(])")
_INSTRUCTION = re.compile(
    r"(?:(?:please\s+)?(?:(?:give|state|express|report|write|provide|return)\s+(?:it|(?:the|your|an?)"
    r"\s+(?:final\s+)?(?:answer|result|figure|number))\b|answer\s+(?:with|in|as|by|only)\b|round\b"
    r"|use\s+a\s+negative\b|separate\s+the\b)"
    r"|an? \w+(?: \w+)? (?:is|counts as) negative\b).*",
    re.IGNORECASE | re.DOTALL,
)
_ABBREVIATION = re.compile(r"\b(?:Inc|Corp|Co|Ltd|U\.S|Mr|Mrs|Ms|Dr|St|No|vs|[A-Z])\.$")
_NUMBER = re.compile(
    r"(?<![\w.])(?P<digits>\d[\d,]*(?:\.\d+)?)"
    r"(?:\s*-?(?P<scale>thousand|million|billion|trillion|mn|bn)\b)?",
    re.IGNORECASE,
)
_SCALES = {"thousand": 1e3, "million": 1e6, "mn": 1e6, "billion": 1e9, "bn": 1e9, "trillion": 1e12}
_WORD = re.compile(r"[^\W_]+")
_NOT_NAME_WORDS = (
    "inc incorporated corp corporation co company companies ltd limited plc llc group the a an of and or for "
    "in on at to by i usd us form fy q"
)
_NOT_NAMES = frozenset(_NOT_NAME_WORDS.split())
_FUNCTION_WORDS = (
    "a an the of in on at to for by from with and or is are was were be been do does did has have had it its "
    "this that these those what which who whom whose when where how why as than then into over their his her "
    "he she they i you we s t there any some much many give answer"
)
_STOP_WORDS = frozenset(_FUNCTION_WORDS.split())
_OPPOSITES = tuple(
    (frozenset(one.split()), frozenset(other.split()))
    for one, other in (
        ("highest largest greatest maximum most biggest", "lowest smallest least minimum fewest"),
        ("highest largest greatest maximum most biggest", "second third"),
        ("first earliest oldest", "last latest newest youngest"),
        ("increase increased grow grew rise rose", "decrease decreased decline declined shrink fell fall"),
        ("more higher greater larger above", "fewer less lower smaller below"),
        ("basic", "diluted"),
        ("gross", "net"),
        ("current", "noncurrent"),
        ("before", "after"),
        ("total sum", "average mean median"),
        ("win won wins", "lose lost losses loses"),
        ("began start started begin", "end ended finish finished"),
        ("pay payable paid", "receive receivable received"),
        ("assets", "liabilities"),
        ("buy bought purchase purchased", "sell sold"),
        ("mother", "father"),
        ("born", "died"),
        ("north northern", "south southern"),
        ("east eastern", "west western"),
    )
)


@dataclass(frozen=True, slots=True)
class Wording:
    """``words`` are all words in lower case, ``content`` those that carry meaning; ``names`` capitalised ones
    inside a sentence; ``numbers`` values with their scale word applied."""

    core: str
    words: frozenset[str]
    content: frozenset[str]
    names: frozenset[str]
    numbers: frozenset[float]


@lru_cache(maxsize=200_000)
def read_wording(question: str) -> Wording:
    """What ``question`` says, without its sentences on how to write the answer."""
    sentences = split_sentences(question)
    kept = [text for text in sentences if not _INSTRUCTION.fullmatch(text)] or sentences
    core = " ".join(kept)
    words = frozenset(words_of(core))
    return Wording(
        core=core,
        words=words,
        content=words - _STOP_WORDS,
        names=frozenset(name for text in kept for name in _names_of(text)),
        numbers=frozenset(_numbers_of(core)),
    )


def words_of(text: str) -> list[str]:
    """The words of ``text`` in order: lower case, no accents, no possessive s."""
    return [word for word in _WORD.findall(_plain(text).lower()) if word != "s"]


def differ(one: Wording, other: Wording, *, strict: bool) -> str:
    """What makes them two questions, in a few words; empty if nothing does.

    If ``strict``, numbers must be the same, and each name of one must stand in the other. Else one may give
    more than the other ("Manning", "Peyton Manning"; "2024", "September 28, 2024"), but not each something.
    """
    numbers = one.numbers - other.numbers, other.numbers - one.numbers
    names = _without(one.names, other.words), _without(other.names, one.words)
    required = any if strict else all
    if required(numbers):
        return f"numbers {_show(numbers[0] | numbers[1])}"
    if required(names):
        return f"names {', '.join(sorted(names[0] | names[1]))}"
    for left, right in _OPPOSITES:
        for first, second in ((one.words, other.words), (other.words, one.words)):
            says = (first & left) - second, (second & right) - first
            if all(says) and not (first & right or second & left):
                return f"{'/'.join(sorted(says[0]))} against {'/'.join(sorted(says[1]))}"
    return ""


def _without(names: frozenset[str], words: frozenset[str]) -> frozenset[str]:
    """Those of ``names`` that are not among ``words``, not even in another form ("Germany", "German")."""
    missing = names - words
    return frozenset(
        name for name in missing if not any(word.startswith(name[: max(5, len(name) - 2)]) for word in words)
    )


def overlap(one: Wording, other: Wording) -> float:
    """The share of their words of meaning that both have, 0…1."""
    either = one.content | other.content
    return len(one.content & other.content) / len(either) if either else 0.0


def split_sentences(text: str) -> list[str]:
    """The sentences of ``text``; abbreviations such as "Inc." end none."""
    sentences: list[str] = []
    for part in _SENTENCE.split(text.strip()):
        if sentences and _ABBREVIATION.search(sentences[-1]):
            sentences[-1] += " " + part
        else:
            sentences.append(part)
    return sentences


def _names_of(sentence: str) -> list[str]:
    """Capitalised words but the first, which is capitalised whatever it is."""
    plain = _plain(sentence)
    first = _WORD.search(plain)
    return [
        found.group().lower()
        for found in _WORD.finditer(plain, first.end() if first else 0)
        if found.group()[0].isupper() and found.group().lower() not in _NOT_NAMES
    ]


def _numbers_of(text: str) -> list[float]:
    return [
        float(found.group("digits").replace(",", "")) * _SCALES.get((found.group("scale") or "").lower(), 1.0)
        for found in _NUMBER.finditer(text)
    ]


def _plain(text: str) -> str:
    """``text`` without accents, its apostrophes straight."""
    if text.isascii():
        return text
    folded = unicodedata.normalize("NFKD", text.replace("’", "'"))
    return "".join(character for character in folded if not unicodedata.combining(character))


def _show(numbers: frozenset[float]) -> str:
    return ", ".join(f"{number:g}" for number in sorted(numbers))
