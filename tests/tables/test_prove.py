"""The prover believes only the prompt: what is changed there, or in the plan, is found out with its
reason."""

import json
import re

import pytest

from longweave.synth.blocks import cut_blocks
from longweave.synth.context import ContextSettings, assemble
from longweave.synth.pool import build_pool, open_pool
from longweave.synth.records import Message, Sample
from longweave.synth.tokens import load_tokenizer
from longweave.tables import Conflicts, PoseSettings, load_items, load_pool, pose_questions
from longweave.tables.prove import prove
from longweave.tables.sql import QueryLimits

SETTINGS = ContextSettings(targets=(20_000, 60_000))


@pytest.fixture(scope="module")
def samples(corpus, facts, filings, padding, tmp_path_factory):
    """Samples of several kinds over two or more filings, with the other filings as distractors."""
    tokenizer = load_tokenizer()
    folder = tmp_path_factory.mktemp("pool")
    build_pool(((d, cut_blocks(d.text, tokenizer)) for d in [*filings.values(), *padding]), tokenizer, folder)
    pool = open_pool(folder, tokenizer)
    conflicts = Conflicts(facts, load_pool())
    settings = PoseSettings(questions_per_kind=1, single_document_share=0)
    made = []
    for posed in pose_questions(corpus, load_pool(), load_items(), settings, seed=5):
        if posed.candidate is not None:
            barred = conflicts.forbidden(posed.candidate)
            sample = assemble(
                posed.candidate,
                60_000,
                pool,
                SETTINGS,
                5,
                lambda _, piece, barred=barred: piece.doc_id in barred,
            )
            if isinstance(sample, Sample):
                made.append(sample)
    return made


def proof(sample):
    return prove(sample, load_pool(), load_items(), QueryLimits())


def changed(sample, message=None, **fields):
    prompt = [Message(role="user", content=message or sample.prompt[-1].content)]
    return sample.model_copy(update={"prompt": prompt, **fields})


def of_kind(samples, *kinds):
    return next(sample for sample in samples if sample.question_type in kinds)


def test_assembled_samples_prove_themselves(samples):
    assert len({sample.question_type for sample in samples}) >= 12
    assert [proof(sample) for sample in samples[::4]] == [None] * len(samples[::4])


def test_another_answer_is_found_out(samples):
    sample = of_kind(samples, "sum")
    assert proof(changed(sample, answer=f"1{sample.answer}")).reason == "answer_differs"


def test_a_number_changed_in_the_prompt_changes_the_answer(samples):
    sample = of_kind(samples, "sum")
    row = json.loads(sample.reasoning)["rows"][0]
    position = next(
        p for p, e in zip(sample.positions, sample.evidence, strict=True) if e.start == row["start"]
    )
    message = sample.prompt[-1].content
    shown = message[position.start : position.end]
    forged = re.sub(r"\d", lambda digit: str((int(digit[0]) + 1) % 10), shown)
    message = message[: position.start] + forged + message[position.end :]
    assert proof(changed(sample, message)).reason in {"answer_differs", "answer_missing"}


def test_a_question_that_the_plan_does_not_ask_is_found_out(samples):
    sample = of_kind(samples, "highest")
    question = f"{sample.question} Round it."
    message = sample.prompt[-1].content.replace(sample.question, question)
    assert proof(changed(sample, message, question=question)).reason == "question_differs"


def without(sample, piece):
    """The sample with one document of its prompt taken out."""
    message = sample.prompt[-1].content
    message = message[: piece.context_start] + message[piece.context_end :]
    return changed(sample, renumbered(message), context=[other for other in sample.context if other != piece])


def with_copy(sample, piece, doc_id, text=None):
    """The sample with ``text`` (by default a copy of ``piece``) behind that document, under ``doc_id``."""
    message = sample.prompt[-1].content
    text = message[piece.context_start : piece.context_end] if text is None else text
    message = message[: piece.context_end] + text + message[piece.context_end :]
    at = sample.context.index(piece) + 1
    copy = piece.model_copy(update={"doc_id": doc_id})
    context = [*sample.context[:at], copy, *sample.context[at:]]
    return changed(sample, renumbered(message), context=context)


def renumbered(message):
    numbers = iter(range(1, 1000))
    return re.sub(r'<document index="\d+"', lambda _: f'<document index="{next(numbers)}"', message)


def needed_pieces(sample):
    return [piece for piece in sample.context if piece.role == "needed"]


def test_every_needed_document_taken_out_leaves_no_answer(samples):
    for sample in samples[1::6]:
        for piece in needed_pieces(sample):
            assert proof(without(sample, piece)).reason == "answer_missing"


def test_a_distractor_taken_out_changes_nothing(samples):
    sample = of_kind(samples, "sum", "average", "share_of_total")
    distractor = next(piece for piece in sample.context if piece.role != "needed")
    assert proof(without(sample, distractor)) is None


def test_a_document_whose_rows_stand_elsewhere_is_not_needed(samples):
    sample = of_kind(samples, "sum", "average", "share_of_total")
    twice = with_copy(sample, needed_pieces(sample)[0], "the-copy")
    assert proof(
        changed(twice, doc_ids=[*sample.doc_ids, "the-copy"], message=twice.prompt[-1].content)
    ).reason == ("document_not_needed")


def test_a_document_named_as_needed_must_state_a_row(samples):
    sample = of_kind(samples, "sum", "average", "share_of_total")
    distractor = next(piece for piece in sample.context if piece.role != "needed")
    padded = changed(sample, doc_ids=[*sample.doc_ids, distractor.doc_id])
    assert proof(padded).reason == "document_not_needed"


def test_a_second_document_with_the_same_row_is_found_out(samples):
    sample = of_kind(samples, "sum", "average", "share_of_total")
    assert proof(with_copy(sample, needed_pieces(sample)[0], "the-copy")).reason == "evidence_repeated"


def test_a_document_that_the_row_does_not_name_is_found_out(samples):
    sample = of_kind(samples, "sum", "average", "share_of_total")
    hidden = with_copy(sample, needed_pieces(sample)[0], "the-copy")
    assert (
        proof(changed(hidden, hidden.prompt[-1].content, context=sample.context)).reason == "context_differs"
    )


def test_a_contradicting_document_makes_the_row_ambiguous(samples):
    sample = of_kind(samples, "sum", "average", "share_of_total")
    row = json.loads(sample.reasoning)["rows"][0]
    message = sample.prompt[-1].content
    piece = next(p for p in sample.context if p.doc_id == row["doc_id"])
    position = next(
        p for p, e in zip(sample.positions, sample.evidence, strict=True) if e.start == row["start"]
    )
    text = message[piece.context_start : piece.context_end]
    start, end = position.start - piece.context_start, position.end - piece.context_start
    forged = re.sub(r"\d", lambda digit: str((int(digit[0]) + 1) % 10), text[start:end])
    contradiction = text[:start] + forged + text[end:]
    assert proof(with_copy(sample, piece, "another", contradiction)).reason == "answer_missing"
