"""What can be asked of a class: which class a member comes from, what stands above it, and what would be if
something were deleted."""

from longweave.kg.code.answers import Answer, count_parameters, is_telling_builtin, print_value
from longweave.kg.code.found import Found, Lookup, Mark
from longweave.kg.code.graph import CodeGraph
from longweave.kg.code.model import Assignment
from longweave.kg.code.nodes import BUILTIN_NAMES, Hop, Node, climb, header, link, whole
from longweave.kg.code.plan import Step
from longweave.kg.code.steps import take
from longweave.synth.records import AnswerKind


def ask_defining_class(argument: str, node: Node, graph: CodeGraph) -> Answer | None:
    """The class whose method runs, where that is not the class itself."""
    lookup = _find_method(node.found, argument, graph)
    if lookup is None or not lookup.skipped:
        return None
    evidence = (*lookup.links, header(lookup.found))
    return Answer(_own_name(lookup), "text", climb(lookup), evidence, _wholes(lookup), _climbed(lookup))


def ask_deleted_method(argument: str, node: Node, graph: CodeGraph) -> Answer | None:
    """The class whose method would run if the one that runs now were deleted."""
    found = _delete(argument, node, graph)
    if found is None:
        return None
    first, second = found
    return _after_deletion(first, second, _own_name(second), "text", ())


def ask_deleted_parameters(argument: str, node: Node, graph: CodeGraph) -> Answer | None:
    """How many parameters the method would have that would run if the one that runs now were deleted."""
    found = _delete(argument, node, graph)
    if found is None:
        return None
    first, second = found
    then = second.found.definition
    count = None if then is None else count_parameters(then)
    if then is None or count is None or first.found.definition is None:
        return None
    if count == count_parameters(first.found.definition):
        return None
    more = (Hop(f"has method {argument}", second.found.label), Hop("has number of parameters", count))
    return _after_deletion(first, second, count, "number", more)


def ask_reparented(argument: str, node: Node, graph: CodeGraph) -> Answer | None:
    """The class whose method would run if the direct base class, whose method runs now, were left out."""
    if len(node.definition.bases) != 1:
        return None
    found = _delete(argument, node, graph)
    base = take(Step(name="base", noun="class"), node, graph)
    if found is None or base is None or len(base.node.definition.bases) != 1:
        return None
    first, second = found
    if first.owner.label != base.node.found.label:
        return None
    return _after_deletion(first, second, _own_name(second), "text", ())


def _delete(argument: str, node: Node, graph: CodeGraph) -> tuple[Lookup, Lookup] | None:
    first = _find_method(node.found, argument, graph)
    if first is None or first.owner.definition is None or first.owner.definition.decorators:
        return None
    second = graph.member(node.found, argument, after=first.owner)
    return None if second is None or not _is_plain_method(second) else (first, second)


def _after_deletion(
    first: Lookup, second: Lookup, text: str, kind: AnswerKind, more: tuple[Hop, ...]
) -> Answer:
    above = (*second.skipped, second.owner)
    hops = (*climb(first), *(hop for cls in above for hop in link("inherits from", cls)), *more)
    evidence = (*first.links, header(first.found), *second.links, header(second.found))
    support = (*_wholes(first), *_wholes(second))
    names = [cls.definition.name for cls in above if cls.definition is not None]
    return Answer(text, kind, hops, evidence, support, (*_climbed(first), *names))


def _find_method(cls: Found, name: str, graph: CodeGraph) -> Lookup | None:
    lookup = graph.member(cls, name)
    return None if lookup is None or not _is_plain_method(lookup) else lookup


def _is_plain_method(lookup: Lookup) -> bool:
    definition = lookup.found.definition
    if definition is None or definition.kind != "method":
        return False
    return all(decorator.name in ("staticmethod", "classmethod") for decorator in definition.decorators)


def _own_name(lookup: Lookup) -> str:
    return lookup.owner.label.rpartition(".")[2]


def _wholes(lookup: Lookup) -> tuple[Mark, ...]:
    return tuple(whole(cls) for cls in lookup.skipped)


def _climbed(lookup: Lookup) -> tuple[str, ...]:
    above = (*lookup.skipped[1:], lookup.owner) if lookup.skipped else ()
    return tuple(cls.definition.name for cls in above if cls.definition is not None)


def ask_root_class(argument: str, node: Node, graph: CodeGraph) -> Answer | None:
    """The last class of the chain of single bases that ends in built-in classes or none."""
    chain = _single_bases(node.found, graph)
    if len(chain) < 3:
        return None
    last = chain[-1].definition
    if last is None or any(base.name not in BUILTIN_NAMES for base in last.bases):
        return None
    return Answer(last.name, "text", *_chain_proof(chain))


def ask_ancestors(argument: str, node: Node, graph: CodeGraph) -> Answer | None:
    """How many classes stand above in a chain of single bases that ends in built-in classes or none."""
    found = ask_root_class("", node, graph)
    if found is None:
        return None
    count = str(len(_single_bases(node.found, graph)) - 1)
    hops = (*found.hops, Hop("is ancestor number", count))
    return Answer(count, "number", hops, found.evidence, (), found.names)


def ask_builtin_root(argument: str, node: Node, graph: CodeGraph) -> Answer | None:
    """The built-in class that the chain of single bases ends in."""
    chain = _single_bases(node.found, graph)
    last = chain[-1].definition
    if last is None or len(last.bases) != 1 or len(chain) < 2:
        return None
    name = last.bases[0].name
    if not is_telling_builtin(name, chain[-1], graph):
        return None
    hops, evidence, support, names = _chain_proof(chain)
    return Answer(name, "text", (*hops, Hop("inherits from", name)), evidence, support, names)


def ask_base_name(argument: str, node: Node, graph: CodeGraph) -> Answer | None:
    """The direct base class."""
    taken = take(Step(name="base", noun="class"), node, graph)
    if taken is None:
        return None
    return Answer(taken.node.definition.name, "text", taken.hops, taken.evidence, (), taken.names)


def _single_bases(cls: Found, graph: CodeGraph) -> list[Found]:
    chain = [cls]
    while len(chain) < 12:
        definition = chain[-1].definition
        if definition is None or len(definition.bases) != 1:
            break
        (base,) = graph.bases(chain[-1]) or (None,)
        if base is None:
            break
        chain.append(base)
    return chain


def _chain_proof(
    chain: list[Found],
) -> tuple[tuple[Hop, ...], tuple[Mark, ...], tuple[Mark, ...], tuple[str, ...]]:
    hops = tuple(hop for cls in chain[1:] for hop in link("inherits from", cls))
    evidence = tuple(mark for cls in chain for mark in (*cls.marks, header(cls)))
    names = tuple(cls.definition.name for cls in chain[1:] if cls.definition is not None)
    return hops, evidence, (), names


def ask_attribute(argument: str, node: Node, graph: CodeGraph) -> Answer | None:
    """The literal that a class inherits as an attribute."""
    lookup = graph.member(node.found, argument)
    if lookup is None or not isinstance(lookup.found.thing, Assignment) or not lookup.skipped:
        return None
    plain = print_value(lookup.found.thing.value)
    if plain is None:
        return None
    text, kind = plain
    hops = (*climb(lookup), Hop(f"has {argument}", text))
    evidence = (*lookup.links, Mark(lookup.found.module.doc_id, lookup.found.thing.span))
    return Answer(text, kind, hops, evidence, _wholes(lookup), _climbed(lookup))
