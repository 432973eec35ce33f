"""Predictions as models write them, against golds as makers store them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longweave.synth.answers import compare_answer, extract_answer
from longweave.synth.errors import InputError
from longweave.synth.records import AnswerKind

MONEY = "USD million"

NUMBERS = [
    # prediction, gold, unit, right, rule
    ("391,035", "391035", MONEY, True, "number"),
    ("$391,035 million", "391035", MONEY, True, "scaled_number"),
    ("$391.035 billion", "391035", MONEY, True, "scaled_number"),
    ("USD 391,035 million", "391035", MONEY, True, "scaled_number"),
    ("391,035 million U.S. dollars", "391035", MONEY, True, "scaled_number"),
    ("$391,035,000,000", "391035", MONEY, True, "full_units"),
    ("391,035 (in millions)", "391035", MONEY, True, "scaled_number"),
    ("391035 in millions of dollars", "391035", MONEY, True, "scaled_number"),
    ("approximately $391 billion", "391035", MONEY, True, "scaled_number"),
    ("$391,035", "391035", MONEY, True, "number"),
    ("391,035 thousand", "391035", MONEY, False, "number"),
    ("$391,035 billion", "391035", MONEY, False, "number"),
    ("€391,035 million", "391035", MONEY, False, "unit_mismatch"),
    ("391,035%", "391035", MONEY, False, "unit_mismatch"),
    ("1.2 billion", "1200", MONEY, True, "scaled_number"),
    ("1,200 million", "1.2", "USD billion", True, "scaled_number"),
    ("$1.2B", "1200", MONEY, True, "scaled_number"),
    ("$1.2bn", "1200", MONEY, True, "scaled_number"),
    ("1.2e9", "1200", MONEY, True, "scaled_number"),
    ("1.2 × 10^9", "1200", MONEY, True, "scaled_number"),
    ("$1.2 million", "1200", MONEY, False, "number"),
    ("1200 million dollars (or 1.2 billion)", "1200", MONEY, True, "scaled_number"),
    ("1\u202f234\u202f567", "1234567", None, True, "number"),
    # sign
    ("(1,234)", "-1234", MONEY, True, "number"),
    ("(1,234)", "1234", MONEY, True, "number"),
    ("-1,234", "-1234", MONEY, True, "number"),
    ("−1,234", "-1234", MONEY, True, "number"),
    ("-$1,234 million", "-1234", MONEY, True, "scaled_number"),
    ("$(1,234) million", "-1234", MONEY, True, "scaled_number"),
    ("$-1,234 million", "-1234", MONEY, True, "scaled_number"),
    ("minus 1,234", "-1234", MONEY, True, "number"),
    ("negative 5.2%", "-5.2", "percent", True, "number"),
    ("a decrease of 5.2%", "-5.2", "percent", True, "number"),
    ("it decreased by 5.2 percent", "-5.2", "percent", True, "number"),
    ("a 5.2% decline", "-5.2", "percent", True, "number"),
    ("down 5.2%", "-5.2", "percent", True, "number"),
    ("a decrease of -5.2%", "-5.2", "percent", True, "number"),
    ("a decrease of 5.2%", "5.2", "percent", False, "number"),
    ("an increase of 5.2%", "-5.2", "percent", False, "number"),
    ("1,234", "-1234", MONEY, False, "number"),
    ("-1,234", "1234", MONEY, False, "number"),
    ("a net loss of $1,234 million", "-1234", MONEY, True, "scaled_number"),
    ("a net loss of $1,234 million", "1234", MONEY, True, "scaled_number"),
    # percent
    ("12.3%", "12.3", "percent", True, "number"),
    ("12.3 percent", "12.3", "percent", True, "number"),
    ("12.3", "12.3", "percent", True, "number"),
    ("12.34%", "12.3", "percent", True, "number"),
    ("12.4%", "12.3", "percent", True, "number"),
    ("12.6%", "12.3", "percent", False, "number"),
    ("0.123", "12.3", "percent", True, "fraction_of_percent"),
    ("0.123%", "12.3", "percent", False, "number"),
    ("12.3%", "0.123", "times", True, "percent_of_fraction"),
    ("12", "0.12", "percent", False, "number"),
    ("12%", "0.12", None, True, "percent_of_fraction"),
    ("$12.3 million", "12.3", "percent", False, "unit_mismatch"),
    ("2.5 percentage points", "2.5", "percentage points", True, "number"),
    ("250 basis points", "2.5", "percentage points", True, "number"),
    ("250 bps", "2.5", "percent", True, "number"),
    ("an increase of 12.3% to $391,035 million", "12.3", "percent", True, "number"),
    ("12.3% ($42.8 billion)", "12.3", "percent", True, "number"),
    # ratios
    ("2.45x", "2.45", "times", True, "number"),
    ("2.45 times", "2.45", "times", True, "number"),
    ("3:4", "0.75", "times", True, "number"),
    ("3/4", "0.75", "times", True, "number"),
    # years and other numbers in the text
    ("Apple's net sales were $391,035 million in 2024", "391035", MONEY, True, "scaled_number"),
    ("In fiscal 2024, net sales were 391,035", "391035", MONEY, True, "number"),
    ("391,035 for the year ended September 28, 2024", "391035", MONEY, True, "number"),
    ("Q3 2024: 391,035", "391035", MONEY, True, "number"),
    ("391,035 (see Note 5 of the 10-K)", "391035", MONEY, True, "number"),
    ("391,035 [2]", "391035", MONEY, True, "number"),
    ("294,866 + 96,169 = 391,035", "391035", MONEY, True, "number"),
    ("96,169 / 391,035 = 24.6%", "24.6", "percent", True, "number"),
    ("96,169 / 391,035 ≈ 0.246 = 24.6%", "24.6", "percent", True, "number"),
    ("391,035, up from 383,285", "391035", MONEY, True, "number"),
    ("$391,035 million, compared with $383,285 million in 2023", "391035", MONEY, True, "scaled_number"),
    ("not 5 but 6", "6", "count", True, "number"),
    ("not 5 but 6", "5", "count", False, "number"),
    ("6 rather than 5", "6", "count", True, "number"),
    ("5 or 6", "5", "count", False, "several_numbers"),
    ("between 383,285 and 391,035", "391035", MONEY, False, "several_numbers"),
    ("383,285 and 391,035", "391035", MONEY, False, "several_numbers"),
    ("three", "3", "count", True, "number"),
    ("none", "0", "count", True, "number"),
    ("5 out of 12", "5", "count", True, "number"),
    ("2023", "2023", None, True, "number"),
    ("the fiscal year was 2023", "2023", None, True, "number"),
    ("I could not find it", "5", "count", False, "no_number"),
    ("", "5", "count", False, "no_answer"),
    ("The average of 100, 200 and 300 is 200", "200", "count", True, "number"),
    ("Apple is 5, Walmart is 6", "6", "count", False, "several_numbers"),
    ("5 of the 12 companies", "5", "count", True, "number"),
    ("a total of 5", "5", "count", True, "number"),
    ("3rd", "3", "rank", True, "number"),
    ("third", "3", "rank", True, "number"),
    ("Apple ranks 3rd of 7", "3", "rank", True, "number"),
    ("10-12", "10", "count", False, "several_numbers"),
    ("- 391,035", "391035", MONEY, True, "number"),
    ("391.035 USD billion", "391035", MONEY, True, "scaled_number"),
    ("US$391,035M", "391035", MONEY, True, "scaled_number"),
    ("It increased from $100 million to $120 million, i.e. by 20%", "20", "percent", True, "number"),
    ("$120 million - $100 million = $20 million", "20", MONEY, True, "scaled_number"),
    ("an increase of $20 million, or 20%", "20", MONEY, True, "scaled_number"),
    # European separators are not supported
    ("1.234,56", "1234.56", None, False, "number"),
    # shares and amounts per share
    ("15,408.1 million shares", "15408.1", "million shares", True, "scaled_number"),
    ("15.4081 billion", "15408.1", "million shares", True, "scaled_number"),
    ("$6.11 per share", "6.11", "USD/share", True, "number"),
    ("6.08", "6.11", "USD/share", True, "number"),
    ("6.01", "6.11", "USD/share", False, "number"),
]


@pytest.mark.parametrize(("prediction", "gold", "unit", "right", "rule"), NUMBERS)
def test_numbers_are_compared_with_scale_sign_percent_and_unit(
    prediction: str, gold: str, unit: str | None, right: bool, rule: str
) -> None:
    tolerance = 0.0 if unit in ("count", "rank") else 0.01 if unit == "percent" else 0.005
    verdict = compare_answer(prediction, gold, "number", tolerance, unit)
    assert (verdict.correct, verdict.rule) == (right, rule), verdict


@pytest.mark.parametrize(
    ("prediction", "gold", "tolerance", "right"),
    [
        ("12.34", "12.3", None, True),
        ("12.36", "12.3", None, False),
        ("12.2", "12.3", None, False),
        ("391.4", "391", None, True),
        ("391.4", "391", 0.0, False),
        ("391", "391", 0.0, True),
        ("1005", "1000", 0.005, True),
        ("1006", "1000", 0.005, False),
    ],
)
def test_a_number_is_right_within_the_tolerance_or_the_golds_rounding(
    prediction: str, gold: str, tolerance: float | None, right: bool
) -> None:
    assert compare_answer(prediction, gold, "number", tolerance).correct is right


@given(value=st.integers(-(10**9), 10**9), decimals=st.integers(0, 4))
def test_a_gold_passes_its_own_check_however_it_is_printed(value: int, decimals: int) -> None:
    number = value / 10**decimals
    gold = f"{number:.{decimals}f}"
    printed = [gold, f"{number:,.{decimals}f}", f"**{gold}**", f"The result is {gold}.", f"\\boxed{{{gold}}}"]
    if number < 0:
        printed.append(f"({-number:,.{decimals}f})")
    for text in printed:
        assert compare_answer(text, gold, "number", 0.0, "USD million").correct, text


@given(value=st.integers(1_000, 10**7), factor=st.sampled_from([0.5, 0.9, 1.1, 2, 10, 100]))
def test_a_number_beyond_the_tolerance_is_wrong(value: int, factor: float) -> None:
    assert not compare_answer(f"{value * factor:.0f} million", str(value), "number", 0.005, MONEY).correct


@pytest.mark.parametrize(
    ("prediction", "gold", "right"),
    [
        ("Apple Inc.", "Apple Inc.", True),
        ("Apple", "Apple Inc.", True),
        ("apple, inc", "Apple Inc.", True),
        ("The company is Walmart Inc. (WMT)", "Walmart Inc.", True),
        ("Johnson & Johnson", "JOHNSON & JOHNSON", True),
        ("Société Générale", "Societe Generale", True),
        ("not Apple but Walmart", "Apple Inc.", False),
        ("Walmart rather than Apple", "Apple Inc.", False),
        ("not Apple but Walmart", "Walmart Inc.", True),
        ("Apple or Walmart", "Walmart Inc.", False),
        ("Pineapple Corp", "Apple Inc.", False),
        ("Union Pacific", "Union Pacific Corp", True),
        ("September 28, 2024", "September 28, 2024", True),
        ("2024-09-28", "September 28, 2024", True),
        ("28 September 2024", "September 28, 2024", True),
        ("Sept. 28, 2024", "September 28, 2024", True),
        ("09/28/2024", "September 28, 2024", True),
        ("September 2024", "September 28, 2024", False),
        ("September 30, 2023", "September 28, 2024", False),
    ],
)
def test_texts_match_by_their_words_names_and_dates(prediction: str, gold: str, right: bool) -> None:
    assert compare_answer(prediction, gold, "text").correct is right


@pytest.mark.parametrize(
    ("prediction", "gold", "right"),
    [
        ("B", "B", True),
        ("(B)", "B", True),
        ("B.", "B", True),
        ("B) Paris", "B", True),
        ("**B**", "B", True),
        ("Option B", "B", True),
        ("the correct option is (B) Paris", "B", True),
        ("B: because the filing says so", "B", True),
        ("Paris", "(B) Paris", True),
        ("B", "(B) Paris", True),
        ("C", "B", False),
        ("A or B", "B", False),
        ("A, B", "B", False),
        ("A company that sells phones", "A", False),
        ("London", "(B) Paris", False),
        ("Paris", "B", False),
    ],
)
def test_choices_are_read_from_letters_or_option_text(prediction: str, gold: str, right: bool) -> None:
    assert compare_answer(prediction, gold, "choice").correct is right


COMPANIES = "Apple Inc.; Walmart Inc.; Johnson & Johnson"


@pytest.mark.parametrize(
    ("prediction", "ordered", "right", "detail"),
    [
        ("Apple Inc.; Walmart Inc.; Johnson & Johnson", True, True, ""),
        ("Apple, Walmart and Johnson & Johnson", True, True, ""),
        ("1. Apple\n2. Walmart\n3. Johnson & Johnson", True, True, ""),
        ("- Apple ($391,035 million)\n- Walmart\n- Johnson & Johnson", True, True, ""),
        ("Apple, followed by Walmart, then Johnson & Johnson", True, True, ""),
        ("Walmart; Apple; Johnson & Johnson", False, True, ""),
        ("Walmart; Apple; Johnson & Johnson", True, False, "the order differs"),
        ("Apple; Walmart", False, False, "Johnson & Johnson is missing"),
        ("Apple; Walmart; Johnson & Johnson; Visa", False, False, "more is named: visa"),
    ],
)
def test_lists_need_exactly_the_golds_items(prediction: str, ordered: bool, right: bool, detail: str) -> None:
    verdict = compare_answer(prediction, COMPANIES, "list", ordered=ordered)
    assert (verdict.correct, verdict.detail) == (right, detail)


def test_a_list_of_companies_with_commas_in_their_names_is_not_cut_inside_them() -> None:
    gold = "Netflix, Inc.; Salesforce, Inc."
    assert compare_answer("Netflix, Inc. and Salesforce, Inc.", gold, "list").correct


def test_a_ratio_scores_the_share_of_the_text_that_is_reproduced() -> None:
    poem = "Shall I compare thee to a summer's day?"
    assert compare_answer(poem, poem, "ratio").score == 1.0
    half = compare_answer("Shall I compare thee", poem, "ratio")
    assert 0.5 < half.score < 0.9
    assert not half.correct
    assert compare_answer("2.45x", "2.45", "ratio", 0.005).correct


@pytest.mark.parametrize(
    ("gold", "kind"), [("unknown", "number"), ("1 or 2", "number"), (" ", "text"), ("", "list")]
)
def test_a_gold_that_cannot_be_read_is_an_error_not_a_wrong_answer(gold: str, kind: str) -> None:
    with pytest.raises(InputError):
        compare_answer("5", gold, kind)  # type: ignore[arg-type]


@given(st.text(max_size=200))
def test_any_prediction_is_judged_without_an_error(prediction: str) -> None:
    for kind, gold in (
        ("number", "5.2"),
        ("text", "Apple"),
        ("choice", "B"),
        ("list", "A; B"),
        ("ratio", "abc"),
    ):
        assert compare_answer(prediction, gold, kind).score <= 1.0  # type: ignore[arg-type]


@given(st.text(max_size=300))
def test_an_answer_is_taken_from_any_text_without_an_error(response: str) -> None:
    answer = extract_answer(f"Therefore, the answer is {response}")
    assert compare_answer(answer, "5.2", "number").score <= 1.0


@pytest.mark.parametrize(
    ("prediction", "gold", "kind", "final"),
    [
        ("12", "415", "number", True),
        ("about as much as before", "415", "number", True),
        ("four hundred and fifteen", "415", "number", False),
        ("12.5, rounded to one decimal place", "415", "number", True),
        ("what it was over the nine-month period", "415", "number", True),
        ("between 400 and 430", "415", "number", False),
        ("415%", "415", "number", False),
        ("C", "B", "choice", True),
        ("the second one", "B", "choice", False),
        ("the railroad from Omaha", "Union Pacific", "text", False),
        ("May 1, 2024", "June 1, 2024", "text", True),
        ("last spring", "June 1, 2024", "text", False),
        ("Apple and Visa", "Apple; Walmart", "list", False),
        ("", "Union Pacific", "text", True),
    ],
)
def test_a_no_is_final_where_the_prediction_could_be_read_as_what_the_gold_is(
    prediction: str, gold: str, kind: AnswerKind, final: bool
) -> None:
    verdict = compare_answer(prediction, gold, kind, unit=MONEY if kind == "number" else None)
    assert (verdict.correct, verdict.final) == (False, final)


@pytest.mark.parametrize(
    "prediction",
    ["cannot be determined", "It cannot be determined from what is shown.", "Unknown", "I don't know"],
)
def test_saying_that_there_is_no_answer_is_wrong_and_final(prediction: str) -> None:
    verdict = compare_answer(prediction, "Union Pacific", "text")
    assert (verdict.correct, verdict.rule, verdict.final) == (False, "abstained", True)
    assert compare_answer("cannot be determined", "Cannot be determined", "text").correct


def test_an_unknown_that_is_named_is_an_answer() -> None:
    assert compare_answer("The Unknown Citizen", "Unknown Citizen", "text").correct
    assert not compare_answer("an unknown railroad", "Union Pacific", "text").final


@pytest.mark.parametrize(
    ("prediction", "gold", "right"),
    [
        ("Apple Inc., Netflix Inc., Salesforce Inc., and Visa Inc.", "Apple Inc.", False),
        ("(Salesforce Inc. and Netflix Inc. and Visa Inc.)", "Netflix Inc.", False),
        ("Apple and Netflix have the highest figure", "Netflix Inc.", False),
        ("Apple Inc. and Netflix Inc.", "Apple Inc.", False),
        ("Apple Inc. and its subsidiaries", "Apple Inc.", True),
        ("Apple, ahead of Netflix and Visa", "Apple Inc.", True),
        ("Johnson & Johnson", "Johnson & Johnson", True),
        ("Paris, France", "Paris", True),
        ("Of Apple and Visa it is Visa", "Visa Inc.", True),
        ("Bank of America and Visa", "Bank of America", False),
    ],
)
def test_who_names_several_has_not_said_which(prediction: str, gold: str, right: bool) -> None:
    verdict = compare_answer(prediction, gold, "text")
    assert verdict.correct == right
    if not right:
        assert (verdict.rule, verdict.final) == ("several_named", False)


def test_several_dates_are_no_answer_to_which_date() -> None:
    several = "the fiscal years ended December 31, 2022, and December 31, 2024"
    assert not compare_answer(several, "December 31, 2024", "text").correct
    assert compare_answer("the year that ended December 31, 2024", "December 31, 2024", "text").correct


@pytest.mark.parametrize(
    ("prediction", "right"),
    [
        ("307; 1951", True),
        ("1951 and 307", True),
        ("307", False),
        ("307; 1951; 12", False),
        ("307; 1952", False),
    ],
)
def test_a_list_of_numbers_is_compared_by_its_numbers(prediction: str, right: bool) -> None:
    assert compare_answer(prediction, "307; 1951", "list").correct == right


def test_a_number_that_is_partly_in_words_is_left_to_the_judge() -> None:
    verdict = compare_answer("minus two thousand two hundred and 42", "-2242", "number")
    assert (verdict.correct, verdict.final) == (False, False)
