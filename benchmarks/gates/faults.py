"""The faults, one function for each way of planting one.

In: a good sample (``Placed``). Out: the same with one thing wrong and all records in order otherwise, or None
where this sample does not lend itself to it. Every function makes sure that the fault is one: that the answer
can no longer be read, that there is a second one, that the stated one is wrong.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from benchmarks.gates.asks import Both, OneOf, Passage, Shown, shown_in
from benchmarks.gates.compose import cut_out, find_piece, pieces_of, plant_piece, quote_body
from benchmarks.gates.passages import OTHER_MAKER
from benchmarks.gates.samples import Placed, Workshop, find_row, hand_to_other, new_id
from benchmarks.gates.solver import Fact
from benchmarks.gates.spoken import say_number
from benchmarks.gates.tables_ask import TableAsk, ask_of, find_values, say_restated
from longweave.synth.answers import compare_answer
from longweave.synth.excerpt import cut_smallest
from longweave.synth.place import ShownPiece
from longweave.synth.records import Evidence, PieceRole, Sample
from longweave.tables import load_items, load_pool
from longweave.tables.phrase import phrase

KNOWN_SHARES = (1.0, 0.8, 0.6)
"""In what share of its tries a model knows what is common knowledge; multiple choices in 0.9 or more."""

_CONTEXT = 600
_MOST_ROWS = 6


@dataclass(frozen=True)
class Planted:
    """A sample with a fault of ``kind``. ``known`` is what models know of it by heart, ``beside`` the id of
    the good sample that it repeats."""

    placed: Placed
    kind: str
    variant: str
    known: Fact | None = None
    beside: str = ""


Plant = Callable[[Placed, Workshop], Placed | None]


# --- leaked answers -----------------------------------------------------------------------------------------


def _leak(placed: Placed, workshop: Workshop, question: str) -> Placed | None:
    sample = workshop.composer.recompose(
        placed.sample, question=question, sample_id=new_id("leak", placed.sample.sample_id)
    )
    return None if sample is None else replace(placed, sample=sample)


def leak_verbatim(placed: Placed, workshop: Workshop) -> Placed | None:
    """The answer in brackets behind the question."""
    return _leak(placed, workshop, f"{placed.sample.question} (Note: it was {placed.sample.answer}.)")


def leak_in_other_case(placed: Placed, workshop: Workshop) -> Placed | None:
    """A name in capitals, ahead of the question."""
    said = placed.sample.answer.upper()
    if said == placed.sample.answer:
        return None
    return _leak(placed, workshop, f"Given that it was {said}, answer this. {placed.sample.question}")


def leak_in_phrase(placed: Placed, workshop: Workshop) -> Placed | None:
    """The answer as part of another sentence that does not call it one."""
    said = f"Readers still talk about {placed.sample.answer}'s part in this."
    return _leak(placed, workshop, f"{said} {placed.sample.question}")


def leak_option(placed: Placed, workshop: Workshop) -> Placed | None:
    """Not the letter but the text of the right option."""
    assert isinstance(placed.ask, OneOf)
    option = dict(placed.ask.options)[placed.sample.answer]
    return _leak(placed, workshop, f"{placed.sample.question} (Hint: {option} is meant.)")


def leak_formatted(placed: Placed, workshop: Workshop) -> Placed | None:
    """A number with separators and a currency sign."""
    number = _number_of(placed.sample)
    if number is None or abs(number) < 1000:
        return None
    said = f"${number:,.0f}" if number > 0 else f"-${-number:,.0f}"
    return _leak(placed, workshop, f"{placed.sample.question} (For reference: it was {said}.)")


def leak_in_words(placed: Placed, workshop: Workshop) -> Placed | None:
    """A number written out."""
    if _number_of(placed.sample) is None:
        return None
    return _leak(
        placed, workshop, f"{placed.sample.question} (Recall that it was {say_number(placed.sample.answer)}.)"
    )


def leak_with_unit(placed: Placed, workshop: Workshop) -> Placed | None:
    """Millions given in billions."""
    number = _number_of(placed.sample)
    if number is None or abs(number) < 1000 or "million" not in (placed.sample.unit or ""):
        return None
    return _leak(placed, workshop, f"{placed.sample.question} (Hint: it is ${number / 1000:,.3f} billion.)")


def _number_of(sample: Sample) -> float | None:
    return float(sample.answer.replace(",", "")) if sample.answer_kind == "number" else None


# --- evidence removed ---------------------------------------------------------------------------------------


def remove_rows(placed: Placed, workshop: Workshop) -> Placed | None:
    """A figure is gone from its document: every row that states it."""
    sample, pieces = placed.sample, pieces_of(placed.sample)
    evidence, support = list(sample.evidence), list(sample.support)
    key = workshop.rng.choice(placed.plan.keys)
    for _ in range(_MOST_ROWS):
        stated = next(iter(find_values(key, _shown(pieces))), None)
        if stated is None:
            break
        piece = next(piece for piece in pieces if piece.title == stated.doc_id)
        row = find_row(piece, stated.start)
        _, support = cut_out(pieces, support, piece.doc_id, *row)
        pieces, evidence = cut_out(pieces, evidence, piece.doc_id, *row)
        if piece.doc_id in sample.doc_ids and piece.doc_id not in {span.doc_id for span in evidence}:
            evidence.append(_quote_line(pieces, piece.doc_id, row[0]))
    if placed.ask.read(_shown(pieces)) or not evidence:
        return None
    return _recomposed(placed, workshop, "removed", pieces, evidence=evidence, support=support)


def remove_passage(placed: Placed, workshop: Workshop) -> Placed | None:
    """The sentence or line with the answer is gone; its neighbour is named as evidence."""
    sample, pieces = placed.sample, pieces_of(placed.sample)
    gone = workshop.rng.choice(sample.evidence)
    first = find_piece(pieces, gone.doc_id).offset_of(gone.start)
    pieces, evidence = cut_out(pieces, sample.evidence, gone.doc_id, first, first + len(gone.quote))
    if gone.doc_id not in {span.doc_id for span in evidence}:
        evidence.append(_quote_line(pieces, gone.doc_id, first))
    if placed.ask.read(_shown(pieces)):
        return None
    return _recomposed(placed, workshop, "removed", pieces, evidence=evidence)


def _quote_line(pieces: Sequence[ShownPiece], doc_id: str, at: int) -> Evidence:
    """The line nearest to character ``at`` of a piece's body that no other piece has, as evidence."""
    piece = find_piece(pieces, doc_id)
    lines = [match.span() for match in re.finditer(r"[^\n]{25,400}", piece.body)]
    lines.sort(key=lambda line: min(abs(line[0] - at), abs(line[1] - at)))
    others = [other.body for other in pieces if other is not piece]
    alone = (line for line in lines if not any(piece.body[slice(*line)] in body for body in others))
    return quote_body(piece, *next(alone))


# --- wrong gold ---------------------------------------------------------------------------------------------


def state_other_answer(placed: Placed, workshop: Workshop) -> Placed | None:
    """Another row, period, sign or scale; another name, number or option from the same documents."""
    sample, documents = placed.sample, shown_in(placed.sample)
    wrong = [
        rival
        for rival in _rivals_of(placed, documents)
        if not _is_right(rival, sample) and (sample.answer_kind != "number" or rival not in sample.question)
    ]
    if not wrong:
        return None
    return _recomposed(placed, workshop, "wrong", None, answer=workshop.rng.choice(wrong))


def _rivals_of(placed: Placed, documents: Sequence[Shown]) -> Sequence[str]:
    ask, answer = placed.ask, placed.sample.answer
    needed = [
        shown for piece, shown in zip(placed.sample.context, documents, strict=True) if piece.role == "needed"
    ]
    if isinstance(ask, TableAsk):
        return ask.find_rivals(needed, answer)
    if isinstance(ask, OneOf):
        return [letter for letter, _ in ask.options]
    if isinstance(ask, Both):
        one, _, other = answer.partition("; ")
        return [f"{other}; {one}", *(f"{one}; {rival}" for rival in ask.passages[1].find_rivals(needed))]
    assert isinstance(ask, Passage)
    return ask.find_rivals(needed)


def _is_right(answer: str, sample: Sample) -> bool:
    return compare_answer(
        answer,
        sample.answer,
        sample.answer_kind,
        sample.tolerance,
        sample.unit,
        ordered=sample.ordered,
        prefix=sample.prefix,
    ).correct


# --- ambiguous gold -----------------------------------------------------------------------------------------


def add_second_table(placed: Placed, workshop: Workshop) -> Placed | None:
    """An amended filing beside the first one: the same tables, another figure in one row."""
    sample, pool = placed.sample, workshop.pools[placed.split]
    key = workshop.rng.choice(placed.plan.keys)
    facts = find_values(key, shown_in(sample))
    if not facts:
        return None
    pieces = pieces_of(sample)
    first = next(piece for piece in pieces if piece.title == facts[0].doc_id)
    number = pool.number[first.doc_id]
    outline = pool.outline(number)
    spans = [(s.start, s.end) for s in [*sample.evidence, *sample.support] if s.doc_id == first.doc_id]
    excerpt = cut_smallest(outline, spans, outline.n_tokens)
    if excerpt is None:
        return None
    copy = ShownPiece.of(pool, number, excerpt, "hard")
    stated = find_values(key, [Shown(copy.title, copy.body)])
    body = copy.body
    for fact in sorted(stated, key=lambda fact: -fact.start):
        body = body[: fact.start] + _alter(body[fact.start : fact.end]) + body[fact.end :]
    amended = plant_piece(copy.title, body, first.doc_id, "hard")
    return _contested(placed, workshop, [*pieces, amended])


def restate_in_prose(placed: Placed, workshop: Workshop) -> Placed | None:
    """A notice beside the filings gives one of the figures another value, in a sentence."""
    key = workshop.rng.choice(placed.plan.keys)
    facts = find_values(key, shown_in(placed.sample))
    if not facts or facts[0].unit != "USD":
        return None
    said = say_restated(key, round(facts[0].value * 1.27, -6))
    notice = plant_piece(f"Notice to investors of {key.entity}", f"Notice to investors\n\n{said}\n", "notice")
    return _contested(placed, workshop, [*pieces_of(placed.sample), notice])


def add_second_copy(placed: Placed, workshop: Workshop) -> Placed | None:
    """Another copy of the passage, as padding, says something else."""
    return _add_copy(placed, workshop, "random")


def add_needed_copy(placed: Placed, workshop: Workshop) -> Placed | None:
    """The same, named as needed like the first."""
    return _add_copy(placed, workshop, "needed")


def _add_copy(placed: Placed, workshop: Workshop, role: PieceRole) -> Placed | None:
    passage = placed.ask.passage if isinstance(placed.ask, OneOf) else placed.ask
    if not isinstance(passage, Passage) or placed.draft is None:
        return None
    document, start, end = placed.draft.spans[0]
    first = document.text.rfind("\n", 0, max(0, start - _CONTEXT)) + 1
    last = document.text.find("\n", min(end + _CONTEXT, len(document.text) - 1))
    around = document.text[first : last if last > 0 else None]
    found = re.search(passage.pattern, around, re.MULTILINE)
    rivals = _options_of(placed) or passage.find_rivals([Shown(document.title, document.text)])
    others = [rival for rival in rivals if found and rival != found["answer"]]
    if found is None or not others:
        return None
    other = workshop.rng.choice(others)
    body = around[: found.start("answer")] + other + around[found.end("answer") :]
    copy = plant_piece(f"{document.title} (second copy)", body, document.doc_id, role)
    fields: dict[str, object] = {}
    if role == "needed":
        offset = len(body) - len(body.lstrip("\n"))
        place = (found.start() - offset, found.end() - offset + len(other) - len(found["answer"]))
        fields["evidence"] = [*placed.sample.evidence, quote_body(copy, *place)]
        fields["doc_ids"] = sorted([*placed.sample.doc_ids, copy.doc_id])
    return _contested(placed, workshop, [*pieces_of(placed.sample), copy], **fields)


def _options_of(placed: Placed) -> list[str]:
    return [option for _, option in placed.ask.options] if isinstance(placed.ask, OneOf) else []


def _alter(figure: str) -> str:
    """A figure of the same length and form whose first digit is another."""
    at = next(i for i, character in enumerate(figure) if character.isdigit())
    return figure[:at] + str(int(figure[at]) % 9 + 1) + figure[at + 1 :]


def _contested(
    placed: Placed, workshop: Workshop, pieces: list[ShownPiece], **fields: object
) -> Placed | None:
    """The sample with the pieces in random order, if their documents support a right and a wrong answer."""
    workshop.rng.shuffle(pieces)
    if len({_is_right(answer, placed.sample) for answer in placed.ask.read(_shown(pieces))}) < 2:
        return None
    return _recomposed(placed, workshop, "contested", pieces, **fields)


# --- duplicates ---------------------------------------------------------------------------------------------


def repeat_elsewhere(placed: Placed, workshop: Workshop) -> Placed | None:
    """The same question of the same maker in another context."""
    return _repeat(placed, workshop, placed.sample.maker, placed.sample.question, seed=1)


def repeat_by_other(placed: Placed, workshop: Workshop) -> Placed | None:
    """The same words from another maker."""
    return _repeat(placed, workshop, OTHER_MAKER, placed.sample.question)


def repeat_in_other_case(placed: Placed, workshop: Workshop) -> Placed | None:
    """Another maker's, in small letters and with other marks."""
    words = placed.sample.question.replace('"', "'").replace("?", " ?").replace(",", "")
    return _repeat(placed, workshop, OTHER_MAKER, words.lower())


def reword(placed: Placed, workshop: Workshop) -> Placed | None:
    """Another maker's other wording of a text question."""
    assert placed.draft is not None
    return _repeat(placed, workshop, OTHER_MAKER, placed.draft.wordings[1])


def rephrase_plan(placed: Placed, workshop: Workshop) -> Placed | None:
    """The same numeric question in another phrasing of its kind, proven like the first."""
    plan, pool = placed.plan, load_pool()
    other = plan.model_copy(update={"phrasing": plan.phrasing + 1})
    question = phrase(other, pool.kind(plan.kind), pool, load_items())
    if question == placed.sample.question:
        return None
    reasoning = placed.sample.reasoning.replace(f'"phrasing":{plan.phrasing}', f'"phrasing":{other.phrasing}')
    ask = ask_of(other)
    repeated = _recomposed(placed, workshop, "rephrased", None, question=question, reasoning=reasoning)
    return None if repeated is None else replace(repeated, ask=ask)


def rephrase_by_other(placed: Placed, workshop: Workshop) -> Placed | None:
    """The same, from a maker that quotes rows and proves nothing."""
    repeated = rephrase_plan(placed, workshop)
    return None if repeated is None else hand_to_other(repeated, workshop.composer)


def _repeat(placed: Placed, workshop: Workshop, maker: str, question: str, seed: int = 0) -> Placed | None:
    if seed and placed.draft is not None:
        other = workshop.place_draft(placed.draft, seed=seed)
        sample = None if other is None else other.sample
    else:
        sample = placed.sample
    if sample is None:
        return None
    changes = {"maker": maker, "question": question}
    return _recomposed(replace(placed, sample=sample), workshop, f"repeated {maker}", None, **changes)


# --- shared -------------------------------------------------------------------------------------------------


def _shown(pieces: Sequence[ShownPiece]) -> list[Shown]:
    return [Shown(piece.title, piece.body) for piece in pieces]


def _recomposed(
    placed: Placed, workshop: Workshop, what: str, pieces: Sequence[ShownPiece] | None, **fields: object
) -> Placed | None:
    sample_id = new_id(what, placed.sample.sample_id)
    sample = workshop.composer.recompose(placed.sample, pieces, sample_id=sample_id, **fields)
    return None if sample is None else replace(placed, sample=sample)


def by_other_maker(plant: Plant) -> Plant:
    """``plant`` on a numeric sample whose maker quotes rows and proves nothing."""

    def plant_unproven(placed: Placed, workshop: Workshop) -> Placed | None:
        handed = hand_to_other(placed, workshop.composer)
        return None if handed is None else plant(handed, workshop)

    return plant_unproven
