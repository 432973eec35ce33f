import pytest

from longweave.verify.agreement import agree, is_telling, read_answer


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("415285", "number", "USD million"), ("$415.285 billion", "text", None)),
        (("31.6", "number", "percent"), ("0.316", "number", None)),
        (("-62", "number", "USD million"), ("62 million", "text", None)),
        (("four", "text", None), ("4", "number", "count")),
        (("September 28, 2024", "text", "date"), ("28 Sept 2024", "text", None)),
        (("Apple Inc.", "text", None), ("Apple", "text", None)),
        (("Coca-Cola Company", "text", None), ("the Coca Cola Company", "text", None)),
        (("Nike; Visa", "list", None), ("Visa, Nike", "list", None)),
    ],
)
def test_one_answer_written_twice_agrees_and_shares_a_key(one, other):
    left, right = read_answer(*one), read_answer(*other)
    assert agree(left, right) and agree(right, left)
    if "list" not in (left.kind, right.kind):
        assert left.keys & right.keys


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("415285", "number", "USD million"), ("415285", "number", "USD")),
        (("4.3", "number", "percent"), ("4.4", "number", "percent")),
        (("Nike Inc.", "text", None), ("Visa Inc.", "text", None)),
        (("September 28, 2024", "text", None), ("September 30, 2023", "text", None)),
        (("Paris", "text", None), ("the road that leads from Paris to Lyon by way of Dijon", "text", None)),
        (("Nike; Visa", "list", None), ("Nike; Apple", "list", None)),
    ],
)
def test_two_answers_do_not_agree(one, other):
    assert not agree(read_answer(*one), read_answer(*other))


def test_the_order_of_a_list_counts_where_both_say_so():
    one, other = (read_answer(text, "list", ordered=True) for text in ("Nike; Visa", "Visa; Nike"))
    assert not agree(one, other)


@pytest.mark.parametrize(
    ("answer", "question", "telling"),
    [
        ("172866", "What were the retained earnings?", True),
        ("4.3", "What was the change in percent?", False),
        ("2", "How many companies?", False),
        ("1993", "In which year?", False),
        ("September 28, 2024", "When did the year end?", True),
        ("Marlee Matlin", "Who signed the anthem?", True),
        ("Nike", "Which of Nike and Visa grew faster?", False),
        ("yes", "Did it grow?", False),
        ("", "What?", False),
    ],
)
def test_an_answer_is_telling_if_two_questions_hardly_share_it_by_chance(answer, question, telling):
    assert is_telling(read_answer(answer, "text"), question) is telling
