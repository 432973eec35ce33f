"""What a plan answers to, and when it has no answer."""

import pytest

from longweave.mase.dialogue.phrase import phrase
from longweave.mase.dialogue.plan import Plan, Rule
from longweave.mase.dialogue.solve import Solution, select, solve
from longweave.mase.dialogue.turns import read_turns
from longweave.synth.records import Dropped
from tests.mase.made_dialogues import CHAT, MEETING, real_dialogues

LANTERN = Rule(name="mention", words="lantern")


def ask(name, text=MEETING, **fields):
    medium = "chat" if text == CHAT else "meeting"
    plan = Plan(ask=name, title="Talk", medium=medium, **fields)
    return solve(plan, text, read_turns(text))


def answer(*args, **fields):
    found = ask(*args, **fields)
    return found.answer if isinstance(found, Solution) else found.reason


@pytest.mark.parametrize(
    ("ordinal", "expected"),
    [
        (1, "The lantern on the eastern pier went out again on Sunday ."),
        (3, "I paid for a lantern in March and nobody ever mounted it ."),
        (-1, "My proposal is a lantern that runs on sunlight alone ."),
        (-2, "We cannot mount any lantern while the scaffold stands there ."),
    ],
)
def test_the_nth_of_the_turns_that_mention_a_word(ordinal, expected):
    found = ask("mrcr_mention", rule=LANTERN, ordinal=ordinal, prefix="Ab12")
    assert isinstance(found, Solution)
    assert found.answer == f"Ab12{expected}"
    assert [MEETING[a:b].split("]")[0] for a, b in found.spans] == ["[1", "[2", "[3", "[5", "[8"]


def test_the_nth_turn_of_one_speaker():
    engineer = LANTERN.model_copy(update={"speaker": "Engineer"})
    assert answer("mrcr_mention", rule=engineer, ordinal=2).startswith("We cannot mount")
    assert answer("mrcr_mention", rule=engineer, ordinal=4) == "too_few_look_alikes"
    assert answer("needle_count", rule=engineer) == "3"


def test_questions_openings_and_addresses():
    asked = Rule(name="question", speaker="Chair")
    assert answer("mrcr_question", rule=asked, ordinal=-1) == "Is that dear ?"
    opening = Rule(name="opening", words="the scaffold")
    assert answer("mrcr_opening", rule=opening, ordinal=1) == "The scaffold costs forty crowns a week ."
    named = Rule(name="address", speaker="morph", words="stian")
    assert answer("mrcr_address", CHAT, rule=named, ordinal=1).startswith("stian: that worked")


@pytest.mark.parametrize(
    ("rule", "line"),
    [
        (LANTERN, "[9] Chair: Which lanterns ?"),
        (LANTERN, "[9] Chair: The lantern-room is locked ."),
        (Rule(name="opening", words="the scaffold"), "[9] Chair: The , scaffold I mean ."),
        (Rule(name="question", speaker="Chair"), "[9] Chair: Is that so ? ."),
        (Rule(name="address", words="morph"), "[9] Chair: morphDK: hello"),
    ],
)
def test_a_turn_that_could_be_counted_or_not_leaves_no_answer(rule, line):
    turns = read_turns(MEETING + line + "\n")
    dropped = select(rule, turns)
    assert isinstance(dropped, Dropped) and dropped.reason == "rule_unclear"


def test_what_somebody_tells_of_themselves_is_no_look_alike():
    turns = read_turns(CHAT.replace("waves", "likes the mixer"))
    dropped = select(Rule(name="mention", words="mixer"), turns)
    assert isinstance(dropped, Dropped) and dropped.reason == "rule_unclear"


def test_the_nth_speaker_counts_every_name_once_and_needs_all_mentions_up_to_theirs():
    found = ask("needle_nth_speaker", rule=LANTERN, ordinal=3)
    assert isinstance(found, Solution)
    assert found.answer == "Treasurer"
    assert [MEETING[a : a + 3] for a, _ in found.spans] == ["[1]", "[2]", "[3]"]
    assert answer("needle_nth_speaker", rule=LANTERN, ordinal=4) == "too_few_look_alikes"


def test_what_stands_beside_a_quote():
    quote = "which package has the mixer"
    assert answer("needle_speaker", CHAT, quote=quote) == "dajar"
    assert answer("needle_time", CHAT, quote=quote, speaker="dajar") == "11:37"
    assert answer("needle_turn", CHAT, quote=quote, speaker="dajar") == "733"
    assert answer("needle_addressee", CHAT, quote=quote, speaker="dajar") == "stian"
    assert answer("needle_time", CHAT, quote=quote, speaker="morph") == "quote_missing"
    assert answer("needle_speaker", CHAT, quote="the m") == "quote_repeated"


def test_a_reply_is_the_next_turn_and_nothing_may_stand_between():
    fields = {"quote": "costs forty crowns", "speaker": "Treasurer", "replier": "Engineer", "prefix": "Z9"}
    found = ask("needle_reply", **fields)
    assert isinstance(found, Solution)
    assert found.answer == "Z9My proposal is a lantern that runs on sunlight alone ."
    ((start, end),) = found.spans
    assert MEETING[start:end].startswith("[7] Treasurer:") and MEETING[start:end].endswith("alone .")
    assert answer("needle_reply", MEETING.replace("[8]", "[...]\n[8]"), **fields) == "answer_missing"
    assert answer("needle_reply", **{**fields, "replier": "Chair"}) == "answer_missing"


@pytest.mark.parametrize(
    ("doc_id", "rule", "numbers"),
    [
        (
            "irc-dev-2005-06-27_12",
            Rule(name="address", speaker="bob2", words="dajar"),
            ["798", "806", "818"],
        ),
        (
            "qmsum-ES2012a",
            Rule(name="mention", speaker="Project Manager", words="thoughts"),
            ["45", "64", "80", "102", "116", "137"],
        ),
        (
            "qmsum-ES2012c",
            Rule(name="question", speaker="Marketing"),
            ["333", "410", "503", "509"],
        ),
        (
            "irc-train-2008-07-03.train-c",
            Rule(name="opening", words="how do i"),
            ["923", "983", "1051", "1097", "1299", "1370"],
        ),
    ],
)
def test_rules_select_these_turns_of_real_conversations(doc_id, rule, numbers):
    (document,) = [document for document in real_dialogues() if document.doc_id == doc_id]
    selected = select(rule, read_turns(document.text))
    assert not isinstance(selected, Dropped)
    assert [turn.number for turn in selected] == numbers


def test_questions_read_as_sentences():
    plan = Plan(
        ask="mrcr_mention",
        title="Harbour  meeting 7",
        medium="meeting",
        rule=LANTERN.model_copy(update={"speaker": "Project Manager"}),
        ordinal=-2,
        prefix="Ab12",
    )
    assert phrase(plan) == (
        'In the meeting transcript "Harbour meeting 7", find the turns in which the Project Manager uses the '
        'word "lantern". Reproduce the second to last of these turns word for word, without its number and '
        "the name of the speaker. Your answer must begin with Ab12, directly followed by the text of the "
        "turn."
    )


@pytest.mark.parametrize(
    ("name", "fields", "more", "expected"),
    [
        ("needle_count", {"rule": LANTERN}, "and then the lantern , again", "rule_unclear"),
        ("needle_count", {"rule": LANTERN}, "and then lanterns , again", "rule_unclear"),
        ("needle_count", {"rule": LANTERN}, "and then the pier , again", "5"),
        ("mrcr_question", {"rule": Rule(name="question"), "ordinal": 1}, "or not ?", "rule_unclear"),
        ("needle_speaker", {"quote": "forty crowns a week"}, "for forty crowns a week", "quote_repeated"),
        ("needle_speaker", {"quote": "for fifty crowns"}, "for fifty crowns", "quote_missing"),
    ],
)
def test_lines_in_which_a_turn_goes_on_are_in_dispute(name, fields, more, expected):
    line = "[6] Chair: Then move the scaffold , please .\n"
    text = MEETING.replace(line, f"{line}{more}\n")
    assert answer(name, text, **fields) == expected
