"""The budget of a run: a request is sent only if its worst case still fits.

What is in flight is reserved at its worst (``max_tokens`` for every answer); a request that does not fit
waits for reservations to be settled, and is refused when there are none left to wait for.
"""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from longweave.synth.llm.errors import BudgetError
from longweave.synth.llm.request import Request
from longweave.synth.llm.response import Usage
from longweave.synth.llm.settings import Budget, Price
from longweave.synth.llm.spending import Account, Spent, cost_of, cost_of_all, spent_on, sum_spent

_TOKENS_PER_CHAR = 0.5
_MARGIN = 1.1
_TEMPLATE_TOKENS = 64


@dataclass(frozen=True, slots=True)
class Used:
    """What a budget counts."""

    calls: int = 0
    tokens: int = 0
    money: float = 0.0

    def __add__(self, other: "Used") -> "Used":
        return Used(self.calls + other.calls, self.tokens + other.tokens, self.money + other.money)

    def __sub__(self, other: "Used") -> "Used":
        return Used(self.calls - other.calls, self.tokens - other.tokens, self.money - other.money)


class BudgetKeeper:
    """Lets requests through while the budget lasts. It lives on one event loop.

    Args:
        budget: The limits.
        prices: By model.
        spent: What the run has used in earlier starts.
    """

    def __init__(self, budget: Budget, prices: Mapping[str, Price], spent: Mapping[Account, Spent]) -> None:
        self._budget, self._prices = budget, prices
        self._is_set = budget != Budget()
        total = sum_spent(spent.values())
        self._used = Used(total.requests, total.tokens, cost_of_all(spent, prices))
        self._reserved = Used()
        self._tokens_per_char = 0.0
        self._settled = asyncio.Event()

    async def reserve(self, request: Request) -> Used:
        """Wait until the worst case of ``request`` fits, and hold it until ``settle`` is called.

        Raises:
            BudgetError: It does not fit, and nothing is in flight.
        """
        if not self._is_set:
            return Used()
        while True:
            worst = self._worst_case(request)
            exceeded = list(self._exceeded_by(self._used + self._reserved + worst))
            if not exceeded:
                self._reserved += worst
                return worst
            if not self._reserved.calls:
                raise BudgetError(
                    f"the next request could exceed the budget of {exceeded[0]}",
                    where="models.budget",
                    fix="Raise it and run again: what is finished is kept and not paid for twice.",
                )
            self._settled.clear()
            await self._settled.wait()

    def forfeit(self, reserved: Used) -> None:
        """What a request has used is not known, so its worst case counts."""
        if self._is_set:
            self._reserved -= reserved
            self._used += reserved
            self._settled.set()

    def settle(self, reserved: Used, request: Request, usage: Usage | None) -> None:
        """``request`` has ended and used ``usage``: zeros if it failed, None if it was never sent."""
        if not self._is_set:
            return
        self._reserved -= reserved
        self._settled.set()
        if usage is None:
            return
        price = self._prices.get(request.model)
        self._used += Used(1, usage.prompt + usage.completion, cost_of(spent_on(usage), price))
        chars = len(request.prompt.text)
        if usage.prompt and chars:
            ratio = max(usage.prompt - _TEMPLATE_TOKENS, 0) / chars
            self._tokens_per_char = max(self._tokens_per_char, ratio * _MARGIN)

    def _worst_case(self, request: Request) -> Used:
        per_char = self._tokens_per_char or _TOKENS_PER_CHAR
        prompt = int(len(request.prompt.text) * per_char) + _TEMPLATE_TOKENS
        completion = request.max_tokens * request.n
        worst = Usage(prompt=prompt, completion=completion)
        return Used(1, prompt + completion, cost_of(spent_on(worst), self._prices.get(request.model)))

    def _exceeded_by(self, total: Used) -> Iterator[str]:
        budget, used = self._budget, self._used
        if budget.money is not None and total.money > budget.money:
            yield f"{budget.money:g} in money, of which {used.money:.4g} is spent"
        if budget.tokens is not None and total.tokens > budget.tokens:
            yield f"{budget.tokens:,} tokens, of which {used.tokens:,} are used"
        if budget.calls is not None and total.calls > budget.calls:
            yield f"{budget.calls:,} calls, of which {used.calls:,} are made"
