"""What is resolved: a name in a document, with what the document says about it.

In: triples. Out: one ``Mention`` for each document, name and type.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from longweave.kg.records import Triple
from longweave.kg.resolve.names import parse_name
from longweave.kg.resolve.values import value_key
from longweave.synth.records import content_id

_FACTS = {
    "born": ("born", "birth"),
    "died": ("died", "death"),
    "founded": ("founded", "established", "incorporated"),
}
"""What a thing has one of: two things that differ in it are two."""
_SHOWN_FACTS = 6
_SHOWN_QUOTE = 160


@dataclass(frozen=True, slots=True)
class Mention:
    """A name in a document.

    ``type`` is an EntityType, or "" where it is unknown. ``context`` says in short what the document says
    about it. ``fields`` are properties that a thing has one value of (when it was born; the authors and the
    year of a record): they speak for or against two mentions being one thing.
    """

    key: str
    name: str
    type: str
    doc_id: str
    context: str = ""
    fields: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), hash=False)

    @classmethod
    def of(
        cls,
        name: str,
        type_: str,
        doc_id: str,
        context: str = "",
        fields: Mapping[str, str] = MappingProxyType({}),
    ) -> "Mention":
        """The mention with its key, which document, name and type decide."""
        return cls(mention_key(doc_id, name, type_), name, type_, doc_id, context, fields)


def mentions_of(triples: Iterable[Triple]) -> list[Mention]:
    """One mention for each document, normalised name and type, sorted by key.

    Its name is the commonest writing; its context are the facts the document states of it.
    """
    writings: dict[str, dict[str, int]] = {}
    facts: dict[str, dict[str, None]] = {}
    fields: dict[str, dict[str, str]] = {}
    places: dict[str, tuple[str, str]] = {}
    for triple in sorted(triples, key=lambda triple: triple.triple_id):
        subject = mention_key(triple.doc_id, triple.subject, triple.subject_type)
        object_ = mention_key(triple.doc_id, triple.object, triple.object_type)
        for key, name, type_ in (
            (subject, triple.subject, triple.subject_type),
            (object_, triple.object, triple.object_type),
        ):
            places[key] = (triple.doc_id, type_)
            counts = writings.setdefault(key, {})
            counts[name] = counts.get(name, 0) + 1
            facts.setdefault(key, {})[f"{triple.subject} {triple.relation} {triple.object}"] = None
        if triple.object_type == "date" and (fact := _fact_of(triple.relation)):
            fields.setdefault(subject, {}).setdefault(fact, triple.object)
    return [
        Mention(
            key,
            min(writings[key], key=lambda name: (-writings[key][name], name)),
            type_,
            doc_id,
            "; ".join(fact[:_SHOWN_QUOTE] for fact in list(facts[key])[:_SHOWN_FACTS]),
            MappingProxyType(fields.get(key, {})),
        )
        for key, (doc_id, type_) in sorted(places.items())
    ]


def mention_key(doc_id: str, name: str, type_: str) -> str:
    """The key of the mention that ``name`` in a document belongs to."""
    normal = value_key(type_, name) if type_ in ("date", "number") else parse_name(name, type_).key
    return content_id("mention", doc_id, normal, type_)


def _fact_of(relation: str) -> str | None:
    words = set(relation.casefold().split())
    return next((fact for fact, marks in _FACTS.items() if not words.isdisjoint(marks)), None)
