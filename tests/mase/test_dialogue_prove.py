"""The prover of questions about dialogues believes only the prompt."""

import pytest

from longweave.mase.dialogue import conflicts_dialogue, prove_dialogue
from longweave.mase.dialogue.plan import Plan, Rule
from longweave.synth.records import Sample
from tests.mase.made_dialogues import make_document, plan_of, pose, show, with_plan

TITLE = "Harbour meeting 7"
THIRD = "I paid for a lantern in March and nobody ever mounted it ."
OTHER = make_document("[0] Chair: Nothing of that sort .\n", "Harbour meeting 8")


def lantern(**changes):
    plan = Plan(
        ask="mrcr_mention",
        title=TITLE,
        medium="meeting",
        rule=Rule(name="mention", words="lantern"),
        ordinal=3,
        prefix="k3J9",
    )
    return plan.model_copy(update=changes)


@pytest.fixture
def candidate():
    return pose(lantern())


def reason(sample: Sample) -> str:
    dropped = prove_dialogue(sample)
    return "" if dropped is None else dropped.reason


def changed(old: str, new: str):
    text = make_document().text
    assert old in text
    return make_document(text.replace(old, new))


def test_the_conversation_alone_and_beside_others_proves_the_answer(candidate):
    assert candidate.answer == f"k3J9{THIRD}"
    assert candidate.prefix == "k3J9" and candidate.answer_kind == "ratio"
    assert reason(show(candidate, make_document())) == ""
    assert reason(show(candidate, OTHER, make_document())) == ""


def test_an_excerpt_with_all_look_alikes_proves_it_too(candidate):
    excerpt = changed("[4] Engineer: Mm - hmm .\n", "[...]\n")
    assert reason(show(candidate, excerpt)) == ""


def test_another_answer_is_rejected(candidate):
    for answer in (f"k3J9{THIRD} Yes .", THIRD, "k3J9Who has the keys for the lantern then ?"):
        wrong = candidate.model_copy(update={"answer": answer})
        assert reason(show(wrong, make_document())) == "answer_differs"


def test_a_look_alike_that_is_not_shown_is_missed(candidate):
    without = changed("[8] Engineer: My proposal is a lantern that runs on sunlight alone .\n", "[...]\n")
    assert reason(show(candidate, without)) == "look_alike_missing"


def test_one_look_alike_more_is_noticed(candidate):
    more = changed("[4] Engineer: Mm - hmm .", "[4] Engineer: What lantern ?")
    assert reason(show(candidate, more)) == "look_alike_added"


def test_a_look_alike_in_dispute_is_noticed(candidate):
    disputed = changed("[4] Engineer: Mm - hmm .", "[4] Engineer: What lanterns ?")
    assert reason(show(candidate, disputed)) == "rule_unclear"


def test_another_word_in_a_look_alike_is_noticed(candidate):
    assert reason(show(candidate, changed("in March", "in April"))) in (
        "look_alike_missing",
        "answer_differs",
    )


def test_the_question_must_be_the_plans_own(candidate):
    other = candidate.model_copy(update={"question": candidate.question.replace("third", "second")})
    assert reason(show(other, make_document())) == "question_differs"
    without_prefix = candidate.model_copy(update={"prefix": None})
    assert reason(show(without_prefix, make_document())) == "question_differs"
    second = with_plan(candidate, lantern(ordinal=2))
    assert reason(show(second, make_document())) == "answer_differs"


def test_the_title_must_name_one_shown_document(candidate):
    assert reason(show(candidate, OTHER)) == "conversation_missing"
    twice = make_document("[0] Chair: Hello .\n", "harbour  Meeting 7")
    assert reason(show(candidate, make_document(), twice)) == "conversation_repeated"


def test_no_other_document_may_hold_the_turn_that_is_asked_for(candidate):
    copy = make_document(f"[7] Somebody: {THIRD}\n", "Minutes")
    assert reason(show(candidate, make_document(), copy)) == "evidence_repeated"
    assert conflicts_dialogue(candidate, copy.title, copy.text)
    assert conflicts_dialogue(candidate, "harbour meeting 7", "Something else.")
    assert not conflicts_dialogue(candidate, OTHER.title, OTHER.text)


def test_a_document_with_the_quote_conflicts_and_one_with_the_word_alone_does_not():
    asked = Plan(ask="needle_speaker", title=TITLE, medium="meeting", quote="costs forty crowns a week")
    candidate = pose(asked)
    assert (candidate.answer, candidate.answer_kind, candidate.prefix) == ("Treasurer", "text", None)
    assert conflicts_dialogue(candidate, "Prices", "It  costs Forty crowns a week.")
    assert not conflicts_dialogue(candidate, "Prices", "Forty crowns it costs.")
    counted = pose(lantern(ask="needle_count", ordinal=0, prefix=""))
    assert (counted.answer, counted.tolerance) == ("5", 0.0)
    assert not conflicts_dialogue(counted, "Minutes", f"[3] Treasurer: {THIRD}")


def test_a_reply_needs_its_place_directly_after_the_quote():
    plan = Plan(
        ask="needle_reply",
        title=TITLE,
        medium="meeting",
        quote="costs forty crowns a week",
        speaker="Treasurer",
        replier="Engineer",
        prefix="k3J9",
    )
    candidate = pose(plan)
    assert reason(show(candidate, make_document())) == ""
    assert reason(show(candidate, changed("[8] Engineer", "[...]\n[8] Engineer"))) == "answer_missing"
    assert plan_of(candidate) == plan
