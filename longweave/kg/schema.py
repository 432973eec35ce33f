"""Schema-guided reading: free relation phrases become the labels of a given schema, or nothing.

In: triples and the labels that are wanted. Out: the triples under those labels, turned round where the
label is read the other way ("founded" is the inverse of "founded by") and the quote names what is then the
object. Well-known labels are recognised
by the phrases, types and names of ``schema.yaml``; the others by their words ("directed by" says
"director") and, where a phrase has no rule, by the similarity of phrase and label.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

from longweave.kg.countries import find_country
from longweave.kg.ground import names_thing
from longweave.kg.records import VALUE_TYPES, EntityType, Triple
from longweave.synth.embedding import Encode

_ALIKE = 0.62
_STEM = 5


@dataclass(frozen=True, slots=True)
class Guided:
    """``triple`` as a statement of the schema: ``relation`` is read from ``head`` to ``tail``."""

    triple: Triple
    head: str
    relation: str
    tail: str

    def as_triple(self) -> Triple:
        """The triple with the schema's relation, its ends exchanged where that is read the other way."""
        own = self.triple
        ends = [(own.subject, own.subject_type), (own.object, own.object_type)]
        if self.head != own.subject:
            ends.reverse()
        return Triple.of(ends[0], self.relation, ends[1], own.evidence, own.extractor, own.time)


@dataclass(frozen=True, slots=True)
class _Rule:
    subject: frozenset[str]
    object: frozenset[str]
    says: re.Pattern[str] | None
    inverse: re.Pattern[str] | None
    excluded: re.Pattern[str] | None
    ends: tuple[str, ...]
    strip: tuple[str, ...]
    named: frozenset[str]
    country: bool
    not_country: bool
    symmetric: bool


def guide(triples: Sequence[Triple], labels: Sequence[str], encode: Encode) -> list[Guided]:
    """What ``triples`` say in the words of ``labels``: none, one or several statements each."""
    found: list[Guided] = []
    unruled: list[Triple] = []
    for triple in triples:
        own = [guided for label in dict.fromkeys(labels) for guided in _apply(triple, label)]
        found += own
        if not own:
            unruled.append(triple)
    free = [label for label in dict.fromkeys(labels) if label.strip() not in _load_rules()]
    return [guided for guided in (*found, *_compare(unruled, free, encode)) if _is_shown(guided)]


def _is_shown(guided: Guided) -> bool:
    """Whether the quote still shows the statement where it is turned round: it must name the new object."""
    own = guided.triple
    if guided.head == own.subject:
        return True
    if own.object_type in VALUE_TYPES:
        return False
    return names_thing(own.evidence.quote, own.subject, own.subject_type)


def _apply(triple: Triple, label: str) -> Iterator[Guided]:
    """``triple`` under ``label``, by the label's rule."""
    rule = _load_rules().get(label.strip())
    if rule is None:
        return
    ends = (triple.subject, triple.subject_type), (triple.object, triple.object_type)
    for pattern, (head, tail) in ((rule.says, ends), (rule.inverse, ends[::-1])):
        if pattern is None or not pattern.fullmatch(triple.relation):
            continue
        if rule.excluded is not None and rule.excluded.fullmatch(triple.relation):
            continue
        if _fits(rule, head, tail):
            yield Guided(triple, head[0], label, _name_tail(rule, tail[0]))
            if rule.symmetric:
                yield Guided(triple, tail[0], label, head[0])
            return


def _name_tail(rule: _Rule, name: str) -> str:
    """The end as the label wants it: the state of "Haitian", the sport of "badminton player"."""
    if rule.country:
        return find_country(name) or name
    for end in rule.strip:
        if name.casefold().endswith(end):
            return name[: -len(end)]
    return name


def _fits(rule: _Rule, head: tuple[str, EntityType], tail: tuple[str, EntityType]) -> bool:
    """Whether the types and names of the ends are those of the rule."""
    if rule.subject and head[1] not in rule.subject and head[1] != "concept":
        return False
    if rule.object and tail[1] not in rule.object and (tail[1] != "concept" or "date" in rule.object):
        return False
    if tail[1] in VALUE_TYPES and tail[1] not in rule.object:
        return False
    name = tail[0].casefold()
    if rule.country and not find_country(tail[0]):
        return False
    if rule.not_country and find_country(tail[0]):
        return False
    if rule.ends and not name.endswith(rule.ends):
        return False
    if rule.strip and not name.endswith(rule.strip):
        return False
    return not rule.named or name in rule.named


def _compare(triples: Sequence[Triple], labels: Sequence[str], encode: Encode) -> Iterator[Guided]:
    """Triples under labels without a rule: by a common stem, else by similarity."""
    if not triples or not labels:
        return
    phrases = list(dict.fromkeys(triple.relation for triple in triples))
    similar = encode(phrases) @ encode(list(labels)).T
    row = {phrase: number for number, phrase in enumerate(phrases)}
    for triple in triples:
        scores = similar[row[triple.relation]]
        stems = [_shares_stem(triple.relation, label) for label in labels]
        best = max(range(len(labels)), key=lambda number: (stems[number], float(scores[number]), -number))
        if stems[best] or scores[best] >= _ALIKE:
            yield _direct(triple, labels[best])


def _direct(triple: Triple, label: str) -> Guided:
    """The triple under ``label``: an agent noun such as "director" names the object of "directed by"."""
    is_agent = bool(re.search(r"(?:er|or|ist)$", label)) or label.endswith(" by")
    is_active = not triple.relation.endswith(" by") and not triple.relation.startswith("is ")
    head, tail = triple.subject, triple.object
    if is_agent and is_active:
        head, tail = tail, head
    return Guided(triple, head, label, tail)


def _shares_stem(phrase: str, label: str) -> bool:
    theirs = {word[:_STEM] for word in re.findall(r"\w{5,}", label.casefold())}
    return any(word[:_STEM] in theirs for word in re.findall(r"\w{5,}", phrase))


@lru_cache(maxsize=1)
def _load_rules() -> Mapping[str, _Rule]:
    """The rules of ``schema.yaml`` by label."""
    read: dict[str, Any] = yaml.safe_load(files("longweave.kg").joinpath("schema.yaml").read_text("utf-8"))
    parts: dict[str, str] = read["parts"]
    lines: dict[str, dict[str, Any]] = read["relations"]
    return {
        label: _read_rule(lines[line["same"]] if "same" in line else line, parts)
        for label, line in lines.items()
    }


def _read_rule(line: Mapping[str, Any], parts: Mapping[str, str]) -> _Rule:
    def compile_all(phrases: Iterable[str]) -> re.Pattern[str] | None:
        text = "|".join(f"(?:{phrase})" for phrase in phrases)
        for name, part in parts.items():
            text = text.replace(f"{{{name}}}", part)
        return re.compile(text) if text else None

    return _Rule(
        subject=frozenset(line.get("subject", ())),
        object=frozenset(line.get("object", ())),
        says=compile_all(line.get("says", ())),
        inverse=compile_all(line.get("inverse", ())),
        excluded=compile_all([line["not_says"]] if "not_says" in line else ()),
        ends=tuple(line.get("ends", ())),
        strip=tuple(line.get("strip", ())),
        named=frozenset(name.casefold() for name in line.get("named", ())),
        country=line.get("country", False),
        not_country=line.get("not_country", False),
        symmetric=line.get("symmetric", False),
    )
