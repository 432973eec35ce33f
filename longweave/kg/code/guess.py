"""Files that are not shown, as a reader imagines them: files that pass names on and do nothing else.

Who reads ``from click import Command`` and finds the only class of that name in ``click/core.py`` need not
see the ``__init__.py`` in between. So a module that is missing is made up, with an import of every name that
exactly one of the package's shown modules gives a meaning to.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from longweave.kg.code.found import absolute_name
from longweave.kg.code.graph import CodeGraph
from longweave.kg.code.model import ImportedName, Module, Place, Span

_NOWHERE = Span(0, 0)


def guess_files(modules: Iterable[Module]) -> list[Module]:
    """``modules`` with what they import but do not show: missing modules (their ``doc_id`` is empty), and
    names missing in modules of which a part is shown."""
    shown = list(modules)
    homes = _find_homes(shown)
    graph = CodeGraph(shown)
    full = [_fill(module, graph, homes.get(module.place.root, {})) for module in shown]
    return [*full, *_make_missing(shown, homes)]


def _find_homes(modules: list[Module]) -> dict[str, dict[str, str]]:
    """By package root and name: the one module that defines or assigns the name at its top."""
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for module in modules:
        for name, bound in module.bindings.get("", {}).items():
            if not all(isinstance(binding, ImportedName) for binding in bound):
                found[module.place.root][name].add(module.name)
    return {
        root: {name: next(iter(homes)) for name, homes in names.items() if len(homes) == 1}
        for root, names in found.items()
    }


def _make_missing(modules: list[Module], homes: Mapping[str, Mapping[str, str]]) -> list[Module]:
    there = {module.name for module in modules}
    places = {module.place.root: module.place for module in modules}
    named = {parent for name in there for parent in _parents(name)} | {
        source
        for module in modules
        for imported in module.imported
        for source in [absolute_name(module, imported.module)]
        if source is not None
    }
    missing = sorted(name for name in named - there if name.partition(".")[0] in places)
    return [_make(name, places[name.partition(".")[0]], homes) for name in missing]


def _make(name: str, beside: Place, homes: Mapping[str, Mapping[str, str]]) -> Module:
    place = replace(beside, path="", dotted=name, is_package=True)
    empty = Module("", place, "", (), (), (), (), frozenset(), {})
    return _pass_on(empty, homes.get(beside.root, {}))


def _fill(module: Module, graph: CodeGraph, names: Mapping[str, str]) -> Module:
    """``module`` with imports of the names that others import from it and that it does not show."""
    wanted = {
        imported.name
        for other in graph.modules.values()
        if other.place.root == module.place.root and other is not module
        for imported in other.imported
        if imported.name in names and absolute_name(other, imported.module) == module.name
    }
    missing = {
        name: names[name]
        for name in sorted(wanted)
        if graph.namespace(module, name) is None
        and name not in module.bindings.get("", {})
        and f"{module.name}.{name}" not in graph.modules
    }
    return _pass_on(module, missing) if missing else module


def _pass_on(module: Module, names: Mapping[str, str]) -> Module:
    imported = tuple(ImportedName("", home, name, name, _NOWHERE) for name, home in sorted(names.items()))
    own = {**module.bindings.get("", {}), **{found.name: (found,) for found in imported}}
    return replace(module, imported=(*module.imported, *imported), bindings={**module.bindings, "": own})


def _parents(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[:end]) for end in range(1, len(parts))]
