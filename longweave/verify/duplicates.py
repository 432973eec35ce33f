"""Questions that several makers, or one maker twice, made of the same documents.

In: entries of all makers. Out: the entries that stay, and for each other one which it repeats, how, and how
alike they are. Two entries are one question if

- ``same_question``: they have the same words, and answers that agree;
- ``same_evidence_and_answer``: each span of evidence of one touches one of the other, the answers agree, and
  the questions are similar; less so is enough for a telling answer (``agreement.is_telling``);
- ``reworded_question``: two makers rest on other passages of a shared document, the answers agree and are
  telling, and the questions are similar.

Questions whose numbers, names or opposites differ (``wording.differ``) are never one, however similar: those
of one template differ in nothing else. Entries with the same words over the same documents whose answers do
not agree are all dropped (``contradicting_answer``): one of them is wrong, and nothing says which.

Entries are compared in an order of their own (``_preference``), each with those that stay, so that the result
does not depend on the order they come in and clusters do not drift. Only entries that share a passage or a
telling answer are compared; only those that may be one are embedded.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from longweave.synth.embedding import Encode, encode
from longweave.verify.agreement import Answer, agree, is_telling, read_answer
from longweave.verify.entries import Entry, Span
from longweave.verify.selection_settings import RepeatSettings
from longweave.verify.wording import Wording, differ, overlap, read_wording, words_of

RepeatKind = Literal["same_question", "same_evidence_and_answer", "reworded_question", "contradicting_answer"]

_PASSAGE = 256


@dataclass(frozen=True, slots=True)
class Repeat:
    """``dropped`` asks what ``kept`` asks. For ``contradicting_answer`` both are dropped, and ``kept`` is the
    other one. ``similarity`` is that of the questions, 0…1; ``why`` a sentence that shows both."""

    dropped: str
    kept: str
    kind: RepeatKind
    similarity: float
    why: str


@dataclass(frozen=True, slots=True)
class _Read:
    """An entry with what is compared of it."""

    entry: Entry
    wording: Wording
    answer: Answer
    key: tuple[str, ...]
    telling: bool


def find_repeats(
    entries: Iterable[Entry], settings: RepeatSettings | None = None, *, embed: Encode = encode
) -> list[Repeat]:
    """Every entry to drop, once, by their ids; all others stay.

    Of two that are one, the one of the validation split stays, else the one that needs more documents, then
    more spans of evidence, then the one with the longer prompt, then the lower id.
    """
    settings = settings or RepeatSettings()
    read = [_read(entry) for entry in sorted(entries, key=_preference)]
    found = {repeat.dropped: repeat for repeat in _find_contradictions(read)}
    standing = [one for one in read if one.entry.sample_id not in found]
    pairs = _pair_up(standing)
    similarity = _measure(standing, pairs, embed)
    for row, earlier in pairs.items():
        one = standing[row]
        for kept in (standing[other] for other in earlier):
            if kept.entry.sample_id in found:
                continue
            kind = _kind(one, kept)
            alike = 1.0 if kind == "same_question" else similarity(one, kept)
            if alike >= _least(kind, one, kept, settings):
                found[one.entry.sample_id] = _describe(one, kept, kind, alike)
                break
    return sorted(found.values(), key=lambda repeat: repeat.dropped)


def _preference(entry: Entry) -> tuple[object, ...]:
    return (
        entry.split != "val",
        -len(entry.doc_ids),
        -len(entry.evidence),
        -entry.n_prompt_tokens,
        entry.sample_id,
    )


def _read(entry: Entry) -> _Read:
    answer = read_answer(
        entry.answer, entry.answer_kind, entry.unit, ordered=entry.ordered, tolerance=entry.tolerance
    )
    wording = read_wording(entry.question)
    key = tuple(words_of(wording.core))
    return _Read(entry, wording, answer, key, is_telling(answer, entry.question))


def _find_contradictions(read: Sequence[_Read]) -> Iterator[Repeat]:
    """All entries with the same words over the same documents, where two of their answers do not agree."""
    groups: dict[Hashable, list[_Read]] = defaultdict(list)
    for one in read:
        groups[one.key, one.entry.doc_ids].append(one)
    for group in groups.values():
        first = group[0]
        other = next((other for other in group if not agree(first.answer, other.answer)), None)
        if other is not None:
            for one in group:
                against = other if agree(one.answer, first.answer) else first
                yield _describe(one, against, "contradicting_answer", 1.0)


def _pair_up(read: Sequence[_Read]) -> dict[int, list[int]]:
    """For each row the earlier rows that may be the same question, in order: all holds but similarity."""
    makers = sorted({one.entry.maker for one in read})
    blocks: dict[Hashable, list[int]] = defaultdict(list)
    pairs: dict[int, list[int]] = {}
    for row, one in enumerate(read):
        own, foreign = list(_passage_keys(one)), list(_document_keys(one))
        others = [maker for maker in makers if maker != one.entry.maker]
        wanted = own + [(maker, key) for maker in others for key in foreign]
        earlier = sorted({other for key in wanted for other in blocks.get(key, ())})
        if possible := [other for other in earlier if _may_be_one(one, read[other])]:
            pairs[row] = possible
        for key in own + [(one.entry.maker, key) for key in foreign]:
            blocks[key].append(row)
    return pairs


def _passage_keys(one: _Read) -> Iterator[Hashable]:
    """Entries of the same words share the first, those of the same evidence and answer another."""
    yield one.key
    passages = {
        (span.doc_id, passage)
        for span in one.entry.evidence
        for passage in range(span.start // _PASSAGE, max(span.start, span.end - 1) // _PASSAGE + 1)
    }
    for answer in one.answer.keys:
        for passage in passages:
            yield answer, passage


def _document_keys(one: _Read) -> Iterator[Hashable]:
    """Entries of two makers whose telling answer rests on other passages of one document share one."""
    for answer in one.answer.keys if one.telling else ():
        for doc_id in one.entry.doc_ids:
            yield answer, doc_id


def _may_be_one(one: _Read, other: _Read) -> bool:
    if one.key == other.key:
        return agree(one.answer, other.answer)
    if not agree(one.answer, other.answer):
        return False
    telling = one.telling and other.telling
    if not (_same_evidence(one.entry, other.entry) or (telling and one.entry.maker != other.entry.maker)):
        return False
    return not differ(one.wording, other.wording, strict=not telling)


def _same_evidence(one: Entry, other: Entry) -> bool:
    """Whether each span of either touches one of the other."""
    return all(
        any(_touch(span, opposite) for opposite in opposites)
        for spans, opposites in ((one.evidence, other.evidence), (other.evidence, one.evidence))
        for span in spans
    )


def _touch(one: Span, other: Span) -> bool:
    return one.doc_id == other.doc_id and one.start < other.end and other.start < one.end


def _kind(one: _Read, other: _Read) -> RepeatKind:
    if one.key == other.key:
        return "same_question"
    return "same_evidence_and_answer" if _same_evidence(one.entry, other.entry) else "reworded_question"


def _least(kind: RepeatKind, one: _Read, other: _Read, settings: RepeatSettings) -> float:
    """A telling answer over the same evidence, or a telling number over the same document, says much; a name
    over the same document does not: many questions on one novel have its hero for an answer."""
    number = one.answer.value is not None
    if one.telling and other.telling and (kind == "same_evidence_and_answer" or number):
        return settings.similarity_of_telling_answer
    return settings.similarity


def _measure(
    read: Sequence[_Read], pairs: Mapping[int, Sequence[int]], embed: Encode
) -> Callable[[_Read, _Read], float]:
    """The similarity of two questions: the larger of their shared words and the cosine of their embeddings.
    Only questions in ``pairs`` are embedded."""
    rows = {row for later, earlier in pairs.items() for row in (later, *earlier)}
    cores = sorted({read[row].wording.core for row in rows})
    vectors = dict(zip(cores, embed(cores), strict=True))

    def similarity(one: _Read, other: _Read) -> float:
        cosine = float(vectors[one.wording.core] @ vectors[other.wording.core])
        return max(cosine, overlap(one.wording, other.wording))

    return similarity


def _describe(one: _Read, other: _Read, kind: RepeatKind, similarity: float) -> Repeat:
    dropped, kept = one.entry, other.entry
    says = "answers otherwise than" if kind == "contradicting_answer" else "asks the same as"
    why = (
        f"{dropped.maker} {says} {kept.maker} ({kept.sample_id}), similarity {similarity:.2f}: "
        f"{dropped.question!r} ({dropped.answer}) and {kept.question!r} ({kept.answer})."
    )
    return Repeat(dropped.sample_id, kept.sample_id, kind, similarity, why)
