"""The budget: nothing is sent whose worst case does not fit."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longweave.synth.llm.budget import BudgetKeeper
from longweave.synth.llm.errors import BudgetError
from longweave.synth.llm.request import Prompt, Request
from longweave.synth.llm.response import Usage
from longweave.synth.llm.settings import Budget, Price
from longweave.synth.llm.spending import Account, Spent

PRICES = {"m": Price(input=1.0, cached=0.1, output=10.0)}


def a_request(max_tokens: int = 100, chars: int = 1000, n: int = 1) -> Request:
    return Request("judge", "m", Prompt("x" * chars), {"max_tokens": max_tokens}, seed=1, n=n)


def test_calls_are_stopped_at_their_number_with_those_of_earlier_starts() -> None:
    async def run() -> None:
        spent = {Account("stage", "judge", "m"): Spent(requests=8)}
        keeper = BudgetKeeper(Budget(calls=10), PRICES, spent)
        for _ in range(2):
            keeper.settle(await keeper.reserve(a_request()), a_request(), Usage(1, 0, 1))
        with pytest.raises(BudgetError, match="10 calls, of which 10 are made"):
            await keeper.reserve(a_request())

    asyncio.run(run())


def test_a_request_waits_for_one_in_flight_that_may_turn_out_cheaper_than_its_worst_case() -> None:
    async def run() -> None:
        keeper = BudgetKeeper(Budget(tokens=1_500), PRICES, {})
        first = await keeper.reserve(a_request(max_tokens=500))
        second = asyncio.create_task(keeper.reserve(a_request(max_tokens=500)))
        await asyncio.sleep(0)
        assert not second.done(), "its worst case does not fit beside that of the first"
        keeper.settle(first, a_request(), Usage(prompt=250, completion=10))
        await second

    asyncio.run(run())


def test_what_was_never_sent_costs_nothing() -> None:
    async def run() -> None:
        keeper = BudgetKeeper(Budget(calls=1), PRICES, {})
        keeper.settle(await keeper.reserve(a_request()), a_request(), None)
        await keeper.reserve(a_request())

    asyncio.run(run())


def test_what_a_lost_request_has_used_counts_as_its_worst_case() -> None:
    async def run() -> None:
        keeper = BudgetKeeper(Budget(calls=1), PRICES, {})
        keeper.forfeit(await keeper.reserve(a_request()))
        with pytest.raises(BudgetError, match="of which 1 are made"):
            await keeper.reserve(a_request())

    asyncio.run(run())


def test_money_counts_the_worst_price_before_and_the_cached_price_after() -> None:
    async def run() -> None:
        # a prompt of 1,000 characters counts as 564 tokens until the server's own counts are known
        worst = (564 * 1.0 + 100 * 10.0) / 1e6
        with pytest.raises(BudgetError, match="in money"):
            await BudgetKeeper(Budget(money=worst * 0.99), PRICES, {}).reserve(a_request())
        keeper = BudgetKeeper(Budget(money=worst * 1.5), PRICES, {})
        used = Usage(prompt=250, cached=240, completion=5)
        for _ in range(5):  # each costs (10 + 24 + 50) / 1e6
            keeper.settle(await keeper.reserve(a_request()), a_request(), used)

    asyncio.run(run())


@given(
    st.lists(st.tuples(st.integers(1, 400), st.integers(1, 3), st.floats(0, 1)), max_size=40),
    st.integers(0, 6_000),
    st.integers(1, 164),
)
def test_the_budget_is_never_exceeded(asked: list[tuple[int, int, float]], tokens: int, prompt: int) -> None:
    """As long as prompts have as many tokens as those before them let expect: here all are of one text."""

    async def run() -> None:
        keeper, used = BudgetKeeper(Budget(tokens=tokens), PRICES, {}), 0
        for max_tokens, n, share in asked:
            request = a_request(max_tokens, chars=400, n=n)
            try:
                reserved = await keeper.reserve(request)
            except BudgetError:
                continue
            usage = Usage(prompt=prompt, completion=int(max_tokens * n * share))
            keeper.settle(reserved, request, usage)
            used += usage.prompt + usage.completion
        assert used <= tokens

    asyncio.run(run())
