"""Words that speak of a date, and words that speak of a period."""

import pytest

from longweave.tables.nature import tell_nature


@pytest.mark.parametrize(
    ("texts", "balance"),
    [
        (("Accrued compensation",), True),
        (("2.625% Notes due 2025", "The components of long-term debt are as follows"), True),
        (("Service cost", "Net periodic benefit cost"), False),
        (("Other", "Deferred tax assets", "Income taxes"), True),
        (("Increases related to tax positions", "Balances"), False),
        (("Europe", "Revenue by region"), False),
        (("Europe",), None),
        ((), None),
    ],
)
def test_the_most_telling_word_decides(texts: tuple[str, ...], balance: bool | None) -> None:
    assert tell_nature(texts) is balance
