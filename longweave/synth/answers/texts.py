"""Texts as answers: cover exact match, names, dates, choices and lists."""

import re
import unicodedata
from datetime import date

_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_PUNCTUATION = re.compile(r"[^\w\s]|_")
_LEGAL_FORM_WORDS = (
    "inc incorporated corp corporation co company companies ltd limited plc llc lp llp sa ag nv se spa group "
    "holdings holding"
)
_LEGAL_FORMS = frozenset(_LEGAL_FORM_WORDS.split())
_DENIALS = ("not", "never", "rather than", "instead of", "other than", "except", "isn t", "wasn t")
_MONTH_NAMES = "january february march april may june july august september october november december"
_MONTHS = _MONTH_NAMES.split()
_MONTH = "|".join(f"{name[:3]}[a-z]*" for name in _MONTHS)
_DATES = (
    re.compile(
        rf"\b(?P<month>{_MONTH})\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year>\d{{4}})\b",
        re.IGNORECASE,
    ),
    re.compile(
        rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<month>{_MONTH})\.?,?\s+(?P<year>\d{{4}})\b",
        re.IGNORECASE,
    ),
    re.compile(r"\b(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})\b"),
    re.compile(r"\b(?P<month>\d{1,2})/(?P<day>\d{1,2})/(?P<year>\d{4})\b"),
)
_NAME = r"[A-Z][\w.'’-]*(?: (?:[A-Z&][\w.'’-]*|of|the))*"
_LEGAL_FORM_AFTER = r"(?:,? (?:Inc|Corp|Co|Company|Corporation|Ltd|plc|LLC)\b\.?)?"
_NAME_AFTER = re.compile(rf"{_LEGAL_FORM_AFTER}(?:, {_NAME})*,? (?:and|&|as well as) (?:the )?[A-Z]")
_NAME_BEFORE = re.compile(rf"{_NAME},? (?:and|&|as well as) (?:the )?$")
_LETTER = re.compile(
    r"^\W*(?P<bare>[A-Z])\W*$"
    r"|^\W*(?P<marked>[A-Z])\s*[.):\]]"
    r"|\(\s*(?P<parens>[A-Z])\s*\)"
    r"|\b(?i:option|choice|answer|letter)\s*(?:is\s*)?:?\s*\(?(?P<named>[A-Z])\b",
)
_SEVERAL_LETTERS = re.compile(r"\b[A-Z]\)?\s*(?:,|and|or|&|/)\s*\(?[A-Z]\b")
_IN_BRACKETS = re.compile(r"\([^()]*\d[^()]*\)")
_VALUES = re.compile(r"[$€£]?\d[\d,.]*\s*(?:%|thousand|million|billion|trillion|percent)?")
_BULLET = re.compile(r"^\s*(?:[-*•]|\(?\d{1,2}[.):])\s+", re.MULTILINE)
_FILLER_WORDS = (
    "and then followed by with in order of from to first second third fourth fifth are is were was"
)
_FILLERS = frozenset(_FILLER_WORDS.split())


def normalize_text(text: str) -> str:
    """Lower case without accents, articles and punctuation; words joined by single spaces."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join(_ARTICLES.sub(" ", _PUNCTUATION.sub(" ", plain.lower())).split())


def cover_exact_match(prediction: str, gold: str) -> bool:
    """Whether the normalised gold occurs, as whole words, in the normalised prediction."""
    wanted, given = normalize_text(gold), normalize_text(prediction)
    return bool(wanted) and f" {wanted} " in f" {given} "


def says_text(prediction: str, gold: str) -> bool:
    """Cover exact match that is neither denied ("not X but Y") nor one of several offered ("X or Y"), and
    that does not mind how a company's legal form is written."""
    given = normalize_text(prediction)
    for wanted in dict.fromkeys((normalize_text(gold), _without_legal_form(normalize_text(gold)))):
        if not wanted:
            continue
        for found in re.finditer(rf"(?<!\w){re.escape(wanted)}(?!\w)", given):
            before, after = given[: found.start()], given[found.end() :]
            denied = before.rstrip().endswith(_DENIALS)
            offered = re.search(r"\b(?:or|either)\s*$", before) or re.match(r"\s*or\b", after)
            if not denied and not offered:
                return True
    return False


def names_others(prediction: str, gold: str) -> bool:
    """Whether ``prediction`` puts the name ``gold``, wherever it says it, in a row with other names ("A, B
    and C"): whoever names all has not answered which one."""
    words = r"\W+".join(map(re.escape, _without_legal_form(normalize_text(gold)).split()))
    if not gold[:1].isupper() or not words:
        return False
    found = list(re.finditer(rf"(?<!\w){words}(?!\w)", prediction, re.IGNORECASE))
    return bool(found) and all(
        _NAME_AFTER.match(prediction, one.end()) or _NAME_BEFORE.search(prediction[: one.start()])
        for one in found
    )


def read_date(text: str) -> date | None:
    """The only date that ``text`` holds, month before day in all-number forms; None if none or several."""
    found: set[date] = set()
    for pattern in _DATES:
        for match in pattern.finditer(text):
            month = match.group("month")
            number = int(month) if month.isdigit() else _month_number(month)
            try:
                found.add(date(int(match.group("year")), number, int(match.group("day"))))
            except ValueError:
                continue
    return found.pop() if len(found) == 1 else None


def read_choice(text: str) -> str | None:
    """The option letter that ``text`` chooses (``B``, ``(B)``, ``B. Paris``, ``Option B``), None if not one.

    A letter followed by more text needs a mark, so that the article in "A company" is no choice.
    """
    if _SEVERAL_LETTERS.search(text):
        return None
    letters = {
        letter
        for match in _LETTER.finditer(text)
        for letter in match.groupdict().values()
        if letter is not None
    }
    return letters.pop() if len(letters) == 1 else None


def option_text(text: str) -> str:
    """An option without its letter: ``Paris`` of ``(B) Paris``."""
    return re.sub(r"^\W*[A-Z]\s*[.):\]]\s*", "", text).strip()


def split_list(text: str) -> list[str]:
    """The items of a gold list: by semicolons or lines if there are any, else by commas and "and"."""
    text = _BULLET.sub("", text).strip()
    if ";" in text or "\n" in text:
        parts = re.split(r"[;\n]", text)
    else:
        parts = re.split(r",\s+(?:and\s+)?|\s+and\s+", text)
    return [item for part in parts if (item := re.sub(r"^and\s+", "", part.strip(" ,")))]


def says_list(prediction: str, gold_items: list[str], *, ordered: bool) -> tuple[bool, str]:
    """Whether ``prediction`` names exactly the gold's items (in their order), and what is wrong if not.

    Amounts in brackets or after a name are passed over where the gold has none; any other word left over
    counts as one more item.
    """
    plain = _BULLET.sub("", prediction)
    if not any(character.isdigit() for item in gold_items for character in item):
        plain = _VALUES.sub(" ", _IN_BRACKETS.sub(" ", plain))
    rest = f" {normalize_text(plain)} "
    places: dict[str, int] = {}
    for item in sorted(gold_items, key=len, reverse=True):
        full = normalize_text(item)
        for wanted in dict.fromkeys((full, _without_legal_form(full))):
            at = rest.find(f" {wanted} ") if wanted else -1
            if at >= 0:
                places[item] = at
                rest = f"{rest[: at + 1]}{'#' * len(wanted)}{rest[at + 1 + len(wanted) :]}"
                break
        else:
            return False, f"{item} is missing"
    more = [word for word in rest.replace("#", " ").split() if word not in _FILLERS | _LEGAL_FORMS]
    if more:
        return False, f"more is named: {' '.join(more)[:80]}"
    if ordered and sorted(places, key=places.__getitem__) != list(dict.fromkeys(gold_items)):
        return False, "the order differs"
    return True, ""


def _without_legal_form(normalized: str) -> str:
    words = normalized.split()
    while len(words) > 1 and words[-1] in _LEGAL_FORMS:
        words.pop()
    return " ".join(words)


def _month_number(name: str) -> int:
    return next((i for i, month in enumerate(_MONTHS, 1) if month.startswith(name[:3].lower())), 0)
