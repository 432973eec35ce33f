"""Names of Python source resolved across files, by Python's own rules and by nothing else.

A ``CodeGraph`` is built from the modules of all code documents that may be looked at. A name resolves to
one definition, one assignment or one module, or to nothing: a name bound twice, a module that two documents
claim, an import of what is not there, are nothing. Everything found comes with its ``Mark``s, the places
that prove it.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cached_property

from longweave.kg.code.found import Found, Lookup, Mark, absolute_name, next_head, only_one, pass_on
from longweave.kg.code.model import Assignment, Binding, Definition, ImportedName, Module

_DEPTH = 12
_HARMLESS_BASES = frozenset({"object", "Generic", "Protocol", "ABC"})


class CodeGraph:
    """The modules by name, and what their names stand for."""

    def __init__(self, modules: Iterable[Module]) -> None:
        by_name: dict[str, list[Module]] = defaultdict(list)
        for module in modules:
            by_name[module.name].append(module)
        self.ambiguous = frozenset(name for name, found in by_name.items() if len(found) > 1)
        self.modules = {name: found[0] for name, found in sorted(by_name.items()) if len(found) == 1}
        self._orders: dict[tuple[str, str], tuple[Found, ...] | None] = {}
        self._members: dict[tuple[str, str, str, str], Lookup | None] = {}

    @cached_property
    def import_marks(self) -> frozenset[Mark]:
        """Where the import statements of all modules stand."""
        return frozenset(
            Mark(module.doc_id, imported.span)
            for module in self.modules.values()
            for imported in module.imported
        )

    def without(self, doc_id: str) -> "CodeGraph":
        """The graph that is left when one document is taken away."""
        return CodeGraph(module for module in self.modules.values() if module.doc_id != doc_id)

    def define(self, module: str, qualname: str) -> Found | None:
        """The one definition of ``qualname`` in the module of that dotted name."""
        home = self.modules.get(module)
        if home is None:
            return None
        scope, _, name = qualname.rpartition(".")
        bound = only_one(home.bindings.get(scope, {}).get(name, ()))
        return Found(home, bound) if isinstance(bound, Definition) else None

    def resolve(self, name: str, module: Module, scope: str = "", depth: int = 0) -> Found | None:
        """What a dotted ``name`` stands for where it is used: in the function or class ``scope``, else in the
        module. ``self``, ``cls`` and ``super()`` are not looked at."""
        head, *rest = name.split(".")
        found = self._resolve_head(head, module, scope, depth)
        for part in rest:
            if found is None:
                return None
            found = self._resolve_part(found, part, depth)
        return found

    def order(self, cls: Found) -> tuple[Found, ...] | None:
        """The method resolution order of a class, itself first, up to the first base that is not in the graph
        (``object``, ``Generic`` and the like are passed over); None if it has no order. The marks of each
        class prove how it is reached."""
        key = (cls.module.name, cls.thing.qualname if isinstance(cls.thing, Definition) else "")
        if key not in self._orders:
            self._orders[key] = None  # a class that inherits from itself has no order
            self._orders[key] = self._linearise(cls)
        return self._orders[key]

    def bases(self, cls: Found) -> list[Found | None]:
        """The base classes as written; None for one that is not in the graph. Harmless ones are left out."""
        definition = cls.definition
        found: list[Found | None] = []
        for base in definition.bases if definition is not None else ():
            target = self.resolve(base.name, cls.module, definition.scope if definition else "")
            if target is not None and target.definition is not None and target.definition.kind == "class":
                found.append(target)
            elif base.name.rpartition(".")[2] not in _HARMLESS_BASES or target is not None:
                found.append(None)
        return found

    def member(self, cls: Found, name: str, after: Found | None = None) -> Lookup | None:
        """Attribute ``name`` of ``cls`` by its method resolution order, or of the classes that come behind
        ``after`` in it, as ``super()`` there would look. None where a class on the way is not shown whole,
        could make the attribute in another way, or is not in the graph."""
        key = (cls.module.name, cls.label, name, after.label if after else "")
        if key not in self._members:
            self._members[key] = self._find_member(cls, name, after)
        return self._members[key]

    def _find_member(self, cls: Found, name: str, after: Found | None) -> Lookup | None:
        order = self.order(cls)
        if order is None:
            return None
        links: list[Mark] = []
        skipped: list[Found] = []
        passed = after is None
        for owner in order:
            definition = owner.definition
            if definition is None:
                return None
            links += [*owner.marks, Mark(owner.module.doc_id, definition.header)]
            if not passed:
                passed = after is not None and owner.label == after.label
                continue
            bound = owner.module.bindings.get(definition.qualname, {}).get(name, ())
            if bound:
                one = only_one(bound)
                if one is None or isinstance(one, ImportedName):
                    return None
                return Lookup(Found(owner.module, one), owner, tuple(skipped), tuple(dict.fromkeys(links)))
            if not definition.complete or definition.decorators:
                return None
            skipped.append(owner)
        return None

    def _linearise(self, cls: Found) -> tuple[Found, ...] | None:
        """C3, with a stop (an entry that is no class) for every base that is not in the graph."""
        sequences: list[list[Found | None]] = []
        bases = self.bases(cls)
        for base in bases:
            if base is None:
                sequences.append([None])
                continue
            order = self.order(base)
            if order is None:
                return None
            first, *rest = order
            reached = Found(first.module, first.thing, base.marks, base.via)
            sequences.append([reached, *rest, *([] if self._is_whole(order) else [None])])
        sequences.append([base if base is None else sequences[i][0] for i, base in enumerate(bases)])
        result = [Found(cls.module, cls.thing)]
        while sequences := [sequence for sequence in sequences if sequence]:
            head = next_head(sequences)
            if head is None:
                break
            result.append(head)
            for sequence in sequences:
                if sequence[0] is not None and sequence[0].label == head.label:
                    sequence.pop(0)
        return tuple(result)

    def _is_whole(self, order: Sequence[Found]) -> bool:
        """Whether every base of every class in ``order`` is in the graph."""
        return all(base is not None for cls in order for base in self.bases(cls))

    def _resolve_head(self, name: str, module: Module, scope: str, depth: int) -> Found | None:
        inner = scope
        while inner:
            if bound := module.bindings.get(inner, {}).get(name):
                owner = next((d for d in module.definitions if d.qualname == inner), None)
                if inner == scope or (owner is not None and owner.kind != "class"):
                    return self._follow(only_one(bound), module, inner, depth)
            inner = inner.rpartition(".")[0]
        return self.namespace(module, name, depth)

    def namespace(self, module: Module, name: str, depth: int = 0) -> Found | None:
        """What ``name`` stands for at the top of ``module``."""
        if depth > _DEPTH or name in module.globals_written:
            return None
        bound = module.bindings.get("", {}).get(name)
        if bound:
            return self._follow(only_one(bound), module, "", depth)
        starred = [
            found
            for star in module.imported
            if star.name == "*" and not star.scope and not name.startswith("_")
            for target in [self.modules.get(absolute_name(module, star.module) or "")]
            if target is not None and target is not module
            for found in [self.namespace(target, name, depth + 1)]
            if found is not None
            for found in [pass_on(found, module, star, target)]
        ]
        return starred[0] if len(starred) == 1 else None

    def _follow(self, bound: Binding | None, module: Module, scope: str, depth: int) -> Found | None:
        if isinstance(bound, Definition):
            return Found(module, bound)
        if isinstance(bound, Assignment):
            if bound.value.kind == "name" and depth < _DEPTH and bound.value.text != bound.name:
                target = self.resolve(bound.value.text, module, scope, depth + 1)
                if target is not None:
                    mark = Mark(module.doc_id, bound.span)
                    return Found(target.module, target.thing, (mark, *target.marks), target.via)
            return Found(module, bound)
        if isinstance(bound, ImportedName):
            return self._follow_import(bound, module, depth)
        return None

    def _follow_import(self, bound: ImportedName, module: Module, depth: int) -> Found | None:
        source = absolute_name(module, bound.module)
        if source is None or depth > _DEPTH or source in self.ambiguous:
            return None
        if not bound.name:
            target = self.modules.get(source)
            return None if target is None else pass_on(Found(target, target), module, bound, target)
        home = self.modules.get(source)
        if home is not None and home is not module:
            found = self.namespace(home, bound.name, depth + 1)
            if found is not None:
                return pass_on(found, module, bound, home)
            if home.bindings.get("", {}).get(bound.name):
                return None
        inner = self.modules.get(f"{source}.{bound.name}")
        return None if inner is None else pass_on(Found(inner, inner), module, bound, inner)

    def _resolve_part(self, found: Found, part: str, depth: int) -> Found | None:
        if isinstance(found.thing, Module):
            inner = self.namespace(found.thing, part, depth + 1)
            if inner is None:
                submodule = self.modules.get(f"{found.thing.name}.{part}")
                inner = None if submodule is None else Found(submodule, submodule)
            if inner is None:
                return None
            passes = inner.module is not found.thing and not isinstance(inner.thing, Module)
            via = (*found.via, *((found.thing.name,) if passes else ()), *inner.via)
            return Found(inner.module, inner.thing, (*found.marks, *inner.marks), via)
        return None
