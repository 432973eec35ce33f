"""What of a header or section is a dimension."""

import pytest

from longweave.tables.dims import column_words, compares, make_dims, section_words


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (("Three Months Ended", "June 28, 2025"), ""),
        (("As of", "June 30, 2025", "(unaudited)"), ""),
        (("Total", "2024"), ""),
        (("Pension", "2024"), "Pension"),
        (("(in millions)", "Class A", "2024"), "Class A"),
        (("2024", "Adjusted Cost"), "Adjusted Cost"),
    ],
)
def test_time_units_and_totals_are_no_dimension(header: tuple[str, ...], words: str) -> None:
    assert column_words(header) == words


@pytest.mark.parametrize("header", [("% Change",), ("2024 vs. 2023",), ("Change", "2024"), ("Page",)])
def test_columns_that_compare_are_told_apart(header: tuple[str, ...]) -> None:
    assert compares(header)
    assert not compares(("2024",))


def test_sections_and_dimensions_leave_empty_parts_out() -> None:
    assert section_words(("Year Ended December 31, 2024", "Assets:", "Level 1")) == "Assets | Level 1"
    assert make_dims(table="T", column="", scope="") == (("table", "T"),)
