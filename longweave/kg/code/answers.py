"""Answers, and how what the source says is printed as one."""

import builtins
from dataclasses import dataclass

from longweave.kg.code.found import Found, Mark
from longweave.kg.code.graph import CodeGraph
from longweave.kg.code.model import Definition, Value
from longweave.kg.code.nodes import BUILTIN_NAMES, Hop
from longweave.synth.records import AnswerKind

_TOO_COMMON = frozenset(
    {"object", "Exception", "BaseException", "dict", "list", "str", "int", "tuple", "type"}
)


@dataclass(frozen=True, slots=True)
class Answer:
    """``text`` with its kind, by which hops, proven by what; ``names`` must not stand in the question."""

    text: str
    kind: AnswerKind
    hops: tuple[Hop, ...]
    evidence: tuple[Mark, ...]
    support: tuple[Mark, ...] = ()
    names: tuple[str, ...] = ()


def print_value(value: Value) -> tuple[str, AnswerKind] | None:
    """A literal as an answer; None for what is no short literal on one line."""
    if value.kind == "number":
        return value.plain, "number"
    if value.kind == "constant":
        return value.plain, "text"
    text = value.plain
    if value.kind != "string" or not 2 <= len(text) <= 40 or text != text.strip() or not text.isprintable():
        return None
    return (text, "text") if sum(c.isalnum() for c in text) >= 2 and '"' not in text else None


def count_parameters(definition: Definition) -> str | None:
    """How many parameters there are but ``self``; None for few, or where ``*args`` or ``**kwargs`` leave open
    what counts."""
    own = [p for p in definition.parameters if p.name not in ("self", "cls")]
    if len(own) < 3 or any(p.kind in ("vararg", "kwarg") for p in own):
        return None
    return str(len(own))


def is_telling_builtin(name: str, user: Found, graph: CodeGraph) -> bool:
    """Whether ``name`` is a class of Python's own that not everything derives from, under its only name
    (``IOError`` is ``OSError``), and nothing else where it is used."""
    if name not in BUILTIN_NAMES or name in _TOO_COMMON or graph.namespace(user.module, name) is not None:
        return False
    return getattr(getattr(builtins, name), "__name__", "") == name
