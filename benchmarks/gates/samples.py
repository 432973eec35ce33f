"""What is planted into: samples of a real run, and text samples assembled from the same documents."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from importlib.resources import files
from random import Random

from benchmarks.gates.asks import Ask, Understood, flexible, shown_in
from benchmarks.gates.compose import Composer, find_piece, pieces_of, quote_body
from benchmarks.gates.passages import MAKER, OTHER_MAKER, Drafted, draft_passages, prove_passage
from benchmarks.gates.tables_ask import TableAsk, ask_of
from longweave.flows.corpus_step import document_paths
from longweave.flows.pools import make_pool
from longweave.flows.settings import RunSettings
from longweave.flows.tables_step import read_splits
from longweave.synth.context import assemble
from longweave.synth.documents import read_stored
from longweave.synth.errors import InputError
from longweave.synth.place import ShownPiece
from longweave.synth.pool import DistractorPool, open_pool
from longweave.synth.records import AnswerKind, Candidate, Document, Evidence, Sample, content_id
from longweave.synth.splits import Split
from longweave.synth.tokens import load_tokenizer
from longweave.tables.plan import Plan

TABLES = "tables"
_PADDING = ("fairytale-", "sotu-")
_OPTION = re.compile(r"\b([A-D])\. ")


@dataclass(frozen=True)
class Placed:
    """A sample of a split with what its question asks for; ``draft`` is how it was posed, if by this
    benchmark."""

    sample: Sample
    ask: Ask
    split: Split
    draft: Drafted | None = None

    @property
    def plan(self) -> Plan:
        """The plan of a numeric question."""
        assert isinstance(self.ask, TableAsk)
        return self.ask.planned


@dataclass(frozen=True)
class Workshop:
    """The documents of a run and the means to put them into samples."""

    run: str
    settings: RunSettings
    rng: Random

    @cached_property
    def documents(self) -> Mapping[str, Document]:
        """By id."""
        return {
            document.doc_id: document
            for path in document_paths(self.run)
            for document, _ in read_stored(path)
        }

    @cached_property
    def splits(self) -> Mapping[str, Split]:
        """By id of the document."""
        return read_splits(self.run)

    @cached_property
    def composer(self) -> Composer:
        """Padded with documents that state no figures in tables."""
        padding = [doc for doc_id, doc in self.documents.items() if doc_id.startswith(_PADDING)]
        self.rng.shuffle(padding)
        return Composer(self.settings.context, load_tokenizer(self.settings.tokenizer), padding)

    @cached_property
    def pools(self) -> Mapping[Split, DistractorPool]:
        """By split."""
        tokenizer = load_tokenizer(self.settings.tokenizer)
        splits: Sequence[Split] = ("train", "val")
        return {
            split: open_pool(make_pool(self.run, split, self.settings.tokenizer), tokenizer)
            for split in splits
        }

    def put_into_context(self, candidate: Candidate, ask: Ask, draft: Drafted | None = None) -> Placed | None:
        """The candidate among documents of its split; None if it does not fit, they support another answer
        too, or its passages are not its own."""
        split = self.splits[candidate.doc_ids[0]]
        targets = self.rng.sample(self.settings.context.targets, len(self.settings.context.targets))
        for target in targets:
            sample = assemble(candidate, target, self.pools[split], self.settings.context, candidate.seed)
            if isinstance(sample, Sample):
                sound = len(ask.read(shown_in(sample))) == 1 and prove_passage(sample) is None
                return Placed(sample, ask, split, draft) if sound else None
        return None

    def place_passages(self) -> Iterator[Placed]:
        """Text samples, types in turn."""
        for split in ("train",):
            own = [doc for doc_id, doc in self.documents.items() if self.splits[doc_id] == split]
            drafted = draft_passages(own, self.rng)
            while any(drafted.values()):
                for drafts in drafted.values():
                    placed = self.place_draft(drafts.pop()) if drafts else None
                    if placed is not None:
                        yield placed

    def place_draft(
        self, draft: Drafted, maker: str = MAKER, wording: int = 0, seed: int = 0
    ) -> Placed | None:
        """A drafted question in a context of its own."""
        return self.put_into_context(draft.candidate(maker, wording, seed), draft.ask, draft)


def place_tables(samples: Sequence[tuple[Split, Sample]]) -> list[Placed]:
    """Numeric samples with what they ask for."""
    return [
        Placed(sample, ask_of(Plan.model_validate(json.loads(sample.reasoning)["plan"])), split)
        for split, sample in samples
    ]


def hand_to_other(placed: Placed, composer: Composer) -> Placed | None:
    """A numeric sample as made by a maker without proof, which quotes the rows it read; None where others say
    the same."""
    pieces = pieces_of(placed.sample)
    rows = {
        (item.doc_id, *find_row(piece, piece.offset_of(item.start)))
        for item in placed.sample.evidence
        for piece in [find_piece(pieces, item.doc_id)]
    }
    evidence = [quote_body(find_piece(pieces, doc_id), first, last) for doc_id, first, last in sorted(rows)]
    sample = composer.recompose(
        placed.sample,
        maker=OTHER_MAKER,
        evidence=evidence,
        support=[],
        sample_id=new_id(OTHER_MAKER, placed.sample.sample_id),
    )
    sound = sample is not None and prove_passage(sample) is None
    return replace(placed, sample=sample) if sound and sample is not None else None


def find_row(piece: ShownPiece, at: int) -> tuple[int, int]:
    """Start and end, in the body, of the table row or line that holds its character ``at``."""
    opened, closed = piece.body.rfind("<tr", 0, at), piece.body.rfind("</tr>", 0, at)
    if opened > closed:
        return opened, piece.body.index("</tr>", at) + len("</tr>")
    return piece.body.rfind("\n", 0, at) + 1, piece.body.index("\n", at)


def new_id(*parts: str) -> str:
    """An id of its own for what ``parts`` name."""
    return content_id("planted", *parts)


@dataclass(frozen=True)
class Written:
    """A question written by hand on a passage of a document of the sample corpus."""

    question: str
    paraphrase: str
    answer: str
    document: Document
    quote: str

    def candidate(self, wording: str) -> tuple[Candidate, Ask]:
        """It, in these words, and what it asks for.

        Raises:
            InputError: The document does not have the passage once.
        """
        pattern = flexible(self.quote)
        found = list(re.finditer(pattern, self.document.text))
        if len(found) != 1:
            raise InputError(
                f"the passage stands there {len(found)} times", where=self.document.doc_id, fix=self.quote
            )
        choices = _OPTION.findall(wording)
        kind: AnswerKind = "choice" if choices else "text"
        evidence = [Evidence.of(self.document, *found[0].span())]
        candidate = Candidate(
            sample_id=new_id("written", wording),
            maker=MAKER,
            task="multiple_choice" if choices else "reading_comprehension",
            question_type="written",
            domain=self.document.domain,
            question=wording,
            answer=self.answer,
            answer_kind=kind,
            chance=1 / len(choices) if choices else 0.0,
            evidence=evidence,
            doc_ids=[self.document.doc_id],
            reasoning=json.dumps({"quotes": [item.quote for item in evidence]}),
            seed=0,
        )
        return candidate, Understood(pattern, self.answer, tuple(choices))


def read_written(name: str, documents: Mapping[str, Document]) -> list[Written]:
    """The rows of a file of this package whose documents the run has."""
    text = files(__package__).joinpath(name).read_text(encoding="utf-8")
    rows = [json.loads(line) for line in text.splitlines()]
    return [
        Written(
            row["question"], row.get("paraphrase", ""), row["answer"], documents[row["doc_id"]], row["quote"]
        )
        for row in rows
        if row["doc_id"] in documents
    ]
