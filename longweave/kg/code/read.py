"""A Python file read into facts with ``ast``: nothing is imported or run.

In: a code ``Document``. Out: its ``Module``, or ``Unreadable`` with the reason: ``not_python``,
``no_module_path`` (its title does not say which file it is), ``too_deep``.
"""

import ast
import warnings

from longweave.kg.code.collect import Collector
from longweave.kg.code.expressions import SourceText
from longweave.kg.code.model import Module, Unreadable
from longweave.kg.code.place import find_place
from longweave.synth.records import Document


def read_module(document: Document) -> Module | Unreadable:
    """The facts of ``document``, its text being a whole file."""
    place = find_place(document.title)
    if place is None:
        return Unreadable("no_module_path")
    try:
        tree = parse_source(document.text)
        collector = Collector()
        collector.add(tree.body, SourceText(document.text))
        return collector.finish(document.doc_id, place, document.text)
    except (SyntaxError, ValueError):
        return Unreadable("not_python")
    except (RecursionError, MemoryError):
        return Unreadable("too_deep")


def parse_source(text: str) -> ast.Module:
    """The tree of ``text``; what Python would warn of is not ours to say.

    Raises:
        SyntaxError: It is not Python.
        ValueError: It holds null characters.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        warnings.simplefilter("ignore", DeprecationWarning)
        return ast.parse(text)
