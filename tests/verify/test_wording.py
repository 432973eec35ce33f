import pytest

from longweave.verify.wording import differ, overlap, read_wording, split_sentences


def parts(one: str, other: str, *, strict: bool = True) -> str:
    return differ(read_wording(one), read_wording(other), strict=strict)


def test_what_tells_how_to_answer_is_not_part_of_the_question():
    question = "What is Visa Inc.'s net revenue in 2024?"
    told = " Give the answer in millions of U.S. dollars, rounded to the nearest million."
    assert read_wording(question + told).core == question
    assert (
        read_wording(question + " A decline is negative. Answer with the name of the company.").core
        == question
    )


def test_a_question_that_is_all_instruction_stays():
    assert (
        read_wording("Give the name of the answer's author.").core == "Give the name of the answer's author."
    )


def test_an_abbreviation_ends_no_sentence():
    assert split_sentences("Did Apple Inc. Pay U.S. Taxes? It did.") == [
        "Did Apple Inc. Pay U.S. Taxes?",
        "It did.",
    ]


def test_names_are_capitalised_words_within_a_sentence():
    wording = read_wording("Did Crédit Agricole's head meet Grad D? Apple Inc. denied that Nike did.")
    assert wording.names == {"credit", "agricole", "grad", "d", "nike"}


def test_a_number_counts_with_its_scale():
    assert read_wording("more than $1.6 billion in 2024").numbers == {1.6e9, 2024}


@pytest.mark.parametrize(
    ("one", "other", "seen"),
    [
        ("What were sales in 2024?", "What were sales in 2023?", "numbers 2023, 2024"),
        ("Did sales at Nike grow?", "Did sales at Visa grow?", "names nike, visa"),
        ("Which is the highest figure?", "Which is the lowest figure?", "highest against lowest"),
        ("What were basic earnings?", "What were diluted earnings?", "basic against diluted"),
    ],
)
def test_what_parts_two_questions_of_one_template_is_told(one, other, seen):
    assert parts(one, other) == seen
    assert parts(one, other, strict=False) == seen


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("What did Manning win?", "What did Peyton Manning win?"),
        ("What were the sales in 2024?", "What were the sales by September 28, 2024?"),
    ],
)
def test_naming_more_parts_questions_only_where_that_is_strict(one, other):
    assert parts(one, other, strict=True)
    assert parts(one, other, strict=False) == ""


def test_other_words_for_the_same_part_nothing():
    assert parts("Who was the first German general?", "Which general of Germany came first?") == ""
    assert parts("What was Apple's revenue?", "Apple's sales were how high?") == ""


def test_both_opposites_in_one_question_part_nothing():
    assert parts("Is the highest or the lowest figure larger?", "Is the highest figure larger?") == ""


def test_overlap_counts_words_of_meaning():
    one, other = read_wording("Who is the auditor of Nike?"), read_wording("Who was auditor at Visa?")
    assert overlap(one, other) == pytest.approx(1 / 3)
    assert overlap(read_wording(""), read_wording("")) == 0


def test_a_question_that_is_put_as_a_command_is_no_instruction():
    higher = [
        read_wording(
            f"Compare Apple and Walmart in 2023. Give the name of the company with the higher {what}."
        )
        for what in ("revenue", "net income")
    ]
    assert higher[0].core != higher[1].core
    told = read_wording("What was the revenue of Apple? Give the answer in percent, rounded to one decimal.")
    assert told.core == "What was the revenue of Apple?"
