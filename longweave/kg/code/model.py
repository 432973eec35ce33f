"""What a Python source file says, as facts with their places.

A ``Module`` is read by ``read.read_module`` from a whole file, or by ``fragments.read_shown`` from what a
prompt shows of one. All positions are character offsets into the text that was read.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

ValueKind = Literal["number", "string", "constant", "name", "other"]
ParameterKind = Literal["positional", "vararg", "keyword", "kwarg"]
DefinitionKind = Literal["class", "function", "method"]


class Span(NamedTuple):
    """Characters ``[start, end)``."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Value:
    """An expression: ``text`` as Python writes it, ``kind`` what it is; ``plain`` is a literal as an answer
    prints it (a string without its quotes), empty for other kinds."""

    text: str
    kind: ValueKind
    plain: str
    span: Span


@dataclass(frozen=True, slots=True)
class Reference:
    """A use of a name: ``name`` is the dotted name, empty where the expression is something else."""

    text: str
    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class Parameter:
    """``span`` runs from the name to the end of annotation and default."""

    name: str
    kind: ParameterKind
    annotation: Reference | None
    default: Value | None
    span: Span


@dataclass(frozen=True, slots=True)
class Definition:
    """A class, function or method.

    ``header`` runs from ``class``/``def`` to the colon, ``body`` over the whole definition with its
    decorators, ``close`` one past the line that shows that it has ended. ``complete`` says that all of it is
    in the text, and ``line``/``end_line`` are counted from 1. ``nested`` says that it holds functions,
    ``hidden`` that its name is no binding of its own (an overload, a property's setter). ``local_names`` are
    names that a function binds itself.
    """

    kind: DefinitionKind
    qualname: str
    scope: str
    line: int
    end_line: int
    header: Span
    body: Span
    close: int
    complete: bool
    is_async: bool
    docstring: str
    docstring_span: Span
    decorators: tuple[Reference, ...]
    bases: tuple[Reference, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    returns: Reference | None = None
    calls: tuple[Reference, ...] = ()
    raises: tuple[Reference, ...] = ()
    catches: tuple[Reference, ...] = ()
    returned: tuple[Value, ...] = ()
    is_generator: bool = False
    nested: bool = False
    hidden: bool = False
    local_names: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """The last part of the qualified name."""
        return self.qualname.rpartition(".")[2]


@dataclass(frozen=True, slots=True)
class ImportedName:
    """One name of an import statement: ``module`` with its leading dots, ``name`` empty for ``import x``;
    ``bound`` is the name it gets in ``scope`` (the qualified name of the function or class, empty for the
    module). ``span`` is the whole statement."""

    scope: str
    module: str
    name: str
    bound: str
    span: Span


@dataclass(frozen=True, slots=True)
class Assignment:
    """``name`` is bound to ``value`` in ``scope``; ``span`` is the statement."""

    scope: str
    name: str
    value: Value
    span: Span


Binding = Definition | ImportedName | Assignment


@dataclass(frozen=True, slots=True)
class Place:
    """Where a file belongs: ``package`` and ``version`` as its title gives them, ``path`` in the package,
    ``dotted`` its module name, ``is_package`` for an ``__init__.py``."""

    package: str
    version: str
    path: str
    dotted: str
    is_package: bool

    @property
    def root(self) -> str:
        """The first part of the module name: what it is imported by."""
        return self.dotted.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Module:
    """One file. ``imports`` are statements as ``module:name,name`` in the order of a walk over the tree,
    ``bindings`` by scope and name what a name may stand for: more than one makes it ambiguous."""

    doc_id: str
    place: Place
    text: str
    definitions: tuple[Definition, ...]
    imports: tuple[str, ...]
    imported: tuple[ImportedName, ...]
    assignments: tuple[Assignment, ...]
    globals_written: frozenset[str]
    bindings: Mapping[str, Mapping[str, tuple[Binding, ...]]] = field(repr=False)

    @property
    def name(self) -> str:
        """Its dotted module name."""
        return self.place.dotted


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A document that is no Python source, and why."""

    reason: str
