"""Labels looked up in the lexicon."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longweave.tables.items import (
    STATEMENTS,
    find_item,
    is_balance_line,
    is_part,
    load_items,
    normalise_label,
)


@pytest.mark.parametrize(
    ("label", "statement", "item"),
    [
        ("Sales to customers", "income", "revenue"),
        ("Total net operating revenues", "income", "revenue"),
        ("Diluted Net Income Per Share1", "income", "eps_diluted"),
        ("Provision (benefit) for income taxes, net", "income", "income_tax_expense"),
        ("Earnings before provision for taxes on income", "income", "pretax_income"),
        ("Net loss attributable to Boeing shareholders", "income", "net_income"),
        ("Accounts receivable trade, less allowances $167 (2023, $166)", "balance", "accounts_receivable"),
        ("Total Walmart shareholders' equity", "balance", "stockholders_equity"),
        ("Total liabilities and shareholders’ equity", "balance", "liabilities_and_equity"),
        ("Net cash (used by)/from investing activities", "cash_flow", "investing_cash_flow"),
        ("Payments for acquisition of property, plant and equipment", "cash_flow", "capital_expenditures"),
        ("Purchases of stock for treasury", "cash_flow", "share_repurchases"),
        ("Cash paid for income taxes, net of refunds", "cash_flow", "income_taxes_paid"),
        ("Repayments of long-term debt", "cash_flow", "debt_repaid"),
        ("Repayments of debt", "cash_flow", "all_debt_repaid"),
        ("Debt repayments", "cash_flow", "all_debt_repaid"),
        ("Proceeds from issuance of debt, net of issuance costs", "cash_flow", "all_debt_issued"),
        ("Proceeds from issuance of long-term debt, net", "cash_flow", "debt_issued"),
        ("Purchases of investments", "cash_flow", "purchases_of_investments"),
        ("Purchases of marketable securities", "cash_flow", "purchases_of_marketable_securities"),
        ("Short-term investments", "balance", "short_term_investments"),
        ("Accrued expenses", "balance", "accrued_liabilities"),
        ("Accrued expenses and other current liabilities", "balance", "accrued_and_other_liabilities"),
        ("Comprehensive income, net of income taxes", "comprehensive", "comprehensive_income"),
        ("Accumulated deficit", "balance", "retained_earnings"),
    ],
)
def test_what_filings_call_an_item_is_found(label: str, statement: str, item: str) -> None:
    assert find_item(label, (), statement) == item


@pytest.mark.parametrize(
    ("label", "sections", "statement"),
    [
        ("Net income attributable to noncontrolling interests", (), "balance"),
        ("Accounts receivable, net", (), "cash_flow"),
        ("Operating income (non-GAAP)", (), "income"),
        ("Net earnings from discontinued operations", (), "income"),
        ("Adjusted operating income", (), "income"),
        ("Revenues", ("Discontinued operations",), "income"),
        ("Basic", (), "income"),
        ("Total liabilities and shareholders’ equity", (), "income"),
        ("Revenue growth", (), "income"),
        ("Deferred revenue, noncurrent", (), "balance"),
        ("Total", ("Inventories",), "balance"),
        ("", (), "income"),
        ("Acquisitions, net of cash acquired, and other", (), "cash_flow"),
        ("Acquisitions, net of cash acquired, non-marketable investments, and other", (), "cash_flow"),
        (
            "Acquisitions of businesses, net of cash acquired, and purchases of intangible assets",
            (),
            "cash_flow",
        ),
        ("Proceeds from issuance of long-term debt, net of repayments", (), "cash_flow"),
        ("Repurchases of common stock and taxes on net share settlement", (), "cash_flow"),
        ("Cash paid for interest, net of capitalized interest", (), "cash_flow"),
        ("Interest, net of amounts capitalized", ("Cash paid during the year for:",), "cash_flow"),
        ("Interest paid (net of amounts capitalized)", (), "cash_flow"),
        ("Effect of exchange rates on the change in cash", (), "cash_flow"),
        ("Increase in cash due to exchange rates", (), "cash_flow"),
        ("Interest expense, net of portion capitalized", (), "income"),
        ("Technology and development", (), "income"),
        ("Restructuring and other charges", (), "income"),
        ("Comprehensive income attributable to Acme", (), "comprehensive"),
        ("Net income attributable to Acme common shareholders", (), "income"),
        ("Net operating income", (), "income"),
        ("Deferred revenue", ("Non-current liabilities:",), "balance"),
    ],
)
def test_a_label_that_means_something_else_is_left_out(
    label: str, sections: tuple[str, ...], statement: str
) -> None:
    assert find_item(label, sections, statement) is None


def test_a_label_that_fits_two_items_is_neither() -> None:
    under = ("Noncurrent liabilities",)
    assert find_item("Deferred income taxes", under, "balance") == "deferred_tax_liabilities"
    assert find_item("Deferred income taxes", under, "cash_flow") == "deferred_income_taxes"
    assert find_item("Deferred income taxes", under, "any") is None


@pytest.mark.parametrize("section", ["Non-current assets:", "Noncurrent assets"])
def test_noncurrent_securities_are_not_current(section: str) -> None:
    assert find_item("Marketable securities", (section,), "balance") is None
    assert (
        find_item("Marketable securities", ("Current assets:",), "balance") == "marketable_securities_current"
    )


@pytest.mark.parametrize(
    ("item", "label", "beside", "part"),
    [
        ("all_debt_repaid", "Repayments of debt", "repayments of commercial paper", True),
        ("all_debt_repaid", "Repayments of debt", "dividends paid", False),
        ("debt_repaid", "Repayments of long-term debt", "repayments of commercial paper", False),
        ("purchases_of_investments", "Purchases of investments", "purchases of debt securities", True),
        ("cost_of_revenue", "Cost of products sold", "cost of services sold", True),
        ("dividends_paid", "Dividends paid on common stock", "dividends paid on preferred stock", True),
    ],
)
def test_a_row_is_a_part_of_its_item_only_beside_the_other_parts(
    item: str, label: str, beside: str, *, part: bool
) -> None:
    assert is_part(item, label, {normalise_label(label), beside}) is part


@pytest.mark.parametrize(("label", "balance"), [("Deferred revenue", True), ("Deferred income taxes", False)])
def test_a_balance_line_is_one_wherever_it_stands(label: str, *, balance: bool) -> None:
    assert is_balance_line(label) is balance


def test_names_of_signed_flows_say_which_way_the_sign_goes() -> None:
    items = load_items()
    for item in ("investing_cash_flow", "financing_cash_flow"):
        assert items[item].name.endswith("(an outflow is negative)")


def test_the_section_tells_earnings_per_share_from_share_counts() -> None:
    assert find_item("Basic", ("Earnings per share:",), "income") == "eps_basic"
    assert find_item("Basic", ("Average shares outstanding (Notes 1 and 15)",), "income") == "shares_basic"


def test_net_income_of_the_owners_is_not_that_of_minorities() -> None:
    label = "Less: Net income attributable to noncontrolling interests"
    assert find_item(label, (), "income") == "noncontrolling_income"


def test_every_item_is_known_by_its_own_name_or_stands_under_a_section() -> None:
    items = load_items()
    assert len(items) >= 60
    assert all(set(item.stands) <= set(STATEMENTS) and item.name for item in items.values())


def test_no_label_of_one_statement_means_two_items() -> None:
    """Names of items, looked up on the statements they stand on, never fall to another item."""
    for item in load_items().values():
        for statement in item.stands:
            assert find_item(item.name, (), statement) in (item.id, None)


@pytest.mark.parametrize(
    ("label", "plain"),
    [
        ("Revenues(1)", "revenues"),
        ("Selling, general & administrative", "selling general and administrative"),
        ("Less: Treasury stock, at cost (512,000 shares)", "less treasury stock at cost"),
        ("Long-term debt [b]", "long term debt"),
    ],
)
def test_labels_lose_marks_and_brackets(label: str, plain: str) -> None:
    assert normalise_label(label) == plain


@given(st.text(max_size=60))
def test_normalising_twice_changes_nothing_more(label: str) -> None:
    once = normalise_label(label)
    assert normalise_label(once) in (once, normalise_label(normalise_label(once)))
    assert find_item(label, (), "any") is None or find_item(label, (), "any") in load_items()
