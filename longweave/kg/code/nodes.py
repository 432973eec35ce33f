"""The nodes and hops of a chain, and the places that prove them."""

import builtins
from dataclasses import dataclass
from typing import NamedTuple

from longweave.kg.code.found import Found, Lookup, Mark
from longweave.kg.code.model import Definition, Span
from longweave.kg.code.plan import Noun

BUILTIN_NAMES = frozenset(dir(builtins))


class Hop(NamedTuple):
    """An edge of the chain: how the next node is reached from the one before."""

    relation: str
    node: str


@dataclass(frozen=True, slots=True)
class Node:
    """A place in a chain: a class, or a function; a method with the class it was looked up on."""

    found: Found
    receiver: Found | None = None

    @property
    def definition(self) -> Definition:
        """Its definition.

        Raises:
            TypeError: What was found is no definition.
        """
        if not isinstance(self.found.thing, Definition):
            raise TypeError(f"{self.found.label} is no definition")
        return self.found.thing

    @property
    def key(self) -> str:
        """What makes it this place in a chain."""
        return f"{self.found.label}@{self.receiver.label if self.receiver else ''}"


@dataclass(frozen=True, slots=True)
class Taken:
    """A step taken: where it arrives, by which hops, proven by what; ``names`` are those of everything on the
    way that the question must not give away."""

    node: Node
    hops: tuple[Hop, ...]
    evidence: tuple[Mark, ...]
    support: tuple[Mark, ...] = ()
    names: tuple[str, ...] = ()


def noun_of(definition: Definition) -> Noun:
    """What a question calls a definition that it starts from."""
    if definition.kind == "class":
        return "class"
    return "method" if definition.kind == "method" else "function"


def header(found: Found) -> Mark:
    """The line of a class or function."""
    thing = found.thing
    return Mark(found.module.doc_id, thing.header if isinstance(thing, Definition) else Span(0, 0))


def whole(found: Found) -> Mark:
    """All of a class or function, up to the line that shows that it has ended."""
    thing = found.thing
    span = Span(thing.body.start, thing.close) if isinstance(thing, Definition) else Span(0, 0)
    return Mark(found.module.doc_id, span)


def enclosing(found: Found) -> tuple[Mark, ...]:
    """The line of the class that a method or inner class stands in."""
    definition = found.definition
    outer = next((d for d in found.module.definitions if definition and d.qualname == definition.scope), None)
    return () if outer is None else (Mark(found.module.doc_id, outer.header),)


def climb(lookup: Lookup) -> tuple[Hop, ...]:
    """The hops from the class that was asked to the one that has the member."""
    above = (*lookup.skipped[1:], lookup.owner) if lookup.skipped else ()
    return tuple(hop for cls in above for hop in link("inherits from", cls))


def link(relation: str, target: Found) -> tuple[Hop, ...]:
    """The hop to ``target``, and one more for every module that only passes its name on."""
    named = [f"{module}.{target.label.rpartition('.')[2]}" for module in target.via]
    nodes = [*named, target.label]
    return (Hop(relation, nodes[0]), *(Hop("is re-exported from", node) for node in nodes[1:]))


def names_of(found: Found) -> tuple[str, ...]:
    """The names that give a thing away: its own and, for a method, its class's."""
    definition = found.definition
    return () if definition is None else tuple(dict.fromkeys(definition.qualname.split(".")))


def bare(found: Found) -> Found:
    """``found`` without the way by which it was found."""
    return Found(found.module, found.thing)
