"""Triple extraction against gold: passages of Re-DocRED (``redocred``), sentences of Text2KGBench
(``text2kg``).

An extractor reads each text; ``longweave.kg.schema`` says what its free relation phrases are among the
labels that the set offers: all labels that occur in the set for ``redocred``, the sentence's ontology
for ``text2kg``. What fits no label is no prediction; nor is, in ``redocred``, the class of a thing ("is
a singer"), since its gold joins names and values only. Predictions and gold are compared as sets, over
all texts together:

* ``precision``, ``recall``, ``f1`` of (head, relation, tail),
* ``f1_no_relation`` of the directed pairs (head, tail) of the same predictions and gold,
* ``quoted``: share of all triples, fitting or not, whose quote stands in the text where its offsets say.

A name is a gold entity if it equals one of the entity's names: case, accents, articles, punctuation and
white space aside, dates by value. In ``redocred`` a nationality stands for the country if the passage
names that, or if its annotators say so. Gold dates of ``text2kg`` are Wikidata's, which write a year as
its first of January: there a year or month in the text equals such a date.
"""

import asyncio
import re
import sys
import unicodedata
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.gold.metric import Metric, read_jsonl
from benchmarks.gold.server import Server, open_asker
from longweave.kg.chunks import Chunk
from longweave.kg.extract import extract_chunk
from longweave.kg.ground import ground_statement
from longweave.kg.offline import extract_offline
from longweave.kg.records import Triple
from longweave.kg.schema import Guided, guide
from longweave.kg.settings import ExtractSettings
from longweave.synth.embedding import encode
from longweave.synth.llm.errors import AnswerError
from longweave.synth.records import Document

Extract = Callable[[Sequence[Document]], Awaitable[list[list[Triple]]]]
"""Reads documents whole: the triples of each, in order."""
Key = tuple[str, str, str]

_CLASS = "is a"
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]


@dataclass(frozen=True, slots=True)
class Judged:
    """Predictions and gold of one text, in comparable keys."""

    predicted: frozenset[Key]
    gold: frozenset[Key]


def measure(bundle: Path, server: Server | None = None) -> Iterator[Metric]:
    """All metrics of the set ``triples`` on ``bundle``: of the offline extractor, or of a model."""
    gold = bundle / "gold"
    read = read_offline if server is None else partial(read_by_model, server)
    passages = list(read_jsonl(gold / "redocred.jsonl"))
    yield from measure_passages(passages, read)
    ontologies = {row["ontology"]: row for row in read_jsonl(gold / "text2kg_ontologies.jsonl")}
    yield from measure_sentences(list(read_jsonl(gold / "text2kg_sentences.jsonl")), ontologies, read)


async def read_offline(documents: Sequence[Document]) -> list[list[Triple]]:
    """The triples of the offline extractor."""
    return [extract_offline(document, 0, len(document.text)) for document in documents]


async def read_by_model(server: Server, documents: Sequence[Document]) -> list[list[Triple]]:
    """The triples of the model extractor, each document read as one chunk, without what its checks reject.

    A document that the model gives no usable answer for counts as one without facts.
    """
    async with open_asker(server) as asker:

        async def read(document: Document) -> list[Triple]:
            chunk = Chunk(document.doc_id, 0, len(document.text))
            try:
                statements = await extract_chunk(document, chunk, asker, ExtractSettings(), 0)
            except AnswerError as error:
                print(f"{document.doc_id}: {error}", file=sys.stderr)
                return []
            grounded = [ground_statement(statement, document) for statement in statements]
            return [triple for triple in grounded if isinstance(triple, Triple)]

        return await asyncio.gather(*map(read, documents))


def measure_passages(rows: Sequence[Mapping[str, Any]], extract: Extract) -> Iterator[Metric]:
    """Metrics of ``redocred``."""
    documents = [_document(row["doc_id"], row["title"], row["text"]) for row in rows]
    found = asyncio.run(_read(extract, documents))
    labels = sorted({triple["relation"] for row in rows for triple in row["triples"]})
    named = [[triple for triple in triples if triple.relation != _CLASS] for triples in found]
    judged = [
        judge_passage(row, guide(triples, labels, encode)) for row, triples in zip(rows, named, strict=True)
    ]
    yield from _score("redocred", judged, _share_quoted(documents, found))


def measure_sentences(
    rows: Sequence[Mapping[str, Any]], ontologies: Mapping[str, Mapping[str, Any]], extract: Extract
) -> Iterator[Metric]:
    """Metrics of ``text2kg``."""
    documents = [_document(row["id"], "", row["sentence"]) for row in rows]
    found = asyncio.run(_read(extract, documents))
    judged = []
    for row, triples in zip(rows, found, strict=True):
        labels = [relation["label"] for relation in ontologies[row["ontology"]]["relations"]]
        judged.append(judge_sentence(row, guide(triples, labels, encode)))
    yield from _score("text2kg", judged, _share_quoted(documents, found))


async def _read(extract: Extract, documents: Sequence[Document]) -> list[list[Triple]]:
    return await extract(documents)


def judge_passage(row: Mapping[str, Any], guided: Iterable[Guided]) -> Judged:
    """Entities are numbers of gold clusters, names where they are none."""
    number: dict[str, str] = {}
    for index, entity in enumerate(row["entities"]):
        for name in (*entity["names"], *(mention["name"] for mention in entity["mentions"])):
            number.setdefault(normalise(name), str(index))

    def key(*names: str) -> str:
        plain = [normalise(name) for name in names]
        return next((number[name] for name in plain if name in number), f"?{plain[0]}")

    predicted = {(key(g.head), g.relation, key(*_readings(g))) for g in guided}
    gold = {(str(t["h"]), t["relation"], str(t["t"])) for t in row["triples"]}
    return Judged(frozenset(predicted), frozenset(gold))


def _readings(guided: Guided) -> tuple[str, ...]:
    """The tail as the label names it, and as the text does."""
    triple = guided.triple
    said = triple.object if guided.head == triple.subject else triple.subject
    return guided.tail, said


def judge_sentence(row: Mapping[str, Any], guided: Iterable[Guided]) -> Judged:
    """Entities are their normalised names; a coarser date counts as the gold's if that is its first day."""
    gold = {(normalise(t["sub"]), t["rel"].strip(), normalise(t["obj"])) for t in row["triples"]}
    dates = {name for key in gold for name in (key[0], key[2]) if name.startswith("#")}

    def key(name: str) -> str:
        plain = normalise(name)
        finer = [date for date in sorted(dates) if _refines(date, plain)]
        return finer[0] if finer else plain

    predicted = {(key(g.head), g.relation.strip(), key(g.tail)) for g in guided}
    return Judged(frozenset(predicted), frozenset(gold))


def normalise(name: str) -> str:
    """A name as compared: letters and digits of its words without articles; "#1955-08-21" for a date."""
    date = _read_date(name)
    if date is not None:
        return date
    plain = unicodedata.normalize("NFKD", name).casefold()
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    words = re.findall(r"\w+", plain)
    kept = words[1:] if len(words) > 1 and words[0] in ("the", "a", "an") else words
    return "".join(kept)


def _read_date(name: str) -> str | None:
    """Year, month and day of a name that is a date and nothing else."""
    words = re.findall(r"[^\W\d_]+|\d+", name.casefold())
    words = [word for word in words if word not in ("st", "nd", "rd", "th", "of", "the")]
    years = [word for word in words if re.fullmatch(r"[12]\d{3}", word)]
    months = [_MONTHS.index(word[:3]) + 1 for word in words if word[:3] in _MONTHS and word.isalpha()]
    days = [int(word) for word in words if re.fullmatch(r"\d{1,2}", word)]
    if (
        len(years) != 1
        or len(months) > 1
        or len(days) > len(months)
        or len(words) != 1 + len(months) + len(days)
    ):
        return None
    month = f"-{months[0]:02}" if months else ""
    return f"#{years[0]}{month}" + (f"-{days[0]:02}" if days else "")


def _refines(date: str, coarse: str) -> bool:
    return coarse.startswith("#") and date != coarse and date in (f"{coarse}-01", f"{coarse}-01-01")


def _share_quoted(documents: Sequence[Document], found: Sequence[Sequence[Triple]]) -> tuple[float, int]:
    verdicts = [
        document.text[triple.evidence.start : triple.evidence.end] == triple.evidence.quote != ""
        for document, triples in zip(documents, found, strict=True)
        for triple in triples
    ]
    return (sum(verdicts) / len(verdicts) if verdicts else 0.0), len(verdicts)


def _score(name: str, judged: Sequence[Judged], quoted: tuple[float, int]) -> Iterator[Metric]:
    with_relation = _count((one.predicted, one.gold) for one in judged)
    pairs = _count((_pairs(one.predicted), _pairs(one.gold)) for one in judged)
    n_gold = with_relation[2]
    precision, recall, f1 = _f1(*with_relation)
    yield Metric(name, "precision", precision, with_relation[1])
    yield Metric(name, "recall", recall, n_gold)
    yield Metric(name, "f1", f1, n_gold)
    yield Metric(name, "f1_no_relation", _f1(*pairs)[2], pairs[2])
    yield Metric(name, "quoted", *quoted)


def _pairs(keys: Iterable[Key]) -> frozenset[tuple[str, str]]:
    return frozenset((head, tail) for head, _, tail in keys)


def _count(sets: Iterable[tuple[frozenset[Any], frozenset[Any]]]) -> tuple[int, int, int]:
    """Right ones, predictions and gold, over all texts."""
    right = predicted = gold = 0
    for ours, theirs in sets:
        right, predicted, gold = right + len(ours & theirs), predicted + len(ours), gold + len(theirs)
    return right, predicted, gold


def _f1(right: int, predicted: int, gold: int) -> tuple[float, float, float]:
    precision = right / predicted if predicted else 0.0
    recall = right / gold if gold else 0.0
    return precision, recall, 2 * right / (predicted + gold) if predicted + gold else 0.0


def _document(doc_id: str, title: str, text: str) -> Document:
    return Document(doc_id=doc_id, title=title, text=text, domain="general", source="gold", license="")
