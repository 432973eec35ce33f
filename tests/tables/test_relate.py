"""Facts of small filings: items, periods, signs, dimensions, and what they depend on."""

from datetime import date
from math import isfinite

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from longweave.tables.model import Fact, Period
from longweave.tables.relate import relate_document

TITLE = "ACME CORP Form 10-K for period ended December 31, 2024"
COVER = """FORM 10-K

For the fiscal year ended December 31, 2024

ACME CORP

(Exact name of registrant as specified in its charter)

"""


def table(*rows: tuple[str, ...]) -> str:
    lines = "\n".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table>\n{lines}\n</table>\n\n"


INCOME = (
    "Acme Corporation\n\nCONSOLIDATED STATEMENTS OF INCOME\n\n(in millions, except per share data)\n\n"
    + table(
        ("", "Years Ended December 31,", ""),
        ("", "2024", "2023"),
        ("Net sales:", "", ""),
        ("Products", "$ 700", "$ 650"),
        ("Services", "300", "250"),
        ("Total net sales", "1,000", "900"),
        ("Cost of sales", "(600)", "(550)"),
        ("Research and development", "(100)", "(90)"),
        ("Operating income", "300", "260"),
        ("Income before income taxes", "300", "260"),
        ("Income taxes", "(60)", "(52)"),
        ("Net income", "240", "208"),
        ("Earnings per share:", "", ""),
        ("Basic", "$ 2.40", "$ 2.08"),
        ("Diluted", "$ 2.38", "$ 2.05"),
    )
)
BALANCE = "CONSOLIDATED BALANCE SHEETS\n\n(in millions)\n\n" + table(
    ("", "December 31,", ""),
    ("", "2024", "2023"),
    ("Cash and cash equivalents", "$ 120", "$ 110"),
    ("Accounts receivable, net", "80", "70"),
    ("Total assets", "500", "450"),
    ("Total liabilities", "200", "190"),
    ("Total shareholders’ equity", "300", "260"),
)
CASH = "CONSOLIDATED STATEMENTS OF CASH FLOWS\n\n(in millions)\n\n" + table(
    ("Years Ended December 31,", "2024", "2023"),
    ("Net income", "$ 240", "$ 208"),
    ("Accounts receivable, net", "(10)", "(5)"),
    ("Net cash provided by operating activities", "260", "230"),
    ("Capital expenditures", "(50)", "(40)"),
    ("Net cash used in investing activities", "(50)", "(40)"),
    ("Cash and cash equivalents, beginning of year", "110", "100"),
    ("Cash and cash equivalents, end of year", "120", "110"),
)
SEGMENTS = "Revenue by region was as follows (in millions):\n\n" + table(
    ("Years Ended December 31,", "2024", "2023", "% Change"),
    ("Europe", "$ 400", "$ 380", "5 %"),
    ("Net sales", "$ 990", "$ 900", "10 %"),
)


FRAGMENTS = [
    *(
        "<table>",
        "</table>",
        "<tr>",
        "</tr>",
        "<td>",
        "</td>",
        "<td colspan=3>",
        "CONSOLIDATED BALANCE SHEETS\n\n",
    ),
    *(
        "Total assets",
        "2024",
        "December 31, 2023",
        "(1,234)",
        "$ 5",
        "12 %",
        "in millions",
        "Balance at January 1",
    ),
    *(
        "\n\n",
        "Year Ended",
        "Net income",
        "Three Months Ended June 30,",
        "Basic",
        "per share",
        "9" * 400,
        "[...]",
    ),
]


def facts_of(*parts: str, title: str = TITLE) -> list[Fact]:
    return relate_document(title, COVER + "".join(parts), "acme")


def find(facts: list[Fact], item: str, year: int = 2024) -> Fact:
    [fact] = [f for f in facts if f.item == item and f.period.end.year == year and not f.dims]
    return fact


def test_an_income_statement_gives_whole_company_facts_in_full_units() -> None:
    facts = facts_of(INCOME)
    revenue = find(facts, "revenue", 2023)
    assert (revenue.value, revenue.unit, revenue.scale, revenue.shown) == (900e6, "USD", 6, "900")
    assert (revenue.entity, revenue.period, revenue.statement) == (
        "Acme Corporation",
        Period(date(2023, 12, 31), 12),
        "income",
    )
    assert revenue.canonical
    assert revenue.fiscal_year == 2023
    assert find(facts, "eps_diluted").value == 2.38
    assert find(facts, "eps_diluted").unit == "USD/share"


def test_costs_and_taxes_are_positive_however_they_are_printed() -> None:
    facts = facts_of(INCOME)
    assert find(facts, "cost_of_revenue").value == 600e6
    assert find(facts, "research_and_development").value == 100e6
    assert find(facts, "income_tax_expense").value == 60e6


def test_a_tax_benefit_stays_negative() -> None:
    text = (
        INCOME.replace("(60)", "60").replace(">240<", ">360<").replace("(52)", "52").replace(">208<", ">312<")
    )
    assert find(facts_of(text), "income_tax_expense").value == -60e6


def test_a_printed_net_loss_is_negative() -> None:
    assert find(facts_of(INCOME.replace("Net income", "Net loss")), "net_income").value == -240e6


def test_a_balance_sheet_gives_dates_and_a_cash_flow_statement_payments() -> None:
    facts = facts_of(BALANCE, CASH)
    assert find(facts, "total_assets").period == Period(date(2024, 12, 31), 0)
    assert find(facts, "capital_expenditures").value == 50e6
    assert find(facts, "investing_cash_flow").value == -50e6
    receivables = [f for f in facts if f.item == "accounts_receivable" and f.period.end.year == 2024]
    assert [(f.value, f.statement) for f in receivables] == [(80e6, "balance")]


def test_opening_and_closing_cash_are_balances_of_two_year_ends() -> None:
    cash = [f for f in facts_of(CASH) if f.item == "cash"]
    assert [(f.period, f.value) for f in cash] == [
        (Period(date(2023, 12, 31), 0), 110e6),
        (Period(date(2022, 12, 31), 0), 100e6),
        (Period(date(2024, 12, 31), 0), 120e6),
        (Period(date(2023, 12, 31), 0), 110e6),
    ]


def test_a_note_never_meets_the_statement_and_change_columns_give_nothing() -> None:
    facts = facts_of(INCOME, SEGMENTS)
    assert find(facts, "revenue").value == 1000e6
    [noted] = [f for f in facts if f.value == 990e6]
    assert dict(noted.dims) == {"table": "Revenue by region was as follows"}
    assert {f.value for f in facts if f.label == "Europe"} == {400e6, 380e6}


def test_labels_outside_the_lexicon_keep_their_section() -> None:
    [products] = [f for f in facts_of(INCOME) if f.label == "Products" and f.period.end.year == 2024]
    assert (products.item, products.canonical, products.dims) == (
        "products",
        False,
        (("section", "Net sales"),),
    )


def test_where_owners_are_split_out_plain_net_income_includes_minorities() -> None:
    rows = (
        "<tr><td>Less: net income attributable to noncontrolling interests</td><td>4</td><td>3</td></tr>\n"
        "<tr><td>Net income attributable to Acme shareholders</td><td>236</td><td>205</td></tr>\n"
    )
    facts = facts_of(INCOME.replace("<tr><td>Earnings per share:", rows + "<tr><td>Earnings per share:"))
    assert find(facts, "net_income").value == 236e6
    assert find(facts, "consolidated_net_income").value == 240e6
    assert find(facts, "noncontrolling_income").value == 4e6


def test_of_two_rows_that_claim_revenue_the_total_is_kept() -> None:
    extra = "<tr><td>Net sales</td><td>950</td><td>860</td></tr>\n<tr><td>Total net sales"
    assert find(facts_of(INCOME.replace("<tr><td>Total net sales", extra)), "revenue").value == 1000e6


def test_a_parent_only_statement_is_not_the_company() -> None:
    facts = facts_of(INCOME.replace("Acme Corporation\n", "Acme Corporation (Parent Company Only)\n"))
    assert facts
    assert all(dict(f.dims)["scope"] == "parent company" for f in facts)


def test_a_statement_goes_on_after_a_page_break() -> None:
    first, second = CASH.split("<tr><td>Capital")
    head = "<tr><td>Years Ended December 31,</td><td>2024</td><td>2023</td></tr>"
    broken = f"{first}</table>\n\n47\n\n<table>\n{head}\n<tr><td>Capital{second}"
    facts = facts_of(broken)
    assert find(facts, "capital_expenditures").value in (50.0, 50e6)
    assert find(facts, "investing_cash_flow").statement == "cash_flow"


EQUITY = (
    "CONSOLIDATED STATEMENTS OF CHANGES IN EQUITY\n\n<table>\n"
    "<tr><td></td><td colspan=5>Preferred Stock</td><td></td><td colspan=3>Accumulated Income</td>"
    "<td colspan=3>Total Equity</td></tr>\n"
    "<tr><td></td><td colspan=2>Shares</td><td colspan=3>Amount</td><td colspan=7></td></tr>\n"
    "<tr><td></td><td colspan=12>(in millions)</td></tr>\n"
    "<tr><td>Balance as of December 31, 2023</td><td>5</td><td></td><td>$</td><td>1,698</td><td></td>"
    "<td>(1)</td><td>$</td><td>18,040</td><td></td><td>$</td><td>38,733</td><td></td></tr>\n"
    "<tr><td>Net income</td><td colspan=6></td><td></td><td>19,743</td><td></td><td></td><td>19,743</td>"
    "<td></td></tr>\n"
    "<tr><td>Conversions</td><td colspan=2></td><td></td><td>(1</td><td>)</td><td>(2)</td><td></td><td></td>"
    "<td></td><td></td><td>(1</td><td>)</td></tr>\n"
    "<tr><td>Balance as of December 31, 2024</td><td>5</td><td></td><td>$</td><td>1,031</td><td></td>"
    "<td>(1)</td><td>$</td><td>17,289</td><td></td><td>$</td><td>39,137</td><td></td></tr>\n"
    "</table>\n\n(1)As of December 31, 2024, the book value of series A was $540 million.\n"
)


def test_a_footnote_mark_in_a_cell_of_its_own_is_no_value() -> None:
    facts = facts_of(EQUITY)
    assert not [f for f in facts if f.shown in ("(1)", "(2)")]
    assert [f.value for f in facts if f.label == "Conversions"] == [-1e6, -1e6]


def test_equity_as_a_whole_comes_from_the_column_that_says_total() -> None:
    facts = facts_of(EQUITY)
    whole = [f for f in facts if f.item in ("total_equity", "stockholders_equity")]
    assert [(f.value, f.period.end.year, f.dims) for f in whole] == [
        (38_733e6, 2023, ()),
        (39_137e6, 2024, ()),
    ]
    assert {f.dims for f in facts if f.value == 1_698e6} == {(("column", "Preferred Stock"),)}


def test_a_component_column_without_words_is_no_equity_of_the_company() -> None:
    bare = EQUITY.replace("<td colspan=3>Total Equity</td>", "<td colspan=3></td>")
    assert not [f for f in facts_of(bare) if f.item in ("total_equity", "stockholders_equity")]


@pytest.mark.parametrize(
    "row",
    [
        "<td>Other</td><td>5</td><td></td><td>(1)</td><td>%</td>",
        "<td>Other</td><td>5</td><td></td><td>(1)</td><td></td>",
        "<td>Other</td><td></td><td></td><td>(1)</td><td></td>",
    ],
)
def test_a_small_negative_number_stays_one(row: str) -> None:
    head = "<tr><td>December 31,</td><td>2024</td><td></td><td>2023</td><td></td></tr>"
    text = f"Results of others were (in millions):\n\n<table>{head}<tr>{row}</tr></table>\n"
    [fact] = [f for f in facts_of(text) if f.period.end.year == 2023]
    assert fact.shown == "(1)"
    assert fact.value < 0


def test_repayments_beside_repayments_of_another_kind_are_not_all_debt() -> None:
    row = "<tr><td>Repayments of debt</td><td>(30)</td><td>(20)</td></tr>\n"
    other = "<tr><td>Repayments of commercial paper</td><td>(3)</td><td>(2)</td></tr>\n"
    before = "<tr><td>Cash and cash equivalents, beginning"
    assert find(facts_of(CASH.replace(before, row + before)), "all_debt_repaid").value == 30e6
    parted = facts_of(CASH.replace(before, row + other + before))
    assert not [f for f in parted if f.item == "all_debt_repaid"]
    assert {f.value for f in parted if f.label == "Repayments of debt"} == {-30e6, -20e6}


def test_depreciation_and_amortization_of_some_assets_is_not_all_of_it() -> None:
    row = (
        "<tr><td>Depreciation and amortization of property, equipment and intangibles</td><td>9</td>"
        "<td>8</td></tr>\n"
    )
    other = "<tr><td>Amortization of content assets</td><td>90</td><td>80</td></tr>\n"
    before = "<tr><td>Accounts receivable"
    assert find(facts_of(CASH.replace(before, row + before)), "depreciation_and_amortization").value == 9e6
    parted = facts_of(CASH.replace(before, row + other + before))
    assert not [f for f in parted if f.item == "depreciation_and_amortization"]


def test_comprehensive_income_of_the_owners_is_not_the_total() -> None:
    rows = (
        ("Years Ended December 31,", "2024", "2023"),
        ("Consolidated net income", "$ 240", "$ 208"),
        ("Comprehensive income, net of income taxes", "250", "200"),
        ("Comprehensive income attributable to noncontrolling interest", "(10)", "(5)"),
        ("Comprehensive income attributable to Acme", "240", "195"),
    )
    facts = facts_of("CONSOLIDATED STATEMENTS OF COMPREHENSIVE INCOME\n\n(in millions)\n\n" + table(*rows))
    assert find(facts, "comprehensive_income").value == 250e6
    assert find(facts, "comprehensive_income", 2023).value == 200e6


def test_twelve_months_in_a_quarterly_report_are_no_fiscal_year() -> None:
    cover = COVER.replace("10-K", "10-Q").replace(
        "fiscal year ended December 31", "quarterly period ended June 30"
    )
    cash = "CONSOLIDATED STATEMENTS OF CASH FLOWS\n\n(in millions)\n\n" + table(
        ("", "Six Months Ended June 30,", "Twelve Months Ended June 30,"),
        ("", "2024", "2024"),
        ("Net cash provided by operating activities", "$ 130", "$ 250"),
        ("Net cash used in investing activities", "(25)", "(45)"),
    )
    title = "ACME CORP Form 10-Q for period ended June 30, 2024"
    facts = [f for f in relate_document(title, cover + cash) if f.item == "operating_cash_flow"]
    assert [(f.period, f.fiscal_year) for f in facts] == [
        (Period(date(2024, 6, 30), 6), 0),
        (Period(date(2024, 6, 30), 12), 0),
    ]


def test_columns_that_nothing_tells_apart_give_nothing() -> None:
    rows = (("Years Ended December 31,", "2024", "2024"), ("Widgets", "$ 5", "$ 7"))
    assert facts_of("Widgets sold (in millions):\n\n" + table(*rows)) == []


@pytest.mark.parametrize("title", ["Inventories", "US federal agency report"])
def test_a_document_without_a_reporter_has_no_facts(title: str) -> None:
    assert relate_document(title, INCOME) == []


def test_spans_point_at_the_printed_number_and_at_what_it_depends_on() -> None:
    text = COVER + INCOME + SEGMENTS
    facts = relate_document(TITLE, text)
    assert facts
    for fact in facts:
        assert fact.shown in text[fact.start : fact.end]
    quotes = " ".join(text[s.start : s.end] for s in find(facts, "revenue").depends)
    assert "CONSOLIDATED STATEMENTS OF INCOME" in quotes
    assert "Years Ended December 31," in quotes


def test_an_excerpt_with_opening_title_and_table_gives_the_same_facts() -> None:
    def told(facts: list[Fact]) -> list[tuple[object, ...]]:
        return [
            (f.item, f.period, f.dims, f.value, f.unit, f.statement)
            for f in facts
            if f.statement == "balance"
        ]

    filler = "Nothing about money is said here.\n\n" * 400
    whole = relate_document(TITLE, COVER + filler + INCOME + filler + BALANCE + filler + SEGMENTS)
    excerpt = relate_document(TITLE, COVER + "[...]\n\n" + BALANCE + "[...]\n")
    assert told(whole)
    assert told(whole) == told(excerpt)


def test_numbers_after_the_document_s_own_period_are_no_facts() -> None:
    schedule = "Payments due by year (in millions):\n\n" + table(
        ("", "Leases"), ("2025", "$ 30"), ("2026", "20")
    )
    assert facts_of(schedule) == []


def test_the_same_text_gives_the_same_facts() -> None:
    text = COVER + INCOME + BALANCE
    assert relate_document(TITLE, text, "acme") == relate_document(TITLE, text, "acme")


@settings(deadline=None)
@given(st.lists(st.sampled_from(FRAGMENTS), max_size=40))
def test_any_heap_of_fragments_gives_facts_whose_spans_fit(parts: list[str]) -> None:
    text = COVER + "".join(parts)
    for fact in relate_document(TITLE, text):
        assert 0 <= fact.start < fact.end <= len(text)
        assert all(0 <= span.start <= span.end <= len(text) for span in fact.depends)
        assert isfinite(fact.value)


@pytest.mark.parametrize(
    "row",
    [
        "<td>" + "the " * 50_000 + "</td><td>1</td>",
        "<td>May" + " " * 100_000 + "</td><td>2</td>",
        "<td>" + "(in " * 50_000 + "</td><td>3</td>",
        "<td>x</td>" + "<td>2024</td>" * 3_000,
    ],
)
def test_a_monstrous_row_is_read_like_any_other(row: str) -> None:
    text = (
        COVER + f"CONSOLIDATED BALANCE SHEETS\n\n<table><tr><td></td><td>2024</td></tr><tr>{row}</tr></table>"
    )
    assert all(isfinite(fact.value) for fact in relate_document(TITLE, text))
