"""What a name was found to stand for, with the places that prove it; and the rules of one lookup."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from longweave.kg.code.model import Assignment, Binding, Definition, ImportedName, Module, Span


class Mark(NamedTuple):
    """A place that proves something: a span of a document."""

    doc_id: str
    span: Span


@dataclass(frozen=True, slots=True)
class Found:
    """What a name stands for, in which ``module``, proven by ``marks``; ``via`` are the modules in between
    that only pass the name on. ``thing`` is the module itself where the name is a module's."""

    module: Module
    thing: Definition | Assignment | Module
    marks: tuple[Mark, ...] = ()
    via: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Its full dotted name."""
        if isinstance(self.thing, Module):
            return self.thing.name
        inner = self.thing.qualname if isinstance(self.thing, Definition) else self.thing.name
        return f"{self.module.name}.{inner}"

    @property
    def definition(self) -> Definition | None:
        """The definition that was found, if it is one."""
        return self.thing if isinstance(self.thing, Definition) else None


@dataclass(frozen=True, slots=True)
class Lookup:
    """A member of a class by the method resolution order: what was found, in which class of the order, after
    which classes that do not have it (``skipped``, the class asked first). ``links`` prove the order."""

    found: Found
    owner: Found
    skipped: tuple[Found, ...]
    links: tuple[Mark, ...]


def absolute_name(module: Module, written: str) -> str | None:
    """The dotted name of an imported module, its leading dots taken from where ``module`` stands; None when
    they lead out of the package."""
    inner = written.lstrip(".")
    level = len(written) - len(inner)
    if not level:
        return inner
    parts = module.name.split(".")
    up = level - 1 if module.place.is_package else level
    if up >= len(parts) + (1 if module.place.is_package else 0):
        return None
    base = parts[: len(parts) - up]
    return ".".join([*base, *([inner] if inner else [])]) or None


def only_one(bound: Sequence[Binding]) -> Binding | None:
    """The one thing that a name may stand for; the same import twice is one."""
    first, *others = bound if bound else (None,)
    if first is None:
        return None
    if not others:
        return first
    if isinstance(first, ImportedName) and all(
        isinstance(other, ImportedName) and (other.module, other.name) == (first.module, first.name)
        for other in others
    ):
        return first
    return None


def pass_on(found: Found, module: Module, bound: ImportedName, home: Module) -> Found:
    """``found`` as ``module`` imports it from ``home``, which may itself only pass it on."""
    mark = Mark(module.doc_id, bound.span)
    passes = found.module is not home and not isinstance(found.thing, Module)
    via = (home.name, *found.via) if passes else found.via
    return Found(found.module, found.thing, (mark, *found.marks), via)


def next_head(sequences: Sequence[Sequence[Found | None]]) -> Found | None:
    """The next class in the order: the first head that stands in no other sequence's tail."""
    for sequence in sequences:
        head = sequence[0]
        if head is None:
            return None
        tails = (other for rest in sequences for other in rest[1:] if other is not None)
        if all(other.label != head.label for other in tails):
            return head
    return None
