"""A question about code as data: where it starts, which steps it takes, what it asks for at the end."""

from typing import Literal

from longweave.synth.records import Record

StepName = Literal[
    "base",
    "overridden",
    "calls",
    "calls_here",
    "instantiates",
    "calls_self",
    "raises",
    "catches",
    "constructor",
    "method",
    "annotated",
    "returns",
]
AskName = Literal[
    "default",
    "number_default",
    "string_default",
    "constant_default",
    "doubled_default",
    "parameters",
    "defining_class",
    "deleted_method",
    "deleted_parameters",
    "reparented",
    "root_class",
    "ancestors",
    "builtin_root",
    "attribute",
    "returned",
    "raised_name",
    "callee_name",
    "base_name",
]
Noun = Literal["class", "function", "method", "constructor", "exception class"]


class Step(Record):
    """One step from a class or function to the next. ``argument`` is the method or parameter that the
    question names, or the package that a call leads to; ``noun`` is what the step arrives at."""

    name: StepName
    argument: str = ""
    noun: Noun


class Start(Record):
    """Where a chain starts: a definition by its module, with what the question says of it. ``described`` is
    the first sentence of its docstring where the question gives that instead of its name."""

    package: str
    version: str
    path: str
    module: str
    qualname: str
    noun: Noun
    described: str = ""


class Plan(Record):
    """``argument`` is the parameter, method or attribute that the question asks about; ``phrasing`` picks
    the wording."""

    start: Start
    steps: list[Step]
    ask: AskName
    argument: str = ""
    phrasing: int = 0
