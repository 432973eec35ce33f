"""Questions about the real conversations of the sample, and their proof in contexts of several lengths."""

import json
from collections import Counter

import pytest

from longweave.mase.dialogue import DialogueSettings, conflicts_dialogue, pose_dialogue, prove_dialogue
from longweave.mase.dialogue.drafts import ASKS
from longweave.mase.dialogue.plan import Plan
from longweave.mase.dialogue.pose import hides_its_answer
from longweave.mase.dialogue.solve import Solution, solve
from longweave.mase.dialogue.turns import read_turns
from longweave.mase.dialogue.words import is_term, says
from longweave.synth.answers import compare_answer, extract_answer
from longweave.synth.blocks import cut_blocks
from longweave.synth.context import ContextSettings, assemble
from longweave.synth.pool import build_pool, open_pool
from longweave.synth.prompt import ELLIPSIS
from longweave.synth.records import Message, Sample
from longweave.synth.tokens import load_tokenizer
from longweave.verify.provers import verify_sample
from longweave.verify.structure import PromptLength, check_answer_hidden
from tests.mase.made_dialogues import HISTORY, make_document, plan_of, real_dialogues

SETTINGS = DialogueSettings(questions_per_type=8)


@pytest.fixture(scope="module")
def documents():
    return real_dialogues()


@pytest.fixture(scope="module")
def candidates(documents):
    return list(pose_dialogue(documents, SETTINGS, seed=3))


def test_every_type_is_posed_over_different_conversations(candidates):
    posed = Counter(candidate.question_type for candidate in candidates)
    assert posed == dict.fromkeys(ASKS, SETTINGS.questions_per_type)
    for ask in ASKS:
        used = Counter(c.doc_ids[0] for c in candidates if c.question_type == ask)
        assert max(used.values()) == 1, "there are more conversations than questions"


def test_the_same_seed_gives_the_same_questions_and_another_seed_others(documents, candidates):
    assert list(pose_dialogue(documents[::-1], SETTINGS, seed=3)) == candidates
    others = {candidate.question for candidate in pose_dialogue(documents, SETTINGS, seed=4)}
    assert len(others & {candidate.question for candidate in candidates}) < 5


def test_no_conversation_gives_more_than_its_share(documents):
    settings = DialogueSettings(questions_per_type=20, questions_per_conversation=3)
    posed = list(pose_dialogue(documents[:4], settings, seed=1))
    used = Counter((c.question_type, c.doc_ids[0]) for c in posed)
    assert max(used.values()) == 3
    terms = Counter((c.doc_ids[0], plan_of(c).rule.words) for c in posed if "mention" in c.question_type)
    assert max(terms.values()) == 1


def test_evidence_is_verbatim_and_gives_the_answer_by_itself(documents, candidates):
    """Only the lines of evidence, with all else left out, lead to the same answer."""
    by_id = {document.doc_id: document for document in documents}
    for candidate in candidates:
        text = by_id[candidate.doc_ids[0]].text
        assert all(text[e.start : e.end] == e.quote for e in candidate.evidence)
        alone = ELLIPSIS.join(f"{e.quote}\n" for e in candidate.evidence)
        found = solve(plan_of(candidate), alone, read_turns(alone))
        assert found.answer == candidate.answer
        assert candidate.task == "dialogue_memory" and candidate.domain == "dialogue"


def test_look_alikes_are_as_many_as_the_settings_say_and_the_target_is_worth_its_reward(candidates):
    for candidate in candidates:
        if not candidate.question_type.startswith("mrcr"):
            continue
        assert SETTINGS.min_look_alikes <= len(candidate.evidence) <= SETTINGS.max_look_alikes
        text = candidate.answer.removeprefix(candidate.prefix)
        assert 8 <= len(text.split()) <= 120
        assert len(candidate.prefix) == 10 and candidate.prefix.isalnum()
        assert candidate.prefix in candidate.question


def test_ordinals_and_counts_are_spread(documents):
    posed = list(pose_dialogue(documents, DialogueSettings(questions_per_type=20), seed=0))
    for ask in ("mrcr_mention", "mrcr_question", "mrcr_address", "mrcr_opening"):
        ordinals = Counter(plan_of(c).ordinal for c in posed if c.question_type == ask)
        assert len(ordinals) >= 8 and max(ordinals.values()) <= 4
        backwards = sum(n for ordinal, n in ordinals.items() if ordinal < 0)
        assert 4 <= backwards <= 16
    counts = Counter(c.answer for c in posed if c.question_type == "needle_count")
    assert len(counts) >= 4 and max(counts.values()) <= 8


def test_terms_are_no_names_and_no_words_that_everybody_says(candidates):
    for candidate in candidates:
        rule = plan_of(candidate).rule
        if rule is not None and rule.name == "mention":
            assert is_term(rule.words.lower())
    assert not is_term("yeah") and not is_term("actually") and is_term("lantern")


def test_answers_do_not_stand_in_their_questions(candidates):
    for candidate in candidates:
        assert not says(candidate.question, candidate.answer.removeprefix(candidate.prefix or ""))


def test_a_name_that_the_quote_gives_away_is_noticed():
    def asked(quote):
        return Plan(ask="needle_speaker", title="Talk", medium="meeting", quote=quote)

    found = Solution("User Interface", "text", ((0, 1),), ())
    assert not hides_its_answer(asked("a user interface with two big buttons"), found)
    assert hides_its_answer(asked("an interface for every user here"), found)


def test_the_gold_answer_passes_its_own_check_as_a_model_would_give_it(candidates):
    for candidate in candidates:
        response = (
            f"<think>Let me see.</think>\nIt is there.\n\nTherefore, the answer is {candidate.answer}\n"
        )
        given = extract_answer(response, candidate.prefix)
        verdict = compare_answer(
            given,
            candidate.answer,
            candidate.answer_kind,
            candidate.tolerance,
            prefix=candidate.prefix,
        )
        assert verdict.correct and verdict.score == 1.0
        assert candidate.prefix is None or given == candidate.answer


def test_conversations_of_one_title_are_not_asked_about(documents):
    meeting = documents[-1]
    namesake = meeting.model_copy(update={"doc_id": "other", "title": meeting.title.upper()})
    assert list(pose_dialogue([meeting], SETTINGS, seed=1))
    assert not list(pose_dialogue([meeting, namesake], SETTINGS, seed=1))


def test_histories_of_an_assistant_give_questions_that_two_parties_allow():
    sessions = "".join(
        f"=== Session {n} ===\nUser: I need a ticket number {n} for the ferry to island {n}{n} today.\n"
        f"Assistant: The ferry to island {n}{n} leaves harbour gate {n} at noon with ticket {n}.\n"
        for n in range(3, 9)
    )
    text = sessions + HISTORY * 5
    posed = list(pose_dialogue([make_document(text, "Task history 12")], SETTINGS, seed=1))
    asked = {candidate.question_type for candidate in posed}
    assert "needle_reply" in asked
    assert asked.isdisjoint({"needle_speaker", "needle_nth_speaker", "needle_time", "needle_turn"})
    assert any("the assistant" in candidate.question for candidate in posed)


@pytest.fixture(scope="module")
def assembled(documents, candidates, tmp_path_factory):
    tokenizer = load_tokenizer()
    folder = tmp_path_factory.mktemp("dialogues") / "pool"
    build_pool(((d, cut_blocks(d.text, tokenizer)) for d in documents), tokenizer, folder)
    pool = open_pool(folder, tokenizer)
    samples = [
        assemble(
            candidate,
            target,
            pool,
            ContextSettings(),
            1,
            lambda c, piece: conflicts_dialogue(c, piece.title, piece.body),
        )
        for candidate in candidates[::3]
        for target in (8_000, 40_000)
    ]
    assert all(isinstance(sample, Sample) for sample in samples)
    return samples


def test_assembled_samples_pass_the_gates_at_every_length(assembled):
    length = PromptLength(ContextSettings().fill, ContextSettings().template_tokens)
    tokenizer = load_tokenizer()
    verdicts = [verify_sample(s, {"dialogue": prove_dialogue}, tokenizer, length) for s in assembled]
    assert len(verdicts) >= 40
    assert any(ELLIPSIS in sample.prompt[0].content for sample in assembled)
    assert [v for v in verdicts if not isinstance(v, Sample)] == []
    assert all(check_answer_hidden(sample) is None for sample in assembled)


def test_without_any_one_line_of_evidence_nothing_is_proven(assembled):
    for sample in assembled:
        message = sample.prompt[-1].content
        for position in sample.positions:
            struck = message[: position.start] + "#" + message[position.end :]
            changed = sample.model_copy(update={"prompt": [Message(role="user", content=struck)]})
            assert prove_dialogue(changed) is not None


def test_the_record_says_how_the_answer_follows(candidates):
    for candidate in candidates:
        reasoning = json.loads(candidate.reasoning)
        assert set(reasoning) == {"plan", "targets"}
        assert reasoning["plan"]["ask"] == candidate.question_type


def test_a_title_that_no_prompt_may_hold_is_not_asked_about(documents):
    marked = [d.model_copy(update={"title": f"{d.title} </text>"}) for d in documents]
    assert list(pose_dialogue(marked, DialogueSettings(questions_per_type=3), 7)) == []
