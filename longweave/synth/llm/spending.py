"""What model calls have used: requests, tokens, money, seconds."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, NamedTuple

from longweave.synth.llm.response import Usage
from longweave.synth.llm.settings import Price

SECONDS = ("queue_seconds", "server_seconds")
"""What of a spending is a matter of the clock."""

_MILLION = 1_000_000


class Account(NamedTuple):
    """Who used it: a stage of the run, in a role, of a model."""

    stage: str
    role: str
    model: str


@dataclass(frozen=True, slots=True)
class Spent:
    """``requests`` were sent, ``retries`` of them because an earlier one failed or its answer was broken;
    ``hits`` were served from the store instead. Tokens as in ``Usage``. ``queue_seconds`` were spent in our
    own line, ``server_seconds`` waiting for servers, both summed over requests."""

    requests: int = 0
    retries: int = 0
    hits: int = 0
    prompt: int = 0
    cached: int = 0
    completion: int = 0
    reasoning: int = 0
    queue_seconds: float = 0.0
    server_seconds: float = 0.0

    @property
    def tokens(self) -> int:
        """Prompt and completion tokens."""
        return self.prompt + self.completion

    def __add__(self, other: "Spent") -> "Spent":
        return Spent(*(getattr(self, field.name) + getattr(other, field.name) for field in fields(Spent)))

    def __sub__(self, other: "Spent") -> "Spent":
        return Spent(*(getattr(self, field.name) - getattr(other, field.name) for field in fields(Spent)))


def subtract(spent: Mapping[Account, Spent], earlier: Mapping[Account, Spent]) -> dict[Account, Spent]:
    """What was spent since ``earlier``."""
    return {account: used - earlier.get(account, Spent()) for account, used in spent.items()}


def list_spending(spent: Mapping[Account, Spent], prices: Mapping[str, Price]) -> list[dict[str, Any]]:
    """A line per account as JSON values, with its ``money`` (None where the price is not known)."""
    return [
        {
            **account._asdict(),
            **asdict(used),
            "money": round(cost_of(used, prices[account.model]), 6) if account.model in prices else None,
            **{name: round(getattr(used, name), 1) for name in SECONDS},
        }
        for account, used in sorted(spent.items())
    ]


def spent_on(usage: Usage) -> Spent:
    """The tokens of one response."""
    return Spent(
        prompt=usage.prompt, cached=usage.cached, completion=usage.completion, reasoning=usage.reasoning
    )


def sum_spent(parts: Iterable[Spent]) -> Spent:
    """The sum of ``parts``."""
    return sum(parts, Spent())


def cost_of(spent: Spent, price: Price | None) -> float:
    """What ``spent`` costs at ``price``; 0 where there is none."""
    if price is None:
        return 0.0
    cached = price.input if price.cached is None else price.cached
    fresh = spent.prompt - spent.cached
    return (fresh * price.input + spent.cached * cached + spent.completion * price.output) / _MILLION


def cost_of_all(spent: Mapping[Account, Spent], prices: Mapping[str, Price]) -> float:
    """What all accounts cost together."""
    return sum(cost_of(used, prices.get(account.model)) for account, used in spent.items())
