"""Documents split into train and val: apart by group, balanced, and always the same."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from longweave.synth.splits import SplitUnit, assign_splits

UNITS = st.lists(
    st.builds(
        SplitUnit,
        doc_id=st.integers(0, 10**6).map(str),
        group=st.sampled_from([f"company {n}" for n in range(15)]),
        stratum=st.sampled_from(["professional", "general"]),
        weight=st.integers(1, 200_000),
    ),
    max_size=60,
    unique_by=lambda unit: unit.doc_id,
)


def filings(
    companies: int, each: int = 2, weight: int = 100, stratum: str = "professional"
) -> list[SplitUnit]:
    """``each`` filings of equal size for every one of ``companies``."""
    return [
        SplitUnit(f"{stratum}-{c}-{n}", f"{stratum}-{c}", stratum, weight)
        for c in range(companies)
        for n in range(each)
    ]


@given(UNITS, st.floats(0, 1), st.integers(0, 100))
def test_every_document_gets_one_split_and_groups_stay_together(
    units: list[SplitUnit], val_share: float, seed: int
) -> None:
    splits = assign_splits(units, val_share, seed)
    assert set(splits) == {unit.doc_id for unit in units}
    by_group: dict[str, set[str]] = {}
    for unit in units:
        by_group.setdefault(unit.group, set()).add(splits[unit.doc_id])
    assert all(len(found) == 1 for found in by_group.values())


@given(UNITS, st.floats(0, 1), st.randoms())
def test_the_order_of_documents_does_not_matter(units: list[SplitUnit], share: float, random) -> None:  # type: ignore[no-untyped-def]
    shuffled = random.sample(units, len(units))
    assert list(assign_splits(units, share, 1).items()) == list(assign_splits(shuffled, share, 1).items())


@given(UNITS, st.floats(0.01, 0.99))
def test_a_stratum_with_two_groups_or_more_has_both_splits(units: list[SplitUnit], share: float) -> None:
    single = [unit._replace(stratum="professional") for unit in units]
    splits = assign_splits(single, share, 3)
    if len({unit.group for unit in single}) >= 2:
        assert set(splits.values()) == {"train", "val"}
    else:
        assert set(splits.values()) <= {"train"}


def test_every_stratum_is_split_by_its_own_share() -> None:
    units = filings(40) + filings(20, stratum="general", weight=7)
    splits = assign_splits(units, 0.25, 5)
    validate = Counter(unit.stratum for unit in units if splits[unit.doc_id] == "val")
    assert validate == {"professional": 20, "general": 10}


def test_six_companies_leave_two_to_compare_for_val() -> None:
    splits = assign_splits(filings(6), 0.05, 0)
    assert Counter(splits.values()) == {"train": 8, "val": 4}


def test_a_group_heavier_than_the_share_trains() -> None:
    units = [*filings(5, each=1, weight=10), SplitUnit("giant", "giant", "professional", 1_000)]
    for seed in range(20):
        assert assign_splits(units, 0.1, seed)["giant"] == "train"


def test_no_share_means_no_validation() -> None:
    assert set(assign_splits(filings(9), 0.0, 0).values()) == {"train"}


def test_something_is_left_to_train_on_whatever_the_share() -> None:
    assert Counter(assign_splits(filings(3), 1.0, 0).values()) == {"val": 4, "train": 2}


def test_seeds_differ_and_repeat() -> None:
    chosen = {tuple(assign_splits(filings(12), 0.2, seed).items()) for seed in (1, 2, 3, 1)}
    assert len(chosen) == 3
