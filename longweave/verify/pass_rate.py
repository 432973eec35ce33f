"""How often a sample is solved: pass@k with its interval, and what chance makes of a pass rate.

``n`` answers were drawn, ``passes`` of them right. ``pass_at_k`` is the unbiased estimator of the probability
that one of ``k`` answers is right (Chen et al. 2021, arXiv 2107.03374, eq. 1).
"""

from math import comb, sqrt
from statistics import NormalDist

_CONFIDENCE = 0.95


def pass_at_k(n: int, passes: int, k: int) -> float:
    """The share of all ways to take ``k`` of the ``n`` answers that hold a right one.

    Raises:
        ValueError: Not 0 <= passes <= n and 1 <= k <= n.
    """
    if not (0 <= passes <= n and 1 <= k <= n):
        raise ValueError(f"no pass@{k} of {passes} in {n}")
    return 1.0 - comb(n - passes, k) / comb(n, k)


def find_interval(n: int, passes: int, k: int = 1) -> tuple[float, float]:
    """Between which values pass@k lies with a confidence of 0.95: Wilson's score interval of the pass rate,
    and pass@k = 1 - (1 - rate)^k rises with the rate.

    Raises:
        ValueError: Not 0 <= passes <= n and 1 <= n.
    """
    if not (0 <= passes <= n and n >= 1):
        raise ValueError(f"no interval of {passes} in {n}")
    z = NormalDist().inv_cdf((1 + _CONFIDENCE) / 2)
    rate, weight = passes / n, z * z / n
    middle = (rate + weight / 2) / (1 + weight)
    half = z / (1 + weight) * sqrt(rate * (1 - rate) / n + weight / (4 * n))
    low = 0.0 if passes == 0 else max(middle - half, 0.0)
    high = 1.0 if passes == n else min(middle + half, 1.0)
    return 1 - (1 - low) ** k, 1 - (1 - high) ** k


def correct_for_chance(rate: float, chance: float) -> float:
    """The share of questions known, if the rest of ``rate`` was guessed with the probability ``chance`` of
    being right; 0 where guessing alone does as well."""
    return max(rate - chance, 0.0) / (1 - chance) if chance < 1 else 0.0


def exceeds_chance(n: int, passes: int, chance: float, doubt: float) -> bool:
    """Whether guessing would give so many right answers in a share of less than ``doubt`` of all cases."""
    at_least = sum(comb(n, i) * chance**i * (1 - chance) ** (n - i) for i in range(passes, n + 1))
    return passes > 0 and at_least < doubt
