"""Does a passage speak of a thing? What a careful reader takes for a mention of a subject that is not called
by its whole name.

Of a person that is the surname; of a firm the name without its legal form, or the possessive that it begins
with ("Moody's"); of a place the name without "City" or "Islands"; of all but people an acronym; of a body
that the document names elsewhere "the Commission". All words of a proper name may stand near each other,
those of a description ("the Potsdam meeting") anywhere. One word that many names share ("United") mentions
none of them.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from longweave.kg.mentions import is_named
from longweave.kg.records import EntityType
from longweave.kg.spelling import SMALL, keep_case, words_of

_LEAST_LETTERS = 3
_INFLECTED = 5
_LONGEST_ENDING = 3
_WORD = re.compile(r"\w+")
_OF = re.compile(r"\s+(?:of|for)\s+(?:the\s+)?")
_POSSESSIVE = re.compile(r"(\w+)['’]s\s")
_AFTER_SURNAME_WORDS = "jr sr ii iii iv v vi vii viii ix x xi xii xiii xiv xv xvi esq phd md"
_AFTER_FIRM_WORDS = (
    "inc incorporated corp corporation co company ltd limited llc llp lp plc ag sa se nv gmbh com group "
    "holding holdings trust partners bancorp technologies industries international"
)
_AFTER_PLACE_WORDS = "city state county province territory island islands river union"
_ROLE_WORDS = (
    "president premier minister chancellor king queen emperor pope prince secretary chairman chairwoman "
    "chair director officer executive manager general admiral judge justice governor senator mayor "
    "ambassador commissioner professor speaker leader head founder author editor attorney counsel member"
)
_BODY_WORDS = (
    "commission congress government court senate parliament council committee board bureau agency department "
    "ministry bank fund union association university administration authority party"
)
_SHARED_WORDS = (
    "united national international american european british english german french russian chinese japanese "
    "canadian australian indian african asian world global general federal central royal public state city "
    "new old first second third great north south east west northern southern eastern western joint special "
    "supreme high standard bank party union association society"
)
_AFTER_SURNAME, _AFTER_FIRM, _AFTER_PLACE, _ROLES, _BODIES, _SHARED = (
    frozenset(words.split())
    for words in (
        _AFTER_SURNAME_WORDS,
        _AFTER_FIRM_WORDS,
        _AFTER_PLACE_WORDS,
        _ROLE_WORDS,
        _BODY_WORDS,
        _SHARED_WORDS,
    )
)


@dataclass(frozen=True, slots=True)
class Passage:
    """Text of a document that has this ``title``, and the ``whole`` of what it says."""

    title: str
    text: str
    whole: str


def names_partly(passage: Passage, names: Sequence[str], type_: EntityType | None) -> bool:
    """Whether ``passage`` names a thing, by a part of its name or whole.

    Args:
        passage: Where it should be named.
        names: Of the thing.
        type_: Its type; None if it is not known.
    """
    near = f"{passage.title}\n{passage.text}"
    return is_named(near, names) or any(
        any(_is_written(near, form) for form in short_forms(name, type_))
        or _has_words(passage, name)
        or (type_ in ("organization", "person", None) and _is_called_by_head(passage, name))
        or _is_described(passage, name)
        for name in names
    )


def short_forms(name: str, type_: EntityType | None) -> list[str]:
    """Parts of ``name``, as they are written, that stand for it."""
    words = [word for word in _WORD.findall(keep_case(name))]
    forms = []
    if type_ in ("person", None):
        forms.append(_find_surname(words))
    if type_ in ("organization", None):
        forms.append(_cut(words, _AFTER_FIRM))
        forms += _POSSESSIVE.findall(name)[:1] if _POSSESSIVE.match(name) else []
    if type_ in ("place", None):
        forms.append(_cut(words, _AFTER_PLACE))
    if type_ != "person":
        forms.append(_find_acronym(words))
    return [form for form in forms if form]


def _find_surname(words: list[str]) -> str:
    kept = list(words)
    while kept and kept[-1].casefold() in _AFTER_SURNAME:
        kept.pop()
    if len(kept) < 2 or {"of", "for", "the", "and", "to"} & set(kept):
        return ""
    last = kept[-1]
    return last if len(last) >= _LEAST_LETTERS and last[0].isupper() and last.casefold() not in _ROLES else ""


def _cut(words: list[str], endings: frozenset[str]) -> str:
    """The words without those of ``endings`` at their end, if they then still tell what is meant."""
    kept = list(words)
    while kept and kept[-1].casefold() in endings:
        kept.pop()
    tells = len("".join(kept)) > 1 and any(word.casefold() not in _SHARED | SMALL for word in kept)
    return " ".join(kept) if tells and len(kept) < len(words) else ""


def _find_acronym(words: list[str]) -> str:
    initials = "".join(word[0] for word in words if word.casefold() not in SMALL)
    return initials if len(initials) > 1 and initials.isupper() and initials.isalpha() else ""


def _is_written(text: str, form: str) -> bool:
    return _form_pattern(form).search(keep_case(text)) is not None


@lru_cache(maxsize=4_096)
def _form_pattern(form: str) -> re.Pattern[str]:
    """``form`` in its case or in capitals, an acronym with full stops or without."""
    if form.isupper() and " " not in form:
        return re.compile(rf"(?<!\w){'(?:[.] ?)?'.join(form)}(?!\w)")
    both = (r"\W+".join(one.split()) for one in (form, form.upper()))
    return re.compile(rf"(?<!\w)(?:{'|'.join(both)})[sS]?(?!\w)")


def _has_words(passage: Passage, name: str) -> bool:
    """Whether all words of a proper name stand in the title, or near each other in the text."""
    wanted = _capitals(name)
    if not wanted or len(wanted) < len(_carrying(name)):
        return False
    in_title = set(words_of(passage.title))
    left = {word for word in wanted if word not in in_title}
    if not left:
        return True
    last: dict[str, int] = {}
    for at, word in enumerate(word for word in words_of(passage.text) if word not in SMALL):
        for one in left:
            if _has_ending(word, one):
                last[one] = at
        if len(last) == len(left) and at - min(last.values()) < 2 * len(wanted) - 1:
            return True
    return False


def _is_called_by_head(passage: Passage, name: str) -> bool:
    """Whether the text has what comes before "of" ("the Vice President"), or the last word of a body's name,
    and the document the rest of it."""
    head, *rest = _OF.split(name, maxsplit=1)
    if rest:
        return len(head.split()) > 1 and _is_written(passage.text, head) and is_named(passage.whole, rest)
    first, _, last = name.rpartition(" ")
    if last.casefold() not in _BODIES or not _is_written(passage.text, last):
        return False
    return is_named(passage.whole, [name, *([first] if " " in first else [])])


def _is_described(passage: Passage, name: str) -> bool:
    """Whether the words of a description stand in the text or title, and the names that it holds in the
    document."""
    plain = [word for word in _carrying(name) if word not in _capitals(name)]
    if not plain:
        return False
    near = set(words_of(f"{passage.title}\n{passage.text}"))
    if not _are_among(plain, near):
        return False
    return _are_among(_capitals(name), near | set(words_of(passage.whole)))


def _are_among(wanted: Sequence[str], there: set[str]) -> bool:
    return all(one in there or any(_is_form_of(word, one) for word in there) for one in wanted)


def _carrying(name: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(keep_case(name)) if word.casefold() not in SMALL]


def _capitals(name: str) -> list[str]:
    """The words of ``name`` that begin with a capital or a digit."""
    words = [word for word in _WORD.findall(keep_case(name)) if not word[0].islower()]
    return [word.casefold() for word in words if word.casefold() not in SMALL]


def _is_form_of(word: str, base: str) -> bool:
    """Whether one of the two is the other with an ending."""
    return _has_ending(word, base) or word + "s" == base


def _has_ending(word: str, base: str) -> bool:
    """Whether ``word`` is ``base``, with an ending or without."""
    if word == base or word == base + "s":
        return True
    return len(base) >= _INFLECTED and word.startswith(base) and len(word) - len(base) <= _LONGEST_ENDING
