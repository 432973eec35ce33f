"""What a run will use, from what a pilot of it has used.

In: the usage of every answer that the pilot used, by account. Out: calls, tokens and money of the full run
with a margin. Everything is scaled by the records that a stage will see; margins are two standard errors of a
sum over answers, so the truth lies outside about once in twenty times.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from longweave.synth.llm.response import Usage
from longweave.synth.llm.settings import Price
from longweave.synth.llm.spending import Account, Spent, cost_of, spent_on, sum_spent

_STANDARD_ERRORS = 2.0


@dataclass(frozen=True, slots=True)
class Likely:
    """An expected value, give or take ``margin``."""

    value: float
    margin: float = 0.0

    def __add__(self, other: "Likely") -> "Likely":
        return Likely(self.value + other.value, math.hypot(self.margin, other.margin))

    def __sub__(self, known: float) -> "Likely":
        return Likely(max(self.value - known, 0.0), self.margin)


@dataclass(frozen=True, slots=True)
class Forecast:
    """What one account will use for ``records``. The pilot's part of it, ``stored`` and ``stored_money``, is
    in the answer store now. Tokens as in ``Usage``; ``money`` is None where the price is not known."""

    account: Account
    records: int
    calls: Likely
    prompt: Likely
    cached: Likely
    completion: Likely
    money: Likely | None
    stored: Spent
    stored_money: float

    @property
    def tokens(self) -> Likely:
        """Prompt and completion tokens."""
        return self.prompt + self.completion


def forecast(
    account: Account,
    answers: Sequence[Usage],
    n_records: int,
    records: int,
    sent_per_answer: float,
    price: Price | None,
) -> Forecast:
    """What ``account`` will use in the full run.

    Args:
        account: A stage, a role, a model.
        answers: Usage of the answers that it used in the pilot, broken ones included.
        n_records: Records of the stage in the pilot, at least one.
        records: Records of the stage in the full run.
        sent_per_answer: Requests that were sent for an answer, failed ones included; 1 where none failed.
        price: Of the model.
    """
    scale = max(records / n_records, 1.0)

    def expect(measure: Callable[[Spent], float]) -> Likely:
        return expect_sum([measure(spent_on(usage)) for usage in answers], scale)

    n_again = max(len(answers) * sent_per_answer - n_records, 0.0)
    calls = Likely(
        scale * len(answers) * sent_per_answer,
        _STANDARD_ERRORS * math.sqrt(scale * (scale - 1) * n_again),
    )
    stored = Spent(requests=len(answers)) + sum_spent(map(spent_on, answers))
    return Forecast(
        account=account,
        records=records,
        calls=calls,
        prompt=expect(lambda spent: spent.prompt),
        cached=expect(lambda spent: spent.cached),
        completion=expect(lambda spent: spent.completion),
        money=expect(lambda spent: cost_of(spent, price)) if price is not None else None,
        stored=stored,
        stored_money=cost_of(stored, price),
    )


def expect_sum(values: Sequence[float], scale: float) -> Likely:
    """The sum over ``scale`` times as many values, of which ``values`` are a sample; the margin vanishes when
    they are all."""
    n, total = len(values), math.fsum(values)
    if n < 2:
        return Likely(scale * total, scale * total if scale > 1 else 0.0)
    mean = total / n
    variance = math.fsum((value - mean) ** 2 for value in values) / (n - 1)
    error = math.sqrt(n * variance * scale * (scale - 1))
    return Likely(scale * total, _STANDARD_ERRORS * error)


def sent_per_answer(spent: Spent, n_answers: int) -> float:
    """Requests sent for an answer, from the books of an account that used ``n_answers``."""
    fresh = n_answers - spent.hits
    return max(spent.requests / fresh, 1.0) if fresh > 0 else 1.0


def sum_likely(parts: Iterable[Likely]) -> Likely:
    """The sum of independent ``parts``."""
    return sum(parts, Likely(0.0))
