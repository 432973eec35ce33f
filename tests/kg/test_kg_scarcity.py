"""How common the knowledge of a path is: 0 for what nobody else speaks of, 1 for what everybody does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longweave.kg.scarcity import Scarcity, judge_scarcity


def test_the_ends_of_the_scale() -> None:
    assert judge_scarcity([1, 1], [0, 0], 50) == Scarcity(degree=0, frequency=0)
    assert judge_scarcity([50, 50], [1, 1], 50) == Scarcity(degree=1, frequency=1)
    assert judge_scarcity([10], [0.25], 100) == Scarcity(degree=0.5, frequency=0.25)  # logarithmic


def test_a_graph_of_single_facts_or_one_document_tells_nothing() -> None:
    assert judge_scarcity([1], [0], 1).commonness == 0
    assert judge_scarcity([], [], 9).commonness == 0


@pytest.mark.parametrize(
    ("degree", "frequency", "closed_book", "commonness"),
    [(0.2, 0.5, None, 0.5), (0.6, 0.5, 0.0, 0.6), (0.2, 0.5, 0.75, 0.75)],
)
def test_what_is_best_known_decides(
    degree: float, frequency: float, closed_book: float | None, commonness: float
) -> None:
    scarcity = Scarcity(degree=degree, frequency=frequency, closed_book=closed_book)
    assert scarcity.commonness == commonness


@given(counts=st.lists(st.integers(0, 40), min_size=1, max_size=6), more=st.integers(0, 5))
def test_it_is_a_share_and_grows_with_what_is_known(counts: list[int], more: int) -> None:
    one = judge_scarcity(counts, [0.5], 40)
    other = judge_scarcity([min(40, count + more) for count in counts], [0.5], 40)
    assert 0 <= one.degree <= other.degree <= 1
    assert one.frequency == other.frequency == 0.5
