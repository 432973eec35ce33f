"""Turns of the formats that conversations come in."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longweave.mase.dialogue import read_turns
from longweave.mase.dialogue.turns import follows
from tests.mase.made_dialogues import CHAT, HISTORY, MEETING, real_dialogues


def test_a_meeting_has_numbers_and_speakers():
    turns = read_turns(MEETING)
    assert [turn.number for turn in turns] == [str(n) for n in range(10)]
    assert (turns[3].speaker, turns[3].words) == (
        "Treasurer",
        "I paid for a lantern in March and nobody ever mounted it .",
    )
    assert {turn.medium for turn in turns} == {"meeting"}


def test_a_chat_has_times_and_what_is_nobodys_turn_is_left_out():
    turns = read_turns(CHAT)
    assert [(t.number, t.time, t.speaker, t.is_action) for t in turns] == [
        ("730", "11:36", "stian", False),
        ("732", "11:36", "stian", True),
        ("733", "11:37", "dajar", False),
        ("734", "11:38", "morph", False),
    ]
    assert not any(turn.is_broken for turn in turns)


def test_a_history_has_two_parties_and_a_session_ends_what_follows():
    turns = read_turns(HISTORY)
    assert [turn.speaker for turn in turns] == ["User", "Assistant", "User"]
    assert follows(HISTORY, turns[1], turns[0])
    assert not follows(HISTORY, turns[2], turns[1])


def test_a_turn_that_goes_on_in_a_line_of_its_own_is_broken():
    broken, whole = read_turns("Assistant: Here is a list:\n- one\n- two\nUser: Thanks.\n")
    assert broken.is_broken and not whole.is_broken


def test_a_text_that_is_no_conversation_has_no_turns():
    assert read_turns("A note: nothing is said here.\n\n1. One\n2. Two\n") == []


def test_every_line_of_the_real_conversations_is_a_turn_or_nobodys():
    documents = real_dialogues()
    kinds = {document.meta["kind"] for document in documents}
    assert kinds == {"meeting", "irc"}
    for document in documents:
        turns = read_turns(document.text)
        lines = [line for line in document.text.splitlines() if not re.match(r"\[\d+\] ===", line)]
        assert len(turns) == len(lines)
        assert not any(turn.is_broken for turn in turns)
        assert {turn.medium for turn in turns} == {
            "meeting" if document.meta["kind"] == "meeting" else "chat"
        }


@given(st.text(alphabet="[]0123456789: <>ab=*\nUserAssistant.", max_size=300))
def test_words_stand_where_they_are_said_to_stand(text):
    last = 0
    for turn in read_turns(text):
        assert turn.words == text[turn.start : turn.end] == turn.words.strip()
        assert last <= turn.at < turn.start <= turn.end
        assert "\n" not in text[turn.at : turn.end]
        last = turn.end


def test_an_excerpt_of_whole_lines_has_the_same_turns():
    document = real_dialogues()[0]
    lines = document.text.splitlines(keepends=True)
    excerpt = "".join(lines[:5]) + "[...]\n" + "".join(lines[40:60])
    shown = [(turn.number, turn.words) for turn in read_turns(excerpt)]
    known = {(turn.number, turn.words) for turn in read_turns(document.text)}
    assert len(shown) > 15 and set(shown) <= known


@pytest.mark.parametrize("line", ["[5] 3rd Officer: The lantern is out .", "[5] [unknown] The lantern ?"])
def test_a_numbered_line_that_cannot_be_read_makes_the_conversation_unreadable(line):
    assert len(read_turns(MEETING)) == 10
    assert read_turns(f"{MEETING}{line}\n") == []
    assert len(read_turns(f"{HISTORY}[1] A note below\n")) == 3
