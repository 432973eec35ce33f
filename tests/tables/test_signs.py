"""Natural signs from printed ones."""

from longweave.tables.signs import SignedRow, natural_factors

THIS, LAST = ("2024",), ("2023",)


def row(item: str, label: str, this: float, last: float) -> SignedRow:
    return SignedRow(item, label, {THIS: this, LAST: last})


def factor(*rows: SignedRow) -> int:
    return natural_factors(rows)[-1]


def test_payments_lose_their_sign() -> None:
    assert factor(row("capital_expenditures", "Capital expenditures", -5, -6)) == 0


def test_arithmetic_settles_the_sign_of_taxes() -> None:
    before = row("pretax_income", "Income before income taxes", 100, 90)
    net = row("net_income", "Net income", 80, 70)
    assert factor(before, net, row("income_tax_expense", "Income taxes", -20, -20)) == -1
    assert factor(before, net, row("income_tax_expense", "Income taxes", 20, 20)) == 1
    gain = row("net_income", "Net income", 120, 110)
    assert factor(before, gain, row("income_tax_expense", "Income tax (expense)/benefit", 20, 20)) == -1


def test_without_arithmetic_the_label_says_which_way_tax_is_printed() -> None:
    assert factor(row("income_tax_expense", "Benefit (provision) for income taxes", -20, 5)) == -1
    assert factor(row("income_tax_expense", "Provision (benefit) for income taxes", 20, -5)) == 1


def test_costs_in_brackets_throughout_are_turned_positive() -> None:
    cost = row("cost_of_revenue", "Cost of sales", -60, -50)
    assert natural_factors([cost, row("interest_expense", "Interest expense", -3, 1)]) == [-1, -1]
    assert factor(row("interest_expense", "Interest expense", 3, 4)) == 1


def test_losses_and_used_cash_printed_without_sign_are_negative() -> None:
    assert factor(row("net_income", "Net loss", 7, 8)) == -1
    assert factor(row("net_income", "Net income (loss)", 7, 8)) == 1
    assert factor(row("net_income", "Net loss", -7, -8)) == 1
    assert factor(row("investing_cash_flow", "Net cash used in investing activities", 7, 8)) == -1
    assert (
        factor(row("investing_cash_flow", "Net cash provided by (used in) investing activities", 7, 8)) == 1
    )
    minority = "Consolidated net (income) loss attributable to noncontrolling interest"
    assert factor(row("noncontrolling_income", minority, -7, 8)) == -1
    assert factor(row("retained_earnings", "Accumulated deficit", 7, 8)) == -1
