"""Whether the last words of a question alone would find its answer.

"What is the default of `chunk_size` …" needs no chain if only one function of the package has such a
parameter. A question has a rival when the same thing asked at another place of the package has another
answer.
"""

from collections import defaultdict

from longweave.kg.code.answers import print_value
from longweave.kg.code.graph import CodeGraph
from longweave.kg.code.model import Module
from longweave.kg.code.plan import Plan

_FEWEST_CLASSES = 3


class Rivals:
    """What parameters, methods and attributes of each name there are, by package."""

    def __init__(self, graph: CodeGraph) -> None:
        self._defaults: dict[tuple[str, str], set[str]] = defaultdict(set)
        self._attributes: dict[tuple[str, str], set[str]] = defaultdict(set)
        self._methods: dict[tuple[str, str], set[str]] = defaultdict(set)
        for module in graph.modules.values():
            self._read(module)

    def has_rival(self, plan: Plan) -> bool:
        """Whether the question's last words could mean something else as well."""
        key = (plan.start.package, plan.argument)
        if plan.ask == "default":
            return len(self._defaults[key]) > 1
        if plan.ask == "attribute":
            return len(self._attributes[key]) > 1
        if plan.ask in ("defining_class", "deleted_method", "deleted_parameters", "reparented"):
            return len(self._methods[key]) >= _FEWEST_CLASSES
        return True

    def _read(self, module: Module) -> None:
        package = module.place.package
        classes = {d.qualname for d in module.definitions if d.kind == "class"}
        for definition in module.definitions:
            if definition.kind == "method":
                self._methods[package, definition.name].add(f"{module.name}.{definition.scope}")
            for parameter in definition.parameters:
                if parameter.default is not None:
                    self._defaults[package, parameter.name].add(parameter.default.text)
        for assignment in module.assignments:
            if assignment.scope in classes and print_value(assignment.value) is not None:
                self._attributes[package, assignment.name].add(assignment.value.text)
