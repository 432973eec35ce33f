"""Text questions posed by rule on real documents: each has one answer in its document and needs it.

Who said a line of a meeting or a chat, what a Python file sets a name to, which number or name a sentence has
in its gap, and two such gaps in two documents. In: documents of one split. Out: ``Drafted`` questions with
their evidence. ``prove_passage`` is their makers' prover: it searches the prompt for the passages and knows
nothing about answers, as a maker can do whose questions come from a model.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from random import Random

from benchmarks.gates.asks import GAP, Ask, Both, OneOf, Passage, Shown, flexible
from longweave.synth.prompt import parse_prompt
from longweave.synth.records import (
    AnswerKind,
    Candidate,
    Document,
    Dropped,
    Evidence,
    Sample,
    Task,
    canonical_json,
    content_id,
)

MAKER = "passages"
OTHER_MAKER = "rewriter"
"""Makes what ``MAKER`` makes, in other words."""

Span = tuple[Document, int, int]

_ROLES = ("Project Manager", "Marketing", "User Interface", "Industrial Designer")
_PER_DOCUMENT = 3
_OPTIONS = "ABCD"
_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d{2,}(?:\.\d+)?|\d+\.\d+"
_LONGEST_DOCUMENT = 150_000
_SENTENCE_END = re.compile(r"(?<=[a-z\d)][.!?])\s+(?=[A-Z])")
_SHORTEST, _LONGEST = 70, 260
_ONE_NUMBER = re.compile(rf"(?<![\w.,-])(?P<gap>{_NUMBER})(?![\w]|[.,]\d|-)")
_NAME = re.compile(r"(?<=[a-z,;] )(?P<gap>[A-Z][a-z]{3,})(?![\w'’-])")
_SPOKEN = re.compile(r"^\[\d+\] (?P<answer>[^:\n]{2,30}): (?P<line>[^\n]{40,160})$", re.MULTILINE)
_WRITTEN = re.compile(r"^\[\d+\] \[[\d:]+\] <(?P<answer>[^>\n]+)> (?P<line>[^\n]{40,160})$", re.MULTILINE)
_SET = re.compile(
    r"^(?P<head>[ \t]*(?P<name>[A-Za-z_]\w{4,})(?:\s*:[^=\n]+)?\s*=\s*)"
    r"(?P<quote>[\"']?)(?P<answer>(?<=[\"'])[^\"'\n]{4,30}|\d[\d_.]+)(?P=quote),?$",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Drafted:
    """A question before it has a context. ``wordings`` ask the same, the first is the maker's own."""

    wordings: tuple[str, ...]
    answer: str
    answer_kind: AnswerKind
    task: Task
    question_type: str
    ask: Ask
    spans: tuple[Span, ...]
    chance: float = 0.0
    ordered: bool = False
    tolerance: float | None = field(default=None)

    def candidate(self, maker: str = MAKER, wording: int = 0, seed: int = 0) -> Candidate:
        """The question as ``maker`` hands it in."""
        question = self.wordings[wording]
        evidence = [Evidence.of(*span) for span in self.spans]
        doc_ids = sorted({span.doc_id for span in evidence})
        return Candidate(
            sample_id=content_id(maker, question, self.answer, doc_ids),
            maker=maker,
            task=self.task,
            question_type=self.question_type,
            domain=self.spans[0][0].domain,
            question=question,
            answer=self.answer,
            answer_kind=self.answer_kind,
            ordered=self.ordered,
            tolerance=self.tolerance,
            chance=self.chance,
            evidence=evidence,
            doc_ids=doc_ids,
            reasoning=canonical_json({"quotes": [item.quote for item in evidence]}),
            seed=seed,
        )


def draft_passages(documents: Sequence[Document], rng: Random) -> dict[str, list[Drafted]]:
    """All that can be asked of ``documents``, by type and in random order; a few of each document."""
    makers: Mapping[str, Callable[[Document], Iterator[Drafted]]] = {
        "speaker": _draft_speakers,
        "nickname": _draft_nicknames,
        "setting": _draft_settings,
        "number_gap": _draft_number_gaps,
        "name_choice": lambda document: _draft_choices(document, Random(document.doc_id)),
    }
    drafted: dict[str, list[Drafted]] = {}
    for name, make in makers.items():
        found: list[Drafted] = []
        for document in documents:
            if len(document.text) <= _LONGEST_DOCUMENT:
                found += _choose(list(make(document)), document, rng)
        rng.shuffle(found)
        drafted[name] = found
    gaps = drafted["number_gap"]
    half = len(gaps) // 3
    pairs = zip(gaps[:half], gaps[half : 2 * half], strict=True)
    drafted["two_gaps"] = [_join(one, other) for one, other in pairs if one.spans[0][0] != other.spans[0][0]]
    drafted["number_gap"] = gaps[2 * half :]
    return drafted


def _choose(drafts: list[Drafted], document: Document, rng: Random) -> list[Drafted]:
    """A few that have one answer in ``document`` and do not say it."""
    distinct = list({draft.wordings[0]: draft for draft in drafts}.values())
    rng.shuffle(distinct)
    right = (
        draft
        for draft in distinct
        if (draft.answer_kind == "choice" or draft.answer.lower() not in draft.wordings[0].lower())
        and draft.ask.read([_shown(document)]) == [draft.answer]
    )
    return list(islice(right, _PER_DOCUMENT))


def prove_passage(sample: Sample) -> Dropped | None:
    """None if each quoted passage stands in one document of the prompt, its own."""
    shown = parse_prompt(sample.prompt[0].content).documents
    for evidence in sample.evidence:
        holding = [
            piece.doc_id
            for piece, document in zip(sample.context, shown, strict=True)
            if evidence.quote in document.text
        ]
        if holding != [evidence.doc_id]:
            return Dropped(
                reason="passage_not_unique", detail=f"{evidence.quote[:80]!r} in {', '.join(holding)}"
            )
    return None


def _shown(document: Document) -> Shown:
    return Shown(document.title, document.text)


def _draft_speakers(document: Document) -> Iterator[Drafted]:
    speakers = sorted({match["answer"] for match in _SPOKEN.finditer(document.text)})
    for match in _SPOKEN.finditer(document.text) if len(speakers) > 1 else ():
        line = match["line"]
        if any(speaker.lower() in line.lower() for speaker in speakers):
            continue
        yield Drafted(
            (
                f'In the transcript "{document.title}", which speaker says the words "{line}"?',
                f'Name the participant who utters "{line}" in the transcript "{document.title}".',
            ),
            match["answer"],
            "text",
            "dialogue_memory",
            "speaker",
            Passage(
                document.title,
                rf"^\[\d+\] (?P<answer>[^:\n]+): {re.escape(line)}$",
                _SPOKEN.pattern,
                _ROLES if document.title.startswith("Product") else tuple(speakers),
            ),
            ((document, match.start(), match.end()),),
            chance=1 / len(speakers),
        )


def _draft_nicknames(document: Document) -> Iterator[Drafted]:
    names = sorted({match["answer"] for match in _WRITTEN.finditer(document.text)}, key=len)
    for match in _WRITTEN.finditer(document.text):
        line, name = match["line"], match["answer"]
        if name.lower() in line.lower() or len(name) < 3 or len(names) < 5:
            continue
        yield Drafted(
            (
                f'In the chat "{document.title}", which user writes "{line}"?',
                f'Whose message in the chat "{document.title}" reads "{line}"?',
            ),
            name,
            "text",
            "dialogue_memory",
            "nickname",
            Passage(
                document.title,
                rf"^\[\d+\] \[[\d:]+\] <(?P<answer>[^>\n]+)> {re.escape(line)}$",
                _WRITTEN.pattern,
            ),
            ((document, match.start(), match.end()),),
        )


def _draft_settings(document: Document) -> Iterator[Drafted]:
    if document.domain != "code":
        return
    for match in _SET.finditer(document.text):
        name, answer = match["name"], match["answer"]
        before = flexible(match["head"].strip())
        value = r"(?P<answer>[^\"'\n]+)"
        yield Drafted(
            (
                f'In the file "{document.title}", to which value is the name {name} set?',
                f'What does the file "{document.title}" assign to {name}?',
            ),
            answer,
            "text",
            "reading_comprehension",
            "setting",
            Passage(document.title, rf"^\s*{before}\s*[\"']?{value}[\"']?,?$", _SET.pattern),
            ((document, match.start("name"), match.end()),),
        )


def _draft_number_gaps(document: Document) -> Iterator[Drafted]:
    for sentence, start in _sentences(document):
        numbers = list(_ONE_NUMBER.finditer(sentence))
        if len(numbers) != 1 or len(re.sub(r"\D", "", numbers[0]["gap"])) < 2:
            continue
        gapped, passage = _gap(document, sentence, numbers[0], rf"(?P<answer>{_NUMBER})")
        passage = replace(passage, rivals=_ONE_NUMBER.pattern.replace("<gap>", "<answer>"))
        yield Drafted(
            (
                f'Which number stands in the gap of this sentence of "{document.title}": "{gapped}"?',
                f'In "{document.title}" one reads "{gapped}". Which number was left out there?',
            ),
            numbers[0]["gap"],
            "number",
            "reading_comprehension",
            "number_gap",
            passage,
            ((document, start, start + len(sentence)),),
            tolerance=0.0,
        )


def _draft_choices(document: Document, rng: Random) -> Iterator[Drafted]:
    names = Counter(match["gap"] for match in _NAME.finditer(document.text))
    frequent = [name for name, count in names.most_common(12) if count > 1]
    for sentence, start in (
        _sentences(document) if document.domain == "literature" and len(frequent) > 3 else ()
    ):
        found = [match for match in _NAME.finditer(sentence) if match["gap"] in frequent]
        if len(found) != 1 or sentence.count(found[0]["gap"]) > 1:
            continue
        gapped, passage = _gap(document, sentence, found[0], r"(?P<answer>\w+)")
        others = [name for name in frequent if name not in sentence]
        if len(others) < 3:
            continue
        options = [found[0]["gap"], *rng.sample(others, 3)]
        rng.shuffle(options)
        listed = " ".join(f"{letter}. {option}" for letter, option in zip(_OPTIONS, options, strict=True))
        yield Drafted(
            (
                f'Which name fills the gap in this sentence of "{document.title}": "{gapped}"? {listed}',
                f'A name is missing where "{document.title}" says "{gapped}". Which one is it? {listed}',
            ),
            _OPTIONS[options.index(found[0]["gap"])],
            "choice",
            "multiple_choice",
            "name_choice",
            OneOf(passage, tuple(zip(_OPTIONS, options, strict=True))),
            ((document, start, start + len(sentence)),),
            chance=1 / len(options),
        )


def _join(one: Drafted, other: Drafted) -> Drafted:
    """Both gaps in one question, which needs both documents."""
    first, second = one.wordings[0], other.wordings[0]
    lead = len("Which number stands in the gap of ")
    assert isinstance(one.ask, Passage) and isinstance(other.ask, Passage)
    asked = f"{first[lead:-1]}, and of {second[lead:-1]}"
    return Drafted(
        (
            f"Which numbers stand in the gaps of {asked}? Give both in this order.",
            f"Two numbers are missing: one in {first[lead:-1]}, one in {second[lead:-1]}. State them.",
        ),
        f"{one.answer}; {other.answer}",
        "list",
        "multi_hop",
        "two_gaps",
        Both((one.ask, other.ask)),
        (*one.spans, *other.spans),
        ordered=True,
    )


def _sentences(document: Document) -> Iterator[tuple[str, int]]:
    """Sentences of prose, each with its offset."""
    if document.domain in ("code", "dialogue") or document.text.count("<td>") > 20:
        return
    at = 0
    for cut in [*(match.start() for match in _SENTENCE_END.finditer(document.text)), len(document.text)]:
        raw = document.text[at:cut]
        text = raw.strip()
        start = at + len(raw) - len(raw.lstrip())
        if _SHORTEST <= len(text) <= _LONGEST and not re.search(r'["|<>]|\n\s*\n', text):
            yield text, start
        at = cut


def _gap(document: Document, sentence: str, cut: re.Match[str], group: str) -> tuple[str, Passage]:
    before, after = sentence[: cut.start("gap")], sentence[cut.end("gap") :]
    gapped = " ".join(f"{before}{GAP}{after}".split())
    joined = (r"\s*" if before[-1:].isspace() else ""), (r"\s*" if after[:1].isspace() else "")
    pattern = rf"{flexible(before)}{joined[0]}{group}{joined[1]}{flexible(after)}"
    return gapped, Passage(document.title, pattern, group)
