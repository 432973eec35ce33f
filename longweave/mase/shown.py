"""A cluster with its texts: what the proposer and the solver are shown, and what can be quoted."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from longweave.mase.records import Cluster, Passage
from longweave.synth.prompt import ELLIPSIS, PromptPiece
from longweave.synth.records import Document


@dataclass(frozen=True, slots=True)
class Part:
    """A passage; ``text`` begins at the offset ``start`` of its document."""

    doc_id: str
    start: int
    text: str


@dataclass(frozen=True, slots=True)
class Shown:
    """The passages of a document, ``parts`` in their order and apart, and how they are shown: with a mark
    wherever something is left out."""

    doc_id: str
    parts: tuple[Part, ...]
    piece: PromptPiece


@dataclass(frozen=True, slots=True)
class OpenCluster:
    """``documents`` are those that the questions are about, ``distractors`` what the solver sees besides."""

    cluster: Cluster
    documents: tuple[Shown, ...]
    distractors: tuple[Shown, ...]

    @property
    def parts(self) -> list[Part]:
        """What can be quoted."""
        return [part for document in self.documents for part in document.parts]


def open_cluster(cluster: Cluster, documents: Mapping[str, Document]) -> OpenCluster:
    """``cluster`` with its texts.

    Raises:
        KeyError: A document is not there.
    """
    return OpenCluster(
        cluster, _show_all(cluster.passages, documents), _show_all(cluster.distractors, documents)
    )


def _show_all(passages: Iterable[Passage], documents: Mapping[str, Document]) -> tuple[Shown, ...]:
    of_document: dict[str, list[Passage]] = {}
    for passage in passages:
        of_document.setdefault(passage.doc_id, []).append(passage)
    return tuple(_show(documents[doc_id], own) for doc_id, own in of_document.items())


def _show(document: Document, passages: Sequence[Passage]) -> Shown:
    ranges: list[tuple[int, int]] = []
    for passage in sorted(passages, key=lambda passage: passage.start):
        if ranges and passage.start <= ranges[-1][1]:
            ranges[-1] = (ranges[-1][0], max(ranges[-1][1], passage.end))
        else:
            ranges.append((passage.start, passage.end))
    text = document.text
    lines = ["{}\n".format(text[start:end].strip("\n")) for start, end in ranges]
    body = ELLIPSIS.join(lines)
    if text[: ranges[0][0]].strip():
        body = ELLIPSIS + body
    if text[ranges[-1][1] :].strip():
        body += ELLIPSIS
    parts = tuple(Part(document.doc_id, start, text[start:end]) for start, end in ranges)
    return Shown(document.doc_id, parts, PromptPiece(document.title, body))
