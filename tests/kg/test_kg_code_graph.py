"""Names resolve as Python resolves them, or to nothing."""

from hypothesis import given
from hypothesis import strategies as st

from longweave.kg.code import CodeGraph, read_module
from tests.kg.made_code import PACKAGE, make_document, make_graph


def found(graph, name, module, scope=""):
    resolved = graph.resolve(name, graph.modules[module], scope)
    return None if resolved is None else resolved.label


def owner(graph, module, cls, name, after=None):
    lookup = graph.member(graph.define(module, cls), name, after)
    return None if lookup is None else lookup.owner.label


def test_names_are_followed_through_imports_and_re_exports():
    graph = make_graph()
    stock = graph.resolve("Stock", graph.modules["shop.depot"])
    assert (stock.label, stock.via) == ("shop.stock.Stock", ("shop",))
    assert [mark.doc_id.rpartition("-")[2] for mark in stock.marks] == ["shop/depot.py", "shop/__init__.py"]
    assert found(graph, "Cellar", "shop.sell") == "shop.depot.Cellar"


def test_modules_aliases_and_stars_are_followed():
    files = {
        "p/__init__.py": "from .a import *\n",
        "p/a.py": "from .deep import b as c\nimport p.deep.b as q\n"
        "def f(): pass\ndef _hidden(): pass\nG = f\n",
        "p/deep/__init__.py": "",
        "p/deep/b.py": "class B: pass\n",
        "p/use.py": "import p\nfrom p import f, _hidden\nfrom . import a\nimport p.deep.b\n",
    }
    graph = make_graph(files)
    assert found(graph, "c.B", "p.a") == "p.deep.b.B"
    assert found(graph, "q.B", "p.a") == "p.deep.b.B"
    assert found(graph, "G", "p.a") == "p.a.f"
    assert found(graph, "p.f", "p.use") == "p.a.f"
    assert found(graph, "f", "p.use") == "p.a.f"
    assert found(graph, "_hidden", "p.use") is None
    assert found(graph, "a.G", "p.use") == "p.a.f"
    assert found(graph, "p.deep.b.B", "p.use") == "p.deep.b.B"


def test_what_is_ambiguous_resolves_to_nothing():
    files = {
        "p/__init__.py": "",
        "p/a.py": "class A: pass\nclass T: pass\n",
        "p/b.py": "try:\n    from .a import A\nexcept ImportError:\n    from .c import A\n"
        "from .a import T\nx = T\nif x:\n    x = 3\n"
        "def set_it():\n    global T\n    T = 2\n",
    }
    graph = make_graph(files)
    assert found(graph, "A", "p.b") is None
    assert found(graph, "x", "p.b") is None
    assert found(graph, "T", "p.b") is None
    assert found(graph, "missing", "p.b") is None
    twice = [read_module(make_document("p/a.py", "class A: pass\n", version=v)) for v in ("1.0", "2.0")]
    assert CodeGraph(twice).define("p.a", "A") is None


def test_imports_inside_functions_are_theirs_alone():
    files = {
        "p/a.py": "def f(): pass\n",
        "p/b.py": "def g():\n    from .a import f\n    f()\n\ndef h(): f()\n",
    }
    graph = make_graph(files)
    assert found(graph, "f", "p.b", "g") == "p.a.f"
    assert found(graph, "f", "p.b", "h") is None


def test_members_come_from_the_first_class_in_order():
    graph = make_graph()
    assert owner(graph, "shop.depot", "Cellar", "take") == "shop.stock.Stock"
    assert owner(graph, "shop.errors", "LoudError", "code") == "shop.errors.ShopError"
    lookup = graph.member(graph.define("shop.depot", "Cellar"), "report")
    assert [cls.label for cls in lookup.skipped] == ["shop.depot.Cellar", "shop.depot.Depot"]


def test_a_class_that_is_not_known_on_the_way_hides_what_comes_behind():
    files = {
        "p/a.py": "from elsewhere import Far\nclass A:\n    def m(self): pass\n    def n(self): pass\n"
        "class B(Far, A):\n    def n(self): pass\nclass C(A, Far): pass\n"
        "@remake\nclass D(A): pass\n",
    }
    graph = make_graph(files)
    assert owner(graph, "p.a", "B", "n") == "p.a.B"
    assert owner(graph, "p.a", "B", "m") is None
    assert owner(graph, "p.a", "C", "m") == "p.a.A"
    assert owner(graph, "p.a", "D", "m") is None


def test_taking_a_document_away_takes_its_names_away():
    graph = make_graph()
    lost = graph.without("shop-1.0-shop/__init__.py")
    assert owner(graph, "shop.depot", "Cellar", "take") == "shop.stock.Stock"
    assert owner(lost, "shop.depot", "Cellar", "take") is None
    assert len(lost.modules) == len(PACKAGE) - 1


@given(st.lists(st.tuples(st.lists(st.integers(0, 7), max_size=3, unique=True), st.booleans()), max_size=8))
def test_members_are_those_that_python_finds(plan):
    """Any hierarchy, spread over files: the order is Python's own, where Python has one."""
    classes, files = [], {"p/__init__.py": ""}
    for number, (wanted, has_member) in enumerate(plan):
        bases = [base for base in wanted if base < len(classes) and classes[base] is not None]
        name = f"C{number}"
        members = {"m": lambda self: None} if has_member else {}
        try:
            made = type(name, tuple(classes[base] for base in bases), members)
        except TypeError:
            made = None
        classes.append(made)
        lines = [f"from .c{base} import C{base}" for base in bases]
        lines += [
            f"class {name}({', '.join(f'C{b}' for b in bases)}):",
            "    def m(self): pass" if has_member else "    x = 1",
        ]
        files[f"p/c{number}.py"] = "\n".join(lines) + "\n"
    graph = make_graph(files)
    for number, made in enumerate(classes):
        if made is None:
            continue
        holders = [cls for cls in made.__mro__ if "m" in vars(cls)]
        name = f"C{number}"
        expected = f"p.{holders[0].__name__.lower()}.{holders[0].__name__}" if holders else None
        assert owner(graph, f"p.c{number}", name, "m") == expected
        if holders:
            first = graph.member(graph.define(f"p.c{number}", name), "m").owner
            following = holders[1] if len(holders) > 1 else None
            expected = f"p.{following.__name__.lower()}.{following.__name__}" if following else None
            assert owner(graph, f"p.c{number}", name, "m", first) == expected
