"""A plan in words: the question, exactly what it asks, with unit and rounding.

The wording comes from the kind's phrasings in ``queries.yaml``; this module names companies, items, periods
and units. The same plan always gives the same words.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from longweave.synth.records import AnswerKind
from longweave.tables.items import Item
from longweave.tables.kinds import Kind, QueryPool, Ratio
from longweave.tables.plan import AskedPeriod, Plan

_MONTHS = {3: "three", 6: "six", 9: "nine"}
_CURRENCIES = {"USD": "U.S. dollars", "EUR": "euros", "GBP": "pounds sterling"}


@dataclass(frozen=True, slots=True)
class AnswerFormat:
    """How the answer is printed: ``scale`` is the power of ten it is divided by, ``decimals`` its rounding,
    ``unit`` the name stored with the sample, ``clause`` the sentence that tells the reader."""

    kind: AnswerKind
    unit: str
    scale: int
    decimals: int
    clause: str
    tolerance: float | None


def choose_format(plan: Plan, kind: Kind, pool: QueryPool) -> AnswerFormat:
    """The answer format of a plan: by the kind's answer, the item's unit and the ratio's own form."""
    if kind.answer == "item":
        return _item_format(plan.unit)
    if kind.answer == "ratio":
        as_percent = ratio_of(plan, pool).given_as == "percent"
        return replace(_FORMATS["percent"], scale=-2) if as_percent else _FORMATS["times"]
    return _FORMATS[kind.answer]


def print_answer(value: object, form: AnswerFormat) -> str:
    """``value`` as the sample stores it: numbers rounded half up, no thousands separators; dates in words."""
    if isinstance(value, date):
        return say_date(value)
    if isinstance(value, int | float | Decimal) and form.kind == "number":
        exact = Decimal(repr(value) if isinstance(value, float) else str(value)).scaleb(-form.scale)
        rounded = exact.quantize(Decimal(1).scaleb(-form.decimals), rounding=ROUND_HALF_UP)
        return f"{rounded + 0:f}"
    return str(value)


def phrase(plan: Plan, kind: Kind, pool: QueryPool, items: Mapping[str, Item]) -> str:
    """The question of ``plan``, ending with the sentence on unit and rounding."""
    words = _words(plan, kind, pool, items)
    question = kind.questions[plan.phrasing % len(kind.questions)].format(**words)
    question = " ".join(question.split())
    return f"{question} {choose_format(plan, kind, pool).clause}"


def ratio_of(plan: Plan, pool: QueryPool) -> Ratio:
    """The named ratio a plan is about."""
    return next(ratio for ratio in pool.ratios if ratio.name == plan.ratio)


def _words(plan: Plan, kind: Kind, pool: QueryPool, items: Mapping[str, Item]) -> dict[str, str]:
    newest, oldest = plan.periods[0], plan.periods[-1]
    older = plan.periods[1] if len(plan.periods) > 1 else newest
    names = [items[item].name for item in plan.items]
    words = {
        "item": names[0],
        "item1": names[0],
        "item2": names[-1],
        "companies": join_words(sorted(plan.entities)),
        "period": say_when(newest),
        "newer": say_period(newest),
        "older": say_period(older),
        "oldest": say_period(oldest),
        "in_newer": say_when(newest),
        "in_older": say_when(older),
        "periods": say_periods(plan.periods, "and"),
        "any_period": say_periods(plan.periods, "or"),
        "which": "On which of these dates" if newest.months == 0 else "For which of these periods",
        "year": str(newest.year),
    }
    if plan.entities:
        words["company"] = plan.entities[0]
        words["other"] = plan.entities[-1]
    if plan.ratio is not None:
        words["ratio"] = plan.ratio
        closing = "closing " if items[plan.items[1]].instant and not items[plan.items[0]].instant else ""
        words["definition"] = f"{names[0]} divided by {closing}{names[1]}"
    if plan.threshold is not None:
        words["threshold"] = say_amount(plan.threshold, plan.unit)
    if plan.k is not None:
        words["k"] = {2: "two", 3: "three"}.get(plan.k, str(plan.k))
    return words


def say_period(period: AskedPeriod) -> str:
    """A period as a noun: "the fiscal year ended June 30, 2024", "June 30, 2024" for a date."""
    if period.end is not None:
        if period.months == 0:
            return say_date(period.end)
        return f"the {_length(period)} ended {say_date(period.end)}"
    if period.months == 12:
        return f"the fiscal year that ended in {period.year}"
    if period.fiscal_year:
        return f"the end of the fiscal year that ended in {period.year}"
    month = f"{date(period.year, period.month or 1, 1):%B} {period.year}"
    if period.months == 0:
        return f"the balance sheet date in {month}"
    return f"the {_length(period)} that ended in {month}"


def say_periods(periods: Sequence[AskedPeriod], link: str) -> str:
    """Several periods of one company, oldest first: "the fiscal years ended May 31, 2023; May 31, 2024; and
    …"."""
    ends = join_words([say_date(period.end) for period in reversed(periods) if period.end is not None], link)
    if periods[0].months == 0:
        return ends
    return f"the {_length(periods[0])}{'s' if link == 'and' else ''} ended {ends}"


def say_when(period: AskedPeriod) -> str:
    """A period as an adverbial: "for the fiscal year ended …", "as of …", "at the end of …"."""
    if period.months:
        return f"for {say_period(period)}"
    return f"as of {say_period(period)}" if period.end is not None else f"at {say_period(period)}"


def _length(period: AskedPeriod) -> str:
    return "fiscal year" if period.months == 12 else f"{_MONTHS[period.months]}-month period"


def say_date(day: date) -> str:
    """A date in words: "September 28, 2024"."""
    return f"{day:%B} {day.day}, {day.year}"


def join_words(words: Sequence[str], link: str = "and") -> str:
    """Words in a row: "A", "A and B", "A, B and C"; semicolons where a name itself has a comma."""
    if len(words) < 2:
        return "".join(words)
    mark = "; " if any("," in word for word in words) else ", "
    last = f"{mark}{link} " if mark == "; " and len(words) > 2 else f" {link} "
    return mark.join(words[:-1]) + last + words[-1]


def say_amount(value: float, unit: str) -> str:
    """An amount with its unit: "$2.5 billion", "450 million shares", "$3.20"."""
    if unit.endswith("/share"):
        return f"${value:,.2f}" if unit.startswith("USD") else f"{value:,.2f} {unit}"
    size, word = (9, "billion") if abs(value) >= 1e9 else (6, "million")
    amount = f"{value / 10**size:,.3f}".rstrip("0").rstrip(".")
    if unit == "USD":
        return f"${amount} {word}"
    return f"{amount} {word} {_CURRENCIES.get(unit, unit)}"


def _item_format(unit: str) -> AnswerFormat:
    if unit.endswith("/share"):
        money = _CURRENCIES.get(unit.split("/")[0], unit.split("/")[0])
        clause = f"Give the answer in {money} per share, rounded to two decimals."
        return AnswerFormat("number", unit, 0, 2, clause, 0.005)
    if unit == "shares":
        clause = "Give the answer in millions of shares, rounded to one decimal."
        return AnswerFormat("number", "million shares", 6, 1, clause, 0.005)
    clause = f"Give the answer in millions of {_CURRENCIES.get(unit, unit)}, rounded to the nearest million."
    return AnswerFormat("number", f"{unit} million", 6, 0, clause, 0.005)


_FORMATS: Mapping[str, AnswerFormat] = {
    "percent": AnswerFormat(
        "number", "percent", 0, 1, "Give the answer in percent, rounded to one decimal.", 0.01
    ),
    "points": AnswerFormat(
        "number",
        "percentage points",
        0,
        1,
        "Give the answer in percentage points, rounded to one decimal.",
        0.01,
    ),
    "times": AnswerFormat(
        "number", "times", 0, 2, "Give the answer as a plain number, rounded to two decimals.", 0.01
    ),
    "count": AnswerFormat("number", "count", 0, 0, "Answer with a whole number.", 0.0),
    "rank": AnswerFormat("number", "rank", 0, 0, "Answer with a whole number, 1 being the highest.", 0.0),
    "company": AnswerFormat("text", "company", 0, 0, "Answer with the name of the company.", None),
    "companies": AnswerFormat("list", "companies", 0, 0, "Separate the names with semicolons.", None),
    "period": AnswerFormat("text", "date", 0, 0, "Answer with the end date, as month, day and year.", None),
}
