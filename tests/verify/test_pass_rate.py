"""Estimators of how often a sample is solved, against closed forms and enumeration."""

from itertools import combinations
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from longweave.verify.pass_rate import correct_for_chance, exceeds_chance, find_interval, pass_at_k

RATES = st.floats(0, 1)


@st.composite
def tries(draw: st.DrawFn, most: int = 24) -> tuple[int, int, int]:
    n = draw(st.integers(1, most))
    return n, draw(st.integers(0, n)), draw(st.integers(1, n))


@given(tries(most=8))
def test_pass_at_k_is_the_share_of_all_choices_of_k_answers_with_a_right_one(
    case: tuple[int, int, int],
) -> None:
    n, passes, k = case
    right = [number < passes for number in range(n)]
    choices = list(combinations(right, k))
    assert pass_at_k(n, passes, k) == pytest.approx(sum(map(any, choices)) / len(choices))


@given(st.integers(1, 16), st.data(), RATES)
def test_pass_at_k_is_unbiased(n: int, data: st.DataObject, rate: float) -> None:
    """Its mean over all outcomes of n draws is the closed form 1 - (1 - rate)^k."""
    k = data.draw(st.integers(1, n))
    mean = sum(
        comb(n, passes) * rate**passes * (1 - rate) ** (n - passes) * pass_at_k(n, passes, k)
        for passes in range(n + 1)
    )
    assert mean == pytest.approx(1 - (1 - rate) ** k, abs=1e-9)


@pytest.mark.parametrize(("rate", "k"), [(0.1, 1), (0.3, 4), (0.5, 8), (0.9, 2)])
def test_on_random_answers_it_comes_out_as_the_closed_form_and_the_interval_holds_it(
    rate: float, k: int
) -> None:
    rng = np.random.default_rng(7)
    drawn = rng.binomial(16, rate, size=20_000).tolist()
    truth = 1 - (1 - rate) ** k
    assert np.mean([pass_at_k(16, passes, k) for passes in drawn]) == pytest.approx(truth, abs=0.01)
    intervals = [find_interval(16, passes, k) for passes in drawn[:4_000]]
    assert np.mean([low <= truth <= high for low, high in intervals]) > 0.91, "Wilson's stays near 0.95"


@given(tries())
def test_the_interval_holds_the_estimate_of_the_rate_and_stays_within_0_and_1(
    case: tuple[int, int, int],
) -> None:
    n, passes, k = case
    low, high = find_interval(n, passes, k)
    assert 0 <= low <= 1 - (1 - passes / n) ** k + 1e-12 and 1 - (1 - passes / n) ** k - 1e-12 <= high <= 1


@pytest.mark.parametrize(("n", "passes", "k"), [(0, 0, 1), (4, 5, 1), (4, -1, 1), (4, 2, 5), (4, 2, 0)])
def test_impossible_counts_are_refused(n: int, passes: int, k: int) -> None:
    with pytest.raises(ValueError):
        pass_at_k(n, passes, k)


def test_what_guessing_gives_is_taken_off() -> None:
    assert correct_for_chance(0.25, 0.25) == 0
    assert correct_for_chance(0.625, 0.25) == pytest.approx(0.5)
    assert correct_for_chance(1.0, 0.25) == 1
    assert correct_for_chance(0.1, 0.25) == 0
    assert correct_for_chance(0.4, 0.0) == 0.4


def test_four_of_eight_among_four_options_may_be_luck_and_five_may_not() -> None:
    assert not exceeds_chance(8, 4, 0.25, 0.05)
    assert exceeds_chance(8, 5, 0.25, 0.05)
    assert exceeds_chance(8, 1, 0.0, 0.05), "an open question is not guessed right"
    assert not exceeds_chance(8, 0, 0.0, 0.05)
